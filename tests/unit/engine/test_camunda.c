/* test_camunda.c: the engine that is reached over HTTP, against the stand-in of tests/standin/engine.py, which is
 * started once for each test and told over its /admin/ what to do. Long, because it mirrors one file and is a list of
 * cases. */
#include "check.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/camunda_wire.h"

#define LOCK 60000
#define PASSWORD "geheim-wachtwoord"

/* What one test has. */
struct bench {
	pid_t child;
	int port;
	struct log *log;
	struct http *http;
	struct client *client;
	struct service service, second_service;
	struct engine *engine, *second;
};

/* What came back for a call. */
struct heard {
	int calls;
	enum engine_result result;
	char words[500];
	struct engine_task tasks[20];
	size_t count;
	char ids[20][64];
};

/* ---- the stand-in ---- */

static void start_standin(struct bench *bench)
{
	const char *tests = getenv("BPTL_TESTS");
	char *script = mem_format("%s/standin/engine.py", tests ? tests : BPTL_SOURCE "/tests");
	char line[64] = "";
	int fds[2];
	FILE *out;

	assert_int_equal(pipe(fds), 0);
	bench->child = fork();
	if (bench->child == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that dies leaves nothing behind */
		(void)dup2(fds[1], 1);
		(void)close(fds[0]);
		(void)close(fds[1]);
		execlp("python3", "python3", script, "--record", "--user", "bptl", "--password", PASSWORD,
		       (char *)NULL);
		_exit(127);
	}
	(void)close(fds[1]);
	out = fdopen(fds[0], "r");
	assert_non_null(out);
	assert_non_null(fgets(line, sizeof(line), out));
	assert_int_equal(sscanf(line, "engine ready %d", &bench->port), 1);
	(void)fclose(out);
	free(script);
}

static struct service service_at(int port)
{
	return (struct service){.name = mem_text("main"),
				.type = mem_text("engine"),
				.root = mem_format("http://127.0.0.1:%d/engine-rest/", port),
				.auth = SERVICE_BASIC,
				.own = {.client_id = mem_text("bptl"), .secret = mem_text(PASSWORD)},
				.timeout = 5000};
}

static void set_up(struct bench *bench)
{
	*bench = (struct bench){0};
	start_standin(bench);
	bench->log = log_new(LOG_ERROR, LOG_LOGFMT);
	bench->http = http_new();
	bench->client = client_new(bench->http, bench->log);
	bench->service = service_at(bench->port);
	bench->second_service = service_at(bench->port);
	bench->engine = camunda_new("main", "host-1", bench->client, &bench->service, 1, NULL, bench->log);
	bench->second = camunda_new("main", "host-2", bench->client, &bench->second_service, 0, "desc", bench->log);
}

static void tear_down(struct bench *bench)
{
	engine_free(bench->engine);
	engine_free(bench->second);
	client_free(bench->client);
	http_free(bench->http);
	log_free(bench->log);
	service_clear(&bench->service);
	service_clear(&bench->second_service);
	(void)kill(bench->child, SIGTERM);
	(void)waitpid(bench->child, NULL, 0);
}

/* ---- waiting ---- */

static void turn(struct bench *bench, int64_t wait)
{
	int64_t now = clock_boot();
	int64_t next = engine_turn(bench->engine, now), other = engine_turn(bench->second, now);

	if (other < next)
		next = other;
	if (next > now + wait)
		next = now + wait;
	(void)http_turn(bench->http, NULL, 0, next > now ? next - now : 0);
}

static void until(struct bench *bench, const int *calls, int wanted)
{
	int64_t end = clock_boot() + 10000;

	while (*calls < wanted) {
		assert_true(clock_boot() < end);
		turn(bench, 50);
	}
}

static void clear(struct heard *heard)
{
	for (size_t i = 0; i < heard->count && i < 20; i++)
		engine_task_clear(&heard->tasks[i]);
	*heard = (struct heard){0};
}

