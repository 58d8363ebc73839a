/* journal_open.c: opening the journal: the state folder and its lock, the schema, the statements, the worker id. See
 * journal.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/journal_inside.h"
#include "engine/local.h"

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

static const char *const statement_texts[STATEMENT_COUNT] = {
	[FIND] = "SELECT engine, id, state, attempt, first_run, task, result FROM task WHERE engine = ?1 AND id = ?2",
	[EACH] = "SELECT engine, id, state, attempt, first_run, task, result FROM task WHERE state < 10",
	[HOLD] = "INSERT INTO task(engine, id, state, attempt, first_run, changed, topic, task, result)"
		 " VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, NULL)"
		 " ON CONFLICT(engine, id) DO UPDATE SET state = ?3, attempt = ?4, changed = ?6, task = ?8",
	[SET_STATE] = "UPDATE task SET state = ?3, changed = ?4 WHERE engine = ?1 AND id = ?2",
	[SET_RESULT] = "UPDATE task SET state = ?3, changed = ?4, result = ?5 WHERE engine = ?1 AND id = ?2",
	[END_TASK] = "UPDATE task SET state = ?3, changed = ?4, task = NULL, result = ?5 WHERE engine = ?1 AND id = ?2",
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

int journal_make_folder(const char *folder, struct error *error)
{
	struct stat at;

	if (mkdir(folder, 0700) && errno != EEXIST)
		return error_set(error, "%s: %s: make the state folder, writable for this service alone", folder,
				 strerror(errno));
	if (stat(folder, &at) || !S_ISDIR(at.st_mode))
		return error_set(error, "%s is no folder: state = in [host] names the folder of the journal", folder);
	if (at.st_uid != 0 && at.st_uid != geteuid())
		return error_set(error,
				 "%s belongs to another user (uid %u), who could read and change it: chown it to the "
				 "user of this service",
				 folder, (unsigned)at.st_uid);
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

const char *journal_remedy(int code)
{
	if ((code & 0xff) != SQLITE_NOTADB && (code & 0xff) != SQLITE_CORRUPT)
		return "";
	return ": the file is damaged; put it back from a backup, or move the state folder away and look in the "
	       "services "
	       "what was done for tasks that are still open: a new journal does not know it";
}

static int run_sql(struct journal *journal, const char *sql, struct error *error)
{
	if (sqlite3_exec(journal->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return 0;
	return error_set(error, "journal: %s%s", sqlite3_errmsg(journal->db),
			 journal_remedy(sqlite3_errcode(journal->db)));
}

/* A journal from which something is missing would let steps be done again: so it is looked through before it is used.
 */
static int check(struct journal *journal, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	int code = 0;

	if (sqlite3_prepare_v2(journal->db, "PRAGMA quick_check(1)", -1, &statement, NULL) != SQLITE_OK ||
	    sqlite3_step(statement) != SQLITE_ROW)
		code = error_set(error, "journal: %s%s", sqlite3_errmsg(journal->db),
				 journal_remedy(sqlite3_errcode(journal->db)));
	else if (!text_equal((const char *)sqlite3_column_text(statement, 0), "ok"))
		code = error_set(error, "journal: %s%s", sqlite3_column_text(statement, 0),
				 journal_remedy(SQLITE_CORRUPT));
	(void)sqlite3_finalize(statement);
	return code;
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
	if (found > JOURNAL_SCHEMA)
		return error_set(error,
				 "the journal has schema %d, this host knows %d: it was used by a newer bptl; upgrade, "
				 "or use another "
				 "state folder",
				 found, JOURNAL_SCHEMA);
	if (found == 0 && run_sql(journal, schema, error))
		return -1;
	if (found != 0 && check(journal, error))
		return -1;
	for (int i = 0; i < STATEMENT_COUNT; i++)
		if (sqlite3_prepare_v3(journal->db, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
				       &journal->statements[i], NULL) != SQLITE_OK)
			return error_set(error, "journal: %s%s", sqlite3_errmsg(journal->db),
					 journal_remedy(sqlite3_errcode(journal->db)));
	return 0;
}

struct journal *journal_open(const char *folder, struct error *error)
{
	struct journal *journal = mem_new(1, sizeof(*journal));
	char *path = mem_format("%s/journal.db", folder);
	mode_t mask = umask(0077); /* SQLite makes its files with the umask, WAL and all */
	int code;

	local_sqlite_memory();
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
	pending_free(&journal->pending);
	for (size_t i = 0; i < journal->spent_count; i++)
		free(journal->spent[i]);
	free(journal->spent);
	free(journal);
}

char *journal_worker_id(struct journal *journal, struct error *error)
{
	sqlite3_stmt *statement = NULL;
	char *id = NULL;
	uint64_t random = 0;
	int code;

	code = sqlite3_prepare_v2(journal->db, "SELECT value FROM fact WHERE name = 'worker_id'", -1, &statement, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(statement);
	if (code == SQLITE_ROW)
		id = mem_text((const char *)sqlite3_column_text(statement, 0));
	(void)sqlite3_finalize(statement);
	if (id)
		return id;
	if (code != SQLITE_DONE)
		goto failed;
	if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
		random = (uint64_t)clock_wall();
	id = mem_format("bptl-%016llx", (unsigned long long)random);
	code = sqlite3_prepare_v2(journal->db, "INSERT INTO fact VALUES('worker_id', ?1)", -1, &statement, NULL);
	if (code == SQLITE_OK) {
		(void)sqlite3_bind_text(statement, 1, id, -1, SQLITE_STATIC);
		code = sqlite3_step(statement);
	}
	(void)sqlite3_finalize(statement);
	if (code == SQLITE_DONE)
		return id;
failed:
	/* with another id at every start this host would not know its own locks */
	(void)error_set(error, "the journal cannot keep the worker id: %s", sqlite3_errmsg(journal->db));
	free(id);
	return NULL;
}

int64_t journal_bytes(const char *folder)
{
	static const char *const endings[] = {"", "-wal", "-shm"};
	int64_t bytes = 0;

	for (size_t i = 0; i < sizeof(endings) / sizeof(*endings); i++) {
		char *path = mem_format("%s/journal.db%s", folder, endings[i]);
		struct stat at;

		bytes += stat(path, &at) == 0 ? (int64_t)at.st_size : 0;
		free(path);
	}
	return bytes;
}
