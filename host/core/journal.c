/* journal.c: see journal.h. A failed statement is remembered and makes the next commit fail, so that callers need not
 * look at each write. Longer than most files, because SQLite is to be known here and nowhere else in this room. */
#include "core/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#define SCHEMA 1
/* Microseconds that the steps of a task stay that failed or was lost: a person may still grant it a retry. */
#define STEPS_KEPT (400LL * 24 * 3600 * 1000000)

/* All or nothing: a first start may be killed in between. */
static const char schema[] =
	"BEGIN IMMEDIATE;"
	"CREATE TABLE fact(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
	"CREATE TABLE task(engine TEXT NOT NULL, id TEXT NOT NULL, state INTEGER NOT NULL, attempt INTEGER NOT NULL,"
	" first_run INTEGER NOT NULL, changed INTEGER NOT NULL, topic TEXT NOT NULL, task TEXT, result TEXT,"
	" PRIMARY KEY(engine, id)) WITHOUT ROWID;"
	"CREATE INDEX task_state ON task(state, changed);"
	"CREATE TABLE step(engine TEXT NOT NULL, id TEXT NOT NULL, step INTEGER NOT NULL, what TEXT NOT NULL, method "
	"TEXT NOT NULL,"
	" url TEXT NOT NULL, digest TEXT NOT NULL, state TEXT NOT NULL, status INTEGER, answer TEXT, error TEXT,"
	" changed INTEGER NOT NULL, PRIMARY KEY(engine, id, step)) WITHOUT ROWID;"
	"PRAGMA user_version = 1;"
	"COMMIT;";

enum statement {
	FIND,
	EACH,
	HOLD,
	SET_STATE,
	SET_RESULT,
	END_TASK,
	PUT_STEP,
	DROP_STEP,
	FORGET_STEPS,
	GET_STEPS,
	REPORT_STEP,
	EMPTY_STEPS,
	PURGE_STEPS,
	PURGE_TASKS,
	STATEMENT_COUNT
};

static const char *const statement_texts[STATEMENT_COUNT] = {
	[FIND] = "SELECT engine, id, state, attempt, first_run, task, result FROM task WHERE engine = ?1 AND id = ?2",
	[EACH] = "SELECT engine, id, state, attempt, first_run, task, result FROM task WHERE state < 10",
	[HOLD] = "INSERT INTO task(engine, id, state, attempt, first_run, changed, topic, task, result)"
		 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)"
		 " ON CONFLICT(engine, id) DO UPDATE SET state = ?3, attempt = ?4, changed = ?6, task = ?8, result = "
		 "NULL",
	[SET_STATE] = "UPDATE task SET state = ?3, changed = ?4 WHERE engine = ?1 AND id = ?2",
	[SET_RESULT] = "UPDATE task SET state = ?3, changed = ?4, result = ?5 WHERE engine = ?1 AND id = ?2",
	[END_TASK] =
		"UPDATE task SET state = ?3, changed = ?4, task = NULL, result = NULL WHERE engine = ?1 AND id = ?2",
	[PUT_STEP] =
		"INSERT INTO step(engine, id, step, what, method, url, digest, state, status, answer, error, changed)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) ON CONFLICT(engine, id, step) DO UPDATE SET"
		" what = ?4, method = ?5, url = ?6, digest = ?7, state = ?8, status = ?9, answer = ?10, error = ?11,"
		" changed = ?12 WHERE state != 'done'",
	[DROP_STEP] = "DELETE FROM step WHERE engine = ?1 AND id = ?2 AND step = ?3 AND state != 'done'",
	[FORGET_STEPS] = "DELETE FROM step WHERE engine = ?1 AND id = ?2 AND step >= ?3 AND state = 'done' AND"
			 " (method IN ('GET', 'PUT', 'PATCH', 'DELETE') OR step IN (SELECT value FROM json_each(?4)))"
			 " AND step NOT IN (SELECT value FROM json_each(?5))",
	[GET_STEPS] = "SELECT step, what, method, url, digest, state, status, answer, error FROM step"
		      " WHERE engine = ?1 AND id = ?2 ORDER BY step",
	[REPORT_STEP] =
		"UPDATE step SET state = 'reported' WHERE engine = ?1 AND id = ?2 AND step = ?3 AND state = 'intent'",
	[EMPTY_STEPS] = "UPDATE step SET answer = NULL, error = NULL WHERE engine = ?1 AND id = ?2",
	[PURGE_STEPS] = "DELETE FROM step WHERE (engine, id) IN (SELECT engine, id FROM task WHERE "
			"(state = 10 AND changed < ?1) OR (state > 10 AND changed < ?2))",
	[PURGE_TASKS] = "DELETE FROM task WHERE (state = 10 AND changed < ?1) OR (state > 10 AND changed < ?2)",
};

