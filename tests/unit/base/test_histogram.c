/* test_histogram.c: which bucket something falls into, and what is summed. */
#include "check.h"

#include "base/histogram.h"

TEST(what_is_at_a_bound_is_below_it)
{
	static const int64_t bounds[] = {10, 20, 0};
	struct histogram histogram = {.bounds = bounds};

	histogram_add(&histogram, 0);
	histogram_add(&histogram, 10);
	histogram_add(&histogram, 11);
	histogram_add(&histogram, 20);
	histogram_add(&histogram, 21);
	histogram_add(&histogram, INT64_MAX / 2);
	assert_int_equal(histogram.counts[0], 2);
	assert_int_equal(histogram.counts[1], 2);
	assert_int_equal(histogram.counts[2], 2);
	assert_int_equal(histogram_count(&histogram), 6);
	assert_true(histogram.sum == 62 + INT64_MAX / 2);
}

TEST(less_than_no_time_counts_as_none)
{
	struct histogram histogram = {.bounds = histogram_of_commits};

	histogram_add(&histogram, -5);
	assert_int_equal(histogram.counts[0], 1);
	assert_int_equal(histogram.sum, 0);
}

TEST(bounds_rise)
{
	for (const int64_t *at = histogram_of_tasks; at[1]; at++)
		assert_true(at[0] > 0 && at[0] < at[1]);
	for (const int64_t *at = histogram_of_commits; at[1]; at++)
		assert_true(at[0] > 0 && at[0] < at[1]);
}

TESTS(cmocka_unit_test(what_is_at_a_bound_is_below_it), cmocka_unit_test(less_than_no_time_counts_as_none),
      cmocka_unit_test(bounds_rise))
