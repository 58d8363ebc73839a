/* test_text.c: texts that grow, and where characters begin and end. */
#include "check.h"

#include <stdlib.h>

#include "base/text.h"

TEST(a_text_grows_by_texts_bytes_and_formats)
{
	struct text text = {0};

	text_add(&text, "a");
	text_add_bytes(&text, "b\0c", 3);
	text_add_format(&text, "%d-%s", 7, "z");
	assert_int_equal(text.length, 7);
	assert_memory_equal(text.data, "ab\0c7-z", 8);
	text_free(&text);
	assert_null(text.data);
	assert_int_equal(text.length, 0);
	assert_int_equal(text.room, 0);
}

TEST(adding_nothing_gives_an_empty_text)
{
	struct text text = {0};

	text_add_bytes(&text, NULL, 0);
	assert_string_equal(text.data, "");
	assert_int_equal(text.length, 0);
	text_free(&text);
}

TEST(a_text_grows_to_any_size)
{
	struct text text = {0};

	for (int i = 0; i < 100000; i++) {
		text_add_bytes(&text, "0123456789", 10);
		assert_true(text.room > text.length);
		assert_int_equal(text.data[text.length], 0);
	}
	assert_int_equal(text.length, 1000000);
	for (size_t i = 0; i < text.length; i++)
		assert_true(text.data[i] == (char)('0' + i % 10));
	text_free(&text);
}

TEST(the_front_is_dropped)
{
	struct text text = {0};

	text_add(&text, "abcdef");
	text_drop(&text, 2);
	assert_string_equal(text.data, "cdef");
	assert_int_equal(text.length, 4);
	text_drop(&text, 0);
	assert_string_equal(text.data, "cdef");
	text_drop(&text, 4);
	assert_string_equal(text.data, "");
	assert_int_equal(text.length, 0);
	text_add(&text, "new");
	text_drop(&text, 99);
	assert_string_equal(text.data, "");
	assert_int_equal(text.length, 0);
	text_free(&text);
	text_drop(&text, 5);
	assert_null(text.data);
}

TEST(a_text_that_is_taken_starts_anew)
{
	struct text text = {0};
	char *taken = text_take(&text);

	assert_string_equal(taken, "");
	free(taken);
	text_add(&text, "one");
	taken = text_take(&text);
	assert_null(text.data);
	text_add(&text, "two");
	assert_string_equal(taken, "one");
	assert_string_equal(text.data, "two");
	free(taken);
	text_free(&text);
}

TEST(a_text_is_cut_only_between_characters)
{
	/* a, e acute, euro, grinning face: 1, 2, 3 and 4 bytes */
	static const char text[] = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
	static const size_t cut[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10};

	for (size_t limit = 0; limit < sizeof(cut) / sizeof(*cut); limit++)
		assert_int_equal(text_cut(text, limit), cut[limit]);
	assert_int_equal(text_cut("", 0), 0);
	assert_int_equal(text_cut("", 5), 0);
}

TEST(cutting_bytes_that_are_no_characters_stays_in_bounds)
{
	assert_int_equal(text_cut("\x80\x80\x80\x80", 3), 0);
	assert_int_equal(text_cut("\xff\xff\xff", 2), 2);
}

static void check_one_line(const char *before, const char *after)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s", before);
	text_one_line(text);
	assert_string_equal(text, after);
}

TEST(control_characters_become_spaces)
{
	check_one_line("", "");
	check_one_line("plain", "plain");
	check_one_line("a\nb\rc\td\001e\033f\177g", "a b c d e f g");
	check_one_line("\n", " ");
	/* what else Unicode takes for the end of a line, and C1 controls; their neighbours stay */
	check_one_line("a\xc2\x85"
		       "b\xe2\x80\xa8"
		       "c\xe2\x80\xa9"
		       "d",
		       "a  b   c   d");
	check_one_line("\xc2\x80\xc2\x9b\xc2\x9f\xc2\xa0", "      \xc2\xa0");
	check_one_line("\xe2\x80\xa7\xe2\x80\xaa", "\xe2\x80\xa7\xe2\x80\xaa");
	check_one_line("\xc3\xa9\n\xe2\x82\xac", "\xc3\xa9 \xe2\x82\xac");
}

TEST(a_character_that_was_cut_at_the_end_is_dropped)
{
	check_one_line("a\xc3", "a");
	check_one_line("a\xe2\x82", "a");
	check_one_line("a\xe2", "a");
	check_one_line("a\xf0\x9f\x98", "a");
	check_one_line("a\xf0", "a");
	check_one_line("\xc3", "");
	check_one_line("a\xc3\xa9", "a\xc3\xa9");
	check_one_line("a\xf0\x9f\x98\x80", "a\xf0\x9f\x98\x80");
}

