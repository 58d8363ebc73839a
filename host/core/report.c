/* report.c: says to the engine what came of a task, apart from the work: said again with growing waits while there is
 * no clear answer, for the result is in the journal. */
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "core/count.h"
#include "core/fetch.h"
#include "core/tasks.h"

#define AGAIN_FIRST 500
#define AGAIN_MOST 30000
#define ASKED_MOST (24LL * 3600 * 1000) /* ms that a service may ask to be left alone */

static void again(struct core_task *task, const char *what, const char *words)
{
	int64_t wait = clock_backoff(++task->report_tries, AGAIN_FIRST, AGAIN_MOST);
	struct log_about about = task_about(task);

	task->report_at = clock_boot() + wait;
	count_engine(task)->retries[task->state == TASK_PERFORMED ? FACT_COMPLETION : FACT_FAILURE]++;
	/* the first 500 is how optimistic locking shows, and normal */
	log_line(task->core->log, task->report_tries == 1 ? LOG_INFO : LOG_WARNING, &about,
		 "%s was not taken by the engine (%s), try %u; next in %.1f s", what, words, task->report_tries,
		 (double)wait / 1000);
}

/* ---- completing ---- */

static void completed(struct core_task *task)
{
	task->core->completed++;
	count_outcome(task, FACT_COMPLETED);
	if (callback_url(task)) {
		journal_state(task->core->journal, task->core->config->engines[task->engine].name, task->task.id,
			      JOURNAL_CALLING, NULL);
		task->state = TASK_CALLING;
		task->report_at = 0;
		task->report_tries = 0;
	} else {
		task_ends(task, JOURNAL_COMPLETED);
	}
}

static void complete_done(void *arg, enum engine_result result, const char *words)
{
	struct core_task *task = arg;
	struct log_about about = task_about(task);

	task->reporting = 0;
	task_heard(task, result);
	switch (result) {
	case ENGINE_TAKEN:
		log_line(task->core->log, LOG_INFO, &about, "completed");
		completed(task);
		break;
	case ENGINE_GONE:
		log_line(
			task->core->log, LOG_INFO, &about, "%s",
			task->report_tries
				? "the engine no longer has this task: an earlier try completed it, or it was cancelled"
				: "the engine no longer has this task: it was completed before, or cancelled");
		if (task->report_tries)
			completed(task);
		else {
			count_outcome(task, FACT_LOST);
			task_ends(task, JOURNAL_COMPLETED);
		}
		break;
	case ENGINE_LOST:
		log_line(task->core->log, LOG_WARNING, &about,
			 "lost: another worker holds the lock, the result is not taken (%s)", words);
		task_ends(task, JOURNAL_LOST);
		break;
	case ENGINE_AGAIN:
		again(task, "the completion", words);
		break;
	case ENGINE_REFUSED:
		task->cause = FACT_ENGINE;
		task_fails(task, 1, "the engine refuses the completion: %s", words);
		break;
	case ENGINE_STOPPED:
		break;
	}
}

/* ---- failing ---- */

/* The number of retries to report: the topic's at first, then the engine's counted down. */
static int retries_left(const struct core_task *task)
{
	int first = task->binding ? task->binding->topic->retries : 0;

	if (json_get_boolean(task->result, "permanent", 0))
		return 0;
	if (task->task.retries < 0)
		return first;
	return task->task.retries > 0 ? task->task.retries - 1 : 0;
}

static int64_t retry_wait(const struct core_task *task, int retries)
{
	const struct config_topic *topic = task->binding ? task->binding->topic : NULL;
	int64_t asked = json_get_integer(task->result, "retry_after", -1); /* of a plugin's process: may be anything */
	int64_t wait;
	int before;

	if (!topic || retries == 0)
		return 0;
	before = topic->retries - retries;
	wait = clock_backoff(before > 0 ? (unsigned)before + 1 : 1, topic->retry_wait, topic->retry_wait_most);
	return asked > ASKED_MOST ? ASKED_MOST : asked > wait ? asked : wait;
}

static void failure_done(void *arg, enum engine_result result, const char *words)
{
	struct core_task *task = arg;
	struct log_about about = task_about(task);
	json_int_t unknown = json_get_integer(task->result, "unknown_step", 0);

	task->reporting = 0;
	task_heard(task, result);
	if (result == ENGINE_AGAIN && task->offered) /* its answer was lost: what it did proves that it took it */
		result = ENGINE_TAKEN;
	switch (result) {
	case ENGINE_TAKEN:
		task->core->failed++;
		count_failure(task, retries_left(task));
		if (unknown > 0) /* a run after this was granted by a person, who could read of it */
			journal_reported(task->core->journal, task->core->config->engines[task->engine].name,
					 task->task.id, (int)unknown);
		if (task->offered) /* it took the failure first, and locked the task for us anew */
			fetch_give_back(&task->core->fetchers[task->engine], task->task.id);
		task_ends(task, JOURNAL_FAILED);
		break;
	case ENGINE_GONE:
		log_line(task->core->log, LOG_INFO, &about,
			 "the engine no longer has this task: its failure is not reported");
		task_ends(task, JOURNAL_LOST);
		break;
	case ENGINE_LOST:
	case ENGINE_REFUSED:
		log_line(task->core->log, LOG_WARNING, &about, "lost: the engine does not take the failure (%s)",
			 words);
		task_ends(task, JOURNAL_LOST);
		break;
	case ENGINE_AGAIN:
		again(task, "the failure", words);
		break;
	case ENGINE_STOPPED:
		break;
	}
}

