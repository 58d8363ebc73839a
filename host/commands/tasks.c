/* tasks.c: bptl tasks: the tasks of the embedded engine, or those that the journal knows; new retries; and the way to
 * tasks_show.c. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "commands/options.h"
#include "commands/tasks.h"
#include "engine/engine.h"

static const char usage[] =
	"usage: bptl tasks [--conf PATH] [--engine NAME] [--journal] [--state STATE] [--unknown] [--most N] [--json]\n"
	"       bptl tasks show [--conf PATH] [--engine NAME] [--bodies] [--json] ID\n"
	"       bptl tasks [--conf PATH] [--engine NAME] --retry ID [--retries N]\n"
	"\n"
	"Lists tasks, newest first. Of the embedded engine (type = local) all that it has, with state, retries,\n"
	"outcome and error. Of any other engine, and with --journal, those that the journal of this host knows:\n"
	"what it holds, and what became of the others until their time in the journal (keep =) is over.\n"
	"\n"
	"bptl tasks show tells one of them with its steps: every request that was made for it. See its --help.\n"
	"\n"
	"With --retry an incident of the embedded engine gets new retries, as an operator grants them in the\n"
	"cockpit of a real engine.\n"
	"\n"
	"  --conf PATH     folder with *.ini files, or one file (default: $BPTL_CONF, else " DEFAULT_CONF ")\n"
	"  --engine NAME   which engine, when there are several\n"
	"  --journal       what the journal knows, also of the embedded engine\n"
	"  --state STATE   only such tasks. Embedded engine: waiting, locked, completed, failed, incident, error\n"
	"                  (BPMN error). Journal: held, performed (still to be completed), failing (still to be\n"
	"                  reported), calling (callbackUrl), completed, failed, lost, returned\n"
	"  --unknown       of the journal: only tasks with a request of which nobody knows whether it was carried out\n"
	"  --most N        at most so many (default 100)\n"
	"  --json          everything, as a JSON list\n"
	"  --retry ID      grants the task new retries\n"
	"  --retries N     how many (default 1)\n"
	"\n"
	"Exit status: 0; 1 nothing to retry; 64 wrong usage; 73 the journal or the engine's database cannot be\n"
	"used; 78 something is wrong in the configuration.\n";

static const char *const local_states[] = {"waiting", "locked", "completed", "failed", "incident", "error", NULL};

struct arguments {
	const char *conf, *engine, *state, *retry;
	int64_t most, retries;
	int journal, unknown, json;
};

const struct config_engine *tasks_engine(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->engine_count; i++)
		if (strcmp(config->engines[i].name, name) == 0)
			return &config->engines[i];
	(void)fprintf(stderr, "bptl tasks: there is no section [engine %s] in the configuration\n", name);
	return NULL;
}

void tasks_print_json(json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2));

	if (text)
		(void)puts(text);
	free(text);
	json_decref(value);
}

static void print_table(const json_t *tasks)
{
	const json_t *task;
	size_t i;

	(void)printf("%-36s  %-24s  %-9s  %7s  %-19s  %s\n", "ID", "TOPIC", "STATE", "RETRIES", "CHANGED", "OUTCOME");
	json_array_foreach (tasks, i, task) {
		const json_t *retries = json_object_get(task, "retries");
		const char *changed = json_get_text(task, "changed"), *error = json_get_text(task, "error");
		char digits[32] = "-";
		const char *name;
		const json_t *value;

		if (json_is_integer(retries))
			(void)snprintf(digits, sizeof(digits), "%lld", (long long)json_integer_value(retries));
		(void)printf("%-36s  %-24s  %-9s  %7s  %-19.19s  ", json_get_text(task, "id"),
			     json_get_text(task, "topic"), json_get_text(task, "state"), digits,
			     changed ? changed : "");
		if (error && *error)
			(void)printf("%s", error);
		else
			json_object_foreach (json_object_get(task, "outcome"), name, value)
				(void)printf("%s ", name);
		(void)putchar('\n');
	}
}

static int list_local(const struct arguments *arguments, const struct config_engine *engine)
{
	struct error error;
	json_t *tasks = local_tasks(engine->database, arguments->state, (int)arguments->most, &error);

	if (!tasks) {
		(void)fprintf(stderr, "bptl tasks: %s\n", error.text);
		return EXIT_STATE;
	}
	if (arguments->json) {
		tasks_print_json(tasks);
		return EXIT_DONE;
	}
	print_table(tasks);
	json_decref(tasks);
	return EXIT_DONE;
}

static int retry(const struct arguments *arguments, const struct config_engine *engine)
{
	struct error error;

	if (local_retry(engine->database, arguments->retry, (int)arguments->retries, &error)) {
		(void)fprintf(stderr, "bptl tasks: %s\n", error.text);
		return EXIT_FAILED;
	}
	(void)printf("%s has %lld retries\n", arguments->retry, (long long)arguments->retries);
	return EXIT_DONE;
}

static int has_local(const struct config *config)
{
	for (size_t i = 0; i < config->engine_count; i++)
		if (config->engines[i].type == CONFIG_LOCAL)
			return 1;
	return 0;
}

/* A state that the tasks of this place do not have is a mistake of the person. */
static int check_state(const char *state, const char *const *states, const char *where)
{
	if (!state || text_in(state, states))
		return 0;
	(void)fprintf(stderr, "bptl tasks: %s no task is %s:", where, state);
	for (size_t i = 0; states[i]; i++)
		(void)fprintf(stderr, " %s", states[i]);
	(void)fprintf(stderr, "\n");
	return -1;
}

