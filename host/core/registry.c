/* registry.c: see registry.h. */
#include "core/registry.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/near.h"

/* ---- what a plugin declares ---- */

/* A member is a list of objects that have these texts, the first of which is not empty. */
static int check_rows(const json_t *parent, const char *member, const char *const *texts, struct error *error)
{
	const json_t *rows = json_object_get(parent, member), *row;
	size_t i;

	if (!json_is_array(rows))
		return error_set(error, "it has no list \"%s\"", member);
	json_array_foreach (rows, i, row) {
		const char *first = json_get_text(row, texts[0]);

		for (const char *const *text = texts; *text; text++)
			if (!json_get_text(row, *text))
				return error_set(error, "row %zu of \"%s\" has no text \"%s\"", i + 1, member, *text);
		if (!*first)
			return error_set(error, "row %zu of \"%s\" has an empty %s", i + 1, member, texts[0]);
	}
	return 0;
}

int registry_check_about(const json_t *about, struct error *error)
{
	static const char *const plugin[] = {"name", "version", "summary", "file", NULL};
	static const char *const unit[] = {"name", "summary", NULL};
	static const char *const variable[] = {"name", "type", "need", "doc", NULL};
	static const char *const need[] = {"type", "doc", NULL};
	static const char *const option[] = {"name", "doc", NULL};
	const json_t *units = json_object_get(about, "units"), *row;
	size_t i;

	for (const char *const *text = plugin; *text; text++)
		if (!json_get_text(about, *text))
			return error_set(error, "it has no text \"%s\"", *text);
	if (check_rows(about, "options", option, error) || check_rows(about, "units", unit, error))
		return -1;
	json_array_foreach (units, i, row)
		if (check_rows(row, "in", variable, error) || check_rows(row, "out", variable, error) ||
		    check_rows(row, "needs", need, error) || check_rows(row, "options", option, error))
			return error_prefix(error, "unit %s: ", json_get_text(row, "name"));
	return 0;
}

/* ---- topics ---- */

static size_t plugin_index(const struct config *config, const char *name)
{
	for (size_t i = 0; i < config->plugin_count; i++)
		if (strcmp(config->plugins[i].name, name) == 0)
			return i;
	return config->plugin_count;
}

static const json_t *unit_named(const json_t *about, const char *name)
{
	const json_t *unit;
	size_t i;

	json_array_foreach (json_object_get(about, "units"), i, unit)
		if (text_equal(json_get_text(unit, "name"), name))
			return unit;
	return NULL;
}

static char *unit_list(const json_t *about)
{
	struct text text = {0};
	const json_t *unit;
	size_t i;

	json_array_foreach (json_object_get(about, "units"), i, unit)
		text_add_format(&text, "%s%s", i ? ", " : "", json_get_text(unit, "name"));
	return text_take(&text);
}

/* The topic's service of a type, or with an alias: is there one? */
static int has_service(const struct config *config, const struct config_topic *topic, const json_t *need)
{
	const char *type = json_get_text(need, "type"), *alias = json_get_text(need, "alias");

	for (size_t i = 0; i < config->service_count && json_get_boolean(need, "by_url", 0); i++)
		if (text_equal(config->services[i].service.type, type))
			return 1;

	for (size_t i = 0; i < topic->use_count; i++) {
		const struct config_use *use = &topic->uses[i];

		if (text_equal(config->services[use->service].service.type, type) &&
		    (!alias || text_equal(use->alias, alias)))
			return 1;
	}
	return 0;
}

static void check_needs(const struct config *config, const struct binding *binding, struct problems *problems)
{
	const struct config_topic *topic = binding->topic;
	const json_t *need;
	size_t i;

	json_array_foreach (json_object_get(binding->unit, "needs"), i, need) {
		const char *type = json_get_text(need, "type"), *alias = json_get_text(need, "alias");

		if (!json_get_boolean(need, "required", 0))
			continue;
		if (text_equal(type, "engine")) {
			if (config->engines[topic->engine].type == CONFIG_LOCAL)
				problems_add(problems, &topic->unit_place,
					     "%s.%s calls the engine's REST interface, which engine %s (type local) "
					     "does not have: bind the topic to an engine of type camunda",
					     topic->plugin, topic->unit, config->engines[topic->engine].name);
		} else if (!has_service(config, topic, need)) {
			problems_add(problems, topic->use_count ? &topic->uses_place : &topic->place,
				     "NoService: %s.%s needs a service of type %s%s%s (%s): add one to services = ",
				     topic->plugin, topic->unit, type, alias ? " under the name " : "",
				     alias ? alias : "", json_get_text(need, "doc"));
		}
	}
}

static void unknown_key(const struct config_topic *topic, const struct setting *setting, const json_t *options,
			struct problems *problems)
{
	const char **names;
	const json_t *option;
	size_t i, count = 0;
	char *hint;

