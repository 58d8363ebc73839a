/* test_local.c: the embedded engine keeps the rules of the real ones, for several workers and over restarts. Long,
 * because it mirrors one file and is a list of cases. */
#include "check.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/local.h"

#define LOCK 60000
#define KEEP 3600000

/* What one test has: a folder, a database in it, a log, and up to two engines. */
struct bench {
	char folder[64], database[96];
	struct log *log;
	struct engine *one, *two;
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

static struct engine *open_engine(struct bench *bench, const char *worker)
{
	struct error error = {""};
	struct engine *engine = local_new("embedded", worker, bench->database, KEEP, bench->log, &error);

	if (!engine)
		fail_msg("%s", error.text);
	return engine;
}

static void set_up(struct bench *bench)
{
	*bench = (struct bench){.folder = "/tmp/bptl-local-XXXXXX"};
	assert_non_null(mkdtemp(bench->folder));
	(void)snprintf(bench->database, sizeof(bench->database), "%s/tasks.db", bench->folder);
	bench->log = log_new(LOG_ERROR, LOG_LOGFMT);
	bench->one = open_engine(bench, "one");
}

static void tear_down(struct bench *bench)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[128];

	if (bench->one)
		engine_free(bench->one);
	if (bench->two)
		engine_free(bench->two);
	log_free(bench->log);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", bench->database, ends[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(bench->folder), 0);
}

static void reopen(struct bench *bench)
{
	engine_free(bench->one);
	bench->one = open_engine(bench, "one");
}

static void clear(struct heard *heard)
{
	for (size_t i = 0; i < heard->count && i < 20; i++)
		engine_task_clear(&heard->tasks[i]);
	*heard = (struct heard){0};
}

static void on_fetched(void *arg, enum engine_result result, struct engine_task *tasks, size_t count, const char *words)
{
	struct heard *heard = arg;

	heard->calls++;
	heard->result = result;
	heard->count = count;
	(void)snprintf(heard->words, sizeof(heard->words), "%s", words);
	for (size_t i = 0; i < count && i < 20; i++) {
		heard->tasks[i] = tasks[i];
		tasks[i] = (struct engine_task){0};
	}
}

static void on_answered(void *arg, enum engine_result result, const char *words)
{
	struct heard *heard = arg;

	heard->calls++;
	heard->result = result;
	(void)snprintf(heard->words, sizeof(heard->words), "%s", words);
}

static void on_listed(void *arg, enum engine_result result, const char *const *ids, size_t count, const char *words)
{
	struct heard *heard = arg;

	on_answered(arg, result, words);
	for (size_t i = 0; i < count && i < 20; i++)
		(void)snprintf(heard->ids[i], sizeof(heard->ids[i]), "%s", ids[i]);
	heard->count = 0;
	heard->calls = (int)(100 + count);
}

/* Turns an engine until a call came back, at most 5 seconds. */
static void turn(struct engine *engine, const struct heard *heard)
{
	int64_t end = clock_boot() + 5000;

	while (heard->calls == 0) {
		int64_t next = engine_turn(engine, clock_boot());
		int64_t wait = next - clock_boot();

		assert_true(clock_boot() < end);
		if (heard->calls == 0 && wait > 0)
			(void)usleep((useconds_t)(wait > 300 ? 300 : wait) * 1000);
	}
}

static char *submit(struct bench *bench, const char *topic, const char *variables, const char *key, int64_t priority)
{
	json_t *value = variables ? json_loads(variables, 0, NULL) : NULL;
	struct error error = {""};
	char *id = NULL;

	if (local_submit(bench->database, topic, value, key, priority, &id, &error))
		fail_msg("%s", error.text);
	json_decref(value);
	return id;
}

static void fetch(struct engine *engine, struct heard *heard, const struct engine_topic *topics, size_t count, int most,
		  int64_t wait)
{
	clear(heard);
	engine_fetch(engine, topics, count, most, wait, on_fetched, heard);
	assert_int_equal(heard->calls, 0);
	turn(engine, heard);
	assert_int_equal(heard->calls, 1);
}

/* Fetches at once from one topic. */
static void take(struct engine *engine, struct heard *heard, const char *name, int64_t lock, int most)
{
	struct engine_topic topic = {.name = name, .lock = lock};

	fetch(engine, heard, &topic, 1, most, 0);
	assert_int_equal(heard->result, ENGINE_TAKEN);
}

static enum engine_result complete(struct engine *engine, const char *id, const char *variables)
{
	json_t *value = variables ? json_loads(variables, 0, NULL) : NULL;
	struct heard heard = {0};

	engine_complete(engine, id, value, NULL, on_answered, &heard);
	json_decref(value); /* it was copied */
	assert_int_equal(heard.calls, 0);
	turn(engine, &heard);
	assert_int_equal(heard.calls, 1);
	assert_true((heard.result == ENGINE_TAKEN) == (*heard.words == '\0'));
	return heard.result;
}

static enum engine_result fail_task(struct engine *engine, const char *id, const char *message, int retries,
				    int64_t wait)
{
	struct heard heard = {0};

	engine_fail(engine, id, message, "details", retries, wait, on_answered, &heard);
	turn(engine, &heard);
	return heard.result;
}

