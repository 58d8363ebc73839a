/* main.c: the tool: finds the command and runs it. */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include <bptl/plugin.h>

#include "base/memory.h"
#include "commands/commands.h"
#include "runner/runner.h"

static const char usage[] =
	"usage: bptl COMMAND [OPTION...]\n"
	"\n"
	"Does the work of business processes: fetches the external tasks of a BPMN engine (Camunda 7,\n"
	"Operaton), runs the work units that their topics are bound to, and reports the outcomes.\n"
	"\n"
	"  run      the daemon: fetch, perform, report\n"
	"  check    is the configuration good? shows every problem with its file and line\n"
	"  units    the work units of the plugins, with their variables\n"
	"  exec     run one unit here and now, without an engine\n"
	"  submit   put a task into the embedded engine\n"
	"  tasks    the tasks that the journal or the embedded engine knows, and what was done for each\n"
	"\n"
	"  bptl COMMAND --help    what a command does, its options and exit statuses\n"
	"  bptl --version         version of the tool, and of the SDK that plugins are built with\n";

static int command(const char *name, int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(int argc, char **argv);
	} commands[] = {
		{"run", command_run},   {"check", command_check},   {"units", command_units},
		{"exec", command_exec}, {"submit", command_submit}, {"tasks", command_tasks},
	};

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(commands[i].name, name) == 0)
			return commands[i].run(argc, argv);
	(void)fprintf(stderr, "bptl: unknown command %s\n\n%s", name, usage);
	return EXIT_USAGE;
}

/* Secrets stay out of core files, and out of reach of other processes of the same user. `exec` alone is there to be
 * debugged; a runner does it itself (runner/runner.c). The leak check of the address sanitizer has to trace its
 * process. */
static void keep_secrets(const char *command)
{
#ifdef __SANITIZE_ADDRESS__
	(void)command;
#else
	if (strcmp(command, "exec") != 0 && strcmp(command, "runner") != 0)
		(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

int main(int argc, char **argv)
{
	mem_start();
	if (argc < 2) {
		(void)fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0) {
		(void)fputs(usage, stdout);
		return EXIT_DONE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		(void)printf("bptl %s, SDK %d.%d\n", BPTL_VERSION, BPTL_SDK_MAJOR, BPTL_SDK_MINOR);
		return EXIT_DONE;
	}
	keep_secrets(argv[1]);
	if (strcmp(argv[1], "runner") == 0)
		return runner_main(3, 4); /* not for people: how the core starts a plugin's process */
	return command(argv[1], argc - 1, argv + 1);
}
