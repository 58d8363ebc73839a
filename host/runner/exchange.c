/* exchange.c: requests of a unit to services: from the journal when it holds them, else sent, all of a call at once,
 * while the worker parks. Turns what came back into an answer, or into a failure that names the step, the status and
 * the API's own words. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/url.h"
#include "runner/task.h"

#define PAGE_LIMIT 1000
#define DETAIL_LIMIT 8192 /* bytes of an error's body that go into the details */

/* One request under way. */
struct part {
	struct bptl_request *request;
	const struct service *service;
	char *url;   /* absolute */
	json_t *row; /* for the journal */
	int number, mutation;
	int answered; /* from the journal */
	struct exchange *exchange;
	/* what came back, copied from the loop's thread */
	enum http_failure failure;
	int status;
	char *body;
	size_t length;
	char *words; /* why there is no answer, or the API's own words */
	int64_t retry_after;
	int refused_here; /* the URL rule or a header forbade it */
};

struct exchange {
	struct task *task;
	struct part *parts;
	size_t count, pending;
	int intended; /* there are mutations among them, whose intents are in the journal */
	struct errand errand;
	struct parking parking;
};

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

static char *details_of(const struct part *part)
{
	struct text text = {0};
	char *outline = url_outline(part->url);

	text_add_format(&text, "%s %s\n", part->request->method, outline);
	if (part->failure == HTTP_ANSWERED) {
		text_add_format(&text, "HTTP %d\n", part->status);
		text_add_bytes(&text, part->body, text_cut(part->body, DETAIL_LIMIT));
	} else {
		text_add(&text, part->words ? part->words : "");
	}
	free(outline);
	return text_take(&text);
}

