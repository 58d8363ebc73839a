/* units.c: bptl units: what the plugins can do, from their own declarations. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "core/core.h"

static const char usage[] =
	"usage: bptl units [--conf PATH] [--json | --markdown] [UNIT]\n"
	"\n"
	"Lists the work units of the configured plugins; with a name (zgw.CreateZaakTask) everything that\n"
	"this unit declares: its variables in and out, the services it calls, and the keys that its topic\n"
	"may have.\n"
	"\n"
	"  --conf PATH   folder with *.ini files, or one file (default: $BPTL_CONF, else " DEFAULT_CONF ")\n"
	"  --markdown    everything as a page of documentation\n"
	"  --json        everything as JSON\n"
	"\n"
	"Exit status: 0; 64 no such unit; 78 something is wrong in the configuration.\n";

static void print_variables(const char *title, const json_t *list)
{
	const json_t *row;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	(void)printf("\n%s\n", title);
	json_array_foreach (list, i, row) {
		const char *need = json_get_text(row, "need");

		(void)printf("  %-24s %-8s %-9s %s", json_get_text(row, "name"), json_get_text(row, "type"),
			     text_equal(need, "either") ? "one of" : need, json_get_text(row, "doc"));
		if (json_get_text(row, "instead"))
			(void)printf(" (also read as %s)", json_get_text(row, "instead"));
		(void)putchar('\n');
	}
}

static void print_unit(const char *plugin, const json_t *unit)
{
	const json_t *row;
	size_t i;

	(void)printf("%s.%s\n  %s\n", plugin, json_get_text(unit, "name"), json_get_text(unit, "summary"));
	if (json_get_text(unit, "doc"))
		(void)printf("  %s\n", json_get_text(unit, "doc"));
	print_variables("variables read:", json_object_get(unit, "in"));
	print_variables("variables set:", json_object_get(unit, "out"));
	if (json_array_size(json_object_get(unit, "needs")))
		(void)printf("\nservices:\n");
	json_array_foreach (json_object_get(unit, "needs"), i, row)
		(void)printf("  %-24s %-18s %s\n",
			     json_get_text(row, "alias") ? json_get_text(row, "alias") : json_get_text(row, "type"),
			     json_get_boolean(row, "required", 0) ? "required" : "optional", json_get_text(row, "doc"));
	if (json_array_size(json_object_get(unit, "options")))
		(void)printf("\nkeys of its topic:\n");
	json_array_foreach (json_object_get(unit, "options"), i, row)
		(void)printf("  %-24s %-18s %s\n", json_get_text(row, "name"),
			     json_get_boolean(row, "required", 0) ? "required" : "optional", json_get_text(row, "doc"));
}

/* All units, or the one that is asked for. The number printed. */
static int print_units(const struct config *config, json_t *const *abouts, const char *wanted)
{
	int count = 0;

	for (size_t p = 0; p < config->plugin_count; p++) {
		const json_t *unit;
		size_t i;

		json_array_foreach (json_object_get(abouts[p], "units"), i, unit) {
			char *name = mem_format("%s.%s", config->plugins[p].name, json_get_text(unit, "name"));

			if (wanted && strcmp(wanted, name) == 0)
				print_unit(config->plugins[p].name, unit);
			else if (!wanted)
				(void)printf("%-34s %s\n", name, json_get_text(unit, "summary"));
			count += !wanted || strcmp(wanted, name) == 0;
			free(name);
		}
	}
	return count;
}

static void print_json(const struct config *config, json_t *const *abouts)
{
	json_t *list = mem_json(json_array());
	char *text;

	for (size_t i = 0; i < config->plugin_count; i++)
		if (abouts[i])
			(void)json_array_append(list, abouts[i]);
	text = json_dumps(list, JSON_INDENT(2));
	if (text)
		(void)puts(text);
	free(text);
	json_decref(list);
}

enum form { FORM_TEXT, FORM_JSON, FORM_MARKDOWN };

static int units(const struct config *config, const char *wanted, enum form form)
{
	struct log *log = log_new(LOG_WARNING, config->host.format);
	json_t **abouts = mem_new(config->plugin_count, sizeof(*abouts));
	struct problems problems = {0};
	int status = EXIT_DONE;

	if (core_describe(config, log, abouts, &problems)) {
		conf_show(&problems);
		status = EXIT_CONFIG;
	}
	if (form == FORM_JSON) {
		print_json(config, abouts);
	} else if (form == FORM_MARKDOWN && status == EXIT_DONE) {
		markdown_print(config, abouts);
	} else if (print_units(config, abouts, wanted) == 0 && wanted) {
		(void)fprintf(stderr, "bptl units: no plugin has a unit %s\n", wanted);
		status = EXIT_USAGE;
	}
	for (size_t i = 0; i < config->plugin_count; i++)
		json_decref(abouts[i]);
	free(abouts);
	problems_free(&problems);
	log_free(log);
	return status;
}

int command_units(int argc, char **argv)
{
	const char *conf = NULL, *unit = NULL;
	int json = 0, markdown = 0;
	const struct option_row rows[] = {{.name = "conf", .text = &conf},
					  {.name = "json", .flag = &json},
					  {.name = "markdown", .flag = &markdown},
					  {0}};
	int status = options_read(argc, argv, usage, rows, &unit);
	struct config *config;

	if (status >= 0)
		return status;
	config = conf_load(conf_path(conf));
	if (!config)
		return EXIT_CONFIG;
	status = units(config, unit, markdown ? FORM_MARKDOWN : json ? FORM_JSON : FORM_TEXT);
	config_free(config);
	return status;
}
