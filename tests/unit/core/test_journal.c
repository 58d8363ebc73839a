/* test_journal.c: what the journal keeps, over a close, a kill, a full disk and a second host. Long because most tests
 * write, end in some way, and read again. */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/json.h"
#include "config/folder.h"
#include "core/journal.h"

static struct journal *open_journal(const struct folder *folder)
{
	struct error error = {""};
	struct journal *journal = journal_open(folder->path, &error);

	assert_string_equal(error.text, "");
	assert_non_null(journal);
	return journal;
}

static void commit(struct journal *journal)
{
	struct error error = {""};

	if (journal_commit(journal, &error))
		fail_msg("commit: %s", error.text);
}

static void hold(struct journal *journal, const char *id, int attempt, int64_t first_run)
{
	struct journal_row row = {.engine = mem_text("main"),
				  .id = mem_text(id),
				  .state = JOURNAL_HELD,
				  .attempt = attempt,
				  .first_run = first_run,
				  .task = json_pack("{s:s, s:s}", "id", id, "topic", "intake")};

	journal_hold(journal, &row);
	journal_row_clear(&row);
}

/* The row of a task of engine main that must be there. */
static struct journal_row find(struct journal *journal, const char *id)
{
	struct journal_row row;

	if (journal_find(journal, "main", id, &row) != 1)
		fail_msg("the journal does not hold %s", id);
	return row;
}

static int is_there(struct journal *journal, const char *id)
{
	struct journal_row row;

	if (!journal_find(journal, "main", id, &row))
		return 0;
	journal_row_clear(&row);
	return 1;
}

/* State, and whether task and result are kept. */
static void check_row(struct journal *journal, const char *id, enum journal_state state, int task, int result)
{
	struct journal_row row = find(journal, id);

	assert_int_equal(row.state, state);
	assert_int_equal(row.task != NULL, task);
	assert_int_equal(row.result != NULL, result);
	journal_row_clear(&row);
}

static json_t *step_row(int step, const char *state)
{
	return mem_json(json_pack("{s:i, s:s, s:s, s:s, s:s, s:s}", "step", step, "what", "create the zaak", "method",
				  "POST", "url", "http://127.0.0.1/zaken", "digest", "abc", "state", state));
}

/* Notes one step, with an answer when it is done. */
/* Notes rows of a task that is ours; both lists borrowed. */
static void note_rows(struct journal *journal, const char *id, json_t *put, json_t *drop)
{
	json_t *value = json_pack("{s:O, s:O*}", "put", put, "drop", drop);
	char key[100];

	(void)snprintf(key, sizeof(key), "main/%s", id);
	journal_note(journal, key, value, 1);
	json_decref(value);
}

static void note(struct journal *journal, const char *id, int step, const char *state)
{
	json_t *row = step_row(step, state), *put = json_pack("[O]", row);

	if (strcmp(state, "done") == 0) {
		assert_int_equal(json_object_set_new(row, "status", json_integer(201)), 0);
		assert_int_equal(json_object_set_new(row, "answer", json_pack("{s:i}", "number", step)), 0);
	}
	note_rows(journal, id, put, NULL);
	json_decref(put);
	json_decref(row);
}

static size_t step_count(struct journal *journal, const char *id)
{
	json_t *steps = journal_steps(journal, "main", id);
	size_t count = json_array_size(steps);

	json_decref(steps);
	return count;
}

/* Runs SQL on the database, as nobody but a test does. */
static void run_sql(const struct folder *folder, const char *sql)
{
	char *path = mem_format("%s/journal.db", folder->path);
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	free(path);
}

static void check_refused(const char *path, const char *words)
{
	struct error error = {""};

	assert_null(journal_open(path, &error));
	assert_contains(error.text, words);
	assert_contains(error.text, path);
}

/* ---- opening ---- */

TEST(what_was_committed_is_there_after_a_reopen)
{
	struct folder folder;
	struct journal *journal;
	struct journal_row row;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 2, INT64_C(1768554753123456));
	commit(journal);
	journal_close(journal);
	journal = open_journal(&folder);
	row = find(journal, "t1");
	assert_string_equal(row.engine, "main");
	assert_string_equal(row.id, "t1");
	assert_int_equal(row.state, JOURNAL_HELD);
	assert_int_equal(row.attempt, 2);
	assert_true(row.first_run == INT64_C(1768554753123456));
	assert_string_equal(json_get_text(row.task, "topic"), "intake");
	assert_null(row.result);
	journal_row_clear(&row);
	assert_int_equal(is_there(journal, "t2"), 0);
	assert_int_equal(journal_find(journal, "other", "t1", &row), 0);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(what_was_not_committed_is_gone_after_a_reopen)
{
	struct folder folder;
	struct journal *journal;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	assert_int_equal(is_there(journal, "t1"), 1); /* for us it is there at once */
	journal_close(journal);
	journal = open_journal(&folder);
	assert_int_equal(is_there(journal, "t1"), 0);
	journal_close(journal);
	folder_drop(&folder);
}

