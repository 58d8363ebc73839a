/* service.c: [service NAME]: an API or a mail server that units call. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/endpoint.h"
#include "config/section.h"
#include "http/mail.h"
#include "http/url.h"

static const char *const types[] = {"zrc", "ztc", "drc", "brc", "ac", "nrc", "cmc", "kc", "vrc", "orc", "smtp", NULL};

static const char *const keys[] = {"type",
				   "root",
				   "auth",
				   "client_id",
				   "secret_file",
				   "secret_env",
				   "secret_credential",
				   "header",
				   "value_file",
				   "value_env",
				   "value_credential",
				   "user_id",
				   "user_representation",
				   "token_leeway",
				   "token_url",
				   "scope",
				   "timeout",
				   "ca_file",
				   "client_cert",
				   "client_key",
				   "allow_plain",
				   "user",
				   "password_file",
				   "password_env",
				   "password_credential",
				   "from",
				   "starttls",
				   NULL};

static void read_api(struct fields *fields, struct service *service)
{
	static const int ways[] = {SERVICE_ZGW, SERVICE_API_KEY, SERVICE_OAUTH2, SERVICE_BASIC, SERVICE_NONE, -1};

	service->root = endpoint_root(fields, "root", "the root of the API, such as https://host/zaken/api/v1/");
	endpoint_auth(fields, service, ways);
	endpoint_tls(fields, service, service->root && endpoint_is_plain(service->root) ? "an http:// address" : NULL);
	if (service->root)
		endpoint_guard(fields, service, "root", service->root);
}

/* smtp://host:port without a path: curl would take a path as the name to greet with. Owned, NULL when it is wrong. */
static char *read_mail_root(struct fields *fields)
{
	const char *value =
		fields_need(fields, "root", "the mail server, such as smtp://mail.example:587 or smtps://mail.example");
	struct error error = {0};
	char *root = value ? url_normal(value, "smtp smtps", &error) : NULL;
	size_t start;

	if (!value)
		return NULL;
	if (!root) {
		fields_problem(fields, "root", "%s", error.text);
		return NULL;
	}
	start = (size_t)(strchr(root, ':') - root) + 3; /* behind "://" */
	if (strcmp(root + start + strcspn(root + start, "/?"), "/") != 0) {
		fields_wrong(fields, "root", "expected smtp://host:port or smtps://host:port and nothing behind it");
		free(root);
		return NULL;
	}
	root[strlen(root) - 1] = '\0';
	return root;
}

static void read_starttls(struct fields *fields, struct service *service)
{
	static const char *const choices[] = {"off", "required", NULL};

	service->starttls = fields_choice(fields, "starttls", choices, 1);
	if (!service->root)
		return;
	if (!endpoint_is_plain(service->root)) {
		if (fields_has(fields, "starttls"))
			fields_wrong(fields, "starttls", "smtps:// uses TLS from the start: leave this out");
		service->starttls = 0;
	} else if (!service->starttls) {
		endpoint_guard(fields, service, "starttls", service->root);
	}
}

static void read_smtp(struct fields *fields, struct service *service)
{
	const char *from = fields_need(fields, "from", "the address that mails come from");
	struct error error = {0};

	if (from && mail_check_address(from, &error) != 0)
		fields_problem(fields, "from", "%s", error.text);
	service->from = mem_text(from);
	service->root = read_mail_root(fields);
	if (fields_has(fields, "user"))
		endpoint_user(fields, service);
	read_starttls(fields, service);
	endpoint_tls(fields, service,
		     service->root && endpoint_is_plain(service->root) && !service->starttls
			     ? "smtp:// with starttls = off"
			     : NULL);
}

void section_service(struct config *config, struct fields *fields)
{
	struct config_service *entry;
	struct service *service;
	const char *value =
		fields_need(fields, "type", "one of zrc, ztc, drc, brc, ac, nrc, cmc, kc, vrc, orc and smtp");
	int type = fields_choice(fields, "type", types, -1);
	char *choice = NULL;

	config->services = mem_resize(config->services, config->service_count + 1, sizeof(*config->services));
	entry = &config->services[config->service_count++];
	*entry = (struct config_service){.place = fields->section->place};
	service = &entry->service;
	service->name = mem_text(fields->section->name);
	service->type = mem_text(type >= 0 ? value : "");
	service->timeout = fields_duration(fields, "timeout", 10 * FIELDS_SECOND, 100, 10 * FIELDS_MINUTE);
	fields->allow_plain = fields_boolean(fields, "allow_plain", 0);
	if (type >= 0 && text_equal(value, "smtp")) {
		read_smtp(fields, service);
		choice = mem_text(fields_has(fields, "user") ? "type = smtp" : "type = smtp and no user");
	} else if (type >= 0) {
		read_api(fields, service);
		choice = mem_format("type = %s and auth = %s", value, service_auth_name(service->auth));
	}
	fields_done(fields, keys, choice);
	free(choice);
}

const char **section_service_names(const struct config *config)
{
	const char **names = mem_new(config->service_count + 1, sizeof(*names));

	for (size_t i = 0; i < config->service_count; i++)
		names[i] = config->services[i].service.name;
	return names;
}

size_t section_find_service(const struct config *config, const char *name)
{
	size_t i;

	for (i = 0; i < config->service_count; i++)
		if (strcmp(config->services[i].service.name, name) == 0)
			break;
	return i;
}
