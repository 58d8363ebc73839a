/* test_mask.c: a secret is found however it is written, and nothing else is. */
#include "check.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/mask.h"
#include "base/memory.h"

#define SECRET "s3cr\"t/\\p\xc3\xa4ss & more\xf0\x9f\x98\x80!"

/* The text as it is shown: owned. */
static char *shown(const char *secret, const char *text)
{
	struct mask mask = {0};
	char *copy = mem_text(text);

	mask_add(&mask, secret);
	mask_text(&mask, copy);
	mask_clear(&mask);
	return copy;
}

static void check_shown(const char *secret, const char *text, const char *expected)
{
	char *copy = shown(secret, text);

	assert_string_equal(copy, expected);
	free(copy);
}

TEST(a_secret_is_covered_as_it_is)
{
	check_shown("hunter2", "hunter2", "***");
	check_shown("hunter2", "a hunter2b hunter2", "a ***b ***");
	check_shown("hunter2", "hunter2hunter2", "***");
	check_shown("aaaa", "aaaaaa", "***");
	check_shown("hunter2", "hunter3 hunte", "hunter3 hunte");
	check_shown("abc", "abc", "abc");
	check_shown("", "abc", "abc");
	check_shown(NULL, "abc", "abc");
	check_shown("hunter2", "", "");
}

TEST(a_secret_is_covered_in_every_way_of_writing)
{
	static const char *const ways[] = {
		/* JSON, plain and in ASCII; JSON in JSON */
		"s3cr\\\"t/\\\\p\xc3\xa4ss & more\xf0\x9f\x98\x80!",
		"s3cr\\\"t\\/\\\\p\\u00e4ss & more\\uD83D\\ude00!",
		"\\u0073\\u0033\\u0063r\\u0022t/\\u005Cp\\u00e4ss \\u0026 more\\ud83d\\ude00!",
		"s3cr\\\\\\\"t/\\\\\\\\p\\\\u00e4ss & more\\\\ud83d\\\\ude00!",
		/* URLs: with either case, all of it, as a form, twice, and JSON in a URL */
		"s3cr%22t%2F%5Cp%C3%A4ss%20%26%20more%F0%9F%98%80%21",
		"s3cr%22t/%5cp%c3%a4ss%20&%20more%f0%9f%98%80!",
		"%73%33%63%72%22%74%2f%5c%70%c3%a4%73%73%20%26%20%6d%6f%72%65%f0%9f%98%80%21",
		"s3cr%22t%2F%5Cp%C3%A4ss+%26+more%F0%9F%98%80%21",
		"s3cr%2522t%252F%255Cp%25C3%25A4ss%2520%2526%2520more%25F0%259F%2598%2580%2521",
		"s3cr%5C%22t/%5C%5Cp%5Cu00e4ss%20%26%20more%F0%9F%98%80!",
		/* HTML, and JSON in HTML */
		"s3cr&quot;t/\\p\xc3\xa4ss &amp; more\xf0\x9f\x98\x80!",
		"s3cr&#34;t&#x2f;\\p&#228;ss &amp; more&#x1F600;!",
		"s3cr\\&quot;t/\\\\p\xc3\xa4ss &amp; more\xf0\x9f\x98\x80!",
		/* the repr() of Python */
		"s3cr\"t/\\\\p\\xc3\\xa4ss & more\\xf0\\x9f\\x98\\x80!",
		/* base64, of which test_base64_is_found_wherever_the_secret_stands_in_it says more */
		"czNjciJ0L1xww6RzcyAmIG1vcmXwn5iAIQ==",
		NULL,
	};

	for (size_t i = 0; ways[i]; i++) {
		char *text = mem_format("before %s after", ways[i]), *copy = shown(SECRET, text);

		if (strstr(copy, "***") == NULL || strstr(copy, "ss"))
			fail_msg("%s is shown as %s", text, copy);
		assert_true(strncmp(copy, "before ***", 10) == 0);
		assert_non_null(strstr(copy, " after"));
		free(copy);
		free(text);
	}
}