static enum engine_result extend(struct engine *engine, const char *id, int64_t lock)
{
	struct heard heard = {0};

	engine_extend(engine, id, lock, on_answered, &heard);
	turn(engine, &heard);
	return heard.result;
}

static enum engine_result unlock(struct engine *engine, const char *id)
{
	struct heard heard = {0};

	engine_unlock(engine, id, on_answered, &heard);
	turn(engine, &heard);
	return heard.result;
}

/* How many tasks the engine says its worker holds. */
static int locked(struct engine *engine, struct heard *heard)
{
	clear(heard);
	engine_list_locked(engine, on_listed, heard);
	turn(engine, heard);
	assert_int_equal(heard->result, ENGINE_TAKEN);
	return heard->calls - 100;
}

/* The task as `bptl tasks` shows it, with this state. New reference. */
static json_t *shown(struct bench *bench, const char *id, const char *state)
{
	struct error error = {""};
	json_t *tasks = local_tasks(bench->database, NULL, 1000, &error), *task, *found = NULL;
	size_t i;

	if (!tasks)
		fail_msg("%s", error.text);
	json_array_foreach (tasks, i, task)
		if (text_equal(json_string_value(json_object_get(task, "id")), id))
			found = json_incref(task);
	json_decref(tasks);
	assert_non_null(found);
	assert_string_equal(json_string_value(json_object_get(found, "state")), state);
	return found;
}

static void assert_state(struct bench *bench, const char *id, const char *state)
{
	json_decref(shown(bench, id, state));
}

/* ---- fetching ---- */

TEST(a_submitted_task_is_fetched_with_its_variables)
{
	struct bench bench;
	struct heard heard = {0};
	char *id;
	int64_t before = clock_boot();

	set_up(&bench);
	id = submit(&bench, "a", "{\"zaakUrl\": \"https://x/1\", \"n\": 3}", "sleutel", 7);
	take(bench.one, &heard, "a", LOCK, 5);
	assert_int_equal(heard.count, 1);
	assert_string_equal(heard.tasks[0].id, id);
	assert_string_equal(heard.tasks[0].topic, "a");
	assert_string_equal(heard.tasks[0].business_key, "sleutel");
	assert_int_equal(heard.tasks[0].priority, 7);
	assert_int_equal(heard.tasks[0].retries, -1);
	assert_true(heard.tasks[0].lock_until >= before + LOCK && heard.tasks[0].lock_until <= clock_boot() + LOCK);
	assert_int_equal(json_object_size(heard.tasks[0].variables), 2);
	clear(&heard);
	take(bench.one, &heard, "a", LOCK, 5);
	assert_int_equal(heard.count, 0);
	free(id);
	tear_down(&bench);
}

TEST(priority_comes_first_and_then_age_over_all_topics)
{
	struct bench bench;
	struct heard heard = {0};
	struct engine_topic topics[] = {{.name = "a", .lock = LOCK}, {.name = "b", .lock = LOCK}};
	char *ids[5];

	set_up(&bench);
	ids[2] = submit(&bench, "a", NULL, NULL, 0);
	ids[3] = submit(&bench, "b", NULL, NULL, 0);
	ids[0] = submit(&bench, "b", NULL, NULL, 9);
	ids[4] = submit(&bench, "a", NULL, NULL, -1);
	ids[1] = submit(&bench, "a", NULL, NULL, 9);
	fetch(bench.one, &heard, topics, 2, 3, 0);
	assert_int_equal(heard.count, 3);
	for (size_t i = 0; i < 3; i++)
		assert_string_equal(heard.tasks[i].id, ids[i]);
	fetch(bench.one, &heard, topics, 2, 20, 0);
	assert_int_equal(heard.count, 2);
	for (size_t i = 0; i < 2; i++)
		assert_string_equal(heard.tasks[i].id, ids[i + 3]);
	for (size_t i = 0; i < 5; i++)
		free(ids[i]);
	clear(&heard);
	tear_down(&bench);
}

TEST(only_the_topics_that_were_asked_for_are_fetched)
{
	struct bench bench;
	struct heard heard = {0};

	set_up(&bench);
	free(submit(&bench, "b", NULL, NULL, 0));
	free(submit(&bench, "A", NULL, NULL, 0));
	take(bench.one, &heard, "a", LOCK, 20);
	assert_int_equal(heard.count, 0);
	take(bench.one, &heard, "A", LOCK, 20);
	assert_int_equal(heard.count, 1);
	clear(&heard);
	tear_down(&bench);
}

