/* test_sense.c: what a plugin's process may say. */
#include "core/sense.h"

#include "check.h"

static int sense(int (*of)(const json_t *), const char *text)
{
	json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
	int code = of(value);

	assert_non_null(value);
	json_decref(value);
	return code;
}

TEST(results_that_make_sense_are_taken)
{
	static const char *const good[] = {
		"{\"outcome\":\"done\"}",
		"{\"outcome\":\"done\",\"variables\":{},\"local\":{}}",
		"{\"outcome\":\"done\",\"variables\":{\"a\":{\"type\":\"Null\",\"value\":null}}}",
		"{\"outcome\":\"failed\",\"message\":\"\"}",
		"{\"outcome\":\"bpmn-error\",\"code\":\"X\",\"variables\":{\"a\":{\"type\":\"String\"}}}",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(sense(sense_result, good[i]));
}

TEST(results_that_make_none_are_not)
{
	static const char *const bad[] = {
		"{}",
		"{\"outcome\":17}",
		"{\"outcome\":\"well\"}",
		"{\"outcome\":\"done\",\"variables\":[]}",
		"{\"outcome\":\"done\",\"variables\":{\"a\":1}}",
		"{\"outcome\":\"done\",\"variables\":{\"a\":{\"value\":1}}}",
		"{\"outcome\":\"done\",\"local\":{\"a\":{\"type\":null}}}",
		"{\"outcome\":\"failed\"}",
		"{\"outcome\":\"failed\",\"message\":{}}",
		"{\"outcome\":\"bpmn-error\",\"message\":\"no code\"}",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(sense(sense_result, bad[i]));
}

TEST(an_intent_is_found_among_rows)
{
	assert_true(sense(sense_intent, "[{\"state\":\"done\"},{\"state\":\"intent\"}]"));
	assert_false(sense(sense_intent, "[{\"state\":\"done\"}]"));
	assert_false(sense(sense_intent, "[]"));
}

TESTS(cmocka_unit_test(results_that_make_sense_are_taken), cmocka_unit_test(results_that_make_none_are_not),
      cmocka_unit_test(an_intent_is_found_among_rows))