static void on_answered(void *arg, enum engine_result result, const char *words)
{
	struct heard *heard = arg;

	heard->calls++;
	heard->result = result;
	(void)snprintf(heard->words, sizeof(heard->words), "%s", words);
}

static void on_fetched(void *arg, enum engine_result result, struct engine_task *tasks, size_t count, const char *words)
{
	struct heard *heard = arg;

	on_answered(arg, result, words);
	heard->count = count;
	for (size_t i = 0; i < count && i < 20; i++) {
		heard->tasks[i] = tasks[i];
		tasks[i] = (struct engine_task){0};
	}
}

static void on_listed(void *arg, enum engine_result result, const char *const *ids, size_t count, const char *words)
{
	struct heard *heard = arg;

	for (size_t i = 0; i < count && i < 20; i++)
		(void)snprintf(heard->ids[i], sizeof(heard->ids[i]), "%s", ids[i]);
	on_answered(arg, result, words);
	heard->calls = (int)(1 + count);
}

/* ---- the stand-in's other door ---- */

struct door {
	int calls;
	json_t *answer;
};

static void on_admin(void *arg, const struct http_answer *answer)
{
	struct door *door = arg;

	door->calls++;
	if (answer->status != 200)
		fail_msg("admin: %ld %s %s", answer->status, answer->body, answer->error);
	door->answer = json_loads(answer->body, JSON_DECODE_ANY, NULL);
}

/* Asks the stand-in for something. New reference. */
static json_t *admin(struct bench *bench, const char *method, const char *path, const char *body)
{
	char *url = mem_format("http://127.0.0.1:%d/admin/%s", bench->port, path);
	struct http_request request = {
		.method = method, .url = url, .body = body, .body_length = body ? strlen(body) : 0, .timeout = 5000};
	struct door door = {0};

	(void)http_start(bench->http, &request, on_admin, &door);
	until(bench, &door.calls, 1);
	free(url);
	return door.answer;
}

static void ask(struct bench *bench, const char *path, const char *body)
{
	json_decref(admin(bench, "POST", path, body));
}

/* Adds tasks as the order says, and gives the id of the first. Owned. */
static char *add(struct bench *bench, const char *order)
{
	json_t *answer = admin(bench, "POST", "tasks", order);
	char *id = mem_text(json_string_value(json_array_get(json_object_get(answer, "tasks"), 0)));

	json_decref(answer);
	assert_non_null(id);
	return id;
}

/* What the stand-in says of a task. New reference. */
static json_t *report(struct bench *bench, const char *id)
{
	char *path = mem_format("tasks/%s", id);
	json_t *answer = admin(bench, "GET", path, NULL);

	free(path);
	assert_non_null(answer);
	return answer;
}

static void assert_state(struct bench *bench, const char *id, const char *state)
{
	json_t *task = report(bench, id);

	assert_string_equal(json_get_text(task, "state"), state);
	json_decref(task);
}

/* No request broke a rule of the interface. */
static void assert_no_broken_rules(struct bench *bench)
{
	json_t *counts = admin(bench, "GET", "counts", NULL);

	if (json_array_size(json_object_get(counts, "broken")) > 0)
		fail_msg("%s", json_dumps(json_object_get(counts, "broken"), 0));
	json_decref(counts);
}

/* ---- calls that wait ---- */

static const struct engine_topic topic_a = {.name = "a", .lock = LOCK};

static void fetch(struct bench *bench, struct engine *engine, struct heard *heard, const struct engine_topic *topics,
		  size_t count, int most, int64_t wait)
{
	clear(heard);
	engine_fetch(engine, topics, count, most, wait, on_fetched, heard);
	assert_int_equal(heard->calls, 0);
	until(bench, &heard->calls, 1);
	assert_int_equal(heard->calls, 1);
}