TEST(business_key_and_process_variables_and_tenants_filter)
{
	struct bench bench;
	struct heard heard = {0};
	const char *const keys[] = {"intake", NULL};
	json_t *wanted = json_pack("{s:s, s:i}", "soort", "x", "n", 2);
	struct engine_topic by_key = {.name = "a", .lock = LOCK, .business_key = "k2"};
	struct engine_topic by_value = {.name = "a", .lock = LOCK, .process_variables = wanted};
	struct engine_topic by_definition = {.name = "a", .lock = LOCK, .definition_keys = keys};
	struct engine_topic by_tenant = {.name = "a", .lock = LOCK, .tenants = keys};
	struct engine_topic no_tenant = {.name = "a", .lock = LOCK, .without_tenant = 1};
	char *first, *second;

	set_up(&bench);
	first = submit(&bench, "a", "{\"soort\": \"x\", \"n\": 2}", "k1", 0);
	second = submit(&bench, "a", "{\"soort\": \"x\", \"n\": 3}", "k2", 0);
	fetch(bench.one, &heard, &by_definition, 1, 20, 0);
	assert_int_equal(heard.count, 0);
	fetch(bench.one, &heard, &by_tenant, 1, 20, 0);
	assert_int_equal(heard.count, 0);
	fetch(bench.one, &heard, &by_value, 1, 20, 0);
	assert_int_equal(heard.count, 1);
	assert_string_equal(heard.tasks[0].id, first);
	fetch(bench.one, &heard, &by_key, 1, 20, 0);
	assert_int_equal(heard.count, 1);
	assert_string_equal(heard.tasks[0].id, second);
	assert_int_equal(unlock(bench.one, second), ENGINE_TAKEN);
	fetch(bench.one, &heard, &no_tenant, 1, 20, 0);
	assert_int_equal(heard.count, 1);
	clear(&heard);
	json_decref(wanted);
	free(first);
	free(second);
	tear_down(&bench);
}

TEST(only_the_variables_that_were_asked_for_come_along)
{
	struct bench bench;
	struct heard heard = {0};
	const char *const names[] = {"b", "nowhere", NULL}, *const none[] = {NULL};
	struct engine_topic topic = {.name = "a", .lock = 1, .variables = names};

	set_up(&bench);
	free(submit(&bench, "a", "{\"a\": 1, \"b\": 2, \"c\": 3}", NULL, 0));
	fetch(bench.one, &heard, &topic, 1, 1, 0);
	assert_int_equal(json_object_size(heard.tasks[0].variables), 1);
	assert_non_null(json_object_get(heard.tasks[0].variables, "b"));
	(void)usleep(5000);
	topic.variables = none;
	fetch(bench.one, &heard, &topic, 1, 1, 0);
	assert_int_equal(heard.count, 1);
	assert_int_equal(json_object_size(heard.tasks[0].variables), 0);
	clear(&heard);
	tear_down(&bench);
}

TEST(a_waiting_fetch_sees_a_task_of_another_process_soon)
{
	struct bench bench;
	struct heard heard = {0};
	struct engine_topic topic = {.name = "a", .lock = LOCK};
	char *database;
	int64_t start;
	int status;
	pid_t child;

	set_up(&bench);
	database = bench.database;
	child = fork();
	if (child == 0) {
		struct error error;
		char *id;

		(void)usleep(300000);
		_exit(local_submit(database, "a", NULL, NULL, 0, &id, &error) ? 1 : 0);
	}
	start = clock_boot();
	fetch(bench.one, &heard, &topic, 1, 5, 4000);
	assert_int_equal(heard.count, 1);
	assert_true(clock_boot() - start >= 250 && clock_boot() - start < 2000);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	clear(&heard);
	tear_down(&bench);
}

TEST(a_fetch_without_tasks_ends_after_its_wait)
{
	struct bench bench;
	struct heard heard = {0};
	struct engine_topic topic = {.name = "a", .lock = LOCK};
	int64_t start = clock_boot();

	set_up(&bench);
	fetch(bench.one, &heard, &topic, 1, 5, 450);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	assert_int_equal(heard.count, 0);
	assert_string_equal(heard.words, "");
	assert_true(clock_boot() - start >= 450 && clock_boot() - start < 2000);
	tear_down(&bench);
}

TEST(a_stopped_fetch_says_so_at_the_next_turn_and_locks_nothing)
{
	struct bench bench;
	struct heard heard = {0};
	struct engine_topic topic = {.name = "a", .lock = LOCK};
	char *id;

	set_up(&bench);
	engine_fetch(bench.one, &topic, 1, 5, 5000, on_fetched, &heard);
	assert_true(engine_turn(bench.one, clock_boot()) <= clock_boot() + 200);
	id = submit(&bench, "a", NULL, NULL, 0);
	engine_stop_fetch(bench.one);
	assert_int_equal(heard.calls, 0);
	(void)engine_turn(bench.one, clock_boot());
	assert_int_equal(heard.calls, 1);
	assert_int_equal(heard.result, ENGINE_STOPPED);
	assert_state(&bench, id, "waiting");
	engine_stop_fetch(bench.one);
	assert_true(engine_turn(bench.one, clock_boot()) == INT64_MAX);
	assert_int_equal(heard.calls, 1);
	free(id);
	tear_down(&bench);
}