static int fail_part(struct task *task, const struct part *part, int permanent, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static int fail_part(struct task *task, const struct part *part, int permanent, const char *format, ...)
{
	int first = task->outcome == OUTCOME_DONE;
	char *outline = url_outline(part->url);
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		mem_out();
	va_end(args);
	(void)task_fail(task, permanent, "%s: %s %s %s", part->request->what, part->request->method, outline, text);
	if (first) {
		task_details(task, details_of(part));
		task->retry_after = part->retry_after;
	}
	free(text);
	free(outline);
	return -1;
}

/* A gateway that gives up (502, 504) says nothing of what the server behind it did; neither does silence. */
static int outcome_unknown(const struct part *part)
{
	if (part->failure == HTTP_ANSWERED)
		return part->status == 502 || part->status == 504;
	return part->failure == HTTP_UNKNOWN || part->failure == HTTP_TOO_LARGE || part->failure == HTTP_CANCELLED;
}

static int can_be_retried(int status)
{
	return status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

static int fail_unknown(struct task *task, const struct part *part)
{
	if (task->outcome == OUTCOME_DONE)
		task->unknown_step = part->number;
	return fail_part(task, part, 1,
			 "may have been carried out, its outcome is unknown (%s%s): check it, then grant a retry, "
			 "which sends it again",
			 part->failure == HTTP_ANSWERED ? "a gateway gave up: HTTP " : "",
			 part->failure == HTTP_ANSWERED ? (part->status == 502 ? "502" : "504") : part->words);
}

/* No usable answer, or a refusal: fails the task unless the unit wants to see it. */
static int judge(struct task *task, const struct part *part)
{
	const struct bptl_request *request = part->request;
	int once = part->mutation && strcmp(request->method, "POST") == 0 && !(request->flags & BPTL_REPEATABLE);

	if (part->answered)
		return 0;
	if (part->refused_here)
		return fail_part(task, part, 1, "was not sent: %s", part->words);
	if (once && outcome_unknown(part))
		return fail_unknown(task, part);
	if (part->failure != HTTP_ANSWERED)
		return fail_part(task, part, part->failure == HTTP_TOO_LARGE, "got no answer: %s", part->words);
	if (part->status >= 300 && part->status < 400)
		return fail_part(
			task, part, 1,
			"answered HTTP %d, a redirect: redirects are not followed; give the service's root as it "
			"really is",
			part->status);
	if (part->status >= 500 || (part->status >= 400 && !(request->flags & BPTL_TOLERATE)))
		return fail_part(task, part, !can_be_retried(part->status), "answered HTTP %d%s%s", part->status,
				 *part->words ? ": " : "", part->words);
	if (part->status >= 200 && part->status < 300 && !request->answer)
		return fail_part(task, part, once, "answered HTTP %d with something that is not JSON: %.200s",
				 part->status, request->error ? request->error : "");
	return 0;
}

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
			steps_read(task, json_incref(part->row));
		if (part->mutation && !kept && !outcome_unknown(part) && !(part->status >= 200 && part->status < 300))
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
static int run_parts(struct task *task, struct bptl_request **requests, size_t count)
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
	for (size_t i = 0; i < count; i++)
		read_answer(task, &exchange.parts[i]);
	if (!task->cleaning && remember(task, &exchange))
		goto out;
	code = 0;
	for (size_t i = 0; i < count; i++)
		code |= judge(task, &exchange.parts[i]);
out:
	for (size_t i = 0; i < count; i++)
		part_clear(&exchange.parts[i]);
	parking_clear(&exchange.parking);
	free(exchange.parts);
	return code;
}

int exchange_refused(struct task *task, const struct bptl_request *request)
{
	char *outline = url_outline(request->url ? request->url : "");
	char *body = request->answer ? json_dumps(request->answer, JSON_ENCODE_ANY) : NULL;
	int first = task->outcome == OUTCOME_DONE;

	(void)task_fail(task, !can_be_retried(request->status), "%s: %s %s answered HTTP %d%s%s", request->what,
			request->method, outline, request->status, request->error ? ": " : "",
			request->error ? request->error : "");
	if (first)
		task_details(task, mem_format("%s %s\nHTTP %d\n%.*s", request->method, outline, request->status,
					      (int)(body ? text_cut(body, DETAIL_LIMIT) : 0), body ? body : ""));
	free(body);
	free(outline);
	return -1;
}

/* ---- pages ---- */

/* The URL of the next page: the query of `next` behind the path that was asked. Servers behind a proxy write hosts into
 * `next` that only they know. NULL when there is no next page. */
static const char *next_page(struct task *task, const struct bptl_request *request, const json_t *page)
{
	const char *next = json_get_text(page, "next");
	const char *query = next ? strchr(next, '?') : NULL;
	struct text url = {0};
	char *kept;

	if (!next || !*next)
		return NULL;
	if (!query) {
		(void)task_fail(task, 1,
				"%s: the next page is \"%.100s\", which has no query: pages cannot be told apart",
				request->what, next);
		return NULL;
	}
	text_add_bytes(&url, request->url, strcspn(request->url, "?"));
	text_add(&url, query);
	kept = task_text(task, url.data);
	text_free(&url);
	return kept;
}

static int add_results(struct task *task, const struct bptl_request *request, json_t *all, json_t *page)
{
	json_t *results = json_object_get(page, "results");

	if (!json_is_array(results))
		return task_fail(task, 1, "%s: the answer is no list of pages: member results is missing",
				 request->what);
	return json_array_extend(all, results) ? task_fail(task, 0, "out of memory") : 0;
}

static int read_pages(struct task *task, struct bptl_request *first)
{
	json_t *page = first->answer;
	json_t *seen, *all;
	int pages = 1;

	if (json_is_array(page) || first->status >= 400)
		return 0; /* a plain list has no pages */
	all = task_keep(task, json_array());
	seen = task_keep(task, json_object());
	if (!all || !seen || add_results(task, first, all, page))
		return -1;
	for (const char *url; (url = next_page(task, first, page)) != NULL;) {
		struct bptl_request next = *first;
		struct bptl_request *list[] = {&next};

		if (json_object_get(seen, url))
			return task_fail(task, 1, "%s: the pages of the list go round in a circle", first->what);
		if (++pages > PAGE_LIMIT)
			return task_fail(task, 1, "%s: the list has more than %d pages", first->what, PAGE_LIMIT);
		(void)json_object_set_new(seen, url, json_true());
		next.url = url;
		if (run_parts(task, list, 1) || add_results(task, first, all, next.answer))
			return -1;
		page = next.answer;
	}
	first->answer = all;
	return task_stopped(task) ? -1 : 0;
}

/* ---- the call ---- */

/* Requests may be longer structs than ours, in a plugin for a newer 1.x that this host accepts only when it knows them
 * all, or shorter ones: the stride is the plugin's. */
int exchange_run(struct task *task, struct bptl_request *requests, size_t count, size_t request_size)
{
	struct bptl_request **list;
	int code = -1;

	list = mem_new(count, sizeof(*list));
	for (size_t i = 0; i < count; i++) {
		list[i] = (void *)((char *)requests + i * request_size);
		list[i]->status = 0;
		list[i]->answer = NULL;
		list[i]->error = NULL;
		if (list[i]->body)
			(void)task_keep(task, list[i]->body);
	}
	if (!task_stopped(task) && run_parts(task, list, count) == 0) {
		code = 0;
		for (size_t i = 0; i < count; i++)
			if (list[i]->flags & BPTL_ALL_PAGES)
				code |= read_pages(task, list[i]);
	}
	free(list);
	return code;
}
