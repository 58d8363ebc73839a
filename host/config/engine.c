/* engine.c: [engine NAME]: where tasks come from. */
#include <stdlib.h>

#include "base/memory.h"
#include "config/endpoint.h"
#include "config/section.h"

static const char *const keys[] = {"type",
				   "url",
				   "auth",
				   "user",
				   "password_file",
				   "password_env",
				   "password_credential",
				   "secret_file",
				   "secret_env",
				   "secret_credential",
				   "token_file",
				   "token_env",
				   "token_credential",
				   "client_id",
				   "token_url",
				   "scope",
				   "ca_file",
				   "client_cert",
				   "client_key",
				   "allow_plain",
				   "timeout",
				   "long_poll",
				   "max_tasks",
				   "use_priority",
				   "order",
				   "database",
				   NULL};

static void read_camunda(struct fields *fields, struct config_engine *engine)
{
	static const int ways[] = {SERVICE_NONE, SERVICE_BASIC, SERVICE_BEARER, SERVICE_OAUTH2, -1};
	struct service *service = &engine->service;

	fields->allow_plain = fields_boolean(fields, "allow_plain", 0);
	service->root = endpoint_root(fields, "url",
				      "the root of the engine's REST interface, such as https://engine/engine-rest/");
	service->timeout = fields_duration(fields, "timeout", 10 * FIELDS_SECOND, 100, 10 * FIELDS_MINUTE);
	endpoint_auth(fields, service, ways);
	endpoint_tls(fields, service, service->root && endpoint_is_plain(service->root) ? "an http:// address" : NULL);
	if (service->root)
		endpoint_guard(fields, service, "url", service->root);
	engine->long_poll = fields_duration(fields, "long_poll", 25 * FIELDS_SECOND, FIELDS_SECOND, 30 * FIELDS_MINUTE);
}

static void read_order(struct fields *fields, struct config_engine *engine)
{
	static const char *const orders[] = {"asc", "desc", NULL};
	int order = fields_choice(fields, "order", orders, -1);

	if (order >= 0)
		engine->order = mem_text(orders[order]);
}

void section_engine(struct config *config, struct fields *fields)
{
	static const char *const types[] = {"camunda", "local", NULL};
	struct config_engine *engine;
	int type = fields_choice(fields, "type", types, CONFIG_CAMUNDA);
	char *choice;

	config->engines = mem_resize(config->engines, config->engine_count + 1, sizeof(*config->engines));
	engine = &config->engines[config->engine_count++];
	*engine = (struct config_engine){.place = fields->section->place};
	engine->name = mem_text(fields->section->name);
	engine->service.name = mem_text(engine->name);
	engine->service.type = mem_text("engine");
	if (type == CONFIG_CAMUNDA) {
		engine->type = CONFIG_CAMUNDA;
		read_camunda(fields, engine);
	} else {
		engine->type = CONFIG_LOCAL;
		engine->long_poll = 25 * FIELDS_SECOND;
		engine->database = fields_path(fields, "database");
		if (!engine->database)
			engine->database = mem_format("%s/%s.db", config->host.state, engine->name);
	}
	engine->max_tasks = fields_integer(fields, "max_tasks", 0, 0, 10000);
	engine->use_priority = fields_boolean(fields, "use_priority", 1);
	read_order(fields, engine);
	choice = engine->type == CONFIG_LOCAL
			 ? mem_text("type = local")
			 : mem_format("type = camunda and auth = %s", service_auth_name(engine->service.auth));
	fields_done(fields, keys, choice);
	free(choice);
}

void section_free_engine(struct config_engine *engine)
{
	service_clear(&engine->service);
	free(engine->name);
	free(engine->database);
	free(engine->order);
}
