/* app.c: [app NAME]: the credentials of an application, SERVICE.KEY for each service where it has its own. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/endpoint.h"
#include "config/near.h"
#include "config/secret.h"
#include "config/section.h"

static const char *const keys[] = {"client_id",         "secret_file",      "secret_env",
				   "secret_credential", "header",           "value_file",
				   "value_env",         "value_credential", NULL};

/* The service that a key "SERVICE.KEY" is about: its place, or config.service_count and the problem is said. A name may
 * have dots itself, so the last one counts. */
static size_t find_service(const struct config *config, struct fields *fields, const char *key)
{
	const char *dot = strrchr(key, '.');
	const char **names;
	char *name, *hint;
	size_t found;

	if (!dot || dot == key || !dot[1]) {
		hint = near_hint(key, (const char *const[]){"id", NULL});
		(void)fields_text(fields, key);
		fields_problem(fields, key, "unknown key in [app %s]%s%s expected id or SERVICE.KEY",
			       fields->section->name, hint, *hint ? "" : ":");
		free(hint);
		return config->service_count;
	}
	name = mem_slice(key, (size_t)(dot - key));
	found = section_find_service(config, name);
	if (found == config->service_count) {
		names = section_service_names(config);
		hint = near_hint(name, names);
		(void)fields_text(fields, key);
		fields_problem(fields, key, "there is no [service %s]%s", name, hint);
		free(hint);
		free(names);
	}
	free(name);
	return found;
}

/* Everything that the app says of one service. */
static void read_entry(struct app *app, struct fields *fields, const struct service *service)
{
	const char *name = service->name;
	char *client_id = mem_format("%s.client_id", name), *secret = mem_format("%s.secret", name);
	char *header = mem_format("%s.header", name), *value = mem_format("%s.value", name);
	struct app_entry *entry;

	app->entries = mem_resize(app->entries, app->count + 1, sizeof(*app->entries));
	entry = &app->entries[app->count++];
	*entry = (struct app_entry){.service = mem_text(name)};
	if (service->auth == SERVICE_API_KEY) {
		entry->credentials.header = endpoint_header(fields, header);
		if (!entry->credentials.header)
			entry->credentials.header = mem_text(service->own.header);
		entry->credentials.value = secret_read(fields, value, 1);
	} else if (service->auth != SERVICE_NONE) {
		entry->credentials.client_id =
			mem_text(fields_need(fields, client_id, "the name under which the service knows the app"));
		entry->credentials.secret = secret_read(fields, secret, 1);
	}
	free(client_id);
	free(secret);
	free(header);
	free(value);
}

/* Says what was not used of one service. */
static void check_rest(const struct config *config, struct fields *fields)
{
	for (size_t i = 0; i < fields->section->count; i++) {
		struct reader_entry *entry = &fields->section->entries[i];
		const char *dot = strrchr(entry->name, '.');
		const struct service *service;
		char *name, *choice, *hint;
		size_t found;

		if (entry->used)
			continue;
		name = mem_slice(entry->name, (size_t)(dot - entry->name));
		found = section_find_service(config, name);
		service = &config->services[found].service;
		choice = mem_format("auth = %s of [service %s]", service_auth_name(service->auth), name);
		if (strcmp(dot + 1, "secret") == 0 || strcmp(dot + 1, "value") == 0) {
			free(choice);
			free(name);
			continue; /* fields_done() says that it is in the clear */
		}
		entry->used = 1;
		hint = near_hint(dot + 1, keys);
		if (text_in(dot + 1, keys))
			fields_problem(fields, entry->name, "has no meaning with %s: leave it out", choice);
		else
			fields_problem(fields, entry->name, "an app has no key %s for a service%s", dot + 1, hint);
		free(hint);
		free(choice);
		free(name);
	}
}

static void check_id(const struct config *config, struct fields *fields, const char *id)
{
	for (size_t i = 0; id && i + 1 < config->app_count; i++)
		if (text_equal(config->apps[i].app.id, id))
			fields_wrong(fields, "id", "[app %s] has the same id (%s:%d)", config->apps[i].app.name,
				     config->apps[i].place.file, config->apps[i].place.line);
}

void section_app(struct config *config, struct fields *fields)
{
	struct config_app *entry;
	char *seen = mem_new(config->service_count + 1, 1);
	const char *id;

	config->apps = mem_resize(config->apps, config->app_count + 1, sizeof(*config->apps));
	entry = &config->apps[config->app_count++];
	*entry = (struct config_app){.place = fields->section->place};
	entry->app.name = mem_text(fields->section->name);
	id = fields_need(fields, "id", "the URL of the applicatie, as processes give it in bptlAppId");
	entry->app.id = mem_text(id);
	check_id(config, fields, id);
	for (size_t i = 0; i < fields->section->count; i++) {
		const char *key = fields->section->entries[i].name;
		size_t service;

		if (strcmp(key, "id") == 0)
			continue;
		service = find_service(config, fields, key);
		if (service == config->service_count || seen[service])
			continue;
		seen[service] = 1;
		read_entry(&entry->app, fields, &config->services[service].service);
	}
	free(seen);
	check_rest(config, fields);
	fields_done(fields, keys, NULL);
}
