/* histogram.h: how often something took how long: counts of fixed buckets, which need no memory for what is added. */
#ifndef BPTL_BASE_HISTOGRAM_H
#define BPTL_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 14 /* most of them, the last one without a bound */

struct histogram {
	const int64_t *bounds; /* microseconds, rising, ended with 0; not more than HISTOGRAM_BUCKETS - 1 */
	uint64_t counts[HISTOGRAM_BUCKETS]; /* at most this bound, and above the one before */
	uint64_t sum;                       /* microseconds */
};

/* From 5 ms to 10 minutes: what a unit may take. */
extern const int64_t histogram_of_tasks[];
/* From 0.1 ms to 5 s: what a disk may take. */
extern const int64_t histogram_of_commits[];

/* Adds one that took this many microseconds; less than none counts as none. */
void histogram_add(struct histogram *histogram, int64_t micros);
/* How many were added. */
uint64_t histogram_count(const struct histogram *histogram);

#endif
