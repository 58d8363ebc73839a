/* pool.h: the worker threads of a runner. There are as many as tasks were ever run at once: the core hands out only as
 * many as it has places. */
#ifndef BPTL_RUNNER_POOL_H
#define BPTL_RUNNER_POOL_H

#include <pthread.h>

#include "runner/task.h"

struct job {
	struct task *task;
	struct errand finished; /* run on the loop's thread when the task is done */
	struct job *next;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	struct job *first, **end;
	size_t idle, waiting; /* threads, jobs */
	struct errands *errands;
};

void pool_init(struct pool *pool, struct errands *errands);
/* Runs job->task on a thread and then the errand. 0, or -1 when a thread is needed and none can be
 * started: the job is not taken then. */
int pool_run(struct pool *pool, struct job *job);

#endif
