/* prometheus.h: the text format of Prometheus, version 0.0.4, line by line. */
#ifndef BPTL_WEB_PROMETHEUS_H
#define BPTL_WEB_PROMETHEUS_H

#include <stdint.h>

#include "base/histogram.h"
#include "base/text.h"

#define PROMETHEUS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* Labels of a sample: pairs of name and value, ended with a name of NULL; a value that is NULL or empty is left out,
 * which to Prometheus is the same. */
struct label {
	const char *name, *value;
};

/* HELP and TYPE; once, before the samples of the metric. */
void prometheus_head(struct text *text, const char *name, const char *type, const char *help);
void prometheus_count(struct text *text, const char *name, const struct label *labels, uint64_t value);
/* Seconds, from microseconds. */
void prometheus_seconds(struct text *text, const char *name, const struct label *labels, int64_t micros);
/* Buckets, sum and count, in seconds. */
void prometheus_histogram(struct text *text, const char *name, const struct label *labels,
			  const struct histogram *histogram);

#endif
