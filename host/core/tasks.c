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
#include "core/count.h"
#include "core/fetch.h"

#define HURRY 1000 /* ms in which tasks try again after an outage */

struct engine *task_engine(const struct core_task *task)
{
	struct fetcher *fetcher = &task->core->fetchers[task->engine];

	fetcher->due = 0;
	outage_asked(&fetcher->outage);
	return fetcher->engine;
}

void task_heard(const struct core_task *task, enum engine_result result)
{
	struct fetcher *fetcher = &task->core->fetchers[task->engine];

	fetcher->outage.trial = 0;
	fetch_heard(fetcher, result);
}

int64_t task_ask_at(const struct core_task *task, int64_t at)
{
	return outage_ask_at(&task->core->fetchers[task->engine].outage, at);
}

/* Not all in the same moment. */
static void hurry(int64_t *at, int64_t now)
{
	int64_t soon = now + clock_backoff(1, HURRY, HURRY);

	if (*at > soon)
		*at = soon;
}

void tasks_hurry(struct core *core, size_t engine, int64_t now)
{
	for (struct core_task *task = core->tasks; task; task = task->next) {
		if (task->engine != engine)
			continue;
		if (task->extend_tries)
			hurry(&task->extend_at, now);
		if (task->report_tries && task->state != TASK_CALLING)
			hurry(&task->report_at, now);
	}
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

void task_say(const struct core_task *task, enum log_level level, const char *format, ...)
{
	struct log_about about = task_about(task);
	va_list args;

	va_start(args, format);
	log_vline(task->core->log, level, &about, format, args);
	va_end(args);
}

struct core_task *tasks_find(const struct core *core, const char *key)
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

struct seat *task_seat(const struct core_task *task)
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

void task_clears(struct core_task *task)
{
	if (task->suspect)
		task_seat(task)->suspects--;
	task->suspect = 0;
}

/* What stays of a result when its task is over: the words for people of `bptl tasks`. NULL when there are none. */
static json_t *last_words(const json_t *result)
{
	static const char *const names[] = {"outcome", "message", "code", NULL};
	json_t *words = json_get_text(result, "message") ? mem_json(json_object()) : NULL;

	for (const char *const *name = names; words && *name; name++)
		json_put_text(words, *name, json_get_text(result, *name));
	return words;
}

void task_ends(struct core_task *task, enum journal_state state)
{
	json_t *words = last_words(task->result);

	journal_state(task->core->journal, task->core->config->engines[task->engine].name, task->task.id, state, words);
	json_decref(words);
	if (state == JOURNAL_LOST || state == JOURNAL_RETURNED)
		count_outcome(task, state == JOURNAL_LOST ? FACT_LOST : FACT_RETURNED);
	task_release(task);
	task_clears(task);
	task->state = TASK_OVER;
}

/* ---- outcomes ---- */

void task_performed(struct core_task *task, const json_t *result)
{
	task->result = mem_json(json_deep_copy(result));
	task->state = TASK_PERFORMED;
	task_release(task);
	journal_state(task->core->journal, task->core->config->engines[task->engine].name, task->task.id,
		      JOURNAL_PERFORMED, result);
	task_say(task, LOG_INFO, "performed");
}

void task_failing(struct core_task *task, const json_t *result)
{
	const char *engine = task->core->config->engines[task->engine].name;

	json_decref(task->result);
	task->result = mem_json(json_deep_copy(result));
	task->state = TASK_FAILING;
	task->report_at = 0;
	task->report_tries = 0;
	task_release(task);
	task_clears(task);
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
	task_failing(task, result);
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
		task_say(task, LOG_INFO, "TaskPerformed: the journal says that the work is done, it is only completed");
		task->result = json_incref(row->result);
		task->state = row->state == JOURNAL_CALLING ? TASK_CALLING : TASK_PERFORMED;
		/* an earlier try may have reached the engine before the host was killed */
		task->report_tries = offered ? 0 : 1;
		return 1;
	}
	if (row->result && row->state == JOURNAL_FAILING && !offered) {
		task->result = json_incref(row->result);
		task->state = TASK_FAILING;
		return 1;
	}
	if (row->state == JOURNAL_COMPLETED && offered) {
		hold(task);
		task->cause = FACT_HOST;
		task_fails(task, 1,
			   "TaskPerformed: this host has completed this task before, and the engine offers it again "
			   "(was its database restored?): complete it by hand, its work is done");
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
	task = tasks_find(core, key);
	free(key);
	if (task) {
		task_say(task, LOG_INFO, "the engine offers this task again while we still hold it: its lock is new");
		task->offered = task->reporting && clock_boot() < task->task.lock_until;
		task->task.lock_until = fetched->lock_until;
		task->task.retries = fetched->retries;
		task->lost = 0;
		if (!task->extending)
			task->extend_at = 0;
		if (task->state == TASK_RETURNING) /* unlocked by us, and locked again before we heard of it */
			fetch_look_for_strays(&core->fetchers[engine], clock_boot());
		return;
	}
	known = row ? 0 : journal_find(core->journal, core->config->engines[engine].name, fetched->id, &found);
	if (known < 0)
		return; /* what it did before is not known now: it is unlocked like any task that we do not hold */
	task = add(core, engine, fetched);
	if (!row)
		count_topic(task)->fetched++;
	if ((row && remember(task, row, 0)) || (known && remember(task, &found, 1)))
		goto out;
	task->state = TASK_QUEUED;
	take_place(task);
	if (!row)
		hold(task);
	task_say(task, LOG_INFO, row ? "taken up again after a restart" : "fetched");
	if (!task->binding) {
		task->cause = FACT_NO_UNIT;
		task_fails(task, 1, "NoCallback: no unit is bound to topic %s of this engine", task->task.topic);
	} else if (task->task.fault) {
		task->cause = FACT_HOST;
		task_fails(task, 1, "the task cannot be run: %s", task->task.fault);
	}
out:
	journal_row_clear(&found);
}

/* ---- turns ---- */

/* Free and busy places always make up the total: counted anew, from the tasks, the topics and the open polls. */
static void check_places(const struct core *core)
{
	int places = 0, running = 0, bound = 0, busy = 0, held = 0, reserved = 0;

	for (const struct core_task *task = core->tasks; task; task = task->next) {
		places += task->place;
		bound += task->place && task->binding;
		running += task->state == TASK_RUNNING;
		assert(task->place == (task->state <= TASK_RUNNING || task->state == TASK_RETURNING));
	}
	for (size_t i = 0; i < core->registry.count; i++)
		busy += core->registry.bindings[i].busy;
	for (size_t i = 0; i < core->config->plugin_count; i++)
		held += seat_held(&core->seats[i]);
	for (size_t i = 0; i < core->config->engine_count; i++)
		reserved += core->fetchers[i].reserved;
	assert(places == core->busy && bound == busy && running == held && reserved == core->reserved);
	/* only tasks of the journal may be more than the places are, and then no poll asks for more */
	assert(reserved == 0 || core->busy + reserved <= core->config->host.workers);
}

void tasks_turn(struct core *core, int64_t now)
{
	struct core_task *task, **at = &core->tasks;

	for (task = core->tasks; task; task = task->next) {
		enum task_state before = task->state;

		if (task->state == TASK_QUEUED)
			running_queued(task, now);
		if (task->state == TASK_RUNNING)
			running_turn(task, now);
		locks_turn(task, now);
		if (task->state == before) /* what became of it just now is not durable yet */
			report_turn(task, now);
		if (task->state == TASK_CALLING)
			callback_start(task);
	}
	while ((task = *at) != NULL) {
		if (task->state != TASK_OVER || task->extending || task->reporting || task->call) {
			at = &task->next;
			continue;
		}
		*at = task->next;
		engine_task_clear(&task->task);
		json_decref(task->result);
		json_decref(task->unsent);
		free(task->key);
		free(task);
	}
	check_places(core);
}

int64_t tasks_due(const struct core *core)
{
	int64_t due = INT64_MAX;

	for (const struct core_task *task = core->tasks; task; task = task->next) {
		int64_t at = INT64_MAX;

		if (task->state == TASK_RUNNING && !core->blocked_since)
			at = task->limit_at;
		if (at < due)
			due = at;
		if (!task->extending && !task->lost && task->state < TASK_RETURNING &&
		    (at = task_ask_at(task, task->extend_at)) < due)
			due = at;
		if (!task->reporting && !task->call && task->state > TASK_RUNNING && task->state < TASK_OVER &&
		    (at = report_due(task)) < due)
			due = at;
	}
	return due;
}

void tasks_clear(struct core *core)
{
	struct core_task *next;

	for (struct core_task *task = core->tasks; task; task = next) {
		next = task->next;
		engine_task_clear(&task->task);
		json_decref(task->result);
		json_decref(task->unsent);
		free(task->key);
		free(task);
	}
	core->tasks = NULL;
}
