/* null_entry.c: bptl_describe() returns NULL. */
#include <bptl/plugin.h>

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return NULL;
}
