/* test_error.c: the text of an error is one line, valid and never too long. */
#include "check.h"

#include "base/error.h"
#include "base/text.h"

#define MOST (sizeof(((struct error *)NULL)->text) - 1)

TEST(an_error_is_set_and_minus_one_is_returned)
{
	struct error error;

	assert_int_equal(error_set(&error, "%s: line %d", "file.ini", 3), -1);
	assert_string_equal(error.text, "file.ini: line 3");
}

TEST(the_second_text_replaces_the_first)
{
	struct error error;

	(void)error_set(&error, "%s", "something long that was there before");
	(void)error_set(&error, "short");
	assert_string_equal(error.text, "short");
}

TEST(a_prefix_comes_before_what_is_there)
{
	struct error error;

	(void)error_set(&error, "it does not load");
	assert_int_equal(error_prefix(&error, "plugin %s: ", "zgw"), -1);
	assert_int_equal(error_prefix(&error, "conf.d/zgw.ini:%d: ", 3), -1);
	assert_string_equal(error.text, "conf.d/zgw.ini:3: plugin zgw: it does not load");
}

TEST(an_error_is_one_line)
{
	struct error error;

	(void)error_set(&error, "one\ntwo\r\nthree\tfour\033[31m\177");
	assert_string_equal(error.text, "one two  three four [31m ");
	(void)error_prefix(&error, "zero\n");
	assert_string_equal(error.text, "zero one two  three four [31m ");
}

TEST(what_is_no_utf8_becomes_a_question_mark)
{
	struct error error;

	(void)error_set(&error, "caf%c is %c%c no %s", 0xe9, 0xc3, 0x28, "\xc3\xa9");
	assert_string_equal(error.text, "caf? is ?( no \xc3\xa9");
	(void)error_prefix(&error, "%c: ", 0xff);
	assert_string_equal(error.text, "?: caf? is ?( no \xc3\xa9");
}

TEST(a_long_text_is_cut_at_the_end_of_a_character)
{
	char text[3 * MOST];
	struct error error;

	/* characters of one to four bytes, which end in every way at the limit */
	for (size_t lead = 0; lead < 4; lead++) {
		size_t length = lead;

		memset(text, 'x', lead);
		while (length + 4 < sizeof(text)) {
			memcpy(text + length, "\xf0\x9f\x98\x80", 4);
			length += 4;
		}
		text[length] = '\0';
		(void)error_set(&error, "%s", text);
		assert_true(text_is_utf8(error.text, strlen(error.text)));
		assert_int_equal(strlen(error.text), MOST - (MOST - lead) % 4);
	}
}

TEST(a_prefix_cuts_the_end_of_a_text_that_becomes_too_long)
{
	char text[MOST + 1];
	struct error error;

	memset(text, 'x', MOST - 2);
	memcpy(text + MOST - 2, "\xc3\xa9", 3);
	(void)error_set(&error, "%s", text);
	assert_int_equal(strlen(error.text), MOST);
	(void)error_prefix(&error, "a");
	assert_int_equal(strlen(error.text), MOST - 1);
	assert_true(text_is_utf8(error.text, strlen(error.text)));
	assert_true(text_starts(error.text, "axxx"));
}

TEST(a_prefix_that_fills_everything_leaves_nothing_else)
{
	char text[2 * MOST];
	struct error error;

	memset(text, 'p', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)error_set(&error, "gone");
	(void)error_prefix(&error, "%s", text);
	assert_int_equal(strlen(error.text), MOST);
	assert_null(strstr(error.text, "gone"));
}

TESTS(cmocka_unit_test(what_is_no_utf8_becomes_a_question_mark),
      cmocka_unit_test(an_error_is_set_and_minus_one_is_returned), cmocka_unit_test(the_second_text_replaces_the_first),
      cmocka_unit_test(a_prefix_comes_before_what_is_there), cmocka_unit_test(an_error_is_one_line),
      cmocka_unit_test(a_long_text_is_cut_at_the_end_of_a_character),
      cmocka_unit_test(a_prefix_cuts_the_end_of_a_text_that_becomes_too_long),
      cmocka_unit_test(a_prefix_that_fills_everything_leaves_nothing_else))
