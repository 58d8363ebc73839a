/* test_calls.c: what a unit is told when it asks for what cannot be: a fault of the unit is a failure with its name,
 * never a crash, and nothing is noted or sent. */
#include "check.h"

#include "shop.h"

struct bench {
	struct shop shop;
	struct task *task;
	struct bptl_task *handle;
	json_t *notes; /* list of what the journal was told */
};

static int keep_note(struct task *task, json_t *note)
{
	struct bench *bench = task->shop->note_arg;

	(void)json_array_append_new(bench->notes, note);
	return 0;
}

static void bench_make(struct bench *bench, const char *order)
{
	static const struct bptl_variable in[] = {{NULL, BPTL_ANY, 0, NULL, NULL}};

	*bench = (struct bench){.notes = json_array()};
	shop_open(&bench->shop, in);
	bench->shop.workshop.note = keep_note;
	bench->shop.workshop.note_arg = bench;
	bench->task = shop_task(&bench->shop, order);
	bench->handle = &bench->task->handle;
}

static void bench_drop(struct bench *bench)
{
	task_free(bench->task);
	shop_close(&bench->shop);
	json_decref(bench->notes);
}

/* It has failed for good with this message, and the journal knows nothing of it. */
static void check_fault(struct bench *bench, const char *message)
{
	shop_check_failed(bench->task, 1, message);
	assert_int_equal(json_array_size(bench->notes), 0);
	bench_drop(bench);
}

/* ---- paths, members, texts ---- */

