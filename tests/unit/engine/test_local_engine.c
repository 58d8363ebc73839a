/* test_local_engine.c: the embedded engine when its database does not do what it is told: what was said in one turn is
 * taken as a whole or not at all, the words name the file, and nobody waits for an answer for ever. A trigger stands
 * for a disk that fails at this one place. */
#include "check.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/local.h"

#define KEEP 3600000

struct bench {
	char folder[64], database[96];
	struct log *log;
	struct engine *engine;
};

/* What came back for a call. */
struct heard {
	int calls;
	enum engine_result result;
	char words[500];
	size_t count;
	char id[64];
};

static void set_up(struct bench *bench)
{
	struct error error = {""};

	*bench = (struct bench){.folder = "/tmp/bptl-local-XXXXXX"};
	assert_non_null(mkdtemp(bench->folder));
	(void)snprintf(bench->database, sizeof(bench->database), "%s/tasks.db", bench->folder);
	bench->log = log_new(LOG_ERROR, LOG_LOGFMT);
	bench->engine = local_new("embedded", "one", bench->database, KEEP, bench->log, &error);
	if (!bench->engine)
		fail_msg("%s", error.text);
}

static void tear_down(struct bench *bench)
{
	static const char *const ends[] = {"", "-wal", "-shm"};
	char path[128];

	if (bench->engine)
		engine_free(bench->engine);
	log_free(bench->log);
	for (size_t i = 0; i < 3; i++) {
		(void)snprintf(path, sizeof(path), "%s%s", bench->database, ends[i]);
		(void)unlink(path);
	}
	assert_int_equal(rmdir(bench->folder), 0);
}

static void on_fetched(void *arg, enum engine_result result, struct engine_task *tasks, size_t count, const char *words)
{
	struct heard *heard = arg;

	heard->calls++;
	heard->result = result;
	heard->count = count;
	if (count)
		(void)snprintf(heard->id, sizeof(heard->id), "%s", tasks[0].id);
	(void)snprintf(heard->words, sizeof(heard->words), "%s", words);
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
	heard->count = count;
	if (count)
		(void)snprintf(heard->id, sizeof(heard->id), "%s", ids[0]);
}

