/* units.h: the units of this plugin, one file each. */
#ifndef ZGW_UNITS_H
#define ZGW_UNITS_H

#include <bptl/plugin.h>

extern const struct bptl_unit zgw_create_zaak, zgw_lookup_zaak, zgw_create_status, zgw_create_resultaat,
	zgw_relate_document, zgw_close_zaak, zgw_create_eigenschap, zgw_create_zaakobject, zgw_fetch_zaakobjecten,
	zgw_fetch_relaties, zgw_relate_pand, zgw_relate_zaak, zgw_lock_document, zgw_unlock_document,
	zgw_set_gebruiksrecht, zgw_start_process;

#endif
