/* test_near.c: a mistyped name finds the one that was meant, and nothing else does. */
#include "check.h"

#include <stdlib.h>

#include "config/near.h"

static const char *const names[] = {"client_id", "secret_file", "root", "type", "id", "lock", "time_limit", NULL};

TEST(a_mistyped_name_finds_the_one_that_was_meant)
{
	static const char *const pairs[][2] = {
		{"clientid", "client_id"},
		{"client-id", "client_id"},
		{"Client_ID", "client_id"},
		{"cilent_id", "client_id"},
		{"secretfile", "secret_file"},
		{"rot", "root"},
		{"roots", "root"},
		{"tpye", "type"},
		{"ID", "id"},
		{"loc", "lock"},
		{"timelimit", "time_limit"},
	};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++)
		assert_string_equal(near_find(pairs[i][0], names), pairs[i][1]);
}

TEST(a_name_that_is_like_none_finds_none)
{
	char longer[200];

	assert_null(near_find("x", names));
	assert_null(near_find("", names));
	assert_null(near_find("something_else", names));
	memset(longer, 'c', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	assert_null(near_find(longer, names));
}

TEST(an_empty_list_gives_no_hint)
{
	static const char *const none[] = {NULL};
	char *hint = near_hint("root", none);

	assert_string_equal(hint, "");
	free(hint);
}

TESTS(cmocka_unit_test(a_mistyped_name_finds_the_one_that_was_meant),
      cmocka_unit_test(a_name_that_is_like_none_finds_none), cmocka_unit_test(an_empty_list_gives_no_hint))
