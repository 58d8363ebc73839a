/* plugin.c: the description of the plugin zgw, whose units work with the Zaken and Catalogi APIs. What a unit does,
 * reads and sets is declared in the unit's own file. */
#include "units.h"

static const struct bptl_unit *const units[] = {
	&zgw_create_zaak,
	&zgw_lookup_zaak,
	&zgw_create_status,
	&zgw_create_resultaat,
	&zgw_relate_document,
	&zgw_close_zaak,
	NULL,
};

static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "zgw", .version = "0.1.0", .summary = "Work on zaken through the ZGW APIs",
	.units = units,
};

const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
