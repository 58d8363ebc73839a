/* commands.h: the commands of the tool, one file each. A command gets its own arguments (argv[0] is its name) and
 * returns the exit status of the process. */
#ifndef BPTL_COMMANDS_COMMANDS_H
#define BPTL_COMMANDS_COMMANDS_H

#include "base/error.h"
#include "config/config.h"

/* Exit statuses: those of sysexits.h where there is one. */
enum {
	EXIT_DONE = 0,
	EXIT_FAILED =
		1, /* exec: the unit failed; tasks --retry: there was nothing to retry; tasks show: no such task */
	EXIT_BPMN_ERROR = 3, /* exec: the unit ended with a BPMN error */
	EXIT_USAGE = 64,
	EXIT_INPUT = 66,    /* a file that was named cannot be read, or is not what it should be */
	EXIT_SOFTWARE = 70, /* out of memory */
	EXIT_STATE = 73,    /* the state folder or a database cannot be used */
	EXIT_JOURNAL = 74,  /* the journal can no longer be written */
	EXIT_CONFIG = 78    /* something is wrong in the configuration */
};

#define DEFAULT_CONF "/etc/bptl/conf.d"

int command_run(int argc, char **argv);
int command_check(int argc, char **argv);
int command_units(int argc, char **argv);
int command_exec(int argc, char **argv);
int command_submit(int argc, char **argv);
int command_tasks(int argc, char **argv);

/* markdown.c: the page of all units, on stdout. */
void markdown_print(const struct config *config, json_t *const *abouts);

/* What several commands do. */
/* The folder given with --conf, or by BPTL_CONF, or the default. Borrowed. */
const char *conf_path(const char *given);
/* Reads the configuration; shows every problem on stderr and returns NULL when there is one. */
struct config *conf_load(const char *path);
void conf_show(const struct problems *problems);
/* Reads a file, or standard input when it is "-", as a JSON object. New reference, NULL after a message. */
json_t *read_object(const char *path);
/* The embedded engine of this name, or the only one when name is NULL; NULL after a message. */
const struct config_engine *local_engine(const struct config *config, const char *name);

#endif