/* In the database, past the engine. */
static void execute(const struct bench *bench, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(bench->database, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	(void)sqlite3_close(db);
}

/* Puts a task on topic a, and locks it. */
static char *locked_task(struct bench *bench)
{
	const struct engine_topic topic = {.name = "a", .lock = 60000};
	struct heard heard = {0};
	struct error error;
	char *id;

	assert_int_equal(local_submit(bench->database, "a", NULL, NULL, 0, &id, &error), 0);
	engine_fetch(bench->engine, &topic, 1, 1, 0, on_fetched, &heard);
	(void)engine_turn(bench->engine, clock_boot());
	assert_int_equal(heard.result, ENGINE_TAKEN);
	assert_string_equal(heard.id, id);
	return id;
}

static void fetch_once(struct bench *bench, struct heard *heard)
{
	const struct engine_topic topic = {.name = "a", .lock = 60000};

	*heard = (struct heard){0};
	engine_fetch(bench->engine, &topic, 1, 5, 0, on_fetched, heard);
	(void)engine_turn(bench->engine, clock_boot());
	assert_int_equal(heard->calls, 1);
}

static void assert_again(const struct bench *bench, const struct heard *heard, const char *words)
{
	assert_int_equal(heard->calls, 1);
	assert_int_equal(heard->result, ENGINE_AGAIN);
	assert_contains(heard->words, bench->database);
	assert_contains(heard->words, words);
}

/* The state of a task as `bptl tasks` shows it. */
static void assert_state(const struct bench *bench, const char *id, const char *state)
{
	struct error error;
	json_t *tasks = local_tasks(bench->database, NULL, 100, &error), *task;
	size_t i;

	assert_non_null(tasks);
	json_array_foreach (tasks, i, task)
		if (strcmp(json_string_value(json_object_get(task, "id")), id) == 0)
			assert_string_equal(json_string_value(json_object_get(task, "state")), state);
	json_decref(tasks);
}

TEST(when_one_of_a_turn_cannot_be_kept_none_is_taken_and_all_may_be_said_again)
{
	struct bench bench;
	struct heard first = {0}, second = {0}, list = {0};
	char *one, *two, *sql;

	set_up(&bench);
	one = locked_task(&bench);
	two = locked_task(&bench);
	sql = mem_format("CREATE TRIGGER fails BEFORE UPDATE ON task WHEN old.id = '%s' BEGIN SELECT RAISE(ABORT, "
			 "'no room'); END",
			 two);
	execute(&bench, sql);
	engine_complete(bench.engine, one, NULL, NULL, on_answered, &first);
	engine_complete(bench.engine, two, NULL, NULL, on_answered, &second);
	engine_list_locked(bench.engine, on_listed, &list);
	(void)engine_turn(bench.engine, clock_boot());
	assert_again(&bench, &first, "no room");
	assert_again(&bench, &second, "no room");
	assert_again(&bench, &list, "no room");
	assert_state(&bench, one, "locked");
	execute(&bench, "DROP TRIGGER fails");
	first = second = list = (struct heard){0};
	engine_complete(bench.engine, one, NULL, NULL, on_answered, &first);
	engine_list_locked(bench.engine, on_listed, &list);
	engine_complete(bench.engine, two, NULL, NULL, on_answered, &second);
	(void)engine_turn(bench.engine, clock_boot());
	assert_int_equal(first.result, ENGINE_TAKEN);
	assert_int_equal(second.result, ENGINE_TAKEN);
	assert_int_equal(list.count, 1);
	assert_string_equal(list.id, two);
	assert_state(&bench, one, "completed");
	free(one);
	free(two);
	free(sql);
	tear_down(&bench);
}

TEST(every_word_about_a_task_that_cannot_be_kept_is_said_again)
{
	struct bench bench;
	struct heard heard[4] = {{0}};
	char *id;

	set_up(&bench);
	id = locked_task(&bench);
	execute(&bench, "CREATE TRIGGER fails BEFORE UPDATE ON task BEGIN SELECT RAISE(ABORT, 'no room'); END");
	engine_fail(bench.engine, id, "m", "d", 1, 1000, on_answered, &heard[0]);
	(void)engine_turn(bench.engine, clock_boot());
	engine_bpmn_error(bench.engine, id, "C", "m", NULL, on_answered, &heard[1]);
	(void)engine_turn(bench.engine, clock_boot());
	engine_extend(bench.engine, id, 1000, on_answered, &heard[2]);
	(void)engine_turn(bench.engine, clock_boot());
	engine_unlock(bench.engine, id, on_answered, &heard[3]);
	(void)engine_turn(bench.engine, clock_boot());
	for (size_t i = 0; i < 4; i++)
		assert_again(&bench, &heard[i], "no room");
	assert_state(&bench, id, "locked");
	free(id);
	tear_down(&bench);
}

TEST(a_task_whose_lock_cannot_be_kept_is_not_handed_out)
{
	struct bench bench;
	struct heard heard;
	struct error error;
	char *id;

	set_up(&bench);
	assert_int_equal(local_submit(bench.database, "a", NULL, NULL, 0, &id, &error), 0);
	execute(&bench, "CREATE TRIGGER fails BEFORE UPDATE ON task BEGIN SELECT RAISE(ABORT, 'no room'); END");
	fetch_once(&bench, &heard);
	assert_again(&bench, &heard, "no room");
	assert_int_equal(heard.count, 0);
	execute(&bench, "DROP TRIGGER fails");
	fetch_once(&bench, &heard);
	assert_int_equal(heard.result, ENGINE_TAKEN);
	assert_int_equal(heard.count, 1);
	assert_string_equal(heard.id, id);
	free(id);
	tear_down(&bench);
}

TEST(a_database_without_its_table_is_said_by_everything_that_needs_it)
{
	struct bench bench;
	struct heard heard, list = {0}, done = {0};
	struct error error = {""};
	char *id = NULL;

	set_up(&bench);
	execute(&bench, "DROP TABLE task");
	fetch_once(&bench, &heard);
	assert_again(&bench, &heard, "no such table: task");
	engine_list_locked(bench.engine, on_listed, &list);
	(void)engine_turn(bench.engine, clock_boot());
	assert_again(&bench, &list, "no such table: task");
	engine_complete(bench.engine, "x", NULL, NULL, on_answered, &done);
	(void)engine_turn(bench.engine, clock_boot());
	assert_again(&bench, &done, "no such table: task");
	assert_int_equal(local_submit(bench.database, "a", NULL, NULL, 0, &id, &error), -1);
	assert_null(id);
	assert_contains(error.text, "no such table: task");
	assert_null(local_tasks(bench.database, NULL, 5, &error));
	assert_contains(error.text, "no such table: task");
	assert_int_equal(local_retry(bench.database, "x", 1, &error), -1);
	assert_contains(error.text, "no such table: task");
	tear_down(&bench);
}

TEST(a_task_that_cannot_be_put_there_or_granted_a_retry_is_said)
{
	struct bench bench;
	struct error error = {""};
	char *id, *other = NULL;

	set_up(&bench);
	assert_int_equal(local_submit(bench.database, "a", NULL, NULL, 0, &id, &error), 0);
	execute(&bench, "UPDATE task SET state = 'incident'; CREATE TRIGGER fails BEFORE INSERT ON task BEGIN SELECT "
			"RAISE(ABORT, 'no room'); END; CREATE TRIGGER stays BEFORE UPDATE ON task BEGIN SELECT "
			"RAISE(ABORT, 'no room either'); END");
	assert_int_equal(local_submit(bench.database, "a", NULL, NULL, 0, &other, &error), -1);
	assert_null(other);
	assert_contains(error.text, "no room");
	assert_int_equal(local_retry(bench.database, id, 1, &error), -1);
	assert_contains(error.text, "no room either");
	assert_state(&bench, id, "incident");
	assert_int_equal(local_submit(bench.database, "", NULL, NULL, 0, &other, &error), -1);
	assert_contains(error.text, "the task has no topic");
	free(id);
	tear_down(&bench);
}

TEST(a_text_that_came_from_elsewhere_and_is_no_utf8_is_shown_all_the_same)
{
	struct bench bench;
	struct error error;
	json_t *tasks;
	char *id;

	set_up(&bench);
	assert_int_equal(local_submit(bench.database, "a", NULL, "caf\xe9", 0, &id, &error), 0);
	execute(&bench, "UPDATE task SET variables = '[1]'");
	tasks = local_tasks(bench.database, NULL, 5, &error);
	assert_non_null(tasks);
	assert_string_equal(json_string_value(json_object_get(json_array_get(tasks, 0), "businessKey")), "caf?");
	assert_true(json_is_null(json_object_get(json_array_get(tasks, 0), "variables")));
	json_decref(tasks);
	free(id);
	tear_down(&bench);
}

TEST(what_cannot_be_a_database_is_refused_with_its_path)
{
	struct bench bench;
	struct error error = {""};
	char *path;

	set_up(&bench);
	assert_null(local_new("e", "w", bench.folder, KEEP, bench.log, &error));
	assert_contains(error.text, bench.folder);
	assert_contains(error.text, "it is not a file");
	path = mem_format("%s/below", bench.database);
	assert_null(local_new("e", "w", path, KEEP, bench.log, &error));
	assert_contains(error.text, path);
	assert_contains(error.text, "Not a directory");
	free(path);
	tear_down(&bench);
}

TEST(an_engine_that_ends_answers_whoever_still_waits)
{
	const struct engine_topic topic = {.name = "a", .lock = 60000};
	struct bench bench;
	struct heard fetched = {0}, refused = {0}, answered[2] = {{0}};

	set_up(&bench);
	engine_fetch(bench.engine, &topic, 1, 1, 60000, on_fetched, &fetched);
	engine_fetch(bench.engine, &topic, 1, 1, 60000, on_fetched, &refused);
	engine_complete(bench.engine, "x", NULL, NULL, on_answered, &answered[0]);
	engine_list_locked(bench.engine, on_listed, &answered[1]);
	engine_free(bench.engine);
	bench.engine = NULL;
	assert_int_equal(fetched.calls, 1);
	assert_int_equal(fetched.result, ENGINE_STOPPED);
	assert_int_equal(refused.calls, 1);
	assert_int_equal(refused.result, ENGINE_STOPPED);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(answered[i].calls, 1);
		assert_int_equal(answered[i].result, ENGINE_STOPPED);
		assert_contains(answered[i].words, "the host stops");
	}
	tear_down(&bench);
}

