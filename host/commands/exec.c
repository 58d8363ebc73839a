/* exec.c: bptl exec: runs one unit here and now, without an engine and without a child process, so that a debugger,
 * valgrind and sanitizers work on a plugin as on any program. Real services are called. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "core/registry.h"
#include "core/runners.h"
#include "engine/local.h"
#include "runner/workshop.h"

static const char usage[] =
	"usage: bptl exec [--conf PATH] [--vars FILE] [--id ID] TOPIC\n"
	"\n"
	"Runs the unit that TOPIC is bound to (the name of its [topic] section, or its topic) once, with\n"
	"the variables of FILE, in this process: under gdb, valgrind or a sanitizer like any program. The\n"
	"services are really called; no engine is involved and nothing is journaled. Prints the outcome as\n"
	"JSON: {outcome, message, details, code, permanent, variables, local}.\n"
	"\n"
	"  --conf PATH   folder with *.ini files, or one file (default: $BPTL_CONF, else " DEFAULT_CONF ")\n"
	"  --vars FILE   JSON object of variables: plain values, or {\"type\": ..., \"value\": ...}; - is standard "
	"input\n"
	"  --id ID       the task's id, from which a mail gets its Message-ID (default: a new one)\n"
	"\n"
	"Exit status: 0 done; 1 the unit failed; 3 it ended with a BPMN error; 64 wrong usage; 66 FILE\n"
	"cannot be read; 78 something is wrong in the configuration.\n";

struct arguments {
	const char *conf, *vars, *id, *topic;
};

static const struct config_topic *find_topic(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->topic_count; i++)
		if (strcmp(config->topics[i].name, name) == 0)
			return &config->topics[i];
	for (size_t i = 0; i < config->topic_count; i++)
		if (strcmp(config->topics[i].topic, name) == 0)
			return &config->topics[i];
	(void)fprintf(stderr, "bptl exec: there is no section [topic %s]\n", name);
	return NULL;
}

static json_t *plugin_order(const struct config *config, const struct config_plugin *plugin)
{
	json_t *settings = mem_json(json_object());
	char *library = runners_library(config, plugin);
	json_t *order;

	for (size_t i = 0; i < plugin->setting_count; i++)
		json_put_text(settings, plugin->settings[i].name, plugin->settings[i].value);
	order = mem_json(
		json_pack("{s:s, s:s, s:o}", "plugin", plugin->name, "library", library, "settings", settings));
	free(library);
	return order;
}

static json_t *supplies(const struct config *config, const struct binding *binding)
{
	const struct config_topic *topic = binding->topic;
	json_t *services = mem_json(json_array()), *apps = mem_json(json_array());
	json_t *engine = service_to_json(&config->engines[topic->engine].service);

	for (size_t i = 0; i < config->service_count; i++)
		if (binding_may_call(binding, &config->services[i].service))
			(void)json_array_append_new(services, service_to_json(&config->services[i].service));

	if (config->engines[topic->engine].type == CONFIG_CAMUNDA) {
		json_put_text(engine, "name", "engine:exec");
		(void)json_array_append(services, engine);
	}
	json_decref(engine);
	for (size_t i = 0; i < config->app_count; i++)
		(void)json_array_append_new(apps, app_to_json(&config->apps[i].app, services));
	return mem_json(json_pack("{s:o, s:o, s:b}", "services", services, "apps", apps, "unknown_app_refuse",
				  config->host.unknown_app_refuse));
}

static json_t *run_order(const struct binding *binding, json_t *variables, const char *id, int64_t time_limit)
{
	json_t *uses = mem_json(json_copy(binding->uses));
	char *made = mem_format("exec-%lld", (long long)clock_wall());
	json_t *order;

	json_put_text(uses, "engine", "engine:exec");
	order = mem_json(json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:O, s:O, s:o, s:[], s:I}", "key", "exec", "unit",
				   binding->topic->unit, "facts", "id", id ? id : made, "topic", binding->topic->topic,
				   "unit", binding->topic->unit, "variables", variables, "options", binding->options,
				   "uses", uses, "steps", "time_limit", (json_int_t)time_limit));
	free(made);
	return order;
}

/* The result alone stands on standard output: what a unit prints there goes with the log, as in `bptl run`. */
static int print_result(const json_t *result, int out)
{
	char *text = json_dumps(result, JSON_INDENT(2));
	const char *outcome = json_get_text(result, "outcome");

	(void)fflush(stdout);
	if (dup2(out, STDOUT_FILENO) >= 0 && text)
		(void)puts(text);
	(void)fflush(stdout);
	(void)dup2(STDERR_FILENO, STDOUT_FILENO); /* the plugin still has to end */
	free(text);
	if (text_equal(outcome, "done"))
		return EXIT_DONE;
	return text_equal(outcome, "bpmn-error") ? EXIT_BPMN_ERROR : EXIT_FAILED;
}

