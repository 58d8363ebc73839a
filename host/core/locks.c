/* locks.c: keeps the locks of tasks in hand. A lock is extended when half of it is gone; a lock that ran out before its
 * task could run is extended first (else: TaskExpired); a lost one stops the unit at its next call. */
#include "base/clock.h"
#include "base/memory.h"
#include "core/count.h"
#include "core/tasks.h"

#define AGAIN_FIRST 500
#define AGAIN_MOST 5000

static int64_t lock_time(const struct core_task *task)
{
	return task->binding ? task->binding->topic->lock : 60000;
}

static void lost(struct core_task *task, const char *words)
{
	struct log_about about = task_about(task);

	task->lost = 1;
	switch (task->state) {
	case TASK_QUEUED:
		log_line(task->core->log, LOG_WARNING, &about,
			 "TaskExpired: the lock ran out before the unit was run and cannot be extended "
			 "(%s): it is not run",
			 words);
		task_ends(task, JOURNAL_LOST);
		break;
	case TASK_RUNNING:
		log_line(task->core->log, LOG_WARNING, &about, "lock lost (%s): the unit is stopped at its next call",
			 words);
		running_stop(task);
		break;
	case TASK_PERFORMED:
	case TASK_FAILING:
		break; /* the report itself will tell: the engine takes it when nobody else has the task */
	case TASK_RETURNING:
	case TASK_CALLING:
	case TASK_OVER:
		break;
	}
}

static void extended(void *arg, enum engine_result result, const char *words)
{
	struct core_task *task = arg;
	struct log_about about = task_about(task);

	task->extending = 0;
	task_heard(task, result);
	switch (result) {
	case ENGINE_TAKEN:
		count_engine(task)->extensions[FACT_EXTENDED]++;
		/* extend_at was set to when the request left: the lock runs from later than that */
		task->task.lock_until = task->extend_at + lock_time(task);
		task->extend_at += lock_time(task) / 2;
		task->extend_tries = 0;
		if (task->state == TASK_RUNNING)
			(void)process_send(task->process,
					   mem_json(json_pack("{s:s, s:s, s:I}", "type", "lock", "key", task->key,
							      "until", (json_int_t)task->task.lock_until)));
		break;
	case ENGINE_GONE:
	case ENGINE_LOST:
	case ENGINE_REFUSED:
		count_engine(task)->extensions[FACT_LOCK_LOST]++;
		lost(task, words);
		break;
	case ENGINE_AGAIN:
		count_engine(task)->extensions[FACT_NOT_EXTENDED]++;
		task->extend_at = clock_boot() + clock_backoff(++task->extend_tries, AGAIN_FIRST, AGAIN_MOST);
		log_line(task->core->log, LOG_WARNING, &about,
			 "the lock could not be extended (%s), %.1f s of it are left", words,
			 (double)(task->task.lock_until - clock_boot()) / 1000);
		break;
	case ENGINE_STOPPED:
		break;
	}
}

void locks_turn(struct core_task *task, int64_t now)
{
	if (task->extending || task->lost || task->state >= TASK_RETURNING)
		return;
	if (task->extend_at == 0)
		task->extend_at = task->task.lock_until - lock_time(task) / 2;
	if (now < task_ask_at(task, task->extend_at))
		return;
	task->extending = 1;
	task->extend_at = now;
	engine_extend(task_engine(task), task->task.id, lock_time(task), extended, task);
}
