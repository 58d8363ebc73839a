/* test_clock.c: moments as texts and back, the date in Amsterdam, and waits that grow. */
#include "check.h"

#include <stdlib.h>
#include <time.h>

#include "base/clock.h"

#define SECOND INT64_C(1000000)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)

/* A moment that must be readable. */
static int64_t at(const char *text)
{
	int64_t wall = -1;

	if (clock_parse(text, &wall))
		fail_msg("\"%s\" was not read", text);
	return wall;
}

static void check_date(const char *moment, const char *date)
{
	char text[CLOCK_TEXT];

	clock_amsterdam_date(at(moment), text);
	if (strcmp(text, date) != 0)
		fail_msg("%s is %s in Amsterdam, expected %s", moment, text, date);
}

TEST(a_moment_is_written_in_the_time_of_the_machine_with_its_zone)
{
	char text[CLOCK_TEXT];

	(void)setenv("TZ", "EAST-5:30", 1);
	tzset();
	clock_local(1768554753 * SECOND + 123456, text);
	assert_string_equal(text, "2026-01-16T14:42:33.123+05:30");
	(void)setenv("TZ", "WEST2:15", 1);
	tzset();
	clock_local(0, text);
	assert_string_equal(text, "1969-12-31T21:45:00.000-02:15");
	(void)unsetenv("TZ");
}

