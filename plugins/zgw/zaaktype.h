/* zaaktype.h: which zaaktype a new zaak gets, for the unit CreateZaakTask. */
#ifndef ZGW_ZAAKTYPE_H
#define ZGW_ZAAKTYPE_H

#include <bptl/plugin.h>

/* The URL of the version of a zaaktype that is valid today. The catalogus is found by its domein and RSIN. */
const char *zaaktype_find(struct bptl_task *t, const char *domein, const char *rsin, const char *identificatie);

#endif
