/* journal_view.c: see journal_view.h. Apart from journal.c, which is the host's own and writes. */
#include "core/journal_view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/journal_inside.h"
#include "http/url.h"

#define BUSY_WAIT 5000 /* ms to wait for a host that is just starting or ending */

struct journal_view {
	sqlite3 *db;
	char *path;
};

static const struct {
	enum journal_state state;
	const char *name;
} names[] = {
	{JOURNAL_HELD, "held"},       {JOURNAL_PERFORMED, "performed"}, {JOURNAL_FAILING, "failing"},
	{JOURNAL_CALLING, "calling"}, {JOURNAL_COMPLETED, "completed"}, {JOURNAL_FAILED, "failed"},
	{JOURNAL_LOST, "lost"},       {JOURNAL_RETURNED, "returned"},
};
#define NAME_COUNT (sizeof(names) / sizeof(*names))

const char *const journal_states[NAME_COUNT + 1] = {"held",      "performed", "failing", "calling",
						    "completed", "failed",    "lost",    "returned"};

static const char *name_of(int state)
{
	for (size_t i = 0; i < NAME_COUNT; i++)
		if ((int)names[i].state == state)
			return names[i].name;
	return "unknown to this version";
}

/* 0: any. */
static int state_named(const char *name)
{
	for (size_t i = 0; name && i < NAME_COUNT; i++)
		if (strcmp(names[i].name, name) == 0)
			return (int)names[i].state;
	return 0;
}

static int fault(const struct journal_view *view, struct error *error)
{
	int code = view->db ? sqlite3_errcode(view->db) : SQLITE_NOMEM;

	return error_set(error, "%s: %s%s", view->path, sqlite3_errstr(code), journal_remedy(code));
}

static sqlite3_stmt *prepare(const struct journal_view *view, const char *sql, struct error *error)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(view->db, sql, -1, &statement, NULL) != SQLITE_OK)
		(void)fault(view, error);
	return statement;
}

static int check_schema(const struct journal_view *view, struct error *error)
{
	sqlite3_stmt *statement = prepare(view, "PRAGMA user_version", error);
	int code = statement ? 0 : -1, found;

	if (statement && sqlite3_step(statement) != SQLITE_ROW) {
		code = fault(view, error);
	} else if (statement) {
		found = sqlite3_column_int(statement, 0);
		if (found == 0)
			code = error_set(error, "%s is empty: no bptl run has used this state folder yet", view->path);
		else if (found != JOURNAL_SCHEMA)
			code = error_set(
				error, "%s has schema %d, this bptl reads %d: use the bptl of the host that writes it",
				view->path, found, JOURNAL_SCHEMA);
	}
	(void)sqlite3_finalize(statement);
	return code;
}

/* A host that works, or was killed, has a log (-wal) and its index (-shm) beside the database: they are read, and the
 * index is not written. After a host that ended in order there are none, SQLite would make them, and the database is
 * whole without them. */
static int open_database(struct journal_view *view, struct error *error)
{
	char *log = mem_format("%s-wal", view->path), *name = url_escape(view->path);
	char *uri = mem_format("file:%s?mode=ro&%s", name, access(log, F_OK) == 0 ? "readonly_shm=1" : "immutable=1");
	int code = sqlite3_open_v2(uri, &view->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);

	free(log);
	free(name);
	free(uri);
	if (code != SQLITE_OK)
		return fault(view, error);
	(void)sqlite3_busy_timeout(view->db, BUSY_WAIT);
	return check_schema(view, error);
}

struct journal_view *journal_view_open(const char *folder, struct error *error)
{
	struct journal_view *view = mem_new(1, sizeof(*view));

	view->path = mem_format("%s/journal.db", folder);
	if (access(view->path, R_OK)) {
		if (errno == ENOENT)
			(void)error_set(
				error,
				"%s is not there: no bptl run has used this state folder yet (state = in [host])",
				view->path);
		else
			(void)error_set(error, "%s: %s: be the user that bptl run is, or root", view->path,
					strerror(errno));
	} else if (open_database(view, error) == 0) {
		return view;
	}
	journal_view_close(view);
	return NULL;
}

void journal_view_close(struct journal_view *view)
{
	if (!view)
		return;
	(void)sqlite3_close(view->db);
	free(view->path);
	free(view);
}

/* ---- rows ---- */

static const char *column_text(sqlite3_stmt *row, int at)
{
	return (const char *)sqlite3_column_text(row, at);
}

static json_t *column_json(sqlite3_stmt *row, int at)
{
	const char *text = column_text(row, at);

	return text ? json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL) : NULL;
}

