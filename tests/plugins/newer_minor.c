/* newer_minor.c: a plugin for a newer minor version. */
#include "bad.inc"

static const struct bptl_unit unit = {.name = "U", .summary = "s", .run = run};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {
	.magic = BPTL_MAGIC,
	.major = 1,
	.minor = 99,
	.plugin_size = sizeof(struct bptl_plugin),
	.unit_size = sizeof(struct bptl_unit),
	.variable_size = sizeof(struct bptl_variable),
	.need_size = sizeof(struct bptl_need),
	.key_size = sizeof(struct bptl_key),
	.name = "newer_minor",
	.version = "1",
	.summary = "s",
	.units = units,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
