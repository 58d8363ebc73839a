/* units.h: the units of this plugin, one file each, and what the plugin keeps while it runs. */
#ifndef ZAC_UNITS_H
#define ZAC_UNITS_H

#include <bptl/plugin.h>

/* The state: the picture at the head of the report's mail. */
struct zac {
	char *crest; /* SVG, NULL: none */
	size_t crest_size;
};

extern const struct bptl_unit zac_user_details, zac_zaak_detail_url, zac_vgu_reports;

#endif
