/* topic.c: [topic NAME]: which unit does the work of a topic, for which engine, with which services. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/near.h"
#include "config/section.h"

const char *const config_topic_keys[] = {"topic",
					 "unit",
					 "engine",
					 "services",
					 "lock",
					 "time_limit",
					 "parallel",
					 "retries",
					 "retry_wait",
					 "retry_wait_most",
					 "process_definition_keys",
					 "tenants",
					 "without_tenant",
					 "business_key",
					 "process_variables",
					 "local_variables",
					 "extension_properties",
					 NULL};

/* unit = plugin.Unit, of a plugin that has a section. */
static void read_unit(const struct config *config, struct fields *fields, struct config_topic *topic)
{
	const char *value = fields_need(fields, "unit", "PLUGIN.UNIT, such as zgw.CreateZaakTask");
	const char *dot = value ? strchr(value, '.') : NULL;
	const char **names;
	char *hint;

	topic->unit_place = fields_place(fields, "unit");
	if (!value)
		return;
	if (!dot || dot == value || !dot[1]) {
		fields_wrong(fields, "unit", "expected PLUGIN.UNIT, such as zgw.CreateZaakTask");
		return;
	}
	topic->plugin = mem_slice(value, (size_t)(dot - value));
	topic->unit = mem_text(dot + 1);
	for (size_t i = 0; i < config->plugin_count; i++)
		if (strcmp(config->plugins[i].name, topic->plugin) == 0)
			return;
	names = mem_new(config->plugin_count + 1, sizeof(*names));
	for (size_t i = 0; i < config->plugin_count; i++)
		names[i] = config->plugins[i].name;
	hint = near_hint(topic->plugin, names);
	fields_wrong(fields, "unit", "there is no [plugin %s]%s%s", topic->plugin, hint,
		     *hint ? "" : ": add the section, so that the plugin is loaded");
	free(hint);
	free(names);
}

/* The engine by name, or the only one. */
static void read_engine(const struct config *config, struct fields *fields, struct config_topic *topic)
{
	const char *value = fields_text(fields, "engine");
	const char **names;
	char *hint;

	if (!value && config->engine_count == 1)
		return;
	if (!value && config->engine_count > 1) {
		if (!fields_has(fields, "engine"))
			fields_missing(fields, "engine", "the name of an engine, because there are several");
		return;
	}
	for (size_t i = 0; value && i < config->engine_count; i++)
		if (strcmp(config->engines[i].name, value) == 0) {
			topic->engine = i;
			return;
		}
	if (config->engine_count == 0) {
		if (config->topic_count == 1) /* said once, at the first topic */
			problems_add(fields->problems, &fields->section->place,
				     "[topic %s] needs an engine: there is no section [engine NAME]", topic->name);
		return;
	}
	names = mem_new(config->engine_count + 1, sizeof(*names));
	for (size_t i = 0; i < config->engine_count; i++)
		names[i] = config->engines[i].name;
	hint = near_hint(value, names);
	fields_wrong(fields, "engine", "there is no [engine %s]%s", value, hint);
	free(hint);
	free(names);
}

/* Does the new entry fit beside those that the topic has? Two services of one type could not be told apart, except by
 * alias: those are the object APIs. */
static int check_use(const struct config *config, struct fields *fields, const struct config_topic *topic,
		     const struct config_use *use)
{
	const struct service *service = &config->services[use->service].service;

	for (size_t i = 0; i < topic->use_count; i++) {
		const struct service *other = &config->services[topic->uses[i].service].service;

		if (strcmp(topic->uses[i].alias, use->alias) == 0) {
			fields_wrong(fields, "services", "%s stands in the list twice: give one of them another alias",
				     use->alias);
			return -1;
		}
		if (*service->type && strcmp(service->type, other->type) == 0 && strcmp(service->type, "orc") != 0) {
			fields_wrong(fields, "services", "%s and %s are both of type %s: a topic has one of each type",
				     other->name, service->name, service->type);
			return -1;
		}
	}
	return 0;
}

