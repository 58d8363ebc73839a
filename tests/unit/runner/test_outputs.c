/* test_outputs.c: what a unit sets, as the engine takes it. */
#include "check.h"

#include "shop.h"

static const struct bptl_variable in[] = {{NULL, BPTL_ANY, 0, NULL, NULL}};

/* Setting the value (stolen) gives this envelope. */
static void check_envelope(const char *type, json_t *value, const char *envelope)
{
	json_t *expected = shop_json(envelope);
	struct shop shop;
	struct task *task;

	shop_open(&shop, in);
	task = shop_task(&shop, "{}");
	assert_int_equal(outputs_set(task, "x", type, value, 0), 0);
	if (!json_equal(json_object_get(task->set, "x"), expected)) {
		char *found = json_dumps(task->set, JSON_ENCODE_ANY);

		fail_msg("%s, expected %s", found, envelope);
	}
	assert_int_equal(json_object_size(task->local), 0);
	json_decref(expected);
	task_free(task);
	shop_close(&shop);
}

TEST(the_type_follows_from_the_value)
{
	check_envelope(NULL, json_string("caf\xc3\xa9"), "{'type': 'String', 'value': 'caf\xc3\xa9'}");
	check_envelope(NULL, json_string(""), "{'type': 'String', 'value': ''}");
	check_envelope(NULL, json_true(), "{'type': 'Boolean', 'value': true}");
	check_envelope(NULL, json_false(), "{'type': 'Boolean', 'value': false}");
	check_envelope(NULL, json_null(), "{'type': 'Null', 'value': null}");
	check_envelope(NULL, json_real(1.5), "{'type': 'Double', 'value': 1.5}");
	check_envelope(NULL, json_pack("{s:[i]}", "a", 1), "{'type': 'Json', 'value': '{\\\"a\\\":[1]}'}");
	check_envelope(NULL, json_array(), "{'type': 'Json', 'value': '[]'}");
}

TEST(a_whole_number_that_an_integer_cannot_hold_is_a_long)
{
	check_envelope(NULL, json_integer(INT32_MAX), "{'type': 'Integer', 'value': 2147483647}");
	check_envelope(NULL, json_integer(INT32_MIN), "{'type': 'Integer', 'value': -2147483648}");
	check_envelope(NULL, json_integer(INT64_C(2147483648)), "{'type': 'Long', 'value': 2147483648}");
	check_envelope(NULL, json_integer(INT64_C(-2147483649)), "{'type': 'Long', 'value': -2147483649}");
	check_envelope(NULL, json_integer(INT64_MIN), "{'type': 'Long', 'value': -9223372036854775808}");
}

TEST(a_type_that_is_given_is_kept)
{
	check_envelope("Short", json_integer(7), "{'type': 'Short', 'value': 7}");
	check_envelope("Date", json_string("2026-03-01T12:34:56.789+0000"),
		       "{'type': 'Date', 'value': '2026-03-01T12:34:56.789+0000'}");
	check_envelope("Json", json_string("a"), "{'type': 'Json', 'value': '\\\"a\\\"'}");
	check_envelope("Json", json_integer(5), "{'type': 'Json', 'value': '5'}");
}

/* A text of `count` characters, each of these bytes. */
static json_t *long_text(size_t count, const char *character)
{
	size_t length = strlen(character);
	char *text = mem_new(count * length + 1, 1);
	json_t *value;

	for (size_t i = 0; i < count; i++)
		memcpy(text + i * length, character, length);
	value = json_string(text);
	free(text);
	return value;
}

