/* errands.c: see errands.h. */
#include "runner/errands.h"

void errands_init(struct errands *errands, struct http *http)
{
	(void)pthread_mutex_init(&errands->lock, NULL);
	errands->first = NULL;
	errands->end = &errands->first;
	errands->http = http;
}

void errands_clear(struct errands *errands)
{
	(void)pthread_mutex_destroy(&errands->lock);
}

void errands_add(struct errands *errands, struct errand *errand)
{
	errand->next = NULL;
	(void)pthread_mutex_lock(&errands->lock);
	*errands->end = errand;
	errands->end = &errand->next;
	(void)pthread_mutex_unlock(&errands->lock);
	http_wake(errands->http);
}

void errands_run(struct errands *errands)
{
	struct errand *errand, *next;

	(void)pthread_mutex_lock(&errands->lock);
	errand = errands->first;
	errands->first = NULL;
	errands->end = &errands->first;
	(void)pthread_mutex_unlock(&errands->lock);
	for (; errand; errand = next) {
		next = errand->next; /* run() may wake the worker that owns the errand */
		errand->run(errand->arg);
	}
}

void parking_init(struct parking *parking)
{
	(void)pthread_mutex_init(&parking->lock, NULL);
	(void)pthread_cond_init(&parking->moved, NULL);
	parking->done = 0;
}

void parking_clear(struct parking *parking)
{
	(void)pthread_cond_destroy(&parking->moved);
	(void)pthread_mutex_destroy(&parking->lock);
}

void parking_wait(struct parking *parking)
{
	(void)pthread_mutex_lock(&parking->lock);
	while (!parking->done)
		(void)pthread_cond_wait(&parking->moved, &parking->lock);
	parking->done = 0;
	(void)pthread_mutex_unlock(&parking->lock);
}

void parking_wake(struct parking *parking)
{
	(void)pthread_mutex_lock(&parking->lock);
	parking->done = 1;
	(void)pthread_cond_signal(&parking->moved);
	(void)pthread_mutex_unlock(&parking->lock);
}
