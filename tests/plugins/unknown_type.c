/* unknown_type.c: its unit sets a variable of a type that does not exist. */
#include "bad.inc"

static const struct bptl_variable out[] = {{"zaak", (enum bptl_type)99, BPTL_OPTIONAL, "the zaak", NULL},
					   {NULL, BPTL_ANY, BPTL_OPTIONAL, NULL, NULL}};
static const struct bptl_unit unit = {.name = "U", .summary = "s", .run = run, .out = out};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "unknown_type", .version = "1", .summary = "s", .units = units,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
