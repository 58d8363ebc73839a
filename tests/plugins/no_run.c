/* no_run.c: its unit has no run function. */
#include "bad.inc"

static int init(struct bptl_start *s, void **state)
{
	(void)s;
	(void)state;
	return 0;
}

static const struct bptl_unit all[] = {{.name = "U", .summary = "s"}};
static const struct bptl_unit *const units[] = {&all[0], NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "no_run", .version = "1", .summary = "s", .units = units, .init = init,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
