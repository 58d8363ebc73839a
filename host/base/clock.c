/* clock.c: see clock.h. */
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

int64_t clock_boot(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_boot_micros(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_wall(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void clock_utc(int64_t wall, char text[CLOCK_TEXT])
{
	int fraction = (int)(wall % 1000000);
	time_t seconds;
	struct tm tm;
	size_t n;

	if (fraction < 0) /* before 1970: the fraction still counts from its second on */
		fraction += 1000000;
	seconds = (time_t)((wall - fraction) / 1000000);
	(void)gmtime_r(&seconds, &tm);
	n = (size_t)snprintf(text, CLOCK_TEXT, "%04d", tm.tm_year + 1900); /* %Y leaves out the noughts before a year */
	n += strftime(text + n, CLOCK_TEXT - n, "-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, CLOCK_TEXT - n, ".%06d+00:00", fraction);
}

void clock_local(int64_t wall, char text[CLOCK_TEXT])
{
	time_t seconds = (time_t)(wall / 1000000);
	struct tm tm;
	long offset;
	size_t n;

	(void)localtime_r(&seconds, &tm);
	offset = tm.tm_gmtoff / 60;
	n = strftime(text, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, CLOCK_TEXT - n, ".%03d%c%02ld:%02ld", (int)(wall % 1000000 / 1000),
		       offset < 0 ? '-' : '+', labs(offset) / 60, labs(offset) % 60);
}

/* The last Sunday of a month of 31 days, as a day of the month. */
static int last_sunday(int year, int month)
{
	struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 31, .tm_hour = 12};

	(void)timegm(&tm);
	return 31 - tm.tm_wday;
}

/* Amsterdam is an hour ahead of UTC, and two from the last Sunday of March to that of October, both at 01:00 UTC
 * (Directive 2000/84/EC). Said here so that a machine without a time zone database cannot be a day wrong. */
static int offset_at(const struct tm *utc)
{
	int month = utc->tm_mon + 1;
	int change;

	if (month < 3 || month > 10)
		return 3600;
	if (month > 3 && month < 10)
		return 7200;
	change = last_sunday(utc->tm_year + 1900, month);
	if (utc->tm_mday > change || (utc->tm_mday == change && utc->tm_hour >= 1))
		return month == 3 ? 7200 : 3600;
	return month == 3 ? 3600 : 7200;
}

int clock_amsterdam_offset(int64_t wall)
{
	time_t seconds = (time_t)(wall / 1000000);
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	return offset_at(&tm);
}

void clock_amsterdam_date(int64_t wall, char text[CLOCK_TEXT])
{
	time_t seconds = (time_t)(wall / 1000000);
	struct tm tm;

	seconds += clock_amsterdam_offset(wall);
	(void)gmtime_r(&seconds, &tm);
	(void)strftime(text, CLOCK_TEXT, "%Y-%m-%d", &tm);
}

/* Reads exactly `count` digits and steps over them: 0, or -1. */
static int read_digits(const char **at, int count, int *value)
{
	for (*value = 0; count > 0; count--, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		*value = *value * 10 + (**at - '0');
	}
	return 0;
}

static int read_character(const char **at, char expected)
{
	if (**at != expected)
		return -1;
	(*at)++;
	return 0;
}

/* The fraction of a second, in microseconds; what is finer is left out. */
static int read_fraction(const char **at, int64_t *fraction)
{
	int64_t scale = 100000;

	*fraction = 0;
	if (read_character(at, '.'))
		return 0;
	if (**at < '0' || **at > '9')
		return -1;
	for (; **at >= '0' && **at <= '9'; (*at)++, scale /= 10)
		*fraction += (**at - '0') * scale;
	return 0;
}

/* The offset at the end of the text, in seconds. */
static int read_offset(const char *at, int *offset)
{
	int sign = *at == '-' ? -1 : 1;
	int hours, minutes = 0;

	*offset = 0;
	if (*at == '\0' || strcmp(at, "Z") == 0)
		return 0;
	if (*at != '+' && *at != '-')
		return -1;
	at++;
	if (read_digits(&at, 2, &hours))
		return -1;
	if (*at && ((void)read_character(&at, ':'), read_digits(&at, 2, &minutes)))
		return -1;
	if (*at || hours > 23 || minutes > 59)
		return -1;
	*offset = sign * (hours * 60 + minutes) * 60;
	return 0;
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (leap && month == 2);
}

int clock_parse(const char *text, int64_t *wall)
{
	struct tm tm = {0};
	int64_t fraction;
	int offset;

	if (read_digits(&text, 4, &tm.tm_year) || read_character(&text, '-') || read_digits(&text, 2, &tm.tm_mon) ||
	    read_character(&text, '-') || read_digits(&text, 2, &tm.tm_mday) || read_character(&text, 'T') ||
	    read_digits(&text, 2, &tm.tm_hour) || read_character(&text, ':') || read_digits(&text, 2, &tm.tm_min) ||
	    read_character(&text, ':') || read_digits(&text, 2, &tm.tm_sec) || read_fraction(&text, &fraction) ||
	    read_offset(text, &offset))
		return -1;
	if (tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > days_in(tm.tm_year, tm.tm_mon) ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return -1;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*wall = ((int64_t)timegm(&tm) - offset) * 1000000 + fraction;
	return 0;
}

int64_t clock_backoff(unsigned attempt, int64_t first, int64_t limit)
{
	int64_t wait = first;
	uint32_t random = 0;

	while (attempt > 1 && wait < limit) {
		wait *= 2;
		attempt--;
	}
	if (wait > limit)
		wait = limit;
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) != (ssize_t)sizeof(random))
		random = (uint32_t)clock_wall();
	return wait / 2 + (int64_t)(random % 1024) * (wait - wait / 2) / 1024;
}