TEST(a_second_fetch_at_the_same_time_is_refused)
{
	struct bench bench;
	struct heard first = {0}, second = {0};
	struct engine_topic topic = {.name = "a", .lock = LOCK};

	set_up(&bench);
	engine_fetch(bench.one, &topic, 1, 5, 5000, on_fetched, &first);
	engine_fetch(bench.one, &topic, 1, 5, 5000, on_fetched, &second);
	turn(bench.one, &second);
	assert_int_equal(second.result, ENGINE_REFUSED);
	assert_int_equal(first.calls, 0);
	engine_free(bench.one);
	bench.one = NULL;
	assert_int_equal(first.result, ENGINE_STOPPED);
	assert_int_equal(first.calls, 1);
	tear_down(&bench);
}

/* ---- outcomes ---- */

TEST(completing_keeps_what_was_set)
{
	struct bench bench;
	struct heard heard = {0};
	char *id;
	json_t *task, *outcome;

	set_up(&bench);
	id = submit(&bench, "a", "{\"x\": 1}", NULL, 0);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_state(&bench, id, "locked");
	assert_int_equal(complete(bench.one, id, "{\"y\": {\"type\": \"String\", \"value\": \"z\"}}"), ENGINE_TAKEN);
	task = shown(&bench, id, "completed");
	outcome = json_object_get(task, "outcome");
	assert_string_equal(json_string_value(json_object_get(json_object_get(outcome, "y"), "value")), "z");
	assert_int_equal(json_object_size(json_object_get(task, "variables")), 1);
	json_decref(task);
	assert_int_equal(complete(bench.one, id, NULL), ENGINE_GONE);
	assert_int_equal(extend(bench.one, id, LOCK), ENGINE_GONE);
	assert_int_equal(fail_task(bench.one, id, "x", 1, 0), ENGINE_GONE);
	assert_int_equal(unlock(bench.one, id), ENGINE_GONE);
	assert_int_equal(complete(bench.one, "no-such-task", NULL), ENGINE_GONE);
	free(id);
	clear(&heard);
	tear_down(&bench);
}

TEST(another_workers_task_is_lost_for_all_that_can_be_said)
{
	struct bench bench;
	struct heard heard = {0};
	char *id;

	set_up(&bench);
	bench.two = open_engine(&bench, "two");
	id = submit(&bench, "a", NULL, NULL, 0);
	take(bench.one, &heard, "a", LOCK, 1);
	take(bench.two, &heard, "a", LOCK, 1);
	assert_int_equal(heard.count, 0);
	assert_int_equal(complete(bench.two, id, NULL), ENGINE_LOST);
	assert_int_equal(extend(bench.two, id, LOCK), ENGINE_LOST);
	assert_int_equal(fail_task(bench.two, id, "x", 0, 0), ENGINE_LOST);
	assert_int_equal(unlock(bench.two, id), ENGINE_LOST);
	clear(&heard);
	engine_bpmn_error(bench.two, id, "C", "m", NULL, on_answered, &heard);
	turn(bench.two, &heard);
	assert_int_equal(heard.result, ENGINE_LOST);
	assert_contains(heard.words, "locked by worker one");
	assert_int_equal(complete(bench.one, id, NULL), ENGINE_TAKEN);
	free(id);
	tear_down(&bench);
}

TEST(what_has_been_over_for_long_enough_is_deleted_and_nothing_else)
{
	struct bench bench;
	struct heard heard = {0};
	struct error error;
	struct local_store *store;
	char *done, *waiting;
	json_t *left;

	set_up(&bench);
	done = submit(&bench, "a", NULL, NULL, 5);
	waiting = submit(&bench, "b", NULL, NULL, 1);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(complete(bench.one, done, NULL), ENGINE_TAKEN);
	store = local_open(bench.database, 0, &error);
	assert_int_equal(local_purge(store, KEEP, &error), 0);
	assert_state(&bench, done, "completed");
	(void)usleep(20000);
	assert_int_equal(local_purge(store, 5, &error), 0);
	left = local_tasks(bench.database, NULL, 10, &error);
	assert_int_equal(json_array_size(left), 1);
	json_decref(left);
	assert_state(&bench, waiting, "waiting");
	local_close(store);
	free(done);
	free(waiting);
	clear(&heard);
	tear_down(&bench);
}

TEST(an_expired_lock_still_completes_unless_another_took_the_task)
{
	struct bench bench;
	struct heard heard = {0};
	char *ours, *theirs;

	set_up(&bench);
	bench.two = open_engine(&bench, "two");
	ours = submit(&bench, "a", NULL, NULL, 5);
	theirs = submit(&bench, "a", NULL, NULL, 1);
	take(bench.one, &heard, "a", 20, 2);
	assert_int_equal(heard.count, 2);
	(void)usleep(40000);
	assert_state(&bench, ours, "waiting");
	assert_int_equal(extend(bench.one, ours, LOCK), ENGINE_LOST);
	assert_int_equal(complete(bench.one, ours, NULL), ENGINE_TAKEN);
	take(bench.two, &heard, "a", LOCK, 2);
	assert_int_equal(heard.count, 1);
	assert_string_equal(heard.tasks[0].id, theirs);
	assert_int_equal(complete(bench.one, theirs, NULL), ENGINE_LOST);
	free(ours);
	free(theirs);
	clear(&heard);
	tear_down(&bench);
}

