/* journal.h: what must survive a crash: the tasks that this host holds, what came of them, and the steps of their
 * units. SQLite in WAL mode in the state folder, mode 0600. What is written during a turn of the loop becomes durable
 * with journal_commit() at its end, and only then are frames and requests that depend on it sent. */
#ifndef BPTL_CORE_JOURNAL_H
#define BPTL_CORE_JOURNAL_H

#include <jansson.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

#define JOURNAL_SCHEMA 1 /* user_version of the database */

struct journal;

/* How far a task is, as the journal keeps it. */
enum journal_state {
	JOURNAL_HELD = 1,      /* queued or running */
	JOURNAL_PERFORMED = 2, /* done, result kept, to be completed at the engine */
	JOURNAL_FAILING = 3,   /* failed, result kept, to be reported to the engine */
	JOURNAL_CALLING = 4,   /* completed, its callbackUrl is still to be called */
	JOURNAL_COMPLETED = 10,
	JOURNAL_FAILED = 11,  /* reported; the engine may offer it again */
	JOURNAL_LOST = 12,    /* no longer ours; somebody may be offered it */
	JOURNAL_RETURNED = 13 /* unlocked unfinished, at shutdown */
};

/* A row. Owned members, journal_row_clear() frees them. */
struct journal_row {
	char *engine, *id;
	enum journal_state state;
	int attempt;       /* how often it was started */
	int64_t first_run; /* microseconds since 1970: the task's own now */
	json_t *task;      /* as engine_task_to_json() made it, or NULL when it is over */
	json_t *result;    /* of the last run that ended, of an earlier attempt, too; or NULL */
};

/* Makes the state folder, mode 0700, or checks that others cannot read or write the one that is there. 0 or -1. */
int journal_make_folder(const char *folder, struct error *error);
/* Opens or makes <folder>/journal.db and locks the folder against a second host. NULL and the reason. */
struct journal *journal_open(const char *folder, struct error *error);
/* Waits until the runners of an earlier host have ended, and takes what they heard after it was killed. A runner
 * inherits the descriptor of journal_runner_lock(), and so holds its lock until it ends. 0, or -1 when they do not end
 * in time. */
int journal_hear_orphans(struct journal *journal, const char *folder, struct log *log, struct error *error);
/* The same for one process that took the core for gone while it lived. */
void journal_hear_late(struct journal *journal, const char *folder, int pid, struct log *log);
int journal_runner_lock(const struct journal *journal);
void journal_set_runner_lock(struct journal *journal, int fd); /* for late.c */
void journal_close(struct journal *journal);
/* The worker id that belongs to this state folder: made once, then kept. Owned; NULL and the reason when it cannot be
 * kept. */
char *journal_worker_id(struct journal *journal, struct error *error);

/* 1 and the row, 0 when there is none, or -1: it cannot be read now, and the next journal_commit() says why. What waits
 * to be written is not seen. */
int journal_find(struct journal *journal, const char *engine, const char *id, struct journal_row *row);
/* Calls take() for every task that is not over; the row is borrowed, members may be taken by zeroing them. 0, or -1 and
 * no call. */
int journal_each(struct journal *journal, void (*take)(void *arg, struct journal_row *row), void *arg);
void journal_row_clear(struct journal_row *row);

/* Writes a task that was taken on: inserts, or updates state, attempt and task of one that was here before. */
void journal_hold(struct journal *journal, const struct journal_row *row);
/* Changes the state; result (borrowed) replaces the one kept when it is not NULL. Over states drop the task, and keep
 * only the result that is given: its words for people; JOURNAL_COMPLETED drops the bodies of the steps, too. */
void journal_state(struct journal *journal, const char *engine, const char *id, enum journal_state state,
		   const json_t *result);
/* Steps of the task `key` (engine/id). note: {put: rows (as runner/steps.c describes them), drop: numbers of intents
 * that had no effect, forget: {from, undone, keep}: see runner/finals.c}. A row that is done stays done. When the task
 * is not `ours` any more, only what was done, or had no effect, is noted. */
void journal_note(struct journal *journal, const char *key, const json_t *note, int ours);
/* note.c: has it the form that journal_note() takes, and a key? It comes from a process that runs a plugin's code. */
int note_is_whole(const json_t *note);
/* The steps of a task in their order: new reference. NULL when they cannot be read now. */
json_t *journal_steps(struct journal *journal, const char *engine, const char *id);
/* An intent whose unknown outcome is being reported to people. */
void journal_reported(struct journal *journal, const char *engine, const char *id, int step);
/* Deletes rows of completed tasks that changed before this time (microseconds since 1970), and those of tasks that
 * ended otherwise 400 days before it: until then a retry that a person grants finds their steps. */
void journal_purge(struct journal *journal, int64_t before);

/* A file whose content was noted: it is removed after the next commit that succeeds. */
void journal_spent(struct journal *journal, const char *path);

/* Is there anything to commit? */
int journal_is_open(const struct journal *journal);
/* Bytes of its files in this state folder. */
int64_t journal_bytes(const char *folder);
/* Makes durable what was written since the last commit. 0; or the reason, and either
 * JOURNAL_WAITS: it cannot be written now (the disk is full, or read-only): everything is kept, and a later commit
 * writes it, at the earliest at journal_due() (clock_boot, else INT64_MAX); until then nothing may be done that depends
 * on it; or -1: the journal is damaged, or was handed what it cannot hold: what was not durable is dropped. */
#define JOURNAL_WAITS 1
int journal_commit(struct journal *journal, struct error *error);
int64_t journal_due(const struct journal *journal);
/* The next commit tries again at once. */
void journal_hurry(struct journal *journal);
/* Was the journal's file moved away or deleted? Then what is written is lost with this process. */
int journal_moved(const struct journal *journal);

#endif
