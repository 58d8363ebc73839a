/* test_registry.c: topics of a configuration held against what plugins declare. Long, because it is
 * a list of cases. */
#include "check.h"

#include "base/json.h"
#include "base/text.h"
#include "config/folder.h"
#include "core/registry.h"

/* A configuration, what its plugins declare, and what the registry makes of it. */
struct bench {
	struct folder folder;
	struct config *config;
	json_t *abouts[4];
	struct registry registry;
	struct problems problems;
};

static const char services[] = "[service zaken]\n"
			       "type = zrc\n"
			       "root = http://127.0.0.1:8001/zaken/\n"
			       "auth = none\n"
			       "[service archief]\n"
			       "type = zrc\n"
			       "root = http://127.0.0.1:8001/archief/\n"
			       "auth = none\n"
			       "[service catalogi]\n"
			       "type = ztc\n"
			       "root = http://127.0.0.1:8001/catalogi/\n"
			       "auth = none\n"
			       "[service kantoor]\n"
			       "type = orc\n"
			       "root = http://127.0.0.1:8001/zac/\n"
			       "auth = none\n";

/* What a plugin named probe declares; owned. */
static json_t *probe_about(void)
{
	static const char text[] =
		"{'name': 'probe', 'units': ["
		"{'name': 'Plain', 'in': [], 'needs': [], 'options': []},"
		"{'name': 'Reads', 'in': [{'name': 'a', 'instead': 'b'}, {'name': 'callbackUrl'}, {'name': 'c'}],"
		" 'needs': [], 'options': []},"
		"{'name': 'Needs', 'in': [], 'options': [], 'needs': ["
		"  {'type': 'zrc', 'required': true, 'doc': 'the zaken'},"
		"  {'type': 'ztc', 'required': false, 'doc': 'the catalogue'}]},"
		"{'name': 'NeedsZac', 'in': [], 'options': [], 'needs': ["
		"  {'type': 'orc', 'alias': 'zac', 'required': true, 'doc': 'the ZAC'}]},"
		"{'name': 'ByUrl', 'in': [], 'options': [], 'needs': ["
		"  {'type': 'ztc', 'by_url': true, 'required': true, 'doc': 'the catalogue'}]},"
		"{'name': 'Engine', 'in': [], 'options': [], 'needs': ["
		"  {'type': 'engine', 'required': true, 'doc': 'the engine'}]},"
		"{'name': 'Options', 'in': [], 'needs': [], 'options': ["
		"  {'name': 'colour', 'fallback': 'green', 'required': false, 'doc': 'a colour'},"
		"  {'name': 'size', 'required': true, 'doc': 'a size'},"
		"  {'name': 'note', 'required': false, 'doc': 'a note'}]}"
		"]}";
	char *copy = mem_text(text), reason[160];
	json_t *about;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	about = json_read(copy, strlen(copy), reason);
	assert_non_null(about);
	free(copy);
	return about;
}

/* The topics' sections behind an engine of each type, the services and the plugin probe; `code` is what must come. */
static void bench_build(struct bench *bench, const char *topics, int code)
{
	char *text = mem_format("[host]\nstate = state\n[engine camunda]\nurl = http://127.0.0.1:8001/rest/\nauth = "
				"none\n[engine local]\ntype = local\n%s[plugin probe]\n%s",
				services, topics);

	*bench = (struct bench){0};
	folder_make(&bench->folder);
	folder_put(&bench->folder, "a.ini", text);
	free(text);
	bench->config = folder_read(&bench->folder);
	bench->abouts[0] = probe_about();
	assert_int_equal(registry_build(&bench->registry, bench->config, bench->abouts, &bench->problems), code);
	assert_int_equal(bench->problems.count > 0, code < 0);
}

static void bench_drop(struct bench *bench)
{
	registry_clear(&bench->registry);
	problems_free(&bench->problems);
	json_decref(bench->abouts[0]);
	config_free(bench->config);
	folder_drop(&bench->folder);
}

/* The one binding of a topic that fits. */
static const struct binding *bench_one(struct bench *bench, const char *topics)
{
	bench_build(bench, topics, 0);
	assert_int_equal(bench->registry.count, 1);
	return bench->registry.bindings;
}

/* The number of the line with this text in the configuration that is being tested. */
static int line_of(const struct bench *bench, const char *line)
{
	char *path = mem_format("%s/a.ini", bench->folder.path);
	FILE *file = fopen(path, "r");
	char text[200];
	int number = 0;

	assert_non_null(file);
	while (fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		number++;
		if (strcmp(text, line) == 0)
			break;
	}
	assert_int_equal(fclose(file), 0);
	free(path);
	return number;
}

