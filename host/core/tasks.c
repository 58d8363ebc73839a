/* tasks.c: see tasks.h, which tells the way of a task. */
#include "core/tasks.h"

#include <assert.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/fetch.h"

#define LIMIT_MARGIN 2000 /* ms after its time limit in which a unit may still return by itself */
#define CRASH_GRACE 10000 /* ms that the other tasks of a crashed process have */
#define LIMIT_GRACE 60000 /* the same when a unit hangs */

struct engine *task_engine(const struct core_task *task)
{
	task->core->fetchers[task->engine].due = 0;
	return task->core->fetchers[task->engine].engine;
}

struct log_about task_about(const struct core_task *task)
{
	return (struct log_about){
		.engine = task->core->config->engines[task->engine].name,
		.topic = task->task.topic,
		.task = task->task.id,
		.process = task->task.process_instance,
		.plugin = task->binding ? task->binding->topic->plugin : NULL,
		.unit = task->binding ? task->binding->topic->unit : NULL,
	};
}

static void say(const struct core_task *task, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void say(const struct core_task *task, enum log_level level, const char *format, ...)
{
	struct log_about about = task_about(task);
	va_list args;

	va_start(args, format);
	log_vline(task->core->log, level, &about, format, args);
	va_end(args);
}

static struct core_task *find(const struct core *core, const char *key)
{
	for (struct core_task *task = core->tasks; task; task = task->next)
		if (key && task->state != TASK_OVER && strcmp(task->key, key) == 0)
			return task;
	return NULL;
}

int tasks_has(const struct core *core, size_t engine, const char *id)
{
	for (const struct core_task *task = core->tasks; task; task = task->next)
		if (task->engine == engine && task->state != TASK_OVER && strcmp(task->task.id, id) == 0)
			return 1;
	return 0;
}

static struct seat *seat_of(const struct core_task *task)
{
	return &task->core->seats[task->binding->plugin];
}

/* ---- places ---- */

static void take_place(struct core_task *task)
{
	task->place = 1;
	task->core->busy++;
	if (task->binding)
		task->binding->busy++;
}

void task_release(struct core_task *task)
{
	if (!task->place)
		return;
	task->place = 0;
	task->core->busy--;
	if (task->binding)
		task->binding->busy--;
	assert(task->core->busy >= 0);
}

static void forget_suspect(struct core_task *task)
{
	if (task->suspect)
		seat_of(task)->suspects--;
	task->suspect = 0;
}

void task_ends(struct core_task *task, enum journal_state state)
{
	journal_state(task->core->journal, task->core->config->engines[task->engine].name, task->task.id, state, NULL);
	task_release(task);
	forget_suspect(task);
	task->state = TASK_OVER;
}

/* ---- outcomes ---- */

static void performed(struct core_task *task, const json_t *result)
{
	task->result = json_deep_copy(result);
	task->state = TASK_PERFORMED;
	task_release(task);
	journal_state(task->core->journal, task->core->config->engines[task->engine].name, task->task.id,
		      JOURNAL_PERFORMED, result);
	say(task, LOG_INFO, "performed");
}

static void failing(struct core_task *task, const json_t *result)
{
	const char *engine = task->core->config->engines[task->engine].name;
	json_int_t unknown = json_get_integer(result, "unknown_step", 0);

	json_decref(task->result);
	task->result = json_deep_copy(result);
	task->state = TASK_FAILING;
	task->report_at = 0;
	task->report_tries = 0;
	task_release(task);
	if (unknown > 0)
		journal_reported(task->core->journal, engine, task->task.id, (int)unknown);
	journal_state(task->core->journal, engine, task->task.id, JOURNAL_FAILING, result);
}

void task_fails(struct core_task *task, int permanent, const char *format, ...)
{
	char *text = NULL;
	json_t *result;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		mem_out();
	va_end(args);
	log_mask(task->core->log, text);
	result = mem_json(json_pack("{s:s, s:s, s:b}", "outcome", "failed", "message", text, "permanent", permanent));
	failing(task, result);
	json_decref(result);
	free(text);
}

/* ---- taking on ---- */

static struct core_task *add(struct core *core, size_t engine, struct engine_task *fetched)
{
	struct core_task *task = mem_new(1, sizeof(*task));

	task->core = core;
	task->engine = engine;
	task->task = *fetched;
	*fetched = (struct engine_task){0};
	task->key = mem_format("%s/%s", core->config->engines[engine].name, task->task.id);
	task->binding = registry_find(&core->registry, engine, task->task.topic);
	task->attempt = 1;
	task->first_run = clock_wall();
	task->next = core->tasks;
	core->tasks = task;
	return task;
}

static void hold(const struct core_task *task)
{
	struct journal_row row = {
		.engine = task->core->config->engines[task->engine].name,
		.id = task->task.id,
		.state = JOURNAL_HELD,
		.attempt = task->attempt,
		.first_run = task->first_run,
		.task = engine_task_to_json(&task->task),
	};

	journal_hold(task->core->journal, &row);
	json_decref(row.task);
}

/* What an earlier life of this task left in the journal. 1 when the task needs no run. */
static int remember(struct core_task *task, const struct journal_row *row, int offered)
{
	task->attempt = row->attempt + (offered ? 1 : 0);
	task->first_run = row->first_run;
	if (row->result && (row->state == JOURNAL_PERFORMED || row->state == JOURNAL_CALLING)) {
		say(task, LOG_INFO, "TaskPerformed: the journal says that the work is done, it is only completed");
		task->result = json_incref(row->result);
		task->state = row->state == JOURNAL_CALLING ? TASK_CALLING : TASK_PERFORMED;
		return 1;
	}
	if (row->result && row->state == JOURNAL_FAILING && !offered) {
		task->result = json_incref(row->result);
		task->state = TASK_FAILING;
		return 1;
	}
	if (row->state == JOURNAL_COMPLETED && offered) {
		hold(task);
		task_fails(task, 1,
			   "TaskPerformed: this host has completed this task before, and the engine offers it again "
			   "(was its database "
			   "restored?): complete it by hand, its work is done");
		return 1;
	}
	return 0;
}

void tasks_take(struct core *core, size_t engine, struct engine_task *fetched, const struct journal_row *row)
{
	struct journal_row found = {0};
	struct core_task *task;
	char *key;
	int known;

	key = mem_format("%s/%s", core->config->engines[engine].name, fetched->id);
	task = find(core, key);
	free(key);
	if (task) {
		say(task, LOG_INFO, "the engine offers this task again while we still hold it: its lock is new");
		task->task.lock_until = fetched->lock_until;
		task->lost = 0;
		if (!task->extending)
			task->extend_at = 0;
		return;
	}
	task = add(core, engine, fetched);
	known = !row && journal_find(core->journal, core->config->engines[engine].name, task->task.id, &found);
	if ((row && remember(task, row, 0)) || (known && remember(task, &found, 1)))
		goto out;
	task->state = TASK_QUEUED;
	take_place(task);
	if (!row)
		hold(task);
	say(task, LOG_INFO, row ? "taken up again after a restart" : "fetched");
	if (!task->binding)
		task_fails(task, 1, "NoCallback: no unit is bound to topic %s of this engine", task->task.topic);
out:
	journal_row_clear(&found);
}

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
	return task->binding->topic->time_limit ? task->binding->topic->time_limit : seat_of(task)->plugin->time_limit;
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
	json_t *frame = mem_json(json_pack(
		"{s:s, s:s, s:s, s:o, s:O, s:O, s:o, s:o, s:I, s:I, s:I}", "type", "run", "key", task->key, "unit",
		task->binding->topic->unit, "facts", facts(task), "variables", task->task.variables, "options",
		task->binding->options, "uses", uses(task), "steps",
		journal_steps(task->core->journal, engine, task->task.id), "first_run", (json_int_t)task->first_run,
		"time_limit", (json_int_t)time_limit(task), "lock_until", (json_int_t)task->task.lock_until));

	if (task->task.properties)
		(void)json_object_set(frame, "properties", task->task.properties);
	task->state = TASK_RUNNING;
	task->process = process;
	task->limit_at = now + time_limit(task) + LIMIT_MARGIN;
	seat_run(seat_of(task), process, frame);
	say(task, LOG_DEBUG, "running, attempt %d", task->attempt);
}

