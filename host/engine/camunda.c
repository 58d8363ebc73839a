/* camunda.c: the engine that is reached by the external task REST interface of Camunda 7 and its forks. What is sent
 * and what answers mean is in camunda_wire.c; here is who waits for which answer. Every call is an exchange of
 * client.c, whose callback is the call's; what cannot be called back at once (never from the call) is kept for the next
 * turn. Longer than 400 lines, because all verbs of the interface stand side by side. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "engine/camunda_wire.h"
#include "engine/engine.h"
#include "http/url.h"

#define FETCH_MARGIN 15000 /* milliseconds that a poll may take beyond its wait */
#define STOP_WAIT 5000     /* milliseconds for an answer that had begun to arrive when the poll was stopped */
#define ARRIVAL 1000       /* the longest that an answer is on its way, see lock_start() */
#define LIST_PAGE 500
#define LIST_PAGES 200

struct camunda {
	struct engine base;
	struct client *client;
	const struct service *service;
	struct log *log;
	int use_priority;
	char *order;
	struct call *calls; /* under way, and those of `kept` */
	struct call *fetch; /* the one poll, or NULL */
	int64_t stop_at;    /* when a stopped poll whose answer arrives is ended; 0: not stopped */
	int kept;           /* how many calls wait for the next turn */
};

enum call_kind { CALL_SAY, CALL_FETCH, CALL_LIST };

/* One call of the core's, until its callback was called. */
struct call {
	struct call *next, *previous;
	struct camunda *engine;
	enum call_kind kind;
	struct client_call *http; /* NULL: none is under way */
	engine_answered *answered;
	engine_fetched *fetched;
	engine_listed *listed;
	void *arg;
	/* a result that waits for the next turn */
	int is_kept;
	enum engine_result result;
	char *words;
	/* CALL_FETCH */
	int64_t sent;
	int most;
	json_t *locks; /* topic name: lock */
	/* CALL_LIST */
	char **ids;
	size_t count, pages;
};

static struct camunda *self(struct engine *engine)
{
	return (struct camunda *)engine;
}

static struct call *call_new(struct camunda *engine, enum call_kind kind, void *arg)
{
	struct call *call = mem_new(1, sizeof(*call));

	call->engine = engine;
	call->kind = kind;
	call->arg = arg;
	call->next = engine->calls;
	if (call->next)
		call->next->previous = call;
	engine->calls = call;
	return call;
}

/* Takes a call out of its engine, so that its callback finds the engine without it. */
static void call_unlink(struct call *call)
{
	struct camunda *engine = call->engine;

	if (call->previous)
		call->previous->next = call->next;
	else
		engine->calls = call->next;
	if (call->next)
		call->next->previous = call->previous;
	if (call->is_kept)
		engine->kept--;
	if (engine->fetch == call) {
		engine->fetch = NULL;
		engine->stop_at = 0;
	}
}

static void call_free(struct call *call)
{
	for (size_t i = 0; i < call->count; i++)
		free(call->ids[i]);
	free(call->ids);
	json_decref(call->locks);
	free(call->words);
	free(call);
}

/* Calls back without anything but words, and frees. */
static void call_end(struct call *call, enum engine_result result, const char *words)
{
	call_unlink(call);
	if (call->kind == CALL_FETCH)
		call->fetched(call->arg, result, NULL, 0, words);
	else if (call->kind == CALL_LIST)
		call->listed(call->arg, result, NULL, 0, words);
	else
		call->answered(call->arg, result, words);
	call_free(call);
}

/* Keeps a result for the next turn. */
static void call_keep(struct call *call, enum engine_result result, const char *words)
{
	call->result = result;
	call->words = mem_text(words);
	call->is_kept = 1;
	call->engine->kept++;
}

/* Sends what a call says; `body` is stolen. */
static void call_send(struct call *call, const char *method, const char *url, json_t *body, int64_t poll,
		      http_done *done)
{
	struct client_request request = {.service = call->engine->service,
					 .method = method,
					 .url = url,
					 .body = body,
					 .timeout = poll,
					 .long_poll = poll > 0};
	struct error error = {""};

	call->http = client_send(call->engine->client, &request, done, call, &error);
	if (!call->http)
		call_keep(call, ENGINE_REFUSED, error.text);
	json_decref(body);
}

/* ---- complete, failure and the like: POST external-task/ID/VERB ---- */

static void say_done(void *arg, const struct http_answer *answer)
{
	struct call *call = arg;
	char *words;
	enum engine_result result = camunda_judge(answer, &words);

	call->http = NULL;
	if (result == ENGINE_TAKEN && answer->length > 0)
		/* the engines say yes without a word: this one is somebody else's */
		call_end(call, ENGINE_AGAIN, "an answer that no engine gives: HTTP 2xx with a body");
	else
		call_end(call, result, words);
	free(words);
}

static void say(struct engine *engine, const char *id, const char *verb, json_t *body, engine_answered *done, void *arg)
{
	struct call *call = call_new(self(engine), CALL_SAY, arg);
	char *escaped = url_escape(id);
	char *url = mem_format("external-task/%s/%s", escaped, verb);

	call->answered = done;
	call_send(call, "POST", url, body, 0, say_done);
	free(url);
	free(escaped);
}