static void take(struct bench *bench, struct heard *heard, size_t wanted)
{
	fetch(bench, bench->engine, heard, &topic_a, 1, 20, 0);
	if (heard->result != ENGINE_TAKEN || heard->count != wanted)
		fail_msg("%zu tasks, result %d: %s", heard->count, heard->result, heard->words);
}

static enum engine_result complete(struct bench *bench, struct engine *engine, const char *id, const char *variables,
				   struct heard *heard)
{
	json_t *value = variables ? json_loads(variables, 0, NULL) : NULL;

	clear(heard);
	engine_complete(engine, id, value, NULL, on_answered, heard);
	json_decref(value);
	until(bench, &heard->calls, 1);
	return heard->result;
}

/* ---- the tests ---- */

TEST(a_task_is_fetched_with_all_that_is_known_of_it_and_completed)
{
	struct bench bench;
	struct heard heard = {0};
	json_t *task, *local;
	char *id;
	int64_t before;

	set_up(&bench);
	id = add(&bench, "{\"topic\": \"a\", \"businessKey\": \"bk\", \"priority\": 7, \"tenantId\": \"t\","
			 "\"processDefinitionKey\": \"intake\", \"activityId\": \"act\","
			 "\"variables\": {\"x\": {\"type\": \"Long\", \"value\": 9007199254740993}}}");
	before = clock_boot();
	take(&bench, &heard, 1);
	assert_string_equal(heard.tasks[0].id, id);
	assert_string_equal(heard.tasks[0].topic, "a");
	assert_string_equal(heard.tasks[0].business_key, "bk");
	assert_string_equal(heard.tasks[0].tenant, "t");
	assert_string_equal(heard.tasks[0].process_definition_key, "intake");
	assert_string_equal(heard.tasks[0].activity_id, "act");
	assert_int_equal(heard.tasks[0].priority, 7);
	assert_int_equal(heard.tasks[0].retries, -1);
	assert_true(heard.tasks[0].lock_until >= before + LOCK && heard.tasks[0].lock_until <= clock_boot() + LOCK);
	clear(&heard);
	local = json_pack("{s:{s:s, s:b}}", "l", "type", "Boolean", "value", 1);
	task = json_pack("{s:{s:s, s:s}}", "y", "type", "String", "value", "z");
	engine_complete(bench.engine, id, task, local, on_answered, &heard);
	json_decref(task);
	json_decref(local);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	assert_string_equal(heard.words, "");
	task = report(&bench, id);
	assert_string_equal(json_get_text(task, "state"), "completed");
	assert_non_null(json_object_get(json_object_get(task, "localVariables"), "l"));
	json_decref(task);
	assert_int_equal(complete(&bench, bench.engine, id, NULL, &heard), ENGINE_GONE);
	assert_contains(heard.words, "does not exist");
	assert_no_broken_rules(&bench);
	free(id);
	tear_down(&bench);
}

TEST(a_long_poll_is_answered_when_a_task_appears_and_its_lock_counts_from_then)
{
	struct bench bench;
	struct heard heard = {0};
	int64_t start, arrived;

	set_up(&bench);
	engine_fetch(bench.engine, &topic_a, 1, 5, 20000, on_fetched, &heard);
	start = clock_boot();
	while (clock_boot() < start + 1500)
		turn(&bench, 100);
	assert_int_equal(heard.calls, 0);
	free(add(&bench, "{\"topic\": \"a\"}"));
	until(&bench, &heard.calls, 1);
	arrived = clock_boot();
	assert_int_equal(heard.count, 1);
	assert_true(heard.tasks[0].lock_until > start + LOCK);
	assert_true(heard.tasks[0].lock_until <= arrived + LOCK - 1000);
	clear(&heard);
	fetch(&bench, bench.engine, &heard, &topic_a, 1, 5, 300);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	assert_int_equal(heard.count, 0);
	assert_no_broken_rules(&bench);
	tear_down(&bench);
}

