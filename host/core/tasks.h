/* tasks.h: a task's way through the core.
 *
 *   fetched → queued → running → performed → completing → completed → (callbackUrl called)
 *                         │          (result is in the journal)
 *                         ├→ failing → failed        failure or BPMN error reported to the engine
 *                         └→ lost                    the engine says the lock is no longer ours
 *
 * A poll hands a task to tasks_take(), which writes it to the journal as held. After the commit tasks_turn() gives it
 * to a process of its plugin. The result comes to tasks_result(), which writes it to the journal; after that commit
 * report.c says it to the engine, again and again while the engine gives no clear answer. All the while locks.c keeps
 * the lock. A task holds a place from when it is queued until it is performed, has failed, or is lost.
 *
 * Three outcomes have the names that the contract of `execute` gives them:
 *
 *   NoCallback     no unit is bound to the topic: reported as an incident
 *   TaskExpired    the lock had run out before the unit ran, and could not be extended: nothing is done
 *   TaskPerformed  the journal says that the work is done: it is only completed again */
#ifndef BPTL_CORE_TASKS_H
#define BPTL_CORE_TASKS_H

#include "core/core.h"
#include "core/runners.h"

#define TASK_STATES(X)                                                                                                 \
	X(TASK_QUEUED, "queued")                                                                                       \
	X(TASK_RUNNING, "running")                                                                                     \
	X(TASK_PERFORMED, "performed")                                                                                 \
	X(TASK_FAILING, "failing")                                                                                     \
	X(TASK_RETURNING, "returning")                                                                                 \
	X(TASK_CALLING, "calling")                                                                                     \
	X(TASK_OVER, "over")

enum task_state {
#define X(code, name) code,
	TASK_STATES(X)
#undef X
};

struct core_task {
	struct core_task *next;
	struct core *core;
	size_t engine;
	char *key; /* engine/id */
	struct engine_task task;
	struct binding *binding; /* NULL: NoCallback */
	enum task_state state;
	int place; /* it holds one */
	int attempt;
	int64_t first_run;      /* microseconds since 1970 */
	int64_t started;        /* microseconds of clock_boot_micros(): its unit */
	enum facts_cause cause; /* of its failure; FACT_UNIT: what the unit said */
	json_t *result;         /* of the unit, once there is one */

	struct process *process; /* that runs it */
	int64_t limit_at;        /* clock_boot: when its time is over */
	int suspect;             /* it ran when a process died for no known reason: runs alone */

	int extending; /* a request is under way */
	int64_t extend_at;
	unsigned extend_tries;
	int lost;       /* the lock is */
	int stopped;    /* its unit was told so: unless it had done its work, what it says is no outcome */
	int intent;     /* a mutation of it is in the journal, and its answer is not */
	json_t *unsent; /* the numbers of these steps while the process was not told that they are durable; else NULL */

	int reporting; /* a request is under way */
	int offered;   /* meanwhile the engine offered the task again, with a lock that had not run out */
	int64_t report_at;
	unsigned report_tries;
	struct http_call *call; /* of the callback */
};

/* The engine of a task, to tell it something: it gets a turn soon. */
struct engine *task_engine(const struct core_task *task);
/* What came of that: to be called first by whoever is called back. */
void task_heard(const struct core_task *task, enum engine_result result);
/* When a task that wants to tell its engine something at this time may do so, see outage.h. */
int64_t task_ask_at(const struct core_task *task, int64_t at);
/* The engine answers again: tasks that wait to try again do so soon. */
void tasks_hurry(struct core *core, size_t engine, int64_t now);
/* What a log line about a task says. */
struct log_about task_about(const struct core_task *task);

/* Takes a task on: from a poll (members are taken from *fetched), or from the journal after a start (row, else NULL).
 */
void tasks_take(struct core *core, size_t engine, struct engine_task *fetched, const struct journal_row *row);
/* Starts what may start; after the commit of a turn. */
void tasks_turn(struct core *core, int64_t now);
/* When tasks_turn() is needed next. */
int64_t tasks_due(const struct core *core);
/* Is this task in hand? */
int tasks_has(const struct core *core, size_t engine, const char *id);
/* From the runners. */
void tasks_result(struct core *core, struct process *process, const json_t *frame);
void tasks_note(struct core *core, struct process *process, const json_t *frame);
/* key: also "KEY<TAB>C++ TYPE"; is cut there. sig: 0 for exit(). */
void tasks_crashed(struct core *core, struct process *process, char *key, int sig);
void tasks_died(struct seat *seat, struct process *process, int status);
/* Adds the services that tasks of this plugin may call, as JSON. */
void tasks_services(const struct seat *seat, json_t *services);
/* Sends them to a process that is ready (core/runners.c). */
void runners_supply(struct seat *seat);
void tasks_clear(struct core *core);

/* Within the task files: */
/* The task of this key that is not over, or NULL. */
struct core_task *tasks_find(const struct core *core, const char *key);
struct seat *task_seat(const struct core_task *task);
/* A line in the log that says which task it is about. */
void task_say(const struct core_task *task, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* It is no longer suspected of having ended a process. */
void task_clears(struct core_task *task);
/* The unit is done, or has failed: result (borrowed) goes into the journal. */
void task_performed(struct core_task *task, const json_t *result);
void task_failing(struct core_task *task, const json_t *result);
/* running.c: stops the unit at its next call; whether it ends or is run again is decided when it has. */
void running_stop(struct core_task *task);
int running_evict(struct core *core, struct process *process);
/* running.c: a turn of a task that waits to run, or runs. */
void running_queued(struct core_task *task, int64_t now);
void running_turn(struct core_task *task, int64_t now);
/* running.c: the journal can be written again after so many ms: what waited for it was not slow. */
void running_unblocked(struct core *core, int64_t waited);
/* running.c: what was written is durable, and processes are told so. */
void running_released(struct core *core);
/* The outcome `failed` for reasons of the host's own: counted as any failure of the unit. */
void task_fails(struct core_task *task, int permanent, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Nothing more is to be done: journal state, place given back. */
void task_ends(struct core_task *task, enum journal_state state);
void task_release(struct core_task *task);
/* locks.c */
void locks_turn(struct core_task *task, int64_t now);
/* report.c: does what the task's state asks for towards the engine. */
void report_turn(struct core_task *task, int64_t now);
int64_t report_due(const struct core_task *task);
/* callback.c */
void callback_start(struct core_task *task);
const char *callback_url(const struct core_task *task);

#endif