/* A host that commits one task, writes another, and ends in the middle of its turn. */
static void end_in_a_turn(const struct folder *folder, int signal)
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (child == 0) {
		struct error error;
		struct journal *journal = journal_open(folder->path, &error);

		if (!journal)
			_exit(1);
		hold(journal, "kept", 1, 1);
		note(journal, "kept", 1, "intent");
		if (journal_commit(journal, &error))
			_exit(2);
		hold(journal, "lost", 1, 1);
		note(journal, "kept", 1, "done");
		if (signal)
			(void)kill(getpid(), signal);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(signal ? WTERMSIG(status) : WEXITSTATUS(status), signal);
}

TEST(a_host_that_ends_in_a_turn_keeps_what_was_committed_and_nothing_else)
{
	static const int signals[] = {0, SIGKILL};

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct folder folder;
		struct journal *journal;
		json_t *steps;

		folder_make(&folder);
		end_in_a_turn(&folder, signals[i]);
		journal = open_journal(&folder); /* its lock has gone with it */
		assert_int_equal(is_there(journal, "kept"), 1);
		assert_int_equal(is_there(journal, "lost"), 0);
		steps = journal_steps(journal, "main", "kept");
		assert_int_equal(json_array_size(steps), 1);
		assert_string_equal(json_get_text(json_array_get(steps, 0), "state"), "intent");
		json_decref(steps);
		journal_close(journal);
		folder_drop(&folder);
	}
}

TEST(a_second_host_is_refused_until_the_first_has_closed)
{
	struct folder folder;
	struct journal *journal;
	int status;
	pid_t child;

	folder_make(&folder);
	journal = open_journal(&folder);
	check_refused(folder.path, "is in use by another bptl run: one host per state folder");
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		struct error error;

		_exit(journal_open(folder.path, &error) ? 1 : 42);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 42);
	hold(journal, "t1", 1, 1); /* the first is none the worse for it */
	commit(journal);
	journal_close(journal);
	journal_close(open_journal(&folder));
	folder_drop(&folder);
}

TEST(a_journal_of_a_newer_bptl_is_refused_and_left_as_it_is)
{
	struct folder folder;
	struct journal *journal;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	commit(journal);
	journal_close(journal);
	run_sql(&folder, "PRAGMA user_version = 2");
	check_refused(folder.path, "the journal has schema 2, this host knows 1: it was used by a newer bptl; upgrade");
	run_sql(&folder, "PRAGMA user_version = 1");
	journal = open_journal(&folder);
	assert_int_equal(is_there(journal, "t1"), 1);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(a_folder_or_file_that_cannot_be_used_is_refused_with_its_name)
{
	struct folder folder;
	char *path;

	folder_make(&folder);
	path = mem_format("%s/absent", folder.path);
	check_refused(path, "the state folder must exist and be writable");
	folder_put(&folder, "absent", "a file");
	check_refused(path, "the state folder must exist and be writable");
	free(path);
	folder_put(&folder, "journal.db",
		   "this is a text and no database, though it is long enough to be taken for "
		   "one, since the head of a database file has a hundred bytes");
	check_refused(folder.path, "journal.db: journal: file is not a database");
	folder_drop(&folder);
}

TEST(nobody_else_can_read_the_files)
{
	static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm", "lock"};
	mode_t mask = umask(0);
	struct folder folder;
	struct journal *journal;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	commit(journal);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = mem_format("%s/%s", folder.path, names[i]);
		struct stat at;

		assert_int_equal(stat(path, &at), 0);
		assert_int_equal(at.st_mode & 07777, 0600);
		free(path);
	}
	assert_int_equal(umask(mask), 0); /* ours is as it was */
	journal_close(journal);
	folder_drop(&folder);
}

static char *worker_id(struct journal *journal)
{
	struct error error = {""};
	char *id = journal_worker_id(journal, &error);

	assert_string_equal(error.text, "");
	assert_non_null(id);
	return id;
}

