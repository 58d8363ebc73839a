/* service.c: see service.h. The JSON form goes over a socket pair from the core to a runner of its own and nowhere
 * else: it holds secrets. */
#include "http/service.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "http/url.h"

static const char *const auth_names[] = {
	[SERVICE_NONE] = "none",     [SERVICE_ZGW] = "zgw",     [SERVICE_API_KEY] = "api_key",
	[SERVICE_OAUTH2] = "oauth2", [SERVICE_BASIC] = "basic", [SERVICE_BEARER] = "bearer"};

#define AUTH_COUNT (sizeof(auth_names) / sizeof(*auth_names))

/* The members that are texts: one list for writing, reading and freeing. */
#define SERVICE_TEXTS(X)                                                                                               \
	X(name)                                                                                                        \
	X(type)                                                                                                        \
	X(root) X(user_id) X(user_representation) X(token_url) X(scope) X(ca_file) X(client_cert) X(client_key) X(from)
#define CREDENTIALS_TEXTS(X) X(client_id) X(secret) X(header) X(value)

static void credentials_clear(struct credentials *credentials)
{
	free(credentials->client_id);
	mem_wipe(credentials->secret);
	free(credentials->header);
	mem_wipe(credentials->value);
	*credentials = (struct credentials){0};
}

void service_clear(struct service *service)
{
	credentials_clear(&service->own);
#define X(member) free(service->member);
	SERVICE_TEXTS(X)
#undef X
	*service = (struct service){0};
}

void app_clear(struct app *app)
{
	for (size_t i = 0; i < app->count; i++) {
		free(app->entries[i].service);
		credentials_clear(&app->entries[i].credentials);
	}
	free(app->entries);
	free(app->name);
	free(app->id);
	*app = (struct app){0};
}

const char *service_auth_name(enum service_auth auth)
{
	return auth_names[auth];
}

int service_auth_named(const char *name)
{
	for (size_t i = 0; i < AUTH_COUNT; i++)
		if (strcmp(auth_names[i], name) == 0)
			return (int)i;
	return -1;
}

static json_t *credentials_to_json(const struct credentials *credentials)
{
	json_t *value = mem_json(json_object());

#define X(member) json_put_text(value, #member, credentials->member);
	CREDENTIALS_TEXTS(X)
#undef X
	return value;
}

static void credentials_from_json(struct credentials *credentials, const json_t *value)
{
#define X(member) credentials->member = mem_text(json_get_text(value, #member));
	CREDENTIALS_TEXTS(X)
#undef X
}

static void put(json_t *object, const char *name, json_t *value)
{
	if (json_object_set_new(object, name, mem_json(value)))
		mem_out();
}

json_t *service_to_json(const struct service *service)
{
	json_t *value = mem_json(json_object());

#define X(member) json_put_text(value, #member, service->member);
	SERVICE_TEXTS(X)
#undef X
	json_put_text(value, "auth", service_auth_name(service->auth));
	put(value, "own", credentials_to_json(&service->own));
	put(value, "token_leeway", json_integer(service->token_leeway));
	put(value, "timeout", json_integer(service->timeout));
	put(value, "starttls", json_boolean(service->starttls));
	return value;
}

int service_from_json(struct service *service, const json_t *value, struct error *error)
{
	const char *auth = json_get_text(value, "auth");
	int kind = auth ? service_auth_named(auth) : -1;

	if (kind < 0)
		return error_set(error, "a service has no \"auth\" that is known here");
	service->auth = (enum service_auth)kind;
#define X(member) service->member = mem_text(json_get_text(value, #member));
	SERVICE_TEXTS(X)
#undef X
	credentials_from_json(&service->own, json_object_get(value, "own"));
	service->token_leeway = json_get_integer(value, "token_leeway", 0);
	service->timeout = json_get_integer(value, "timeout", 0);
	service->starttls = json_get_boolean(value, "starttls", 0);
	if (service->name && service->type && service->root)
		return 0;
	service_clear(service);
	return error_set(error, "a service lacks its name, type or root");
}

/* Is a service of this name in the list? */
static int listed(const json_t *services, const char *name)
{
	const json_t *service;
	size_t i;

	json_array_foreach (services, i, service)
		if (strcmp(json_get_text(service, "name"), name) == 0)
			return 1;
	return 0;
}

json_t *app_to_json(const struct app *app, const json_t *services)
{
	json_t *value = mem_json(json_object());
	json_t *entries = mem_json(json_array());

	json_put_text(value, "name", app->name);
	json_put_text(value, "id", app->id);
	for (size_t i = 0; i < app->count; i++) {
		json_t *entry;

		if (services && !listed(services, app->entries[i].service))
			continue;
		entry = credentials_to_json(&app->entries[i].credentials);
		json_put_text(entry, "service", app->entries[i].service);
		if (json_array_append_new(entries, entry))
			mem_out();
	}
	put(value, "entries", entries);
	return value;
}

int app_from_json(struct app *app, const json_t *value, struct error *error)
{
	const json_t *entries = json_object_get(value, "entries");
	const json_t *entry;
	size_t i;

	app->name = mem_text(json_get_text(value, "name"));
	app->id = mem_text(json_get_text(value, "id"));
	app->entries = mem_new(json_array_size(entries), sizeof(*app->entries));
	json_array_foreach (entries, i, entry) {
		app->entries[i].service = mem_text(json_get_text(entry, "service"));
		credentials_from_json(&app->entries[i].credentials, entry);
		app->count++;
		if (!app->entries[i].service)
			goto fail;
	}
	if (app->name && app->id)
		return 0;
fail:
	app_clear(app);
	return error_set(error, "an app lacks its name or id, or an entry of it its service");
}

/* A user name is no secret, and masking one that is a common word would make lines unreadable. */
static void credentials_hide(const struct credentials *credentials, struct log *log)
{
	char *escaped = url_escape(credentials->secret ? credentials->secret : "");

	log_hide(log, credentials->secret);
	log_hide(log, escaped); /* so that it is known in base64, too: OAuth2 sends it that way */
	mem_wipe(escaped);
	log_hide(log, credentials->value);
}

void service_hide(const struct service *service, struct log *log)
{
	credentials_hide(&service->own, log);
}

void app_hide(const struct app *app, struct log *log)
{
	for (size_t i = 0; i < app->count; i++)
		credentials_hide(&app->entries[i].credentials, log);
}
