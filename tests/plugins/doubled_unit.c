/* doubled_unit.c: has the same unit twice. */
#include "bad.inc"

static int init(struct bptl_start *s, void **state)
{
	(void)s;
	(void)state;
	return 0;
}

static const struct bptl_unit all[] = {{.name = "U", .summary = "s", .run = run},
				       {.name = "U", .summary = "s", .run = run}};
static const struct bptl_unit *const units[] = {&all[0], &all[1], NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "doubled_unit", .version = "1", .summary = "s", .units = units, .init = init,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
