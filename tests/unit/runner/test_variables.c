/* test_variables.c: what the engine holds, as a unit sees it. Long because every type is read well and badly. */
#include "check.h"

#include "base/text.h"
#include "shop.h"

#define LIMIT ((size_t)4 * 1024 * 1024)

static const struct bptl_variable no_rows[] = {{NULL, BPTL_ANY, 0, NULL, NULL}};

/* A task with one variable x of this envelope, declared with this type. */
struct bench {
	struct bptl_variable in[2];
	struct shop shop;
	struct task *task;
};

static void bench_make(struct bench *bench, enum bptl_type type, unsigned flags, const char *variables)
{
	char *order = mem_format("{'variables': %s}", variables);

	*bench = (struct bench){.in = {{"x", type, flags, "an x", "y"}}};
	shop_open(&bench->shop, bench->in);
	bench->task = shop_task(&bench->shop, order);
	free(order);
}

static void bench_drop(struct bench *bench)
{
	task_free(bench->task);
	shop_close(&bench->shop);
}

static void make_x(struct bench *bench, enum bptl_type type, const char *envelope)
{
	char *variables = mem_format("{'x': %s}", envelope);

	bench_make(bench, type, BPTL_OPTIONAL, variables);
	free(variables);
}

/* The check before the run fails with this message, or passes when it is NULL. */
static void check_verdict(struct bench *bench, const char *message)
{
	assert_int_equal(variables_check(bench->task), message ? -1 : 0);
	if (message)
		shop_check_failed(bench->task, 1, message);
	else
		assert_null(bench->task->message);
	bench_drop(bench);
}

static void check_x(enum bptl_type type, const char *envelope, const char *message)
{
	struct bench bench;

	make_x(&bench, type, envelope);
	check_verdict(&bench, message);
}

/* ---- is there a value? ---- */

static void check_has(enum bptl_type type, const char *envelope, int expected)
{
	struct bench bench;

	make_x(&bench, type, envelope);
	if (variables_has(bench.task, "x") != expected)
		fail_msg("%s %s a value", envelope, expected ? "is not" : "is");
	assert_int_equal(bench.task->outcome, OUTCOME_DONE);
	bench_drop(&bench);
}

TEST(null_and_empty_texts_lists_and_objects_are_no_values)
{
	static const char *const none[] = {
		"{'type': 'Null', 'value': null}",
		"{'type': 'String', 'value': null}",
		"{'type': 'String', 'value': ''}",
		"{'type': 'Json', 'value': ''}",
		"{'type': 'Json', 'value': null}",
		"{'type': 'Json', 'value': 'null'}",
		"{'type': 'json', 'value': ' [ ] '}",
		"{'type': 'Json', 'value': '{\\n}'}",
		"{'type': 'Json', 'value': '\\t[]\\r\\n'}",
		"{'type': 'Json', 'value': '\\\"\\\"'}",
		"{'type': 'Object', 'value': '[]', 'valueInfo': {'serializationDataFormat': 'application/json'}}",
		"{'type': 'Json', 'value': []}",
		"{'type': 'Json', 'value': {}}",
		"{'type': 'String'}",
		"{}",
		"5",
	};

	for (size_t i = 0; i < sizeof(none) / sizeof(*none); i++)
		check_has(BPTL_ANY, none[i], 0);
}

TEST(zero_false_and_anything_else_are_values)
{
	static const char *const some[] = {
		"{'type': 'Integer', 'value': 0}",       "{'type': 'Boolean', 'value': false}",
		"{'type': 'String', 'value': ' '}",      "{'type': 'String', 'value': '[]'}",
		"{'type': 'String', 'value': 'null'}",   "{'type': 'Json', 'value': '\\\" \\\"'}",
		"{'type': 'Json', 'value': '[0]'}",      "{'type': 'Json', 'value': '0'}",
		"{'type': 'Json', 'value': 'nullable'}", "{'type': 'Json', 'value': '[}'}",
		"{'type': 'Json', 'value': '['}",        "{'type': 'Json', 'value': ' '}",
		"{'type': 'File', 'value': 'x'}",
	};

	for (size_t i = 0; i < sizeof(some) / sizeof(*some); i++)
		check_has(BPTL_ANY, some[i], 1);
}

