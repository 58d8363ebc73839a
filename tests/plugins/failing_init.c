/* failing_init.c: its init refuses, and says why. */
#include "bad.inc"

static int init(struct bptl_start *s, void **state)
{
	(void)s;
	(void)state;
	return bptl_refuse(s, "the key file is missing: make one with keygen");
}

static const struct bptl_unit all[] = {{.name = "U", .summary = "s", .run = run}};
static const struct bptl_unit *const units[] = {&all[0], NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "failing_init", .version = "1", .summary = "s", .units = units, .init = init,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
