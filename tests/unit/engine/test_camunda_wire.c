/* test_camunda_wire.c: what is said to an engine, and what its answers are taken to mean. */
#include "check.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "engine/camunda_wire.h"

/* ---- bodies ---- */

TEST(a_poll_of_a_plain_topic_says_no_more_than_it_must)
{
	const char *const names[] = {"zaakUrl", NULL};
	struct engine_topic topic = {.name = "a", .lock = 60000, .variables = names};
	json_t *body = camunda_fetch_body("w", &topic, 1, 5, 20000, 1, NULL);
	json_t *wanted = json_pack("{s:s, s:i, s:b, s:i, s:[{s:s, s:i, s:b, s:[s]}]}", "workerId", "w", "maxTasks", 5,
				   "usePriority", 1, "asyncResponseTimeout", 20000, "topics", "topicName", "a",
				   "lockDuration", 60000, "deserializeValues", 0, "variables", "zaakUrl");

	assert_true(json_equal(body, wanted));
	json_decref(body);
	json_decref(wanted);
}

TEST(every_option_of_a_topic_has_its_field)
{
	const char *const none[] = {NULL}, *const keys[] = {"k1", "k2", NULL}, *const tenants[] = {"t", NULL};
	json_t *values = json_pack("{s:i}", "n", 1);
	struct engine_topic topic = {.name = "a",
				     .lock = 1,
				     .variables = none,
				     .definition_keys = keys,
				     .business_key = "bk",
				     .tenants = tenants,
				     .without_tenant = 1,
				     .process_variables = values,
				     .local_variables = 1,
				     .extension_properties = 1};
	json_t *body = camunda_fetch_body("w", &topic, 1, 1, 0, 0, "desc");
	json_t *made = json_array_get(json_object_get(body, "topics"), 0);
	json_t *wanted = json_pack("{s:s, s:i, s:b, s:[], s:[s,s], s:s, s:[s], s:b, s:O, s:b, s:b}", "topicName", "a",
				   "lockDuration", 1, "deserializeValues", 0, "variables", "processDefinitionKeyIn",
				   "k1", "k2", "businessKey", "bk", "tenantIdIn", "t", "withoutTenantId", 1,
				   "processVariables", values, "localVariables", 1, "includeExtensionProperties", 1);

	assert_true(json_equal(made, wanted));
	assert_null(json_object_get(body, "asyncResponseTimeout"));
	made = json_array_get(json_object_get(body, "sorting"), 0);
	assert_string_equal(json_string_value(json_object_get(made, "sortBy")), "createTime");
	assert_string_equal(json_string_value(json_object_get(made, "sortOrder")), "desc");
	json_decref(body);
	json_decref(wanted);
	json_decref(values);
}

TEST(a_poll_never_asks_for_more_than_thirty_minutes)
{
	json_t *body = camunda_fetch_body("w", NULL, 0, 1, INT64_MAX, 0, NULL);

	assert_int_equal(json_integer_value(json_object_get(body, "asyncResponseTimeout")), 1800000);
	json_decref(body);
}

TEST(a_message_is_cut_at_666_units_of_utf16_between_characters)
{
	struct text two = {0}, four = {0};

	for (int i = 0; i < 700; i++) {
		text_add(&two, "\xc3\xa9");
		text_add(&four, "\xf0\x9f\x98\x80");
	}
	assert_int_equal(camunda_message_length(two.data), 2 * 666);
	assert_int_equal(camunda_message_length(four.data), 4 * 333);
	text_drop(&four, 3); /* now it starts with a stray byte: still no overrun */
	assert_true(camunda_message_length(four.data) <= four.length);
	assert_int_equal(camunda_message_length("short"), 5);
	assert_int_equal(camunda_message_length(""), 0);
	text_free(&two);
	text_free(&four);
}

TEST(details_are_cut_at_64_kib)
{
	struct text long_text = {0};
	json_t *body;

	for (int i = 0; i < 40000; i++)
		text_add(&long_text, "\xc3\xa9");
	body = camunda_failure_body("w", "m", long_text.data, 2, 1500);
	assert_int_equal(json_string_length(json_object_get(body, "errorDetails")), 65536);
	assert_int_equal(json_integer_value(json_object_get(body, "retries")), 2);
	assert_int_equal(json_integer_value(json_object_get(body, "retryTimeout")), 1500);
	assert_null(json_object_get(body, "errorDetail"));
	json_decref(body);
	text_free(&long_text);
}

/* ---- lists ---- */

