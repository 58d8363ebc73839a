/* plugin.c: the description of the plugin zac. It has no units yet. */
#include <bptl/plugin.h>

const struct bptl_plugin *bptl_describe(void)
{
	static const struct bptl_plugin plugin = {
		BPTL_HANDSHAKE,
		.name = "zac",
		.version = "0.1.0",
		.summary = "Work with the zaakafhandelcomponent",
	};

	return &plugin;
}