	while (config_topic_keys[count])
		count++;
	names = mem_new(count + json_array_size(options) + 1, sizeof(*names));
	memcpy(names, config_topic_keys, count * sizeof(*names));
	json_array_foreach (options, i, option)
		names[count++] = json_get_text(option, "name");
	hint = near_hint(setting->name, names);
	problems_add(problems, &setting->place, "unknown key %s: neither a topic nor the unit %s.%s has it%s",
		     setting->name, topic->plugin, topic->unit, hint);
	free(hint);
	free(names);
}

static void set_options(struct binding *binding, struct problems *problems)
{
	const struct config_topic *topic = binding->topic;
	const json_t *options = json_object_get(binding->unit, "options");
	const json_t *option;
	size_t i;

	binding->options = mem_json(json_object());
	json_array_foreach (options, i, option)
		json_put_text(binding->options, json_get_text(option, "name"), json_get_text(option, "fallback"));
	for (size_t k = 0; k < topic->setting_count; k++) {
		const struct setting *setting = &topic->settings[k];
		int known = 0;

		json_array_foreach (options, i, option)
			known |= text_equal(json_get_text(option, "name"), setting->name);
		if (known)
			json_put_text(binding->options, setting->name, setting->value);
		else
			unknown_key(topic, setting, options, problems);
	}
	json_array_foreach (options, i, option)
		if (json_get_boolean(option, "required", 0) &&
		    !json_object_get(binding->options, json_get_text(option, "name")))
			problems_add(problems, &topic->place, "the key %s is missing: %s.%s needs it (%s)",
				     json_get_text(option, "name"), topic->plugin, topic->unit,
				     json_get_text(option, "doc"));
}

static void list_variables(struct binding *binding)
{
	const json_t *list = json_object_get(binding->unit, "in");
	const json_t *variable;
	const char *instead;
	size_t i, count = 0;

	binding->variables = mem_new(2 * json_array_size(list) + 3, sizeof(*binding->variables));
	json_array_foreach (list, i, variable) {
		binding->variables[count++] = json_get_text(variable, "name");
		instead = json_get_text(variable, "instead");
		if (instead && *instead)
			binding->variables[count++] = instead;
	}
	if (!text_in("callbackUrl", (const char *const *)binding->variables))
		binding->variables[count++] = "callbackUrl";
	if (!text_in("bptlAppId", (const char *const *)binding->variables))
		binding->variables[count++] = "bptlAppId";
}

static void bind(struct registry *registry, const struct config *config, json_t *const *abouts,
		 const struct config_topic *topic, struct problems *problems)
{
	struct binding *binding = &registry->bindings[registry->count];
	size_t plugin = plugin_index(config, topic->plugin);

	if (plugin == config->plugin_count || !abouts[plugin])
		return; /* said already */
	*binding = (struct binding){.topic = topic, .plugin = plugin, .unit = unit_named(abouts[plugin], topic->unit)};
	if (!binding->unit) {
		char *names = unit_list(abouts[plugin]);

		problems_add(problems, &topic->unit_place, "NoCallback: plugin %s has no unit %s; it has: %s",
			     topic->plugin, topic->unit, *names ? names : "none");
		free(names);
		return;
	}
	registry->count++;
	check_needs(config, binding, problems);
	set_options(binding, problems);
	list_variables(binding);
	binding->uses = mem_json(json_object());
	for (size_t i = 0; i < topic->use_count; i++)
		json_put_text(binding->uses, topic->uses[i].alias,
			      config->services[topic->uses[i].service].service.name);
}

int registry_build(struct registry *registry, const struct config *config, json_t *const *abouts,
		   struct problems *problems)
{
	size_t before = problems->count;

	*registry = (struct registry){.bindings = mem_new(config->topic_count, sizeof(*registry->bindings))};
	for (size_t i = 0; i < config->topic_count; i++)
		bind(registry, config, abouts, &config->topics[i], problems);
	return problems->count == before ? 0 : -1;
}

int binding_may_call(const struct binding *binding, const struct service *service)
{
	const json_t *need, *use;
	const char *alias;
	size_t i;

	json_object_foreach (binding->uses, alias, use)
		if (text_equal(json_string_value(use), service->name))
			return 1;
	json_array_foreach (json_object_get(binding->unit, "needs"), i, need)
		if (json_get_boolean(need, "by_url", 0) && text_equal(json_get_text(need, "type"), service->type))
			return 1;
	return 0;
}

void registry_clear(struct registry *registry)
{
	for (size_t i = 0; i < registry->count; i++) {
		free(registry->bindings[i].variables);
		json_decref(registry->bindings[i].options);
		json_decref(registry->bindings[i].uses);
	}
	free(registry->bindings);
	*registry = (struct registry){0};
}

struct binding *registry_find(const struct registry *registry, size_t engine, const char *topic)
{
	for (size_t i = 0; i < registry->count; i++)
		if (registry->bindings[i].topic->engine == engine &&
		    strcmp(registry->bindings[i].topic->topic, topic) == 0)
			return &registry->bindings[i];
	return NULL;
}