static void queued_turn(struct core_task *task, int64_t now)
{
	struct seat *seat = seat_of(task);

	if (task->core->draining) {
		task->state = TASK_RETURNING;
		return;
	}
	if (task->task.lock_until <= now || task->extending)
		return; /* locks.c extends it first */
	if (!seat->current || !seat->current->ready)
		return;
	if (seat->suspects && (!task->suspect || seat->current->held))
		return;
	run(task, seat->current, now);
}

static void running_turn(struct core_task *task, int64_t now)
{
	struct process *process = task->process;

	if (task->core->returning) {
		process_send(process, mem_json(json_pack("{s:s, s:s}", "type", "lost", "key", task->key)));
		process->held--;
		task->state = TASK_RETURNING;
		return;
	}
	if (now < task->limit_at)
		return;
	process->held--;
	seat_retire(seat_of(task), process, now + LIMIT_GRACE);
	task->process = NULL;
	task_fails(task, 0,
		   "%s.%s: the unit ran past its time limit of %lld s and does not return; plugin %s is restarted, its "
		   "other tasks "
		   "go on",
		   task->binding->topic->plugin, task->binding->topic->unit, (long long)time_limit(task) / 1000,
		   task->binding->topic->plugin);
}

void tasks_turn(struct core *core, int64_t now)
{
	struct core_task *task, **at = &core->tasks;
	int places = 0;

	for (task = core->tasks; task; task = task->next) {
		if (task->state == TASK_QUEUED)
			queued_turn(task, now);
		if (task->state == TASK_RUNNING)
			running_turn(task, now);
		locks_turn(task, now);
		report_turn(task, now);
		if (task->state == TASK_CALLING)
			callback_start(task);
	}
	while ((task = *at) != NULL) {
		places += task->place;
		if (task->state != TASK_OVER || task->extending || task->reporting || task->call) {
			at = &task->next;
			continue;
		}
		*at = task->next;
		engine_task_clear(&task->task);
		json_decref(task->result);
		free(task->key);
		free(task);
	}
	assert(places == core->busy);
}

