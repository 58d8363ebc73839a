/* plugin.c: the description of the plugin camunda_api. It has no units yet. */
#include <bptl/plugin.h>

const struct bptl_plugin *bptl_describe(void)
{
	static const struct bptl_plugin plugin = {
		BPTL_HANDSHAKE,
		.name = "camunda_api",
		.version = "0.1.0",
		.summary = "Work on processes of the engine itself",
	};

	return &plugin;
}
