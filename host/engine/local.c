/* local.c: the tasks of the embedded engine in one SQLite database, and what may be done with them: the rules are those
 * of the real engines. Several hosts and commands may use one database at once; a lock is a worker and a moment of the
 * wall clock, so that it outlives the host. Longer than most files, because SQLite is named here and nowhere else in
 * this room. Who waits for which result is no matter of this file: see local_engine.c. */
#include "engine/local.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/camunda_wire.h"

#define SCHEMA 1
#define APPLICATION 0x6270746c /* "bptl": that the file is ours */
#define BUSY_WAIT 2000         /* milliseconds to wait for another process's transaction */

/* state: open, incident, completed, error. held: 1 when lock_until is the end of a lock, 0 when it is that of a wait
 * for a retry, which keeps its worker, as in the real engines. Times: lock_until in milliseconds, the others in
 * microseconds. */
static const char schema[] =
	"CREATE TABLE task (id TEXT PRIMARY KEY, topic TEXT NOT NULL, business_key TEXT, priority INTEGER NOT NULL,"
	" state TEXT NOT NULL DEFAULT 'open', held INTEGER NOT NULL DEFAULT 0, worker TEXT,"
	" lock_until INTEGER NOT NULL DEFAULT 0, retries INTEGER, error TEXT, details TEXT, code TEXT,"
	" variables TEXT NOT NULL, outcome TEXT, created INTEGER NOT NULL, changed INTEGER NOT NULL);"
	"CREATE INDEX task_open ON task (topic, priority DESC, created, lock_until) WHERE state = 'open';"
	"CREATE INDEX task_created ON task (created);"
	"PRAGMA application_id = 1651537004;"
	"PRAGMA user_version = 1;";

struct local_store {
	sqlite3 *db;
	char *path;
};

static int64_t wall_ms(void)
{
	return clock_wall() / 1000;
}

static int fault(const struct local_store *store, struct error *error)
{
	return error_set(error, "database %s: %s", store->path, sqlite3_errmsg(store->db));
}

static int run(struct local_store *store, const char *sql, struct error *error)
{
	return sqlite3_exec(store->db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 : fault(store, error);
}

static sqlite3_stmt *prepare(struct local_store *store, const char *sql, struct error *error)
{
	sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(store->db, sql, -1, &statement, NULL) != SQLITE_OK)
		(void)fault(store, error);
	return statement;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	if (sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT) == SQLITE_NOMEM)
		mem_out();
}

static const char *column_text(sqlite3_stmt *statement, int at)
{
	return (const char *)sqlite3_column_text(statement, at);
}

/* Runs a statement that gives no rows, and ends it. 0 or -1. */
static int finish(struct local_store *store, sqlite3_stmt *statement, struct error *error)
{
	int done = sqlite3_step(statement) == SQLITE_DONE ? 0 : fault(store, error);

	(void)sqlite3_finalize(statement);
	return done;
}

/* ---- opening ---- */

static int64_t pragma(struct local_store *store, const char *sql)
{
	struct error unused;
	sqlite3_stmt *statement = prepare(store, sql, &unused);
	int64_t value = -1;

	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	(void)sqlite3_finalize(statement);
	return value;
}

/* Tasks hold personal data: the file is made for its owner alone, and one that others can read is refused. The file is
 * not opened when it exists: closing it would end the locks that SQLite holds for other connections of this process. */