int64_t tasks_due(const struct core *core)
{
	int64_t due = INT64_MAX;

	for (const struct core_task *task = core->tasks; task; task = task->next) {
		int64_t at = INT64_MAX;

		if (task->state == TASK_RUNNING)
			at = task->limit_at;
		if (!task->extending && !task->lost && task->state < TASK_RETURNING && task->extend_at < at)
			at = task->extend_at;
		if (!task->reporting && !task->call && task->state > TASK_RUNNING && task->state < TASK_OVER &&
		    task->report_at < at)
			at = task->report_at;
		if (at < due)
			due = at;
	}
	return due;
}

/* ---- what the runners say ---- */

void tasks_result(struct core *core, struct process *process, const json_t *frame)
{
	struct core_task *task = find(core, json_get_text(frame, "key"));
	const char *outcome = json_get_text(frame, "outcome");

	if (!task || task->state != TASK_RUNNING || task->process != process)
		return; /* it was given up before */
	process->held--;
	task->process = NULL;
	forget_suspect(task);
	if (text_equal(outcome, "done")) {
		performed(task, frame);
	} else if (task->lost) {
		say(task, LOG_WARNING, "lost: the unit was stopped, nothing is reported");
		task_ends(task, JOURNAL_LOST);
	} else if (text_equal(outcome, "failed") || text_equal(outcome, "bpmn-error")) {
		failing(task, frame);
	} else {
		task_fails(task, 0, "%s.%s: its process sent a result that makes no sense",
			   task->binding->topic->plugin, task->binding->topic->unit);
	}
}