TEST(a_moment_is_written_in_utc_with_microseconds)
{
	char text[CLOCK_TEXT];

	clock_utc(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00.000000+00:00");
	clock_utc(1768554753 * SECOND + 123456, text);
	assert_string_equal(text, "2026-01-16T09:12:33.123456+00:00");
	clock_utc(1709251199 * SECOND + 999999, text);
	assert_string_equal(text, "2024-02-29T23:59:59.999999+00:00");
	clock_utc(253402300799 * SECOND + 7, text);
	assert_string_equal(text, "9999-12-31T23:59:59.000007+00:00");
}

TEST(moments_before_1970_and_before_the_year_1000_are_written_as_all_others)
{
	char text[CLOCK_TEXT];

	clock_utc(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999999+00:00");
	clock_utc(-500000, text);
	assert_string_equal(text, "1969-12-31T23:59:59.500000+00:00");
	clock_utc(-2 * SECOND, text);
	assert_string_equal(text, "1969-12-31T23:59:58.000000+00:00");
	clock_utc(-61631712000 * SECOND, text);
	assert_string_equal(text, "0016-12-20T00:00:00.000000+00:00");
}

TEST(what_is_written_is_read_back)
{
	static const int64_t walls[] = {
		0, 1, 999999, 951782400 * SECOND, 1768554753 * SECOND + 123456, 4107542399 * SECOND + 500000};
	char text[CLOCK_TEXT];

	for (size_t i = 0; i < sizeof(walls) / sizeof(*walls); i++) {
		clock_utc(walls[i], text);
		assert_true(at(text) == walls[i]);
	}
}

TEST(every_form_of_a_moment_is_read)
{
	const int64_t whole = 1709296496 * SECOND;

	assert_true(at("2024-03-01T12:34:56.789+0000") == whole + 789000);
	assert_true(at("2024-03-01T12:34:56.789+00:00") == whole + 789000);
	assert_true(at("2024-03-01T12:34:56.789+00") == whole + 789000);
	assert_true(at("2024-03-01T12:34:56.789Z") == whole + 789000);
	assert_true(at("2024-03-01T12:34:56.789") == whole + 789000);
	assert_true(at("2024-03-01T12:34:56+0000") == whole);
	assert_true(at("2024-03-01T12:34:56Z") == whole);
	assert_true(at("2024-03-01T12:34:56") == whole);
	assert_true(at("2024-03-01T12:34:56.7Z") == whole + 700000);
	assert_true(at("2024-03-01T12:34:56.000001Z") == whole + 1);
	assert_true(at("2024-03-01T12:34:56.123456789Z") == whole + 123456);
	assert_true(at("2024-03-01T13:34:56.789+0100") == whole + 789000);
	assert_true(at("2024-03-01T18:04:56+05:30") == whole);
	assert_true(at("2024-03-01T09:04:56-0330") == whole);
	assert_true(at("2024-03-01T02:34:56-10") == whole);
	assert_true(at("2024-03-02T00:34:56+12:00") == whole);
}

TEST(a_leap_second_is_the_next_second)
{
	assert_true(at("2016-12-31T23:59:60Z") == at("2017-01-01T00:00:00Z"));
}

TEST(a_leap_day_is_read_only_in_a_leap_year)
{
	static const char *const none[] = {"2023-02-29T00:00:00Z", "2024-02-30T00:00:00Z", "2100-02-29T00:00:00Z",
					   "1900-02-29T00:00:00Z"};
	int64_t wall;

	assert_true(at("2024-02-29T12:00:00Z") + DAY == at("2024-03-01T12:00:00Z"));
	assert_true(at("2000-02-29T12:00:00Z") + DAY == at("2000-03-01T12:00:00Z"));
	assert_true(at("2023-02-28T12:00:00Z") + DAY == at("2023-03-01T12:00:00Z"));
	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		assert_int_equal(clock_parse(none[i], &wall), -1);
}

TEST(what_is_no_moment_is_refused)
{
	static const char *const garbage[] = {
		"",
		"Z",
		"now",
		"2024",
		"2024-03-01",
		"2024-03-01T",
		"2024-03-01T12:34",
		"2024-03-01T12:34Z",
		"2024-03-01 12:34:56Z",
		"2024-03-01t12:34:56Z",
		" 2024-03-01T12:34:56Z",
		"2024-03-01T12:34:56Z ",
		"2024-03-01T12:34:56z",
		"2024-03-01T12:34:56ZZ",
		"2024-03-01T12:34:56 Z",
		"2024-03-01T12:34:56.",
		"2024-03-01T12:34:56.Z",
		"2024-03-01T12:34:56.-1Z",
		"2024-03-01T12:34:56,5Z",
		"2024-03-01T12:34:56+",
		"2024-03-01T12:34:56+1",
		"2024-03-01T12:34:56+01:",
		"2024-03-01T12:34:56+01:0",
		"2024-03-01T12:34:56+010",
		"2024-03-01T12:34:56+01000",
		"2024-03-01T12:34:56+0100 and more",
		"2024-03-01T12:34:56+01:00Z",
		"2024-03-01T12:34:56+-100",
		"2024-03-01T12:34:56+24:00",
		"2024-03-01T12:34:56+01:60",
		"2024-00-01T12:34:56Z",
		"2024-13-01T12:34:56Z",
		"2024-03-00T12:34:56Z",
		"2024-03-32T12:34:56Z",
		"2024-04-31T12:34:56Z",
		"2024-03-01T24:00:00Z",
		"2024-03-01T12:60:56Z",
		"2024-03-01T12:34:61Z",
		"2024-3-01T12:34:56Z",
		"2024-03-1T12:34:56Z",
		"2024-03-01T1:34:56Z",
		"24-03-01T12:34:56Z",
		"+024-03-01T12:34:56Z",
		"-024-03-01T12:34:56Z",
		"12024-03-01T12:34:56Z",
		"2024-03-01T+2:34:56Z",
		"2024-03-01T12:34: 6Z",
		"2024/03/01T12:34:56Z",
	};
	int64_t wall = 77;

	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++)
		if (clock_parse(garbage[i], &wall) != -1)
			fail_msg("\"%s\" was read as a moment", garbage[i]);
	assert_true(wall == 77);
}

TEST(the_date_in_amsterdam_changes_at_its_own_midnight)
{
	check_date("2026-01-15T22:59:59.999999Z", "2026-01-15");
	check_date("2026-01-15T23:00:00Z", "2026-01-16");
	check_date("2026-07-15T21:59:59.999999Z", "2026-07-15");
	check_date("2026-07-15T22:00:00Z", "2026-07-16");
}

TEST(the_date_in_amsterdam_is_right_at_the_ends_of_years_and_months)
{
	check_date("2025-12-31T22:59:59Z", "2025-12-31");
	check_date("2025-12-31T23:00:00Z", "2026-01-01");
	check_date("2024-02-28T23:00:00Z", "2024-02-29");
	check_date("2024-02-29T23:00:00Z", "2024-03-01");
	check_date("2023-02-28T23:00:00Z", "2023-03-01");
	check_date("2026-04-30T22:00:00Z", "2026-05-01");
}

TEST(the_clocks_of_amsterdam_change_at_one_o_clock_utc_on_the_last_sundays)
{
	/* the last Sunday is the earliest and the latest that it can be, and those of this year and the next */
	static const struct {
		const char *spring, *autumn;
	} years[] = {
		{"2024-03-31T01:00:00Z", "2024-10-27T01:00:00Z"}, {"2025-03-30T01:00:00Z", "2025-10-26T01:00:00Z"},
		{"2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"}, {"2027-03-28T01:00:00Z", "2027-10-31T01:00:00Z"},
		{"2029-03-25T01:00:00Z", "2029-10-28T01:00:00Z"}, {"2038-03-28T01:00:00Z", "2038-10-31T01:00:00Z"}};

	for (size_t i = 0; i < sizeof(years) / sizeof(*years); i++) {
		assert_int_equal(clock_amsterdam_offset(at(years[i].spring) - 1), 3600);
		assert_int_equal(clock_amsterdam_offset(at(years[i].spring)), 7200);
		assert_int_equal(clock_amsterdam_offset(at(years[i].autumn) - 1), 7200);
		assert_int_equal(clock_amsterdam_offset(at(years[i].autumn)), 3600);
	}
}

TEST(the_evenings_before_the_clocks_change_have_the_old_midnight)
{
	check_date("2026-03-28T22:59:59Z", "2026-03-28");
	check_date("2026-03-28T23:00:00Z", "2026-03-29");
	check_date("2026-03-29T21:59:59Z", "2026-03-29");
	check_date("2026-03-29T22:00:00Z", "2026-03-30");
	check_date("2026-10-24T21:59:59Z", "2026-10-24");
	check_date("2026-10-24T22:00:00Z", "2026-10-25");
	check_date("2026-10-25T22:59:59Z", "2026-10-25");
	check_date("2026-10-25T23:00:00Z", "2026-10-26");
}

/* The C library knows the same rule when it is told it, without a time zone database. */
TEST(every_hour_of_sixty_years_has_the_offset_that_the_c_library_says)
{
	const int64_t end = at("2060-01-01T00:00:00Z");

	assert_int_equal(setenv("TZ", "CET-1CEST,M3.5.0/2,M10.5.0/3", 1), 0);
	tzset();
	for (int64_t wall = at("2000-01-01T00:00:00Z"); wall < end; wall += HOUR) {
		time_t seconds = (time_t)(wall / SECOND);
		struct tm tm;

		assert_non_null(localtime_r(&seconds, &tm));
		if (clock_amsterdam_offset(wall) != tm.tm_gmtoff)
			fail_msg("at %lld the offset is %d", (long long)seconds, clock_amsterdam_offset(wall));
	}
}

TEST(the_clocks_go_forward)
{
	const struct timespec moment = {.tv_nsec = 5000000};
	int64_t boot = clock_boot(), wall = clock_wall();

	assert_int_equal(nanosleep(&moment, NULL), 0);
	assert_true(clock_boot() >= boot + 4);
	assert_true(clock_boot() < boot + 60000);
	assert_true(clock_wall() > wall);
	assert_true(wall > at("2026-01-01T00:00:00Z"));
}

TEST(a_wait_doubles_up_to_its_limit_and_is_random_in_its_upper_half)
{
	static const int64_t whole[] = {1000, 1000, 2000, 4000, 8000, 10000, 10000, 10000};

	for (unsigned attempt = 0; attempt < sizeof(whole) / sizeof(*whole); attempt++) {
		int64_t least = INT64_MAX, most = 0;

		for (int i = 0; i < 200; i++) {
			int64_t wait = clock_backoff(attempt, 1000, 10000);

			least = wait < least ? wait : least;
			most = wait > most ? wait : most;
		}
		assert_true(least >= whole[attempt] / 2);
		assert_true(most <= whole[attempt]);
		/* both halves of the range are hit, but for a chance of 2^-199 */
		assert_true(least < whole[attempt] * 3 / 4);
		assert_true(most >= whole[attempt] * 3 / 4);
	}
}

TEST(a_wait_has_its_limit_after_any_number_of_attempts)
{
	assert_in_range(clock_backoff(UINT32_MAX, 1000, 3600000), 1800000, 3600000);
	assert_in_range(clock_backoff(1, 5000, 1000), 500, 1000);
	assert_true(clock_backoff(64, 1, INT64_MAX / 4) > 0);
}

TESTS(cmocka_unit_test(moments_before_1970_and_before_the_year_1000_are_written_as_all_others),
      cmocka_unit_test(a_moment_is_written_in_the_time_of_the_machine_with_its_zone),
      cmocka_unit_test(a_moment_is_written_in_utc_with_microseconds), cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(every_form_of_a_moment_is_read), cmocka_unit_test(a_leap_second_is_the_next_second),
      cmocka_unit_test(a_leap_day_is_read_only_in_a_leap_year), cmocka_unit_test(what_is_no_moment_is_refused),
      cmocka_unit_test(the_date_in_amsterdam_changes_at_its_own_midnight),
      cmocka_unit_test(the_date_in_amsterdam_is_right_at_the_ends_of_years_and_months),
      cmocka_unit_test(the_clocks_of_amsterdam_change_at_one_o_clock_utc_on_the_last_sundays),
      cmocka_unit_test(the_evenings_before_the_clocks_change_have_the_old_midnight),
      cmocka_unit_test(every_hour_of_sixty_years_has_the_offset_that_the_c_library_says),
      cmocka_unit_test(the_clocks_go_forward),
      cmocka_unit_test(a_wait_doubles_up_to_its_limit_and_is_random_in_its_upper_half),
      cmocka_unit_test(a_wait_has_its_limit_after_any_number_of_attempts))
