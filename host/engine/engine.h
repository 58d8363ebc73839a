/* engine.h: what an engine is for the core: a place that hands out external tasks and takes their outcomes. There are
 * two: camunda.c (the REST interface of Camunda 7 and its forks) and local.c (embedded, SQLite). Everything is
 * asynchronous: a call returns at once, its callback comes from http_turn() or engine_turn(), exactly once, never from
 * the call. */
#ifndef BPTL_ENGINE_ENGINE_H
#define BPTL_ENGINE_ENGINE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"
#include "http/client.h"
#include "http/service.h"

/* How the engine took what we said. */
enum engine_result {
	ENGINE_TAKEN,   /* 2xx */
	ENGINE_GONE,    /* 404 in the engine's own words: the task is done, cancelled, or was never there */
	ENGINE_LOST,    /* 400 and the engine says that another worker, or none, holds the lock */
	ENGINE_AGAIN,   /* no answer, 3xx, 408, 425, 429, 5xx (500 is how optimistic locking shows), or what no engine
			 * says, such as a proxy's page or its 404: say it again later */
	ENGINE_REFUSED, /* any other 4xx, or a 5xx because a value is too long: saying it again cannot help */
	ENGINE_STOPPED  /* engine_stop_fetch() or engine_free() ended it */
};

/* What to fetch for one topic. Borrowed. */
struct engine_topic {
	const char *name;
	int64_t lock;                       /* milliseconds */
	const char *const *variables;       /* names to fetch, ends with NULL */
	const char *const *definition_keys; /* process definition keys, ends with NULL; or NULL */
	const char *business_key;           /* or NULL */
	const char *const *tenants;         /* ends with NULL; or NULL */
	int without_tenant;
	json_t *process_variables; /* object of name: value that must be equal; or NULL */
	int local_variables;       /* only variables of the task's own scope */
	int extension_properties;
};

/* A task that was fetched and locked. Owned by whoever holds it; engine_task_clear() frees the members. */
struct engine_task {
	char *id, *topic;
	char *process_instance, *process_definition_key, *activity_id, *execution_id, *business_key,
		*tenant; /* or NULL */
	int64_t priority;
	int retries;        /* -1: null, no failure yet */
	int64_t lock_until; /* clock_boot() milliseconds: counted from a second before the answer came, or from the
			     * sending, whichever is later */
	json_t *variables;  /* name: {type, value, valueInfo} exactly as the engine holds them */
	json_t *properties; /* extension properties, name: text; or NULL */
	char *fault;        /* what of the task cannot be read, so that it cannot be run; or NULL */
};

struct engine;

/* tasks is borrowed: take a member by copying the struct and zeroing the original. words: the engine's own, or why
 * there is no answer; "" when taken. Borrowed. */
typedef void engine_fetched(void *arg, enum engine_result result, struct engine_task *tasks, size_t count,
			    const char *words);
typedef void engine_answered(void *arg, enum engine_result result, const char *words);
/* ids of tasks that are locked by this worker id. A task that has failed before is not among them: in the engines'
 * lists the wait for its retry looks like a lock of the worker that reported the failure. Borrowed. */
typedef void engine_listed(void *arg, enum engine_result result, const char *const *ids, size_t count,
			   const char *words);

struct engine_ops {
	void (*fetch)(struct engine *, const struct engine_topic *topics, size_t count, int most, int64_t wait,
		      engine_fetched *done, void *arg);
	void (*stop_fetch)(struct engine *);
	void (*complete)(struct engine *, const char *id, const json_t *variables, const json_t *local,
			 engine_answered *done, void *arg);
	void (*failure)(struct engine *, const char *id, const char *message, const char *details, int retries,
			int64_t retry_wait, engine_answered *done, void *arg);
	void (*bpmn_error)(struct engine *, const char *id, const char *code, const char *message,
			   const json_t *variables, engine_answered *done, void *arg);
	void (*extend)(struct engine *, const char *id, int64_t lock, engine_answered *done, void *arg);
	void (*unlock)(struct engine *, const char *id, engine_answered *done, void *arg);
	void (*list_locked)(struct engine *, engine_listed *done, void *arg);
	int64_t (*turn)(struct engine *, int64_t now);
	void (*free)(struct engine *);
};

