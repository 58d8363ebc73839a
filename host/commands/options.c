/* options.c: see options.h. */
#include "commands/options.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "commands/commands.h"

#define HELP 1000

/* The table as getopt_long() wants it; owned. The value of a row's option is its place. */
static struct option *long_options(const struct option_row *rows)
{
	size_t count = 0;
	struct option *options;

	while (rows[count].name)
		count++;
	options = mem_new(count + 2, sizeof(*options));
	for (size_t i = 0; i < count; i++)
		options[i] =
			(struct option){rows[i].name, rows[i].flag ? no_argument : required_argument, NULL, (int)i};
	options[count] = (struct option){"help", no_argument, NULL, HELP};
	return options;
}

static int take(const struct option_row *row, const char *command)
{
	long long number;
	char *end;

	if (row->flag) {
		*row->flag = 1;
	} else if (row->text) {
		*row->text = optarg;
	} else {
		number = strtoll(optarg, &end, 10);
		if (*end || end == optarg || number < row->least || number > row->most) {
			(void)fprintf(stderr, "bptl %s: --%s %s: expected a whole number from %lld to %lld\n", command,
				      row->name, optarg, (long long)row->least, (long long)row->most);
			return EXIT_USAGE;
		}
		*row->number = number;
	}
	return -1;
}

int options_read(int argc, char **argv, const char *usage, const struct option_row *rows, const char **word)
{
	struct option *options = long_options(rows);
	int option, status = -1;

	while (status < 0 && (option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		if (option == HELP || option == 'h') {
			(void)fputs(usage, stdout);
			status = EXIT_DONE;
		} else if (option == '?') {
			(void)fputs(usage, stderr);
			status = EXIT_USAGE;
		} else {
			status = take(&rows[option], argv[0]);
		}
	}
	free(options);
	if (status >= 0)
		return status;
	if (word && optind < argc)
		*word = argv[optind++];
	if (optind < argc) {
		(void)fprintf(stderr, "bptl %s: unexpected argument %s\n%s", argv[0], argv[optind], usage);
		return EXIT_USAGE;
	}
	return -1;
}
