/* camunda_wire.c: see camunda_wire.h. It knows the JSON of Camunda 7, Operaton and CIB seven, and nothing of sending.
 */
#include "engine/camunda_wire.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

#define LONGEST_WAIT (30 * 60 * 1000) /* milliseconds; the engines refuse a longer poll with 400 */
#define LONGEST_ID 255
#define CODE_TOO_LONG 10002 /* the engines' code for a value that is longer than its column */

static void put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, mem_json(value)))
		mem_out();
}

static json_t *names(const char *const *list)
{
	json_t *array = mem_json(json_array());

	for (; *list; list++)
		if (json_array_append_new(array, mem_json(json_string(*list))))
			mem_out();
	return array;
}

static json_t *topic_body(const struct engine_topic *topic)
{
	json_t *body = mem_json(json_object());

	json_put_text(body, "topicName", topic->name);
	put(body, "lockDuration", json_integer(topic->lock));
	/* with deserialization an engine answers Json and Object variables by their metadata only */
	put(body, "deserializeValues", json_false());
	if (topic->variables)
		put(body, "variables", names(topic->variables));
	if (topic->definition_keys && topic->definition_keys[0])
		put(body, "processDefinitionKeyIn", names(topic->definition_keys));
	json_put_text(body, "businessKey", topic->business_key);
	if (topic->tenants && topic->tenants[0])
		put(body, "tenantIdIn", names(topic->tenants));
	if (topic->without_tenant)
		put(body, "withoutTenantId", json_true());
	if (json_object_size(topic->process_variables) > 0)
		put(body, "processVariables", json_incref(topic->process_variables));
	if (topic->local_variables)
		put(body, "localVariables", json_true());
	if (topic->extension_properties)
		put(body, "includeExtensionProperties", json_true());
	return body;
}

json_t *camunda_fetch_body(const char *worker_id, const struct engine_topic *topics, size_t count, int most,
			   int64_t wait, int use_priority, const char *order)
{
	json_t *body = mem_json(json_object());
	json_t *list = mem_json(json_array());

	json_put_text(body, "workerId", worker_id);
	put(body, "maxTasks", json_integer(most));
	put(body, "usePriority", json_boolean(use_priority));
	/* engines older than 7.21 do not know "sorting": it is only sent when it was asked for */
	if (order)
		put(body, "sorting", json_pack("[{s:s, s:s}]", "sortBy", "createTime", "sortOrder", order));
	if (wait > 0)
		put(body, "asyncResponseTimeout", json_integer(wait < LONGEST_WAIT ? wait : LONGEST_WAIT));
	for (size_t i = 0; i < count; i++)
		if (json_array_append_new(list, topic_body(&topics[i])))
			mem_out();
	put(body, "topics", list);
	return body;
}

size_t camunda_message_length(const char *text)
{
	size_t at = 0, used = 0;

	while (text[at]) {
		unsigned char first = (unsigned char)text[at];
		size_t units = first >= 0xf0 ? 2 : 1, next = at + 1;

		if (used + units > CAMUNDA_MESSAGE_LIMIT)
			break;
		while (((unsigned char)text[next] & 0xc0) == 0x80)
			next++;
		used += units;
		at = next;
	}
	return at;
}

json_t *camunda_failure_body(const char *worker_id, const char *message, const char *details, int retries,
			     int64_t retry_wait)
{
	json_t *body = mem_json(json_object());

	json_put_text(body, "workerId", worker_id);
	if (message)
		put(body, "errorMessage", json_stringn(message, camunda_message_length(message)));
	if (details)
		put(body, "errorDetails", json_stringn(details, text_cut(details, CAMUNDA_DETAILS_LIMIT)));
	put(body, "retries", json_integer(retries));
	put(body, "retryTimeout", json_integer(retry_wait));
	return body;
}

/* ---- lists of tasks ---- */

/* An id goes into URLs: what the engines make are UUIDs or numbers. */
static int good_id(const char *id)
{
	size_t length = strnlen(id, LONGEST_ID + 1);

	return length > 0 && length <= LONGEST_ID && id[0] != '.' &&
	       strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:") == length;
}

static const char *why_no_task(const json_t *entry, const json_t *seen)
{
	const char *id = json_get_text(entry, "id");
	const char *topic = json_get_text(entry, "topicName");
	const json_t *variables = json_object_get(entry, "variables");

	if (!json_is_object(entry))
		return "it is no object that can be read";
	if (!id || !good_id(id))
		return "it has no id that can be used";
	if (!topic || !*topic)
		return "it has no topicName";
	if (variables && !json_is_null(variables) && !json_is_object(variables))
		return "its variables are no object";
	if (json_object_get(seen, id))
		return "its id came twice";
	return NULL;
}