TEST(the_options_of_topics_reach_the_engine)
{
	struct bench bench;
	struct heard heard = {0};
	const char *const names[] = {"x", NULL}, *const keys[] = {"intake", NULL}, *const tenants[] = {"t", NULL};
	json_t *values = json_pack("{s:i}", "x", 1);
	struct engine_topic topics[] = {{.name = "a",
					 .lock = LOCK,
					 .variables = names,
					 .definition_keys = keys,
					 .business_key = "bk",
					 .tenants = tenants,
					 .process_variables = values,
					 .extension_properties = 1},
					{.name = "b", .lock = LOCK, .without_tenant = 1, .local_variables = 1}};
	static const char *const orders[] = {
		"{\"topic\": \"a\", \"businessKey\": \"bk\", \"tenantId\": \"t\", \"processDefinitionKey\": \"intake\","
		"\"extensionProperties\": {\"p\": \"q\"},"
		"\"variables\": {\"x\": {\"value\": 1}, \"y\": {\"value\": 2}}}",
		"{\"topic\": \"a\", \"businessKey\": \"bk\", \"tenantId\": \"t\", \"processDefinitionKey\": \"intake\","
		"\"variables\": {\"x\": {\"value\": 2}}}",
		"{\"topic\": \"a\", \"businessKey\": \"other\", \"tenantId\": \"t\", \"processDefinitionKey\": "
		"\"intake\","
		"\"variables\": {\"x\": {\"value\": 1}}}",
		"{\"topic\": \"b\", \"tenantId\": \"t\"}",
		"{\"topic\": \"b\", \"priority\": -1, \"variables\": {\"x\": {\"value\": 1}}}"};

	set_up(&bench);
	for (size_t i = 0; i < sizeof(orders) / sizeof(*orders); i++)
		free(add(&bench, orders[i]));
	fetch(&bench, bench.engine, &heard, topics, 2, 20, 0);
	assert_int_equal(heard.count, 2);
	assert_string_equal(heard.tasks[0].topic, "a");
	assert_int_equal(json_object_size(heard.tasks[0].variables), 1);
	assert_string_equal(json_get_text(heard.tasks[0].properties, "p"), "q");
	assert_string_equal(heard.tasks[1].topic, "b");
	assert_int_equal(json_object_size(heard.tasks[1].variables), 0);
	assert_no_broken_rules(&bench);
	clear(&heard);
	json_decref(values);
	tear_down(&bench);
}

TEST(the_order_is_by_priority_or_by_age_as_configured)
{
	struct bench bench;
	struct heard heard = {0};
	char *ids[3];

	set_up(&bench);
	ids[0] = add(&bench, "{\"topic\": \"a\", \"priority\": 1}");
	ids[1] = add(&bench, "{\"topic\": \"a\", \"priority\": 9}");
	ids[2] = add(&bench, "{\"topic\": \"a\", \"priority\": 5}");
	fetch(&bench, bench.engine, &heard, &topic_a, 1, 1, 0);
	assert_string_equal(heard.tasks[0].id, ids[1]);
	fetch(&bench, bench.second, &heard, &topic_a, 1, 1, 0);
	assert_string_equal(heard.tasks[0].id, ids[2]);
	assert_no_broken_rules(&bench);
	for (size_t i = 0; i < 3; i++)
		free(ids[i]);
	clear(&heard);
	tear_down(&bench);
}

