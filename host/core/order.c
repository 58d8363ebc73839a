/* order.c: what a plugin's process is told of a task, and of the services that its tasks may call. */
#include "core/order.h"

#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

static json_t *facts(const struct core_task *task)
{
	json_t *facts = mem_json(json_object());

	json_put_text(facts, "id", task->task.id);
	json_put_text(facts, "topic", task->task.topic);
	json_put_text(facts, "unit", task->binding->topic->unit);
	json_put_text(facts, "processInstanceId", task->task.process_instance);
	json_put_text(facts, "processDefinitionKey", task->task.process_definition_key);
	json_put_text(facts, "businessKey", task->task.business_key);
	json_put_text(facts, "activityId", task->task.activity_id);
	json_put_text(facts, "tenantId", task->task.tenant);
	return facts;
}

int64_t order_time_limit(const struct core_task *task)
{
	return task->binding->topic->time_limit ? task->binding->topic->time_limit
						: task_seat(task)->plugin->time_limit;
}

static int calls_engine(const struct binding *binding)
{
	const json_t *need;
	size_t i;

	json_array_foreach (json_object_get(binding->unit, "needs"), i, need)
		if (text_equal(json_get_text(need, "type"), "engine"))
			return 1;
	return 0;
}

/* The engine's own REST interface is a service under this name. */
static char *engine_service_name(const struct core *core, size_t engine)
{
	return mem_format("engine:%s", core->config->engines[engine].name);
}

static json_t *uses(const struct core_task *task)
{
	json_t *uses = mem_json(json_copy(task->binding->uses));

	if (calls_engine(task->binding)) {
		char *name = engine_service_name(task->core, task->engine);

		json_put_text(uses, "engine", name);
		free(name);
	}
	return uses;
}

void tasks_services(const struct seat *seat, json_t *services)
{
	const struct config *config = seat->core->config;
	size_t plugin = (size_t)(seat - seat->core->seats);
	char *wanted = mem_new(config->service_count, 1);
	char *engines = mem_new(config->engine_count, 1);

	for (size_t i = 0; i < seat->core->registry.count; i++) {
		const struct binding *binding = &seat->core->registry.bindings[i];

		if (binding->plugin != plugin)
			continue;
		for (size_t s = 0; s < config->service_count; s++)
			wanted[s] |= (char)binding_may_call(binding, &config->services[s].service);
		if (calls_engine(binding))
			engines[binding->topic->engine] = 1;
	}
	for (size_t i = 0; i < config->service_count; i++)
		if (wanted[i])
			(void)json_array_append_new(services, service_to_json(&config->services[i].service));
	for (size_t i = 0; i < config->engine_count; i++) {
		json_t *service;
		char *name;

		if (!engines[i])
			continue;
		name = engine_service_name(seat->core, i);
		service = service_to_json(&config->engines[i].service);
		json_put_text(service, "name", name);
		(void)json_array_append_new(services, service);
		free(name);
	}
	free(wanted);
	free(engines);
}

json_t *order_frame(const struct core_task *task, json_t *steps)
{
	json_t *frame = mem_json(json_pack(
		"{s:s, s:s, s:s, s:o, s:O, s:O, s:o, s:o, s:I, s:I, s:I}", "type", "run", "key", task->key, "unit",
		task->binding->topic->unit, "facts", facts(task), "variables", task->task.variables, "options",
		task->binding->options, "uses", uses(task), "steps", steps, "first_run", (json_int_t)task->first_run,
		"time_limit", (json_int_t)order_time_limit(task), "lock_until", (json_int_t)task->task.lock_until));

	if (task->task.properties)
		(void)json_object_set(frame, "properties", task->task.properties);
	return frame;
}