TEST(a_path_without_a_value_or_with_a_form_that_is_not_known_fails_the_task)
{
	static const struct {
		const char *form, *says;
	} rows[] = {
		{"zaken?bronorganisatie=%s", "no value for the URL zaken?bronorganisatie=%s"},
		{"zaken/%x", "bptl_path() knows %s, %d, %lld and %%, not what is in zaken/%x"},
		{"zaken/%", "bptl_path() knows %s, %d, %lld and %%, not what is in zaken/%"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		/* the compiler knows these mistakes, so the form comes as a variable */
		const char *(*path)(struct bptl_task *, const char *, ...) = bptl_path;
		struct bench bench;

		bench_make(&bench, "{}");
		assert_null(path(bench.handle, rows[i].form, NULL));
		check_fault(&bench, rows[i].says);
	}
}

TEST(an_empty_path_is_the_root_of_the_service)
{
	struct bench bench;
	const char *(*path)(struct bptl_task *, const char *, ...) = bptl_path;

	bench_make(&bench, "{}");
	assert_string_equal(path(bench.handle, ""), "");
	bench_drop(&bench);
}

TEST(a_member_that_is_missing_or_no_text_is_named)
{
	struct bench bench;
	json_t *object = json_pack("{s:s, s:i}", "naam", "Jansen", "nummer", 12);

	bench_make(&bench, "{}");
	assert_string_equal(bptl_member_text(bench.handle, object, "naam"), "Jansen");
	assert_null(bptl_member_text(bench.handle, object, "nummer"));
	check_fault(&bench, "member nummer of the answer is no text");
	bench_make(&bench, "{}");
	assert_null(bptl_member_text(bench.handle, object, "datum"));
	check_fault(&bench, "the answer has no member datum");
	json_decref(object);
}

TEST(texts_are_compared_without_regard_to_case_in_any_script)
{
	static const struct {
		const char *a, *b;
		int same;
	} rows[] = {
		{"Ontvangen", "ONTVANGEN", 1},
		{"caf\xc3\xa9", "CAF\xc3\x89", 1},           /* two bytes */
		{"\xe1\xba\x9e", "\xc3\x9f", 1},             /* capital and small sharp s: three bytes and two */
		{"\xf0\x90\x90\x80", "\xf0\x90\x90\xa8", 1}, /* Deseret: four bytes */
		{"caf\xc3\xa9", "cafe", 0},
		{"afgerond", "afgerond ", 0},
		{"afgerond", "", 0},
		{"", "", 1},
		{NULL, NULL, 1},
		{NULL, "", 0},
		{"", NULL, 0},
		{"half \xc3", "half \xc3", 1}, /* no UTF-8: byte by byte */
		{"half \xc3", "half \xc3\xa9", 0},
		{"half \xf0\x90", "half \xf0\x91", 0},
	};
	struct bench bench;

	bench_make(&bench, "{}");
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		if (bptl_same_text(bench.handle, rows[i].a, rows[i].b) != rows[i].same)
			fail_msg("row %zu: %s and %s", i, rows[i].a ? rows[i].a : "NULL",
				 rows[i].b ? rows[i].b : "NULL");
	bench_drop(&bench);
}

TEST(a_unit_reads_what_the_engine_says_of_the_task_and_of_its_model)
{
	struct bench bench;

	bench_make(&bench, "{'facts': {'id': 't1', 'businessKey': 'Z-1'}, 'properties': {'afdeling': 'vergunningen'}}");
	assert_string_equal(bptl_info(bench.handle, "businessKey"), "Z-1");
	assert_null(bptl_info(bench.handle, "afdeling"));
	assert_string_equal(bptl_info(bench.handle, "property.afdeling"), "vergunningen");
	assert_null(bptl_info(bench.handle, "property.businessKey"));
	bench_drop(&bench);
}

TEST(after_a_failure_every_value_is_nothing)
{
	struct bench bench;

	bench_make(&bench,
		   "{'variables': {'n': {'type': 'Integer', 'value': 7}, 'yes': {'type': 'Boolean', 'value': true}}}");
	assert_int_equal(bptl_integer(bench.handle, "n"), 7);
	assert_true(bptl_boolean(bench.handle, "yes"));
	assert_non_null(bptl_json(bench.handle, "n"));
	(void)bptl_fail(bench.handle, "over");
	assert_int_equal(bptl_integer(bench.handle, "n"), 0);
	assert_false(bptl_boolean(bench.handle, "yes"));
	assert_null(bptl_json(bench.handle, "n"));
	assert_int_equal(bptl_bpmn_error(bench.handle, "TE_LAAT", "too late"), -1);
	check_fault(&bench, "over");
}

TEST(a_bpmn_error_needs_a_code)
{
	static const char *const codes[] = {NULL, ""};

	for (size_t i = 0; i < 2; i++) {
		struct bench bench;

		bench_make(&bench, "{}");
		assert_int_equal(bptl_bpmn_error(bench.handle, codes[i], "too late"), -1);
		check_fault(&bench, "a BPMN error without a code: a fault of the unit");
	}
}

/* ---- exchanges ---- */

TEST(a_request_that_lacks_something_is_a_fault_of_the_unit)
{
	static const struct bptl_request rows[] = {
		{.what = "read", .url = "zaken"},
		{.what = "read", .method = "TRACE", .url = "zaken"},
		{.what = "read", .method = "GET"},
		{.method = "GET", .url = "zaken"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct bptl_request request = rows[i];
		struct bench bench;

		bench_make(&bench, "{}");
		assert_null(bptl_send(bench.handle, &request));
		check_fault(&bench, "a request without method, url or what: a fault of the unit");
	}
}

TEST(a_mutation_without_a_body_is_refused)
{
	static const char *const methods[] = {"POST", "PUT", "PATCH"};

	for (size_t i = 0; i < 3; i++) {
		struct bptl_request request = {.what = "create", .method = methods[i], .url = "zaken"};
		struct bench bench;

		bench_make(&bench, "{}");
		assert_null(bptl_send(bench.handle, &request));
		check_fault(&bench, "create: the request has no body: it could not be made (text that is not UTF-8?), "
				    "or the unit forgot it");
	}
}

TEST(a_service_that_the_topic_does_not_list_is_named_with_the_remedy)
{
	struct bptl_request request = {.what = "read", .method = "GET", .service = "zrc", .url = "zaken"};
	struct service service = {.name = (char *)"zaken", .type = (char *)"zrc", .root = (char *)"http://127.0.0.1/"};
	struct bench bench;

	/* the runner has it for another topic; this one names another, and one that is not there */
	bench_make(&bench, "{'facts': {'topic': 'intake'}, 'uses': {'catalogi': 'catalogi'}}");
	bench.shop.workshop.services = &service;
	bench.shop.workshop.service_count = 1;
	assert_null(bptl_send(bench.handle, &request));
	check_fault(&bench, "NoService: the topic intake lists no service zrc: add one to its services = ");
}

TEST(a_url_of_a_process_must_lie_under_a_service_for_http)
{
	static const char *const urls[] = {"http://127.0.0.1:1/mail/x", "http://127.0.0.1:1/engine-rest/x",
					   "http://elders.example/zaken/1?token=geheim", "not a url"};
	struct service services[] = {
		{.name = (char *)"post", .type = (char *)"smtp", .root = (char *)"http://127.0.0.1:1/mail/"},
		{.name = (char *)"main", .type = (char *)"engine", .root = (char *)"http://127.0.0.1:1/engine-rest/"},
	};

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++) {
		struct bptl_request request = {.what = "read", .method = "GET", .url = urls[i]};
		struct bench bench;

		bench_make(&bench, "{}");
		bench.shop.workshop.services = services;
		bench.shop.workshop.service_count = 2;
		assert_null(bptl_send(bench.handle, &request));
		assert_contains(bench.task->message, "lies under the root of no configured service");
		assert_null(strstr(bench.task->message, "geheim"));
		assert_true(bench.task->permanent);
		bench_drop(&bench);
	}
}

TEST(an_answer_that_a_unit_refuses_fails_it_with_the_words_of_the_api)
{
	struct service service = {
		.name = (char *)"zaken", .type = (char *)"zrc", .root = (char *)"http://127.0.0.1/api/"};
	struct bptl_request request = {
		.what = "read the zaak", .method = "GET", .service = "zrc", .url = "zaken/1?x=y", .status = 404};
	struct bench bench;

	bench_make(&bench, "{'uses': {'zaken': 'zaken'}}");
	bench.shop.workshop.services = &service;
	bench.shop.workshop.service_count = 1;
	request.answer = bptl_keep(bench.handle, json_pack("{s:s}", "code", "not_found"));
	request.error = "not found";
	assert_int_equal(bptl_refused(bench.handle, &request), -1);
	assert_string_equal(bench.task->details,
			    "GET http://127.0.0.1/api/zaken/1\nHTTP 404\n{\"code\": \"not_found\"}");
	check_fault(&bench, "read the zaak: GET http://127.0.0.1/api/zaken/1 answered HTTP 404: not found");

	/* what is over for now only may be retried; a failure that is there already keeps its details */
	bench_make(&bench, "{'uses': {'zaken': 'zaken'}}");
	bench.shop.workshop.services = &service;
	bench.shop.workshop.service_count = 1;
	request = (struct bptl_request){
		.what = "read the zaak", .method = "GET", .service = "zrc", .url = "zaken/1", .status = 429};
	assert_int_equal(bptl_refused(bench.handle, &request), -1);
	shop_check_failed(bench.task, 0, "read the zaak: GET http://127.0.0.1/api/zaken/1 answered HTTP 429");
	request.status = 500;
	assert_int_equal(bptl_refused(bench.handle, &request), -1);
	shop_check_failed(bench.task, 0, "read the zaak: GET http://127.0.0.1/api/zaken/1 answered HTTP 429");
	bench_drop(&bench);
}

/* ---- mails and steps ---- */

TEST(a_mail_without_words_for_it_or_without_a_mail_server_is_not_sent)
{
	static const char *const to[] = {"a@gemeente.example", NULL};
	struct bptl_mail mail = {.to = to, .subject = "s", .text = "t"};
	struct bench bench;

	bench_make(&bench, "{}");
	assert_int_equal(bptl_send_mail(bench.handle, &mail), -1);
	check_fault(&bench, "a mail without what: a fault of the unit");
	bench_make(&bench, "{'facts': {'topic': 'bericht'}}");
	mail.what = "send the letter";
	assert_int_equal(bptl_send_mail(bench.handle, &mail), -1);
	check_fault(&bench, "NoService: the topic bericht lists no service smtp: add one to its services = ");
}

static json_t *effect(struct bptl_task *t, void *arg)
{
	(void)t;
	return json_incref(arg);
}

/* Calls a step inside of a step. */
static json_t *nested(struct bptl_task *t, void *arg)
{
	return bptl_step(t, "inner", effect, arg, 0);
}

TEST(a_step_needs_a_name_and_a_function)
{
	struct bench bench;

	bench_make(&bench, "{}");
	assert_null(bptl_step(bench.handle, NULL, effect, NULL, 0));
	check_fault(&bench, "bptl_step() without a name or a function: a fault of the unit");
	bench_make(&bench, "{}");
	assert_null(bptl_step(bench.handle, "number", NULL, NULL, 0));
	check_fault(&bench, "bptl_step() without a name or a function: a fault of the unit");
}

TEST(what_a_step_gave_is_noted_before_the_unit_sees_it)
{
	struct bench bench;
	json_t *given = json_integer(77), *last;

	bench_make(&bench, "{}");
	assert_ptr_equal(bptl_step(bench.handle, "number", effect, given, 0), given);
	assert_int_equal(json_array_size(bench.notes), 2);
	last = json_array_get(json_object_get(json_array_get(bench.notes, 1), "put"), 0);
	assert_string_equal(json_get_text(last, "state"), "done");
	assert_int_equal(json_integer_value(json_object_get(last, "answer")), 77);
	json_decref(given);
	bench_drop(&bench);
}

TEST(a_step_that_gives_nothing_has_failed_and_its_intent_is_taken_back)
{
	struct bench bench;

	bench_make(&bench, "{}");
	assert_null(bptl_step(bench.handle, "number", effect, NULL, 0));
	shop_check_failed(bench.task, 1, "number: failed without saying why");
	assert_int_equal(json_array_size(bench.notes), 2);
	assert_int_equal(json_integer_value(json_array_get(json_object_get(json_array_get(bench.notes, 1), "drop"), 0)),
			 1);
	assert_int_equal(atomic_load(&bench.shop.workshop.open_intents), 0);
	bench_drop(&bench);
}

TEST(a_step_inside_of_a_step_is_refused)
{
	struct bench bench;

	bench_make(&bench, "{}");
	assert_null(bptl_step(bench.handle, "outer", nested, NULL, 0));
	assert_contains(bench.task->message, "inside of bptl_step()");
	assert_true(bench.task->permanent);
	bench_drop(&bench);
}

TESTS(cmocka_unit_test(a_path_without_a_value_or_with_a_form_that_is_not_known_fails_the_task),
      cmocka_unit_test(an_empty_path_is_the_root_of_the_service),
      cmocka_unit_test(a_member_that_is_missing_or_no_text_is_named),
      cmocka_unit_test(texts_are_compared_without_regard_to_case_in_any_script),
      cmocka_unit_test(a_unit_reads_what_the_engine_says_of_the_task_and_of_its_model),
      cmocka_unit_test(after_a_failure_every_value_is_nothing), cmocka_unit_test(a_bpmn_error_needs_a_code),
      cmocka_unit_test(a_request_that_lacks_something_is_a_fault_of_the_unit),
      cmocka_unit_test(a_mutation_without_a_body_is_refused),
      cmocka_unit_test(a_service_that_the_topic_does_not_list_is_named_with_the_remedy),
      cmocka_unit_test(a_url_of_a_process_must_lie_under_a_service_for_http),
      cmocka_unit_test(an_answer_that_a_unit_refuses_fails_it_with_the_words_of_the_api),
      cmocka_unit_test(a_mail_without_words_for_it_or_without_a_mail_server_is_not_sent),
      cmocka_unit_test(a_step_needs_a_name_and_a_function),
      cmocka_unit_test(what_a_step_gave_is_noted_before_the_unit_sees_it),
      cmocka_unit_test(a_step_that_gives_nothing_has_failed_and_its_intent_is_taken_back),
      cmocka_unit_test(a_step_inside_of_a_step_is_refused))