static const struct config_plugin *plugin_of(const struct config *config, const struct config_topic *topic,
					     size_t *index)
{
	for (*index = 0; *index < config->plugin_count; ++*index)
		if (strcmp(config->plugins[*index].name, topic->plugin) == 0)
			return &config->plugins[*index];
	return NULL;
}

/* Holds the one topic against the one plugin that is loaded. 0, or -1 after the problems were shown. */
static int bind_topic(struct registry *registry, const struct config *config, const struct config_topic *topic,
		      size_t plugin, json_t *about)
{
	struct config one = *config; /* with this topic alone */
	json_t **abouts = mem_new(config->plugin_count, sizeof(*abouts));
	struct problems problems = {0};
	int code;

	abouts[plugin] = about;
	one.topics = (struct config_topic *)topic;
	one.topic_count = 1;
	code = registry_build(registry, &one, abouts, &problems);
	if (code)
		conf_show(&problems);
	problems_free(&problems);
	free(abouts);
	return code;
}

static int run_unit(struct workshop *shop, const struct config *config, const struct config_topic *topic, size_t plugin,
		    json_t *variables, const char *id, int out)
{
	struct registry registry = {0};
	json_t *about = plugin_describe(&shop->plugin);
	json_t *supply = NULL, *result;
	struct error error;
	int status = EXIT_CONFIG;

	if (bind_topic(&registry, config, topic, plugin, about))
		goto out;
	supply = supplies(config, &registry.bindings[0]);
	if (workshop_supply(shop, supply, &error)) {
		(void)fprintf(stderr, "bptl exec: %s\n", error.text);
		goto out;
	}
	result = workshop_exec(shop,
			       run_order(&registry.bindings[0], variables, id,
					 topic->time_limit ? topic->time_limit : config->plugins[plugin].time_limit));
	status = print_result(result, out);
	json_decref(result);
out:
	registry_clear(&registry);
	json_decref(about);
	json_decref(supply);
	return status;
}

static int exec(const struct config *config, const struct config_topic *topic, json_t *variables, const char *id)
{
	struct log *log = log_new(config->host.level, config->host.format);
	struct workshop shop;
	struct error error;
	size_t index;
	const struct config_plugin *plugin = plugin_of(config, topic, &index);
	json_t *order = plugin_order(config, plugin);
	int status = EXIT_CONFIG, out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);

	(void)dup2(STDERR_FILENO, STDOUT_FILENO);

	if (workshop_open(&shop, order, log, &error)) {
		struct problems problems = {0};

		problems_add(&problems, &plugin->place, "plugin %s cannot be used: %s", plugin->name, error.text);
		conf_show(&problems);
		problems_free(&problems);
	} else {
		status = run_unit(&shop, config, topic, index, variables, id, out);
	}
	workshop_close(&shop);
	if (out >= 0)
		(void)close(out);
	json_decref(order);
	log_free(log);
	return status;
}

/* -1 when the command is to go on, else the exit status. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	const struct option_row rows[] = {{.name = "conf", .text = &arguments->conf},
					  {.name = "vars", .text = &arguments->vars},
					  {.name = "id", .text = &arguments->id},
					  {0}};
	int status = options_read(argc, argv, usage, rows, &arguments->topic);

	if (status < 0 && !arguments->topic) {
		(void)fprintf(stderr, "bptl exec: say which topic\n%s", usage);
		return EXIT_USAGE;
	}
	return status;
}

int command_exec(int argc, char **argv)
{
	struct arguments arguments = {0};
	int status = read_arguments(argc, argv, &arguments);
	const struct config_topic *topic;
	json_t *given, *variables = NULL;
	struct config *config;
	struct error error;

	if (status >= 0)
		return status;
	given = arguments.vars ? read_object(arguments.vars) : json_object();
	if (!given)
		return EXIT_INPUT;
	variables = local_variables(given, &error);
	json_decref(given);
	if (!variables) {
		(void)fprintf(stderr, "bptl exec: %s\n", error.text);
		return EXIT_INPUT;
	}
	status = EXIT_CONFIG;
	config = conf_load(conf_path(arguments.conf));
	if (config) {
		topic = find_topic(config, arguments.topic);
		status = topic ? exec(config, topic, variables, arguments.id) : EXIT_USAGE;
		config_free(config);
	}
	json_decref(variables);
	return status;
}
