/* tasks.c: bptl tasks: the tasks of the embedded engine. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/json.h"
#include "base/text.h"
#include "commands/commands.h"
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
	int most, retries, json;
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
	json_t *tasks = local_tasks(engine->database, arguments->state, arguments->most, &error);
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

	if (local_retry(engine->database, arguments->retry, arguments->retries, &error)) {
		(void)fprintf(stderr, "bptl tasks: %s\n", error.text);
		return EXIT_FAILED;
	}
	(void)printf("%s has %d retries\n", arguments->retry, arguments->retries);
	return EXIT_DONE;
}

static int number(const char *text, const char *option, int *value)
{
	char *end;
	long given = strtol(text, &end, 10);

	if (*end || end == text || given < 1 || given > 1000000) {
		(void)fprintf(stderr, "bptl tasks: %s %s: expected a number from 1 to 1000000\n", option, text);
		return EXIT_USAGE;
	}
	*value = (int)given;
	return 0;
}

static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	static const char *const states[] = {"waiting", "locked", "completed", "failed", "incident", "error", NULL};
	static const struct option options[] = {{"conf", required_argument, NULL, 'c'},
						{"engine", required_argument, NULL, 'e'},
						{"state", required_argument, NULL, 's'},
						{"most", required_argument, NULL, 'm'},
						{"json", no_argument, NULL, 'j'},
						{"retry", required_argument, NULL, 'r'},
						{"retries", required_argument, NULL, 'n'},
						{"help", no_argument, NULL, 'h'},
						{0}};
	int option, status = 0;

	while (status == 0 && (option = getopt_long(argc, argv, "c:e:s:m:jr:n:h", options, NULL)) != -1) {
		switch (option) {
		case 'c':
			arguments->conf = optarg;
			break;
		case 'e':
			arguments->engine = optarg;
			break;
		case 's':
			arguments->state = optarg;
			break;
		case 'm':
			status = number(optarg, "--most", &arguments->most);
			break;
		case 'j':
			arguments->json = 1;
			break;
		case 'r':
			arguments->retry = optarg;
			break;
		case 'n':
			status = number(optarg, "--retries", &arguments->retries);
			break;
		case 'h':
			(void)fputs(usage, stdout);
			return -1;
		default:
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
	}
	if (status == 0 && (optind < argc || (arguments->state && !text_in(arguments->state, states)))) {
		(void)fprintf(stderr, "bptl tasks: %s %s\n%s", optind < argc ? "unexpected argument" : "unknown state",
			      optind < argc ? argv[optind] : arguments->state, usage);
		status = EXIT_USAGE;
	}
	return status;
}

int command_tasks(int argc, char **argv)
{
	struct arguments arguments = {.most = 100, .retries = 1};
	int status = read_arguments(argc, argv, &arguments);
	const struct config_engine *engine;
	struct config *config;

	if (status)
		return status < 0 ? EXIT_DONE : status;
	status = EXIT_CONFIG;
	config = conf_load(conf_path(arguments.conf));
	engine = config ? local_engine(config, arguments.engine) : NULL;
	if (engine)
		status = arguments.retry ? retry(&arguments, engine) : show(&arguments, engine);
	config_free(config);
	return status;
}
