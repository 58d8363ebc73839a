/* plugin.h: loads one plugin with libltdl, and refuses what does not fit, with the file, what was found and the remedy.
 * Only for the thread that starts: libltdl is not thread-safe. */
#ifndef BPTL_RUNNER_PLUGIN_H
#define BPTL_RUNNER_PLUGIN_H

#include <bptl/plugin.h>
#include <jansson.h>

#include "base/error.h"
#include "base/log.h"

/* A loaded plugin. It stays loaded until the process ends. */
struct plugin {
	char *name;
	char *file;
	char *folder; /* <folder of the library>/<name> */
	const struct bptl_plugin *about;
	json_t *options; /* key: value of its [plugin] section, with fallbacks filled in */
	void *state;
	int started; /* init has succeeded: fini is owed */
	/* std::set_terminate and friends, when it uses the C++ library; see crash.h */
	void *set_terminate, *exception_type, *demangle;
	struct log *log; /* borrowed */
};

/* Loads, checks and starts (init) the plugin `name` from `file`; settings: object of key: text. 0 or -1. */
int plugin_open(struct plugin *plugin, const char *name, const char *file, const json_t *settings, struct log *log,
		struct error *error);
/* Calls fini. */
void plugin_close(struct plugin *plugin);
/* The unit of this name, or NULL. */
const struct bptl_unit *plugin_unit(const struct plugin *plugin, const char *name);
/* What the plugin declares, for the core, `bptl units` and the docs. New reference. */
json_t *plugin_describe(const struct plugin *plugin);

/* Rows of these lists may be shorter in a plugin that was built for an older minor version. */
const struct bptl_variable *plugin_next_variable(const struct plugin *plugin, const struct bptl_variable *at);
const struct bptl_need *plugin_next_need(const struct plugin *plugin, const struct bptl_need *at);
const struct bptl_key *plugin_next_key(const struct plugin *plugin, const struct bptl_key *at);

#endif
