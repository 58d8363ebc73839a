/* markdown.c: the page of all work units, docs/work-units.md, from what the plugins declare. */
#include <stdio.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands/commands.h"

/* A cell of a table: a bar would end it. */
static void print_cell(const char *text)
{
	for (; text && *text; text++)
		(void)printf(*text == '|' ? "\\|" : "%c", *text);
}

static void print_reads(const json_t *list)
{
	const json_t *row;
	size_t i;

	if (json_array_size(list))
		(void)printf("\n| reads | type | | |\n|---|---|---|---|\n");
	json_array_foreach (list, i, row) {
		const char *need = json_get_text(row, "need"), *instead = json_get_text(row, "instead");

		(void)printf("| `%s`", json_get_text(row, "name"));
		if (instead)
			(void)printf(" or `%s`", instead);
		(void)printf(" | %s | %s | ", json_get_text(row, "type"),
			     text_equal(need, "either")    ? "one of"
			     : text_equal(need, "present") ? "must exist"
							   : need);
		print_cell(json_get_text(row, "doc"));
		(void)printf(" |\n");
	}
}

static void print_sets(const json_t *list)
{
	const json_t *row;
	size_t i;

	(void)printf(json_array_size(list) ? "\n| sets | type | |\n|---|---|---|\n" : "\nSets no variables.\n");
	json_array_foreach (list, i, row) {
		(void)printf("| `%s` | %s | ", json_get_text(row, "name"), json_get_text(row, "type"));
		print_cell(json_get_text(row, "doc"));
		(void)printf(" |\n");
	}
}

/* Services and keys of the topic: rows of a name, a word, and the documentation. */
static void print_rows(const char *title, const json_t *list, const char *name, const char *other)
{
	const json_t *row;
	size_t i;

	if (json_array_size(list))
		(void)printf("\n| %s | | |\n|---|---|---|\n", title);
	json_array_foreach (list, i, row) {
		const char *second = json_get_text(row, other);

		(void)printf("| `%s`", json_get_text(row, name));
		if (second)
			(void)printf(" %s `%s`", text_equal(other, "alias") ? "as" : "default", second);
		(void)printf(" | %s%s | ", json_get_boolean(row, "required", 0) ? "required" : "optional",
			     json_get_boolean(row, "by_url", 0) ? ", found by URL" : "");
		print_cell(json_get_text(row, "doc"));
		(void)printf(" |\n");
	}
}

void markdown_print(const struct config *config, json_t *const *abouts)
{
	(void)printf("# Work units\n\nMade by `bptl units --markdown` from what the plugins declare. A *required* "
		     "variable has a value: absent, "
		     "null, empty text, `[]` and `{}` are\nnone, 0 and false are. `callbackUrl` is read for every "
		     "unit: after the engine has "
		     "accepted the completion, it gets an empty POST.\n");
	for (size_t p = 0; p < config->plugin_count; p++) {
		const json_t *unit;
		size_t i;

		(void)printf("\n## %s: %s\n", config->plugins[p].name, json_get_text(abouts[p], "summary"));
		print_rows("key of the plugin", json_object_get(abouts[p], "options"), "name", "fallback");
		json_array_foreach (json_object_get(abouts[p], "units"), i, unit) {
			(void)printf("\n### %s.%s\n\n%s.", config->plugins[p].name, json_get_text(unit, "name"),
				     json_get_text(unit, "summary"));
			if (json_get_text(unit, "doc"))
				(void)printf(" %s", json_get_text(unit, "doc"));
			(void)printf("\n");
			print_reads(json_object_get(unit, "in"));
			print_sets(json_object_get(unit, "out"));
			print_rows("service", json_object_get(unit, "needs"), "type", "alias");
			print_rows("key of the topic", json_object_get(unit, "options"), "name", "fallback");
		}
	}
}
