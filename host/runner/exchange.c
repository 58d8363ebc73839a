/* exchange.c: requests of a unit to services: from the journal when it holds them, else sent, all of a call at once,
 * while the worker parks. Turns what came back into an answer, or into a failure that names the step, the status and
 * the API's own words. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/url.h"
#include "runner/parts.h"

/* ---- which service ---- */

static const struct service *service_named(const struct task *task, const char *name)
{
	for (size_t i = 0; i < task->shop->service_count; i++)
		if (text_equal(task->shop->services[i].name, name))
			return &task->shop->services[i];
	return NULL;
}

static const struct service *service_for_url(const struct task *task, const char *url)
{
	const struct service *best = NULL;
	struct error error;
	char *normal = url_normal(url, "http https", &error);

	for (size_t i = 0; normal && i < task->shop->service_count; i++) {
		const struct service *service = &task->shop->services[i];

		if (!text_equal(service->type, "smtp") && !text_equal(service->type, "engine") &&
		    url_under(service->root, normal) && (!best || strlen(service->root) > strlen(best->root)))
			best = service;
	}
	free(normal);
	return best;
}

const struct service *exchange_service(struct task *task, const char *name, const char *url)
{
	const struct service *service;
	const char *alias;
	const json_t *use;

	if (!name) {
		service = service_for_url(task, url);
		if (!service) {
			char *outline = url_outline(url);

			(void)task_fail(task, 1, "%s lies under the root of no configured service", outline);
			free(outline);
		}
		return service;
	}
	json_object_foreach (task->uses, alias, use) {
		service = service_named(task, json_string_value(use));
		if (service && (text_equal(service->type, name) || strcmp(alias, name) == 0))
			return service;
	}
	(void)task_fail(task, 1, "NoService: the topic %s lists no service %s: add one to its services = ",
			json_get_text(task->facts, "topic"), name);
	return NULL;
}

/* ---- on the loop's thread ---- */

static void part_done(void *arg, const struct http_answer *answer)
{
	struct part *part = arg;
	struct exchange *exchange = part->exchange;

	part->failure = answer->failure;
	part->status = (int)answer->status;
	part->retry_after = answer->retry_after;
	if (answer->failure == HTTP_ANSWERED) {
		part->body = mem_slice(answer->body, answer->length);
		part->length = answer->length;
		part->words = answer->status >= 300 ? client_words(answer) : NULL;
	} else {
		part->words = mem_text(answer->error);
	}
	if (--exchange->pending == 0)
		parking_wake(&exchange->parking);
}

/* The unit's header lines without the empty ones, which stand for values that a task does not have. Owned list. */
static const char **header_lines(const char *const *lines)
{
	const char **list;
	size_t count = 0, kept = 0;

	while (lines && lines[count])
		count++;
	list = mem_new(count + 1, sizeof(*list));
	for (size_t i = 0; i < count; i++)
		if (*lines[i])
			list[kept++] = lines[i];
	return list;
}

static void part_start(struct part *part)
{
	struct task *task = part->exchange->task;
	const char **headers = header_lines(part->request->headers);
	struct client_request request = {
		.service = part->service,
		.app = task->app,
		.method = part->request->method,
		.url = part->url,
		.headers = headers,
		.body = part->request->body,
		.repeatable = (part->request->flags & (BPTL_REPEATABLE | BPTL_READ)) != 0,
		.timeout = task_time_left(task) > 1 ? task_time_left(task) : 1,
	};
	struct error error;

	if (atomic_load(&task->shop->orphaned))
		(void)error_set(&error, "the host has stopped");
	if (atomic_load(&task->shop->orphaned) || !client_send(task->shop->client, &request, part_done, part, &error)) {
		part->refused_here = 1;
		part->failure = HTTP_NOT_SENT;
		part->words = mem_text(error.text);
		part->exchange->pending--;
	}
	free(headers);
}

static void exchange_start(void *arg)
{
	struct exchange *exchange = arg;

	exchange->pending++; /* ours, so that no part can be the last before all have started */
	for (size_t i = 0; i < exchange->count; i++)
		if (!exchange->parts[i].answered)
			part_start(&exchange->parts[i]);
	if (--exchange->pending == 0)
		parking_wake(&exchange->parking);
}

/* ---- before sending ---- */

static int part_prepare(struct task *task, struct part *part)
{
	static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE", NULL};
	struct bptl_request *request = part->request;
	const json_t *answer = NULL;
	struct error error;
	char *body;

	if (!request->method || !text_in(request->method, methods) || !request->url || !request->what)
		return task_fail(task, 1, "a request without method, url or what: a fault of the unit");
	if (!request->body && text_in(request->method, (const char *const[]){"POST", "PUT", "PATCH", NULL}))
		return task_fail(task, 1,
				 "%s: the request has no body: it could not be made (text that is not UTF-8?), or the "
				 "unit forgot it",
				 request->what);
	part->service = exchange_service(task, request->service, request->url);
	if (!part->service)
		return -1;
	part->url = url_resolve(part->service->root, request->url, &error);
	if (!part->url)
		return task_fail(task, 1, "%s: %s", request->what, error.text);
	part->number = task->cleaning ? 0 : ++task->step;
	request->step = part->number;
	part->mutation = strcmp(request->method, "GET") != 0 && !(request->flags & BPTL_READ);
	body = request->body ? json_dumps(request->body, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY) : NULL;
	part->row = steps_row(part->number, request->what, request->method, part->url, body);
	free(body);
	if (task->cleaning)
		return 0;
	switch (steps_look(task, part->number, part->row, part->mutation, (request->flags & BPTL_REPEATABLE) != 0,
			   &answer)) {
	case STEP_FAILED:
		return -1;
	case STEP_ANSWERED:
		part->answered = 1;
		part->status = (int)json_get_integer(answer, "status", 200);
		request->answer = json_object_get(answer, "answer");
		request->error = json_get_text(answer, "error");
		break;
	case STEP_SEND:
		break;
	}
	return 0;
}