TEST(valid_utf8_is_told_from_other_bytes)
{
	static const char *const valid[] = {"",
					    "a",
					    "\xc2\x80",
					    "\xdf\xbf",
					    "\xe0\xa0\x80",
					    "\xed\x9f\xbf",
					    "\xee\x80\x80",
					    "\xef\xbf\xbf",
					    "\xf0\x90\x80\x80",
					    "\xf4\x8f\xbf\xbf",
					    "zaak \xe2\x82\xac 5"};
	static const char *const invalid[] = {
		"\x80",             /* a continuation alone */
		"\xc3",             /* cut */
		"\xe2\x82",         /* cut */
		"\xf0\x9f\x98",     /* cut */
		"\xc3(",            /* no continuation */
		"\xe2\x82(",        /* the same */
		"\xc0\x80",         /* overlong NUL */
		"\xc1\xbf",         /* overlong */
		"\xe0\x9f\xbf",     /* overlong */
		"\xf0\x8f\xbf\xbf", /* overlong */
		"\xed\xa0\x80",     /* surrogate */
		"\xed\xbf\xbf",     /* surrogate */
		"\xf4\x90\x80\x80", /* above U+10FFFF */
		"\xf5\x80\x80\x80", /* no first byte */
		"\xff",             /* no byte of UTF-8 */
		"caf\xe9",          /* ISO 8859-1 */
	};

	for (size_t i = 0; i < sizeof(valid) / sizeof(*valid); i++)
		assert_int_equal(text_is_utf8(valid[i], strlen(valid[i])), 1);
	for (size_t i = 0; i < sizeof(invalid) / sizeof(*invalid); i++)
		if (text_is_utf8(invalid[i], strlen(invalid[i])))
			fail_msg("row %zu counts as UTF-8", i);
	assert_int_equal(text_is_utf8("a\0b", 3), 1);
	assert_int_equal(text_is_utf8("\xc3\xa9", 1), 0); /* the length counts, not the NUL */
}

static void check_utf8(const char *before, const char *after)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "%s", before);
	text_make_utf8(text);
	assert_string_equal(text, after);
	assert_int_equal(text_is_utf8(text, strlen(text)), 1);
}

TEST(bytes_that_are_no_utf8_become_question_marks)
{
	check_utf8("", "");
	check_utf8("caf\xc3\xa9 \xe2\x82\xac", "caf\xc3\xa9 \xe2\x82\xac");
	check_utf8("caf\xe9 \xe2\x82\xac", "caf? \xe2\x82\xac");
	check_utf8("\xff\xfe", "??");
	check_utf8("a\xe2\x82", "a??");
	check_utf8("\xed\xa0\x80", "???");
	check_utf8("\xe2\xc3\xa9", "?\xc3\xa9");
}

TEST(texts_are_compared_calmly)
{
	static const char *const list[] = {"PUT", "PATCH", NULL};
	static const char *const none[] = {NULL};

	assert_true(text_equal("a", "a"));
	assert_false(text_equal("a", "A"));
	assert_false(text_equal("a", NULL));
	assert_false(text_equal(NULL, "a"));
	assert_true(text_equal(NULL, NULL));
	assert_true(text_starts("abc", ""));
	assert_true(text_starts("abc", "abc"));
	assert_false(text_starts("ab", "abc"));
	assert_true(text_in("PATCH", list));
	assert_false(text_in("PAT", list));
	assert_false(text_in("PUT", none));
}

TESTS(cmocka_unit_test(a_text_grows_by_texts_bytes_and_formats), cmocka_unit_test(adding_nothing_gives_an_empty_text),
      cmocka_unit_test(a_text_grows_to_any_size), cmocka_unit_test(the_front_is_dropped),
      cmocka_unit_test(a_text_that_is_taken_starts_anew), cmocka_unit_test(a_text_is_cut_only_between_characters),
      cmocka_unit_test(cutting_bytes_that_are_no_characters_stays_in_bounds),
      cmocka_unit_test(control_characters_become_spaces),
      cmocka_unit_test(a_character_that_was_cut_at_the_end_is_dropped),
      cmocka_unit_test(valid_utf8_is_told_from_other_bytes),
      cmocka_unit_test(bytes_that_are_no_utf8_become_question_marks), cmocka_unit_test(texts_are_compared_calmly))
