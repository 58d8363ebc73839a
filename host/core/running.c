/* running.c: tasks and the processes that run them: giving a task to its plugin's process, and what comes back from
 * there: results, notes for the journal, crashes, the end of a process. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/count.h"
#include "core/order.h"
#include "core/sense.h"
#include "core/tasks.h"

#define LIMIT_MARGIN 2000 /* ms after its time limit in which a unit may still return by itself */
#define CRASH_GRACE 10000 /* ms that the other tasks of a crashed process have */
#define LIMIT_GRACE 60000 /* the same when a unit hangs */
#define MAKER "it is a fault of the plugin: tell its maker"

/* ---- running ---- */

static void run(struct core_task *task, struct process *process, int64_t now)
{
	const char *engine = task->core->config->engines[task->engine].name;
	json_t *steps = journal_steps(task->core->journal, engine, task->task.id), *frame;

	if (!steps)
		return; /* without them it would do again what is done: the next commit says why */
	frame = order_frame(task, steps);
	if (seat_run(process, frame)) {
		task->cause = FACT_HOST;
		task_fails(task, 1,
			   "%s.%s: variables and steps of this task are longer than the %u MiB that its process can be "
			   "sent",
			   task->binding->topic->plugin, task->binding->topic->unit, FRAME_LIMIT / 1024 / 1024);
		return;
	}
	task->state = TASK_RUNNING;
	task->process = process;
	task->started = clock_boot_micros();
	task->stopped = task->intent = 0;
	task->limit_at = now + order_time_limit(task) + LIMIT_MARGIN;
	task_say(task, LOG_DEBUG, "running, attempt %d", task->attempt);
}

/* A mutation whose intent the process was not told to be durable was not sent: the next run finds no open question. */
static void take_back_unsent(struct core_task *task)
{
	json_t *note;

	if (!task->unsent)
		return;
	note = mem_json(json_pack("{s:o}", "drop", task->unsent));
	task->unsent = NULL;
	journal_note(task->core->journal, task->key, note, 0);
	json_decref(note);
}

static void leave_process(struct core_task *task)
{
	json_decref(task->unsent);
	task->unsent = NULL;
	task->process = NULL;
	task->intent = 0;
}

/* An engine unlocks whoever asks, also what another worker holds by now: only a lock that is surely ours is given back.
 */
static void give_back(struct core_task *task, int64_t now)
{
	if (task->lost || task->task.lock_until <= now)
		task_ends(task, JOURNAL_RETURNED);
	else
		task->state = TASK_RETURNING;
}

void running_queued(struct core_task *task, int64_t now)
{
	struct seat *seat = task_seat(task);

	if (task->core->draining || seat->quarantined) {
		give_back(task, now);
		return;
	}
	if (task->core->blocked_since)
		return;
	if (task->task.lock_until <= now || task->extending)
		return; /* locks.c extends it first */
	if (!seat->current || !seat->current->ready || seat->current->closed_at)
		return;
	if (seat->suspects && (!task->suspect || seat->current->held))
		return;
	run(task, seat->current, now);
}

void running_stop(struct core_task *task)
{
	if (!task->stopped)
		(void)process_send(task->process, mem_json(json_pack("{s:s, s:s}", "type", "lost", "key", task->key)));
	task->stopped = 1;
}

/* The grace of a retired process is over: what it still runs is stopped at its next call and run again elsewhere. 1
 * when a mutation of it is under way, whose answer is worth waiting for. */
int running_evict(struct core *core, struct process *process)
{
	int under_way = 0;

	for (struct core_task *task = core->tasks; task; task = task->next) {
		if (task->state != TASK_RUNNING || task->process != process)
			continue;
		running_stop(task);
		under_way |= task->intent && !task->unsent;
	}
	return under_way;
}

