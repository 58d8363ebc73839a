/* config.h: the INI files of a folder as typed, checked structures. All errors are shown, each with file and line and
 * what is expected. What only a loaded plugin can tell (does the unit exist, are its services listed) is checked by
 * core/registry.c, which uses the places kept here. */
#ifndef BPTL_CONFIG_CONFIG_H
#define BPTL_CONFIG_CONFIG_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "http/service.h"

/* Where something was said. */
struct place {
	const char *file; /* as it was opened; owned by the config */
	int line;         /* of the key, or of the section */
};

/* A list of texts, ended with NULL. */
struct texts {
	char **list;
	size_t count;
};

/* A key that the host does not know itself: an option of a plugin or a unit. */
struct setting {
	char *name, *value;
	struct place place;
};

struct config_host {
	int workers;                 /* places for running tasks in all; 16 */
	int64_t drain;               /* ms; 30 s */
	enum log_level level;        /* info */
	enum log_format format;      /* logfmt */
	char *state;                 /* folder of the journal; /var/lib/bptl */
	char *worker_id;             /* NULL: made once and kept in the state folder */
	char *plugins;               /* folder of the libraries; NULL: the one that belongs to the executable */
	struct texts callback_allow; /* roots (normal URLs) that a callbackUrl may lie under */
	int unknown_app_refuse;      /* 1 by default */
	int64_t keep;                /* ms that outlines of ended tasks stay in the journal; 7 days */
	char *listen;                /* of the HTTP server, fit for listen_read(); NULL: there is none */
};

struct config_engine {
	char *name;
	struct place place;
	enum { CONFIG_CAMUNDA, CONFIG_LOCAL } type;
	struct service service; /* camunda: type "engine", root = url */
	char *database;         /* local: file; default <state>/<name>.db */
	int64_t long_poll;      /* ms; 25 s, at most 30 min */
	int max_tasks;          /* most tasks held of this engine at once; 0: as many as there are workers */
	int use_priority;       /* 1 by default */
	char *order;            /* NULL, "asc" or "desc": by create time */
};

struct config_service {
	struct service service;
	struct place place;
};

struct config_app {
	struct app app;
	struct place place;
};

struct config_plugin {
	char *name;
	struct place place;
	char *library;      /* NULL: <plugins>/<name>.so */
	int64_t time_limit; /* ms that a task may run; 5 min. A topic's own wins. */
	int64_t memory;     /* bytes at which its process is ended; 1 GiB. 0: no limit */
	int crashes;        /* so many lost processes within crash_window bring it into quarantine; 5. 0: never */
	int64_t crash_window, quarantine; /* ms; 10 min each */
	struct setting *settings;
	size_t setting_count;
};

struct config_use {     /* one entry of "services": NAME or ALIAS=NAME */
	char *alias;    /* the service's own name when no alias is given */
	size_t service; /* index in config.services */
};

struct config_topic {
	char *name; /* its section */
	struct place place;
	char *topic;         /* the engine's name for it; default: the section's name */
	char *plugin, *unit; /* of "unit = plugin.Unit" */
	struct place unit_place;
	size_t engine; /* index in config.engines; may be left out when there is one engine */
	struct config_use *uses;
	size_t use_count;
	struct place uses_place;
	int64_t lock;            /* ms; 60 s */
	int64_t time_limit;      /* ms; 0: the plugin's */
	int parallel;            /* most at once; 0: no limit of its own */
	int retries;             /* before the first failure; 3 */
	int64_t retry_wait;      /* ms before the first retry, doubles each time; 10 s */
	int64_t retry_wait_most; /* ms; 1 h */
	struct texts definition_keys, tenants;
	char *business_key;
	int without_tenant, local_variables, extension_properties;
	json_t *process_variables; /* object or NULL */
	struct setting *settings;
	size_t setting_count;
};

struct config {
	struct config_host host;
	struct config_engine *engines;
	size_t engine_count;
	struct config_service *services;
	size_t service_count;
	struct config_app *apps;
	size_t app_count;
	struct config_plugin *plugins;
	size_t plugin_count;
	struct config_topic *topics;
	size_t topic_count;
	struct texts files; /* owns the names in every place */
};

/* Collects what is wrong, in the order of files and lines. Starts as { 0 }. */
struct problems {
	char **list; /* "conf.d/zgw.ini:12: ..." */
	size_t count;
	struct problem_place {
		size_t file; /* length of the file's name at the start of the text; 0: none */
		int line;
	} * places; /* as many as texts; for the order */
};

/* The text becomes one line. `place` may be NULL; a line of 0 stands for the whole file. */
void problems_add(struct problems *problems, const struct place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void problems_free(struct problems *problems);

/* The keys that every topic can have, ends with NULL: for "did you mean". */
extern const char *const config_topic_keys[];

/* Reads every *.ini of the folder in name order, or the one file when `path` is a file. NULL when anything is wrong: it
 * stands in problems. Secrets are read here. Owned by the caller. */
struct config *config_read(const char *path, struct problems *problems);
void config_free(struct config *config);
/* The log masks every secret of the configuration from now on. */
void config_hide(const struct config *config, struct log *log);
/* Takes the secrets of the configuration out of the environment of this process, where they came in: for a process that
 * stays. */
void config_wipe_environment(const struct config *config);

#endif