TEST(an_extended_lock_counts_from_now)
{
	struct bench bench;
	struct heard heard = {0};
	char *id;

	set_up(&bench);
	id = submit(&bench, "a", NULL, NULL, 0);
	take(bench.one, &heard, "a", 300, 1);
	assert_int_equal(extend(bench.one, id, LOCK), ENGINE_TAKEN);
	(void)usleep(320000);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(heard.count, 0);
	assert_int_equal(extend(bench.one, id, 1), ENGINE_TAKEN);
	(void)usleep(10000);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(heard.count, 1);
	free(id);
	clear(&heard);
	tear_down(&bench);
}

TEST(a_failure_waits_for_its_retry_and_counts_down)
{
	struct bench bench;
	struct heard heard = {0};
	char *id;
	json_t *task;

	set_up(&bench);
	id = submit(&bench, "a", NULL, NULL, 0);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(fail_task(bench.one, id, "it rained", 2, 300), ENGINE_TAKEN);
	task = shown(&bench, id, "failed");
	assert_string_equal(json_string_value(json_object_get(task, "error")), "it rained");
	assert_string_equal(json_string_value(json_object_get(task, "details")), "details");
	assert_int_equal(json_integer_value(json_object_get(task, "retries")), 2);
	json_decref(task);
	assert_int_equal(locked(bench.one, &heard), 0);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(heard.count, 0);
	(void)usleep(320000);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.tasks[0].retries, 2);
	free(id);
	clear(&heard);
	tear_down(&bench);
}

TEST(no_retries_left_is_an_incident_until_somebody_grants_new_ones)
{
	struct bench bench;
	struct heard heard = {0};
	struct error error = {""};
	char *id;

	set_up(&bench);
	id = submit(&bench, "a", NULL, NULL, 0);
	assert_int_equal(local_retry(bench.database, id, 1, &error), -1);
	assert_contains(error.text, "no incident");
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(fail_task(bench.one, id, "broken", 0, 0), ENGINE_TAKEN);
	assert_state(&bench, id, "incident");
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(heard.count, 0);
	assert_int_equal(local_retry(bench.database, id, 0, &error), -1);
	assert_int_equal(local_retry(bench.database, "other", 1, &error), -1);
	assert_int_equal(local_retry(bench.database, id, 2, &error), 0);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.tasks[0].retries, 2);
	free(id);
	clear(&heard);
	tear_down(&bench);
}

TEST(a_bpmn_error_ends_the_task_with_its_code)
{
	struct bench bench;
	struct heard heard = {0};
	json_t *variables = json_pack("{s:{s:s, s:i}}", "n", "type", "Integer", "value", 4), *task;
	char *id;

	set_up(&bench);
	id = submit(&bench, "a", NULL, NULL, 0);
	take(bench.one, &heard, "a", LOCK, 1);
	clear(&heard);
	engine_bpmn_error(bench.one, id, "GEEN_ZAAK", "there is no zaak", variables, on_answered, &heard);
	turn(bench.one, &heard);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	task = shown(&bench, id, "error");
	assert_string_equal(json_string_value(json_object_get(task, "code")), "GEEN_ZAAK");
	assert_string_equal(json_string_value(json_object_get(task, "error")), "there is no zaak");
	assert_true(json_equal(json_object_get(task, "outcome"), variables));
	json_decref(task);
	json_decref(variables);
	assert_int_equal(complete(bench.one, id, NULL), ENGINE_GONE);
	free(id);
	tear_down(&bench);
}

TEST(an_unlocked_task_is_free_at_once)
{
	struct bench bench;
	struct heard heard = {0};
	char *id;

	set_up(&bench);
	bench.two = open_engine(&bench, "two");
	id = submit(&bench, "a", NULL, NULL, 0);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(unlock(bench.one, id), ENGINE_TAKEN);
	assert_int_equal(complete(bench.one, id, NULL), ENGINE_LOST);
	take(bench.two, &heard, "a", LOCK, 1);
	assert_int_equal(heard.count, 1);
	assert_int_equal(heard.tasks[0].retries, -1);
	free(id);
	clear(&heard);
	tear_down(&bench);
}

TEST(a_long_message_is_cut_at_666_characters_and_not_inside_one)
{
	struct bench bench;
	struct heard heard = {0};
	struct text message = {0};
	json_t *task;
	char *id;

	set_up(&bench);
	for (int i = 0; i < 700; i++)
		text_add(&message, "\xc3\xa9");
	id = submit(&bench, "a", NULL, NULL, 0);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(fail_task(bench.one, id, message.data, 0, 0), ENGINE_TAKEN);
	task = shown(&bench, id, "incident");
	assert_int_equal(json_string_length(json_object_get(task, "error")), 2 * 666);
	json_decref(task);
	text_free(&message);
	free(id);
	clear(&heard);
	tear_down(&bench);
}