/* NAME or ALIAS=NAME. */
static void read_use(const struct config *config, struct fields *fields, struct config_topic *topic, const char *text)
{
	const char *equals = strchr(text, '='), *name = equals ? equals + 1 : text;
	size_t length = equals ? (size_t)(equals - text) : strlen(text);
	struct config_use use = {0};
	const char **names;
	char *hint;

	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	name += strspn(name, " \t");
	if (length == 0 || !*name) {
		fields_wrong(fields, "services", "expected NAME or ALIAS=NAME between the commas");
		return;
	}
	use.service = section_find_service(config, name);
	if (use.service == config->service_count) {
		names = section_service_names(config);
		hint = near_hint(name, names);
		fields_wrong(fields, "services", "there is no [service %s]%s", name, hint);
		free(hint);
		free(names);
		return;
	}
	use.alias = mem_slice(text, length);
	if (!reader_is_name(use.alias, length)) {
		fields_wrong(fields, "services", "the alias %s holds other characters than letters, digits, . _ and -",
			     use.alias);
		free(use.alias);
		return;
	}
	if (check_use(config, fields, topic, &use) != 0) {
		free(use.alias);
		return;
	}
	topic->uses = mem_resize(topic->uses, topic->use_count + 1, sizeof(*topic->uses));
	topic->uses[topic->use_count++] = use;
}

static void read_services(const struct config *config, struct fields *fields, struct config_topic *topic)
{
	struct texts entries = fields_list(fields, "services");

	topic->uses_place = fields_place(fields, "services");
	for (size_t i = 0; i < entries.count; i++)
		read_use(config, fields, topic, entries.list[i]);
	texts_free(&entries);
}

static void read_times(struct fields *fields, struct config_topic *topic)
{
	topic->lock = fields_duration(fields, "lock", FIELDS_MINUTE, 10 * FIELDS_SECOND, FIELDS_DAY);
	topic->time_limit = fields_duration(fields, "time_limit", 0, FIELDS_SECOND, FIELDS_DAY);
	topic->parallel = fields_integer(fields, "parallel", 0, 1, 1000);
	topic->retries = fields_integer(fields, "retries", 3, 0, 1000);
	topic->retry_wait = fields_duration(fields, "retry_wait", 10 * FIELDS_SECOND, 0, 7 * FIELDS_DAY);
	topic->retry_wait_most = fields_duration(fields, "retry_wait_most", FIELDS_HOUR, 0, 30 * FIELDS_DAY);
	if (topic->retry_wait <= topic->retry_wait_most)
		return;
	if (fields_has(fields, "retry_wait_most"))
		fields_wrong(fields, "retry_wait_most", "at least as long as retry_wait");
	else /* who asks for a long first wait has not asked for a shorter one later */
		topic->retry_wait_most = topic->retry_wait;
}

static void check_topic(const struct config *config, struct fields *fields, const struct config_topic *topic)
{
	struct place place = fields_place(fields, "topic");

	if (strlen(topic->topic) > 255)
		fields_wrong(fields, "topic", "is %zu bytes long: at most 255", strlen(topic->topic));
	for (size_t i = 0; i + 1 < config->topic_count; i++) {
		const struct config_topic *other = &config->topics[i];

		if (other->engine == topic->engine && strcmp(other->topic, topic->topic) == 0)
			problems_add(fields->problems, &place,
				     "[topic %s] has the same topic %s on the same engine as [topic %s] (%s:%d)",
				     topic->name, topic->topic, other->name, other->place.file, other->place.line);
	}
}

void section_topic(struct config *config, struct fields *fields)
{
	struct config_topic *topic;
	const char *name = fields_text(fields, "topic");

	config->topics = mem_resize(config->topics, config->topic_count + 1, sizeof(*config->topics));
	topic = &config->topics[config->topic_count++];
	*topic = (struct config_topic){.place = fields->section->place};
	topic->name = mem_text(fields->section->name);
	topic->topic = mem_text(name ? name : topic->name);
	read_unit(config, fields, topic);
	read_engine(config, fields, topic);
	read_services(config, fields, topic);
	read_times(fields, topic);
	topic->definition_keys = fields_list(fields, "process_definition_keys");
	topic->tenants = fields_list(fields, "tenants");
	topic->without_tenant = fields_boolean(fields, "without_tenant", 0);
	if (topic->without_tenant && topic->tenants.count > 0)
		fields_wrong(fields, "without_tenant", "tenants names tenants: keep one of the two");
	topic->business_key = mem_text(fields_text(fields, "business_key"));
	topic->process_variables = fields_object(fields, "process_variables");
	topic->local_variables = fields_boolean(fields, "local_variables", 0);
	topic->extension_properties = fields_boolean(fields, "extension_properties", 0);
	check_topic(config, fields, topic);
	topic->settings = fields_rest(fields, &topic->setting_count);
}

void section_free_topic(struct config_topic *topic)
{
	for (size_t i = 0; i < topic->use_count; i++)
		free(topic->uses[i].alias);
	free(topic->uses);
	free(topic->name);
	free(topic->topic);
	free(topic->plugin);
	free(topic->unit);
	free(topic->business_key);
	texts_free(&topic->definition_keys);
	texts_free(&topic->tenants);
	json_decref(topic->process_variables);
	section_free_settings(topic->settings, topic->setting_count);
}