TEST(the_worker_id_belongs_to_the_folder)
{
	struct folder folder, other;
	struct journal *journal;
	char *first, *again, *another;

	folder_make(&folder);
	folder_make(&other);
	journal = open_journal(&folder);
	first = worker_id(journal);
	again = worker_id(journal);
	assert_string_equal(first, again);
	free(again);
	journal_close(journal);
	journal = open_journal(&folder);
	again = worker_id(journal);
	assert_string_equal(first, again);
	journal_close(journal);
	journal = open_journal(&other);
	another = worker_id(journal);
	assert_string_not_equal(first, another);
	assert_int_equal(strlen(first), 21);
	assert_memory_equal(first, "bptl-", 5);
	assert_int_equal(strspn(first + 5, "0123456789abcdef"), 16);
	journal_close(journal);
	free(first);
	free(again);
	free(another);
	folder_drop(&folder);
	folder_drop(&other);
}

/* ---- tasks ---- */

TEST(a_task_goes_from_state_to_state_and_is_emptied_when_it_is_over)
{
	struct folder folder;
	struct journal *journal;
	json_t *result = json_pack("{s:s}", "outcome", "done"), *second = json_pack("{s:s}", "outcome", "failed");
	struct journal_row row;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	check_row(journal, "t1", JOURNAL_HELD, 1, 0);
	journal_state(journal, "main", "t1", JOURNAL_PERFORMED, result);
	check_row(journal, "t1", JOURNAL_PERFORMED, 1, 1);
	journal_state(journal, "main", "t1", JOURNAL_FAILING, second);
	row = find(journal, "t1");
	assert_true(json_equal(row.result, second));
	journal_row_clear(&row);
	journal_state(journal, "main", "t1", JOURNAL_CALLING, NULL);
	row = find(journal, "t1");
	assert_int_equal(row.state, JOURNAL_CALLING);
	assert_true(json_equal(row.result, second)); /* no new result: the old one stays */
	journal_row_clear(&row);
	journal_state(journal, "main", "t1", JOURNAL_COMPLETED, NULL);
	check_row(journal, "t1", JOURNAL_COMPLETED, 0, 0);
	commit(journal);
	journal_state(journal, "main", "nobody", JOURNAL_COMPLETED, NULL); /* of a task that it does not know */
	commit(journal);
	assert_int_equal(is_there(journal, "nobody"), 0);
	json_decref(result);
	json_decref(second);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(a_task_that_is_offered_again_keeps_its_first_run_and_its_steps)
{
	struct folder folder;
	struct journal *journal;
	struct journal_row row;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1000);
	note(journal, "t1", 1, "done");
	journal_state(journal, "main", "t1", JOURNAL_FAILED, NULL);
	check_row(journal, "t1", JOURNAL_FAILED, 0, 0);
	hold(journal, "t1", 2, 2000);
	row = find(journal, "t1");
	assert_int_equal(row.state, JOURNAL_HELD);
	assert_int_equal(row.attempt, 2);
	assert_true(row.first_run == 1000);
	assert_non_null(row.task);
	assert_null(row.result);
	journal_row_clear(&row);
	assert_int_equal(step_count(journal, "t1"), 1);
	journal_close(journal);
	folder_drop(&folder);
}

struct seen {
	char ids[64];
	struct journal *journal;
};

/* Also writes, which must not disturb the walk. */
static void see(void *arg, struct journal_row *row)
{
	struct seen *seen = arg;

	assert_string_equal(row->engine, "main");
	(void)strcat(strcat(seen->ids, row->id), " ");
	journal_state(seen->journal, "main", row->id, JOURNAL_LOST, NULL);
}

TEST(the_words_of_a_failure_stay_when_the_task_is_over_and_while_it_is_tried_again)
{
	struct folder folder;
	struct journal *journal;
	json_t *result = json_pack("{s:s, s:s, s:s, s:{s:i}}", "outcome", "failed", "message", "probe.Post: no",
				   "details", "an answer", "variables", "a", 1);
	json_t *words = json_pack("{s:s, s:s}", "outcome", "failed", "message", "probe.Post: no");
	struct journal_row row;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 5);
	journal_state(journal, "main", "t1", JOURNAL_FAILING, result);
	journal_state(journal, "main", "t1", JOURNAL_FAILED, words);
	row = find(journal, "t1");
	assert_true(json_equal(row.result, words));
	journal_row_clear(&row);
	hold(journal, "t1", 2, 5);
	row = find(journal, "t1");
	assert_true(json_equal(row.result, words));
	journal_row_clear(&row);
	journal_state(journal, "main", "t1", JOURNAL_COMPLETED, NULL);
	check_row(journal, "t1", JOURNAL_COMPLETED, 0, 0);
	json_decref(result);
	json_decref(words);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(each_task_that_is_not_over_is_handed_out)
{
	static const enum journal_state states[] = {JOURNAL_HELD,    JOURNAL_PERFORMED, JOURNAL_FAILING,
						    JOURNAL_CALLING, JOURNAL_COMPLETED, JOURNAL_FAILED,
						    JOURNAL_LOST,    JOURNAL_RETURNED};
	struct folder folder;
	struct seen seen = {0};

	folder_make(&folder);
	seen.journal = open_journal(&folder);
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		char id[2] = {(char)('a' + i), '\0'};

		hold(seen.journal, id, 1, 1);
		journal_state(seen.journal, "main", id, states[i], NULL);
	}
	journal_each(seen.journal, see, &seen);
	assert_int_equal(strlen(seen.ids), 8);
	for (const char *id = "abcd"; *id; id++)
		assert_non_null(strchr(seen.ids, *id));
	seen.ids[0] = '\0';
	journal_each(seen.journal, see, &seen);
	assert_string_equal(seen.ids, "");
	journal_close(seen.journal);
	folder_drop(&folder);
}