void running_turn(struct core_task *task, int64_t now)
{
	struct process *process = task->process;

	if (task->core->returning) {
		/* a mutation under way is heard out: by us, or by its process when we are gone */
		running_stop(task);
		if (task->intent && !task->unsent)
			return;
		process->held--;
		take_back_unsent(task);
		leave_process(task);
		give_back(task, now);
		return;
	}
	if (now < task->limit_at || task->core->blocked_since) /* it may wait for the journal */
		return;
	process->held--;
	seat_retire(task_seat(task), process, now + LIMIT_GRACE);
	leave_process(task);
	task->cause = FACT_TIME_LIMIT;
	count_run(task);
	task_fails(task, 0,
		   "%s.%s: the unit ran past its time limit of %lld s and does not return; plugin %s is restarted, its "
		   "other tasks go on; raise time_limit if it needs longer, else " MAKER,
		   task->binding->topic->plugin, task->binding->topic->unit, (long long)order_time_limit(task) / 1000,
		   task->binding->topic->plugin);
	seat_loses(task_seat(task), process, json_get_text(task->result, "message"));
}

void running_released(struct core *core)
{
	for (struct core_task *task = core->tasks; task; task = task->next) {
		json_decref(task->unsent);
		task->unsent = NULL;
	}
}

void running_unblocked(struct core *core, int64_t waited)
{
	for (struct core_task *task = core->tasks; task; task = task->next)
		if (task->state == TASK_RUNNING)
			task->limit_at += waited;
}

/* ---- what the runners say ---- */

void tasks_result(struct core *core, struct process *process, const json_t *frame)
{
	struct core_task *task = tasks_find(core, json_get_text(frame, "key"));
	const char *outcome = json_get_text(frame, "outcome");

	if (!task || task->state != TASK_RUNNING || task->process != process)
		return; /* it was given up before */
	process->held--;
	leave_process(task);
	task_clears(task);
	count_run(task);
	if (!sense_result(frame)) {
		seat_retire(task_seat(task), process, clock_boot() + CRASH_GRACE);
		task->cause = FACT_CRASH;
		task_fails(task, 0,
			   "%s.%s: its process sent a result that makes no sense; plugin %s is restarted, its other "
			   "tasks go on; " MAKER,
			   task->binding->topic->plugin, task->binding->topic->unit, task->binding->topic->plugin);
		seat_loses(task_seat(task), process, json_get_text(task->result, "message"));
	} else if (text_equal(outcome, "done")) {
		task_performed(task, frame);
	} else if (task->lost) {
		task_say(task, LOG_WARNING, "lost: the unit was stopped, nothing is reported");
		task_ends(task, JOURNAL_LOST);
	} else if (task->stopped) {
		task_say(task, LOG_INFO, "the unit was stopped before it had done its work: it is run again");
		task->state = TASK_QUEUED;
	} else {
		task_failing(task, frame);
	}
}

static void expect_intents(struct core_task *task, const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_decref(task->unsent);
	task->unsent = NULL;
	task->intent = sense_intent(rows);
	if (!task->intent)
		return;
	task->unsent = mem_json(json_array());
	json_array_foreach (rows, i, row)
		if (text_equal(json_get_text(row, "state"), "intent"))
			(void)json_array_append(task->unsent, json_object_get(row, "step"));
}

/* Rows are durable after the commit of this turn; the answer leaves after it, too. What was done is noted also when the
 * task is no longer ours, or over: whoever gets it next must know. An intent of such a task is not, for it will not be
 * sent.
 */
void tasks_note(struct core *core, struct process *process, const json_t *frame)
{
	const char *key = json_get_text(frame, "key");
	const json_t *put = json_object_get(frame, "put");
	struct core_task *task = tasks_find(core, key);
	int ours = task && task->state == TASK_RUNNING && task->process == process && !task->lost;

	if (!note_is_whole(frame)) { /* a fault of the plugin's process, not of the journal */
		process_condemn(process, "sent a note that makes no sense: does a unit write to a descriptor that is "
					 "not its own?");
		return;
	}
	journal_note(core->journal, key, frame, ours);
	if (task && task->process == process)
		expect_intents(task, ours ? put : NULL);
	(void)process_send_durable(process,
				   mem_json(json_pack("{s:s, s:s, s:b}", "type", "noted", "key", key, "ok", ours)));
}

