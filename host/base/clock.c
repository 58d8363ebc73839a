/* clock.c: see clock.h. */
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

int64_t clock_boot(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

void clock_utc(int64_t wall, char text[CLOCK_TEXT])
{
	time_t seconds = (time_t)(wall / 1000000);
	struct tm tm;
	size_t n;

	(void)gmtime_r(&seconds, &tm);
	n = strftime(text, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(text + n, CLOCK_TEXT - n, ".%06d+00:00", (int)(wall % 1000000));
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

int clock_parse(const char *text, int64_t *wall)
{
	int year, month, day, hour, minute, second, used = 0, offset = 0;
	int64_t fraction = 0, scale = 100000;
	struct tm tm = {0};

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6)
		return -1;
	text += used;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9'; text++, scale /= 10)
			fraction += (*text - '0') * scale;
	if (*text == '+' || *text == '-') {
		int hours = 0, minutes = 0;

		if (sscanf(text + 1, "%2d%n", &hours, &used) != 1)
			return -1;
		(void)sscanf(text + 1 + used, text[1 + used] == ':' ? ":%2d" : "%2d", &minutes);
		offset = (hours * 60 + minutes) * (*text == '-' ? -60 : 60);
	} else if (strcmp(text, "Z") != 0 && *text != '\0') {
		return -1;
	}
	if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59 || second > 60)
		return -1;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	tm.tm_hour = hour;
	tm.tm_min = minute;
	tm.tm_sec = second;
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
