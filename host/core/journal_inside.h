/* journal_inside.h: what the files of the journal share, and nobody else includes: they are the only ones of this room
 * that know SQLite. journal_open.c opens and closes, journal.c reads, writes and commits. */
#ifndef BPTL_CORE_JOURNAL_INSIDE_H
#define BPTL_CORE_JOURNAL_INSIDE_H

#include <sqlite3.h>

#include "core/journal.h"
#include "core/pending.h"

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

struct journal {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENT_COUNT];
	int lock;    /* the file whose lock keeps a second host out */
	int runners; /* the one that runners hold, too */
	int open;    /* a transaction is */
	struct pending pending;
	enum { WORKS, WAITS, BROKEN } health;
	int64_t retry_at; /* clock_boot, while it waits */
	int moved;
	struct error error;
	char **spent; /* files to be removed after the next commit */
	size_t spent_count;
};

/* journal_open.c: what people can do about this error of SQLite, to be put behind its message; "" when that says it. */
const char *journal_remedy(int code);

#endif