static void hear_nothing(void *arg, enum engine_result result, const char *words)
{
	(void)arg;
	(void)result;
	(void)words;
}

/* Says more from inside of an answer. */
static void say_more(void *arg, enum engine_result result, const char *words)
{
	struct bench *bench = arg;

	(void)result;
	(void)words;
	engine_unlock(bench->engine, "x", hear_nothing, NULL);
}

TEST(what_is_said_from_inside_of_an_answer_is_for_a_turn_at_once)
{
	struct bench bench;
	int64_t now = clock_boot();

	set_up(&bench);
	assert_true(engine_turn(bench.engine, now) > now);
	engine_unlock(bench.engine, "x", say_more, &bench);
	assert_true(engine_turn(bench.engine, now) <= now);
	assert_true(engine_turn(bench.engine, now) > now);
	tear_down(&bench);
}

TESTS(cmocka_unit_test(when_one_of_a_turn_cannot_be_kept_none_is_taken_and_all_may_be_said_again),
      cmocka_unit_test(every_word_about_a_task_that_cannot_be_kept_is_said_again),
      cmocka_unit_test(a_task_whose_lock_cannot_be_kept_is_not_handed_out),
      cmocka_unit_test(a_database_without_its_table_is_said_by_everything_that_needs_it),
      cmocka_unit_test(a_task_that_cannot_be_put_there_or_granted_a_retry_is_said),
      cmocka_unit_test(a_text_that_came_from_elsewhere_and_is_no_utf8_is_shown_all_the_same),
      cmocka_unit_test(what_cannot_be_a_database_is_refused_with_its_path),
      cmocka_unit_test(an_engine_that_ends_answers_whoever_still_waits),
      cmocka_unit_test(what_is_said_from_inside_of_an_answer_is_for_a_turn_at_once))
