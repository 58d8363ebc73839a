/* section.h: one function for each kind of section: turns its keys into the structure in config.h. They are called in
 * this order, so that a later kind finds the names of the earlier ones in the config. */
#ifndef BPTL_CONFIG_SECTION_H
#define BPTL_CONFIG_SECTION_H

#include "config/config.h"
#include "config/fields.h"

/* What holds when no file says otherwise. */
void section_host_defaults(struct config_host *host);
void section_host(struct config *config, struct fields *fields);
void section_engine(struct config *config, struct fields *fields);
void section_service(struct config *config, struct fields *fields);
void section_plugin(struct config *config, struct fields *fields);
void section_app(struct config *config, struct fields *fields);
void section_topic(struct config *config, struct fields *fields);

void section_free_host(struct config_host *host);
void section_free_engine(struct config_engine *engine);
void section_free_plugin(struct config_plugin *plugin);
void section_free_topic(struct config_topic *topic);
void section_free_settings(struct setting *settings, size_t count);

/* The names of the services, ending with NULL, for near_hint(); free() the list alone. */
const char **section_service_names(const struct config *config);
/* The place of a service in config.services; config.service_count when there is none of this name. */
size_t section_find_service(const struct config *config, const char *name);

#endif
