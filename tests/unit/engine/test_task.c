/* test_task.c: a task goes to JSON and comes back. */
#include "check.h"

#include <stdlib.h>

#include "base/memory.h"
#include "engine/engine.h"

static struct engine_task whole_task(void)
{
	return (struct engine_task){.id = mem_text("7c3f"),
				    .topic = mem_text("zaak-aanmaken"),
				    .process_instance = mem_text("pi"),
				    .process_definition_key = mem_text("intake"),
				    .activity_id = mem_text("maak"),
				    .execution_id = mem_text("ex"),
				    .business_key = mem_text("sleutel \xc3\xa9"),
				    .tenant = mem_text("t"),
				    .priority = INT64_MIN,
				    .retries = 2,
				    .lock_until = 99,
				    .variables = json_pack("{s:{s:s, s:I, s:{}}}", "n", "type", "Long", "value",
							   (json_int_t)INT64_MAX, "valueInfo"),
				    .properties = json_pack("{s:s}", "a", "b")};
}

TEST(a_whole_task_comes_back_as_it_went)
{
	struct engine_task task = whole_task(), back;
	json_t *value = engine_task_to_json(&task), *again;

	assert_int_equal(engine_task_from_json(&back, value), 0);
	assert_string_equal(back.id, "7c3f");
	assert_string_equal(back.topic, "zaak-aanmaken");
	assert_string_equal(back.process_instance, "pi");
	assert_string_equal(back.process_definition_key, "intake");
	assert_string_equal(back.activity_id, "maak");
	assert_string_equal(back.execution_id, "ex");
	assert_string_equal(back.business_key, task.business_key);
	assert_string_equal(back.tenant, "t");
	assert_true(back.priority == INT64_MIN);
	assert_int_equal(back.retries, 2);
	assert_int_equal(back.lock_until, 0);
	assert_true(json_equal(back.variables, task.variables));
	assert_true(json_equal(back.properties, task.properties));
	again = engine_task_to_json(&back);
	assert_true(json_equal(again, value));
	json_decref(again);
	json_decref(value);
	engine_task_clear(&task);
	engine_task_clear(&back);
}

TEST(the_copies_are_deep)
{
	struct engine_task task = whole_task(), back;
	json_t *value = engine_task_to_json(&task);

	assert_int_equal(engine_task_from_json(&back, value), 0);
	json_object_clear(json_object_get(json_object_get(value, "variables"), "n"));
	json_decref(value);
	json_object_clear(task.variables);
	assert_int_equal(json_object_size(json_object_get(back.variables, "n")), 3);
	engine_task_clear(&task);
	engine_task_clear(&back);
}

TEST(a_task_without_extras_has_none_after_the_journey)
{
	struct engine_task task = {
		.id = mem_text("1"), .topic = mem_text("t"), .retries = -1, .variables = json_object()};
	struct engine_task back;
	json_t *value = engine_task_to_json(&task);

	assert_int_equal(engine_task_from_json(&back, value), 0);
	assert_null(back.business_key);
	assert_null(back.process_instance);
	assert_null(back.tenant);
	assert_null(back.properties);
	assert_int_equal(back.retries, -1);
	assert_int_equal(json_object_size(back.variables), 0);
	json_decref(value);
	engine_task_clear(&task);
	engine_task_clear(&back);
}

TEST(what_is_no_task_is_refused_and_leaves_nothing)
{
	static const char *const bad[] = {"{}",
					  "[]",
					  "null",
					  "{\"id\":\"1\"}",
					  "{\"topic\":\"t\"}",
					  "{\"id\":1,\"topic\":\"t\"}",
					  "{\"id\":\"1\",\"topic\":\"t\",\"retries\":-2}",
					  "{\"id\":\"1\",\"topic\":\"t\",\"retries\":2147483648}",
					  "{\"id\":\"1\",\"topic\":\"t\",\"variables\":[]}",
					  "{\"id\":\"1\",\"topic\":\"t\",\"variables\":null}",
					  "{\"id\":\"1\",\"topic\":\"t\",\"properties\":\"x\"}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *value = json_loads(bad[i], JSON_DECODE_ANY, NULL);
		struct engine_task task = {.priority = 5};

		assert_non_null(value);
		if (engine_task_from_json(&task, value) != -1)
			fail_msg("taken: %s", bad[i]);
		assert_null(task.id);
		assert_int_equal(task.priority, 0);
		json_decref(value);
	}
}

TEST(a_cleared_task_can_be_cleared_again)
{
	struct engine_task task = whole_task();

	engine_task_clear(&task);
	assert_null(task.id);
	assert_null(task.variables);
	engine_task_clear(&task);
}

TESTS(cmocka_unit_test(a_whole_task_comes_back_as_it_went), cmocka_unit_test(the_copies_are_deep),
      cmocka_unit_test(a_task_without_extras_has_none_after_the_journey),
      cmocka_unit_test(what_is_no_task_is_refused_and_leaves_nothing),
      cmocka_unit_test(a_cleared_task_can_be_cleared_again))