TEST(an_empty_list_in_a_string_is_no_value_where_a_list_is_declared)
{
	check_has(BPTL_LIST, "{'type': 'String', 'value': '[]'}", 0);
	check_has(BPTL_LIST, "{'type': 'String', 'value': '[1]'}", 1);
	check_has(BPTL_OBJECT, "{'type': 'String', 'value': '{ }'}", 0);
	check_has(BPTL_OBJECT, "{'type': 'String', 'value': 'null'}", 0);
	check_has(BPTL_TEXT, "{'type': 'String', 'value': '[]'}", 1);
}

TEST(a_variable_that_is_absent_has_no_value_of_any_kind)
{
	struct bench bench;

	bench_make(&bench, BPTL_ANY, BPTL_OPTIONAL, "{}");
	assert_int_equal(variables_has(bench.task, "x"), 0);
	assert_int_equal(variables_has(bench.task, "undeclared"), 0);
	assert_null(variables_text(bench.task, "x"));
	assert_null(variables_json(bench.task, "x"));
	assert_int_equal(variables_integer(bench.task, "x"), 0);
	assert_int_equal(variables_boolean(bench.task, "x"), 0);
	assert_int_equal(bench.task->outcome, OUTCOME_DONE);
	bench_drop(&bench);
}

/* ---- reading ---- */

static void check_text(const char *envelope, const char *expected)
{
	struct bench bench;

	make_x(&bench, BPTL_TEXT, envelope);
	assert_int_equal(variables_check(bench.task), 0);
	assert_string_equal(variables_text(bench.task, "x"), expected);
	bench_drop(&bench);
}

TEST(a_text_is_a_string_a_date_or_the_digits_of_a_whole_number)
{
	check_text("{'type': 'String', 'value': 'caf\xc3\xa9'}", "caf\xc3\xa9");
	check_text("{'value': 'no type'}", "no type");
	check_text("{'type': 'Date', 'value': '2026-03-01T12:34:56.789+0000'}", "2026-03-01T12:34:56.789+0000");
	check_text("{'type': 'Integer', 'value': -42}", "-42");
	check_text("{'type': 'Short', 'value': 7}", "7");
	check_text("{'type': 'Long', 'value': 9223372036854775807}", "9223372036854775807");
	check_text("{'type': 'Long', 'value': '12'}", "12");
	check_text("{'type': 'Json', 'value': '\\\"in JSON\\\"'}", "in JSON");
	check_text("{'type': 'String', 'value': '{\\\"not\\\": \\\"parsed\\\"}'}", "{\"not\": \"parsed\"}");
}

TEST(what_is_no_text_fails_the_task)
{
	check_x(BPTL_TEXT, "{'type': 'Boolean', 'value': true}", "variable x is true, expected a text");
	check_x(BPTL_TEXT, "{'type': 'Double', 'value': 1.5}", "variable x is a number, expected a text");
	check_x(BPTL_TEXT, "{'type': 'Json', 'value': '[1]'}", "variable x is a list, expected a text");
	check_x(BPTL_TEXT, "{'type': 'Json', 'value': '{\\\"a\\\": 1}'}", "variable x is an object, expected a text");
}

static void check_integer(const char *envelope, int64_t expected)
{
	struct bench bench;

	make_x(&bench, BPTL_INTEGER, envelope);
	assert_int_equal(variables_check(bench.task), 0);
	assert_true(variables_integer(bench.task, "x") == expected);
	assert_int_equal(bench.task->outcome, OUTCOME_DONE);
	bench_drop(&bench);
}

