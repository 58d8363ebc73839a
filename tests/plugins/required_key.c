/* required_key.c: a plugin with a key that must be given; its init says so in the log, at every level. */
#include "bad.inc"

static void say(struct bptl_start *s, enum bptl_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	s->api->vlog(s, level, format, args);
	va_end(args);
}

static int init(struct bptl_start *s, void **state)
{
	(void)state;
	say(s, BPTL_DEBUG, "looked for the address");
	say(s, BPTL_WARNING, "the address is %s, the folder %s", bptl_start_option(s, "address"), bptl_start_folder(s));
	return 0;
}

static const struct bptl_key keys[] = {{"address", BPTL_REQUIRED, NULL, "where the office is"}, {NULL, 0, NULL, NULL}};
static const struct bptl_unit all[] = {{.name = "U", .summary = "s", .run = run}};
static const struct bptl_unit *const units[] = {&all[0], NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "required_key", .version = "1", .summary = "s",
	.units = units, .options = keys,        .init = init,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