static void fill_task(struct engine_task *task, const json_t *entry)
{
	json_t *variables = json_object_get(entry, "variables");
	json_t *properties = json_object_get(entry, "extensionProperties");
	json_int_t retries = json_get_integer(entry, "retries", -1);

	if (retries < 0 && json_is_integer(json_object_get(entry, "retries")))
		retries = 0;
	task->id = mem_text(json_get_text(entry, "id"));
	task->topic = mem_text(json_get_text(entry, "topicName"));
	task->process_instance = mem_text(json_get_text(entry, "processInstanceId"));
	task->process_definition_key = mem_text(json_get_text(entry, "processDefinitionKey"));
	task->activity_id = mem_text(json_get_text(entry, "activityId"));
	task->execution_id = mem_text(json_get_text(entry, "executionId"));
	task->business_key = mem_text(json_get_text(entry, "businessKey"));
	task->tenant = mem_text(json_get_text(entry, "tenantId"));
	task->fault = mem_text(json_get_text(entry, "fault"));
	task->priority = json_get_integer(entry, "priority", 0);
	task->retries = retries > INT_MAX ? INT_MAX : (int)retries;
	task->variables = json_is_object(variables) ? json_incref(variables) : mem_json(json_object());
	task->properties = json_is_object(properties) ? json_incref(properties) : NULL;
}

struct engine_task *camunda_tasks(const json_t *list, size_t most, size_t *count, camunda_skipped *skipped, void *arg)
{
	size_t size = json_array_size(list);
	struct engine_task *tasks = mem_new((size < most ? size : most) + 1, sizeof(*tasks));
	json_t *seen = mem_json(json_object());
	const json_t *entry;
	size_t i;

	*count = 0;
	json_array_foreach (list, i, entry) {
		const char *why = why_no_task(entry, seen);

		if (!why && *count == most)
			why = "more tasks came than were asked for";
		if (why) {
			skipped(arg, i, why);
			continue;
		}
		put(seen, json_get_text(entry, "id"), json_true());
		fill_task(&tasks[(*count)++], entry);
	}
	json_decref(seen);
	return tasks;
}

/* ---- what an answer means ---- */

static int holds_one_of(const char *text, const char *const *parts)
{
	for (; *parts; parts++)
		if (strcasestr(text, *parts))
			return 1;
	return 0;
}

/* A value that does not fit its column: saying it again cannot help. Newer engines give a code of their own and hide
 * the database's words; older ones repeat these, and databases word it in their own ways. */
static int says_too_long(const struct http_answer *answer, const char *words)
{
	static const char *const parts[] = {"value too long",
					    "data too long",
					    "value too large",
					    "too large for column",
					    "would be truncated",
					    "right truncation",
					    NULL};
	char reason[160];
	json_t *body = json_read(answer->body, answer->length, reason);
	int is_code = json_get_integer(body, "code", 0) == CODE_TOO_LONG;

	json_decref(body);
	return is_code || holds_one_of(words, parts);
}

static int says_not_ours(const char *words)
{
	static const char *const parts[] = {"locked by worker", "by worker '", "lock that expired", "not locked", NULL};

	return holds_one_of(words, parts);
}

static int is_page(const struct http_answer *answer)
{
	return strcasestr(answer->content_type, "html") != NULL;
}

static enum engine_result judge_status(const struct http_answer *answer, const char *words)
{
	long status = answer->status;

	if (status >= 200 && status < 300)
		/* a page is a proxy's or a login's: no engine answers so */
		return is_page(answer) ? ENGINE_AGAIN : ENGINE_TAKEN;
	if (status == 404)
		/* only the engine can say that a task is gone ("External task with id x does not exist"); a proxy
		 * without its upstream, or a server whose engine is not up yet, cannot */
		return !is_page(answer) && strcasestr(words, "external task") ? ENGINE_GONE : ENGINE_AGAIN;
	if (status == 400) {
		if (says_not_ours(words))
			return ENGINE_LOST;
		return strcasestr(words, "no process engine") ? ENGINE_AGAIN : ENGINE_REFUSED;
	}
	if (status >= 500)
		return says_too_long(answer, words) ? ENGINE_REFUSED : ENGINE_AGAIN;
	/* 401 and 403 are about our login, not about the task: a password that is being changed must not end a task
	 * whose work is done */
	if (status == 401 || status == 403 || status == 408 || status == 425 || status == 429 || status < 400)
		return ENGINE_AGAIN;
	return ENGINE_REFUSED;
}

enum engine_result camunda_judge(const struct http_answer *answer, char **words)
{
	enum engine_result result;
	char *own;

	if (answer->failure != HTTP_ANSWERED) {
		*words = mem_text(answer->error);
		return answer->failure == HTTP_CANCELLED ? ENGINE_STOPPED : ENGINE_AGAIN;
	}
	own = client_words(answer);
	result = judge_status(answer, own);
	if (result == ENGINE_TAKEN)
		*words = mem_text("");
	else
		*words = mem_format("HTTP %ld%s%s%s", answer->status,
				    result == ENGINE_REFUSED && answer->status >= 500
					    ? ": a value is too long for the engine's database"
					    : "",
				    *own ? ": " : "", own);
	free(own);
	return result;
}