/* ---- steps ---- */

TEST(steps_are_put_replaced_and_dropped_and_come_in_their_order)
{
	struct folder folder;
	struct journal *journal;
	json_t *put = json_pack("[o, o, o]", step_row(10, "intent"), step_row(2, "intent"), step_row(9, "intent"));
	json_t *drop = json_pack("[i, i]", 9, 77), *steps, *expected, *row = step_row(2, "done");

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	note_rows(journal, "t1", put, NULL);
	assert_int_equal(step_count(journal, "t1"), 3);
	json_decref(put);
	assert_int_equal(json_object_set_new(row, "status", json_integer(404)), 0);
	assert_int_equal(json_object_set_new(row, "answer", json_null()), 0);
	assert_int_equal(json_object_set_new(row, "error", json_string("Niet gevonden.")), 0);
	put = json_pack("[O]", row);
	note_rows(journal, "t1", put, drop);
	commit(journal);
	journal_close(journal);
	journal = open_journal(&folder);
	steps = journal_steps(journal, "main", "t1");
	expected = json_pack("[O, o]", row, step_row(10, "intent"));
	assert_true(json_equal(steps, expected));
	assert_int_equal(step_count(journal, "t2"), 0);
	json_decref(row);
	json_decref(put);
	json_decref(drop);
	json_decref(steps);
	json_decref(expected);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(a_step_that_is_done_stays_done_and_is_not_dropped)
{
	struct folder folder;
	struct journal *journal;
	json_t *again = json_pack("[o]", step_row(1, "intent")), *drop = json_pack("[i]", 1), *steps;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	note(journal, "t1", 1, "done");
	note_rows(journal, "t1", again, drop);
	steps = journal_steps(journal, "main", "t1");
	assert_int_equal(json_array_size(steps), 1);
	assert_string_equal(json_string_value(json_object_get(json_array_get(steps, 0), "state")), "done");
	json_decref(steps);
	json_decref(again);
	json_decref(drop);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(of_a_task_that_is_no_longer_ours_only_what_was_done_is_noted)
{
	struct folder folder;
	struct journal *journal;
	json_t *value = json_pack("{s:[o, o]}", "put", step_row(1, "done"), step_row(2, "intent")), *steps;

	folder_make(&folder);
	journal = open_journal(&folder);
	journal_note(journal, "main/gone", value, 0);
	steps = journal_steps(journal, "main", "gone");
	assert_int_equal(json_array_size(steps), 1);
	assert_int_equal(json_integer_value(json_object_get(json_array_get(steps, 0), "step")), 1);
	json_decref(steps);
	json_decref(value);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(what_was_taken_back_is_forgotten_but_no_accepted_post_and_no_open_intent)
{
	struct folder folder;
	struct journal *journal;
	json_t *put = json_array(), *forget, *steps, *row;
	static const char *const methods[] = {"GET", "POST", "PATCH", "POST", "PATCH", "POST"};
	static const int left[] = {1, 4, 5, 6};

	for (int i = 0; i < 6; i++) {
		row = step_row(i + 1, i == 5 ? "intent" : "done");
		assert_int_equal(json_object_set_new(row, "method", json_string(methods[i])), 0);
		assert_int_equal(json_array_append_new(put, row), 0);
	}
	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	note_rows(journal, "t1", put, NULL);
	/* step 2 was taken back, 5 is to stay */
	forget = json_pack("{s:{s:i, s:[i], s:[i]}}", "forget", "from", 2, "undone", 2, "keep", 5);
	journal_note(journal, "main/t1", forget, 1);
	steps = journal_steps(journal, "main", "t1");
	assert_int_equal(json_array_size(steps), 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(json_integer_value(json_object_get(json_array_get(steps, i), "step")), left[i]);
	json_decref(steps);
	json_decref(forget);
	json_decref(put);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(an_answer_of_any_kind_comes_back_as_it_went)
{
	struct folder folder;
	struct journal *journal;
	json_t *answers = json_pack("[{s:[i,n,b,f]}, s, i, n, []]", "list", 1, 1, 1.5, "caf\xc3\xa9 \"\\ \n", 7);
	json_t *answer;
	size_t i;

	assert_non_null(answers);
	assert_int_equal(json_array_append_new(answers, json_stringn("a\0b", 3)), 0);
	folder_make(&folder);
	journal = open_journal(&folder);
	json_array_foreach (answers, i, answer) {
		json_t *row = step_row((int)i + 1, "done"), *put = json_pack("[O]", row), *steps;

		assert_int_equal(json_object_set(row, "answer", answer), 0);
		note_rows(journal, "t1", put, NULL);
		steps = journal_steps(journal, "main", "t1");
		assert_true(json_equal(json_object_get(json_array_get(steps, i), "answer"), answer));
		json_decref(steps);
		json_decref(put);
		json_decref(row);
	}
	json_decref(answers);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(only_an_intent_becomes_reported)
{
	struct folder folder;
	struct journal *journal;
	json_t *steps;

	folder_make(&folder);
	journal = open_journal(&folder);
	note(journal, "t1", 1, "done");
	note(journal, "t1", 2, "intent");
	note(journal, "t1", 3, "intent");
	journal_reported(journal, "main", "t1", 1);
	journal_reported(journal, "main", "t1", 2);
	journal_reported(journal, "main", "t1", 9);
	commit(journal);
	steps = journal_steps(journal, "main", "t1");
	assert_int_equal(json_array_size(steps), 3);
	assert_string_equal(json_get_text(json_array_get(steps, 0), "state"), "done");
	assert_string_equal(json_get_text(json_array_get(steps, 1), "state"), "reported");
	assert_string_equal(json_get_text(json_array_get(steps, 2), "state"), "intent");
	json_decref(steps);
	journal_close(journal);
	folder_drop(&folder);
}

/* How many steps of the task still have their answer. */
static size_t bodies(struct journal *journal, const char *id)
{
	json_t *steps = journal_steps(journal, "main", id), *step;
	size_t i, count = 0;

	json_array_foreach (steps, i, step) {
		count += json_object_get(step, "answer") != NULL;
		assert_int_equal(json_get_integer(step, "status", 0), 201);
	}
	json_decref(steps);
	return count;
}

TEST(bodies_of_steps_are_dropped_only_when_the_task_is_completed)
{
	static const enum journal_state states[] = {JOURNAL_PERFORMED, JOURNAL_FAILING, JOURNAL_CALLING,
						    JOURNAL_FAILED,    JOURNAL_LOST,    JOURNAL_RETURNED};
	struct folder folder;
	struct journal *journal;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	hold(journal, "t2", 1, 1);
	for (int step = 1; step <= 3; step++) {
		note(journal, "t1", step, "done");
		note(journal, "t2", step, "done");
	}
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		journal_state(journal, "main", "t1", states[i], NULL);
		assert_int_equal(bodies(journal, "t1"), 3);
	}
	journal_state(journal, "main", "t1", JOURNAL_COMPLETED, NULL);
	assert_int_equal(bodies(journal, "t1"), 0);
	assert_int_equal(step_count(journal, "t1"), 3); /* their outlines stay */
	assert_int_equal(bodies(journal, "t2"), 3);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(only_completed_tasks_that_are_old_enough_are_purged)
{
	static const struct {
		const char *id;
		enum journal_state state;
	} rows[] = {{"held", JOURNAL_HELD},
		    {"calling", JOURNAL_CALLING},
		    {"completed", JOURNAL_COMPLETED},
		    {"failed", JOURNAL_FAILED},
		    {"lost", JOURNAL_LOST}};
	struct folder folder;
	struct journal *journal;
	int64_t then;

	folder_make(&folder);
	journal = open_journal(&folder);
	then = clock_wall();
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		hold(journal, rows[i].id, 1, 1);
		note(journal, rows[i].id, 1, "done");
		journal_state(journal, "main", rows[i].id, rows[i].state, NULL);
	}
	commit(journal);
	journal_purge(journal, then); /* nothing changed before */
	assert_int_equal(is_there(journal, "completed"), 1);
	assert_int_equal(step_count(journal, "completed"), 1);
	journal_purge(journal, clock_wall() + 1000000);
	commit(journal);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		int stays = rows[i].state != JOURNAL_COMPLETED;

		assert_int_equal(is_there(journal, rows[i].id), stays);
		assert_int_equal(step_count(journal, rows[i].id), stays);
	}
	journal_close(journal);
	folder_drop(&folder);
}

/* ---- when it cannot be written ---- */

TEST(a_commit_of_nothing_succeeds)
{
	struct folder folder;
	struct journal *journal;

	folder_make(&folder);
	journal = open_journal(&folder);
	commit(journal);
	commit(journal);
	journal_close(journal);
	folder_drop(&folder);
}

static off_t size_of(const struct folder *folder, const char *name)
{
	char *path = mem_format("%s/%s", folder->path, name);
	struct stat at;

	assert_int_equal(stat(path, &at), 0);
	free(path);
	return at.st_size;
}

/* No file of this process grows beyond this size; RLIM_INFINITY: the disk is as large as it was. */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* The journal cannot be written now: the reason. */
static void commit_waits(struct journal *journal, const char *reason)
{
	struct error error = {""};

	assert_int_equal(journal_commit(journal, &error), JOURNAL_WAITS);
	assert_contains(error.text, "the journal cannot be written: ");
	assert_contains(error.text, reason);
	assert_true(journal_due(journal) > clock_boot());
	assert_true(journal_due(journal) <= clock_boot() + 5000);
}

static void commit_at_once(struct journal *journal)
{
	journal_hurry(journal);
	commit(journal);
	assert_true(journal_due(journal) == INT64_MAX);
}

TEST(on_a_full_disk_a_turn_waits_and_is_written_whole_when_there_is_room)
{
	struct folder folder;
	struct journal *journal;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "before", 1, 1);
	commit(journal);
	limit_files((rlim_t)size_of(&folder, "journal.db-wal"));
	hold(journal, "t1", 1, 1);
	note(journal, "before", 1, "intent");
	commit_waits(journal, "disk I/O error");
	hold(journal, "t2", 1, 1); /* the turns that follow wait with it */
	journal_state(journal, "main", "t1", JOURNAL_LOST, NULL);
	commit_waits(journal, "disk I/O error");
	journal_hurry(journal);
	commit_waits(journal, "disk I/O error");
	assert_int_equal(is_there(journal, "t1"), 0);
	assert_int_equal(step_count(journal, "before"), 0);
	assert_int_equal(is_there(journal, "before"), 1);
	limit_files(RLIM_INFINITY);
	commit_waits(journal, "disk I/O error"); /* not before its time */
	commit_at_once(journal);
	hold(journal, "after", 1, 1);
	commit(journal);
	journal_close(journal);
	journal = open_journal(&folder);
	check_row(journal, "t1", JOURNAL_LOST, 0, 0);
	assert_int_equal(is_there(journal, "before"), 1);
	assert_int_equal(step_count(journal, "before"), 1);
	assert_int_equal(is_there(journal, "t2"), 1);
	assert_int_equal(is_there(journal, "after"), 1);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(what_still_waits_when_the_host_ends_is_gone_and_leaves_no_half_turn)
{
	struct folder folder;
	struct journal *journal;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "before", 1, 1);
	commit(journal);
	limit_files((rlim_t)size_of(&folder, "journal.db-wal"));
	hold(journal, "t1", 1, 1);
	journal_state(journal, "main", "before", JOURNAL_LOST, NULL);
	commit_waits(journal, "disk I/O error");
	limit_files(RLIM_INFINITY);
	journal_close(journal);
	journal = open_journal(&folder);
	assert_int_equal(is_there(journal, "t1"), 0);
	check_row(journal, "before", JOURNAL_HELD, 1, 0);
	journal_close(journal);
	folder_drop(&folder);
}

/* SQLite itself takes the transaction back when a large statement finds the disk full. What is written after it in the
 * same turn, small enough to find room, is not to become durable on its own. */
TEST(a_turn_that_has_failed_keeps_nothing_of_what_comes_after_the_failure_either)
{
	size_t size = (size_t)16 * 1024 * 1024;
	struct folder folder;
	struct journal *journal;
	char *text = mem_new(size + 1, 1);
	json_t *result;

	memset(text, 'x', size);
	result = json_pack("{s:s}", "text", text);
	free(text);
	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "before", 1, 1);
	commit(journal);
	limit_files((rlim_t)size_of(&folder, "journal.db-wal") + 1024 * 1024);
	journal_state(journal, "main", "before", JOURNAL_PERFORMED, result);
	hold(journal, "after", 1, 1);
	commit_waits(journal, "disk I/O error");
	check_row(journal, "before", JOURNAL_HELD, 1, 0);
	assert_int_equal(is_there(journal, "after"), 0);
	limit_files(RLIM_INFINITY);
	commit_at_once(journal);
	assert_int_equal(is_there(journal, "after"), 1);
	journal_close(journal);
	journal = open_journal(&folder);
	check_row(journal, "before", JOURNAL_PERFORMED, 1, 1);
	json_decref(result);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(a_file_is_removed_only_after_what_was_in_it_is_durable)
{
	struct folder folder;
	struct journal *journal;
	char *path;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	commit(journal);
	folder_put(&folder, "late-1.jsonl", "");
	path = mem_format("%s/late-1.jsonl", folder.path);
	limit_files((rlim_t)size_of(&folder, "journal.db-wal"));
	note(journal, "t1", 1, "done");
	journal_spent(journal, path);
	commit_waits(journal, "disk I/O error");
	assert_int_equal(access(path, F_OK), 0);
	limit_files(RLIM_INFINITY);
	commit_at_once(journal);
	assert_int_not_equal(access(path, F_OK), 0);
	free(path);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(a_journal_whose_file_is_deleted_is_noticed_at_the_next_commit)
{
	struct folder folder;
	struct journal *journal;
	char *path;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	commit(journal);
	assert_int_equal(journal_moved(journal), 0);
	path = mem_format("%s/journal.db", folder.path);
	assert_int_equal(unlink(path), 0);
	hold(journal, "t2", 1, 1);
	commit(journal);
	assert_int_equal(journal_moved(journal), 1);
	free(path);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(a_row_that_does_not_fit_fails_its_turn_and_no_other)
{
	struct error error = {""};
	struct folder folder;
	struct journal *journal;
	json_t *row = step_row(1, "intent"), *put = json_pack("[o, O]", step_row(2, "intent"), row);

	folder_make(&folder);
	journal = open_journal(&folder);
	assert_int_equal(json_object_del(row, "url"), 0);
	hold(journal, "t1", 1, 1);
	note_rows(journal, "t1", put, NULL);
	hold(journal, "t2", 1, 1);
	assert_int_equal(journal_commit(journal, &error), -1);
	assert_contains(error.text, "step.url");
	assert_int_equal(is_there(journal, "t1"), 0);
	assert_int_equal(is_there(journal, "t2"), 0);
	assert_int_equal(step_count(journal, "t1"), 0);
	hold(journal, "t3", 1, 1);
	commit(journal);
	assert_int_equal(is_there(journal, "t3"), 1);
	json_decref(put);
	json_decref(row);
	journal_close(journal);
	folder_drop(&folder);
}

TEST(a_journal_that_another_program_writes_waits_until_it_has_finished)
{
	struct folder folder;
	struct journal *journal;
	char *path;
	sqlite3 *db;

	folder_make(&folder);
	journal = open_journal(&folder);
	path = mem_format("%s/journal.db", folder.path);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
	hold(journal, "t1", 1, 1);
	assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
	hold(journal, "t2", 1, 1);
	commit_waits(journal, "database is locked");
	assert_int_equal(is_there(journal, "t1"), 0);
	assert_int_equal(is_there(journal, "t2"), 0);
	hold(journal, "t3", 1, 1);
	commit_at_once(journal);
	assert_int_equal(is_there(journal, "t1"), 1);
	assert_int_equal(is_there(journal, "t2"), 1);
	assert_int_equal(is_there(journal, "t3"), 1);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	free(path);
	journal_close(journal);
	folder_drop(&folder);
}

/* A first start that is killed at any of its writes: here by the signal for a file that grows too large. */
TEST(a_first_start_that_was_killed_half_way_can_be_repeated)
{
	int killed = 0, whole = 0;

	for (rlim_t most = 0; !whole && most < 1024 * 1024; most += 2048) {
		struct folder folder;
		struct journal *journal;
		int status;
		pid_t child;

		folder_make(&folder);
		child = fork();
		assert_true(child >= 0);
		if (child == 0) {
			const struct rlimit limit = {most, most};
			struct error error;

			(void)signal(SIGXFSZ, SIG_DFL);
			(void)setrlimit(RLIMIT_FSIZE, &limit);
			_exit(journal_open(folder.path, &error) ? 0 : 1);
		}
		assert_int_equal(waitpid(child, &status, 0), child);
		killed += WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ;
		whole = WIFEXITED(status) && WEXITSTATUS(status) == 0;
		journal = open_journal(&folder);
		hold(journal, "t1", 1, 1);
		commit(journal);
		journal_close(journal);
		folder_drop(&folder);
	}
	assert_true(killed > 1);
	assert_int_equal(whole, 1);
}

/* ---- what an earlier host's runners heard ---- */

TEST(what_was_heard_after_a_kill_is_taken_in_and_its_file_goes)
{
	struct error error = {""};
	struct folder folder;
	struct journal *journal;
	struct log *log = log_new(LOG_ERROR, LOG_LOGFMT);
	json_t *steps;
	char *path;
	int fd;

	folder_make(&folder);
	journal = open_journal(&folder);
	hold(journal, "t1", 1, 1);
	note(journal, "t1", 1, "intent");
	note(journal, "t1", 2, "intent");
	commit(journal);
	folder_put(&folder, "late-1.jsonl",
		   "{\"key\": \"main/t1\", \"put\": [{\"step\": 1, \"what\": \"w\", \"method\": \"POST\", \"url\": "
		   "\"u\", \"digest\": \"d\", \"state\": \"done\", \"status\": 201, \"answer\": {}}], \"drop\": []}\n"
		   "{\"no\": \"key\"}\n"
		   "{\"key\": \"main/t1\", \"put\": [], \"drop\": [2]}\n"
		   "{\"key\": \"main/t1\", \"put\": [{\"st");
	assert_int_equal(journal_hear_orphans(journal, folder.path, log, &error), 0);
	steps = journal_steps(journal, "main", "t1");
	assert_int_equal(json_array_size(steps), 1);
	assert_string_equal(json_get_text(json_array_get(steps, 0), "state"), "done");
	json_decref(steps);
	path = mem_format("%s/late-1.jsonl", folder.path);
	assert_int_equal(access(path, F_OK), -1);
	free(path);
	/* the lock is for the runners to share: nobody can have it alone */
	assert_true(journal_runner_lock(journal) >= 0);
	path = mem_format("%s/runners.lock", folder.path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(flock(fd, LOCK_SH | LOCK_NB), 0);
	(void)close(fd);
	free(path);
	log_free(log);
	journal_close(journal);
	assert_int_equal(journal_runner_lock(NULL), -1);
	folder_drop(&folder);
}

TESTS(cmocka_unit_test(a_step_that_is_done_stays_done_and_is_not_dropped),
      cmocka_unit_test(of_a_task_that_is_no_longer_ours_only_what_was_done_is_noted),
      cmocka_unit_test(what_was_taken_back_is_forgotten_but_no_accepted_post_and_no_open_intent),
      cmocka_unit_test(what_was_committed_is_there_after_a_reopen),
      cmocka_unit_test(what_was_not_committed_is_gone_after_a_reopen),
      cmocka_unit_test(a_host_that_ends_in_a_turn_keeps_what_was_committed_and_nothing_else),
      cmocka_unit_test(a_second_host_is_refused_until_the_first_has_closed),
      cmocka_unit_test(a_journal_of_a_newer_bptl_is_refused_and_left_as_it_is),
      cmocka_unit_test(a_folder_or_file_that_cannot_be_used_is_refused_with_its_name),
      cmocka_unit_test(nobody_else_can_read_the_files), cmocka_unit_test(the_worker_id_belongs_to_the_folder),
      cmocka_unit_test(a_task_goes_from_state_to_state_and_is_emptied_when_it_is_over),
      cmocka_unit_test(a_task_that_is_offered_again_keeps_its_first_run_and_its_steps),
      cmocka_unit_test(the_words_of_a_failure_stay_when_the_task_is_over_and_while_it_is_tried_again),
      cmocka_unit_test(each_task_that_is_not_over_is_handed_out),
      cmocka_unit_test(steps_are_put_replaced_and_dropped_and_come_in_their_order),
      cmocka_unit_test(an_answer_of_any_kind_comes_back_as_it_went), cmocka_unit_test(only_an_intent_becomes_reported),
      cmocka_unit_test(bodies_of_steps_are_dropped_only_when_the_task_is_completed),
      cmocka_unit_test(only_completed_tasks_that_are_old_enough_are_purged),
      cmocka_unit_test(a_commit_of_nothing_succeeds),
      cmocka_unit_test(on_a_full_disk_a_turn_waits_and_is_written_whole_when_there_is_room),
      cmocka_unit_test(what_still_waits_when_the_host_ends_is_gone_and_leaves_no_half_turn),
      cmocka_unit_test(a_file_is_removed_only_after_what_was_in_it_is_durable),
      cmocka_unit_test(a_journal_whose_file_is_deleted_is_noticed_at_the_next_commit),
      cmocka_unit_test(a_turn_that_has_failed_keeps_nothing_of_what_comes_after_the_failure_either),
      cmocka_unit_test(a_row_that_does_not_fit_fails_its_turn_and_no_other),
      cmocka_unit_test(a_journal_that_another_program_writes_waits_until_it_has_finished),
      cmocka_unit_test(a_first_start_that_was_killed_half_way_can_be_repeated),
      cmocka_unit_test(what_was_heard_after_a_kill_is_taken_in_and_its_file_goes))
