/* run.c: bptl run, the daemon. */
#include <stdio.h>

#include "commands/commands.h"
#include "commands/options.h"
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
	"While the journal cannot be written (a full disk) nothing is started; it goes on when there is room.\n"
	"Exit status: 0 stopped by a signal; 73 the state folder or the address of listen = cannot be used; 74 the\n"
	"journal is damaged, was deleted, or could not be written at the end; 78 something is wrong in the "
	"configuration.\n";

int command_run(int argc, char **argv)
{
	const char *conf = NULL;
	const struct option_row rows[] = {{.name = "conf", .text = &conf}, {0}};
	int status = options_read(argc, argv, usage, rows, NULL);
	struct config *config;
	struct log *log;

	if (status >= 0)
		return status;
	config = conf_load(conf_path(conf));
	if (!config)
		return EXIT_CONFIG;
	config_wipe_environment(config);
	log = log_new(config->host.level, config->host.format);
	status = core_run(config, log);
	log_free(log);
	config_free(config);
	return status;
}