TEST(a_text_longer_than_a_column_goes_as_a_serialised_text)
{
	static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\""};

	for (size_t i = 0; i < sizeof(characters) / sizeof(*characters); i++)
		for (size_t count = 4000; count <= 4001; count++) {
			json_t *value = long_text(count, characters[i]), *envelope, *read;
			struct shop shop;
			struct task *task;
			char reason[160];
			const char *text;

			shop_open(&shop, in);
			task = shop_task(&shop, "{}");
			assert_int_equal(outputs_set(task, "x", NULL, json_incref(value), 0), 0);
			envelope = json_object_get(task->set, "x");
			text = json_get_text(envelope, "value");
			if (count == 4000) {
				assert_string_equal(json_get_text(envelope, "type"), "String");
				assert_string_equal(text, json_string_value(value));
			} else {
				const json_t *info = json_object_get(envelope, "valueInfo");

				assert_string_equal(json_get_text(envelope, "type"), "Object");
				assert_string_equal(json_get_text(info, "objectTypeName"), "java.lang.String");
				assert_string_equal(json_get_text(info, "serializationDataFormat"), "application/json");
				read = json_read(text, strlen(text), reason);
				assert_true(json_equal(read, value));
				json_decref(read);
			}
			json_decref(value);
			task_free(task);
			shop_close(&shop);
		}
}

TEST(a_local_variable_is_kept_apart_and_the_last_value_stays)
{
	struct shop shop;
	struct task *task;

	shop_open(&shop, in);
	task = shop_task(&shop, "{}");
	assert_int_equal(outputs_set(task, "x", NULL, json_integer(1), 0), 0);
	assert_int_equal(outputs_set(task, "x", NULL, json_integer(2), 1), 0);
	assert_int_equal(outputs_set(task, "x", NULL, json_integer(3), 0), 0);
	assert_int_equal(json_get_integer(json_object_get(task->set, "x"), "value", 0), 3);
	assert_int_equal(json_get_integer(json_object_get(task->local, "x"), "value", 0), 2);
	task_free(task);
	shop_close(&shop);
}

/* Setting fails the task with this message. */
static void check_failed(const char *name, json_t *value, const char *message)
{
	struct shop shop;
	struct task *task;

	shop_open(&shop, in);
	task = shop_task(&shop, "{}");
	assert_int_equal(outputs_set(task, name, NULL, value, 0), -1);
	shop_check_failed(task, 1, message);
	assert_int_equal(outputs_set(task, "y", NULL, json_integer(1), 0), -1); /* and nothing is set any more */
	assert_int_equal(json_object_size(task->set), 0);
	task_free(task);
	shop_close(&shop);
}

TEST(no_value_and_no_name_fail_the_task)
{
	check_failed("x", NULL, "variable x was set to NULL: no value, or text that is not UTF-8");
	check_failed(NULL, NULL, "variable ? was set to NULL: no value, or text that is not UTF-8");
	check_failed(NULL, json_integer(1), "a variable was set without a name");
	check_failed("", json_integer(1), "a variable was set without a name");
	check_failed("x", json_string("\xff"), "variable x was set to NULL: no value, or text that is not UTF-8");
}

TEST(what_was_set_is_in_the_result)
{
	struct shop shop;
	struct task *task;
	json_t *result, *expected = shop_json("{'outcome': 'done', 'variables': {'x': {'type': 'Integer', 'value': 1}},"
					      " 'local': {'y': {'type': 'Null', 'value': null}}}");

	shop_open(&shop, in);
	task = shop_task(&shop, "{}");
	assert_int_equal(outputs_set(task, "x", NULL, json_integer(1), 0), 0);
	assert_int_equal(outputs_set(task, "y", NULL, json_null(), 1), 0);
	result = task_result(task);
	assert_true(json_equal(result, expected));
	json_decref(result);
	json_decref(expected);
	task_free(task);
	shop_close(&shop);
}

TESTS(cmocka_unit_test(the_type_follows_from_the_value),
      cmocka_unit_test(a_whole_number_that_an_integer_cannot_hold_is_a_long),
      cmocka_unit_test(a_type_that_is_given_is_kept),
      cmocka_unit_test(a_text_longer_than_a_column_goes_as_a_serialised_text),
      cmocka_unit_test(a_local_variable_is_kept_apart_and_the_last_value_stays),
      cmocka_unit_test(no_value_and_no_name_fail_the_task), cmocka_unit_test(what_was_set_is_in_the_result))
