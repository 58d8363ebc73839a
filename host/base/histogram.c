/* histogram.c: see histogram.h. */
#include "base/histogram.h"

#include <stddef.h>

const int64_t histogram_of_tasks[] = {5000,    10000,    50000,    100000,    250000,    500000,    1000000,
				      5000000, 10000000, 30000000, 120000000, 300000000, 600000000, 0};
const int64_t histogram_of_commits[] = {100,   500,    1000,   2500,    5000,    10000, 25000,
					50000, 100000, 250000, 1000000, 5000000, 0};

_Static_assert(sizeof(histogram_of_tasks) / sizeof(int64_t) <= HISTOGRAM_BUCKETS,
	       "a bucket for each bound and one more");
_Static_assert(sizeof(histogram_of_commits) / sizeof(int64_t) <= HISTOGRAM_BUCKETS, "the same");

void histogram_add(struct histogram *histogram, int64_t micros)
{
	size_t at = 0;

	while (histogram->bounds[at] && micros > histogram->bounds[at])
		at++;
	histogram->counts[at]++;
	histogram->sum += micros > 0 ? (uint64_t)micros : 0;
}

uint64_t histogram_count(const struct histogram *histogram)
{
	uint64_t count = 0;

	for (size_t i = 0; i < HISTOGRAM_BUCKETS; i++)
		count += histogram->counts[i];
	return count;
}
