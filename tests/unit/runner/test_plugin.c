/* test_plugin.c: plugins are loaded when they fit, refused with the remedy when not, and described as they are. Those
 * that end the process that loads them are in tests/core/test_bad_plugins.py. */
#include "check.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "runner/plugin.h"

/* The library of a plugin of the tests: owned. */
static char *library(const char *name)
{
	return mem_format("%s/%s.so", BPTL_TEST_PLUGINS, name);
}

/* Opens the plugin that must be good, with its settings (stolen). */
static struct plugin open_good(const char *name, const char *file, json_t *settings)
{
	struct error error = {""};
	struct plugin plugin;

	if (plugin_open(&plugin, name, file, settings, NULL, &error))
		fail_msg("%s", error.text);
	json_decref(settings);
	return plugin;
}

static struct plugin open_probe(json_t *settings)
{
	char *file = library("probe");
	struct plugin plugin = open_good("probe", file, settings);

	free(file);
	return plugin;
}

/* It must be refused, with the file and these words. */
static void check_refused(const char *name, const char *file, json_t *settings, const char *words)
{
	struct error error = {""};
	struct plugin plugin;

	assert_int_equal(plugin_open(&plugin, name, file, settings, NULL, &error), -1);
	assert_contains(error.text, words);
	assert_int_equal(plugin.started, 0);
	plugin_close(&plugin);
	json_decref(settings);
}

TEST(a_plugin_is_loaded_and_its_units_are_found)
{
	struct plugin plugin = open_probe(NULL);
	char *folder = mem_format("%s/probe", BPTL_TEST_PLUGINS);

	assert_string_equal(plugin.name, "probe");
	assert_string_equal(plugin.about->name, "probe");
	assert_string_equal(plugin.folder, folder);
	assert_int_equal(plugin.started, 1);
	assert_string_equal(plugin_unit(&plugin, "Echo")->name, "Echo");
	assert_string_equal(plugin_unit(&plugin, "NeedsZac")->name, "NeedsZac");
	assert_null(plugin_unit(&plugin, "echo"));
	assert_null(plugin_unit(&plugin, ""));
	free(folder);
	plugin_close(&plugin);
}

TEST(settings_are_those_given_and_the_fallbacks_of_the_others)
{
	struct plugin plugin = open_probe(NULL);

	assert_int_equal(json_object_size(plugin.options), 1);
	assert_string_equal(json_get_text(plugin.options, "mood"), "good");
	plugin_close(&plugin);
	plugin = open_probe(json_pack("{s:s}", "mood", "excellent"));
	assert_string_equal(json_get_text(plugin.options, "mood"), "excellent");
	plugin_close(&plugin);
}

TEST(a_setting_that_the_plugin_does_not_have_is_refused)
{
	char *file = library("probe"), *bare = library("silent_init");

	check_refused("probe", file, json_pack("{s:s, s:s}", "mood", "good", "colour", "red"),
		      "unknown key colour: the plugin has only mood");
	check_refused("silent_init", bare, json_pack("{s:s}", "a", "b"), "unknown key a: the plugin has no options");
	free(file);
	free(bare);
}

TEST(a_plugin_that_does_not_want_to_start_says_why)
{
	char *file = library("probe"), *words = mem_format("%s: the mood is bad: set mood = good", file);

	check_refused("probe", file, json_pack("{s:s}", "mood", "bad"), words);
	free(words);
	free(file);
}

