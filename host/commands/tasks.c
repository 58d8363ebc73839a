/* tasks.c: bptl tasks: the tasks of the embedded engine. */
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "engine/engine.h"

static const char usage[] =
	"usage: bptl tasks [--conf PATH] [--engine NAME] [--state STATE] [--most N] [--json]\n"
	"       bptl tasks [--conf PATH] [--engine NAME] --retry ID [--retries N]\n"
	"\n"
	"Shows the tasks of the embedded engine (type = local), newest first, with state, retries, outcome\n"
	"and error. With --retry an incident gets new retries, as an operator grants them in the cockpit of\n"
	"a real engine.\n"
	"\n"
	"  --conf PATH     folder with *.ini files, or one file (default: $BPTL_CONF, else " DEFAULT_CONF ")\n"
	"  --engine NAME   which embedded engine, when there are several\n"
	"  --state STATE   only waiting, locked, completed, failed, incident or error (BPMN error) ones\n"
	"  --most N        at most so many (default 100)\n"
	"  --json          everything, as a JSON list\n"
	"  --retry ID      grants the task new retries\n"
	"  --retries N     how many (default 1)\n"
	"\n"
	"Exit status: 0; 1 nothing to retry; 64 wrong usage; 73 the engine's database cannot be used; 78\n"
	"something is wrong in the configuration.\n";

struct arguments {
	const char *conf, *engine, *state, *retry;
	int64_t most, retries;
	int json;
};

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

static int show(const struct arguments *arguments, const struct config_engine *engine)
{
	struct error error;
	json_t *tasks = local_tasks(engine->database, arguments->state, (int)arguments->most, &error);
	char *text;

	if (!tasks) {
		(void)fprintf(stderr, "bptl tasks: %s\n", error.text);
		return EXIT_STATE;
	}
	if (arguments->json) {
		text = json_dumps(tasks, JSON_INDENT(2));
		if (text)
			(void)puts(text);
		free(text);
	} else {
		print_table(tasks);
	}
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

/* -1 when the command is to go on, else the exit status. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const char *const states[] = {"waiting", "locked", "completed", "failed", "incident", "error", NULL};
	const struct option_row rows[] = {
		{.name = "conf", .text = &arguments->conf},
		{.name = "engine", .text = &arguments->engine},
		{.name = "state", .text = &arguments->state},
		{.name = "most", .number = &arguments->most, .least = 1, .most = 1000000},
		{.name = "json", .flag = &arguments->json},
		{.name = "retry", .text = &arguments->retry},
		{.name = "retries", .number = &arguments->retries, .least = 1, .most = 1000000},
		{0}};
	int status = options_read(argc, argv, usage, rows, NULL);

	if (status < 0 && arguments->state && !text_in(arguments->state, states)) {
		(void)fprintf(stderr, "bptl tasks: unknown state %s\n%s", arguments->state, usage);
		return EXIT_USAGE;
	}
	return status;
}

int command_tasks(int argc, char **argv)
{
	struct arguments arguments = {.most = 100, .retries = 1};
	int status = read_arguments(argc, argv, &arguments);
	const struct config_engine *engine;
	struct config *config;

	if (status >= 0)
		return status;
	status = EXIT_CONFIG;
	config = conf_load(conf_path(arguments.conf));
	engine = config ? local_engine(config, arguments.engine) : NULL;
	if (engine)
		status = arguments.retry ? retry(&arguments, engine) : show(&arguments, engine);
	config_free(config);
	return status;
}