/* The first member of every engine. */
struct engine {
	const struct engine_ops *ops;
	char *name; /* its section */
	char *worker_id;
};

/* The engine's REST interface as a service of type "engine"; borrows client, service (root is the REST base with "/" at
 * the end) and log. priority: usePriority; order: NULL, "asc" or "desc" by create time. */
struct engine *camunda_new(const char *name, const char *worker_id, struct client *client,
			   const struct service *service, int use_priority, const char *order, struct log *log);
/* Opens or makes the database (mode 0600, WAL). Tasks that are completed or ended with a BPMN error are deleted `keep`
 * milliseconds after that. NULL and the reason. Borrows log. */
struct engine *local_new(const char *name, const char *worker_id, const char *database, int64_t keep, struct log *log,
			 struct error *error);

/* Puts a task in the embedded engine, for `bptl submit`: variables are plain JSON values or {type, value} envelopes.
 * 0 and the task's id (owned), or -1. */
int local_submit(const char *database, const char *topic, const json_t *variables, const char *business_key,
		 int64_t priority, char **id, struct error *error);
/* The tasks of the embedded engine, newest first, at most `most`: a list of objects with id, topic, state (waiting,
 * locked, completed, failed, incident, error), retries, created, changed (UTC text), error, variables, outcome
 * (variables set). New reference, NULL and the reason. state: NULL or one of them. */
json_t *local_tasks(const char *database, const char *state, int most, struct error *error);
/* Grants an incident `retries` new retries, as an operator does in a real engine's cockpit. 0 or -1. */
int local_retry(const char *database, const char *id, int retries, struct error *error);

void engine_task_clear(struct engine_task *task);
/* A deep copy as JSON for journal and frames, and back: lock_until is not part of it. */
json_t *engine_task_to_json(const struct engine_task *task);
int engine_task_from_json(struct engine_task *task, const json_t *value);

/* Starts one long poll: at most `most` tasks, waiting up to `wait` milliseconds for the first. The poll has a deadline
 * of its own, wait + 15 s. One at a time per engine. */
static inline void engine_fetch(struct engine *e, const struct engine_topic *topics, size_t count, int most,
				int64_t wait, engine_fetched *done, void *arg)
{
	e->ops->fetch(e, topics, count, most, wait, done, arg);
}
/* Ends the poll: with ENGINE_STOPPED, or, if bytes of an answer have arrived, with that answer within 5 s. */
static inline void engine_stop_fetch(struct engine *e)
{
	e->ops->stop_fetch(e);
}
/* Completes a task with typed variables ({name: {type, value, valueInfo}}), or {} or NULL for none. */
static inline void engine_complete(struct engine *e, const char *id, const json_t *variables, const json_t *local,
				   engine_answered *done, void *arg)
{
	e->ops->complete(e, id, variables, local, done, arg);
}
/* Reports a failure: retries 0 makes an incident; retry_wait in milliseconds. Message is cut at 666 characters. */
static inline void engine_fail(struct engine *e, const char *id, const char *message, const char *details, int retries,
			       int64_t retry_wait, engine_answered *done, void *arg)
{
	e->ops->failure(e, id, message, details, retries, retry_wait, done, arg);
}
static inline void engine_bpmn_error(struct engine *e, const char *id, const char *code, const char *message,
				     const json_t *variables, engine_answered *done, void *arg)
{
	e->ops->bpmn_error(e, id, code, message, variables, done, arg);
}
/* Makes the lock end `lock` milliseconds from now. */
static inline void engine_extend(struct engine *e, const char *id, int64_t lock, engine_answered *done, void *arg)
{
	e->ops->extend(e, id, lock, done, arg);
}
static inline void engine_unlock(struct engine *e, const char *id, engine_answered *done, void *arg)
{
	e->ops->unlock(e, id, done, arg);
}
static inline void engine_list_locked(struct engine *e, engine_listed *done, void *arg)
{
	e->ops->list_locked(e, done, arg);
}
/* Does what is due; to be called at every turn of the loop. The time (clock_boot) of the next turn that it needs. */
static inline int64_t engine_turn(struct engine *e, int64_t now)
{
	return e->ops->turn(e, now);
}
/* Ends what is under way with ENGINE_STOPPED and frees. */
static inline void engine_free(struct engine *e)
{
	e->ops->free(e);
}

#endif
