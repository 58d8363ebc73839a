/* metrics.c: /metrics: the facts in the text format of Prometheus. docs/monitoring.md lists every metric, and a test
 * holds the list to this page. Label values come from the configuration or from lists in facts.h, never from tasks. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "web/pages.h"
#include "web/prometheus.h"

#define X(code, name) name,
static const char *const outcomes[] = {FACTS_OUTCOMES(X)};
static const char *const causes[] = {FACTS_CAUSES(X)};
static const char *const states[] = {FACTS_STATES(X)};
static const char *const polls[] = {FACTS_POLLS(X)};
static const char *const extensions[] = {FACTS_EXTENSIONS(X)};
static const char *const reports[] = {FACTS_REPORTS(X)};
static const char *const callbacks[] = {FACTS_CALLBACKS(X)};
static const char *const statuses[] = {FACTS_STATUSES(X)};
#undef X

/* One sample for each name: `label` tells them apart, `labels` has a free pair for it at `at`. */
static void each(struct text *text, const char *name, struct label *labels, size_t at, const char *label,
		 const char *const *names, const uint64_t *values, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		labels[at] = (struct label){label, names[i]};
		prometheus_count(text, name, labels, values[i]);
	}
}

static void gauge(struct text *text, const char *name, const char *help, int64_t value)
{
	prometheus_head(text, name, "gauge", help);
	prometheus_count(text, name, NULL, value > 0 ? (uint64_t)value : 0);
}

/* ---- the parts ---- */

static void show_host(struct text *text, const struct facts *facts)
{
	const struct label build[] = {{"version", BPTL_VERSION}, {NULL, NULL}};

	prometheus_head(text, "bptl_build_info", "gauge", "The version of this host; always 1.");
	prometheus_count(text, "bptl_build_info", build, 1);
	gauge(text, "bptl_ready", "1 when /readyz answers 200, else 0.", json_array_size(facts->reasons) == 0);
	gauge(text, "bptl_places", "Places for running tasks: workers in [host].", facts->places);
	gauge(text, "bptl_places_busy", "Places taken by tasks that are queued or run.", facts->busy);
	gauge(text, "bptl_places_reserved", "Places kept free for what open polls may bring.", facts->reserved);
}

/* A metric of the topics with one sample for each name. */
static void topic_counts(struct text *text, const struct facts *facts, const char *name, const char *label,
			 const char *const *names, size_t count, size_t offset)
{
	for (size_t i = 0; i < facts->topic_count; i++) {
		const struct facts_topic *topic = &facts->topics[i];
		struct label labels[] = {
			{"engine", topic->engine}, {"topic", topic->topic}, {NULL, NULL}, {NULL, NULL}};

		each(text, name, labels, 2, label, names,
		     (const uint64_t *)(const void *)((const char *)topic + offset), count);
	}
}

static void show_topics(struct text *text, const struct facts *facts)
{
	if (facts->topic_count == 0)
		return; /* the plugins are still being loaded */
	prometheus_head(text, "bptl_topic_info", "gauge", "Which unit of which plugin does a topic; always 1.");
	for (size_t i = 0; i < facts->topic_count; i++) {
		const struct facts_topic *topic = &facts->topics[i];
		const struct label labels[] = {{"engine", topic->engine},
					       {"topic", topic->topic},
					       {"plugin", topic->plugin},
					       {"unit", topic->unit},
					       {NULL, NULL}};

		if (*topic->engine)
			prometheus_count(text, "bptl_topic_info", labels, 1);
	}
	prometheus_head(text, "bptl_tasks_fetched_total", "counter", "Tasks that polls brought.");
	for (size_t i = 0; i < facts->topic_count; i++) {
		const struct facts_topic *topic = &facts->topics[i];
		const struct label labels[] = {{"engine", topic->engine}, {"topic", topic->topic}, {NULL, NULL}};

		prometheus_count(text, "bptl_tasks_fetched_total", labels, topic->fetched);
	}
	prometheus_head(text, "bptl_tasks_in_hand", "gauge", "Tasks that this host holds now, by where they are.");
	topic_counts(text, facts, "bptl_tasks_in_hand", "state", states, FACTS_STATE_COUNT,
		     offsetof(struct facts_topic, states));
	prometheus_head(text, "bptl_tasks_total", "counter", "Tasks that this host is done with, by outcome.");
	topic_counts(text, facts, "bptl_tasks_total", "outcome", outcomes, FACTS_OUTCOME_COUNT,
		     offsetof(struct facts_topic, outcomes));
	prometheus_head(text, "bptl_task_failures_total", "counter",
			"Tasks that failed or became incidents, by cause.");
	topic_counts(text, facts, "bptl_task_failures_total", "cause", causes, FACTS_CAUSE_COUNT,
		     offsetof(struct facts_topic, causes));
	prometheus_head(text, "bptl_task_duration_seconds", "histogram", "How long units ran, waiting not counted.");
	for (size_t i = 0; i < facts->topic_count; i++) {
		const struct facts_topic *topic = &facts->topics[i];
		const struct label labels[] = {{"engine", topic->engine}, {"topic", topic->topic}, {NULL, NULL}};

		prometheus_histogram(text, "bptl_task_duration_seconds", labels, &topic->duration);
	}
}