TEST(a_failure_is_reported_whole_and_its_message_is_cut)
{
	struct bench bench;
	struct heard heard = {0};
	struct text message = {0};
	json_t *task;
	char *id;

	set_up(&bench);
	for (int i = 0; i < 700; i++)
		text_add(&message, "\xc3\xa9");
	id = add(&bench, "{\"topic\": \"a\"}");
	take(&bench, &heard, 1);
	clear(&heard);
	engine_fail(bench.engine, id, message.data, "line 1\nline 2", 2, 1, on_answered, &heard);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	task = report(&bench, id);
	assert_int_equal(json_string_length(json_object_get(task, "errorMessage")), 2 * 666);
	assert_string_equal(json_get_text(task, "errorDetails"), "line 1\nline 2");
	assert_int_equal(json_get_integer(task, "retries", -1), 2);
	json_decref(task);
	(void)usleep(5000);
	take(&bench, &heard, 1);
	assert_int_equal(heard.tasks[0].retries, 2);
	clear(&heard);
	engine_fail(bench.engine, id, "for good", NULL, 0, 0, on_answered, &heard);
	until(&bench, &heard.calls, 1);
	assert_state(&bench, id, "incident");
	take(&bench, &heard, 0);
	assert_no_broken_rules(&bench);
	text_free(&message);
	free(id);
	tear_down(&bench);
}

TEST(a_bpmn_error_takes_its_variables_along)
{
	struct bench bench;
	struct heard heard = {0};
	json_t *variables = json_pack("{s:{s:s, s:i}}", "n", "type", "Integer", "value", 4), *task;
	char *id;

	set_up(&bench);
	id = add(&bench, "{\"topic\": \"a\"}");
	take(&bench, &heard, 1);
	clear(&heard);
	engine_bpmn_error(bench.engine, id, "GEEN_ZAAK", "there is none", variables, on_answered, &heard);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	task = report(&bench, id);
	assert_string_equal(json_get_text(task, "state"), "error");
	assert_string_equal(json_get_text(task, "errorCode"), "GEEN_ZAAK");
	json_decref(task);
	json_decref(variables);
	assert_no_broken_rules(&bench);
	free(id);
	tear_down(&bench);
}

TEST(a_lock_is_extended_given_back_and_lost)
{
	struct bench bench;
	struct heard heard = {0};
	char *id, *path;

	set_up(&bench);
	id = add(&bench, "{\"topic\": \"a\"}");
	take(&bench, &heard, 1);
	clear(&heard);
	engine_extend(bench.engine, id, LOCK, on_answered, &heard);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	clear(&heard);
	engine_unlock(bench.engine, id, on_answered, &heard);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	take(&bench, &heard, 1);
	path = mem_format("steal/%s", id);
	ask(&bench, path, "{\"worker\": \"thief\", \"seconds\": 60}");
	free(path);
	clear(&heard);
	engine_extend(bench.engine, id, LOCK, on_answered, &heard);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_LOST);
	assert_contains(heard.words, "thief");
	assert_int_equal(complete(&bench, bench.engine, id, NULL, &heard), ENGINE_LOST);
	path = mem_format("cancel/%s", id);
	ask(&bench, path, "{}");
	free(path);
	clear(&heard);
	engine_extend(bench.engine, id, LOCK, on_answered, &heard);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_GONE);
	assert_no_broken_rules(&bench);
	free(id);
	tear_down(&bench);
}

TEST(an_expired_lock_completes_but_is_not_extended)
{
	struct bench bench;
	struct heard heard = {0};
	char *id;

	set_up(&bench);
	id = add(&bench, "{\"topic\": \"a\"}");
	take(&bench, &heard, 1);
	ask(&bench, "expire", "{}");
	clear(&heard);
	engine_extend(bench.engine, id, LOCK, on_answered, &heard);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_LOST);
	assert_int_equal(complete(&bench, bench.engine, id, NULL, &heard), ENGINE_TAKEN);
	free(id);
	tear_down(&bench);
}

TEST(a_text_that_is_too_long_for_the_engine_is_refused_for_good)
{
	struct bench bench;
	struct heard heard = {0};
	struct text body = {0};
	char *id;

	set_up(&bench);
	id = add(&bench, "{\"topic\": \"a\"}");
	take(&bench, &heard, 1);
	text_add(&body, "{\"v\": {\"type\": \"String\", \"value\": \"");
	for (int i = 0; i < 4001; i++)
		text_add(&body, "x");
	text_add(&body, "\"}}");
	assert_int_equal(complete(&bench, bench.engine, id, body.data, &heard), ENGINE_REFUSED);
	assert_contains(heard.words, "HTTP 500");
	assert_contains(heard.words, "too long");
	text_free(&body);
	free(id);
	tear_down(&bench);
}

