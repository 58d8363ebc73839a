/* plugin.c: the description of the plugin camunda_api, whose units use the REST interface of the engine itself. */
#include "units.h"

static const struct bptl_unit *const units[] = {
	&camunda_api_call_activity,
	NULL,
};

static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "camunda_api", .version = "0.1.0", .summary = "Work on processes of the engine itself",
	.units = units,
};

const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
