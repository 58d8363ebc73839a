/* tasks.h: what the files of the command `bptl tasks` share. */
#ifndef BPTL_COMMANDS_TASKS_H
#define BPTL_COMMANDS_TASKS_H

#include <stddef.h>
#include <stdint.h>

#include "commands/commands.h"
#include "core/journal_view.h"

/* tasks.c: the engine of this name, or NULL after a message. */
const struct config_engine *tasks_engine(const struct config *config, const char *name);
/* tasks.c: prints a JSON value, which is stolen. */
void tasks_print_json(json_t *value);
/* tasks.c: `name` of a row, microseconds since 1970, becomes local time; it has none: nothing happens. */
void tasks_tell_time(json_t *row, const char *name);
/* tasks_list.c: prints tasks of the journal as a table; stolen. */
void tasks_print_table(json_t *tasks);
/* tasks_list.c: the tasks that the journal knows. The exit status. */
int tasks_list(const struct config *config, const struct journal_filter *filter, int json);
/* tasks_show.c: bptl tasks show. */
int command_tasks_show(int argc, char **argv);

#endif