static int list(const struct arguments *arguments, const struct config *config)
{
	const struct config_engine *engine = arguments->engine ? tasks_engine(config, arguments->engine) : NULL;
	const struct journal_filter filter = {.engine = arguments->engine,
					      .state = arguments->state,
					      .unknown = arguments->unknown,
					      .most = (int)arguments->most};
	int journal = arguments->journal || arguments->unknown;

	if (arguments->engine && !engine)
		return EXIT_CONFIG;
	if (journal || (engine ? engine->type != CONFIG_LOCAL : !has_local(config))) {
		if (check_state(arguments->state, journal_states, "in the journal"))
			return EXIT_USAGE;
		return tasks_list(config, &filter, arguments->json);
	}
	if (check_state(arguments->state, local_states, "in the embedded engine"))
		return EXIT_USAGE;
	engine = local_engine(config, arguments->engine);
	return engine ? list_local(arguments, engine) : EXIT_CONFIG;
}

/* -1 when the command is to go on, else the exit status. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	const struct option_row rows[] = {
		{.name = "conf", .text = &arguments->conf},
		{.name = "engine", .text = &arguments->engine},
		{.name = "journal", .flag = &arguments->journal},
		{.name = "state", .text = &arguments->state},
		{.name = "unknown", .flag = &arguments->unknown},
		{.name = "most", .number = &arguments->most, .least = 1, .most = 1000000},
		{.name = "json", .flag = &arguments->json},
		{.name = "retry", .text = &arguments->retry},
		{.name = "retries", .number = &arguments->retries, .least = 1, .most = 1000000},
		{0}};
	int status = options_read(argc, argv, usage, rows, NULL);

	if (status < 0 && arguments->state && !text_in(arguments->state, local_states) &&
	    !text_in(arguments->state, journal_states)) {
		(void)fprintf(stderr, "bptl tasks: unknown state %s\n%s", arguments->state, usage);
		return EXIT_USAGE;
	}
	return status;
}

int command_tasks(int argc, char **argv)
{
	struct arguments arguments = {.most = 100, .retries = 1};
	const struct config_engine *engine;
	struct config *config;
	int status;

	if (argc > 1 && strcmp(argv[1], "show") == 0)
		return command_tasks_show(argc - 1, argv + 1);
	status = read_arguments(argc, argv, &arguments);
	if (status >= 0)
		return status;
	status = EXIT_CONFIG;
	config = conf_load(conf_path(arguments.conf));
	if (config && arguments.retry) {
		engine = local_engine(config, arguments.engine);
		if (engine)
			status = retry(&arguments, engine);
	} else if (config) {
		status = list(&arguments, config);
	}
	config_free(config);
	return status;
}
