/* callback.c: the callbackUrl of a task: after the engine has taken the completion an empty POST goes there, without
 * credentials, only under the roots of callback_allow, never to link-local addresses, with retries of its own. However
 * it ends, the outcome of the task stays as it is. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "core/tasks.h"
#include "http/url.h"

#define CALLBACK_TIMEOUT 10000
#define CALLBACK_TRIES 5
#define AGAIN_FIRST 1000
#define AGAIN_MOST 60000

const char *callback_url(const struct core_task *task)
{
	const json_t *value = json_object_get(json_object_get(task->task.variables, "callbackUrl"), "value");

	if (!value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0))
		return NULL;
	return json_is_string(value) ? json_string_value(value) : "(no text)";
}

static int allowed(const struct config_host *host, const char *url)
{
	for (size_t i = 0; i < host->callback_allow.count; i++)
		if (url_under(host->callback_allow.list[i], url))
			return 1;
	return 0;
}

static void called(void *arg, const struct http_answer *answer)
{
	struct core_task *task = arg;
	struct log_about about = task_about(task);

	task->call = NULL;
	if (answer->failure == HTTP_CANCELLED)
		return;
	if (answer->failure == HTTP_ANSWERED && answer->status < 400) {
		task->core->facts.callbacks[FACT_CALLED]++;
		log_line(task->core->log, LOG_INFO, &about, "callbackUrl called: HTTP %ld", answer->status);
		task_ends(task, JOURNAL_COMPLETED);
		return;
	}
	if (++task->report_tries >= CALLBACK_TRIES) {
		task->core->facts.callbacks[FACT_CALL_GIVEN_UP]++;
		log_line(task->core->log, LOG_ERROR, &about,
			 "callbackUrl could not be called after %d tries: HTTP %ld %s", CALLBACK_TRIES, answer->status,
			 answer->error);
		task_ends(task, JOURNAL_COMPLETED);
		return;
	}
	task->core->facts.callbacks[FACT_CALL_AGAIN]++;
	task->report_at = clock_boot() + clock_backoff(task->report_tries, AGAIN_FIRST, AGAIN_MOST);
	log_line(task->core->log, LOG_WARNING, &about, "callbackUrl answered HTTP %ld %s: tried again", answer->status,
		 answer->error);
}

void callback_start(struct core_task *task)
{
	const char *given = callback_url(task);
	struct log_about about = task_about(task);
	struct http_request request = {
		.method = "POST", .body = "", .timeout = CALLBACK_TIMEOUT, .refuse_link_local = 1};
	struct error error = {""};
	char *url;

	if (task->call || clock_boot() < task->report_at)
		return;
	url = url_normal(given ? given : "", "http https", &error);
	if (url && allowed(&task->core->config->host, url)) {
		request.url = url;
		task->call = http_start(task->core->http, &request, called, task);
	} else {
		char *outline = url_outline(given ? given : "");

		task->core->facts.callbacks[FACT_CALL_REFUSED]++;
		log_line(task->core->log, LOG_ERROR, &about, "callbackUrl %s is not called: %s", outline,
			 url ? "it lies under none of the roots in callback_allow of [host]" : error.text);
		free(outline);
		task_ends(task, JOURNAL_COMPLETED);
	}
	free(url);
}
