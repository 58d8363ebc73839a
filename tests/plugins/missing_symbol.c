/* missing_symbol.c: calls a function that exists nowhere; found when the plugin is loaded, not at its first use. */
#include "bad.inc"

int bptl_test_function_that_exists_nowhere(void);

static int init(struct bptl_start *s, void **state)
{
	(void)s;
	(void)state;
	return 0;
}

static int calls_it(struct bptl_task *t)
{
	return run(t) + bptl_test_function_that_exists_nowhere();
}

static const struct bptl_unit unit = {.name = "U", .summary = "s", .run = calls_it};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "missing_symbol", .version = "1", .summary = "s", .units = units, .init = init,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