TEST(a_whole_number_may_come_as_digits)
{
	check_integer("{'type': 'Integer', 'value': 5}", 5);
	check_integer("{'type': 'Integer', 'value': 0}", 0);
	check_integer("{'type': 'Long', 'value': -9223372036854775808}", INT64_MIN);
	check_integer("{'type': 'Long', 'value': 9007199254740993}", INT64_C(9007199254740993));
	check_integer("{'type': 'String', 'value': '12'}", 12);
	check_integer("{'type': 'String', 'value': '-9223372036854775808'}", INT64_MIN);
	check_integer("{'type': 'Long', 'value': '9223372036854775807'}", INT64_MAX);
}

TEST(what_is_no_whole_number_fails_the_task)
{
	check_x(BPTL_INTEGER, "{'type': 'String', 'value': '12a'}", "variable x: \"12a\" is no whole number");
	check_x(BPTL_INTEGER, "{'type': 'String', 'value': '1.5'}", "variable x: \"1.5\" is no whole number");
	check_x(BPTL_INTEGER, "{'type': 'String', 'value': ' '}", "variable x: \" \" is no whole number");
	check_x(BPTL_INTEGER, "{'type': 'String', 'value': '0x10'}", "variable x: \"0x10\" is no whole number");
	check_x(BPTL_INTEGER, "{'type': 'Long', 'value': '9223372036854775808'}",
		"variable x: \"9223372036854775808\" is no whole number");
	check_x(BPTL_INTEGER, "{'type': 'Double', 'value': 5.0}", "variable x is a number, expected a whole number");
	check_x(BPTL_INTEGER, "{'type': 'Boolean', 'value': false}", "variable x is false, expected a whole number");
}

TEST(other_types_are_checked_before_the_run)
{
	check_x(BPTL_BOOLEAN, "{'type': 'Boolean', 'value': false}", NULL);
	check_x(BPTL_BOOLEAN, "{'type': 'String', 'value': 'true'}", "variable x is a text, expected true or false");
	check_x(BPTL_BOOLEAN, "{'type': 'Integer', 'value': 1}",
		"variable x is a whole number, expected true or false");
	check_x(BPTL_NUMBER, "{'type': 'Double', 'value': 1.5}", NULL);
	check_x(BPTL_NUMBER, "{'type': 'Integer', 'value': 1}", NULL);
	check_x(BPTL_NUMBER, "{'type': 'Boolean', 'value': true}", "variable x is true, expected a number");
	check_x(BPTL_DATE, "{'type': 'Date', 'value': '2026-03-01T12:34:56.789+0000'}", NULL);
	check_x(BPTL_DATE, "{'type': 'Integer', 'value': 2026}",
		"variable x is a whole number, expected a date or time as ISO 8601 writes it");
	check_x(BPTL_DATE, "{'type': 'String', 'value': '2026-03-01'}", NULL);
	check_x(BPTL_DATE, "{'type': 'String', 'value': '1 maart'}",
		"variable x is a text, expected a date or time as ISO 8601 writes it");
	check_x(BPTL_ANY, "{'type': 'Boolean', 'value': true}", NULL);
	check_x(BPTL_OBJECT, "{'type': 'Json', 'value': '[1]'}", "variable x is a list, expected a JSON object");
	check_x(BPTL_LIST, "{'type': 'Json', 'value': '{\\\"a\\\": 1}'}",
		"variable x is an object, expected a JSON list");
	check_x(BPTL_LIST, "{'type': 'Integer', 'value': 1}", "variable x is a whole number, expected a JSON list");
}

static void check_json(enum bptl_type type, const char *envelope, const char *expected)
{
	struct bench bench;
	json_t *value = shop_json(expected);

	make_x(&bench, type, envelope);
	assert_int_equal(variables_check(bench.task), 0);
	assert_true(json_equal(variables_json(bench.task, "x"), value));
	assert_ptr_equal(variables_json(bench.task, "x"), variables_json(bench.task, "x"));
	json_decref(value);
	bench_drop(&bench);
}