TEST(a_plugin_that_breaks_a_rule_is_refused_with_the_remedy)
{
	static const struct {
		const char *name, *words;
	} rows[] = {
		{"no_entry", "has no function bptl_describe: it is not a plugin for bptl"},
		{"null_entry", "bptl_describe() returned NULL: let it return the plugin's description"},
		{"no_magic", "(magic 00000000, expected 6270746c): fill it with BPTL_HANDSHAKE"},
		{"wrong_major", "is built for SDK 2.0, this host has 1.0: rebuild it against 1.x"},
		{"newer_minor", "is built for SDK 1.99, this host has 1.0: upgrade the host, or rebuild"},
		{"short_struct", "says SDK 1.0 but its structs are shorter"},
		{"missing_symbol", "undefined symbol: bptl_test_function_that_exists_nowhere"},
		{"failing_init", "the key file is missing: make one with keygen"},
		{"silent_init", "its init function failed without saying why: bptl_refuse() is for saying it"},
		{"doubled_unit", "has two units named U: give one of them another name"},
		{"no_run", "unit U lacks its name, its summary or its run function"},
		{"other_name", "calls itself somebody_else, but its section is [plugin other_name]"},
		{"unknown_type", "unit U: variable zaak lacks its line of documentation or has an unknown type"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *file = library(rows[i].name);

		check_refused(rows[i].name, file, NULL, rows[i].words);
		check_refused(rows[i].name, file, NULL, file);
		free(file);
	}
}

/* ---- the file ---- */

/* A folder for a copy of the probe: what a test does to it. */
struct bench {
	char folder[64];
	char *file;
};

static void bench_make(struct bench *bench)
{
	struct text text = {0};
	char *source = library("probe"), bytes[65536];
	FILE *file = fopen(source, "rb");
	size_t n;

	(void)snprintf(bench->folder, sizeof(bench->folder), "/tmp/bptl-plugin-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	assert_non_null(file);
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		text_add_bytes(&text, bytes, n);
	assert_int_equal(fclose(file), 0);
	bench->file = mem_format("%s/probe.so", bench->folder);
	file = fopen(bench->file, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(text.data, 1, text.length, file), text.length);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(bench->file, 0644), 0);
	text_free(&text);
	free(source);
}

static void bench_drop(struct bench *bench)
{
	assert_int_equal(chmod(bench->folder, 0700), 0);
	assert_int_equal(unlink(bench->file), 0);
	assert_int_equal(rmdir(bench->folder), 0);
	free(bench->file);
}

TEST(a_library_that_is_not_there_or_no_library_is_refused)
{
	struct bench bench;
	FILE *file;

	bench_make(&bench);
	check_refused("probe", "/nowhere/probe.so", NULL,
		      "/nowhere/probe.so: No such file or directory: build or install the plugin");
	check_refused("probe", bench.folder, NULL, "is not a file");
	file = fopen(bench.file, "w");
	assert_non_null(file);
	assert_true(fputs("this is no shared object\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
	check_refused("probe", bench.file, NULL, "probe.so does not load: ");
	bench_drop(&bench);
}

TEST(a_library_that_others_can_write_is_refused)
{
	struct bench bench;

	bench_make(&bench);
	assert_int_equal(chmod(bench.file, 0646), 0);
	check_refused("probe", bench.file, NULL, "probe.so can be written by other users");
	assert_int_equal(chmod(bench.file, 0644), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(bench.file, 4711, (gid_t)-1), 0);
		check_refused("probe", bench.file, NULL, "probe.so belongs to another user (uid 4711)");
		assert_int_equal(chown(bench.file, 0, 4711), 0);
		assert_int_equal(chmod(bench.file, 0664), 0);
		check_refused("probe", bench.file, NULL, "probe.so can be written by other users");
	}
	bench_drop(&bench);
}

TEST(a_library_in_a_folder_that_others_can_write_is_refused)
{
	struct bench bench;
	char *words;
	struct plugin plugin;

	bench_make(&bench);
	words = mem_format("%s can be written by other users", bench.folder);
	assert_int_equal(chmod(bench.folder, 0777), 0);
	check_refused("probe", bench.file, NULL, words);
	assert_int_equal(chmod(bench.folder, 01777), 0); /* nobody can replace what is not his */
	plugin = open_good("probe", bench.file, NULL);
	plugin_close(&plugin);
	bench_drop(&bench);
	free(words);
}

TEST(a_library_is_loaded_from_the_place_that_was_checked)
{
	struct bench bench;
	struct plugin plugin;
	char *link;

	bench_make(&bench);
	/* a name without a slash is a file here, and not one that the dynamic linker knows */
	assert_int_equal(chdir(bench.folder), 0);
	plugin = open_good("probe", "probe.so", NULL);
	assert_string_equal(plugin.folder, "./probe");
	plugin_close(&plugin);
	/* a link is followed */
	link = mem_format("%s/link.so", bench.folder);
	assert_int_equal(symlink(bench.file, link), 0);
	plugin = open_good("probe", link, NULL);
	plugin_close(&plugin);
	assert_int_equal(chmod(bench.file, 0666), 0);
	check_refused("probe", link, NULL, "probe.so can be written by other users");
	assert_int_equal(unlink(link), 0);
	free(link);
	assert_int_equal(chdir("/"), 0);
	bench_drop(&bench);
}

/* ---- descriptions, without a library ---- */

static int run(struct bptl_task *t)
{
	(void)t;
	return 0;
}

static void count(void *state)
{
	++*(int *)state;
}

TEST(fini_is_called_only_after_a_start)
{
	static const struct bptl_plugin about = {BPTL_HANDSHAKE, .name = "p", .fini = count};
	int ended = 0;
	struct plugin plugin = {.about = &about, .state = &ended};

	plugin_close(&plugin);
	assert_int_equal(ended, 0);
	plugin.started = 1;
	plugin_close(&plugin);
	assert_int_equal(ended, 1);
}

TEST(a_plugin_without_units_has_none)
{
	static const struct bptl_plugin about = {BPTL_HANDSHAKE, .name = "p", .version = "1", .summary = "nothing yet"};
	struct plugin plugin = {.about = &about, .file = (char *)"p.so"};
	json_t *described = plugin_describe(&plugin);

	assert_null(plugin_unit(&plugin, "U"));
	assert_int_equal(json_array_size(json_object_get(described, "units")), 0);
	assert_int_equal(json_array_size(json_object_get(described, "options")), 0);
	assert_string_equal(json_get_text(described, "summary"), "nothing yet");
	assert_string_equal(json_get_text(described, "file"), "p.so");
	json_decref(described);
}

/* Rows of a later minor version, in which each has one more member. */
struct longer_variable {
	struct bptl_variable row;
	const char *later;
};
struct longer_need {
	struct bptl_need row;
	const char *later;
};
struct longer_key {
	struct bptl_key row;
	const char *later;
};

TEST(everything_that_a_plugin_declares_is_described_whatever_the_length_of_its_rows)
{
	static const struct longer_variable in[] = {
		{{"zaak", BPTL_TEXT, BPTL_REQUIRED, "the zaak", "zaakUrl"}, "x"},
		{{"rollen", BPTL_LIST, BPTL_PRESENT, "the rollen", NULL}, "x"},
		{{"bron", BPTL_ANY, BPTL_EITHER, "one of two", NULL}, "x"},
		{{"datum", BPTL_DATE, BPTL_OPTIONAL, "the day", NULL}, "x"},
		{{NULL, BPTL_ANY, 0, NULL, NULL}, "x"},
	};
	static const struct longer_need needs[] = {
		{{"orc", "zac", BPTL_REQUIRED, "the ZAC"}, "x"},
		{{"zrc", NULL, BPTL_BY_URL, "any zaken"}, "x"},
		{{NULL, NULL, 0, NULL}, "x"},
	};
	static const struct longer_key keys[] = {
		{{"colour", BPTL_OPTIONAL, "green", "a colour"}, "x"},
		{{"size", BPTL_REQUIRED, NULL, "a size"}, "x"},
		{{NULL, 0, NULL, NULL}, "x"},
	};
	static const struct bptl_unit unit = {.name = "U",
					      .summary = "does",
					      .doc = "More of it.",
					      .run = run,
					      .in = &in[0].row,
					      .out = &in[3].row,
					      .needs = &needs[0].row,
					      .options = &keys[0].row};
	static const struct bptl_unit *const units[] = {&unit, NULL};
	static const struct bptl_plugin about = {.magic = BPTL_MAGIC,
						 .major = 1,
						 .unit_size = sizeof(struct bptl_unit),
						 .variable_size = sizeof(struct longer_variable),
						 .need_size = sizeof(struct longer_need),
						 .key_size = sizeof(struct longer_key),
						 .name = "p",
						 .version = "7",
						 .summary = "s",
						 .units = units,
						 .options = &keys[0].row};
	static const char expected[] =
		"{'name': 'p', 'version': '7', 'summary': 's', 'file': 'p.so', 'options': ["
		"{'name': 'colour', 'required': false, 'doc': 'a colour', 'fallback': 'green'},"
		"{'name': 'size', 'required': true, 'doc': 'a size'}], 'units': ["
		"{'name': 'U', 'summary': 'does', 'doc': 'More of it.', 'in': ["
		"{'name': 'zaak', 'type': 'text', 'need': 'required', 'doc': 'the zaak', 'instead': 'zaakUrl'},"
		"{'name': 'rollen', 'type': 'list', 'need': 'present', 'doc': 'the rollen'},"
		"{'name': 'bron', 'type': 'any', 'need': 'either', 'doc': 'one of two'},"
		"{'name': 'datum', 'type': 'date', 'need': 'optional', 'doc': 'the day'}], 'out': ["
		"{'name': 'datum', 'type': 'date', 'need': 'optional', 'doc': 'the day'}], 'needs': ["
		"{'type': 'orc', 'alias': 'zac', 'by_url': false, 'required': true, 'doc': 'the ZAC'},"
		"{'type': 'zrc', 'by_url': true, 'required': false, 'doc': 'any zaken'}], 'options': ["
		"{'name': 'colour', 'required': false, 'doc': 'a colour', 'fallback': 'green'},"
		"{'name': 'size', 'required': true, 'doc': 'a size'}]}]}";
	struct plugin plugin = {.about = &about, .file = (char *)"p.so"};
	json_t *described = plugin_describe(&plugin), *wanted;
	char *text = mem_text(expected), reason[160];

	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	wanted = json_read(text, strlen(text), reason);
	assert_non_null(wanted);
	assert_true(json_equal(described, wanted));
	assert_ptr_equal(plugin_next_variable(&plugin, unit.in), &in[1].row);
	assert_ptr_equal(plugin_next_need(&plugin, unit.needs), &needs[1].row);
	assert_ptr_equal(plugin_next_key(&plugin, unit.options), &keys[1].row);
	json_decref(wanted);
	json_decref(described);
	free(text);
}

TESTS(cmocka_unit_test(a_plugin_is_loaded_and_its_units_are_found),
      cmocka_unit_test(settings_are_those_given_and_the_fallbacks_of_the_others),
      cmocka_unit_test(a_setting_that_the_plugin_does_not_have_is_refused),
      cmocka_unit_test(a_plugin_that_does_not_want_to_start_says_why),
      cmocka_unit_test(a_plugin_that_breaks_a_rule_is_refused_with_the_remedy),
      cmocka_unit_test(a_library_that_is_not_there_or_no_library_is_refused),
      cmocka_unit_test(a_library_that_others_can_write_is_refused),
      cmocka_unit_test(a_library_in_a_folder_that_others_can_write_is_refused),
      cmocka_unit_test(a_library_is_loaded_from_the_place_that_was_checked),
      cmocka_unit_test(fini_is_called_only_after_a_start), cmocka_unit_test(a_plugin_without_units_has_none),
      cmocka_unit_test(everything_that_a_plugin_declares_is_described_whatever_the_length_of_its_rows))