struct journal {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	int lock;    /* the file whose lock keeps a second host out */
	int runners; /* the one that runners hold, too */
	int open;    /* a transaction is */
	int failed;
	struct error error;
};

/* ---- opening ---- */

int journal_make_folder(const char *folder, struct error *error)
{
	struct stat at;

	if (mkdir(folder, 0700) && errno != EEXIST)
		return error_set(error, "%s: %s: make the state folder, writable for this service alone", folder,
				 strerror(errno));
	if (stat(folder, &at) || !S_ISDIR(at.st_mode))
		return error_set(error, "%s is no folder: state = in [host] names the folder of the journal", folder);
	if (at.st_mode & (S_IRWXO | S_IWGRP))
		return error_set(error, "%s can be read or written by others: it will hold data of cases; chmod 700 %s",
				 folder, folder);
	return 0;
}

static int lock_folder(struct journal *journal, const char *folder, struct error *error)
{
	char *path = mem_format("%s/lock", folder);
	int code = 0;

	journal->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (journal->lock < 0)
		code = error_set(error, "%s: %s: the state folder must exist and be writable for this service", path,
				 strerror(errno));
	else if (flock(journal->lock, LOCK_EX | LOCK_NB))
		code = error_set(error,
				 "%s is in use by another bptl run: one host per state folder (set state = in [host])",
				 folder);
	free(path);
	return code;
}