TEST(our_locks_are_listed_over_pages_without_waits_for_retries)
{
	struct bench bench;
	struct heard heard = {0};
	struct engine_topic topic = {.name = "many", .lock = LOCK};
	char *id;

	set_up(&bench);
	free(add(&bench, "{\"topic\": \"many\", \"count\": 1203}"));
	id = add(&bench, "{\"topic\": \"a\"}");
	take(&bench, &heard, 1);
	clear(&heard);
	engine_fail(bench.engine, id, "x", NULL, 1, LOCK, on_answered, &heard);
	until(&bench, &heard.calls, 1);
	fetch(&bench, bench.engine, &heard, &topic, 1, 1203, 0);
	assert_int_equal(heard.count, 1203);
	clear(&heard);
	engine_list_locked(bench.engine, on_listed, &heard);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	assert_int_equal(heard.calls, 1 + 1203);
	heard.count = 0;
	clear(&heard);
	engine_list_locked(bench.second, on_listed, &heard);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.calls, 1);
	assert_no_broken_rules(&bench);
	free(id);
	tear_down(&bench);
}

TEST(a_stopped_poll_locks_nothing_and_tells_so_at_a_turn)
{
	struct bench bench;
	struct heard heard = {0};
	int64_t start = clock_boot();

	set_up(&bench);
	engine_fetch(bench.engine, &topic_a, 1, 5, 20000, on_fetched, &heard);
	while (clock_boot() < start + 300)
		turn(&bench, 50);
	engine_stop_fetch(bench.engine);
	assert_int_equal(heard.calls, 0);
	assert_true(engine_turn(bench.engine, clock_boot()) == INT64_MAX);
	assert_int_equal(heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_STOPPED);
	engine_stop_fetch(bench.engine);
	assert_true(engine_turn(bench.engine, clock_boot()) == INT64_MAX);
	tear_down(&bench);
}

TEST(a_stopped_poll_whose_answer_arrives_is_waited_for_but_not_for_ever)
{
	struct bench bench;
	struct heard heard = {0};
	int64_t start;

	set_up(&bench);
	free(add(&bench, "{\"topic\": \"a\"}"));
	ask(&bench, "fault", "{\"kind\": \"fetchAndLock\", \"do\": \"half-open\"}");
	engine_fetch(bench.engine, &topic_a, 1, 5, 20000, on_fetched, &heard);
	start = clock_boot();
	while (clock_boot() < start + 500)
		turn(&bench, 50);
	engine_stop_fetch(bench.engine);
	start = clock_boot();
	assert_true(engine_turn(bench.engine, start) >= start + 4900);
	assert_int_equal(heard.calls, 0);
	until(&bench, &heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_STOPPED);
	assert_true(clock_boot() - start >= 4900 && clock_boot() - start < 7000);
	tear_down(&bench);
}

TEST(a_second_poll_at_the_same_time_is_refused)
{
	struct bench bench;
	struct heard first = {0}, second = {0};

	set_up(&bench);
	engine_fetch(bench.engine, &topic_a, 1, 5, 20000, on_fetched, &first);
	engine_fetch(bench.engine, &topic_a, 1, 5, 20000, on_fetched, &second);
	assert_int_equal(second.calls, 0);
	until(&bench, &second.calls, 1);
	assert_int_equal(second.result, ENGINE_REFUSED);
	assert_int_equal(first.calls, 0);
	engine_stop_fetch(bench.engine);
	until(&bench, &first.calls, 1);
	assert_int_equal(first.result, ENGINE_STOPPED);
	tear_down(&bench);
}

