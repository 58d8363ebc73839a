/* resultaat.h: the resultaat of a zaak, for the units CreateResultaatTask and CloseZaakTask. */
#ifndef ZGW_RESULTAAT_H
#define ZGW_RESULTAAT_H

#include <bptl/plugin.h>

/* The URL of the one resultaattype of a zaaktype with this omschrijving; upper and lower case are the same. */
const char *resultaat_type(struct bptl_task *t, const char *zaaktype, const char *omschrijving);

/* The URL of the resultaat that the zaak has, when it is of this type; else NULL. */
const char *resultaat_find(struct bptl_task *t, const char *zaak, const char *resultaattype);

/* Gives the zaak a resultaat: its URL. One of the same type that is there already is kept, another one is a failure. */
const char *resultaat_create(struct bptl_task *t, const char *zaak, const char *resultaattype, const char *remark);

#endif