TEST(several_sayings_of_one_turn_are_each_answered_in_order)
{
	struct bench bench;
	struct heard heard = {0}, answers[12] = {0};
	char *ids[12];

	set_up(&bench);
	for (size_t i = 0; i < 12; i++)
		ids[i] = submit(&bench, "a", NULL, NULL, 0);
	take(bench.one, &heard, "a", LOCK, 12);
	assert_int_equal(heard.count, 12);
	for (size_t i = 0; i < 12; i++)
		engine_complete(bench.one, i == 5 ? ids[4] : ids[i], NULL, NULL, on_answered, &answers[i]);
	assert_true(engine_turn(bench.one, clock_boot()) == INT64_MAX);
	for (size_t i = 0; i < 12; i++) {
		assert_int_equal(answers[i].calls, 1);
		assert_int_equal(answers[i].result, i == 5 ? ENGINE_GONE : ENGINE_TAKEN);
		free(ids[i]);
	}
	assert_int_equal(locked(bench.one, &heard), 1);
	tear_down(&bench);
}

/* ---- over restarts, and together ---- */

TEST(locks_and_retries_outlive_the_host)
{
	struct bench bench;
	struct heard heard = {0};
	char *held, *failed;

	set_up(&bench);
	held = submit(&bench, "a", NULL, NULL, 1);
	failed = submit(&bench, "a", NULL, NULL, 0);
	take(bench.one, &heard, "a", LOCK, 2);
	assert_int_equal(fail_task(bench.one, failed, "x", 1, LOCK), ENGINE_TAKEN);
	reopen(&bench);
	assert_int_equal(locked(bench.one, &heard), 1);
	assert_string_equal(heard.ids[0], held);
	take(bench.one, &heard, "a", LOCK, 2);
	assert_int_equal(heard.count, 0);
	assert_int_equal(complete(bench.one, held, NULL), ENGINE_TAKEN);
	reopen(&bench);
	assert_state(&bench, held, "completed");
	assert_state(&bench, failed, "failed");
	free(held);
	free(failed);
	tear_down(&bench);
}