static void engine_counts(struct text *text, const struct facts *facts, const char *name, const char *label,
			  const char *const *names, size_t count, size_t offset)
{
	for (size_t i = 0; i < facts->engine_count; i++) {
		const struct facts_engine *engine = &facts->engines[i];
		struct label labels[] = {{"engine", engine->name}, {NULL, NULL}, {NULL, NULL}};

		each(text, name, labels, 1, label, names,
		     (const uint64_t *)(const void *)((const char *)engine + offset), count);
	}
}

static void show_engines(struct text *text, const struct facts *facts)
{
	prometheus_head(text, "bptl_polls_total", "counter", "Polls for tasks that have ended, by result.");
	engine_counts(text, facts, "bptl_polls_total", "result", polls, FACTS_POLL_COUNT,
		      offsetof(struct facts_engine, polls));
	prometheus_head(text, "bptl_poll_age_seconds", "gauge",
			"Time since a poll was last answered well, or since the start.");
	for (size_t i = 0; i < facts->engine_count; i++) {
		const struct label labels[] = {{"engine", facts->engines[i].name}, {NULL, NULL}};

		prometheus_seconds(text, "bptl_poll_age_seconds", labels, facts->engines[i].poll_age * 1000);
	}
	prometheus_head(text, "bptl_lock_extensions_total", "counter", "Extensions of locks, by result.");
	engine_counts(text, facts, "bptl_lock_extensions_total", "result", extensions, FACTS_EXTENSION_COUNT,
		      offsetof(struct facts_engine, extensions));
	prometheus_head(text, "bptl_report_retries_total", "counter",
			"Completions and failures that the engine did not take and that are said again.");
	engine_counts(text, facts, "bptl_report_retries_total", "report", reports, FACTS_REPORT_COUNT,
		      offsetof(struct facts_engine, retries));
}

static void show_outside(struct text *text, const struct facts *facts)
{
	struct label labels[] = {{NULL, NULL}, {NULL, NULL}};

	prometheus_head(text, "bptl_callbacks_total", "counter", "Calls of a callbackUrl, by result.");
	each(text, "bptl_callbacks_total", labels, 0, "result", callbacks, facts->callbacks, FACTS_CALLBACK_COUNT);
	prometheus_head(text, "bptl_service_requests_total", "counter",
			"Requests and mails of units to services, by the class of the answer's status.");
	for (size_t i = 0; i < facts->service_count; i++) {
		struct label both[] = {{"service", facts->services[i].name}, {NULL, NULL}, {NULL, NULL}};

		each(text, "bptl_service_requests_total", both, 1, "status", statuses, facts->services[i].requests,
		     FACTS_STATUS_COUNT);
	}
}

static void show_journal(struct text *text, const struct facts *facts)
{
	gauge(text, "bptl_journal_size_bytes", "Size of the journal's files.", facts->journal_bytes);
	prometheus_head(text, "bptl_journal_commit_duration_seconds", "histogram",
			"How long it took to make the journal durable.");
	prometheus_histogram(text, "bptl_journal_commit_duration_seconds", NULL, &facts->commits);
	gauge(text, "bptl_journal_blocked", "1 while the journal cannot be written and nothing goes on, else 0.",
	      facts->blocked);
}

