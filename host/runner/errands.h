/* errands.h: how the worker threads of a runner reach the one thread that drives its curl multi handle. A worker hands
 * in an errand, which is run on that thread, and parks until it is woken. */
#ifndef BPTL_RUNNER_ERRANDS_H
#define BPTL_RUNNER_ERRANDS_H

#include <pthread.h>

#include "http/http.h"

struct errand {
	void (*run)(void *arg); /* on the loop's thread */
	void *arg;
	struct errand *next;
};

struct errands {
	pthread_mutex_t lock;
	struct errand *first, **end;
	struct http *http;
};

/* Where a worker waits. */
struct parking {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	int done;
};

void errands_init(struct errands *errands, struct http *http);
void errands_clear(struct errands *errands);
/* From a worker: runs errand->run on the loop's thread soon. The errand is borrowed until it has run. */
void errands_add(struct errands *errands, struct errand *errand);
/* From the loop's thread: runs what was handed in. */
void errands_run(struct errands *errands);

void parking_init(struct parking *parking);
void parking_clear(struct parking *parking);
void parking_wait(struct parking *parking);
void parking_wake(struct parking *parking);

#endif
