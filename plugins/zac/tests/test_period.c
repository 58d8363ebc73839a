/* test_period.c: the period of a report, without the host. */
#include "check.h"

#include "base/clock.h"
#include "period.h"
#include "world.h"

static int64_t utc(const char *moment)
{
	int64_t wall;

	assert_int_equal(clock_parse(moment, &wall), 0);
	return wall / 1000000;
}

/* Reads the period of a task that runs at `moment` with these variables. 0 or -1; the world's texts must be cleared. */
static int read_period(struct world *world, const char *moment, const char *start, const char *end,
		       struct period *period)
{
	*world = (struct world){.task = {&world_api}, .start = start, .end = end, .now = utc(moment)};
	return period_read(&world->task, period);
}

static void expect(const char *moment, const char *start, const char *end, const char *from, const char *to)
{
	struct world world;
	struct period period;

	assert_int_equal(read_period(&world, moment, start, end, &period), 0);
	assert_string_equal(period_iso(&world.task, period.start), from);
	assert_string_equal(period_iso(&world.task, period.end), to);
	world_clear(&world);
}

static void refuse(const char *moment, const char *start, const char *end, const char *variable)
{
	struct world world;
	struct period period;

	assert_int_equal(read_period(&world, moment, start, end, &period), -1);
	assert_non_null(strstr(world.message, variable));
	world_clear(&world);
}

TEST(without_dates_it_is_the_calendar_month_before_this_one)
{
	expect("2026-02-15T12:00:00Z", NULL, NULL, "2026-01-01T00:00:00+01:00", "2026-01-31T23:59:59+01:00");
	expect("2026-08-01T12:00:00Z", NULL, NULL, "2026-07-01T00:00:00+02:00", "2026-07-31T23:59:59+02:00");
	expect("2024-03-31T12:00:00Z", NULL, NULL, "2024-02-01T00:00:00+01:00", "2024-02-29T23:59:59+01:00");
}

TEST(the_months_in_which_the_clock_changes_begin_and_end_with_their_own_offsets)
{
	expect("2026-04-10T12:00:00Z", NULL, NULL, "2026-03-01T00:00:00+01:00", "2026-03-31T23:59:59+02:00");
	expect("2025-11-10T12:00:00Z", NULL, NULL, "2025-10-01T00:00:00+02:00", "2025-10-31T23:59:59+01:00");
}

TEST(on_1_january_it_is_december_of_the_year_before)
{
	expect("2026-01-01T12:00:00Z", NULL, NULL, "2025-12-01T00:00:00+01:00", "2025-12-31T23:59:59+01:00");
}

TEST(the_month_is_the_one_of_amsterdam_not_of_utc)
{
	expect("2025-12-31T22:59:59Z", NULL, NULL, "2025-11-01T00:00:00+01:00", "2025-11-30T23:59:59+01:00");
	expect("2025-12-31T23:00:00Z", NULL, NULL, "2025-12-01T00:00:00+01:00", "2025-12-31T23:59:59+01:00");
	expect("2026-06-30T22:00:00Z", NULL, NULL, "2026-06-01T00:00:00+02:00", "2026-06-30T23:59:59+02:00");
}

TEST(only_a_start_goes_on_until_now)
{
	expect("2026-07-10T10:20:30Z", "2026-05-03", NULL, "2026-05-03T00:00:00+02:00", "2026-07-10T12:20:30+02:00");
}

TEST(only_an_end_begins_with_the_first_of_its_month)
{
	expect("2026-07-10T10:20:30Z", NULL, "2026-05-03", "2026-05-01T00:00:00+02:00", "2026-05-03T00:00:00+02:00");
	expect("2026-07-10T10:20:30Z", NULL, "2026-03-31T22:30:00Z", "2026-04-01T00:00:00+02:00",
	       "2026-04-01T00:30:00+02:00");
}

TEST(dates_and_times_are_read_in_all_their_forms)
{
	expect("2026-07-10T10:00:00Z", "2025-10-01T00:00:00Z", "2025-10-31T23:59:59+01:00", "2025-10-01T02:00:00+02:00",
	       "2025-10-31T23:59:59+01:00");
	expect("2026-07-10T10:00:00Z", "2025-10-01T00:00:00.000+0200", "2025-10-31T12:00", "2025-10-01T00:00:00+02:00",
	       "2025-10-31T12:00:00+01:00");
	expect("2026-07-10T10:00:00Z", "2025-10-01 08:09:10.5", "2025-10-02T00:00:00-05", "2025-10-01T08:09:10+02:00",
	       "2025-10-02T07:00:00+02:00");
}