static void show_wear(struct text *text, const struct facts *facts)
{
	prometheus_head(text, "bptl_plugin_losses_total", "counter",
			"Processes that the plugin lost by its own faults.");
	for (size_t i = 0; i < facts->plugin_count; i++) {
		const struct label labels[] = {{"plugin", facts->plugins[i].name}, {NULL, NULL}};

		prometheus_count(text, "bptl_plugin_losses_total", labels, facts->plugins[i].lost);
	}
	prometheus_head(text, "bptl_plugin_quarantined", "gauge", "1 when the plugin is in quarantine, else 0.");
	for (size_t i = 0; i < facts->plugin_count; i++) {
		const struct label labels[] = {{"plugin", facts->plugins[i].name}, {NULL, NULL}};

		prometheus_count(text, "bptl_plugin_quarantined", labels, facts->plugins[i].quarantined != 0);
	}
	prometheus_head(text, "bptl_plugin_memory_bytes", "gauge", "Memory of the plugin's processes.");
	for (size_t i = 0; i < facts->plugin_count; i++) {
		const struct label labels[] = {{"plugin", facts->plugins[i].name}, {NULL, NULL}};

		prometheus_count(text, "bptl_plugin_memory_bytes", labels, (uint64_t)facts->plugins[i].memory);
	}
}

static void show_plugins(struct text *text, const struct facts *facts)
{
	prometheus_head(text, "bptl_plugin_info", "gauge", "The version of a plugin; always 1.");
	for (size_t i = 0; i < facts->plugin_count; i++) {
		const struct label labels[] = {
			{"plugin", facts->plugins[i].name}, {"version", facts->plugins[i].version}, {NULL, NULL}};

		prometheus_count(text, "bptl_plugin_info", labels, 1);
	}
	prometheus_head(text, "bptl_plugin_ready", "gauge", "1 when a process of the plugin takes tasks, else 0.");
	for (size_t i = 0; i < facts->plugin_count; i++) {
		const struct label labels[] = {{"plugin", facts->plugins[i].name}, {NULL, NULL}};

		prometheus_count(text, "bptl_plugin_ready", labels, facts->plugins[i].ready != 0);
	}
	prometheus_head(text, "bptl_plugin_restarts_total", "counter", "Processes of the plugin after its first.");
	for (size_t i = 0; i < facts->plugin_count; i++) {
		const struct label labels[] = {{"plugin", facts->plugins[i].name}, {NULL, NULL}};

		prometheus_count(text, "bptl_plugin_restarts_total", labels,
				 facts->plugins[i].starts ? facts->plugins[i].starts - 1 : 0);
	}
	show_wear(text, facts);
}

static int64_t resident_bytes(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	char line[200] = "", *resident;

	if (!file)
		return 0;
	resident = fgets(line, sizeof(line), file) ? strchr(line, ' ') : NULL; /* the second number, in pages */
	(void)fclose(file);
	return resident ? strtoll(resident, NULL, 10) * sysconf(_SC_PAGESIZE) : 0;
}

/* The names that every Prometheus client has. */
static void show_process(struct text *text, const struct facts *facts)
{
	struct rusage used = {0};

	(void)getrusage(RUSAGE_SELF, &used);
	prometheus_head(text, "process_start_time_seconds", "gauge", "When the host started, since 1970.");
	prometheus_seconds(text, "process_start_time_seconds", NULL, facts->start);
	prometheus_head(text, "process_cpu_seconds_total", "counter",
			"Processor time of the host, without its plugins.");
	prometheus_seconds(text, "process_cpu_seconds_total", NULL,
			   (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * INT64_C(1000000) + used.ru_utime.tv_usec +
				   used.ru_stime.tv_usec);
	gauge(text, "process_resident_memory_bytes", "Memory of the host, without its plugins.", resident_bytes());
}

void metrics_show(const struct facts *facts, struct page *page)
{
	page->type = PROMETHEUS_TYPE;
	show_host(&page->body, facts);
	show_engines(&page->body, facts);
	show_topics(&page->body, facts);
	show_outside(&page->body, facts);
	show_journal(&page->body, facts);
	show_plugins(&page->body, facts);
	show_process(&page->body, facts);
}