TEST(json_comes_in_json_objects_and_strings)
{
	check_json(BPTL_OBJECT, "{'type': 'Json', 'value': '{\\\"a\\\": [1, null]}'}", "{'a': [1, null]}");
	check_json(BPTL_LIST,
		   "{'type': 'Object', 'value': '[1]', 'valueInfo': {'serializationDataFormat': 'application/json', "
		   "'objectTypeName': 'java.util.ArrayList'}}",
		   "[1]");
	check_json(BPTL_OBJECT, "{'type': 'String', 'value': '{\\\"a\\\": 1}'}", "{'a': 1}");
	check_json(BPTL_LIST, "{'type': 'String', 'value': '[1]'}", "[1]");
	check_json(BPTL_OBJECT, "{'type': 'Json', 'value': {'a': 1}}", "{'a': 1}");
	check_json(BPTL_ANY, "{'type': 'String', 'value': '[1]'}", "'[1]'");
	check_json(BPTL_ANY, "{'type': 'Boolean', 'value': true}", "true");
	check_json(BPTL_ANY, "{'type': 'Json', 'value': '5'}", "5");
}

TEST(json_that_cannot_be_read_fails_the_task)
{
	check_x(BPTL_OBJECT, "{'type': 'Json', 'value': '{'}",
		"variable x is no valid JSON: string or '}' expected near end of file (line 1)");
	check_x(BPTL_LIST, "{'type': 'String', 'value': 'a,b'}",
		"variable x is no valid JSON: invalid token near 'a' (line 1)");
	check_x(BPTL_OBJECT, "{'type': 'Json', 'value': '{\\\"a\\\": 1, \\\"a\\\": 2}'}",
		"variable x is no valid JSON: duplicate object key near '\"a\"' (line 1)");
	check_x(BPTL_OBJECT, "{'type': 'Object', 'value': 'rO0ABX'}",
		"variable x is an Object serialised as something unknown: only application/json can be read");
	check_x(BPTL_OBJECT,
		"{'type': 'Object', 'value': 'rO0ABX', 'valueInfo': {'serializationDataFormat': "
		"'application/x-java-serialized-object'}}",
		"variable x is an Object serialised as application/x-java-serialized-object: only application/json "
		"can be read");
}

/* An envelope with so many levels of lists. */
static char *deep(int depth)
{
	struct text text = {0};

	text_add(&text, "{'type': 'Json', 'value': '");
	for (int i = 0; i < depth; i++)
		text_add(&text, "[");
	text_add(&text, "1");
	for (int i = 0; i < depth; i++)
		text_add(&text, "]");
	text_add(&text, "'}");
	return text_take(&text);
}

TEST(json_is_read_two_hundred_levels_deep)
{
	char *fits = deep(200), *deeper = deep(201);

	check_x(BPTL_LIST, fits, NULL);
	check_x(BPTL_LIST, deeper, "variable x is no valid JSON: nested deeper than 200 levels");
	free(fits);
	free(deeper);
}

TEST(files_bytes_and_xml_cannot_be_read)
{
	check_x(BPTL_TEXT, "{'type': 'File', 'value': 'x'}",
		"variable x is of type File, whose content a unit cannot read");
	check_x(BPTL_TEXT, "{'type': 'bytes', 'value': 'x'}",
		"variable x is of type bytes, whose content a unit cannot read");
	check_x(BPTL_OBJECT, "{'type': 'Xml', 'value': '<a/>'}",
		"variable x is of type Xml, whose content a unit cannot read");
}

TEST(one_variable_is_read_up_to_its_limit)
{
	for (size_t more = 0; more <= 1; more++) {
		char *text = mem_new(LIMIT + more + 1, 1), *envelope;

		memset(text, 'x', LIMIT + more);
		envelope = mem_format("{'type': 'String', 'value': '%s'}", text);
		check_x(BPTL_TEXT, envelope,
			more ? "variable x is 4194305 bytes long, over the limit of 4194304" : NULL);
		free(envelope);
		free(text);
	}
}