/* Rows are durable after the commit of this turn; frames leave after it, too. */
void tasks_note(struct core *core, struct process *process, const json_t *frame)
{
	const char *key = json_get_text(frame, "key");
	struct core_task *task = find(core, key);
	int ours = task && task->state == TASK_RUNNING && task->process == process;

	/* what was done is noted even when the task is no longer ours: whoever gets it next must know */
	if (task)
		journal_note(core->journal, core->config->engines[task->engine].name, task->task.id,
			     json_object_get(frame, "put"), json_object_get(frame, "drop"));
	process_send(process, mem_json(json_pack("{s:s, s:s, s:b}", "type", "noted", "key", key ? key : "", "ok",
						 ours && !task->lost)));
}

void tasks_crashed(struct core *core, struct process *process, const char *key, int sig)
{
	struct core_task *task = find(core, key);
	const struct config_topic *topic;

	if (!task || task->state != TASK_RUNNING || task->process != process)
		return;
	topic = task->binding->topic;
	process->held--;
	task->process = NULL;
	forget_suspect(task);
	seat_retire(seat_of(task), process, clock_boot() + CRASH_GRACE);
	if (sig)
		task_fails(task, 0,
			   "%s.%s: the unit crashed with signal %d (%s); plugin %s is restarted, its other tasks go on",
			   topic->plugin, topic->unit, sig, strsignal(sig), topic->plugin);
	else
		task_fails(task, 0,
			   "%s.%s: the unit called exit(), which ends the process of plugin %s; it is restarted, its "
			   "other tasks go "
			   "on",
			   topic->plugin, topic->unit, topic->plugin);
	say(task, LOG_ERROR, "%s", json_get_text(task->result, "message"));
}

/* A process is gone. Who was it? Known when it told us (tasks_crashed) or when it ran one task only. Else all that it
 * ran are suspects: each is run alone, and if it happens again, it is known. */
void tasks_died(struct seat *seat, struct process *process, int status)
{
	struct core *core = seat->core;
	int running = 0, expected = process->kill_at > 0;
	char how[100];

	if (WIFSIGNALED(status))
		(void)snprintf(how, sizeof(how), "ended with signal %d (%s)", WTERMSIG(status),
			       strsignal(WTERMSIG(status)));
	else
		(void)snprintf(how, sizeof(how), "ended with status %d", WEXITSTATUS(status));
	for (const struct core_task *task = core->tasks; task; task = task->next)
		running += task->state == TASK_RUNNING && task->process == process;
	if (!expected && !core->ended)
		log_line(core->log, LOG_ERROR, &(struct log_about){.plugin = seat->plugin->name},
			 "the plugin's process %s while it ran %d tasks", how, running);
	for (struct core_task *task = core->tasks; task; task = task->next) {
		if (task->state != TASK_RUNNING || task->process != process)
			continue;
		task->process = NULL;
		if (!expected && running == 1) {
			forget_suspect(task);
			task_fails(task, 0, "%s.%s: the process of plugin %s %s while it ran this task",
				   seat->plugin->name, task->binding->topic->unit, seat->plugin->name, how);
			continue;
		}
		task->state = TASK_QUEUED;
		if (!expected && !task->suspect) {
			task->suspect = 1;
			seat->suspects++;
		}
		say(task, LOG_WARNING, "its process is gone: it is resumed%s", task->suspect ? ", alone" : "");
	}
}

void tasks_clear(struct core *core)
{
	struct core_task *next;

	for (struct core_task *task = core->tasks; task; task = next) {
		next = task->next;
		engine_task_clear(&task->task);
		json_decref(task->result);
		free(task->key);
		free(task);
	}
	core->tasks = NULL;
}
