/* submit.c: bptl submit: puts a task into the embedded engine. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "core/journal.h"
#include "engine/engine.h"
#include "engine/local.h"

static const char usage[] =
	"usage: bptl submit [--conf PATH] [--engine NAME] [--vars FILE] [--business-key KEY] [--priority N] TOPIC\n"
	"\n"
	"Puts a task on TOPIC into the embedded engine (type = local) and prints its id. A running `bptl\n"
	"run` performs it; `bptl tasks` shows what became of it.\n"
	"\n"
	"  --conf PATH          folder with *.ini files, or one file (default: $BPTL_CONF, else " DEFAULT_CONF ")\n"
	"  --engine NAME        which embedded engine, when there are several\n"
	"  --vars FILE          JSON object of variables: plain values, or {\"type\": ..., \"value\": ...}; - is "
	"standard input\n"
	"  --business-key KEY   of the task\n"
	"  --priority N         higher ones are fetched first (default 0)\n"
	"\n"
	"Exit status: 0; 64 wrong usage; 66 FILE cannot be read; 73 the engine's database cannot be used;\n"
	"78 something is wrong in the configuration.\n";

struct arguments {
	const char *conf, *engine, *vars, *business_key, *topic;
	int64_t priority;
};

/* Can the engine take them? EXIT_DONE, or the exit status after a message. */
static int check_variables(const json_t *variables)
{
	struct error error;
	json_t *typed = local_variables(variables, &error);

	if (!typed) {
		(void)fprintf(stderr, "bptl submit: %s\n", error.text);
		return EXIT_INPUT;
	}
	json_decref(typed);
	return EXIT_DONE;
}

static int submit(const struct arguments *arguments, const struct config *config, const struct config_engine *engine,
		  const json_t *variables)
{
	struct error error;
	char *id = NULL;

	/* the embedded engine lies in the state folder unless the configuration says otherwise */
	if (journal_make_folder(config->host.state, &error) ||
	    local_submit(engine->database, arguments->topic, variables, arguments->business_key, arguments->priority,
			 &id, &error)) {
		(void)fprintf(stderr, "bptl submit: %s\n", error.text);
		return EXIT_STATE;
	}
	(void)puts(id);
	free(id);
	return EXIT_DONE;
}

static int is_utf8(const char *text)
{
	return !text || text_is_utf8(text, strlen(text));
}

/* -1 when the command is to go on, else the exit status. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	const struct option_row rows[] = {
		{.name = "conf", .text = &arguments->conf},
		{.name = "engine", .text = &arguments->engine},
		{.name = "vars", .text = &arguments->vars},
		{.name = "business-key", .text = &arguments->business_key},
		{.name = "priority", .number = &arguments->priority, .least = INT32_MIN, .most = INT32_MAX},
		{0}};
	int status = options_read(argc, argv, usage, rows, &arguments->topic);

	if (status < 0 && !arguments->topic) {
		(void)fprintf(stderr, "bptl submit: say which topic\n%s", usage);
		return EXIT_USAGE;
	}
	if (status < 0 && (!is_utf8(arguments->topic) || !is_utf8(arguments->business_key))) {
		(void)fprintf(stderr, "bptl submit: the topic or the business key is not valid UTF-8\n");
		return EXIT_USAGE;
	}
	return status;
}

int command_submit(int argc, char **argv)
{
	struct arguments arguments = {0};
	int status = read_arguments(argc, argv, &arguments);
	const struct config_engine *engine;
	struct config *config;
	json_t *variables;

	if (status >= 0)
		return status;
	variables = arguments.vars ? read_object(arguments.vars) : json_object();
	if (!variables)
		return EXIT_INPUT;
	status = check_variables(variables);
	if (status == EXIT_DONE) {
		status = EXIT_CONFIG;
		config = conf_load(conf_path(arguments.conf));
		engine = config ? local_engine(config, arguments.engine) : NULL;
		if (engine)
			status = submit(&arguments, config, engine, variables);
		config_free(config);
	}
	json_decref(variables);
	return status;
}