static void report_failure(struct core_task *task)
{
	const char *message = json_get_text(task->result, "message");
	int retries = retries_left(task);
	int64_t wait = retry_wait(task, retries);
	struct log_about about = task_about(task);

	if (task->report_tries == 0) {
		if (retries)
			log_line(task->core->log, LOG_WARNING, &about,
				 "failed, %d retries left, the next in %.1f s: %s", retries, (double)wait / 1000,
				 message);
		else
			log_line(task->core->log, LOG_ERROR, &about, "failed, an incident: %s", message);
	}
	if (retries)
		fetch_expect(&task->core->fetchers[task->engine], clock_boot() + wait);
	engine_fail(task_engine(task), task->task.id, message, json_get_text(task->result, "details"), retries, wait,
		    failure_done, task);
}

static void bpmn_error_done(void *arg, enum engine_result result, const char *words)
{
	struct core_task *task = arg;
	struct log_about about = task_about(task);

	if (result == ENGINE_TAKEN) {
		task->reporting = 0;
		task_heard(task, result);
		log_line(task->core->log, LOG_INFO, &about,
			 "ended with BPMN error %s: %s (an engine ends the process silently when nothing catches it)",
			 json_get_text(task->result, "code"), json_get_text(task->result, "message"));
		task->core->completed++;
		count_outcome(task, FACT_BPMN_ERROR);
		task_ends(task, JOURNAL_COMPLETED);
		return;
	}
	if (result == ENGINE_REFUSED) {
		task->reporting = 0;
		task_heard(task, result);
		task->cause = FACT_ENGINE;
		task_fails(task, 1, "the engine refuses the BPMN error %s: %s", json_get_text(task->result, "code"),
			   words);
		return;
	}
	failure_done(arg, result, words);
}

/* ---- giving back ---- */

static void unlock_done(void *arg, enum engine_result result, const char *words)
{
	struct core_task *task = arg;
	struct log_about about = task_about(task);

	task->reporting = 0;
	if (result == ENGINE_STOPPED)
		return;
	task_heard(task, result);
	if (result == ENGINE_AGAIN && ++task->report_tries < 3) {
		task->report_at = clock_boot() + 300;
		return;
	}
	if (result == ENGINE_AGAIN)
		log_line(task->core->log, LOG_WARNING, &about,
			 "could not be unlocked (%s): it returns when its lock ends", words);
	else if (result == ENGINE_TAKEN)
		log_line(task->core->log, LOG_INFO, &about, "unlocked: given back unfinished");
	else
		log_line(task->core->log, LOG_INFO, &about, "not unlocked: the engine says that it is not ours (%s)",
			 words);
	task_ends(task, JOURNAL_RETURNED);
}

int64_t report_due(const struct core_task *task)
{
	/* a lock is given back at the end of the host's life, when there is no time to wait */
	return task->state == TASK_PERFORMED || task->state == TASK_FAILING ? task_ask_at(task, task->report_at)
									    : task->report_at;
}

void report_turn(struct core_task *task, int64_t now)
{
	if (task->reporting || now < report_due(task))
		return;
	task->offered = 0;
	switch (task->state) {
	case TASK_PERFORMED:
		task->reporting = 1;
		engine_complete(task_engine(task), task->task.id, json_object_get(task->result, "variables"),
				json_object_get(task->result, "local"), complete_done, task);
		break;
	case TASK_FAILING:
		task->reporting = 1;
		if (text_equal(json_get_text(task->result, "outcome"), "bpmn-error"))
			engine_bpmn_error(task_engine(task), task->task.id, json_get_text(task->result, "code"),
					  json_get_text(task->result, "message"),
					  json_object_get(task->result, "variables"), bpmn_error_done, task);
		else
			report_failure(task);
		break;
	case TASK_RETURNING:
		task->reporting = 1;
		engine_unlock(task_engine(task), task->task.id, unlock_done, task);
		break;
	case TASK_QUEUED:
	case TASK_RUNNING:
	case TASK_CALLING:
	case TASK_OVER:
		break;
	}
}