TEST(a_time_that_the_clocks_show_twice_is_the_first_and_one_that_they_skip_is_counted_on)
{
	expect("2026-07-10T10:00:00Z", "2025-10-26T02:30:00", "2026-03-29T02:30:00", "2025-10-26T02:30:00+02:00",
	       "2026-03-29T03:30:00+02:00");
}

TEST(what_is_no_date_is_refused)
{
	static const char *const wrong[] = {
		"gisteren",
		"2025-13-01",
		"2025-02-29",
		"2025-00-10",
		"2025-1-1",
		"01-10-2025",
		"2025-10-01T24:00:00",
		"2025-10-01T12",
		"2025-10-01T12:60",
		"2025-10-01T12:00:61",
		"2025-10-01T12:00Q",
		"2025-10-01T12:00:00+25:00",
		"2025-10-01T",
		"2025-10-01T12:00:00.",
		"2025-10-01T12:00:00Z ",
		"2025-10-01T12:00:00+01:0",
	};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		refuse("2026-07-10T10:00:00Z", wrong[i], "2026-01-01", "startPeriod");
		refuse("2026-07-10T10:00:00Z", NULL, wrong[i], "endPeriod");
	}
}

TEST(the_future_is_refused)
{
	refuse("2026-07-10T10:00:00Z", "2026-07-10T10:00:01Z", NULL, "startPeriod");
	refuse("2026-07-10T10:00:00Z", "2026-07-01", "2026-07-11", "endPeriod");
	expect("2026-07-10T10:00:00Z", "2026-07-10T10:00:00Z", NULL, "2026-07-10T12:00:00+02:00",
	       "2026-07-10T12:00:00+02:00");
}

TEST(a_period_that_ends_before_it_begins_is_refused)
{
	refuse("2026-07-10T10:00:00Z", "2026-07-02", "2026-07-01", "startPeriod");
}

TEST(people_read_dates_and_times_only_where_they_matter)
{
	const char *from, *to;
	struct world world;
	struct period period;

	assert_int_equal(read_period(&world, "2025-11-10T12:00:00Z", NULL, NULL, &period), 0);
	period_words(&world.task, &period, &from, &to);
	assert_string_equal(from, "01-10-2025");
	assert_string_equal(to, "31-10-2025");
	assert_string_equal(period_dates(&world.task, &period), "2025-10-01-2025-10-31");
	world_clear(&world);
	assert_int_equal(read_period(&world, "2025-11-10T12:00:00Z", "2025-10-01", "2025-10-02T10:05", &period), 0);
	period_words(&world.task, &period, &from, &to);
	assert_string_equal(from, "01-10-2025 00:00");
	assert_string_equal(to, "02-10-2025 10:05");
	world_clear(&world);
}

TEST(days_and_seconds_go_there_and_back_for_every_day_of_three_centuries)
{
	int64_t first = moment_day(&(struct moment){.year = 1850, .month = 1, .day = 1});

	for (int64_t day = first; day < first + 300 * 366; day++) {
		struct moment m = moment_at(day * DAY + 86399);

		assert_int_equal(moment_day(&m), day);
		assert_int_equal(moment_seconds(&m), day * DAY + 86399);
	}
	assert_int_equal(moment_day(&(struct moment){.year = 1970, .month = 1, .day = 1}), 0);
	assert_int_equal(moment_day(&(struct moment){.year = 2000, .month = 3, .day = 1}), 11017);
}

TESTS(cmocka_unit_test(without_dates_it_is_the_calendar_month_before_this_one),
      cmocka_unit_test(the_months_in_which_the_clock_changes_begin_and_end_with_their_own_offsets),
      cmocka_unit_test(on_1_january_it_is_december_of_the_year_before),
      cmocka_unit_test(the_month_is_the_one_of_amsterdam_not_of_utc), cmocka_unit_test(only_a_start_goes_on_until_now),
      cmocka_unit_test(only_an_end_begins_with_the_first_of_its_month),
      cmocka_unit_test(dates_and_times_are_read_in_all_their_forms),
      cmocka_unit_test(a_time_that_the_clocks_show_twice_is_the_first_and_one_that_they_skip_is_counted_on),
      cmocka_unit_test(what_is_no_date_is_refused), cmocka_unit_test(the_future_is_refused),
      cmocka_unit_test(a_period_that_ends_before_it_begins_is_refused),
      cmocka_unit_test(people_read_dates_and_times_only_where_they_matter),
      cmocka_unit_test(days_and_seconds_go_there_and_back_for_every_day_of_three_centuries))
