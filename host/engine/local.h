/* local.h: the database of the embedded engine, for local_engine.c. Private to this room, but for
 * local_sqlite_memory(); local.c is the only one that knows SQLite. What changes tasks happens between local_begin()
 * and local_commit(). */
#ifndef BPTL_ENGINE_LOCAL_H
#define BPTL_ENGINE_LOCAL_H

#include "engine/engine.h"

struct local_store;

/* SQLite takes its memory from mem_get(), in the whole process: before its first use, by whoever that is. What it does
 * not find for want of memory would look like what is not there. */
void local_sqlite_memory(void);
/* Opens the database, and makes it when `create`. NULL and the reason. */
struct local_store *local_open(const char *database, int create, struct error *error);
void local_close(struct local_store *store);

/* 0, or -1 and the reason: nothing since local_begin() has happened then. */
int local_begin(struct local_store *store, struct error *error);
int local_commit(struct local_store *store, struct error *error);
void local_rollback(struct local_store *store);

/* Finds tasks that can be fetched now, best first, and locks them, if `worker` is not NULL. Tasks are owned: clear each
 * and free; NULL and the reason when the database fails. */
struct engine_task *local_fetch(struct local_store *store, const char *worker, const struct engine_topic *topics,
				size_t topic_count, int most, size_t *count, struct error *error);

enum local_verb { LOCAL_COMPLETE, LOCAL_FAIL, LOCAL_BPMN_ERROR, LOCAL_EXTEND, LOCAL_UNLOCK };

/* What a worker says of a task. Borrowed. */
struct local_saying {
	enum local_verb verb;
	const char *id;
	const json_t *variables, *local; /* complete, BPMN error; or NULL */
	const char *code;                /* BPMN error */
	const char *message, *details;   /* failure, BPMN error; or NULL */
	int retries;                     /* failure */
	int64_t duration;                /* failure: the wait; extend: the lock; milliseconds */
};

/* Takes it or not, as the real engines do. ENGINE_AGAIN: the database fails. `why` is set unless taken. */
enum engine_result local_say(struct local_store *store, const char *worker, const struct local_saying *saying,
			     struct error *why);
/* Deletes tasks that have been over for `keep` milliseconds. 0 or -1. */
int local_purge(struct local_store *store, int64_t keep, struct error *error);
/* The ids of the tasks that the worker holds: an array of texts, new reference; NULL and the reason. */
json_t *local_locked(struct local_store *store, const char *worker, struct error *error);

/* Makes {type, value} envelopes of the variables that a person hands in: plain JSON values, or envelopes already, see
 * local_submit(). New reference; NULL and the reason, which names the variable. */
json_t *local_variables(const json_t *variables, struct error *error);

#endif
