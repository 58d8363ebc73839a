/* check.h: what every C test starts with. A test is a function whose name is a sentence; TESTS(...) at the end of the
 * file makes the program: without arguments it runs all of them, with --list it names them, with a name it runs one. */
#ifndef BPTL_TESTS_CHECK_H
#define BPTL_TESTS_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define TEST(name) static void name(void **unused __attribute__((unused)))

#define TESTS(...)                                                                                                     \
	int main(int argc, char **argv)                                                                                \
	{                                                                                                              \
		const struct CMUnitTest tests[] = {__VA_ARGS__};                                                       \
                                                                                                                       \
		if (argc > 1 && strcmp(argv[1], "--list") == 0) {                                                      \
			for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)                                    \
				(void)puts(tests[i].name);                                                             \
			return 0;                                                                                      \
		}                                                                                                      \
		if (argc > 1)                                                                                          \
			cmocka_set_test_filter(argv[1]);                                                               \
		return cmocka_run_group_tests(tests, NULL, NULL);                                                      \
	}

/* Does the text hold this part? Both are shown when not. */
#define assert_contains(text, part)                                                                                    \
	do {                                                                                                           \
		const char *text_ = (text);                                                                            \
                                                                                                                       \
		if (!strstr(text_, (part)))                                                                            \
			fail_msg("\"%s\" does not hold \"%s\"", text_, (part));                                        \
	} while (0)

#endif
