/* answers.c: what an engine answers. The first line is "STATUS CONTENT-TYPE", the rest is the body, which is read as
 * the answer to a poll, as one to anything else, and as words of a failure that is reported. */
#include <bptl/plugin.h>
#include <limits.h>

#include "base/json.h"
#include "engine/camunda_wire.h"
#include "fuzz.h"

#define MOST 3

struct skips {
	size_t count, last;
};

static void skip(void *arg, size_t index, const char *why)
{
	struct skips *skips = arg;

	HOLDS(skips->count == 0 || index > skips->last, "entries are skipped out of their order");
	holds_message(why);
	skips->last = index;
	skips->count++;
}

/* A task's way through the journal and a frame, and back. */
static void check_copy(const struct engine_task *task)
{
	json_t *value = engine_task_to_json(task), *again;
	struct engine_task copy;

	HOLDS(engine_task_from_json(&copy, value) == 0, "task %s cannot be read back", task->id);
	HOLDS(strcmp(copy.id, task->id) == 0 && strcmp(copy.topic, task->topic) == 0, "%s", task->id);
	HOLDS(copy.retries == task->retries && copy.priority == task->priority, "%s", task->id);
	HOLDS(json_equal(copy.variables, task->variables), "the variables of %s are others", task->id);
	HOLDS(text_equal(copy.business_key, task->business_key) && text_equal(copy.tenant, task->tenant), "%s",
	      task->id);
	again = engine_task_to_json(&copy);
	HOLDS(json_equal(value, again), "task %s is another", task->id);
	json_decref(again);
	json_decref(value);
	engine_task_clear(&copy);
}

/* An id goes into URLs, and finds one task. */
static void check_task(const struct engine_task *tasks, size_t at)
{
	const struct engine_task *task = &tasks[at];

	HOLDS(*task->id && strlen(task->id) < 256 && !strpbrk(task->id, "/?#%\\ @\"'<>") && task->id[0] != '.', "%s",
	      task->id);
	for (const char *c = task->id; *c; c++)
		HOLDS(*c > 0x20 && *c < 0x7f, "%s", task->id);
	for (size_t i = 0; i < at; i++)
		HOLDS(strcmp(tasks[i].id, task->id) != 0, "%s twice", task->id);
	HOLDS(*task->topic && task->retries >= -1 && json_is_object(task->variables), "%s", task->id);
	HOLDS(!task->properties || json_is_object(task->properties), "%s", task->id);
	check_copy(task);
}

static void check_poll(const char *body, size_t length, const char *content_type)
{
	char why[CAMUNDA_WHY] = "", reason[160];
	json_t *list = camunda_list(body, length, content_type, why);
	json_t *whole = json_read(body, length, reason);
	struct skips skips = {0};
	struct engine_task *tasks;
	size_t count;

	HOLDS(list || !json_is_array(whole), "a list that can be read was refused: %s", why);
	HOLDS(!list || !whole || json_equal(list, whole), "another list than the body holds");
	json_decref(whole);
	if (!list) {
		holds_message(why);
		return;
	}
	HOLDS(json_is_array(list), "no list");
	tasks = camunda_tasks(list, MOST, &count, skip, &skips);
	HOLDS(count <= MOST && count + skips.count == json_array_size(list), "%zu tasks, %zu skipped, of %zu", count,
	      skips.count, json_array_size(list));
	for (size_t i = 0; i < count; i++)
		check_task(tasks, i);
	for (size_t i = 0; i < count; i++)
		engine_task_clear(&tasks[i]);
	free(tasks);
	json_decref(list);
}

/* Only the engine's own words end a task or give up a lock; no page of a proxy does. */
static void check_verdict(const struct http_answer *answer)
{
	int is_page = strcasestr(answer->content_type, "html") != NULL;
	long status = answer->status;
	char *words;
	enum engine_result result = camunda_judge(answer, &words);

	HOLDS(result != ENGINE_STOPPED, "%ld", status);
	HOLDS(result != ENGINE_TAKEN || (status >= 200 && status < 300 && !is_page && !*words), "%ld taken", status);
	HOLDS(result != ENGINE_GONE || (status == 404 && !is_page), "%ld means gone", status);
	HOLDS(result != ENGINE_LOST || status == 400, "%ld means lost", status);
	HOLDS(result != ENGINE_REFUSED || status >= 400, "%ld is refused", status);
	if (result != ENGINE_TAKEN) {
		holds_message(words);
		HOLDS(strlen(words) < 600, "%zu bytes of words", strlen(words));
	}
	free(words);
}

/* The failure that tells of it fits the engine's columns, and no character is cut. */
static void check_failure(const char *text)
{
	char *message = mem_text(text);
	json_t *body;
	const char *told, *details;
	size_t units = 0;
	char *wire;

	text_make_utf8(message);
	text_one_line(message);
	body = camunda_failure_body("worker", message, message, 3, 1000);
	told = json_get_text(body, "errorMessage");
	details = json_get_text(body, "errorDetails");
	HOLDS(told && details && text_starts(message, told) && text_starts(message, details), "%s", message);
	for (const char *c = told; *c; c++)
		units += ((unsigned char)*c & 0xc0) == 0x80 ? 0 : (unsigned char)*c >= 0xf0 ? 2 : 1;
	HOLDS(units <= CAMUNDA_MESSAGE_LIMIT, "%zu units", units);
	HOLDS(strlen(message) > strlen(told) + 3 || strcmp(message, told) == 0 || units > CAMUNDA_MESSAGE_LIMIT - 2,
	      "more was cut than must be");
	wire = json_dumps(body, JSON_COMPACT);
	HOLDS(wire, "the failure cannot be written");
	free(wire);
	json_decref(body);
	free(message);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = input_of(data, size);
	char *head = input_line(&in), *body, *type;
	struct http_answer answer = {.failure = HTTP_ANSWERED, .retry_after = -1, .error = ""};
	size_t length = (size_t)(in.end - in.at);

	body = mem_slice(in.at, length);
	answer.status = strtol(head, &type, 10);
	if (answer.status < 200 || answer.status > 999)
		answer.status = 200;
	type += *type == ' ';
	answer.body = body;
	answer.length = length;
	answer.content_type = type;
	check_poll(body, length, type);
	check_verdict(&answer);
	check_failure(body);
	free(body);
	free(head);
	return 0;
}
