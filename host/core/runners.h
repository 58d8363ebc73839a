/* runners.h: the core's side of the child processes, one per plugin. A seat is a plugin's place: the process that takes
 * its tasks now, and processes that were retired and only finish what they hold.
 *
 * Frames to a runner:
 *   {type: start, plugin, library, settings, log_level, log_format, state, workers}   the first
 *   {type: services, services, apps, unknown_app_refuse}               after it is ready
 *   {type: run, key, unit, facts, variables, properties, options, uses, steps, first_run, time_limit, lock_until}
 *   {type: lock, key, until}       the lock was extended (clock_boot ms: the clock is the same in all processes)
 *   {type: lost, key}              the lock is gone: stop at the next call
 *   {type: noted, key, ok}         the note is durable; not ok: the task is no longer ours
 * and from it:
 *   {type: ready, ...}             what the plugin declares, see runner/describe.c
 *   {type: refused, message}       it cannot be used
 *   {type: note, key, put, drop}   rows of steps for the journal; the worker waits for `noted`
 *   {type: result, key, outcome, ..., requests}  see task_result() in runner/task.c; requests are for count.h
 *   {type: worn, descriptors}      so many are open that it should be replaced
 * A unit that crashes writes a line down a pipe of its own, see runner/crash.h. */
#ifndef BPTL_CORE_RUNNERS_H
#define BPTL_CORE_RUNNERS_H

#include <poll.h>
#include <sys/types.h>

#include "base/text.h"
#include "core/core.h"

struct process {
	pid_t pid;
	int socket, note;
	struct text in, out, notes;
	struct text held_back; /* frames that say that something is durable: sent after the commit */
	size_t owed;           /* bytes of those that wait in `out` */
	int ready;
	json_t *given;     /* the keys of tasks that it was given and has not told the result of, as names */
	int held;          /* tasks that it runs */
	int64_t kill_at;   /* clock_boot; of a retired one, else 0 */
	int evicted;       /* that time is over, and a mutation is still heard out */
	int ended, status; /* it was reaped */
	int64_t started;
	char *blame;             /* what it did that ended it, when we know: "sent ..." */
	int served;              /* tasks that it was given, ever */
	int notes_taken;         /* about crashes: no more than tasks */
	int outgrown;            /* it was ended for its size, which may be the work of many tasks */
	int counted;             /* as a loss of the plugin */
	int worn;                /* it is replaced in good order: it may call fini */
	int closing;             /* and was told to */
	int said;                /* that it did not end well */
	int64_t closed_at;       /* clock_boot: it has closed its end and was not reaped yet */
	int64_t notes_closed_at; /* the same for the pipe for notes about crashes */
	int64_t frame_since;     /* clock_boot: a frame has begun and is not whole; 0: none */
	int64_t size;            /* bytes that it needs before it has done anything */
	struct process *next;
};

struct seat {
	struct core *core;
	const struct config_plugin *plugin;
	char *library;
	struct process *current; /* or NULL: to be started at start_at */
	struct process *retired;
	json_t *about;   /* of the first process that got ready */
	char *refusal;   /* why the last one did not */
	unsigned deaths; /* in a row */
	int64_t start_at;
	int suspects; /* tasks that must run alone, because one of them ended a process */

	int64_t look_at;    /* wear.c: when its processes are weighed next */
	unsigned long lost; /* processes, since the start of the host */
	int64_t *losses;    /* when the latest were lost, the oldest first */
	unsigned loss_count;
	int quarantined; /* the plugin is not started, and its topics are not fetched */
	int64_t quarantine_end;
};

/* process.c: starts a process for the plugin of a seat and sends its first frame; NULL after a line in the log. */
struct process *process_start(struct seat *seat);
/* The library of a plugin: as configured, else in the plugin folder of the config or of this executable. Owned. */
char *runners_library(const struct config *config, const struct config_plugin *plugin);

void seat_init(struct seat *seat, struct core *core, const struct config_plugin *plugin);
/* Starts a process if there is none and it is time. */
void seat_turn(struct seat *seat, int64_t now);
/* Adds the descriptors to wait for; returns the new count. */
unsigned seat_fds(const struct seat *seat, struct pollfd *fds, unsigned count);
unsigned seat_fd_count(const struct seat *seat);
/* Reads what came, writes what waits. Calls tasks_result(), tasks_note(), tasks_crashed() and tasks_died(). */
void seat_serve(struct seat *seat, int64_t now);
/* Hands a task to a process: the frame is stolen. 0, or -1 when it is too long for a frame. */
int seat_run(struct process *process, json_t *frame);
int process_send(struct process *process, json_t *frame);
/* The same for a frame that may leave only when what is written in this turn is durable; seat_release() sends it. */
int process_send_durable(struct process *process, json_t *frame);
void seat_release(struct seat *seat);
/* No more tasks for this process: it may finish what it holds until then, and is killed. A new one is started. */
void seat_retire(struct seat *seat, struct process *process, int64_t kill_at);
/* How many tasks its processes run. */
int seat_held(const struct seat *seat);
/* Ends every process of every plugin, all at once, and gives them time for fini. */
void runners_end(struct core *core);
void seat_clear(struct seat *seat);
/* When it needs a turn. */
int64_t seat_due(const struct seat *seat);

/* ends.c */
/* A retired process that holds no task any more: ends it, one that is worn in good order. */
void seat_dismiss(struct seat *seat, struct process *process, int64_t now);
/* It is gone: says how it ended, judges the tasks that it ran, and forgets it. */
void seat_bury(struct seat *seat, struct process *process);

/* wear.c */
/* Ends a process for what it did ("sent ..."): what it runs is judged as after a crash. */
void process_condemn(struct process *process, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Replaces the current process in good order: it finishes its tasks. */
void seat_renew(struct seat *seat, struct process *process, const char *why);
/* A process was lost by a fault; counts once for each. The fifth within ten minutes begins the quarantine. */
void seat_loses(struct seat *seat, struct process *process, const char *why);
/* The quarantine has lasted long enough. */
void seat_tries_again(struct seat *seat, int64_t now);
/* The names of the plugins that are in it; NULL when none is. Owned. */
char *seats_quarantined(const struct core *core);
/* Bytes that its processes hold. */
int64_t seat_memory(const struct seat *seat);
/* Looks at the size of the processes. */
void wear_turn(struct seat *seat, int64_t now);
int64_t wear_due(const struct seat *seat);

/* children.c */
/* Makes this process the parent of what its children leave behind. */
void children_adopt(void);
/* Notes who has ended, when core.reap says that somebody has. */
void children_reap(struct core *core);
/* Ends copies of runners that nobody waits for, when core.sweep says that there may be some. */
void children_sweep(struct core *core);
/* Bytes of memory that a process holds, swapped ones included; 0 when it is not known. */
int64_t children_memory(pid_t pid);

#endif