static json_t *worker_body(const struct engine *engine)
{
	json_t *body = mem_json(json_object());

	json_put_text(body, "workerId", engine->worker_id);
	return body;
}

/* Adds a borrowed object, unless there is nothing in it. */
static void put_some(json_t *body, const char *name, const json_t *object)
{
	if (json_object_size(object) > 0 && json_object_set_new(body, name, mem_json(json_deep_copy(object))))
		mem_out();
}

static void camunda_complete(struct engine *engine, const char *id, const json_t *variables, const json_t *local,
			     engine_answered *done, void *arg)
{
	json_t *body = worker_body(engine);

	put_some(body, "variables", variables);
	put_some(body, "localVariables", local);
	say(engine, id, "complete", body, done, arg);
}

static void camunda_fail(struct engine *engine, const char *id, const char *message, const char *details, int retries,
			 int64_t retry_wait, engine_answered *done, void *arg)
{
	json_t *body = camunda_failure_body(engine->worker_id, message, details, retries, retry_wait);

	say(engine, id, "failure", body, done, arg);
}

static void camunda_bpmn_error(struct engine *engine, const char *id, const char *code, const char *message,
			       const json_t *variables, engine_answered *done, void *arg)
{
	json_t *body = worker_body(engine);

	json_put_text(body, "errorCode", code);
	json_put_text(body, "errorMessage", message);
	put_some(body, "variables", variables);
	say(engine, id, "bpmnError", body, done, arg);
}

static void camunda_extend(struct engine *engine, const char *id, int64_t lock, engine_answered *done, void *arg)
{
	json_t *body = worker_body(engine);

	if (json_object_set_new(body, "newDuration", mem_json(json_integer(lock))))
		mem_out();
	say(engine, id, "extendLock", body, done, arg);
}

static void camunda_unlock(struct engine *engine, const char *id, engine_answered *done, void *arg)
{
	say(engine, id, "unlock", NULL, done, arg);
}

/* ---- the poll ---- */

/* A lock begins at the engine, some time after the poll was sent and before its answer arrived; a long poll may have
 * waited long in between. The engine's own time is of no use, its clock is not ours. So it is counted from the arrival
 * less the longest time that an answer is on its way, but never from before the sending. Should an answer have taken
 * longer, the next extension says that the lock is lost. */
static int64_t lock_start(const struct call *call)
{
	int64_t start = clock_boot() - ARRIVAL;

	return start > call->sent ? start : call->sent;
}

static void entry_skipped(void *arg, size_t index, const char *why)
{
	const struct call *call = arg;
	const struct log_about about = {.engine = call->engine->base.name};

	log_line(call->engine->log, LOG_WARNING, &about, "entry %zu of the fetched tasks is left out: %s", index, why);
}

static void hand_on(struct call *call, json_t *list)
{
	int64_t start = lock_start(call);
	size_t count;
	struct engine_task *tasks = camunda_tasks(list, (size_t)call->most, &count, entry_skipped, call);

	for (size_t i = 0; i < count; i++)
		tasks[i].lock_until = start + json_get_integer(call->locks, tasks[i].topic, 0);
	call_unlink(call);
	call->fetched(call->arg, ENGINE_TAKEN, tasks, count, "");
	for (size_t i = 0; i < count; i++)
		engine_task_clear(&tasks[i]);
	free(tasks);
	call_free(call);
}

static void fetch_done(void *arg, const struct http_answer *answer)
{
	struct call *call = arg;
	char *words;
	enum engine_result result = camunda_judge(answer, &words);

	call->http = NULL;
	if (answer->failure == HTTP_CANCELLED) {
		/* by a stop, which must not call back itself, or by the end of the client */
		call_keep(call, ENGINE_STOPPED, "the poll was stopped");
	} else if (answer->failure == HTTP_ANSWERED && answer->status >= 200 && answer->status < 300) {
		char why[CAMUNDA_WHY];
		json_t *list = camunda_list(answer->body, answer->length, answer->content_type, why);

		if (list)
			hand_on(call, list);
		else
			call_end(call, ENGINE_AGAIN, why);
		json_decref(list);
	} else {
		call_end(call, result, words);
	}
	free(words);
}

static void camunda_fetch(struct engine *engine, const struct engine_topic *topics, size_t count, int most,
			  int64_t wait, engine_fetched *done, void *arg)
{
	struct camunda *camunda = self(engine);
	struct call *call = call_new(camunda, CALL_FETCH, arg);
	json_t *body =
		camunda_fetch_body(engine->worker_id, topics, count, most, wait, camunda->use_priority, camunda->order);

	call->fetched = done;
	call->sent = clock_boot();
	call->most = most;
	call->locks = mem_json(json_object());
	for (size_t i = 0; i < count; i++)
		if (json_object_set_new(call->locks, topics[i].name, mem_json(json_integer(topics[i].lock))))
			mem_out();
	if (camunda->fetch) {
		call_keep(call, ENGINE_REFUSED, "a poll of this engine is already under way");
		json_decref(body);
		return;
	}
	camunda->fetch = call;
	call_send(call, "POST", "external-task/fetchAndLock", body, wait + FETCH_MARGIN, fetch_done);
}