struct skips {
	size_t count, index[10];
	char why[10][80];
};

static void on_skipped(void *arg, size_t index, const char *why)
{
	struct skips *skips = arg;

	assert_true(skips->count < 10);
	skips->index[skips->count] = index;
	(void)snprintf(skips->why[skips->count++], sizeof(skips->why[0]), "%s", why);
}

static json_t *list_of(const char *body)
{
	char why[CAMUNDA_WHY];
	json_t *list = camunda_list(body, strlen(body), "application/json", why);

	if (!list)
		fail_msg("%s", why);
	return list;
}

static void clear(struct engine_task *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++)
		engine_task_clear(&tasks[i]);
	free(tasks);
}

TEST(all_members_of_a_task_are_read)
{
	json_t *list = list_of(
		"[{\"id\":\"8a-1\",\"topicName\":\"a\",\"processInstanceId\":\"pi\",\"processDefinitionKey\":\"pk\","
		"\"activityId\":\"act\",\"executionId\":\"ex\",\"businessKey\":\"bk\",\"tenantId\":\"t\",\"priority\":"
		"50,"
		"\"retries\":3,\"variables\":{\"n\":{\"type\":\"Long\",\"value\":9007199254740993,\"valueInfo\":{}}},"
		"\"extensionProperties\":{\"p\":\"q\"}},"
		"{\"id\":\"2\",\"topicName\":\"b\",\"retries\":null,\"variables\":null,\"businessKey\":null}]");
	struct skips skips = {0};
	size_t count;
	struct engine_task *tasks = camunda_tasks(list, 5, &count, on_skipped, &skips);

	assert_int_equal(count, 2);
	assert_int_equal(skips.count, 0);
	assert_string_equal(tasks[0].id, "8a-1");
	assert_string_equal(tasks[0].process_instance, "pi");
	assert_string_equal(tasks[0].process_definition_key, "pk");
	assert_string_equal(tasks[0].activity_id, "act");
	assert_string_equal(tasks[0].execution_id, "ex");
	assert_string_equal(tasks[0].business_key, "bk");
	assert_string_equal(tasks[0].tenant, "t");
	assert_int_equal(tasks[0].priority, 50);
	assert_int_equal(tasks[0].retries, 3);
	assert_true(json_integer_value(json_object_get(json_object_get(tasks[0].variables, "n"), "value")) ==
		    9007199254740993);
	assert_non_null(tasks[0].properties);
	assert_int_equal(tasks[1].retries, -1);
	assert_null(tasks[1].business_key);
	assert_int_equal(json_object_size(tasks[1].variables), 0);
	assert_null(tasks[1].properties);
	clear(tasks, count);
	json_decref(list);
}

TEST(entries_that_are_no_tasks_are_left_out_and_the_rest_goes_on)
{
	json_t *list = list_of("[7, {\"topicName\":\"a\"}, {\"id\":\"1\"}, {\"id\":\"../x\",\"topicName\":\"a\"},"
			       "{\"id\":\"good\",\"topicName\":\"a\"}, {\"id\":\"good\",\"topicName\":\"a\"},"
			       "{\"id\":\"3\",\"topicName\":\"a\",\"variables\":[]}, {\"id\":\"\",\"topicName\":\"a\"},"
			       "{\"id\":\"last\",\"topicName\":\"a\",\"retries\":-4,\"priority\":\"x\"}]");
	struct skips skips = {0};
	size_t count;
	struct engine_task *tasks = camunda_tasks(list, 20, &count, on_skipped, &skips);

	assert_int_equal(count, 2);
	assert_string_equal(tasks[0].id, "good");
	assert_string_equal(tasks[1].id, "last");
	assert_int_equal(tasks[1].retries, 0);
	assert_int_equal(tasks[1].priority, 0);
	assert_int_equal(skips.count, 7);
	assert_int_equal(skips.index[0], 0);
	assert_int_equal(skips.index[4], 5);
	assert_contains(skips.why[4], "twice");
	clear(tasks, count);
	json_decref(list);
}

TEST(more_tasks_than_were_asked_for_are_left_out)
{
	json_t *list = list_of("[{\"id\":\"1\",\"topicName\":\"a\"},{\"id\":\"2\",\"topicName\":\"a\"},"
			       "{\"id\":\"3\",\"topicName\":\"a\"}]");
	struct skips skips = {0};
	size_t count;
	struct engine_task *tasks = camunda_tasks(list, 2, &count, on_skipped, &skips);

	assert_int_equal(count, 2);
	assert_int_equal(skips.count, 1);
	assert_int_equal(skips.index[0], 2);
	clear(tasks, count);
	json_decref(list);
}

