/* short_struct.c: says 1.0, but its structs are shorter. */
#include "bad.inc"

static const struct bptl_unit unit = {.name = "U", .summary = "s", .run = run};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {
	.magic = BPTL_MAGIC,
	.major = BPTL_SDK_MAJOR,
	.minor = BPTL_SDK_MINOR,
	.plugin_size = sizeof(struct bptl_plugin),
	.unit_size = 8,
	.variable_size = sizeof(struct bptl_variable),
	.need_size = sizeof(struct bptl_need),
	.key_size = sizeof(struct bptl_key),
	.name = "short_struct",
	.version = "1",
	.summary = "s",
	.units = units,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
