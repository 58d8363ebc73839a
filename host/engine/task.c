/* task.c: the value that a fetched task is, see engine.h: freeing it, and its form in the journal and in frames. It
 * knows nothing of an engine. */
#include <limits.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "engine/engine.h"

void engine_task_clear(struct engine_task *task)
{
	free(task->id);
	free(task->topic);
	free(task->process_instance);
	free(task->process_definition_key);
	free(task->activity_id);
	free(task->execution_id);
	free(task->business_key);
	free(task->tenant);
	free(task->fault);
	json_decref(task->variables);
	json_decref(task->properties);
	*task = (struct engine_task){0};
}

static void put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, mem_json(value)))
		mem_out();
}

json_t *engine_task_to_json(const struct engine_task *task)
{
	json_t *value = mem_json(json_object());

	json_put_text(value, "id", task->id);
	json_put_text(value, "topic", task->topic);
	json_put_text(value, "processInstance", task->process_instance);
	json_put_text(value, "processDefinitionKey", task->process_definition_key);
	json_put_text(value, "activity", task->activity_id);
	json_put_text(value, "execution", task->execution_id);
	json_put_text(value, "businessKey", task->business_key);
	json_put_text(value, "tenant", task->tenant);
	json_put_text(value, "fault", task->fault);
	put(value, "priority", json_integer(task->priority));
	put(value, "retries", json_integer(task->retries));
	if (task->variables)
		put(value, "variables", json_deep_copy(task->variables));
	if (task->properties)
		put(value, "properties", json_deep_copy(task->properties));
	return value;
}

int engine_task_from_json(struct engine_task *task, const json_t *value)
{
	const char *id = json_get_text(value, "id");
	const char *topic = json_get_text(value, "topic");
	const json_t *variables = json_object_get(value, "variables");
	const json_t *properties = json_object_get(value, "properties");
	json_int_t retries = json_get_integer(value, "retries", -1);

	*task = (struct engine_task){0};
	if (!id || !topic || retries < -1 || retries > INT_MAX || (variables && !json_is_object(variables)) ||
	    (properties && !json_is_object(properties)))
		return -1;
	task->id = mem_text(id);
	task->topic = mem_text(topic);
	task->process_instance = mem_text(json_get_text(value, "processInstance"));
	task->process_definition_key = mem_text(json_get_text(value, "processDefinitionKey"));
	task->activity_id = mem_text(json_get_text(value, "activity"));
	task->execution_id = mem_text(json_get_text(value, "execution"));
	task->business_key = mem_text(json_get_text(value, "businessKey"));
	task->tenant = mem_text(json_get_text(value, "tenant"));
	task->fault = mem_text(json_get_text(value, "fault"));
	task->priority = json_get_integer(value, "priority", 0);
	task->retries = (int)retries;
	task->variables = mem_json(variables ? json_deep_copy(variables) : json_object());
	task->properties = properties ? mem_json(json_deep_copy(properties)) : NULL;
	return 0;
}
