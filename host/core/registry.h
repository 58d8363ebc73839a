/* registry.h: which topic is bound to which unit of which plugin, with which services: the configuration held against
 * what the loaded plugins declare. */
#ifndef BPTL_CORE_REGISTRY_H
#define BPTL_CORE_REGISTRY_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "config/config.h"

/* A topic and what it is bound to. */
struct binding {
	const struct config_topic *topic; /* borrowed from the config */
	size_t plugin;                    /* index in config.plugins */
	const json_t *unit;               /* what the plugin declares of it; borrowed from the plugin's description */
	const char **variables;           /* to fetch: declared ones, their alternatives, callbackUrl; ends with NULL */
	json_t *options;                  /* key: text, fallbacks filled in */
	json_t *uses;                     /* alias: name of the service */
	int busy;                         /* tasks of it that are queued or run */
};

struct registry {
	struct binding *bindings;
	size_t count;
};

/* What a plugin declares comes from its process, which may send anything: has it the form that plugin_describe() gives
 * it? 0, or -1 and what is missing. Everything else here and in commands/ relies on that form. */
int registry_check_about(const json_t *about, struct error *error);
/* abouts: what each plugin of the config declares (JSON, as plugin_describe() makes it; NULL: it could not be loaded).
 * Whatever does not fit is added to problems. 0 or -1. Borrows config and abouts. */
int registry_build(struct registry *registry, const struct config *config, json_t *const *abouts,
		   struct problems *problems);
/* Is this one of the services that a task of the binding may call: listed by the topic, or found by URL? */
int binding_may_call(const struct binding *binding, const struct service *service);
void registry_clear(struct registry *registry);
/* The binding of a topic of an engine, or NULL. */
struct binding *registry_find(const struct registry *registry, size_t engine, const char *topic);

#endif