void tasks_crashed(struct core *core, struct process *process, char *key, int sig)
{
	char *exception = strchr(key, '\t');
	struct core_task *task;
	const struct config_topic *topic;
	char how[240];

	if (exception)
		*exception++ = '\0';
	task = tasks_find(core, key);
	if (!task || task->state != TASK_RUNNING || task->process != process)
		return;
	topic = task->binding->topic;
	process->held--;
	leave_process(task);
	task_clears(task);
	seat_retire(task_seat(task), process, clock_boot() + CRASH_GRACE);
	task->cause = FACT_CRASH;
	count_run(task);
	if (exception)
		(void)snprintf(how, sizeof(how), "let a C++ exception escape (%s)", exception);
	else if (sig == MEM_OUT)
		(void)snprintf(how, sizeof(how), "ran out of memory");
	else if (sig)
		(void)snprintf(how, sizeof(how), "crashed with signal %d (%s)", sig, strsignal(sig));
	else
		(void)snprintf(how, sizeof(how), "called exit(), which ends the process of the plugin");
	task_fails(task, 0, "%s.%s: the unit %s; plugin %s is restarted, its other tasks go on; " MAKER, topic->plugin,
		   topic->unit, how, topic->plugin);
	task_say(task, LOG_ERROR, "%s", json_get_text(task->result, "message"));
	seat_loses(task_seat(task), process, json_get_text(task->result, "message"));
}

static void say_how(const struct process *process, int status, char *how, size_t size)
{
	if (process->blame)
		(void)snprintf(how, size, "%s", process->blame);
	else if (WIFSIGNALED(status))
		(void)snprintf(how, size, "ended with signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else if (WEXITSTATUS(status) == FRAME_CUT_OFF)
		(void)snprintf(
			how, size,
			"lost its connection with the host: does a unit close descriptors that are not its own?");
	else
		(void)snprintf(how, size, "ended with status %d%s", WEXITSTATUS(status),
			       WEXITSTATUS(status) == MEM_OUT ? " (out of memory)" : "");
}

/* A process is gone. Who was it? Known when it told us (tasks_crashed) or when it ran one task only. Else all that it
 * ran are suspects: each is run alone, and if it happens again, it is known. */
void tasks_died(struct seat *seat, struct process *process, int status)
{
	struct core *core = seat->core;
	int running = 0, expected = process->kill_at > 0 && !process->blame;
	int others = process->outgrown && process->served > 1; /* that are done may have filled it */
	char how[240];

	say_how(process, status, how, sizeof(how));
	for (const struct core_task *task = core->tasks; task; task = task->next)
		running += task->state == TASK_RUNNING && task->process == process;
	if (!expected && !core->ended && process->ready) /* else it was never used: core/runners.c says why */
		log_line(core->log, LOG_ERROR, &(struct log_about){.plugin = seat->plugin->name},
			 "the plugin's process %s while it ran %d tasks", how, running);
	if (!expected && process->ready)
		seat_loses(seat, process, how);
	for (struct core_task *task = core->tasks; task; task = task->next) {
		if (task->state != TASK_RUNNING || task->process != process)
			continue;
		take_back_unsent(task);
		leave_process(task);
		if (task->lost) {
			task_ends(task, JOURNAL_LOST);
			continue;
		}
		if (!expected && running == 1 && !others) {
			task_clears(task);
			task->cause = FACT_CRASH;
			count_run(task);
			task_fails(task, 0, "%s.%s: the process of plugin %s %s while it ran this task; " MAKER,
				   seat->plugin->name, task->binding->topic->unit, seat->plugin->name, how);
			continue;
		}
		task->state = TASK_QUEUED;
		if (!expected && !task->suspect) {
			task->suspect = 1;
			seat->suspects++;
		}
		task_say(task, LOG_WARNING, "its process is gone: it is resumed%s", task->suspect ? ", alone" : "");
	}
}
