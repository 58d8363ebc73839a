/* period.c: see period.h. */
#include "period.h"

#define WINTER 3600
#define SUMMER 7200

static int offset_at(struct bptl_task *t, int64_t seconds)
{
	return bptl_amsterdam_offset(t, seconds * 1000);
}

/* The moment at which the clocks of Amsterdam show this. What they show twice, on the last Sunday of October, is taken
 * for the first time; what they skip, in March, is counted on from before. */
static int64_t from_clock(struct bptl_task *t, const struct moment *clock)
{
	int64_t seconds = moment_seconds(clock);

	return offset_at(t, seconds - SUMMER) == SUMMER ? seconds - SUMMER : seconds - WINTER;
}

struct moment period_clock(struct bptl_task *t, int64_t seconds)
{
	return moment_at(seconds + offset_at(t, seconds));
}

/* When the month of a moment began in Amsterdam. */
static int64_t month_start(struct bptl_task *t, int64_t seconds)
{
	struct moment clock = period_clock(t, seconds);

	clock.day = 1;
	clock.hour = clock.minute = clock.second = 0;
	return from_clock(t, &clock);
}

/* The moment that a variable names. 0, or -1: the task has failed. */
static int read_moment(struct bptl_task *t, const char *variable, int64_t *seconds)
{
	const char *text = bptl_text(t, variable);
	struct moment moment;

	if (!text)
		return -1;
	if (moment_parse(text, &moment))
		return bptl_fail(t,
				 "variable %s: \"%.60s\" is no date or time such as 2026-01-31 or "
				 "2026-01-31T12:00:00+01:00",
				 variable, text);
	*seconds = moment.has_offset ? moment_seconds(&moment) - moment.offset : from_clock(t, &moment);
	if (*seconds > bptl_time(t) / 1000)
		return bptl_fail(t, "variable %s: %.60s lies in the future", variable, text);
	return 0;
}

int period_read(struct bptl_task *t, struct period *period)
{
	int64_t now = bptl_time(t) / 1000;
	int has_start = bptl_has(t, "startPeriod"), has_end = bptl_has(t, "endPeriod");

	period->end = has_start ? now : month_start(t, now) - 1;
	if (has_end && read_moment(t, "endPeriod", &period->end))
		return -1;
	period->start = month_start(t, period->end);
	if (has_start && read_moment(t, "startPeriod", &period->start))
		return -1;
	if (period->start > period->end)
		return bptl_fail(t, "variable startPeriod: %s lies after the end of the period, %s",
				 period_iso(t, period->start), period_iso(t, period->end));
	return bptl_failed(t) ? -1 : 0;
}

const char *period_iso(struct bptl_task *t, int64_t seconds)
{
	struct moment m = period_clock(t, seconds);

	return bptl_format(t, "%04d-%02d-%02dT%02d:%02d:%02d+%02d:00", m.year, m.month, m.day, m.hour, m.minute,
			   m.second, offset_at(t, seconds) / 3600);
}

const char *period_dates(struct bptl_task *t, const struct period *period)
{
	struct moment a = period_clock(t, period->start), b = period_clock(t, period->end);

	return bptl_format(t, "%04d-%02d-%02d-%04d-%02d-%02d", a.year, a.month, a.day, b.year, b.month, b.day);
}

static const char *words(struct bptl_task *t, const struct moment *m, int whole)
{
	const char *date = bptl_format(t, "%02d-%02d-%04d", m->day, m->month, m->year);

	return whole ? date : bptl_format(t, "%s %02d:%02d", date, m->hour, m->minute);
}

void period_words(struct bptl_task *t, const struct period *period, const char **from, const char **to)
{
	struct moment a = period_clock(t, period->start), b = period_clock(t, period->end);
	int whole = a.hour + a.minute + a.second == 0 && b.hour == 23 && b.minute == 59 && b.second == 59;

	*from = words(t, &a, whole);
	*to = words(t, &b, whole);
}
