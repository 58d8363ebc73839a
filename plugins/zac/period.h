/* period.h: the time that a report is about, on the clocks of Amsterdam. */
#ifndef ZAC_PERIOD_H
#define ZAC_PERIOD_H

#include <bptl/plugin.h>

#include "moment.h"

/* Both ends belong to it; seconds since 1970-01-01 UTC. */
struct period {
	int64_t start, end;
};

/* Reads startPeriod and endPeriod. Neither: the calendar month before this one. Only an end: from the first of its
 * month. Only a start: until now. A time without offset is Amsterdam's. 0, or -1: the task has failed. */
int period_read(struct bptl_task *t, struct period *period);

/* What the clocks of Amsterdam show. */
struct moment period_clock(struct bptl_task *t, int64_t seconds);

/* 2025-10-01T00:00:00+02:00 */
const char *period_iso(struct bptl_task *t, int64_t seconds);

/* 2025-10-01-2025-10-31 */
const char *period_dates(struct bptl_task *t, const struct period *period);

/* Both ends for people, as in Dutch: 01-10-2025 and 31-10-2025; with times when the period is not made of whole days.
 */
void period_words(struct bptl_task *t, const struct period *period, const char **from, const char **to);

#endif