static int prepare_file(const char *database, int create, struct error *error)
{
	struct stat about;
	int fd;

	if (stat(database, &about) == 0) {
		if (!S_ISREG(about.st_mode))
			return error_set(error, "database %s: it is not a file", database);
		if (about.st_mode & 077)
			return error_set(
				error,
				"database %s: it is accessible to others (mode %04o) and holds data of processes: "
				"make it private with chmod 600",
				database, (unsigned)(about.st_mode & 07777));
		return 0;
	}
	if (errno != ENOENT)
		return error_set(error, "database %s: %s", database, strerror(errno));
	if (!create)
		return error_set(error, "database %s: there is no such file: is the path that of the engine's section?",
				 database);
	fd = open(database, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 && errno != EEXIST)
		return error_set(error, "database %s cannot be made: %s", database, strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	return 0;
}

static int make_schema(struct local_store *store, struct error *error)
{
	int64_t version;

	if (local_begin(store, error))
		return -1;
	/* asked again, now that no other process can make it at the same time */
	version = pragma(store, "PRAGMA user_version");
	if (version == 0 && run(store, schema, error)) {
		local_rollback(store);
		return -1;
	}
	return local_commit(store, error);
}

static int check_schema(struct local_store *store, struct error *error)
{
	int64_t version = pragma(store, "PRAGMA user_version");
	int64_t application = pragma(store, "PRAGMA application_id");
	int64_t tables = pragma(store, "SELECT count(*) FROM sqlite_schema");

	if (version < 0 || tables < 0)
		return fault(store, error);
	if (version == 0 && application == 0 && tables == 0)
		return make_schema(store, error);
	if (application != APPLICATION)
		return error_set(error, "database %s: it belongs to another program: give the engine a file of its own",
				 store->path);
	if (version > SCHEMA)
		return error_set(
			error,
			"database %s: it was made by a newer bptl (schema %lld, this one knows %d): upgrade bptl, "
			"or give the engine another file",
			store->path, (long long)version, SCHEMA);
	return 0;
}

static void *get_memory(int size)
{
	return mem_get((size_t)size);
}

static void *get_memory_again(void *old, int size)
{
	return mem_get_again(old, (size_t)size);
}

static int memory_size(void *memory)
{
	return memory ? (int)malloc_usable_size(memory) : 0;
}

static int round_up(int size)
{
	return (size + 7) & ~7;
}

static int no_start(void *arg)
{
	(void)arg;
	return SQLITE_OK;
}

static void no_end(void *arg)
{
	(void)arg;
}

void local_sqlite_memory(void)
{
	sqlite3_mem_methods methods = {.xMalloc = get_memory,
				       .xFree = free,
				       .xRealloc = get_memory_again,
				       .xSize = memory_size,
				       .xRoundup = round_up,
				       .xInit = no_start,
				       .xShutdown = no_end};

	(void)sqlite3_config(SQLITE_CONFIG_MALLOC,
			     &methods); /* not taken once SQLite is in use: then it was set before */
}

struct local_store *local_open(const char *database, int create, struct error *error)
{
	struct local_store *store;

	if (prepare_file(database, create, error))
		return NULL;
	local_sqlite_memory();
	store = mem_new(1, sizeof(*store));
	store->path = mem_text(database);
	if (sqlite3_open_v2(database, &store->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
		if (!store->db)
			mem_out();
		(void)fault(store, error);
		goto failed;
	}
	(void)sqlite3_busy_timeout(store->db, BUSY_WAIT);
	if (run(store, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF", error) ||
	    check_schema(store, error))
		goto failed;
	return store;
failed:
	local_close(store);
	return NULL;
}

void local_close(struct local_store *store)
{
	(void)sqlite3_close(store->db);
	free(store->path);
	free(store);
}

int local_begin(struct local_store *store, struct error *error)
{
	return run(store, "BEGIN IMMEDIATE", error);
}

int local_commit(struct local_store *store, struct error *error)
{
	if (run(store, "COMMIT", error) == 0)
		return 0;
	local_rollback(store);
	return -1;
}

void local_rollback(struct local_store *store)
{
	if (!sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

/* ---- fetching ---- */

/* A task that may be fetched, and what decides on its turn. */
struct candidate {
	struct engine_task task;
	int64_t created;
	const struct engine_topic *topic;
};

struct candidates {
	struct candidate *list;
	size_t count;
};

static void candidates_free(struct candidates *found)
{
	for (size_t i = 0; i < found->count; i++)
		engine_task_clear(&found->list[i].task);
	free(found->list);
}

/* The higher priority first, then the older one. */
static int by_turn(const void *left, const void *right)
{
	const struct candidate *a = left, *b = right;

	if (a->task.priority != b->task.priority)
		return a->task.priority > b->task.priority ? -1 : 1;
	return (a->created > b->created) - (a->created < b->created);
}

static json_t *read_object(const char *text)
{
	char reason[160];
	json_t *value = text ? json_read(text, strlen(text), reason) : NULL;

	if (value && !json_is_object(value)) {
		json_decref(value);
		value = NULL;
	}
	return value;
}

/* Has the task the values that the topic asks for? */
static int has_values(const json_t *variables, json_t *wanted)
{
	const char *name;
	json_t *value;

	json_object_foreach (wanted, name, value) {
		const json_t *held = json_object_get(json_object_get(variables, name), "value");

		if (!held || !json_equal(held, value))
			return 0;
	}
	return 1;
}

/* Only the variables that the topic asks for. Steals `all`. */
static json_t *chosen(json_t *all, const char *const *names)
{
	json_t *some;

	if (!names)
		return all;
	some = mem_json(json_object());
	for (; *names; names++) {
		json_t *value = json_object_get(all, *names);

		if (value && json_object_set(some, *names, value))
			mem_out();
	}
	json_decref(all);
	return some;
}

static void add_candidate(struct candidates *found, sqlite3_stmt *row, const struct engine_topic *topic,
			  json_t *variables)
{
	struct candidate *one;

	found->list = mem_resize(found->list, found->count + 1, sizeof(*found->list));
	one = &found->list[found->count++];
	*one = (struct candidate){.topic = topic, .created = sqlite3_column_int64(row, 4)};
	one->task.id = mem_text(column_text(row, 0));
	one->task.topic = mem_text(topic->name);
	one->task.business_key = mem_text(column_text(row, 1));
	one->task.priority = sqlite3_column_int64(row, 2);
	one->task.retries = sqlite3_column_type(row, 3) == SQLITE_NULL ? -1 : sqlite3_column_int(row, 3);
	one->task.variables = chosen(variables, topic->variables);
}

/* Adds up to `most` tasks of a topic. */
static int find_tasks(struct local_store *store, const struct engine_topic *topic, size_t most,
		      struct candidates *found, struct error *error)
{
	static const char sql[] = "SELECT id, business_key, priority, retries, created, variables FROM task"
				  " WHERE state = 'open' AND topic = ?1 AND lock_until <= ?2"
				  " AND (?3 IS NULL OR business_key = ?3) ORDER BY priority DESC, created";
	size_t limit = found->count + most;
	sqlite3_stmt *statement;
	int code = SQLITE_ROW;

	/* a local task is of no process definition and of no tenant */
	if ((topic->definition_keys && topic->definition_keys[0]) || (topic->tenants && topic->tenants[0]))
		return 0;
	statement = prepare(store, sql, error);
	if (!statement)
		return -1;
	bind_text(statement, 1, topic->name);
	(void)sqlite3_bind_int64(statement, 2, wall_ms());
	bind_text(statement, 3, topic->business_key);
	while (found->count < limit && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		json_t *variables = read_object(column_text(statement, 5));

		if (variables && has_values(variables, topic->process_variables))
			add_candidate(found, statement, topic, variables);
		else
			json_decref(variables);
	}
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		(void)fault(store, error);
	(void)sqlite3_finalize(statement);
	return code == SQLITE_ROW || code == SQLITE_DONE ? 0 : -1;
}

static int take_lock(struct local_store *store, const char *worker, struct candidate *one, struct error *error)
{
	sqlite3_stmt *statement = prepare(
		store, "UPDATE task SET worker = ?2, lock_until = ?3, held = 1, changed = ?4 WHERE id = ?1", error);

	if (!statement)
		return -1;
	one->task.lock_until = clock_boot() + one->topic->lock;
	bind_text(statement, 1, one->task.id);
	bind_text(statement, 2, worker);
	(void)sqlite3_bind_int64(statement, 3, wall_ms() + one->topic->lock);
	(void)sqlite3_bind_int64(statement, 4, clock_wall());
	return finish(store, statement, error);
}

struct engine_task *local_fetch(struct local_store *store, const char *worker, const struct engine_topic *topics,
				size_t topic_count, int most, size_t *count, struct error *error)
{
	struct candidates found = {0};
	struct engine_task *tasks = NULL;
	size_t limit = most > 0 ? (size_t)most : 0;

	*count = 0;
	for (size_t i = 0; i < topic_count; i++)
		if (find_tasks(store, &topics[i], limit, &found, error))
			goto out;
	if (found.count > 1)
		qsort(found.list, found.count, sizeof(*found.list), by_turn);
	if (limit > found.count)
		limit = found.count;
	for (size_t i = 0; worker && i < limit; i++)
		if (take_lock(store, worker, &found.list[i], error))
			goto out;
	tasks = mem_new(limit + 1, sizeof(*tasks));
	for (size_t i = 0; i < limit; i++) {
		tasks[i] = found.list[i].task;
		found.list[i].task = (struct engine_task){0};
	}
	*count = limit;
out:
	candidates_free(&found);
	return tasks;
}

/* ---- what workers say ---- */

/* Puts what a worker set into what was set before. New reference. */
static json_t *merged(const char *outcome, const struct local_saying *saying)
{
	json_t *result = read_object(outcome);

	if (!result)
		result = mem_json(json_object());
	if ((saying->variables && json_object_update(result, (json_t *)(uintptr_t)saying->variables)) ||
	    (saying->local && json_object_update(result, (json_t *)(uintptr_t)saying->local)))
		mem_out();
	return result;
}

/* Ends a task with its outcome. */
static int say_end(struct local_store *store, const struct local_saying *saying, const char *outcome,
		   struct error *error)
{
	int is_error = saying->verb == LOCAL_BPMN_ERROR;
	sqlite3_stmt *statement = prepare(store,
					  "UPDATE task SET state = ?2, outcome = ?3, changed = ?4, code = ?5,"
					  " error = coalesce(?6, error), held = 0, lock_until = 0 WHERE id = ?1",
					  error);
	json_t *variables;
	char *text;

	if (!statement)
		return -1;
	variables = merged(outcome, saying);
	text = json_dumps(variables, JSON_COMPACT);
	if (!text)
		mem_out();
	bind_text(statement, 1, saying->id);
	bind_text(statement, 2, is_error ? "error" : "completed");
	bind_text(statement, 3, text);
	(void)sqlite3_bind_int64(statement, 4, clock_wall());
	bind_text(statement, 5, saying->code);
	bind_text(statement, 6, is_error ? saying->message : NULL);
	free(text);
	json_decref(variables);
	return finish(store, statement, error);
}

static int say_failure(struct local_store *store, const struct local_saying *saying, struct error *error)
{
	sqlite3_stmt *statement =
		prepare(store,
			"UPDATE task SET state = ?2, retries = ?3, lock_until = ?4, held = 0, error = ?5,"
			" details = ?6, changed = ?7 WHERE id = ?1",
			error);
	char *message, *details;

	if (!statement)
		return -1;
	message = saying->message ? mem_slice(saying->message, camunda_message_length(saying->message)) : NULL;
	details = saying->details ? mem_slice(saying->details, text_cut(saying->details, CAMUNDA_DETAILS_LIMIT)) : NULL;
	bind_text(statement, 1, saying->id);
	bind_text(statement, 2, saying->retries > 0 ? "open" : "incident");
	(void)sqlite3_bind_int(statement, 3, saying->retries > 0 ? saying->retries : 0);
	(void)sqlite3_bind_int64(statement, 4, wall_ms() + saying->duration);
	bind_text(statement, 5, message);
	bind_text(statement, 6, details);
	(void)sqlite3_bind_int64(statement, 7, clock_wall());
	free(message);
	free(details);
	return finish(store, statement, error);
}

/* Sets the end of a lock; until 0: there is none, nor a worker. */
static int say_lock(struct local_store *store, const char *id, int64_t until, struct error *error)
{
	sqlite3_stmt *statement = prepare(store,
					  "UPDATE task SET lock_until = ?2, held = ?2 > 0, changed = ?3,"
					  " worker = CASE WHEN ?2 > 0 THEN worker END WHERE id = ?1",
					  error);

	if (!statement)
		return -1;
	bind_text(statement, 1, id);
	(void)sqlite3_bind_int64(statement, 2, until);
	(void)sqlite3_bind_int64(statement, 3, clock_wall());
	return finish(store, statement, error);
}

static int perform(struct local_store *store, const struct local_saying *saying, const char *outcome,
		   struct error *error)
{
	switch (saying->verb) {
	case LOCAL_FAIL:
		return say_failure(store, saying, error);
	case LOCAL_EXTEND:
		return say_lock(store, saying->id, wall_ms() + saying->duration, error);
	case LOCAL_UNLOCK:
		return say_lock(store, saying->id, 0, error);
	default:
		return say_end(store, saying, outcome, error);
	}
}

/* May the worker say this? The row: state, worker, lock_until, outcome. */
static enum engine_result may_say(sqlite3_stmt *row, const char *worker, const struct local_saying *saying,
				  struct error *why)
{
	const char *state = column_text(row, 0), *holder = column_text(row, 1);
	int64_t until = sqlite3_column_int64(row, 2);

	if (!text_equal(state, "open") && !text_equal(state, "incident")) {
		(void)error_set(why, "task %s is over: its state is %s", saying->id, state);
		return ENGINE_GONE;
	}
	if (!text_equal(holder, worker)) {
		(void)error_set(why, "task %s is locked by %s%s, not by %s", saying->id, holder ? "worker " : "nobody",
				holder ? holder : "", worker);
		return ENGINE_LOST;
	}
	/* what is done may still be said when the lock is over and nobody else took the task; a lock that is over
	 * cannot be made longer */
	if (saying->verb == LOCAL_EXTEND && until < wall_ms()) {
		(void)error_set(why, "the lock of task %s is over", saying->id);
		return ENGINE_LOST;
	}
	return ENGINE_TAKEN;
}

enum engine_result local_say(struct local_store *store, const char *worker, const struct local_saying *saying,
			     struct error *why)
{
	enum engine_result result = ENGINE_AGAIN;
	sqlite3_stmt *row = prepare(store, "SELECT state, worker, lock_until, outcome FROM task WHERE id = ?1", why);
	char *outcome = NULL;
	int code;

	if (!row)
		return ENGINE_AGAIN;
	bind_text(row, 1, saying->id);
	code = sqlite3_step(row);
	if (code == SQLITE_DONE) {
		(void)error_set(why, "task %s does not exist", saying->id);
		result = ENGINE_GONE;
	} else if (code == SQLITE_ROW) {
		outcome = mem_text(column_text(row, 3));
		result = may_say(row, worker, saying, why);
	} else {
		(void)fault(store, why);
	}
	(void)sqlite3_finalize(row);
	if (result == ENGINE_TAKEN && perform(store, saying, outcome, why))
		result = ENGINE_AGAIN;
	free(outcome);
	return result;
}

int local_purge(struct local_store *store, int64_t keep, struct error *error)
{
	sqlite3_stmt *statement =
		prepare(store, "DELETE FROM task WHERE state IN ('completed', 'error') AND changed < ?1", error);

	if (!statement)
		return -1;
	(void)sqlite3_bind_int64(statement, 1, clock_wall() - keep * 1000);
	return finish(store, statement, error);
}

json_t *local_locked(struct local_store *store, const char *worker, struct error *error)
{
	sqlite3_stmt *rows = prepare(store,
				     "SELECT id FROM task WHERE state = 'open' AND held = 1 AND worker = ?1"
				     " AND lock_until > ?2 ORDER BY id",
				     error);
	json_t *ids = mem_json(json_array());
	int code = SQLITE_ERROR;

	if (rows) {
		bind_text(rows, 1, worker);
		(void)sqlite3_bind_int64(rows, 2, wall_ms());
		while ((code = sqlite3_step(rows)) == SQLITE_ROW)
			if (json_array_append_new(ids, mem_json(json_string(column_text(rows, 0)))))
				mem_out();
		if (code != SQLITE_DONE)
			(void)fault(store, error);
		(void)sqlite3_finalize(rows);
	}
	if (code == SQLITE_DONE)
		return ids;
	json_decref(ids);
	return NULL;
}

/* ---- what people do ---- */

/* A random UUID (RFC 9562, version 4). */
static char *new_id(void)
{
	unsigned char b[16];

	if (getrandom(b, sizeof(b), 0) != (ssize_t)sizeof(b))
		mem_out();
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	return mem_format("%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1], b[2],
			  b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
}

static int insert(struct local_store *store, const char *id, const char *topic, const char *variables,
		  const char *business_key, int64_t priority, struct error *error)
{
	sqlite3_stmt *statement =
		prepare(store,
			"INSERT INTO task (id, topic, business_key, priority, variables, created, changed)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
			error);

	if (!statement)
		return -1;
	bind_text(statement, 1, id);
	bind_text(statement, 2, topic);
	bind_text(statement, 3, business_key);
	(void)sqlite3_bind_int64(statement, 4, priority);
	bind_text(statement, 5, variables);
	(void)sqlite3_bind_int64(statement, 6, clock_wall());
	return finish(store, statement, error);
}

int local_submit(const char *database, const char *topic, const json_t *variables, const char *business_key,
		 int64_t priority, char **id, struct error *error)
{
	struct local_store *store = NULL;
	json_t *typed = local_variables(variables, error);
	char *text = NULL;
	int result = -1;

	*id = NULL;
	if (!typed)
		return -1;
	if (!topic || !*topic) {
		(void)error_set(error, "the task has no topic");
		goto out;
	}
	store = local_open(database, 1, error);
	if (!store)
		goto out;
	text = json_dumps(typed, JSON_COMPACT);
	if (!text)
		mem_out();
	*id = new_id();
	result = insert(store, *id, topic, text, business_key, priority, error);
	if (result) {
		free(*id);
		*id = NULL;
	}
	local_close(store);
out:
	free(text);
	json_decref(typed);
	return result;
}

/* What the row's columns from 2 on are called in the list of tasks. */
static json_t *row_object(sqlite3_stmt *row)
{
	json_t *task = mem_json(json_object());
	char at[CLOCK_TEXT];

	for (int i = 0; i < sqlite3_column_count(row); i++) {
		const char *name = sqlite3_column_name(row, i);
		json_t *value;

		if (text_equal(name, "created") || text_equal(name, "changed")) {
			clock_utc(sqlite3_column_int64(row, i), at);
			value = json_string(at);
		} else if (text_equal(name, "variables") || text_equal(name, "outcome")) {
			value = read_object(column_text(row, i));
			value = value ? value : json_null();
		} else if (sqlite3_column_type(row, i) == SQLITE_NULL) {
			value = json_null();
		} else if (sqlite3_column_type(row, i) == SQLITE_INTEGER) {
			value = json_integer(sqlite3_column_int64(row, i));
		} else {
			json_put_text(task, name, column_text(row, i)); /* a text from elsewhere may be no UTF-8 */
			continue;
		}
		if (json_object_set_new(task, name, mem_json(value)))
			mem_out();
	}
	return task;
}

json_t *local_tasks(const char *database, const char *state, int most, struct error *error)
{
	static const char *const states[] = {"waiting", "locked", "completed", "failed", "incident", "error", NULL};
	static const char sql[] = "SELECT * FROM (SELECT id, topic, CASE WHEN state <> 'open' THEN state WHEN held AND "
				  "lock_until > ?1 THEN"
				  " 'locked' WHEN error IS NOT NULL THEN 'failed' ELSE 'waiting' END AS state, "
				  "retries, created, changed, error,"
				  " details, code, worker, business_key AS businessKey, priority, variables, outcome, "
				  "rowid AS number FROM task)"
				  " WHERE ?2 IS NULL OR state = ?2 ORDER BY created DESC, number DESC LIMIT ?3";
	struct local_store *store;
	sqlite3_stmt *rows = NULL;
	json_t *tasks = mem_json(json_array());
	int code = SQLITE_ERROR;

	if (state && !text_in(state, states)) {
		(void)error_set(error, "%s is no state: waiting, locked, completed, failed, incident and error are",
				state);
		json_decref(tasks);
		return NULL;
	}
	store = local_open(database, 0, error);
	if (store)
		rows = prepare(store, sql, error);
	if (rows) {
		(void)sqlite3_bind_int64(rows, 1, wall_ms());
		bind_text(rows, 2, state);
		(void)sqlite3_bind_int(rows, 3, most);
		while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
			json_t *task = row_object(rows);

			(void)json_object_del(task, "number");
			if (json_array_append_new(tasks, task))
				mem_out();
		}
		if (code != SQLITE_DONE)
			(void)fault(store, error);
	}
	(void)sqlite3_finalize(rows);
	if (store)
		local_close(store);
	if (code == SQLITE_DONE)
		return tasks;
	json_decref(tasks);
	return NULL;
}

int local_retry(const char *database, const char *id, int retries, struct error *error)
{
	struct local_store *store;
	sqlite3_stmt *statement = NULL;
	int result = -1;

	if (retries < 1)
		return error_set(error, "task %s: at least 1 retry is needed, not %d", id, retries);
	store = local_open(database, 0, error);
	if (!store)
		return -1;
	statement = prepare(store,
			    "UPDATE task SET state = 'open', retries = ?2, lock_until = 0, held = 0, worker = NULL,"
			    " changed = ?3 WHERE id = ?1 AND state = 'incident'",
			    error);
	if (!statement)
		goto out;
	bind_text(statement, 1, id);
	(void)sqlite3_bind_int(statement, 2, retries);
	(void)sqlite3_bind_int64(statement, 3, clock_wall());
	result = finish(store, statement, error);
	if (result == 0 && sqlite3_changes(store->db) == 0)
		result = error_set(error, "task %s is no incident of database %s: bptl tasks shows which are", id,
				   database);
out:
	local_close(store);
	return result;
}
