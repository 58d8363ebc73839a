/* writing.c: a plugin whose unit writes bytes to a descriptor of its process that is not its own, as one does that has
 * lost track of its descriptors or of its memory. */
#include <bptl/plugin.h>

#include <string.h>
#include <unistd.h>

static int digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at = strchr(digits, c);

	return at ? (int)(at - digits) : 0;
}

static int writes(struct bptl_task *t)
{
	int fd = (int)bptl_integer(t, "fd");
	const char *hex = bptl_text_or(t, "hex", "");
	size_t length = strlen(hex) / 2;
	int64_t times = bptl_has(t, "times") ? bptl_integer(t, "times") : 1;
	char *bytes = bptl_alloc(t, length + 1);

	if (!bytes)
		return -1;
	for (size_t i = 0; i < length; i++)
		bytes[i] = (char)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	for (; times > 0; times--)
		if (write(fd, bytes, length) < (ssize_t)length)
			return bptl_fail(t, "the descriptor takes no more");
	return bptl_set(t, "written", json_integer((json_int_t)length));
}

static const struct bptl_variable in[] = {
	{"fd", BPTL_INTEGER, BPTL_REQUIRED, "the descriptor", NULL},
	{"hex", BPTL_TEXT, BPTL_OPTIONAL, "the bytes, each as two digits", NULL},
	{"times", BPTL_INTEGER, BPTL_OPTIONAL, "how often", NULL},
	{0},
};
static const struct bptl_unit unit = {.name = "Write", .summary = "Writes to a descriptor", .run = writes, .in = in};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {BPTL_HANDSHAKE, .name = "writing", .version = "1",
					  .summary = "Writes where it must not", .units = units};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
