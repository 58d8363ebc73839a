/* task.h: one task while its unit runs: the host's side of the SDK. A struct task starts with the handle that the unit
 * sees; every call of the unit comes in through the table in calls.c. A task belongs to its worker thread; the members
 * that the loop's thread touches, too, say so. task.c       life, memory, failure variables.c  what the engine gave and
 * what the unit sets exchange.c   requests to services, over the errands of the loop steps.c      the journal of what
 * was asked and answered post.c       mails and bptl_step calls.c      the table */
#ifndef BPTL_RUNNER_TASK_H
#define BPTL_RUNNER_TASK_H

#include <bptl/plugin.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/clock.h"
#include "http/client.h"
#include "runner/errands.h"
#include "runner/plugin.h"

struct task;

/* What all tasks of a runner share. */
struct workshop {
	struct plugin plugin;
	struct log *log;
	struct http *http;
	struct client *client;
	struct errands errands;
	struct service *services;
	size_t service_count;
	struct app *apps;
	size_t app_count;
	int unknown_app_refuse;
	/* Puts rows of steps into the journal and returns when they are there: 0, or -1 when the core is gone or the
	 * task is lost. The note is stolen, see core/journal.h. NULL: there is no journal (bptl exec). */
	int (*note)(struct task *task, json_t *note);
	void *note_arg;
	atomic_int open_intents; /* mutations that are in the journal and not answered yet */
	atomic_int orphaned;     /* the core is gone: nothing new is sent, what is under way is heard out */
};

enum outcome { OUTCOME_DONE, OUTCOME_FAILED, OUTCOME_BPMN_ERROR };

struct task {
	struct bptl_task handle; /* first */
	struct workshop *shop;
	const struct bptl_unit *unit;
	char *key;
	json_t *order; /* the frame that asked for this run: owner of what follows */
	json_t *facts, *variables, *properties, *options, *uses, *steps; /* borrowed from order */
	const struct app *app;
	int64_t first_run; /* microseconds since 1970 */
	int64_t deadline;  /* clock_boot milliseconds */
	char now[CLOCK_TEXT], today[CLOCK_TEXT];

	/* shared with the loop's thread */
	_Atomic int64_t lock_until; /* clock_boot milliseconds */
	atomic_int lost;
	struct parking noted; /* where the worker waits for the journal */
	json_t *note;         /* what the core has not acknowledged yet; borrowed from the worker, for the loop alone */
	atomic_int note_failed;

	/* task memory */
	void **blocks;
	size_t block_count, block_room;
	json_t *kept;    /* list */
	json_t *decoded; /* variables that were asked for */

	/* steps */
	int step;     /* number of the last one */
	int cleaning; /* the unit has failed, what it must not leave behind is being taken back: nothing is journaled */
	struct final *finals;
	json_t *reads; /* answered reads that wait for the next mutation */
	size_t read_bytes;
	int in_effect; /* bptl_step runs the unit\'s own function */

	/* what came of it */
	enum outcome outcome;
	int permanent;
	char *message, *details, *code;
	int64_t retry_after; /* milliseconds, -1: the API did not say */
	int unknown_step;    /* the mutation whose outcome nobody knows, or 0 */
	json_t *set, *local;
	json_t *requests; /* {service: {class of status: number}}, for the core's counts; NULL: none */
};

/* A task for this order (stolen), see core/runners.h for its members. Fails only when memory runs out: NULL. */
struct task *task_new(struct workshop *shop, json_t *order);
void task_free(struct task *task);
/* Checks what the unit declares, runs it, and settles the outcome. */
void task_run(struct task *task);
/* The result, as the core and `bptl exec` read it. New reference. */
json_t *task_result(const struct task *task);

/* 1 when a call must do nothing: the task has failed, or its lock is lost (which then fails it). */
int task_stopped(struct task *task);
/* The same for a call that is a step: there is none inside of another. */
int task_stopped_step(struct task *task);
/* What a unit says, as it may leave this process: one line, masked. Owned. */
char *task_words(const struct task *task, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
/* The first failure stays; the text is masked. Always -1. */
int task_fail(struct task *task, int permanent, const char *format, ...) __attribute__((format(printf, 3, 4)));
int task_vfail(struct task *task, int permanent, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
/* Adds details to the failure just set; stolen. */
void task_details(struct task *task, char *details);
/* A request or a mail went to a service and was answered with this status; 0: not answered. */
void task_count_request(struct task *task, const struct service *service, int status);
void *task_alloc(struct task *task, size_t size);
char *task_text(struct task *task, const char *text);
const char *task_vformat(struct task *task, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
json_t *task_keep(struct task *task, json_t *value);
/* Milliseconds left of the time limit. */
int64_t task_time_left(const struct task *task);

/* variables.c */
/* Before the run: required variables, types, the app. 0, or -1 with the task failed. */
int variables_check(struct task *task);
int variables_has(struct task *task, const char *name);
int variables_given(const struct task *task, const char *name);
const char *variables_text(struct task *task, const char *name);
int64_t variables_integer(struct task *task, const char *name);
int variables_boolean(struct task *task, const char *name);
json_t *variables_json(struct task *task, const char *name);
/* outputs.c */
int outputs_set(struct task *task, const char *name, const char *type, json_t *value, int local);

/* exchange.c */
int exchange_run(struct task *task, struct bptl_request *requests, size_t count);
/* Fails the task with an answer that the unit had asked to see. Always -1. */
int exchange_refused(struct task *task, const struct bptl_request *request);
/* The service of this type or alias among the topic's, or by URL when the name is NULL; NULL with the task failed. */
const struct service *exchange_service(struct task *task, const char *name, const char *url);

/* steps.c */
enum step_verdict { STEP_SEND, STEP_ANSWERED, STEP_FAILED };
/* What the unit asks at place `number`: answered from the journal (*answer is a borrowed row), to be sent, or the task
 * has failed because the journal holds something else or an unknown outcome. */
enum step_verdict steps_look(struct task *task, int number, const json_t *row, int mutation, int repeatable,
			     const json_t **answer);
/* A row for the journal: method, url (outline and query), digest of the body. New reference. */
json_t *steps_row(int number, const char *what, const char *method, const char *url, const char *body);
/* Journals the intents of mutations (list of rows, stolen) with the reads before them. 0 or -1 with the task failed. */
int steps_intend(struct task *task, json_t *rows);
/* Journals answers of mutations (list, stolen) and drops refused intents (list of numbers, stolen); ends what
 * steps_intend() began when `intended`. 0 or -1. */
int steps_answer(struct task *task, int intended, json_t *rows, json_t *drop);
/* Forgets steps from this number on after something was taken back: of the mutations those that may be sent again, and
 * those that were undone (list of numbers), but none of `keep`. Both lists stolen. */
void steps_forget(struct task *task, int from, json_t *undone, json_t *keep);
/* Remembers an answered read (stolen). */
void steps_read(struct task *task, json_t *row, size_t size);
/* Waits until enough of the lock is left to start a mutation. 0, or -1 with the task failed. */
int steps_wait_for_lock(struct task *task);

/* finals.c */
int finals_add(struct task *task, const struct bptl_request *request, const struct bptl_request *undone);
/* After the unit: sends what was added, last first. */
void finals_run(struct task *task);

/* post.c */
int post_mail(struct task *task, const struct bptl_mail *mail);
json_t *post_step(struct task *task, const char *what, json_t *(*effect)(struct bptl_task *, void *), void *arg,
		  unsigned flags);

/* calls.c */
extern const struct bptl_task_api calls_table;

#endif