TEST(two_hosts_share_the_tasks_and_none_is_given_twice)
{
	struct bench bench;
	struct heard heard = {0};
	int given[2] = {0};
	int status;
	pid_t child;

	set_up(&bench);
	engine_free(bench.one); /* no connection may be carried through a fork */
	bench.one = NULL;
	for (int i = 0; i < 60; i++)
		free(submit(&bench, "a", NULL, NULL, 0));
	child = fork();
	for (int i = 0; i < 10; i++) {
		if (!bench.one)
			bench.one = open_engine(&bench, child == 0 ? "two" : "one");
		take(bench.one, &heard, "a", LOCK, 4);
		given[0] += (int)heard.count;
		for (size_t k = 0; k < heard.count; k++)
			assert_int_equal(complete(bench.one, heard.tasks[k].id, NULL), ENGINE_TAKEN);
	}
	clear(&heard);
	if (child == 0)
		_exit(given[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	given[1] = WEXITSTATUS(status);
	assert_int_equal(given[0] + given[1], 60);
	tear_down(&bench);
}

/* ---- the file ---- */

TEST(the_database_is_private)
{
	struct bench bench;
	struct stat about;
	struct error error = {""};
	char wal[128];

	set_up(&bench);
	free(submit(&bench, "a", NULL, NULL, 0));
	assert_int_equal(stat(bench.database, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	(void)snprintf(wal, sizeof(wal), "%s-wal", bench.database);
	assert_int_equal(stat(wal, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	assert_int_equal(chmod(bench.database, 0640), 0);
	assert_null(local_new("e", "w", bench.database, KEEP, bench.log, &error));
	assert_contains(error.text, "chmod 600");
	tear_down(&bench);
}

static void execute(const char *database, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

TEST(a_newer_or_foreign_or_broken_database_is_refused_with_a_reason)
{
	struct bench bench;
	struct error error = {""};
	FILE *file;

	set_up(&bench);
	engine_free(bench.one);
	bench.one = NULL;
	execute(bench.database, "PRAGMA user_version = 2");
	assert_null(local_new("e", "w", bench.database, KEEP, bench.log, &error));
	assert_contains(error.text, "newer bptl");
	assert_contains(error.text, bench.database);
	execute(bench.database, "PRAGMA user_version = 1; PRAGMA application_id = 3");
	assert_null(local_new("e", "w", bench.database, KEEP, bench.log, &error));
	assert_contains(error.text, "another program");
	file = fopen(bench.database, "we");
	assert_non_null(file);
	for (int i = 0; i < 500; i++)
		(void)fputs("this is not a database", file);
	(void)fclose(file);
	assert_null(local_new("e", "w", bench.database, KEEP, bench.log, &error));
	assert_contains(error.text, "not a database");
	assert_null(local_new("e", "w", "/nowhere/at/all.db", KEEP, bench.log, &error));
	assert_contains(error.text, "/nowhere/at/all.db");
	assert_null(local_tasks("/tmp/bptl-no-such-file.db", NULL, 5, &error));
	assert_contains(error.text, "no such file");
	assert_int_equal(access("/tmp/bptl-no-such-file.db", F_OK), -1);
	tear_down(&bench);
}

TEST(a_database_that_is_busy_is_tried_again_and_takes_nothing)
{
	struct bench bench;
	struct heard heard = {0};
	sqlite3 *other;
	char *id;

	set_up(&bench);
	id = submit(&bench, "a", NULL, NULL, 0);
	take(bench.one, &heard, "a", LOCK, 1);
	assert_int_equal(sqlite3_open(bench.database, &other), SQLITE_OK);
	assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(complete(bench.one, id, NULL), ENGINE_AGAIN);
	assert_int_equal(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(other);
	assert_state(&bench, id, "locked");
	assert_int_equal(complete(bench.one, id, NULL), ENGINE_TAKEN);
	free(id);
	clear(&heard);
	tear_down(&bench);
}

/* ---- values and lists ---- */

TEST(plain_values_get_the_types_of_a_real_engine)
{
	static const struct {
		const char *given, *made;
	} rows[] = {
		{"\"a\"", "{\"type\":\"String\",\"value\":\"a\",\"valueInfo\":{}}"},
		{"0", "{\"type\":\"Integer\",\"value\":0,\"valueInfo\":{}}"},
		{"2147483647", "{\"type\":\"Integer\",\"value\":2147483647,\"valueInfo\":{}}"},
		{"2147483648", "{\"type\":\"Long\",\"value\":2147483648,\"valueInfo\":{}}"},
		{"-2147483648", "{\"type\":\"Integer\",\"value\":-2147483648,\"valueInfo\":{}}"},
		{"-2147483649", "{\"type\":\"Long\",\"value\":-2147483649,\"valueInfo\":{}}"},
		{"1.5", "{\"type\":\"Double\",\"value\":1.5,\"valueInfo\":{}}"},
		{"true", "{\"type\":\"Boolean\",\"value\":true,\"valueInfo\":{}}"},
		{"false", "{\"type\":\"Boolean\",\"value\":false,\"valueInfo\":{}}"},
		{"null", "{\"type\":\"Null\",\"value\":null,\"valueInfo\":{}}"},
		{"[]", "{\"type\":\"Json\",\"value\":\"[]\",\"valueInfo\":{}}"},
		{"{\"b\":1,\"a\":2}", "{\"type\":\"Json\",\"value\":\"{\\\"b\\\":1,\\\"a\\\":2}\",\"valueInfo\":{}}"},
		{"{\"type\":\"json\",\"value\":[1]}", "{\"type\":\"Json\",\"value\":\"[1]\",\"valueInfo\":{}}"},
		{"{\"type\":\"Json\",\"value\":\"[1]\"}", "{\"type\":\"Json\",\"value\":\"[1]\",\"valueInfo\":{}}"},
		{"{\"type\":\"Null\"}", "{\"type\":\"Null\",\"value\":null,\"valueInfo\":{}}"},
		{"{\"type\":\"String\",\"value\":null}", "{\"type\":\"String\",\"value\":null,\"valueInfo\":{}}"},
		{"{\"type\":\"Object\",\"value\":\"{}\",\"valueInfo\":{\"objectTypeName\":\"x\"}}",
		 "{\"type\":\"Object\",\"value\":\"{}\",\"valueInfo\":{\"objectTypeName\":\"x\"}}"},
		{"{\"type\":\"String\",\"value\":\"a\",\"more\":1}",
		 "{\"type\":\"Json\",\"value\":\"{\\\"type\\\":\\\"String\\\",\\\"value\\\":\\\"a\\\",\\\"more\\\":1}"
		 "\","
		 "\"valueInfo\":{}}"},
		{"{\"type\":\"x\"}", "{\"type\":\"Json\",\"value\":\"{\\\"type\\\":\\\"x\\\"}\",\"valueInfo\":{}}"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		json_t *given = json_object(), *made, *wanted = json_loads(rows[i].made, 0, NULL);
		struct error error = {""};

		json_object_set_new(given, "v", json_loads(rows[i].given, JSON_DECODE_ANY, NULL));
		made = local_variables(given, &error);
		if (!json_equal(json_object_get(made, "v"), wanted))
			fail_msg("%s became %s (%s)", rows[i].given, made ? json_dumps(made, 0) : "nothing",
				 error.text);
		json_decref(given);
		json_decref(made);
		json_decref(wanted);
	}
}

TEST(envelopes_that_do_not_fit_are_refused_by_name)
{
	static const char *const bad[] = {"{\"type\":\"Strin\",\"value\":\"a\"}",
					  "{\"type\":\"Integer\",\"value\":\"1\"}",
					  "{\"type\":\"Integer\",\"value\":2147483648}",
					  "{\"type\":\"Short\",\"value\":-32769}",
					  "{\"type\":\"Long\",\"value\":1.0}",
					  "{\"type\":\"Boolean\",\"value\":\"true\"}",
					  "{\"type\":\"Double\",\"value\":\"1\"}",
					  "{\"type\":\"String\",\"value\":1}",
					  "{\"type\":\"Null\",\"value\":1}",
					  "{\"type\":\"Json\",\"value\":\"{\"}"};
	struct error error;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		json_t *given = json_object();

		error.text[0] = '\0';
		json_object_set_new(given, "mijnVariabele", json_loads(bad[i], 0, NULL));
		assert_null(local_variables(given, &error));
		assert_contains(error.text, "mijnVariabele");
		json_decref(given);
	}
}

TEST(the_list_of_tasks_is_newest_first_and_can_be_narrowed)
{
	struct bench bench;
	struct heard heard = {0};
	struct error error = {""};
	json_t *tasks;
	char *ids[3];

	set_up(&bench);
	for (size_t i = 0; i < 3; i++)
		ids[i] = submit(&bench, "a", "{\"n\": 1}", "k", (int64_t)(3 - i));
	take(bench.one, &heard, "a", LOCK, 1);
	tasks = local_tasks(bench.database, NULL, 2, &error);
	assert_int_equal(json_array_size(tasks), 2);
	assert_string_equal(json_string_value(json_object_get(json_array_get(tasks, 0), "id")), ids[2]);
	assert_string_equal(json_string_value(json_object_get(json_array_get(tasks, 1), "id")), ids[1]);
	json_decref(tasks);
	tasks = local_tasks(bench.database, "locked", 10, &error);
	assert_int_equal(json_array_size(tasks), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(tasks, 0), "id")), ids[0]);
	assert_contains(json_string_value(json_object_get(json_array_get(tasks, 0), "created")), "+00:00");
	assert_true(json_is_null(json_object_get(json_array_get(tasks, 0), "retries")));
	json_decref(tasks);
	assert_null(local_tasks(bench.database, "done", 10, &error));
	assert_contains(error.text, "incident");
	for (size_t i = 0; i < 3; i++)
		free(ids[i]);
	clear(&heard);
	tear_down(&bench);
}

TEST(a_hostile_text_stays_a_text)
{
	struct bench bench;
	struct heard heard = {0};
	const char *hostile = "x'; DROP TABLE task; --";
	char *id;

	set_up(&bench);
	id = submit(&bench, hostile, "{\"a'\\\"\": \"';\"}", hostile, 0);
	take(bench.one, &heard, hostile, LOCK, 1);
	assert_int_equal(heard.count, 1);
	assert_string_equal(heard.tasks[0].business_key, hostile);
	assert_int_equal(complete(bench.one, "' OR 1=1 --", NULL), ENGINE_GONE);
	assert_int_equal(complete(bench.one, id, "{\"';--\": 1}"), ENGINE_TAKEN);
	free(id);
	clear(&heard);
	tear_down(&bench);
}

TESTS(cmocka_unit_test(what_has_been_over_for_long_enough_is_deleted_and_nothing_else),
      cmocka_unit_test(a_submitted_task_is_fetched_with_its_variables),
      cmocka_unit_test(priority_comes_first_and_then_age_over_all_topics),
      cmocka_unit_test(only_the_topics_that_were_asked_for_are_fetched),
      cmocka_unit_test(business_key_and_process_variables_and_tenants_filter),
      cmocka_unit_test(only_the_variables_that_were_asked_for_come_along),
      cmocka_unit_test(a_waiting_fetch_sees_a_task_of_another_process_soon),
      cmocka_unit_test(a_fetch_without_tasks_ends_after_its_wait),
      cmocka_unit_test(a_stopped_fetch_says_so_at_the_next_turn_and_locks_nothing),
      cmocka_unit_test(a_second_fetch_at_the_same_time_is_refused), cmocka_unit_test(completing_keeps_what_was_set),
      cmocka_unit_test(another_workers_task_is_lost_for_all_that_can_be_said),
      cmocka_unit_test(an_expired_lock_still_completes_unless_another_took_the_task),
      cmocka_unit_test(an_extended_lock_counts_from_now),
      cmocka_unit_test(a_failure_waits_for_its_retry_and_counts_down),
      cmocka_unit_test(no_retries_left_is_an_incident_until_somebody_grants_new_ones),
      cmocka_unit_test(a_bpmn_error_ends_the_task_with_its_code), cmocka_unit_test(an_unlocked_task_is_free_at_once),
      cmocka_unit_test(a_long_message_is_cut_at_666_characters_and_not_inside_one),
      cmocka_unit_test(several_sayings_of_one_turn_are_each_answered_in_order),
      cmocka_unit_test(locks_and_retries_outlive_the_host),
      cmocka_unit_test(two_hosts_share_the_tasks_and_none_is_given_twice), cmocka_unit_test(the_database_is_private),
      cmocka_unit_test(a_newer_or_foreign_or_broken_database_is_refused_with_a_reason),
      cmocka_unit_test(a_database_that_is_busy_is_tried_again_and_takes_nothing),
      cmocka_unit_test(plain_values_get_the_types_of_a_real_engine),
      cmocka_unit_test(envelopes_that_do_not_fit_are_refused_by_name),
      cmocka_unit_test(the_list_of_tasks_is_newest_first_and_can_be_narrowed),
      cmocka_unit_test(a_hostile_text_stays_a_text))