/* The topics have one problem: at this line, with these words. */
static void check_problem(const char *topics, const char *line, const char *words)
{
	struct bench bench;
	char *expected;

	bench_build(&bench, topics, -1);
	assert_int_equal(bench.problems.count, 1);
	expected = mem_format("%s/a.ini:%d: %s", bench.folder.path, line_of(&bench, line), words);
	assert_string_equal(bench.problems.list[0], expected);
	free(expected);
	bench_drop(&bench);
}

static void check_variables(const struct binding *binding, const char *const *expected)
{
	size_t i;

	for (i = 0; expected[i]; i++)
		assert_string_equal(binding->variables[i], expected[i]);
	assert_null(binding->variables[i]);
}

TEST(a_topic_is_bound_to_its_unit_and_plugin)
{
	struct bench bench;
	const struct binding *binding = bench_one(&bench, "[topic a]\nengine = local\nunit = probe.Plain\n");

	assert_ptr_equal(binding->topic, &bench.config->topics[0]);
	assert_int_equal(binding->plugin, 0);
	assert_string_equal(json_get_text(binding->unit, "name"), "Plain");
	assert_int_equal(json_object_size(binding->options), 0);
	assert_int_equal(json_object_size(binding->uses), 0);
	assert_int_equal(binding->busy, 0);
	bench_drop(&bench);
}

TEST(a_configuration_without_topics_binds_nothing)
{
	struct bench bench;

	bench_build(&bench, "", 0);
	assert_int_equal(bench.registry.count, 0);
	assert_null(registry_find(&bench.registry, 0, "a"));
	bench_drop(&bench);
}

TEST(what_is_fetched_is_what_the_unit_declares_and_what_the_host_reads)
{
	static const char *const declared[] = {"a", "b", "callbackUrl", "c", "bptlAppId", NULL};
	static const char *const none[] = {"callbackUrl", "bptlAppId", NULL};
	struct bench bench;

	check_variables(bench_one(&bench, "[topic a]\nengine = local\nunit = probe.Reads\n"), declared);
	bench_drop(&bench);
	check_variables(bench_one(&bench, "[topic a]\nengine = local\nunit = probe.Plain\n"), none);
	bench_drop(&bench);
}

TEST(options_are_those_given_and_the_fallbacks_of_the_others)
{
	struct bench bench;
	const struct binding *binding =
		bench_one(&bench, "[topic a]\nengine = local\nunit = probe.Options\nsize = large\n");

	assert_int_equal(json_object_size(binding->options), 2);
	assert_string_equal(json_get_text(binding->options, "colour"), "green");
	assert_string_equal(json_get_text(binding->options, "size"), "large");
	bench_drop(&bench);
	binding = bench_one(&bench, "[topic a]\nengine = local\nunit = probe.Options\nsize = s\ncolour = red\nnote = "
				    "n\n");
	assert_int_equal(json_object_size(binding->options), 3);
	assert_string_equal(json_get_text(binding->options, "colour"), "red");
	assert_string_equal(json_get_text(binding->options, "note"), "n");
	bench_drop(&bench);
}

TEST(services_are_known_by_their_alias)
{
	struct bench bench;
	const struct binding *binding =
		bench_one(&bench, "[topic a]\nengine = local\nunit = probe.NeedsZac\nservices = zaken, zac=kantoor\n");

	assert_int_equal(json_object_size(binding->uses), 2);
	assert_string_equal(json_get_text(binding->uses, "zaken"), "zaken");
	assert_string_equal(json_get_text(binding->uses, "zac"), "kantoor");
	bench_drop(&bench);
}

static const struct service *service_named(const struct bench *bench, const char *name)
{
	for (size_t i = 0; i < bench->config->service_count; i++)
		if (strcmp(bench->config->services[i].service.name, name) == 0)
			return &bench->config->services[i].service;
	fail_msg("no service %s", name);
	return NULL;
}

TEST(a_task_may_call_the_services_that_are_listed_or_found_by_url_and_no_other)
{
	struct bench bench;
	const struct binding *binding =
		bench_one(&bench, "[topic a]\nengine = local\nunit = probe.ByUrl\nservices = zaken\n");

	assert_true(binding_may_call(binding, service_named(&bench, "zaken")));
	assert_true(binding_may_call(binding, service_named(&bench, "catalogi"))); /* of the type of a need by URL */
	assert_false(binding_may_call(binding, service_named(&bench, "archief"))); /* the same type as one listed */
	assert_false(binding_may_call(binding, service_named(&bench, "kantoor")));
	bench_drop(&bench);
}

