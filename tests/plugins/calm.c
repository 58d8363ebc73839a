/* calm.c: the plugin beside the one that misbehaves: nothing of that should reach it. */
#include <bptl/plugin.h>

static int hello(struct bptl_task *t)
{
	return bptl_set_text(t, "said", "hello");
}

static const struct bptl_unit unit = {.name = "Hello", .summary = "Says hello", .run = hello};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "calm", .version = "1", .summary = "Does little, and well", .units = units,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