TEST(a_bad_variable_disturbs_only_who_asks_for_it)
{
	struct bench bench;

	bench_make(&bench, BPTL_TEXT, BPTL_REQUIRED,
		   "{'x': {'type': 'String', 'value': 'good'}, 'bad': {'type': 'Json', 'value': '{'}}");
	assert_int_equal(variables_check(bench.task), 0);
	assert_string_equal(variables_text(bench.task, "x"), "good");
	assert_int_equal(variables_has(bench.task, "bad"), 1);
	assert_int_equal(bench.task->outcome, OUTCOME_DONE);
	assert_null(variables_json(bench.task, "bad"));
	assert_int_equal(bench.task->outcome, OUTCOME_FAILED);
	assert_contains(bench.task->message, "variable bad is no valid JSON");
	bench_drop(&bench);
}

/* ---- another name ---- */

TEST(the_other_name_is_read_when_the_first_has_no_value)
{
	struct bench bench;

	bench_make(&bench, BPTL_TEXT, BPTL_REQUIRED, "{'y': {'value': 'second'}}");
	assert_int_equal(variables_has(bench.task, "x"), 1);
	assert_string_equal(variables_text(bench.task, "x"), "second");
	check_verdict(&bench, NULL);
	bench_make(&bench, BPTL_TEXT, BPTL_REQUIRED, "{'x': {'value': ''}, 'y': {'value': 'second'}}");
	assert_string_equal(variables_text(bench.task, "x"), "second");
	check_verdict(&bench, NULL);
	bench_make(&bench, BPTL_TEXT, BPTL_REQUIRED, "{'x': {'value': 'first'}, 'y': {'value': 'second'}}");
	assert_string_equal(variables_text(bench.task, "x"), "first");
	check_verdict(&bench, NULL);
	bench_make(&bench, BPTL_LIST, BPTL_REQUIRED, "{'y': {'type': 'String', 'value': '[1]'}}");
	assert_int_equal(json_array_size(variables_json(bench.task, "x")), 1);
	check_verdict(&bench, NULL);
}

/* ---- before the run ---- */

static void check_presence(unsigned flags, const char *variables, const char *message)
{
	struct bench bench;

	bench_make(&bench, BPTL_TEXT, flags, variables);
	check_verdict(&bench, message);
}

TEST(a_required_variable_must_have_a_value)
{
	check_presence(BPTL_REQUIRED, "{}", "required variable x is missing (an x)");
	check_presence(BPTL_REQUIRED, "null", "required variable x is missing (an x)");
	check_presence(BPTL_REQUIRED, "{'x': {'value': ''}}", "required variable x is empty (an x)");
	check_presence(BPTL_REQUIRED, "{'y': {'value': null}}", "required variable x is empty (an x)");
	check_presence(BPTL_REQUIRED, "{'x': {'value': 'a'}}", NULL);
}

TEST(a_variable_that_must_be_present_may_be_empty)
{
	check_presence(BPTL_PRESENT, "{}", "required variable x is missing (an x)");
	check_presence(BPTL_PRESENT, "{'x': {'value': null}}", NULL);
	check_presence(BPTL_PRESENT, "{'y': {'value': ''}}", NULL);
}

TEST(other_variables_may_be_absent)
{
	check_presence(BPTL_OPTIONAL, "{}", NULL);
	check_presence(BPTL_EITHER, "{}", NULL);
}

TEST(the_first_variable_that_does_not_fit_is_named_and_the_rest_is_not_looked_at)
{
	static const struct bptl_variable in[] = {{"a", BPTL_TEXT, BPTL_OPTIONAL, "an a", NULL},
						  {"b", BPTL_TEXT, BPTL_REQUIRED, "a b", NULL},
						  {"c", BPTL_TEXT, BPTL_REQUIRED, "a c", NULL},
						  {NULL, BPTL_ANY, 0, NULL, NULL}};
	struct shop shop;
	struct task *task;

	shop_open(&shop, in);
	task = shop_task(&shop, "{'variables': {'a': {'value': 'x'}, 'c': {'type': 'File', 'value': 'x'}}}");
	assert_int_equal(variables_check(task), -1);
	shop_check_failed(task, 1, "required variable b is missing (a b)");
	assert_int_equal(variables_check(task), -1);
	task_free(task);
	shop_close(&shop);
}