TEST(a_topic_is_found_by_its_name_at_its_own_engine)
{
	struct bench bench;
	struct registry *registry = &bench.registry;

	bench_build(&bench,
		    "[topic a]\nengine = local\nunit = probe.Plain\n"
		    "[topic b]\nengine = local\ntopic = other\nunit = probe.Reads\n"
		    "[topic c]\nengine = camunda\ntopic = other\nunit = probe.Engine\n",
		    0);
	assert_int_equal(registry->count, 3);
	assert_string_equal(registry_find(registry, 1, "a")->topic->name, "a");
	assert_string_equal(registry_find(registry, 1, "other")->topic->name, "b");
	assert_string_equal(registry_find(registry, 0, "other")->topic->name, "c");
	assert_null(registry_find(registry, 0, "a"));
	assert_null(registry_find(registry, 1, "b")); /* that is its section */
	assert_null(registry_find(registry, 2, "a"));
	assert_null(registry_find(registry, 1, "A"));
	bench_drop(&bench);
}

TEST(topics_of_a_plugin_that_could_not_be_loaded_are_left_out_without_a_word)
{
	struct bench bench;
	json_t *none[] = {NULL};
	struct registry registry;

	bench_build(&bench, "[topic a]\nengine = local\nunit = probe.Plain\n", 0);
	assert_int_equal(registry_build(&registry, bench.config, none, &bench.problems), 0);
	assert_int_equal(registry.count, 0);
	registry_clear(&registry);
	bench_drop(&bench);
}

TEST(a_unit_that_the_plugin_lacks_is_a_problem_that_names_those_it_has)
{
	check_problem("[topic a]\nengine = local\nunit = probe.plain\n", "unit = probe.plain",
		      "NoCallback: plugin probe has no unit plain; it has: Plain, Reads, Needs, NeedsZac, ByUrl, "
		      "Engine, Options");
}

TEST(a_plugin_without_units_has_none_to_name)
{
	struct bench bench;
	struct problems problems = {0};
	struct registry registry;
	json_t *empty[] = {json_pack("{s:s, s:[]}", "name", "probe", "units")};

	bench_build(&bench, "[topic a]\nengine = local\nunit = probe.Plain\n", 0);
	assert_int_equal(registry_build(&registry, bench.config, empty, &problems), -1);
	assert_int_equal(problems.count, 1);
	assert_contains(problems.list[0], "plugin probe has no unit Plain; it has: none");
	problems_free(&problems);
	registry_clear(&registry);
	json_decref(empty[0]);
	bench_drop(&bench);
}

TEST(a_service_that_the_unit_needs_and_the_topic_lacks_is_a_problem)
{
	static const char words[] =
		"NoService: probe.Needs needs a service of type zrc (the zaken): add one to services = ";

	check_problem("[topic a]\nengine = local\nunit = probe.Needs\n", "[topic a]", words);
	check_problem("[topic a]\nengine = local\nunit = probe.Needs\nservices = catalogi\n", "services = catalogi",
		      words);
}

TEST(a_service_that_is_needed_under_a_name_must_have_it)
{
	static const char words[] = "NoService: probe.NeedsZac needs a service of type orc under the name zac (the "
				    "ZAC): add one to services = ";

	check_problem("[topic a]\nengine = local\nunit = probe.NeedsZac\nservices = kantoor\n", "services = kantoor",
		      words);
	check_problem("[topic a]\nengine = local\nunit = probe.NeedsZac\nservices = zac=zaken\n",
		      "services = zac=zaken", words);
}

TEST(the_engine_that_a_unit_calls_must_have_a_rest_interface)
{
	struct bench bench;

	check_problem("[topic a]\nengine = local\nunit = probe.Engine\n", "unit = probe.Engine",
		      "probe.Engine calls the engine's REST interface, which engine local (type local) does not have: "
		      "bind the topic to an engine of type camunda");
	(void)bench_one(&bench, "[topic a]\nengine = camunda\nunit = probe.Engine\n");
	bench_drop(&bench);
}

TEST(a_key_that_neither_topic_nor_unit_has_is_a_problem_with_the_nearest_name)
{
	check_problem("[topic a]\nengine = local\nunit = probe.Options\nsize = l\ncolor = red\n", "color = red",
		      "unknown key color: neither a topic nor the unit probe.Options has it: did you mean colour?");
	check_problem("[topic a]\nengine = local\nunit = probe.Plain\nqqqqqqqq = 1\n", "qqqqqqqq = 1",
		      "unknown key qqqqqqqq: neither a topic nor the unit probe.Plain has it");
}

TEST(a_key_that_the_unit_needs_and_the_topic_lacks_is_a_problem)
{
	check_problem("[topic a]\nengine = local\nunit = probe.Options\n", "[topic a]",
		      "the key size is missing: probe.Options needs it (a size)");
}

