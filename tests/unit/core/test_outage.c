/* test_outage.c: who may ask an engine that does not answer, and when. */
#include "check.h"

#include "core/outage.h"

static void fail_times(struct outage *outage, int times, int64_t now)
{
	for (int i = 0; i < times; i++)
		assert_int_equal(outage_heard(outage, ENGINE_AGAIN, now), 0);
}

TEST(a_few_failures_keep_nobody_waiting)
{
	struct outage outage = {0};

	fail_times(&outage, 7, 1000);
	assert_int_equal(outage_ask_at(&outage, 1000), 1000);
	outage_asked(&outage);
	assert_int_equal(outage_ask_at(&outage, 1000), 1000);
}

TEST(any_clear_answer_starts_the_count_anew)
{
	static const enum engine_result clear[] = {ENGINE_TAKEN, ENGINE_GONE, ENGINE_LOST, ENGINE_REFUSED};

	for (size_t i = 0; i < sizeof(clear) / sizeof(*clear); i++) {
		struct outage outage = {0};

		fail_times(&outage, 7, 1000);
		assert_int_equal(outage_heard(&outage, clear[i], 1000), 0);
		fail_times(&outage, 7, 1000);
		assert_int_equal(outage_ask_at(&outage, 1000), 1000);
	}
}

TEST(a_silent_engine_is_asked_by_one_at_a_time_after_growing_waits)
{
	struct outage outage = {0};
	int64_t now = 1000, least[] = {1000, 2000, 4000, 5000, 5000}, most[] = {2000, 4000, 8000, 10000, 10000};

	fail_times(&outage, 8, now);
	for (size_t i = 0; i < sizeof(least) / sizeof(*least); i++) {
		int64_t at = outage_ask_at(&outage, now);

		assert_true(at >= now + least[i] && at <= now + most[i]);
		assert_int_equal(outage_ask_at(&outage, at + 5), at + 5);
		now = at;
		outage_asked(&outage);
		assert_true(outage_ask_at(&outage, now) == INT64_MAX);
		outage.trial = 0;
		fail_times(&outage, 1, now);
	}
}

TEST(the_first_answer_ends_the_outage_and_says_so_once)
{
	struct outage outage = {0};

	fail_times(&outage, 20, 1000);
	assert_int_equal(outage_heard(&outage, ENGINE_GONE, 1000), 1);
	assert_int_equal(outage_heard(&outage, ENGINE_TAKEN, 1000), 0);
	assert_int_equal(outage_ask_at(&outage, 1000), 1000);
}

TEST(a_request_that_we_ended_ourselves_says_nothing)
{
	struct outage outage = {0};

	fail_times(&outage, 8, 1000);
	assert_int_equal(outage_heard(&outage, ENGINE_STOPPED, 1000), 0);
	assert_true(outage_ask_at(&outage, 1000) > 1000);
}

TESTS(cmocka_unit_test(a_few_failures_keep_nobody_waiting), cmocka_unit_test(any_clear_answer_starts_the_count_anew),
      cmocka_unit_test(a_silent_engine_is_asked_by_one_at_a_time_after_growing_waits),
      cmocka_unit_test(the_first_answer_ends_the_outage_and_says_so_once),
      cmocka_unit_test(a_request_that_we_ended_ourselves_says_nothing))
