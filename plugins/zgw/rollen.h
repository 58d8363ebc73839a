/* rollen.h: the rollen that a new zaak gets, for the unit CreateZaakTask. */
#ifndef ZGW_ROLLEN_H
#define ZGW_ROLLEN_H

#include <bptl/plugin.h>

/* The rollen of the variables initiator and Hoofdbehandelaar, complete but for their zaak: a list, which may be empty.
 * Only reads, so that whatever is wrong is found before the zaak exists. */
json_t *rollen_prepare(struct bptl_task *t, const char *zaaktype);

/* Creates them. */
int rollen_create(struct bptl_task *t, const char *zaak, json_t *rollen);

#endif