/* ---- the app ---- */

/* The app that a task with these variables gets, NULL for none; message: why it fails, or NULL. */
static void check_app(int refuse, const char *variables, const char *app, const char *message)
{
	struct app apps[] = {{.name = (char *)"one", .id = (char *)"https://ac.example/applicaties/1"},
			     {.name = (char *)"two", .id = (char *)"https://ac.example/applicaties/2"}};
	char *order = mem_format("{'variables': %s}", variables);
	struct shop shop;
	struct task *task;

	shop_open(&shop, no_rows);
	shop.workshop.apps = apps;
	shop.workshop.app_count = 2;
	shop.workshop.unknown_app_refuse = refuse;
	task = shop_task(&shop, order);
	assert_int_equal(variables_check(task), message ? -1 : 0);
	if (message)
		shop_check_failed(task, 1, message);
	else if (app)
		assert_string_equal(task->app->name, app);
	else
		assert_null(task->app);
	task_free(task);
	shop_close(&shop);
	free(order);
}

TEST(the_variable_bptl_app_id_chooses_the_app)
{
	static const char unknown[] =
		"bptlAppId https://ac.example/applicaties/3 is the id of no [app] section: add one, or set "
		"unknown_app = default in [host] to let unknown apps use the services' own credentials";

	check_app(1, "{}", NULL, NULL);
	check_app(1, "{'bptlAppId': {'value': ''}}", NULL, NULL);
	check_app(1, "{'bptlAppId': {'value': 'https://ac.example/applicaties/2'}}", "two", NULL);
	check_app(1, "{'bptlAppId': {'value': 'https://ac.example/applicaties/3'}}", NULL, unknown);
	check_app(0, "{'bptlAppId': {'value': 'https://ac.example/applicaties/3'}}", NULL, NULL);
	check_app(0, "{'bptlAppId': {'type': 'Boolean', 'value': true}}", NULL,
		  "variable bptlAppId is true, expected a text");
}

TESTS(cmocka_unit_test(null_and_empty_texts_lists_and_objects_are_no_values),
      cmocka_unit_test(zero_false_and_anything_else_are_values),
      cmocka_unit_test(an_empty_list_in_a_string_is_no_value_where_a_list_is_declared),
      cmocka_unit_test(a_variable_that_is_absent_has_no_value_of_any_kind),
      cmocka_unit_test(a_text_is_a_string_a_date_or_the_digits_of_a_whole_number),
      cmocka_unit_test(what_is_no_text_fails_the_task), cmocka_unit_test(a_whole_number_may_come_as_digits),
      cmocka_unit_test(what_is_no_whole_number_fails_the_task),
      cmocka_unit_test(other_types_are_checked_before_the_run),
      cmocka_unit_test(json_comes_in_json_objects_and_strings),
      cmocka_unit_test(json_that_cannot_be_read_fails_the_task), cmocka_unit_test(json_is_read_two_hundred_levels_deep),
      cmocka_unit_test(files_bytes_and_xml_cannot_be_read), cmocka_unit_test(one_variable_is_read_up_to_its_limit),
      cmocka_unit_test(a_bad_variable_disturbs_only_who_asks_for_it),
      cmocka_unit_test(the_other_name_is_read_when_the_first_has_no_value),
      cmocka_unit_test(a_required_variable_must_have_a_value),
      cmocka_unit_test(a_variable_that_must_be_present_may_be_empty), cmocka_unit_test(other_variables_may_be_absent),
      cmocka_unit_test(the_first_variable_that_does_not_fit_is_named_and_the_rest_is_not_looked_at),
      cmocka_unit_test(the_variable_bptl_app_id_chooses_the_app))
