/* plugin.c: what a plugin declares. The input is what the core may get as the `ready` frame of a plugin's process. When
 * the core takes it, topics are bound to its units, and polls are made of its variables. The same is then declared as
 * the structs of a plugin, with the bytes of the input in its texts, and described: the core must take that. */
#include "runner/plugin.h"
#include "base/json.h"
#include "core/registry.h"
#include "engine/camunda_wire.h"
#include "fuzz.h"

#define ROWS 4 /* most rows of a list that are made into structs */

/* ---- held against a configuration ---- */

static const struct service zrc = {.name = (char[]){"zaken"}, .type = (char[]){"zrc"}};

static void check_binding(const struct binding *binding)
{
	struct engine_topic topic = {.name = "t", .variables = (const char *const *)binding->variables};
	json_t *body, *names, *option;
	size_t count = 0;
	const char *key;

	for (const char *const *name = topic.variables; *name; name++, count++)
		HOLDS(**name, "a variable without a name");
	HOLDS(count >= json_array_size(json_object_get(binding->unit, "in")), "%zu variables are fetched", count);
	HOLDS(text_in("callbackUrl", topic.variables) && text_in("bptlAppId", topic.variables), "ours are missing");
	body = camunda_fetch_body("w", &topic, 1, 1, 0, 1, NULL);
	names = json_object_get(json_array_get(json_object_get(body, "topics"), 0), "variables");
	HOLDS(json_array_size(names) == count, "%zu of %zu variables", json_array_size(names), count);
	json_decref(body);
	json_object_foreach (binding->options, key, option)
		HOLDS(json_is_string(option), "option %s", key);
	HOLDS(binding_may_call(binding, &zrc), "its topic lists the service");
}

/* Two topics, for units of the names U and V; the second has a key of a unit and one that nobody knows. */
static void check_registry(json_t *about)
{
	struct config_use use = {.alias = (char[]){"zaken"}, .service = 0};
	struct setting settings[] = {{(char[]){"a"}, (char[]){"1"}, {"t.ini", 9}},
				     {(char[]){"b"}, (char[]){"2"}, {"t.ini", 10}}};
	struct config_engine engine = {.name = (char[]){"main"}, .type = CONFIG_LOCAL};
	struct config_service service = {.service = zrc};
	struct config_plugin plugin = {.name = (char[]){"p"}};
	struct config_topic topics[2] = {{.name = (char[]){"one"},
					  .topic = (char[]){"one"},
					  .plugin = plugin.name,
					  .unit = (char[]){"U"},
					  .place = {"t.ini", 1},
					  .unit_place = {"t.ini", 2},
					  .uses = &use,
					  .use_count = 1},
					 {.name = (char[]){"two"},
					  .topic = (char[]){"two"},
					  .plugin = plugin.name,
					  .unit = (char[]){"V"},
					  .place = {"t.ini", 7},
					  .unit_place = {"t.ini", 8},
					  .uses = &use,
					  .use_count = 1,
					  .settings = settings,
					  .setting_count = 2}};
	struct config config = {.engines = &engine,
				.engine_count = 1,
				.services = &service,
				.service_count = 1,
				.plugins = &plugin,
				.plugin_count = 1,
				.topics = topics,
				.topic_count = 2};
	struct problems problems = {0};
	struct registry registry;
	int code = registry_build(&registry, &config, &about, &problems);

	HOLDS((code == 0) == (problems.count == 0), "%d with %zu problems", code, problems.count);
	HOLDS(code != 0 || registry.count == 2, "%zu bindings", registry.count);
	for (size_t i = 0; i < problems.count; i++)
		holds_message(problems.list[i]);
	for (size_t i = 0; i < registry.count; i++)
		check_binding(&registry.bindings[i]);
	registry_clear(&registry);
	problems_free(&problems);
}

/* ---- declared by a plugin ---- */

struct maker {
	struct bptl_variable variables[ROWS + 1];
	struct bptl_need needs[ROWS + 1];
	struct bptl_key keys[ROWS + 1];
	struct bptl_unit unit;
	const struct bptl_unit *units[2];
	struct bptl_plugin about;
	struct plugin plugin;
};

static int run_nothing(struct bptl_task *t)
{
	(void)t;
	return 0;
}

/* The next line of the input, as bytes in no encoding. */
static const char *next_text(struct input *in, json_t *texts)
{
	char *line = input_line(in);
	json_t *kept = mem_json(json_stringn_nocheck(line, strlen(line)));

	free(line);
	(void)json_array_append_new(texts, kept);
	return json_string_value(kept);
}

static void make(struct maker *m, struct input *in, json_t *texts)
{
	size_t rows = input_byte(in) % (ROWS + 1);
	unsigned flags = input_byte(in);

	*m = (struct maker){0};
	for (size_t i = 0; i < rows; i++) {
		m->variables[i] = (struct bptl_variable){.name = next_text(in, texts),
							 .type = (enum bptl_type)(flags % 8),
							 .flags = flags & 7,
							 .doc = next_text(in, texts),
							 .instead = flags & 1 ? next_text(in, texts) : NULL};
		m->needs[i] = (struct bptl_need){.type = m->variables[i].name,
						 .alias = m->variables[i].instead,
						 .flags = flags,
						 .doc = m->variables[i].doc};
		m->keys[i] = (struct bptl_key){.name = m->variables[i].name,
					       .flags = flags,
					       .fallback = m->variables[i].instead,
					       .doc = m->variables[i].doc};
	}
	m->unit = (struct bptl_unit){.name = "U",
				     .summary = next_text(in, texts),
				     .run = run_nothing,
				     .in = m->variables,
				     .out = m->variables,
				     .needs = m->needs,
				     .options = m->keys};
	m->units[0] = &m->unit;
	m->about = (struct bptl_plugin){
		BPTL_HANDSHAKE,    .name = "p",       .version = next_text(in, texts), .summary = next_text(in, texts),
		.units = m->units, .options = m->keys};
	m->plugin = (struct plugin){.name = mem_text("p"), .file = mem_text("p.so"), .about = &m->about};
}

static size_t rows_of(const json_t *parent, const char *member)
{
	return json_array_size(json_object_get(parent, member));
}

static void check_structs(struct input in)
{
	json_t *texts = mem_json(json_array()), *about, *unit;
	struct error error = {0};
	struct maker m;
	size_t rows = 0;

	make(&m, &in, texts);
	about = plugin_describe(&m.plugin);
	unit = json_array_get(json_object_get(about, "units"), 0);
	while (m.variables[rows].name)
		rows++;
	HOLDS(rows_of(unit, "in") == rows && rows_of(unit, "needs") == rows && rows_of(unit, "options") == rows,
	      "rows are missing");
	if (registry_check_about(about, &error) == 0)
		check_registry(about);
	else
		HOLDS(strstr(error.text, " has an empty "), "a plugin's own description is refused: %s", error.text);
	json_decref(about);
	json_decref(texts);
	plugin_close(&m.plugin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = input_of(data, size);
	char *bytes = mem_slice(in.at, size), reason[160];
	json_t *about = json_read(bytes, size, reason);
	struct error error = {0};

	if (registry_check_about(about, &error) == 0)
		check_registry(about);
	else
		holds_message(error.text);
	check_structs(in);
	json_decref(about);
	free(bytes);
	return 0;
}