TEST(every_broken_answer_to_a_poll_is_tried_again_with_words)
{
	static const struct {
		const char *fault, *says;
	} rows[] = {
		{"{\"do\": \"status\", \"status\": 500}", "HTTP 500"},
		{"{\"do\": \"status\", \"status\": 503, \"body\": \"busy\"}", "busy"},
		{"{\"do\": \"html\"}", "text/html"},
		{"{\"do\": \"html\", \"status\": 502}", "502"},
		{"{\"do\": \"garbage\"}", "no list"},
		{"{\"do\": \"empty\"}", "no list"},
		{"{\"do\": \"truncated\"}", "no list"},
		{"{\"do\": \"large\"}", ""},
		{"{\"do\": \"nonsense\"}", ""},
		{"{\"do\": \"cut\"}", ""},
		{"{\"do\": \"close\"}", ""},
		{"{\"do\": \"reset\"}", ""},
	};
	struct bench bench;
	struct heard heard = {0};

	set_up(&bench);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		ask(&bench, "fault", rows[i].fault);
		fetch(&bench, bench.engine, &heard, &topic_a, 1, 5, 0);
		if (heard.result != ENGINE_AGAIN || !*heard.words)
			fail_msg("%s: %d %s", rows[i].fault, heard.result, heard.words);
		assert_contains(heard.words, rows[i].says);
		assert_int_equal(heard.count, 0);
	}
	take(&bench, &heard, 0);
	tear_down(&bench);
}

TEST(a_completion_whose_answer_was_lost_is_gone_when_it_is_said_again)
{
	struct bench bench;
	struct heard heard = {0};
	char *id;

	set_up(&bench);
	id = add(&bench, "{\"topic\": \"a\"}");
	take(&bench, &heard, 1);
	ask(&bench, "fault", "{\"kind\": \"complete\", \"do\": \"close\", \"after\": true}");
	assert_int_equal(complete(&bench, bench.engine, id, NULL, &heard), ENGINE_AGAIN);
	assert_int_equal(complete(&bench, bench.engine, id, NULL, &heard), ENGINE_GONE);
	assert_state(&bench, id, "completed");
	free(id);
	tear_down(&bench);
}

TEST(an_engine_that_is_away_or_refuses_the_password_is_tried_again)
{
	struct bench bench;
	struct heard heard = {0};

	set_up(&bench);
	ask(&bench, "outage", "{\"on\": true}");
	fetch(&bench, bench.engine, &heard, &topic_a, 1, 5, 1000);
	assert_int_equal(heard.result, ENGINE_AGAIN);
	assert_contains(heard.words, "127.0.0.1");
	assert_null(strstr(heard.words, PASSWORD));
	tear_down(&bench);
	set_up(&bench);
	mem_wipe(bench.service.own.secret);
	bench.service.own.secret = mem_text("wrong");
	fetch(&bench, bench.engine, &heard, &topic_a, 1, 5, 0);
	assert_int_equal(heard.result, ENGINE_AGAIN);
	assert_contains(heard.words, "401");
	tear_down(&bench);
}

TEST(an_id_that_would_lead_elsewhere_is_refused_and_not_sent)
{
	static const char *const bad[] = {"..", "../../x", "a/../../b", "%2e%2e"};
	struct bench bench;
	struct heard heard = {0};
	json_t *requests, *request;
	size_t k;

	set_up(&bench);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_true(complete(&bench, bench.engine, bad[i], NULL, &heard) != ENGINE_TAKEN);
	requests = admin(&bench, "GET", "requests", NULL);
	json_array_foreach (requests, k, request)
		assert_int_equal(strncmp(json_get_text(request, "path"), "/engine-rest/external-task/", 27), 0);
	json_decref(requests);
	tear_down(&bench);
}

