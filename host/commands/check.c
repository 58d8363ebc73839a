/* check.c: bptl check: does what startup does, without fetching, and says what would go wrong. */
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "core/core.h"

static const char usage[] =
	"usage: bptl check [--conf PATH]\n"
	"\n"
	"Reads the configuration, loads every plugin, and holds the topics against what the plugins\n"
	"declare, as `bptl run` does when it starts. Every problem is shown with its file and line. Nothing\n"
	"is fetched, and no engine or service is called.\n"
	"\n"
	"  --conf PATH   folder with *.ini files, or one file (default: $BPTL_CONF, else " DEFAULT_CONF ")\n"
	"\n"
	"Exit status: 0 everything fits; 78 something is wrong.\n";

static int check(const struct config *config)
{
	/* what plugins log while they start matters only when they are refused, and then it is said */
	struct log *log = log_new(LOG_WARNING, config->host.format);
	json_t **abouts = mem_new(config->plugin_count, sizeof(*abouts));
	struct problems problems = {0};
	int code = core_describe(config, log, abouts, &problems);

	if (code)
		conf_show(&problems);
	else
		(void)printf("configuration is good: %zu engines, %zu services, %zu apps, %zu plugins, %zu topics\n",
			     config->engine_count, config->service_count, config->app_count, config->plugin_count,
			     config->topic_count);
	for (size_t i = 0; i < config->plugin_count; i++)
		json_decref(abouts[i]);
	free(abouts);
	problems_free(&problems);
	log_free(log);
	return code ? EXIT_CONFIG : EXIT_DONE;
}

int command_check(int argc, char **argv)
{
	const char *conf = NULL;
	const struct option_row rows[] = {{.name = "conf", .text = &conf}, {0}};
	int status = options_read(argc, argv, usage, rows, NULL);
	struct config *config;

	if (status >= 0)
		return status;
	config = conf_load(conf_path(conf));
	if (!config)
		return EXIT_CONFIG;
	status = check(config);
	config_free(config);
	return status;
}
