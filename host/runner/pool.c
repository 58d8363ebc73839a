/* pool.c: see pool.h. Threads live until the process ends: one may be held by a crashed unit for ever, and then nobody
 * waits for it. */
#include "runner/pool.h"

#include <signal.h>

#include "runner/crash.h"

void pool_init(struct pool *pool, struct errands *errands)
{
	(void)pthread_mutex_init(&pool->lock, NULL);
	(void)pthread_cond_init(&pool->moved, NULL);
	pool->first = NULL;
	pool->end = &pool->first;
	pool->idle = pool->waiting = 0;
	pool->errands = errands;
}

static struct job *next_job(struct pool *pool)
{
	struct job *job;

	(void)pthread_mutex_lock(&pool->lock);
	pool->idle++;
	while (!pool->first)
		(void)pthread_cond_wait(&pool->moved, &pool->lock);
	pool->idle--;
	pool->waiting--;
	job = pool->first;
	pool->first = job->next;
	if (!pool->first)
		pool->end = &pool->first;
	(void)pthread_mutex_unlock(&pool->lock);
	return job;
}

static void *worker(void *arg)
{
	struct pool *pool = arg;

	crash_thread();
	for (;;) {
		struct job *job = next_job(pool);

		crash_task(job->task->key);
		task_run(job->task);
		crash_task_done();
		errands_add(pool->errands, &job->finished);
	}
	return NULL;
}

/* Takes the last job out again. */
static void take_last(struct pool *pool, const struct job *job)
{
	struct job **at = &pool->first;

	while (*at != job)
		at = &(*at)->next;
	*at = NULL;
	pool->end = at;
	pool->waiting--;
}

int pool_run(struct pool *pool, struct job *job)
{
	pthread_t thread;
	int code = 0;

	job->next = NULL;
	(void)pthread_mutex_lock(&pool->lock);
	*pool->end = job;
	pool->end = &job->next;
	pool->waiting++;
	if (pool->waiting > pool->idle) {
		code = pthread_create(&thread, NULL, worker, pool) ? -1 : 0;
		if (code == 0)
			(void)pthread_detach(thread);
		else
			take_last(pool, job);
	}
	(void)pthread_cond_signal(&pool->moved);
	(void)pthread_mutex_unlock(&pool->lock);
	return code;
}
