/* crashing_init.c: its init crashes. */
#include "bad.inc"

static int init(struct bptl_start *s, void **state)
{
	(void)s;
	(void)state;
	abort();
}

static const struct bptl_unit all[] = {{.name = "U", .summary = "s", .run = run}};
static const struct bptl_unit *const units[] = {&all[0], NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "crashing_init", .version = "1", .summary = "s", .units = units, .init = init,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
