/* run.c: bptl run, the daemon. */
#include <getopt.h>
#include <stdio.h>

#include "commands/commands.h"
#include "core/core.h"

static const char usage[] =
	"usage: bptl run [--conf PATH]\n"
	"\n"
	"Fetches external tasks from the engines of the configuration, runs the work units that their\n"
	"topics are bound to, and reports the outcomes, until SIGTERM or SIGINT: then it fetches no more,\n"
	"lets running tasks finish within the drain time ([host] drain), unlocks what is left, and exits. A\n"
	"second signal stops it at once; nothing is lost by that.\n"
	"\n"
	"  --conf PATH   folder with *.ini files, or one file (default: $BPTL_CONF, else " DEFAULT_CONF ")\n"
	"\n"
	"Exit status: 0 stopped by a signal; 73 the state folder cannot be used; 74 the journal can no\n"
	"longer be written; 78 something is wrong in the configuration.\n";

int command_run(int argc, char **argv)
{
	static const struct option options[] = {
		{"conf", required_argument, NULL, 'c'}, {"help", no_argument, NULL, 'h'}, {0}};
	const char *conf = NULL;
	struct config *config;
	struct log *log;
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
		(void)fprintf(stderr, "bptl run: unexpected argument %s\n%s", argv[optind], usage);
		return EXIT_USAGE;
	}
	config = conf_load(conf_path(conf));
	if (!config)
		return EXIT_CONFIG;
	log = log_new(config->host.level, config->host.format);
	status = core_run(config, log);
	log_free(log);
	config_free(config);
	return status;
}
