/* test_json.c: JSON from outside: how deep it may be, what may stand in it, and members that are missing or wrong. */
#include "check.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"

static json_t *read_text(const char *text, char reason[160])
{
	return json_read(text, strlen(text), reason);
}

/* `depth` levels of brackets around a 1; owned. */
static char *nested(int depth, const char *opening, const char *closing)
{
	struct text text = {0};

	for (int i = 0; i < depth; i++)
		text_add(&text, opening);
	text_add(&text, "1");
	for (int i = 0; i < depth; i++)
		text_add(&text, closing);
	return text_take(&text);
}

static void check_depth(int depth, const char *opening, const char *closing, int good)
{
	char reason[160] = "";
	char *text = nested(depth, opening, closing);
	json_t *value = read_text(text, reason);

	if (good) {
		assert_non_null(value);
		assert_string_equal(reason, "");
	} else {
		assert_null(value);
		assert_string_equal(reason, "nested deeper than 200 levels");
	}
	json_decref(value);
	free(text);
}

TEST(two_hundred_levels_are_read_and_one_more_is_not)
{
	check_depth(199, "[", "]", 1);
	check_depth(200, "[", "]", 1);
	check_depth(201, "[", "]", 0);
	check_depth(200, "{\"a\":", "}", 1);
	check_depth(201, "{\"a\":", "}", 0);
	check_depth(100, "[{\"a\":", "}]", 1);
	check_depth(101, "[{\"a\":", "}]", 0);
	check_depth(1000000, "[", "]", 0);
}

TEST(levels_are_not_counted_in_texts_or_side_by_side)
{
	struct text text = {0};
	char reason[160];
	json_t *value;

	text_add(&text, "[\"");
	for (int i = 0; i < 300; i++)
		text_add(&text, "[{\\\"[\\\\");
	text_add(&text, "\"");
	for (int i = 0; i < 300; i++)
		text_add(&text, ",[]");
	text_add(&text, "]");
	value = json_read(text.data, text.length, reason);
	assert_non_null(value);
	assert_int_equal(json_array_size(value), 301);
	json_decref(value);
	text_free(&text);
}

TEST(a_key_that_stands_twice_is_refused)
{
	char reason[160] = "";

	assert_null(read_text("{\"a\": 1,\n\"a\": 2}", reason));
	assert_contains(reason, "duplicate object key");
	assert_contains(reason, "(line 2)");
	assert_null(read_text("[{\"b\": {\"a\": 1, \"\\u0061\": 1}}]", reason));
	assert_contains(reason, "duplicate object key");
}

TEST(any_value_is_read_not_only_objects_and_lists)
{
	static const struct {
		const char *text;
		json_type type;
	} rows[] = {{"1", JSON_INTEGER}, {" \"a\" ", JSON_STRING}, {"null", JSON_NULL}, {"true", JSON_TRUE},
		    {"1.5", JSON_REAL},  {"{}", JSON_OBJECT},      {"[]", JSON_ARRAY}};
	char reason[160];

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *value = read_text(rows[i].text, reason);

		assert_non_null(value);
		assert_int_equal(json_typeof(value), rows[i].type);
		json_decref(value);
	}
}

TEST(what_is_no_json_is_refused_with_a_reason)
{
	static const char *const garbage[] = {"",
					      " ",
					      "{",
					      "[1,]",
					      "{\"a\" 1}",
					      "<html>",
					      "{} {}",
					      "nul",
					      "'a'",
					      "\"\xff\"",
					      "\"a\nb\"",
					      "\"\\u0000\"",
					      "\"\\ud800\"",
					      "]]]]",
					      "\"\\",
					      "9999999999999999999999"};

	for (size_t i = 0; i < sizeof(garbage) / sizeof(*garbage); i++) {
		char reason[160] = "";

		if (read_text(garbage[i], reason))
			fail_msg("row %zu was read", i);
		assert_contains(reason, "(line ");
	}
}

TEST(a_reason_fits_and_is_utf8_whatever_the_text_is)
{
	char text[2000], reason[160];

	memset(text, '\xc3', sizeof(text));
	for (size_t length = 0; length < 200; length++) {
		memset(reason, 'x', sizeof(reason));
		assert_null(json_read(text, length, reason));
		assert_non_null(memchr(reason, '\0', sizeof(reason)));
		assert_true(text_is_utf8(reason, strlen(reason)));
	}
}

TEST(only_the_given_length_is_read)
{
	char reason[160];
	json_t *value = json_read("12345", 2, reason);

	assert_int_equal(json_integer_value(value), 12);
	json_decref(value);
}

TEST(a_member_that_is_missing_or_wrong_is_taken_calmly)
{
	json_t *object =
		json_pack("{s:s, s:i, s:b, s:n, s:f}", "text", "a", "number", 7, "truth", 1, "null", "real", 1.5);

	assert_string_equal(json_get_text(object, "text"), "a");
	assert_null(json_get_text(object, "number"));
	assert_null(json_get_text(object, "null"));
	assert_null(json_get_text(object, "absent"));
	assert_null(json_get_text(NULL, "text"));
	assert_int_equal(json_get_integer(object, "number", -1), 7);
	assert_int_equal(json_get_integer(object, "text", -1), -1);
	assert_int_equal(json_get_integer(object, "real", -1), -1);
	assert_int_equal(json_get_integer(object, "absent", -2), -2);
	assert_int_equal(json_get_integer(NULL, "number", -3), -3);
	assert_int_equal(json_get_boolean(object, "truth", 0), 1);
	assert_int_equal(json_get_boolean(object, "number", 0), 0);
	assert_int_equal(json_get_boolean(object, "absent", 5), 5);
	assert_int_equal(json_get_boolean(NULL, "truth", 6), 6);
	json_decref(object);
}

TEST(a_text_is_put_and_no_text_puts_nothing)
{
	json_t *object = json_object();

	json_put_text(object, "a", "first");
	json_put_text(object, "a", NULL);
	json_put_text(object, "b", NULL);
	assert_string_equal(json_get_text(object, "a"), "first");
	assert_int_equal(json_object_size(object), 1);
	json_put_text(object, "a", "second");
	assert_string_equal(json_get_text(object, "a"), "second");
	json_decref(object);
}

TEST(a_text_that_is_no_utf8_is_put_with_question_marks)
{
	json_t *object = json_object();

	json_put_text(object, "a", "caf\xe9 \xe2\x82\xac");
	assert_string_equal(json_get_text(object, "a"), "caf? \xe2\x82\xac");
	json_decref(object);
}

TESTS(cmocka_unit_test(two_hundred_levels_are_read_and_one_more_is_not),
      cmocka_unit_test(levels_are_not_counted_in_texts_or_side_by_side),
      cmocka_unit_test(a_key_that_stands_twice_is_refused),
      cmocka_unit_test(any_value_is_read_not_only_objects_and_lists),
      cmocka_unit_test(what_is_no_json_is_refused_with_a_reason),
      cmocka_unit_test(a_reason_fits_and_is_utf8_whatever_the_text_is), cmocka_unit_test(only_the_given_length_is_read),
      cmocka_unit_test(a_member_that_is_missing_or_wrong_is_taken_calmly),
      cmocka_unit_test(a_text_is_put_and_no_text_puts_nothing),
      cmocka_unit_test(a_text_that_is_no_utf8_is_put_with_question_marks))