static void camunda_stop_fetch(struct engine *engine)
{
	struct camunda *camunda = self(engine);
	struct call *call = camunda->fetch;

	if (!call || !call->http || camunda->stop_at)
		return;
	if (client_has_bytes(call->http))
		camunda->stop_at = clock_boot() + STOP_WAIT;
	else
		client_cancel(camunda->client, call->http);
}

/* ---- the list of our locks ---- */

static void list_done(void *arg, const struct http_answer *answer);

static void list_page(struct call *call)
{
	char *worker = url_escape(call->engine->base.worker_id);
	char *url = mem_format(
		"external-task?workerId=%s&locked=true&sortBy=id&sortOrder=asc&firstResult=%zu&maxResults=%d", worker,
		call->pages * LIST_PAGE, LIST_PAGE);

	call_send(call, "GET", url, NULL, 0, list_done);
	free(url);
	free(worker);
}

static void list_done(void *arg, const struct http_answer *answer)
{
	struct call *call = arg;
	char *words = NULL, why[CAMUNDA_WHY];
	json_t *list = NULL, *entry;
	enum engine_result result = camunda_judge(answer, &words);
	size_t i;

	call->http = NULL;
	if (result == ENGINE_TAKEN && answer->failure == HTTP_ANSWERED)
		list = camunda_list(answer->body, answer->length, answer->content_type, why);
	if (!list) {
		call_end(call, result == ENGINE_TAKEN ? ENGINE_AGAIN : result, result == ENGINE_TAKEN ? why : words);
		goto out;
	}
	call->ids = mem_resize(call->ids, call->count + json_array_size(list) + 1, sizeof(*call->ids));
	json_array_foreach (list, i, entry) {
		const char *id = json_get_text(entry, "id");

		/* the wait for a retry looks like a lock of the worker that reported the failure */
		if (id && !json_get_text(entry, "errorMessage"))
			call->ids[call->count++] = mem_text(id);
	}
	if (json_array_size(list) >= LIST_PAGE && ++call->pages < LIST_PAGES) {
		list_page(call);
		goto out;
	}
	call_unlink(call);
	call->listed(call->arg, ENGINE_TAKEN, (const char *const *)call->ids, call->count, "");
	call_free(call);
out:
	json_decref(list);
	free(words);
}

static void camunda_list_locked(struct engine *engine, engine_listed *done, void *arg)
{
	struct call *call = call_new(self(engine), CALL_LIST, arg);

	call->listed = done;
	list_page(call);
}

/* ---- turn and end ---- */

static int64_t camunda_turn(struct engine *engine, int64_t now)
{
	struct camunda *camunda = self(engine);

	if (camunda->stop_at && now >= camunda->stop_at && camunda->fetch && camunda->fetch->http)
		client_cancel(camunda->client, camunda->fetch->http);
	/* what a callback keeps anew waits for the next turn, so that no loop of calls starves the others */
	for (int due = camunda->kept; due > 0 && camunda->kept > 0; due--) {
		struct call *oldest = NULL;

		for (struct call *call = camunda->calls; call; call = call->next)
			if (call->is_kept)
				oldest = call;
		assert(oldest);
		call_end(oldest, oldest->result, oldest->words);
	}
	if (camunda->kept > 0)
		return now;
	return camunda->stop_at ? camunda->stop_at : INT64_MAX;
}

static void camunda_free(struct engine *engine)
{
	struct camunda *camunda = self(engine);

	while (camunda->calls) {
		struct call *call = camunda->calls;

		/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): each ends by taking itself off the list */
		if (call->http)
			client_cancel(camunda->client, call->http);
		else
			call_end(call, ENGINE_STOPPED, "the host stops");
	}
	free(camunda->base.name);
	free(camunda->base.worker_id);
	free(camunda->order);
	free(camunda);
}

struct engine *camunda_new(const char *name, const char *worker_id, struct client *client,
			   const struct service *service, int use_priority, const char *order, struct log *log)
{
	static const struct engine_ops ops = {.fetch = camunda_fetch,
					      .stop_fetch = camunda_stop_fetch,
					      .complete = camunda_complete,
					      .failure = camunda_fail,
					      .bpmn_error = camunda_bpmn_error,
					      .extend = camunda_extend,
					      .unlock = camunda_unlock,
					      .list_locked = camunda_list_locked,
					      .turn = camunda_turn,
					      .free = camunda_free};
	struct camunda *camunda = mem_new(1, sizeof(*camunda));

	camunda->base.ops = &ops;
	camunda->base.name = mem_text(name);
	camunda->base.worker_id = mem_text(worker_id);
	camunda->client = client;
	camunda->service = service;
	camunda->use_priority = use_priority;
	camunda->order = mem_text(order);
	camunda->log = log;
	return &camunda->base;
}
