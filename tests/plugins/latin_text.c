/* latin_text.c: nothing is wrong with it but the encoding of its texts, which is ISO 8859-1. */
#include "bad.inc"

static const struct bptl_key options[] = {{"kleur", BPTL_OPTIONAL, "cr\xe8me", "de kleur van het caf\xe9"}, {0}};
static const struct bptl_variable in[] = {{"naam", BPTL_TEXT, BPTL_REQUIRED,
					   "na\xef"
					   "ef",
					   NULL},
					  {0}};
static const struct bptl_need needs[] = {{"zrc", NULL, BPTL_REQUIRED, "de zaken co\xf6rdinaten"}, {0}};
static const struct bptl_unit unit = {.name = "U",
				      .summary = "Voor het caf\xe9",
				      .doc = "Re\xeb"
					     "el.",
				      .run = run,
				      .in = in,
				      .needs = needs,
				      .options = options};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE,       .name = "latin_text", .version = "\xe9\xe9n",
	.summary = "Caf\xe9", .units = units,       .options = options,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