TEST(one_entry_that_cannot_be_parsed_does_not_spoil_the_others)
{
	static const char *const bad[] = {"{\"id\":99999999999999999999,\"topicName\":\"a\"}",
					  "{\"id\":\"x\xff\"}",
					  "{\"id\":\"\\u0000\",\"topicName\":\"a\"}",
					  "{\"id\"}",
					  "{id:1}",
					  "{\"id\" \"x\"}",
					  "nul",
					  "{\"topicName\":\"a\",\"variables\":{\"v\":{\"value\":\"\\u0000\"}}}"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		char *body = mem_format(
			"[ {\"id\":\"1\",\"topicName\":\"a]\\\"},{\"} , %s,{\"id\":\"2\",\"topicName\":\"b\"} ] ",
			bad[i]);
		json_t *list = list_of(body);
		struct skips skips = {0};
		size_t count;
		struct engine_task *tasks = camunda_tasks(list, 5, &count, on_skipped, &skips);

		assert_int_equal(count, 2);
		assert_string_equal(tasks[0].topic, "a]\"},{");
		assert_string_equal(tasks[1].id, "2");
		assert_int_equal(skips.count, 1);
		assert_int_equal(skips.index[0], 1);
		clear(tasks, count);
		json_decref(list);
		free(body);
	}
}