TEST(freeing_the_engine_ends_every_call_with_stopped)
{
	struct bench bench;
	struct heard fetched = {0}, answered[5] = {0}, listed = {0};

	set_up(&bench);
	engine_fetch(bench.engine, &topic_a, 1, 5, 20000, on_fetched, &fetched);
	for (size_t i = 0; i < 5; i++)
		engine_complete(bench.engine, "some-task", NULL, NULL, on_answered, &answered[i]);
	engine_list_locked(bench.engine, on_listed, &listed);
	engine_free(bench.engine);
	assert_int_equal(fetched.result, ENGINE_STOPPED);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(answered[i].result, ENGINE_STOPPED);
	assert_int_equal(listed.result, ENGINE_STOPPED);
	assert_int_equal(fetched.calls + answered[0].calls + answered[4].calls + listed.calls, 4);
	bench.engine = camunda_new("main", "host-1", bench.client, &bench.service, 1, NULL, bench.log);
	tear_down(&bench);
}

TEST(many_calls_at_once_are_each_answered_once)
{
	struct bench bench;
	struct heard heard = {0};
	struct engine_topic topic = {.name = "many", .lock = LOCK};
	struct heard *answers = mem_new(200, sizeof(*answers));
	json_t *counts;
	int done = 0;

	set_up(&bench);
	for (int round = 0; round < 10; round++) {
		char *first = add(&bench, "{\"topic\": \"many\", \"count\": 20}");

		free(first);
		fetch(&bench, bench.engine, &heard, &topic, 1, 20, 0);
		assert_int_equal(heard.count, 20);
		for (size_t i = 0; i < 20; i++)
			engine_complete(bench.engine, heard.tasks[i].id, NULL, NULL, on_answered,
					&answers[(size_t)round * 20 + i]);
		clear(&heard);
	}
	for (size_t i = 0; i < 200; i++) {
		until(&bench, &answers[i].calls, 1);
		done += answers[i].result == ENGINE_TAKEN && answers[i].calls == 1;
	}
	assert_int_equal(done, 200);
	counts = admin(&bench, "GET", "counts", NULL);
	assert_int_equal(json_get_integer(counts, "completed", 0), 200);
	json_decref(counts);
	free(answers);
	tear_down(&bench);
}

TESTS(cmocka_unit_test(a_task_is_fetched_with_all_that_is_known_of_it_and_completed),
      cmocka_unit_test(a_long_poll_is_answered_when_a_task_appears_and_its_lock_counts_from_then),
      cmocka_unit_test(the_options_of_topics_reach_the_engine),
      cmocka_unit_test(the_order_is_by_priority_or_by_age_as_configured),
      cmocka_unit_test(a_failure_is_reported_whole_and_its_message_is_cut),
      cmocka_unit_test(a_bpmn_error_takes_its_variables_along),
      cmocka_unit_test(a_lock_is_extended_given_back_and_lost),
      cmocka_unit_test(an_expired_lock_completes_but_is_not_extended),
      cmocka_unit_test(a_text_that_is_too_long_for_the_engine_is_refused_for_good),
      cmocka_unit_test(our_locks_are_listed_over_pages_without_waits_for_retries),
      cmocka_unit_test(a_stopped_poll_locks_nothing_and_tells_so_at_a_turn),
      cmocka_unit_test(a_stopped_poll_whose_answer_arrives_is_waited_for_but_not_for_ever),
      cmocka_unit_test(a_second_poll_at_the_same_time_is_refused),
      cmocka_unit_test(every_broken_answer_to_a_poll_is_tried_again_with_words),
      cmocka_unit_test(a_completion_whose_answer_was_lost_is_gone_when_it_is_said_again),
      cmocka_unit_test(an_engine_that_is_away_or_refuses_the_password_is_tried_again),
      cmocka_unit_test(an_id_that_would_lead_elsewhere_is_refused_and_not_sent),
      cmocka_unit_test(freeing_the_engine_ends_every_call_with_stopped),
      cmocka_unit_test(many_calls_at_once_are_each_answered_once))
