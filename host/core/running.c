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
#include "core/sense.h"
#include "core/tasks.h"

#define LIMIT_MARGIN 2000 /* ms after its time limit in which a unit may still return by itself */
#define CRASH_GRACE 10000 /* ms that the other tasks of a crashed process have */
#define LIMIT_GRACE 60000 /* the same when a unit hangs */
#define MAKER "it is a fault of the plugin: tell its maker"

/* ---- running ---- */

static json_t *facts(const struct core_task *task)
{
	json_t *facts = mem_json(json_object());

	json_put_text(facts, "id", task->task.id);
	json_put_text(facts, "topic", task->task.topic);
	json_put_text(facts, "unit", task->binding->topic->unit);
	json_put_text(facts, "processInstanceId", task->task.process_instance);
	json_put_text(facts, "processDefinitionKey", task->task.process_definition_key);
	json_put_text(facts, "businessKey", task->task.business_key);
	json_put_text(facts, "activityId", task->task.activity_id);
	json_put_text(facts, "tenantId", task->task.tenant);
	return facts;
}

static int64_t time_limit(const struct core_task *task)
{
	return task->binding->topic->time_limit ? task->binding->topic->time_limit
						: task_seat(task)->plugin->time_limit;
}

static int calls_engine(const struct binding *binding)
{
	const json_t *need;
	size_t i;

	json_array_foreach (json_object_get(binding->unit, "needs"), i, need)
		if (text_equal(json_get_text(need, "type"), "engine"))
			return 1;
	return 0;
}

/* The engine's own REST interface is a service under this name. */
static char *engine_service_name(const struct core *core, size_t engine)
{
	return mem_format("engine:%s", core->config->engines[engine].name);
}

static json_t *uses(const struct core_task *task)
{
	json_t *uses = mem_json(json_copy(task->binding->uses));

	if (calls_engine(task->binding)) {
		char *name = engine_service_name(task->core, task->engine);

		json_put_text(uses, "engine", name);
		free(name);
	}
	return uses;
}

void tasks_services(const struct seat *seat, json_t *services)
{
	const struct config *config = seat->core->config;
	size_t plugin = (size_t)(seat - seat->core->seats);
	char *wanted = mem_new(config->service_count, 1);
	char *engines = mem_new(config->engine_count, 1);

	for (size_t i = 0; i < seat->core->registry.count; i++) {
		const struct binding *binding = &seat->core->registry.bindings[i];

		if (binding->plugin != plugin)
			continue;
		for (size_t s = 0; s < config->service_count; s++)
			wanted[s] |= (char)binding_may_call(binding, &config->services[s].service);
		if (calls_engine(binding))
			engines[binding->topic->engine] = 1;
	}
	for (size_t i = 0; i < config->service_count; i++)
		if (wanted[i])
			(void)json_array_append_new(services, service_to_json(&config->services[i].service));
	for (size_t i = 0; i < config->engine_count; i++) {
		json_t *service;
		char *name;

		if (!engines[i])
			continue;
		name = engine_service_name(seat->core, i);
		service = service_to_json(&config->engines[i].service);
		json_put_text(service, "name", name);
		(void)json_array_append_new(services, service);
		free(name);
	}
	free(wanted);
	free(engines);
}

static void run(struct core_task *task, struct process *process, int64_t now)
{
	const char *engine = task->core->config->engines[task->engine].name;
	json_t *steps = journal_steps(task->core->journal, engine, task->task.id), *frame;

	if (!steps)
		return; /* without them it would do again what is done: the next commit says why */
	frame = mem_json(json_pack("{s:s, s:s, s:s, s:o, s:O, s:O, s:o, s:o, s:I, s:I, s:I}", "type", "run", "key",
				   task->key, "unit", task->binding->topic->unit, "facts", facts(task), "variables",
				   task->task.variables, "options", task->binding->options, "uses", uses(task), "steps",
				   steps, "first_run", (json_int_t)task->first_run, "time_limit",
				   (json_int_t)time_limit(task), "lock_until", (json_int_t)task->task.lock_until));
	if (task->task.properties)
		(void)json_object_set(frame, "properties", task->task.properties);
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
	task->limit_at = now + time_limit(task) + LIMIT_MARGIN;
	task_say(task, LOG_DEBUG, "running, attempt %d", task->attempt);
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
		under_way |= task->intent;
	}
	return under_way;
}

void running_turn(struct core_task *task, int64_t now)
{
	struct process *process = task->process;

	if (task->core->returning) {
		/* a mutation under way is heard out: by us, or by its process when we are gone */
		running_stop(task);
		if (task->intent)
			return;
		process->held--;
		task->process = NULL;
		give_back(task, now);
		return;
	}
	if (now < task->limit_at || task->core->blocked_since) /* it may wait for the journal */
		return;
	process->held--;
	seat_retire(task_seat(task), process, now + LIMIT_GRACE);
	task->process = NULL;
	task->intent = 0;
	task->cause = FACT_TIME_LIMIT;
	count_run(task);
	task_fails(task, 0,
		   "%s.%s: the unit ran past its time limit of %lld s and does not return; plugin %s is restarted, its "
		   "other tasks go on; raise time_limit if it needs longer, else " MAKER,
		   task->binding->topic->plugin, task->binding->topic->unit, (long long)time_limit(task) / 1000,
		   task->binding->topic->plugin);
	seat_loses(task_seat(task), process, json_get_text(task->result, "message"));
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
	task->process = NULL;
	task->intent = 0;
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
		task->intent = ours && sense_intent(put);
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
	task->process = NULL;
	task->intent = 0;
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
		task->process = NULL;
		task->intent = 0;
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
