/* wrong_major.c: a plugin for SDK 2.0. */
#include "bad.inc"

static const struct bptl_unit unit = {.name = "U", .summary = "s", .run = run};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {
	.magic = BPTL_MAGIC,
	.major = 2,
	.minor = 0,
	.plugin_size = sizeof(struct bptl_plugin),
	.unit_size = sizeof(struct bptl_unit),
	.variable_size = sizeof(struct bptl_variable),
	.need_size = sizeof(struct bptl_need),
	.key_size = sizeof(struct bptl_key),
	.name = "wrong_major",
	.version = "1",
	.summary = "s",
	.units = units,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