static void put_integer(json_t *object, const char *name, int64_t value)
{
	(void)json_object_set_new(object, name, mem_json(json_integer((json_int_t)value)));
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	if (text)
		(void)sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static json_t *task_of(sqlite3_stmt *row)
{
	json_t *task = mem_json(json_object()), *fetched = column_json(row, 7), *result = column_json(row, 8);

	json_put_text(task, "engine", column_text(row, 0));
	json_put_text(task, "id", column_text(row, 1));
	json_put_text(task, "topic", column_text(row, 2));
	json_put_text(task, "state", name_of(sqlite3_column_int(row, 3)));
	put_integer(task, "attempt", sqlite3_column_int(row, 4));
	put_integer(task, "firstRun", sqlite3_column_int64(row, 5));
	put_integer(task, "changed", sqlite3_column_int64(row, 6));
	put_integer(task, "unknown", sqlite3_column_int(row, 9));
	json_put_text(task, "processInstanceId", json_get_text(fetched, "processInstance"));
	json_put_text(task, "businessKey", json_get_text(fetched, "businessKey"));
	json_put_text(task, "message", json_get_text(result, "message"));
	json_put_text(task, "code", json_get_text(result, "code"));
	json_decref(fetched);
	json_decref(result);
	return task;
}

static json_t *step_of(sqlite3_stmt *row)
{
	json_t *step = mem_json(json_object()), *answer = column_json(row, 7);
	char *url = url_outline(column_text(row, 4)); /* a query can name people */

	put_integer(step, "step", sqlite3_column_int64(row, 0));
	put_integer(step, "time", sqlite3_column_int64(row, 1));
	json_put_text(step, "what", column_text(row, 2));
	json_put_text(step, "method", column_text(row, 3));
	json_put_text(step, "url", url);
	json_put_text(step, "state", column_text(row, 5));
	if (sqlite3_column_type(row, 6) != SQLITE_NULL)
		put_integer(step, "status", sqlite3_column_int64(row, 6));
	if (answer)
		(void)json_object_set_new(step, "answer", answer);
	json_put_text(step, "error", column_text(row, 8));
	free(url);
	return step;
}

/* All rows of a statement; it is finalized. */
static json_t *rows_of(const struct journal_view *view, sqlite3_stmt *statement, json_t *(*make)(sqlite3_stmt *row),
		       struct error *error)
{
	json_t *rows = mem_json(json_array());
	int code;

	while ((code = sqlite3_step(statement)) == SQLITE_ROW)
		if (json_array_append_new(rows, make(statement)))
			mem_out();
	if (code != SQLITE_DONE) {
		(void)fault(view, error);
		json_decref(rows);
		rows = NULL;
	}
	(void)sqlite3_finalize(statement);
	return rows;
}

/* While a task is held its intents may be under way: nobody is to be sent after those. */
json_t *journal_view_tasks(struct journal_view *view, const struct journal_filter *filter, struct error *error)
{
	static const char sql[] =
		"SELECT * FROM (SELECT engine, id, topic, state, attempt, first_run, changed, task, result,"
		" CASE state WHEN 1 THEN 0 ELSE (SELECT count(*) FROM step WHERE step.engine = task.engine AND"
		" step.id = task.id AND step.state <> 'done') END AS unknown FROM task"
		" WHERE (?1 IS NULL OR engine = ?1) AND (?2 IS NULL OR substr(id, 1, length(?2)) = ?2)"
		" AND (?3 = 0 OR state = ?3)) WHERE ?4 = 0 OR unknown > 0 ORDER BY changed DESC LIMIT ?5";
	sqlite3_stmt *statement = prepare(view, sql, error);

	if (!statement)
		return NULL;
	bind_text(statement, 1, filter->engine);
	bind_text(statement, 2, filter->id);
	(void)sqlite3_bind_int(statement, 3, state_named(filter->state));
	(void)sqlite3_bind_int(statement, 4, filter->unknown);
	(void)sqlite3_bind_int(statement, 5, filter->most);
	return rows_of(view, statement, task_of, error);
}

json_t *journal_view_steps(struct journal_view *view, const char *engine, const char *id, int bodies,
			   struct error *error)
{
	static const char sql[] = "SELECT step, changed, what, method, url, state, status,"
				  " CASE WHEN ?3 THEN answer END, CASE WHEN ?3 THEN error END"
				  " FROM step WHERE engine = ?1 AND id = ?2 ORDER BY step";
	sqlite3_stmt *statement = prepare(view, sql, error);

	if (!statement)
		return NULL;
	bind_text(statement, 1, engine);
	bind_text(statement, 2, id);
	(void)sqlite3_bind_int(statement, 3, bodies);
	return rows_of(view, statement, step_of, error);
}
