/* odd_frame.c: writes to every socket of its process as if it were the host's own code there, and declares what no
 * plugin can: a unit with a nameless option. */
#include "bad.inc"

#include <string.h>
#include <sys/stat.h>

static int init(struct bptl_start *s, void **state)
{
	static const char body[] =
		"{\"type\":\"ready\",\"name\":\"odd_frame\",\"version\":\"1\",\"summary\":\"s\",\"file\":\"f\","
		"\"options\":[],\"units\":[{\"name\":\"U\",\"summary\":\"s\",\"in\":[],\"out\":[],\"needs\":[],"
		"\"options\":[{\"fallback\":\"x\",\"doc\":\"d\"}]}]}";
	const unsigned char head[] = {0, 0, (sizeof(body) - 1) >> 8, (sizeof(body) - 1) & 0xff};
	struct stat at;

	(void)s;
	(void)state;
	for (int fd = 3; fd < 64; fd++)
		if (fstat(fd, &at) == 0 && S_ISSOCK(at.st_mode) &&
		    (write(fd, head, sizeof(head)) < 0 || write(fd, body, sizeof(body) - 1) < 0))
			return bptl_refuse(s, "the socket cannot be written");
	return 0;
}

static const struct bptl_unit unit = {.name = "U", .summary = "s", .run = run};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "odd_frame", .version = "1", .summary = "s", .units = units, .init = init,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
