/* test_camunda_list.c: a poll's answer of which a part cannot be read. Those that are whole, and those that are none,
 * are in test_camunda_wire.c. */
#include "check.h"

#include <stdlib.h>

#include "base/memory.h"
#include "engine/camunda_wire.h"

static void on_skipped(void *arg, size_t index, const char *why)
{
	(void)arg;
	fail_msg("entry %zu is left out: %s", index, why);
}

TEST(a_task_with_a_value_that_cannot_be_read_is_a_task_with_a_fault)
{
	static const struct {
		const char *more, *fault;
	} cases[] = {
		{"\"variables\": {\"good\": {\"value\": 1}, \"b\\\"ad\": {\"type\":\"String\",\"value\":\"\\u0000\"}, "
		 "\"c\": {}}",
		 "the variable b\"ad cannot be read: a text holds a NUL character"},
		{"\"priority\":99999999999999999999", "its priority cannot be read: too big"},
		{"\"variables\":{\"v\":1,\"v\":2}", "duplicate"},
		{"\"tenantId\":\"t\",\"tenantId\":\"t\"", "its duplicate object key"},
		{"\"variables\":{\"v\":{\"value\":\"\\ud800\"}}", "the variable v cannot be read: invalid Unicode"},
		{"\"variables\":{\"v\":{\"value\":\"\xff\"}}", "the variable v cannot be read"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *body = mem_format("[{\"id\":\"1\", \"topicName\":\"a\", \"retries\":2, %s}]", cases[i].more);
		char why[CAMUNDA_WHY];
		json_t *list = camunda_list(body, strlen(body), "application/json", why);
		size_t count;
		struct engine_task *tasks = camunda_tasks(list, 5, &count, on_skipped, NULL);

		assert_int_equal(count, 1);
		assert_string_equal(tasks[0].id, "1");
		assert_int_equal(tasks[0].retries, 2);
		assert_non_null(tasks[0].fault);
		if (!strstr(tasks[0].fault, cases[i].fault))
			fail_msg("the fault is: %s", tasks[0].fault);
		if (i == 0)
			assert_int_equal(json_object_size(tasks[0].variables), 2);
		engine_task_clear(&tasks[0]);
		free(tasks);
		json_decref(list);
		free(body);
	}
}

TESTS(cmocka_unit_test(a_task_with_a_value_that_cannot_be_read_is_a_task_with_a_fault))
