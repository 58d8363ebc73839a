/* hanging_init.c: its init never returns. */
#include "bad.inc"

static int init(struct bptl_start *s, void **state)
{
	(void)state;
	while (s)
		(void)pause();
	return 0;
}

static const struct bptl_unit all[] = {{.name = "U", .summary = "s", .run = run}};
static const struct bptl_unit *const units[] = {&all[0], NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "hanging_init", .version = "1", .summary = "s", .units = units, .init = init,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