TEST(base64_is_found_wherever_the_secret_stands_in_it)
{
	/* "geheim-woord" alone, behind "a:", "ab:" and "abc:", and with something behind it */
	check_shown("geheim-woord", "Z2VoZWltLXdvb3Jk", "***");
	check_shown("geheim-woord", "Basic YTpnZWhlaW0td29vcmQ=", "Basic YTp***Q=");
	check_shown("geheim-woord", "YWI6Z2VoZWltLXdvb3Jk", "YWI6***");
	check_shown("geheim-woord", "YWJjOmdlaGVpbS13b29yZA==", "YWJjOm***A==");
	check_shown("geheim-woord", "YWI6Z2VoZWltLXdvb3JkLCBlbiBtZWVy", "YWI6***LCBlbiBtZWVy");
	/* with the characters of either alphabet, and these in JSON and in a URL */
	check_shown("\xc3\xbf\xc3\xbf\xc3\xbf!?>?>", "w7/Dv8O/IT8+Pz4=", "***4=");
	check_shown("\xc3\xbf\xc3\xbf\xc3\xbf!?>?>", "w7_Dv8O_IT8-Pz4", "***4");
	check_shown("\xc3\xbf\xc3\xbf\xc3\xbf!?>?>", "w7\\/Dv8O\\/IT8+Pz4=", "***4=");
	check_shown("\xc3\xbf\xc3\xbf\xc3\xbf!?>?>", "w7%2FDv8O%2fIT8%2BPz4%3D", "***4%3D");
	/* as JSON writes it, in base64 */
	check_shown("ge\"heim-wo\xc3\xb6rd", "Z2VcImhlaW0td29cdTAwZjZyZA==", "***A==");
	check_shown("ge\"heim-wo\xc3\xb6rd", "Z2VcImhlaW0td2/DtnJk", "***");
	/* too short for its base64 to mean anything */
	check_shown("abcde", "YWJjZGU=", "YWJjZGU=");
	check_shown("abcde", "abcde", "***");
}

TEST(what_only_looks_like_an_escape_is_none)
{
	check_shown("a%zz\\q&x;", "a%zz\\q&x;", "***");
	check_shown("a%41b", "a%41b", "***");
	check_shown("a%41b", "a%2541b", "***");
	check_shown("a%41b", "aAb", "aAb");
	check_shown("pass word", "pass+word", "***");
	check_shown("pass+word", "pass+word pass%2Bword pass word", "*** *** pass word");
	check_shown("hunter2", "%", "%");
	check_shown("hunter2", "hunter%3", "hunter%3");
	check_shown("hunter2", "\\", "\\");
	check_shown("hunter2", "hunter\\u003", "hunter\\u003");
	check_shown("hunter2", "hunter&#50", "hunter&#50");
	check_shown("hunter2", "hunter&#50;", "***");
	check_shown("hunter2", "hunter&#4294967346;", "hunter&#4294967346;");
}

TEST(json_stays_json_and_keeps_its_length)
{
	json_t *value = json_pack("{s:s, s:[s, s]}", "a", "x\\" SECRET "\"y", "b", SECRET, "\\\\");
	char *text = json_dumps(value, JSON_ENSURE_ASCII | JSON_ESCAPE_SLASH);
	size_t length = strlen(text);
	struct mask mask = {0};
	json_t *back;

	mask_add(&mask, SECRET);
	assert_int_equal(mask_bytes(&mask, text, length), 1);
	assert_int_equal(strlen(text), length);
	back = json_loads(text, 0, NULL);
	assert_non_null(back);
	assert_string_equal(json_string_value(json_array_get(json_object_get(back, "b"), 1)), "\\\\");
	assert_int_equal(strspn(json_string_value(json_array_get(json_object_get(back, "b"), 0)), "*"),
			 strlen(json_string_value(json_array_get(json_object_get(back, "b"), 0))));
	assert_int_equal(mask_bytes(&mask, text, length), 0);
	json_decref(back);
	json_decref(value);
	free(text);
	mask_clear(&mask);
}

TEST(bytes_behind_a_nul_are_looked_at)
{
	char bytes[] = "a\0hunter2";
	struct mask mask = {0};

	mask_add(&mask, "hunter2");
	assert_int_equal(mask_bytes(&mask, bytes, sizeof(bytes) - 1), 1);
	assert_memory_equal(bytes, "a\0*******", sizeof(bytes) - 1);
	mask_clear(&mask);
}

TEST(no_text_makes_it_read_past_its_end)
{
	static const char pieces[] = "\\u%&#+;/\"x0dDcC8hunter2";
	unsigned seed = 7;
	struct mask mask = {0};

	mask_add(&mask, "hunter2");
	mask_add(&mask, SECRET);
	for (int round = 0; round < 20000; round++) {
		size_t length = (size_t)rand_r(&seed) % 40;
		char *text = mem_new(length + 1, 1);
		char *exact = mem_new(length ? length : 1, 1);

		for (size_t i = 0; i < length; i++)
			text[i] = pieces[(size_t)rand_r(&seed) % (sizeof(pieces) - 1)];
		memcpy(exact, text, length); /* without a NUL behind it, for the address sanitizer */
		(void)mask_bytes(&mask, exact, length);
		mask_text(&mask, text);
		assert_true(strlen(text) <= length);
		assert_null(strstr(text, "hunter2"));
		free(exact);
		free(text);
	}
	mask_clear(&mask);
}

TESTS(cmocka_unit_test(a_secret_is_covered_as_it_is), cmocka_unit_test(a_secret_is_covered_in_every_way_of_writing),
      cmocka_unit_test(base64_is_found_wherever_the_secret_stands_in_it),
      cmocka_unit_test(what_only_looks_like_an_escape_is_none), cmocka_unit_test(json_stays_json_and_keeps_its_length),
      cmocka_unit_test(bytes_behind_a_nul_are_looked_at), cmocka_unit_test(no_text_makes_it_read_past_its_end))
