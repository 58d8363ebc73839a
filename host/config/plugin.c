/* plugin.c: [plugin NAME]: a library to load, and its own settings. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/section.h"

void section_plugin(struct config *config, struct fields *fields)
{
	struct config_plugin *plugin;

	if (strchr(fields->section->name, '.'))
		problems_add(fields->problems, &fields->section->place,
			     "[plugin %s]: the name of a plugin has no dot, for in unit = plugin.Unit the dot ends it",
			     fields->section->name);
	config->plugins = mem_resize(config->plugins, config->plugin_count + 1, sizeof(*config->plugins));
	plugin = &config->plugins[config->plugin_count++];
	*plugin = (struct config_plugin){.place = fields->section->place};
	plugin->name = mem_text(fields->section->name);
	plugin->library = fields_path(fields, "library");
	plugin->time_limit = fields_duration(fields, "time_limit", 5 * FIELDS_MINUTE, FIELDS_SECOND, FIELDS_DAY);
	plugin->memory = fields_size(fields, "memory", 1024 * FIELDS_MIB, 64 * FIELDS_MIB, 1024 * 1024 * FIELDS_MIB);
	plugin->crashes = fields_integer(fields, "crashes", 5, 0, 100);
	plugin->crash_window = fields_duration(fields, "crash_window", 10 * FIELDS_MINUTE, FIELDS_SECOND, FIELDS_DAY);
	plugin->quarantine = fields_duration(fields, "quarantine", 10 * FIELDS_MINUTE, FIELDS_SECOND, FIELDS_DAY);
	plugin->settings = fields_rest(fields, &plugin->setting_count);
}

void section_free_settings(struct setting *settings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(settings[i].name);
		free(settings[i].value);
	}
	free(settings);
}

void section_free_plugin(struct config_plugin *plugin)
{
	free(plugin->name);
	free(plugin->library);
	section_free_settings(plugin->settings, plugin->setting_count);
}
