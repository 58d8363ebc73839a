/* options.h: the arguments of a command, from a table. Every command has --help, also as -h. */
#ifndef BPTL_COMMANDS_OPTIONS_H
#define BPTL_COMMANDS_OPTIONS_H

#include <stdint.h>

/* One option; a table ends with a row whose name is NULL. Exactly one of text, flag and number is set. */
struct option_row {
	const char *name;    /* without the dashes */
	const char **text;   /* set to what is given */
	int *flag;           /* set to 1 */
	int64_t *number;     /* set to what is given */
	int64_t least, most; /* of a number */
};

/* word: NULL when the command takes none, else set to the one argument that is no option, or left alone when there is
 * none. Returns -1 when the command is to go on, else the exit status: 0 after --help, EXIT_USAGE after a message. */
int options_read(int argc, char **argv, const char *usage, const struct option_row *rows, const char **word);

#endif
