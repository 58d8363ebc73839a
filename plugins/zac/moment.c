/* moment.c: see moment.h. */
#include "moment.h"

#define DAYS_TO_1970 719468 /* from 0000-03-01 */
#define DAYS_OF_400 146097  /* in 400 years */

/* Reads exactly `count` digits and steps over them; -1 when they are not there. */
static int read_number(const char **at, int count)
{
	int number = 0;

	for (; count > 0; count--, (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		number = number * 10 + (**at - '0');
	}
	return number;
}

/* The same after a certain character. */
static int read_after(const char **at, char before, int count)
{
	if (**at != before)
		return -1;
	(*at)++;
	return read_number(at, count);
}

static int days_in(int year, int month)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

static int read_date(const char **at, struct moment *m)
{
	m->year = read_number(at, 4);
	m->month = read_after(at, '-', 2);
	m->day = read_after(at, '-', 2);
	return m->year > 0 && m->month >= 1 && m->month <= 12 && m->day >= 1 && m->day <= days_in(m->year, m->month)
		       ? 0
		       : -1;
}

static int read_time(const char **at, struct moment *m)
{
	m->hour = read_number(at, 2);
	m->minute = read_after(at, ':', 2);
	if (**at == ':')
		m->second = read_after(at, ':', 2);
	if ((**at == '.' || **at == ',') && m->second >= 0) {
		(*at)++;
		if (read_number(at, 1) < 0)
			return -1;
		while (**at >= '0' && **at <= '9')
			(*at)++;
	}
	return m->hour >= 0 && m->hour < 24 && m->minute >= 0 && m->minute < 60 && m->second >= 0 && m->second < 60
		       ? 0
		       : -1;
}

static int read_offset(const char **at, struct moment *m)
{
	int sign = **at == '-' ? -1 : 1;
	int hours, minutes = 0;

	m->has_offset = 1;
	if (**at == 'Z' || **at == 'z') {
		(*at)++;
		return 0;
	}
	hours = read_after(at, sign < 0 ? '-' : '+', 2);
	if (**at == ':')
		minutes = read_after(at, ':', 2);
	else if (**at)
		minutes = read_number(at, 2);
	m->offset = sign * (hours * 3600 + minutes * 60);
	return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60 ? 0 : -1;
}

int moment_parse(const char *text, struct moment *moment)
{
	*moment = (struct moment){0};
	if (read_date(&text, moment))
		return -1;
	if (!*text)
		return 0;
	if (*text != 'T' && *text != 't' && *text != ' ')
		return -1;
	text++;
	if (read_time(&text, moment) || (*text && read_offset(&text, moment)))
		return -1;
	return *text ? -1 : 0;
}

/* Both conversions count years from 1 March, so that a leap day is the last of its year. */
int64_t moment_day(const struct moment *moment)
{
	int64_t year = moment->month > 2 ? moment->year : moment->year - 1;
	int64_t era = year / 400, of_era = year % 400;
	int64_t of_year = (153 * (moment->month + (moment->month > 2 ? -3 : 9)) + 2) / 5 + moment->day - 1;

	return era * DAYS_OF_400 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_TO_1970;
}

int64_t moment_seconds(const struct moment *moment)
{
	return moment_day(moment) * DAY + moment->hour * 3600 + moment->minute * 60 + moment->second;
}

struct moment moment_at(int64_t seconds)
{
	int64_t day = seconds / DAY - (seconds % DAY < 0);
	int64_t second = seconds - day * DAY;
	int64_t of_era = (day + DAYS_TO_1970) % DAYS_OF_400, era = (day + DAYS_TO_1970) / DAYS_OF_400;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t month = (5 * of_year + 2) / 153; /* 0 is March */
	struct moment moment = {
		.year = (int)(era * 400 + year + (month >= 10)),
		.month = (int)(month < 10 ? month + 3 : month - 9),
		.day = (int)(of_year - (153 * month + 2) / 5 + 1),
		.hour = (int)(second / 3600),
		.minute = (int)(second / 60 % 60),
		.second = (int)(second % 60),
	};

	return moment;
}
