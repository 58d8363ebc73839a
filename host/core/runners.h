/* runners.h: the core's side of the child processes, one per plugin. A seat is a plugin's place: the process that takes
 * its tasks now, and processes that were retired and only finish what they hold.
 *
 * Frames to a runner:
 *   {type: start, plugin, library, settings, log_level, log_format, state}   the first
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
	int ready;
	int held;          /* tasks that it runs */
	int64_t kill_at;   /* clock_boot; of a retired one, else 0 */
	int evicted;       /* that time is over, and a mutation is still heard out */
	int ended, status; /* it was reaped */
	int64_t started;
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
/* Ends every process. */
void seat_clear(struct seat *seat);
/* When it needs a turn. */
int64_t seat_due(const struct seat *seat);

#endif
