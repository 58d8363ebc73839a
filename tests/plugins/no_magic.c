/* no_magic.c: a description that was never filled in. */
#include "bad.inc"

static const struct bptl_unit unit = {.name = "U", .summary = "s", .run = run};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {.name = "no_magic", .version = "1", .summary = "s", .units = units};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