TEST(all_problems_are_shown_and_what_fits_is_bound)
{
	struct bench bench;

	bench_build(&bench,
		    "[topic a]\nengine = local\nunit = probe.Nothing\n"
		    "[topic b]\nengine = local\nunit = probe.Needs\nwrong = 1\n"
		    "[topic c]\nengine = local\nunit = probe.Plain\n"
		    "[topic d]\nengine = local\nunit = probe.Options\n",
		    -1);
	assert_int_equal(bench.problems.count, 4);
	assert_contains(bench.problems.list[0], "has no unit Nothing");
	assert_contains(bench.problems.list[1], "NoService: probe.Needs");
	assert_contains(bench.problems.list[2], "unknown key wrong");
	assert_contains(bench.problems.list[3], "the key size is missing");
	assert_non_null(registry_find(&bench.registry, 1, "c"));
	assert_null(registry_find(&bench.registry, 1, "a"));
	bench_drop(&bench);
}

/* The change of one text in what a plugin declares is refused with these words. */
static void check_about(const char *old, const char *new, const char *words)
{
	static const char whole[] =
		"{'name': 'p', 'version': '1', 'summary': 's', 'file': 'f', 'options': [{'name': 'k', 'doc': ''}], "
		"'units': ["
		"{'name': 'U', 'summary': '', 'in': [{'name': 'a', 'type': 'text', 'need': 'required', 'doc': 'd'}],"
		" 'out': [], 'needs': [{'type': 'zrc', 'doc': ''}], 'options': [{'name': 'o', 'doc': 'd'}]}]}";
	const char *at = strstr(whole, old);
	char *text = mem_format("%.*s%s%s", (int)(at - whole), whole, new, at + strlen(old)), reason[160];
	struct error error = {0};
	json_t *about;

	for (char *c = text; *c; c++)
		if (*c == '\'')
			*c = '"';
	about = json_read(text, strlen(text), reason);
	assert_non_null(about);
	assert_int_equal(registry_check_about(about, &error), words ? -1 : 0);
	if (words)
		assert_string_equal(error.text, words);
	json_decref(about);
	free(text);
}

TEST(what_a_plugins_process_declares_is_taken_only_in_its_form)
{
	struct error error;

	check_about("'p'", "'p'", NULL);
	check_about("'p'", "7", "it has no text \"name\"");
	check_about("'version'", "'v'", "it has no text \"version\"");
	check_about("'options': [{'name': 'k'", "'options': [{'name': null",
		    "row 1 of \"options\" has no text \"name\"");
	check_about("'units'", "'u'", "it has no list \"units\"");
	check_about("[{'name': 'U'", "[7, {'name': 'U'", "row 1 of \"units\" has no text \"name\"");
	check_about("'U'", "''", "row 1 of \"units\" has an empty name");
	check_about("'in': [", "'in': {}, 'x': [", "unit U: it has no list \"in\"");
	check_about("'type': 'text'", "'t': 'text'", "unit U: row 1 of \"in\" has no text \"type\"");
	check_about("'zrc'", "false", "unit U: row 1 of \"needs\" has no text \"type\"");
	check_about("'out': []", "'out': [[]]", "unit U: row 1 of \"out\" has no text \"name\"");
	check_about("'name': 'o'", "'fallback': 'o'", "unit U: row 1 of \"options\" has no text \"name\"");
	assert_int_equal(registry_check_about(NULL, &error), -1);
}

TESTS(cmocka_unit_test(what_a_plugins_process_declares_is_taken_only_in_its_form),
      cmocka_unit_test(a_topic_is_bound_to_its_unit_and_plugin),
      cmocka_unit_test(a_configuration_without_topics_binds_nothing),
      cmocka_unit_test(what_is_fetched_is_what_the_unit_declares_and_what_the_host_reads),
      cmocka_unit_test(options_are_those_given_and_the_fallbacks_of_the_others),
      cmocka_unit_test(services_are_known_by_their_alias),
      cmocka_unit_test(a_task_may_call_the_services_that_are_listed_or_found_by_url_and_no_other),
      cmocka_unit_test(a_topic_is_found_by_its_name_at_its_own_engine),
      cmocka_unit_test(topics_of_a_plugin_that_could_not_be_loaded_are_left_out_without_a_word),
      cmocka_unit_test(a_unit_that_the_plugin_lacks_is_a_problem_that_names_those_it_has),
      cmocka_unit_test(a_plugin_without_units_has_none_to_name),
      cmocka_unit_test(a_service_that_the_unit_needs_and_the_topic_lacks_is_a_problem),
      cmocka_unit_test(a_service_that_is_needed_under_a_name_must_have_it),
      cmocka_unit_test(the_engine_that_a_unit_calls_must_have_a_rest_interface),
      cmocka_unit_test(a_key_that_neither_topic_nor_unit_has_is_a_problem_with_the_nearest_name),
      cmocka_unit_test(a_key_that_the_unit_needs_and_the_topic_lacks_is_a_problem),
      cmocka_unit_test(all_problems_are_shown_and_what_fits_is_bound))