TEST(an_answer_that_is_no_list_is_told_without_what_is_in_it)
{
	static const struct {
		const char *body, *type, *says;
	} rows[] = {
		{"", "application/json", "no list"},
		{"", "", "empty"},
		{"{\"geheim\":1}", "application/json", "no list"},
		{"{\"geheim\":1}", "", "no list"},
		{"[{\"id\":\"geheim\",\"topicName\":\"a\"},{\"id\":\"ge", "application/json", "no list"},
		{"[{\"id\":\"1\",\"topicName\":\"a\"}", "application/json", "no list"},
		{"[geheim]", "application/json", "no list"},
		{"<html><title>Log in</title>", "text/html", "text/html: <html><title>Log in"},
		{"line\r\nbreak", "text/plain", "line  break"},
		{"\xff\xfe\x01", "text/plain", "bytes that are no text"},
		{"[1]]", "application/json", "no list"},
		{"x", "text/\x17plain", "text/ plain: x"},
		{"x", "text/caf\xe9", "text/caf?: x"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char why[CAMUNDA_WHY];

		assert_null(camunda_list(rows[i].body, strlen(rows[i].body), rows[i].type, why));
		assert_contains(why, rows[i].says);
		assert_null(strstr(why, "geheim"));
		assert_null(strchr(why, '\n'));
	}
}

TEST(a_list_cut_at_any_byte_is_no_list)
{
	const char *whole = "[{\"id\":\"1\",\"topicName\":\"a\",\"variables\":{\"v\":{\"value\":\"[,]\"}}},"
			    "{\"id\":\"2\",\"topicName\":\"a\\\\\"}]";
	char why[CAMUNDA_WHY];

	for (size_t i = 0; i < strlen(whole); i++) {
		char *part = mem_slice(whole, i); /* of its own, so that a byte too far is seen */

		assert_null(camunda_list(part, i, "application/json", why));
		free(part);
	}
}

/* ---- what an answer means ---- */

#define JSON "application/json"
#define NO_TASK "{\"type\":\"RestException\",\"message\":\"External task with id 1 does not exist\"}"
#define WRONG_WORKER                                                                                                   \
	"{\"type\":\"RestException\",\"message\":\"External Task 1 cannot be completed by worker 'a'. It is locked "   \
	"by "                                                                                                          \
	"worker 'b'.\"}"
#define EXPIRED                                                                                                        \
	"{\"type\":\"RestException\",\"message\":\"Cannot extend a lock that expired: lockExpirationTime is not "      \
	"greater "                                                                                                     \
	"than or equal to 2\"}"
#define TOO_LONG                                                                                                       \
	"{\"type\":\"ProcessEngineException\",\"message\":\"ENGINE-03083 ...: Value too long for column "              \
	"\\\"TEXT_\\\"\"}"

TEST(answers_mean_what_the_engines_mean_by_them)
{
	static const struct {
		long status;
		const char *body, *type;
		enum engine_result result;
	} rows[] = {
		{204, "", "", ENGINE_TAKEN},
		{200, "[]", JSON, ENGINE_TAKEN},
		{200, "<html>Log in</html>", "text/html; charset=utf-8", ENGINE_AGAIN},
		{404, NO_TASK, JSON, ENGINE_GONE},
		{404, "Cannot find external task with id 1", "text/plain", ENGINE_GONE},
		{404, "<html>404 external task</html>", "text/html", ENGINE_AGAIN},
		{404, "", "", ENGINE_AGAIN},
		{404, "{\"status\":404,\"path\":\"/engine-rest/external-task/1/complete\"}", JSON, ENGINE_AGAIN},
		{400, WRONG_WORKER, JSON, ENGINE_LOST},
		{400, EXPIRED, JSON, ENGINE_LOST},
		{400, "{\"type\":\"InvalidRequestException\",\"message\":\"Unsupported value type 'x'\"}", JSON,
		 ENGINE_REFUSED},
		{400, "{\"type\":\"InvalidRequestException\",\"message\":\"No process engine available\"}", JSON,
		 ENGINE_AGAIN},
		{401, "", "", ENGINE_AGAIN},
		{403, "", "", ENGINE_AGAIN},
		{408, "", "", ENGINE_AGAIN},
		{413, "", "", ENGINE_REFUSED},
		{425, "", "", ENGINE_AGAIN},
		{429, "", "", ENGINE_AGAIN},
		{302, "", "", ENGINE_AGAIN},
		{500, "{\"type\":\"OptimisticLockingException\",\"message\":\"ENGINE-03005 concurrently\"}", JSON,
		 ENGINE_AGAIN},
		{500, TOO_LONG, JSON, ENGINE_REFUSED},
		{500, "{\"type\":\"ProcessEnginePersistenceException\",\"message\":\"see the logs\",\"code\":10002}",
		 JSON, ENGINE_REFUSED},
		{500, "{\"type\":\"OptimisticLockingException\",\"message\":\"see the logs\",\"code\":1}", JSON,
		 ENGINE_AGAIN},
		{500, "Data too long for column", "text/plain", ENGINE_REFUSED},
		{502, "<html><title>502</title></html>", "text/html", ENGINE_AGAIN},
		{503, "", "", ENGINE_AGAIN},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct http_answer answer = {.status = rows[i].status,
					     .body = rows[i].body,
					     .length = strlen(rows[i].body),
					     .content_type = rows[i].type,
					     .retry_after = -1,
					     .error = ""};
		char *words;
		enum engine_result result = camunda_judge(&answer, &words);

		if (result != rows[i].result)
			fail_msg("%ld %s was taken as %d, not %d (%s)", rows[i].status, rows[i].body, result,
				 rows[i].result, words);
		assert_true((result == ENGINE_TAKEN) == (*words == '\0'));
		free(words);
	}
}

TEST(no_answer_is_tried_again_with_the_reason)
{
	static const enum http_failure kinds[] = {HTTP_NOT_SENT, HTTP_UNKNOWN, HTTP_TOO_LARGE, HTTP_CANCELLED};

	for (size_t i = 0; i < 4; i++) {
		struct http_answer answer = {
			.failure = kinds[i], .body = "", .content_type = "", .error = "127.0.0.1:1 is not there"};
		char *words;

		assert_int_equal(camunda_judge(&answer, &words),
				 kinds[i] == HTTP_CANCELLED ? ENGINE_STOPPED : ENGINE_AGAIN);
		assert_string_equal(words, "127.0.0.1:1 is not there");
		free(words);
	}
}

TESTS(cmocka_unit_test(a_poll_of_a_plain_topic_says_no_more_than_it_must),
      cmocka_unit_test(every_option_of_a_topic_has_its_field),
      cmocka_unit_test(a_poll_never_asks_for_more_than_thirty_minutes),
      cmocka_unit_test(a_message_is_cut_at_666_units_of_utf16_between_characters),
      cmocka_unit_test(details_are_cut_at_64_kib), cmocka_unit_test(all_members_of_a_task_are_read),
      cmocka_unit_test(entries_that_are_no_tasks_are_left_out_and_the_rest_goes_on),
      cmocka_unit_test(more_tasks_than_were_asked_for_are_left_out),
      cmocka_unit_test(one_entry_that_cannot_be_parsed_does_not_spoil_the_others),
      cmocka_unit_test(an_answer_that_is_no_list_is_told_without_what_is_in_it),
      cmocka_unit_test(a_list_cut_at_any_byte_is_no_list), cmocka_unit_test(answers_mean_what_the_engines_mean_by_them),
      cmocka_unit_test(no_answer_is_tried_again_with_the_reason))
