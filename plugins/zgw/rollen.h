/* rollen.h: the rollen that a new zaak gets, for the unit CreateZaakTask. */
#ifndef ZGW_ROLLEN_H
#define ZGW_ROLLEN_H

#include <bptl/plugin.h>

/* The variable `initiator` as an object; NULL when there is none. Engines put the id of the user who started a process
 * under this name, too (camunda:initiator="initiator"): such a text is no rol, and no fault of the process. */
json_t *rollen_initiator(struct bptl_task *t);

/* The rollen of the initiator and of the variable Hoofdbehandelaar, complete but for their zaak: a list, which may be
 * empty. Only reads, so that whatever is wrong is found before the zaak exists. */
json_t *rollen_prepare(struct bptl_task *t, const char *zaaktype, json_t *initiator);

/* Creates them. */
int rollen_create(struct bptl_task *t, const char *zaak, json_t *rollen);

#endif
