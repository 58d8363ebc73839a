/* count.c: see count.h. */
#include "core/count.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

void count_open(struct core *core)
{
	const struct config *config = core->config;
	struct facts *facts = &core->facts;

	facts->start = clock_wall();
	facts->places = config->host.workers;
	facts->commits.bounds = histogram_of_commits;
	facts->reasons = mem_json(json_array());
	facts->engine_count = config->engine_count;
	facts->engines = mem_new(facts->engine_count, sizeof(*facts->engines));
	for (size_t i = 0; i < config->engine_count; i++)
		facts->engines[i].name = config->engines[i].name;
	facts->plugin_count = config->plugin_count;
	facts->plugins = mem_new(facts->plugin_count, sizeof(*facts->plugins));
	for (size_t i = 0; i < config->plugin_count; i++)
		facts->plugins[i].name = config->plugins[i].name;
	/* an engine's REST interface is a service of units, too: see tasks_services() */
	facts->service_count = config->service_count + config->engine_count;
	facts->services = mem_new(facts->service_count, sizeof(*facts->services));
	for (size_t i = 0; i < config->service_count; i++)
		facts->services[i].name = mem_text(config->services[i].service.name);
	for (size_t i = 0; i < config->engine_count; i++)
		facts->services[config->service_count + i].name = mem_format("engine:%s", config->engines[i].name);
}

/* The last row is for tasks of the journal whose topic is no longer configured. */
void count_bind(struct core *core)
{
	const struct registry *registry = &core->registry;
	struct facts *facts = &core->facts;

	facts->topic_count = registry->count + 1;
	facts->topics = mem_new(facts->topic_count, sizeof(*facts->topics));
	for (size_t i = 0; i < registry->count; i++) {
		const struct config_topic *topic = registry->bindings[i].topic;

		facts->topics[i].engine = core->config->engines[topic->engine].name;
		facts->topics[i].topic = topic->topic;
		facts->topics[i].plugin = topic->plugin;
		facts->topics[i].unit = topic->unit;
	}
	facts->topics[registry->count].engine = "";
	facts->topics[registry->count].topic = "(not configured)";
	for (size_t i = 0; i < facts->topic_count; i++)
		facts->topics[i].duration.bounds = histogram_of_tasks;
}

void count_clear(struct core *core)
{
	for (size_t i = 0; i < core->facts.service_count; i++)
		free(core->facts.services[i].name);
	free(core->facts.services);
	free(core->facts.plugins);
	free(core->facts.engines);
	free(core->facts.topics);
	json_decref(core->facts.reasons);
}

struct facts_topic *count_topic(const struct core_task *task)
{
	const struct registry *registry = &task->core->registry;

	return &task->core->facts
			.topics[task->binding ? (size_t)(task->binding - registry->bindings) : registry->count];
}

struct facts_engine *count_engine(const struct core_task *task)
{
	return &task->core->facts.engines[task->engine];
}

void count_outcome(const struct core_task *task, enum facts_outcome outcome)
{
	count_topic(task)->outcomes[outcome]++;
}

void count_failure(const struct core_task *task, int retries)
{
	enum facts_cause cause = task->cause;

	if (cause == FACT_UNIT && json_get_integer(task->result, "unknown_step", 0) > 0)
		cause = FACT_UNKNOWN_OUTCOME;
	count_topic(task)->causes[cause]++;
	count_outcome(task, retries > 0 ? FACT_FAILED : FACT_INCIDENT);
}

void count_poll(const struct fetcher *fetcher, enum engine_result result, size_t tasks)
{
	uint64_t *polls = fetcher->core->facts.engines[fetcher->index].polls;

	if (result == ENGINE_TAKEN)
		polls[tasks ? FACT_POLL_TASKS : FACT_POLL_EMPTY]++;
	else
		polls[result == ENGINE_STOPPED ? FACT_POLL_STOPPED : FACT_POLL_FAILED]++;
}

void count_run(struct core_task *task)
{
	histogram_add(&count_topic(task)->duration, clock_boot_micros() - task->started);
}

static void count_service(struct facts_service *service, const json_t *numbers)
{
#define X(code, name) name,
	static const char *const names[] = {FACTS_STATUSES(X)};
#undef X

	for (size_t i = 0; i < FACTS_STATUS_COUNT; i++) {
		json_int_t number = json_get_integer(numbers, names[i], 0);

		service->requests[i] += number > 0 ? (uint64_t)number : 0;
	}
}

void count_requests(struct core *core, const json_t *requests)
{
	struct facts *facts = &core->facts;

	if (json_object_size(requests) == 0)
		return;
	for (size_t i = 0; i < facts->service_count; i++)
		count_service(&facts->services[i], json_object_get(requests, facts->services[i].name));
}

int count_commit(struct core *core, struct error *error)
{
	int written = journal_is_open(core->journal);
	int64_t start = clock_boot_micros();
	int code = journal_commit(core->journal, error);

	if (code == 0 && written)
		histogram_add(&core->facts.commits, clock_boot_micros() - start);
	return code;
}
