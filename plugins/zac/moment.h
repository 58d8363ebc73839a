/* moment.h: dates and times as ISO 8601 writes them, and as numbers. It knows nothing of tasks and of Amsterdam. */
#ifndef ZAC_MOMENT_H
#define ZAC_MOMENT_H

#include <stdint.h>

#define DAY 86400

/* What a text says, unchanged. */
struct moment {
	int year, month, day, hour, minute, second;
	int has_offset; /* it says how far from UTC it is */
	int offset;     /* seconds ahead of UTC */
};

/* Reads 2026-01-31, 2026-01-31T12:00, with seconds, a fraction (left out), and Z, +01:00, +0100 or +01. 0 or -1. */
int moment_parse(const char *text, struct moment *moment);

/* Days from 1970-01-01 to this date. */
int64_t moment_day(const struct moment *moment);

/* Seconds from 1970-01-01 00:00 to this time of this date, both on the same clock. */
int64_t moment_seconds(const struct moment *moment);

/* The reverse of moment_seconds(). */
struct moment moment_at(int64_t seconds);

#endif
