/* plugin.c: the description of the plugin zgw, whose units work with the Zaken, Catalogi, Documenten and Objects APIs.
 * What a unit does, reads and sets is declared in the unit's own file. */
#include "units.h"

static const struct bptl_unit *const units[] = {
	&zgw_create_zaak,
	&zgw_lookup_zaak,
	&zgw_create_status,
	&zgw_create_resultaat,
	&zgw_relate_document,
	&zgw_close_zaak,
	&zgw_create_eigenschap,
	&zgw_create_zaakobject,
	&zgw_fetch_zaakobjecten,
	&zgw_fetch_relaties,
	&zgw_relate_pand,
	&zgw_relate_zaak,
	&zgw_lock_document,
	&zgw_unlock_document,
	&zgw_set_gebruiksrecht,
	&zgw_start_process,
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
