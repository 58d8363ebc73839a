/* test_task.c: how a task fails, and what its result says. */
#include "check.h"

#include "base/text.h"
#include "shop.h"

static const struct bptl_variable in[] = {{NULL, BPTL_ANY, 0, NULL, NULL}};

struct bench {
	struct shop shop;
	struct task *task;
	struct bptl_task *handle;
};

static void bench_make(struct bench *bench, const char *order)
{
	shop_open(&bench->shop, in);
	bench->task = shop_task(&bench->shop, order);
	bench->handle = &bench->task->handle;
}

static void bench_drop(struct bench *bench)
{
	task_free(bench->task);
	shop_close(&bench->shop);
}

TEST(the_first_failure_stays)
{
	struct bench bench;

	bench_make(&bench, "{}");
	assert_int_equal(bptl_fail_retry(bench.handle, "first %d", 1), -1);
	assert_int_equal(bptl_fail(bench.handle, "second"), -1);
	assert_int_equal(bptl_bpmn_error(bench.handle, "CODE", "third"), -1);
	shop_check_failed(bench.task, 0, "first 1");
	task_details(bench.task, mem_text("one"));
	task_details(bench.task, mem_text("two"));
	assert_string_equal(bench.task->details, "one");
	bench_drop(&bench);
}

TEST(a_failure_is_one_line_without_secrets)
{
	struct bench bench;

	bench_make(&bench, "{}");
	log_hide(bench.shop.workshop.log, "geheim");
	(void)bptl_fail(bench.handle, "the word is\ngeheim");
	shop_check_failed(bench.task, 1, "the word is ***");
	task_details(bench.task, mem_text("line\nwith geheim"));
	assert_string_equal(bench.task->details, "line\nwith ***");
	bench_drop(&bench);
}

/* Servers answer in any encoding; the process must not end for it. */
TEST(a_result_can_be_made_of_bytes_that_are_no_utf8)
{
	struct bench bench;
	json_t *result;

	bench_make(&bench, "{}");
	(void)bptl_bpmn_error(bench.handle, "T\xc9!", "caf\xe9 is closed");
	task_details(bench.task, mem_text("<html>caf\xe9</html>"));
	result = task_result(bench.task);
	assert_string_equal(json_get_text(result, "outcome"), "bpmn-error");
	assert_string_equal(json_get_text(result, "code"), "T?!");
	assert_string_equal(json_get_text(result, "message"), "caf? is closed");
	assert_string_equal(json_get_text(result, "details"), "<html>caf?</html>");
	json_decref(result);
	bench_drop(&bench);
}

TEST(after_a_failure_calls_do_nothing)
{
	struct bench bench;

	bench_make(&bench, "{'variables': {'x': {'value': 'a'}}}");
	assert_string_equal(bptl_text(bench.handle, "x"), "a");
	(void)bptl_fail(bench.handle, "over");
	assert_true(bptl_failed(bench.handle));
	assert_null(bptl_text(bench.handle, "x"));
	assert_int_equal(bptl_set_text(bench.handle, "y", "b"), -1);
	assert_null(bptl_member(bench.handle, NULL, "m"));
	shop_check_failed(bench.task, 1, "over");
	bench_drop(&bench);
}

TEST(a_task_tells_the_same_time_at_every_run)
{
	struct bench bench;

	bench_make(&bench, "{'first_run': 1774737000123456, 'time_limit': 60000}");
	assert_string_equal(bptl_now(bench.handle), "2026-03-28T22:30:00.123456+00:00");
	assert_string_equal(bptl_today(bench.handle), "2026-03-28");
	assert_true(bptl_time(bench.handle) == INT64_C(1774737000123));
	assert_in_range(bptl_time_left(bench.handle), 50000, 60000);
	assert_int_equal(bptl_amsterdam_offset(bench.handle, INT64_C(1774746000000)), 7200);
	assert_int_equal(bptl_amsterdam_offset(bench.handle, INT64_C(1774745999999)), 3600);
	bench_drop(&bench);
}

TEST(a_path_has_its_values_encoded)
{
	struct bench bench;

	bench_make(&bench, "{}");
	assert_string_equal(bptl_path(bench.handle, "a?b=%s&c=%d%%&d=%lld", "x y/\xc3\xa9&", -5, 1LL << 40),
			    "a?b=x%20y%2F%C3%A9%26&c=-5%&d=1099511627776");
	assert_int_equal(bench.task->outcome, OUTCOME_DONE);
	bench_drop(&bench);
}

TESTS(cmocka_unit_test(the_first_failure_stays), cmocka_unit_test(a_failure_is_one_line_without_secrets),
      cmocka_unit_test(a_result_can_be_made_of_bytes_that_are_no_utf8),
      cmocka_unit_test(after_a_failure_calls_do_nothing), cmocka_unit_test(a_task_tells_the_same_time_at_every_run),
      cmocka_unit_test(a_path_has_its_values_encoded))
