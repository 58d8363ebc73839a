/* journal.c: reading, writing and committing; see journal.h. A failed statement is remembered and makes the next commit
 * fail, so that callers need not look at each write; what was to be written is kept (pending.h) and written again when
 * that can help. */
#include "core/journal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/journal_inside.h"

/* Microseconds that the steps of a task stay that failed or was lost: a person may still grant it a retry. */
#define STEPS_KEPT (400LL * 24 * 3600 * 1000000)
#define RETRY_EVERY 2000 /* ms between tries while it cannot be written */

/* ---- statements ---- */

/* What a person or time can mend is waited for; what is not SQLite's to decide twice is not. */
static int can_wait(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return 1;
	default:
		return 0;
	}
}

static void fail(struct journal *journal, const char *what)
{
	int code = sqlite3_extended_errcode(journal->db);

	if ((code & 0xff) == SQLITE_NOMEM || code == SQLITE_IOERR_NOMEM)
		mem_out();
	if (journal->health != WORKS)
		return;
	(void)error_set(&journal->error, "the journal cannot be %s: %s%s", what, sqlite3_errmsg(journal->db),
			journal_remedy(code));
	journal->health = can_wait(code) ? WAITS : BROKEN;
	journal->retry_at = clock_boot() + RETRY_EVERY;
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

/* Ends a statement that reads. 0, or -1: rows that were not read must not be taken for rows that are not there. */
static int finish_read(struct journal *journal, sqlite3_stmt *statement, int code)
{
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		fail(journal, "read");
	(void)sqlite3_reset(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : -1;
}

/* Opens the turn's transaction when it is the first write. */
static void execute(struct journal *journal, const struct pending_write *write)
{
	sqlite3_stmt *statement = start(journal, (enum statement)write->statement, NULL, NULL);

	if (!journal->open) {
		if (sqlite3_exec(journal->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK) {
			fail(journal, "written");
			return;
		}
		journal->open = 1;
	}
	for (int i = 0; i < PENDING_VALUES; i++) {
		const struct pending_value *value = &write->values[i];

		if (value->kind == PENDING_INTEGER)
			(void)sqlite3_bind_int64(statement, i + 1, value->integer);
		else if (value->kind == PENDING_TEXT)
			(void)sqlite3_bind_text(statement, i + 1, value->text, -1, SQLITE_STATIC);
	}
	if (sqlite3_step(statement) != SQLITE_DONE)
		fail(journal, "written");
	(void)sqlite3_reset(statement);
	(void)sqlite3_clear_bindings(statement);
}

static struct pending_write *start_write(struct journal *journal, enum statement which, const char *engine,
					 const char *id)
{
	struct pending_write *write = pending_add(&journal->pending, (int)which);

	pending_text(write, 1, engine);
	pending_text(write, 2, id);
	return write;
}

/* After a failure SQLite may have taken the transaction back, and what is written then would be a transaction of its
 * own: so it is only kept. */
static void finish_write(struct journal *journal, const struct pending_write *write)
{
	if (journal->health == WORKS)
		execute(journal, write);
}

static void put_json(struct pending_write *write, int at, const json_t *value)
{
	char *text;

	if (!value)
		return;
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (!text)
		mem_out();
	pending_take(write, at, text);
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
	int code = sqlite3_step(statement);

	if (code == SQLITE_ROW)
		read_row(statement, row);
	return finish_read(journal, statement, code) ? -1 : code == SQLITE_ROW;
}

int journal_each(struct journal *journal, void (*take)(void *arg, struct journal_row *row), void *arg)
{
	struct journal_row *rows = NULL;
	size_t count = 0;
	sqlite3_stmt *statement = start(journal, EACH, NULL, NULL);
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
		rows = mem_resize(rows, count + 1, sizeof(*rows));
		read_row(statement, &rows[count++]);
	}
	code = finish_read(journal, statement, code);
	for (size_t i = 0; i < count; i++) {
		if (!code)
			take(arg, &rows[i]);
		journal_row_clear(&rows[i]);
	}
	free(rows);
	return code;
}

void journal_hold(struct journal *journal, const struct journal_row *row)
{
	struct pending_write *write = start_write(journal, HOLD, row->engine, row->id);

	pending_integer(write, 3, row->state);
	pending_integer(write, 4, row->attempt);
	pending_integer(write, 5, row->first_run);
	pending_integer(write, 6, clock_wall());
	pending_text(write, 7, json_get_text(row->task, "topic"));
	put_json(write, 8, row->task);
	finish_write(journal, write);
}

void journal_state(struct journal *journal, const char *engine, const char *id, enum journal_state state,
		   const json_t *result)
{
	enum statement which = state >= JOURNAL_COMPLETED ? END_TASK : result ? SET_RESULT : SET_STATE;
	struct pending_write *write = start_write(journal, which, engine, id);

	pending_integer(write, 3, state);
	pending_integer(write, 4, clock_wall());
	put_json(write, 5, result);
	finish_write(journal, write);
	if (state == JOURNAL_COMPLETED)
		finish_write(journal, start_write(journal, EMPTY_STEPS, engine, id));
}

static void put_step(struct journal *journal, const char *engine, const char *id, const json_t *row)
{
	static const char *const names[] = {"what", "method", "url", "digest", "state"};
	struct pending_write *write = start_write(journal, PUT_STEP, engine, id);

	pending_integer(write, 3, json_get_integer(row, "step", 0));
	for (int n = 0; n < 5; n++)
		pending_text(write, 4 + n, json_get_text(row, names[n]));
	if (json_object_get(row, "status"))
		pending_integer(write, 9, json_get_integer(row, "status", 0));
	put_json(write, 10, json_object_get(row, "answer"));
	pending_text(write, 11, json_get_text(row, "error"));
	pending_integer(write, 12, clock_wall());
	finish_write(journal, write);
}

static void forget_steps(struct journal *journal, const char *engine, const char *id, const json_t *forget)
{
	struct pending_write *write = start_write(journal, FORGET_STEPS, engine, id);

	pending_integer(write, 3, json_get_integer(forget, "from", INT64_MAX));
	put_json(write, 4, json_object_get(forget, "undone"));
	put_json(write, 5, json_object_get(forget, "keep"));
	finish_write(journal, write);
}

void journal_note(struct journal *journal, const char *key, const json_t *note, int ours)
{
	const char *slash = strchr(key, '/');
	char *engine = slash ? mem_slice(key, (size_t)(slash - key)) : mem_text("");
	const char *id = slash ? slash + 1 : key;
	const json_t *row;
	struct pending_write *write;
	size_t i;

	json_array_foreach (json_object_get(note, "put"), i, row)
		if (ours || text_equal(json_get_text(row, "state"), "done"))
			put_step(journal, engine, id, row);
	json_array_foreach (json_object_get(note, "drop"), i, row) {
		write = start_write(journal, DROP_STEP, engine, id);
		pending_integer(write, 3, json_integer_value(row));
		finish_write(journal, write);
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
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
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
	if (finish_read(journal, statement, code) == 0)
		return steps;
	json_decref(steps);
	return NULL;
}

void journal_reported(struct journal *journal, const char *engine, const char *id, int step)
{
	struct pending_write *write = start_write(journal, REPORT_STEP, engine, id);

	pending_integer(write, 3, step);
	finish_write(journal, write);
}

void journal_purge(struct journal *journal, int64_t before)
{
	for (enum statement which = PURGE_STEPS; which <= PURGE_TASKS; which++) {
		struct pending_write *write = pending_add(&journal->pending, (int)which);

		pending_integer(write, 1, before);
		pending_integer(write, 2, before - STEPS_KEPT);
		finish_write(journal, write);
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

void journal_spent(struct journal *journal, const char *path)
{
	journal->spent = mem_resize(journal->spent, journal->spent_count + 1, sizeof(*journal->spent));
	journal->spent[journal->spent_count++] = mem_text(path);
}

/* ---- becoming durable ---- */

static void roll_back(struct journal *journal)
{
	if (!sqlite3_get_autocommit(journal->db))
		(void)sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL);
	journal->open = 0;
}

static void write_again(struct journal *journal)
{
	journal->health = WORKS;
	for (size_t i = 0; i < journal->pending.count && journal->health == WORKS; i++)
		execute(journal, &journal->pending.list[i]);
}

static void committed(struct journal *journal)
{
	int moved = 0;

	if (journal->open && sqlite3_file_control(journal->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved) == SQLITE_OK)
		journal->moved |= moved;
	journal->open = 0;
	pending_clear(&journal->pending);
	for (size_t i = 0; i < journal->spent_count; i++) {
		(void)unlink(journal->spent[i]); /* one that stays is read again, which changes nothing */
		free(journal->spent[i]);
	}
	journal->spent_count = 0;
}

int journal_commit(struct journal *journal, struct error *error)
{
	if (journal->health == WAITS && clock_boot() >= journal->retry_at)
		write_again(journal);
	if (journal->health == WORKS && journal->open &&
	    sqlite3_exec(journal->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
		fail(journal, "written");
	if (journal->health == WORKS) {
		committed(journal);
		return 0;
	}
	*error = journal->error;
	roll_back(journal);
	if (journal->health == WAITS)
		return JOURNAL_WAITS;
	pending_clear(&journal->pending);
	journal->health = WORKS;
	return -1;
}

int journal_is_open(const struct journal *journal)
{
	return journal->open;
}

int64_t journal_due(const struct journal *journal)
{
	return journal->health == WAITS ? journal->retry_at : INT64_MAX;
}

void journal_hurry(struct journal *journal)
{
	journal->retry_at = 0;
}

int journal_moved(const struct journal *journal)
{
	return journal->moved;
}
