/* units.h: the units of this plugin, one file each. */
#ifndef ZGW_UNITS_H
#define ZGW_UNITS_H

#include <bptl/plugin.h>

extern const struct bptl_unit zgw_create_zaak, zgw_lookup_zaak, zgw_create_status, zgw_create_resultaat,
	zgw_relate_document, zgw_close_zaak;

#endif
