/* check.c: bptl check: does what startup does, without fetching, and says what would go wrong. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "commands/commands.h"
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
	static const struct option options[] = {
		{"conf", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
	const char *conf = NULL;
	struct config *config;
	int option, status;

	while ((option = getopt_long(argc, argv, "c:h", options, NULL)) != -1) {
		if (option == 'h') {
			(void)fputs(usage, stdout);
			return EXIT_DONE;
		}
		if (option != 'c') {
			(void)fputs(usage, stderr);
			return EXIT_USAGE;
		}
		conf = optarg;
	}
	if (optind < argc) {
		(void)fprintf(stderr, "bptl check: unexpected argument %s\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	config = conf_load(conf_path(conf));
	if (!config)
		return EXIT_CONFIG;
	status = check(config);
	config_free(config);
	return status;
}