static int intend(struct task *task, struct exchange *exchange)
{
	json_t *rows = NULL;

	for (size_t i = 0; i < exchange->count && !task->cleaning; i++) {
		struct part *part = &exchange->parts[i];

		if (part->answered || !part->mutation)
			continue;
		if (!rows)
			rows = mem_json(json_array());
		(void)json_array_append(rows, part->row);
	}
	if (!rows)
		return 0;
	if (steps_wait_for_lock(task)) {
		json_decref(rows);
		return -1;
	}
	if (steps_intend(task, rows))
		return -1;
	exchange->intended = 1;
	return 0;
}

/* ---- after the answer ---- */

/* Parses the body and hands it to the unit's request. */
static void read_answer(struct task *task, struct part *part)
{
	struct bptl_request *request = part->request;
	char reason[160];
	json_t *answer;

	request->status = part->status;
	if (part->answered)
		return;
	request->answer = NULL;
	request->error = NULL;
	if (part->failure != HTTP_ANSWERED)
		return;
	answer = part->length ? json_read(part->body, part->length, reason) : json_null();
	if (answer)
		request->answer = task_keep(task, answer);
	else
		request->error = task_text(task, reason);
	if (part->status >= 400)
		request->error = task_text(task, part->words);
}

/* What the journal learns: answers of mutations and refused intents at once, reads with the next mutation. */
static int remember(struct task *task, struct exchange *exchange)
{
	json_t *rows = mem_json(json_array()), *drop = mem_json(json_array());

	for (size_t i = 0; i < exchange->count; i++) {
		struct part *part = &exchange->parts[i];
		int kept = part->status >= 200 && part->status < 300 && part->request->answer;
		int tolerated = (part->request->flags & BPTL_TOLERATE) && part->status >= 400 && part->status < 500;

		if (part->answered)
			continue;
		if (kept || tolerated) {
			(void)json_object_set_new(part->row, "state", mem_json(json_string("done")));
			(void)json_object_set_new(part->row, "status", mem_json(json_integer(part->status)));
			if (part->request->answer)
				(void)json_object_set(part->row, "answer", part->request->answer);
			json_put_text(part->row, "error", part->request->error);
		}
		if (kept && part->mutation)
			(void)json_array_append(rows, part->row);
		else if (kept || tolerated)
			steps_read(task, json_incref(part->row), part->length);
		if (part->mutation && !kept && !part_is_unknown(part) && !(part->status >= 200 && part->status < 300))
			(void)json_array_append_new(drop, mem_json(json_integer(part->number)));
	}
	return steps_answer(task, exchange->intended, rows, drop);
}

static void part_clear(struct part *part)
{
	free(part->url);
	free(part->body);
	free(part->words);
	json_decref(part->row);
}

/* Sends requests that stand in a list of pointers, and judges them in their order. */
int parts_run(struct task *task, struct bptl_request **requests, size_t count)
{
	struct exchange exchange = {.task = task, .count = count};
	size_t prepared, waiting = 0;
	int code = -1;

	exchange.parts = mem_new(count, sizeof(*exchange.parts));
	parking_init(&exchange.parking);
	for (prepared = 0; prepared < count; prepared++) {
		struct part *part = &exchange.parts[prepared];

		part->request = requests[prepared];
		part->exchange = &exchange;
		part->retry_after = -1;
		if (part_prepare(task, part))
			goto out;
		waiting += !part->answered;
	}
	if (intend(task, &exchange))
		goto out;
	if (waiting) {
		exchange.pending = waiting;
		exchange.errand = (struct errand){.run = exchange_start, .arg = &exchange};
		errands_add(&task->shop->errands, &exchange.errand);
		parking_wait(&exchange.parking);
	}
	for (size_t i = 0; i < count; i++) {
		const struct part *part = &exchange.parts[i];

		if (!part->answered && !part->refused_here)
			task_count_request(task, part->service, part->failure == HTTP_ANSWERED ? part->status : 0);
		read_answer(task, &exchange.parts[i]);
	}
	if (!task->cleaning && remember(task, &exchange))
		goto out;
	code = 0;
	for (size_t i = 0; i < count; i++)
		code |= part_judge(task, &exchange.parts[i]);
out:
	for (size_t i = 0; i < count; i++)
		part_clear(&exchange.parts[i]);
	parking_clear(&exchange.parking);
	free(exchange.parts);
	return code;
}

/* ---- the call ---- */

int exchange_run(struct task *task, struct bptl_request *requests, size_t count)
{
	struct bptl_request **list = mem_new(count, sizeof(*list));
	int code = -1;

	for (size_t i = 0; i < count; i++) {
		list[i] = &requests[i];
		list[i]->status = 0;
		list[i]->answer = NULL;
		list[i]->error = NULL;
		if (list[i]->body)
			(void)task_keep(task, list[i]->body);
	}
	if (!task_stopped_step(task) && parts_run(task, list, count) == 0) {
		code = 0;
		for (size_t i = 0; i < count; i++)
			if (list[i]->flags & BPTL_ALL_PAGES)
				code |= pages_read(task, list[i]);
	}
	free(list);
	return code;
}