static int run_sql(struct journal *journal, const char *sql, struct error *error)
{
	if (sqlite3_exec(journal->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return error_set(error, "journal: %s", sqlite3_errmsg(journal->db));
}

static int version(struct journal *journal)
{
	sqlite3_stmt *statement = NULL;
	int value = -1;

	if (sqlite3_prepare_v2(journal->db, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int(statement, 0);
	(void)sqlite3_finalize(statement);
	return value;
}

static int prepare(struct journal *journal, struct error *error)
{
	int found;

	if (run_sql(journal, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", error))
		return -1;
	found = version(journal);
	if (found > SCHEMA)
		return error_set(error,
				 "the journal has schema %d, this host knows %d: it was used by a newer bptl; upgrade, "
				 "or use another "
				 "state folder",
				 found, SCHEMA);
	if (found == 0 && run_sql(journal, schema, error))
		return -1;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(journal->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &journal->statements[i], NULL) != SQLITE_OK)
			return error_set(error, "journal: %s", sqlite3_errmsg(journal->db));
	return 0;
}

struct journal *journal_open(const char *folder, struct error *error)
{
	struct journal *journal = mem_new(1, sizeof(*journal));
	char *path = mem_format("%s/journal.db", folder);
	mode_t mask = umask(0077); /* SQLite makes its files with the umask, WAL and all */
	int code;

	journal->lock = journal->runners = -1;
	code = lock_folder(journal, folder, error);
	if (!code &&
	    sqlite3_open_v2(path, &journal->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX,
			    NULL) != SQLITE_OK)
		code = error_set(error, "%s: %s", path, journal->db ? sqlite3_errmsg(journal->db) : "out of memory");
	if (!code && prepare(journal, error))
		code = error_prefix(error, "%s: ", path);
	(void)umask(mask);
	free(path);
	if (!code)
		return journal;
	journal_close(journal);
	return NULL;
}

void journal_close(struct journal *journal)
{
	if (!journal)
		return;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		(void)sqlite3_finalize(journal->statements[i]);
	(void)sqlite3_close(journal->db);
	if (journal->lock >= 0)
		(void)close(journal->lock);
	if (journal->runners >= 0)
		(void)close(journal->runners);
	free(journal);
}

char *journal_worker_id(struct journal *journal)
{
	sqlite3_stmt *statement = NULL;
	char *id = NULL;
	uint64_t random = 0;

	if (sqlite3_prepare_v2(journal->db, "SELECT value FROM fact WHERE name = 'worker_id'", -1, &statement, NULL) ==
		    SQLITE_OK &&
	    sqlite3_step(statement) == SQLITE_ROW)
		id = mem_text((const char *)sqlite3_column_text(statement, 0));
	(void)sqlite3_finalize(statement);
	if (id)
		return id;
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = (uint64_t)clock_wall();
	id = mem_format("bptl-%016llx", (unsigned long long)random);
	if (sqlite3_prepare_v2(journal->db, "INSERT INTO fact VALUES('worker_id', ?1)", -1, &statement, NULL) ==
	    SQLITE_OK) {
		(void)sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
		(void)sqlite3_step(statement);
	}
	(void)sqlite3_finalize(statement);
	return id;
}

/* ---- statements ---- */

static void fail(struct journal *journal)
{
	if (!journal->failed)
		(void)error_set(&journal->error, "the journal cannot be written: %s", sqlite3_errmsg(journal->db));
	journal->failed = 1;
}

static sqlite3_stmt *start(struct journal *journal, enum statement which, const char *engine, const char *id)
{
	sqlite3_stmt *statement = journal->statements[which];

	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
	if (engine)
		(void)sqlite3_bind_text(statement, 1, engine, -1, SQLITE_STATIC);
	if (id)
		(void)sqlite3_bind_text(statement, 2, id, -1, SQLITE_STATIC);
	return statement;
}

/* A statement that writes: opens the turn's transaction when it is the first. */
static sqlite3_stmt *start_write(struct journal *journal, enum statement which, const char *engine, const char *id)
{
	if (!journal->open) {
		if (sqlite3_exec(journal->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
			fail(journal);
		else
			journal->open = 1;
	}
	return start(journal, which, engine, id);
}

/* After a failure SQLite may have taken the transaction back, and what is written then would be a transaction of its
 * own: so nothing is. */
static void finish_write(struct journal *journal, sqlite3_stmt *statement)
{
	if (!journal->failed && sqlite3_step(statement) != SQLITE_DONE)
		fail(journal);
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
}

static void bind_json(sqlite3_stmt *statement, int at, const json_t *value)
{
	char *text;

	if (!value)
		return;
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text)
		mem_out();
	(void)sqlite3_bind_text(statement, at, text, -1, free);
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	if (text)
		(void)sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

static json_t *column_json(sqlite3_stmt *statement, int at)
{
	const char *text = (const char *)sqlite3_column_text(statement, at);

	return text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
}

static void read_row(sqlite3_stmt *statement, struct journal_row *row)
{
	*row = (struct journal_row){
		.engine = mem_text((const char *)sqlite3_column_text(statement, 0)),
		.id = mem_text((const char *)sqlite3_column_text(statement, 1)),
		.state = (enum journal_state)sqlite3_column_int(statement, 2),
		.attempt = sqlite3_column_int(statement, 3),
		.first_run = sqlite3_column_int64(statement, 4),
		.task = column_json(statement, 5),
		.result = column_json(statement, 6),
	};
}

void journal_row_clear(struct journal_row *row)
{
	free(row->engine);
	free(row->id);
	json_decref(row->task);
	json_decref(row->result);
	*row = (struct journal_row){0};
}

int journal_find(struct journal *journal, const char *engine, const char *id, struct journal_row *row)
{
	sqlite3_stmt *statement = start(journal, FIND, engine, id);
	int found = sqlite3_step(statement) == SQLITE_ROW;

	if (found)
		read_row(statement, row);
	(void)sqlite3_reset(statement);
	return found;
}

void journal_each(struct journal *journal, void (*take)(void *arg, struct journal_row *row), void *arg)
{
	struct journal_row *rows = NULL;
	size_t count = 0;
	sqlite3_stmt *statement = start(journal, EACH, NULL, NULL);

	while (sqlite3_step(statement) == SQLITE_ROW) {
		rows = mem_resize(rows, count + 1, sizeof(*rows));
		read_row(statement, &rows[count++]);
	}
	(void)sqlite3_reset(statement);
	for (size_t i = 0; i < count; i++) {
		take(arg, &rows[i]);
		journal_row_clear(&rows[i]);
	}
	free(rows);
}

void journal_hold(struct journal *journal, const struct journal_row *row)
{
	sqlite3_stmt *statement = start_write(journal, HOLD, row->engine, row->id);

	(void)sqlite3_bind_int(statement, 3, (int)row->state);
	(void)sqlite3_bind_int(statement, 4, row->attempt);
	(void)sqlite3_bind_int64(statement, 5, row->first_run);
	(void)sqlite3_bind_int64(statement, 6, clock_wall());
	bind_text(statement, 7, json_get_text(row->task, "topic"));
	bind_json(statement, 8, row->task);
	finish_write(journal, statement);
}

void journal_state(struct journal *journal, const char *engine, const char *id, enum journal_state state,
		   const json_t *result)
{
	enum statement which = state >= JOURNAL_COMPLETED ? END_TASK : result ? SET_RESULT : SET_STATE;
	sqlite3_stmt *statement = start_write(journal, which, engine, id);

	(void)sqlite3_bind_int(statement, 3, (int)state);
	(void)sqlite3_bind_int64(statement, 4, clock_wall());
	if (which == SET_RESULT)
		bind_json(statement, 5, result);
	finish_write(journal, statement);
	if (state == JOURNAL_COMPLETED)
		finish_write(journal, start_write(journal, EMPTY_STEPS, engine, id));
}

static void put_step(struct journal *journal, const char *engine, const char *id, const json_t *row)
{
	static const char *const names[] = {"what", "method", "url", "digest", "state"};
	sqlite3_stmt *statement = start_write(journal, PUT_STEP, engine, id);

	(void)sqlite3_bind_int64(statement, 3, json_get_integer(row, "step", 0));
	for (int n = 0; n < 5; n++)
		bind_text(statement, 4 + n, json_get_text(row, names[n]));
	if (json_object_get(row, "status"))
		(void)sqlite3_bind_int64(statement, 9, json_get_integer(row, "status", 0));
	bind_json(statement, 10, json_object_get(row, "answer"));
	bind_text(statement, 11, json_get_text(row, "error"));
	(void)sqlite3_bind_int64(statement, 12, clock_wall());
	finish_write(journal, statement);
}

static void forget_steps(struct journal *journal, const char *engine, const char *id, const json_t *forget)
{
	sqlite3_stmt *statement = start_write(journal, FORGET_STEPS, engine, id);

	(void)sqlite3_bind_int64(statement, 3, json_get_integer(forget, "from", INT64_MAX));
	bind_json(statement, 4, json_object_get(forget, "undone"));
	bind_json(statement, 5, json_object_get(forget, "keep"));
	finish_write(journal, statement);
}

void journal_note(struct journal *journal, const char *key, const json_t *note, int ours)
{
	const char *slash = strchr(key, '/');
	char *engine = slash ? mem_slice(key, (size_t)(slash - key)) : mem_text("");
	const char *id = slash ? slash + 1 : key;
	const json_t *row;
	sqlite3_stmt *statement;
	size_t i;

	json_array_foreach (json_object_get(note, "put"), i, row)
		if (ours || text_equal(json_get_text(row, "state"), "done"))
			put_step(journal, engine, id, row);
	json_array_foreach (json_object_get(note, "drop"), i, row) {
		statement = start_write(journal, DROP_STEP, engine, id);
		(void)sqlite3_bind_int64(statement, 3, json_integer_value(row));
		finish_write(journal, statement);
	}
	if (ours && json_object_get(note, "forget"))
		forget_steps(journal, engine, id, json_object_get(note, "forget"));
	free(engine);
}

json_t *journal_steps(struct journal *journal, const char *engine, const char *id)
{
	static const char *const names[] = {"what", "method", "url", "digest", "state"};
	json_t *steps = mem_json(json_array());
	sqlite3_stmt *statement = start(journal, GET_STEPS, engine, id);

	while (sqlite3_step(statement) == SQLITE_ROW) {
		json_t *row = mem_json(json_pack("{s:I}", "step", (json_int_t)sqlite3_column_int64(statement, 0)));

		for (int n = 0; n < 5; n++)
			json_put_text(row, names[n], (const char *)sqlite3_column_text(statement, 1 + n));
		if (sqlite3_column_type(statement, 6) != SQLITE_NULL)
			(void)json_object_set_new(row, "status", json_integer(sqlite3_column_int64(statement, 6)));
		if (sqlite3_column_type(statement, 7) != SQLITE_NULL)
			(void)json_object_set_new(row, "answer", column_json(statement, 7));
		json_put_text(row, "error", (const char *)sqlite3_column_text(statement, 8));
		(void)json_array_append_new(steps, row);
	}
	(void)sqlite3_reset(statement);
	return steps;
}

void journal_reported(struct journal *journal, const char *engine, const char *id, int step)
{
	sqlite3_stmt *statement = start_write(journal, REPORT_STEP, engine, id);

	(void)sqlite3_bind_int(statement, 3, step);
	finish_write(journal, statement);
}

void journal_purge(struct journal *journal, int64_t before)
{
	for (enum statement which = PURGE_STEPS; which <= PURGE_TASKS; which++) {
		sqlite3_stmt *statement = start_write(journal, which, NULL, NULL);

		(void)sqlite3_bind_int64(statement, 1, before);
		(void)sqlite3_bind_int64(statement, 2, before - STEPS_KEPT);
		finish_write(journal, statement);
	}
}

int journal_runner_lock(const struct journal *journal)
{
	return journal ? journal->runners : -1;
}

void journal_set_runner_lock(struct journal *journal, int fd)
{
	journal->runners = fd;
}

int journal_commit(struct journal *journal, struct error *error)
{
	if (journal->open && !journal->failed && sqlite3_exec(journal->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		fail(journal);
	if (journal->failed) {
		*error = journal->error;
		if (!sqlite3_get_autocommit(journal->db))
			(void)sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL);
		journal->open = journal->failed = 0;
		return -1;
	}
	journal->open = 0;
	return 0;
}
