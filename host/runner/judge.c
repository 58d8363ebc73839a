/* judge.c: turns what came back into a failure that names the step, the status and the API's own words, or lets it
 * pass. Here is decided what can be retried, and what has an outcome that nobody knows. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "http/url.h"
#include "runner/parts.h"

#define DETAIL_LIMIT 8192 /* bytes of an error's body that go into the details */

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

/* A gateway that gives up (502, 504, 520 and above) says nothing of what the server behind it did; neither does
 * silence. */
int part_is_unknown(const struct part *part)
{
	if (part->failure == HTTP_ANSWERED)
		return part->status == 502 || part->status == 504 || part->status >= 520;
	return part->failure == HTTP_UNKNOWN || part->failure == HTTP_TOO_LARGE || part->failure == HTTP_CANCELLED;
}

static int can_be_retried(int status)
{
	return status == 408 || status == 409 || status == 425 || status == 429 || status >= 500;
}

static int fail_unknown(struct task *task, const struct part *part)
{
	char why[40];

	if (task->outcome == OUTCOME_DONE)
		task->unknown_step = part->number;
	(void)snprintf(why, sizeof(why), "a gateway gave up: HTTP %d", part->status);
	return fail_part(task, part, 1,
			 "may have been carried out, its outcome is unknown (%s): check it, then grant a retry, which "
			 "sends it again",
			 part->failure == HTTP_ANSWERED ? why : part->words);
}

/* It was accepted, and what it made is not known. */
static int fail_unread(struct task *task, const struct part *part)
{
	if (task->outcome == OUTCOME_DONE)
		task->unknown_step = part->number;
	return fail_part(task, part, 1,
			 "was carried out, but its answer (HTTP %d) cannot be read, it is something that is not JSON "
			 "(%.200s): check what it made; a retry that is granted sends it again",
			 part->status, part->request->error ? part->request->error : "");
}

/* No usable answer, or a refusal: fails the task unless the unit wants to see it. */
int part_judge(struct task *task, const struct part *part)
{
	const struct bptl_request *request = part->request;
	int once = part->mutation && strcmp(request->method, "POST") == 0 && !(request->flags & BPTL_REPEATABLE);

	if (part->answered)
		return 0;
	if (part->refused_here)
		return fail_part(task, part, 1, "was not sent: %s", part->words);
	if (once && part_is_unknown(part))
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
	if (part->status >= 200 && part->status < 300 && !request->answer && once)
		return fail_unread(task, part);
	if (part->status >= 200 && part->status < 300 && !request->answer)
		return fail_part(task, part, 0, "answered HTTP %d with something that is not JSON: %.200s",
				 part->status, request->error ? request->error : "");
	return 0;
}

/* The URL of a unit's request as it was called, without its query: a unit names it from the service's root on. Owned.
 */
static char *called_outline(struct task *task, const struct bptl_request *request)
{
	const char *given = request->url ? request->url : "";
	const struct service *service = exchange_service(task, request->service, given);
	struct error error;
	char *url = service ? url_resolve(service->root, given, &error) : NULL;
	char *outline = url_outline(url ? url : given);

	free(url);
	return outline;
}

int exchange_refused(struct task *task, const struct bptl_request *request)
{
	char *outline = called_outline(task, request);
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
