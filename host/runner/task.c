/* task.c: a task's life in its runner, its memory, and its failure. See task.h. Running out of memory here fails the
 * task, not the process. */
#include "runner/task.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

struct task *task_new(struct workshop *shop, json_t *order)
{
	struct task *task = calloc(1, sizeof(*task));

	if (!task)
		return NULL;
	task->handle.api = &calls_table;
	task->shop = shop;
	task->order = order;
	task->key = mem_text(json_get_text(order, "key"));
	task->unit = plugin_unit(&shop->plugin, json_get_text(order, "unit"));
	task->facts = json_object_get(order, "facts");
	task->variables = json_object_get(order, "variables");
	task->properties = json_object_get(order, "properties");
	task->options = json_object_get(order, "options");
	task->uses = json_object_get(order, "uses");
	task->steps = json_object_get(order, "steps");
	task->first_run = json_get_integer(order, "first_run", clock_wall());
	task->deadline = clock_boot() + json_get_integer(order, "time_limit", 300000);
	atomic_store(&task->lock_until, json_get_integer(order, "lock_until", INT64_MAX));
	clock_utc(task->first_run, task->now);
	clock_amsterdam_date(task->first_run, task->today);
	parking_init(&task->noted);
	task->kept = mem_json(json_array());
	task->decoded = mem_json(json_object());
	task->reads = mem_json(json_array());
	task->set = mem_json(json_object());
	task->local = mem_json(json_object());
	task->retry_after = -1;
	return task;
}

void task_free(struct task *task)
{
	if (!task)
		return;
	for (size_t i = 0; i < task->block_count; i++)
		free(task->blocks[i]);
	free(task->blocks);
	json_decref(task->kept);
	json_decref(task->decoded);
	json_decref(task->reads);
	json_decref(task->set);
	json_decref(task->local);
	json_decref(task->requests);
	json_decref(task->order);
	parking_clear(&task->noted);
	free(task->key);
	free(task->message);
	free(task->details);
	free(task->code);
	free(task);
}

char *task_words(const struct task *task, const char *format, va_list args)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		text = mem_text("out of memory");
	text_one_line(text);
	log_mask(task->shop->log, text);
	return text;
}

int task_vfail(struct task *task, int permanent, const char *format, va_list args)
{
	char *text;

	if (task->outcome != OUTCOME_DONE)
		return -1;
	task->outcome = OUTCOME_FAILED;
	task->permanent = permanent;
	text = task_words(task, format, args);
	task->message = mem_format("%s.%s: %s", task->shop->plugin.name, task->unit ? task->unit->name : "?", text);
	free(text);
	return -1;
}

int task_fail(struct task *task, int permanent, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)task_vfail(task, permanent, format, args);
	va_end(args);
	return -1;
}

void task_details(struct task *task, char *details)
{
	if (task->details) {
		free(details);
		return;
	}
	log_mask(task->shop->log, details);
	task->details = details;
}

int task_stopped(struct task *task)
{
	if (task->outcome != OUTCOME_DONE)
		return 1;
	if (task->cleaning)
		return 0;
	if (atomic_load(&task->lost)) {
		(void)task_fail(task, 0, "the engine says that the lock is no longer ours: the unit was stopped");
		return 1;
	}
	if (task_time_left(task) <= 0) {
		(void)task_fail(task, 0, "ran past its time limit and was stopped at its next call");
		return 1;
	}
	return 0;
}

int task_stopped_step(struct task *task)
{
	if (!task->in_effect)
		return task_stopped(task);
	(void)task_fail(
		task, 1,
		"an exchange, a mail or a step inside of bptl_step(): its place among the steps would differ at the "
		"next run; a fault of the unit");
	return 1;
}

void task_count_request(struct task *task, const struct service *service, int status)
{
	static const char *const classes[] = {"none", "1xx", "2xx", "3xx", "4xx", "5xx"};
	const char *name = classes[status >= 100 && status < 600 ? status / 100 : 0];
	json_t *numbers;

	if (!task->requests)
		task->requests = mem_json(json_object());
	numbers = json_object_get(task->requests, service->name);
	if (!numbers) {
		numbers = mem_json(json_object());
		(void)json_object_set_new(task->requests, service->name, numbers);
	}
	(void)json_object_set_new(numbers, name, json_integer(json_get_integer(numbers, name, 0) + 1));
}

static int has_room(struct task *task)
{
	size_t room = task->block_room ? 2 * task->block_room : 16;
	void **blocks;

	if (task->block_count < task->block_room)
		return 1;
	blocks = realloc(task->blocks, room * sizeof(*blocks));
	if (!blocks)
		return 0;
	task->blocks = blocks;
	task->block_room = room;
	return 1;
}

void *task_alloc(struct task *task, size_t size)
{
	void *block = has_room(task) ? calloc(1, size ? size : 1) : NULL;

	if (!block) {
		(void)task_fail(task, 0, "out of memory (%zu bytes)", size);
		return NULL;
	}
	task->blocks[task->block_count++] = block;
	return block;
}

char *task_text(struct task *task, const char *text)
{
	char *copy = task_alloc(task, strlen(text) + 1);

	if (copy)
		memcpy(copy, text, strlen(text) + 1);
	return copy;
}

const char *task_vformat(struct task *task, const char *format, va_list args)
{
	char *text = NULL;
	const char *kept;

	if (vasprintf(&text, format, args) < 0) {
		(void)task_fail(task, 0, "out of memory");
		return NULL;
	}
	kept = task_text(task, text);
	free(text);
	return kept;
}

json_t *task_keep(struct task *task, json_t *value)
{
	if (!value) {
		(void)task_fail(task, 0,
				"out of memory, or a JSON value that could not be made (text that is not UTF-8?)");
		return NULL;
	}
	if (json_array_append_new(task->kept, value)) {
		(void)task_fail(task, 0, "out of memory");
		return NULL;
	}
	return value;
}

int64_t task_time_left(const struct task *task)
{
	return task->deadline - clock_boot();
}

void task_run(struct task *task)
{
	int code;

	if (!task->unit) {
		(void)task_fail(task, 1, "the plugin has no such unit");
		return;
	}
	if (variables_check(task))
		return;
	code = task->unit->run(&task->handle);
	if (code && task->outcome == OUTCOME_DONE)
		(void)task_fail(task, 1, "the unit returned %d without saying why", code);
	finals_run(task);
}

json_t *task_result(const struct task *task)
{
	static const char *const names[] = {"done", "failed", "bpmn-error"};
	json_t *result = mem_json(json_pack("{s:s, s:O, s:O}", "outcome", names[task->outcome], "variables", task->set,
					    "local", task->local));

	if (task->outcome != OUTCOME_DONE) {
		json_put_text(result, "message", task->message);
		json_put_text(result, "details", task->details);
		json_put_text(result, "code", task->code);
	}
	if (task->outcome == OUTCOME_FAILED) {
		(void)json_object_set_new(result, "permanent", json_boolean(task->permanent));
		if (task->retry_after >= 0)
			(void)json_object_set_new(result, "retry_after", json_integer(task->retry_after));
		if (task->unknown_step)
			(void)json_object_set_new(result, "unknown_step", json_integer(task->unknown_step));
	}
	return result;
}
