/* units.h: the units of this plugin, one file each. plugin.c names and describes them. */
#ifndef ZGW_UNITS_H
#define ZGW_UNITS_H

#include <bptl/plugin.h>

int zgw_create_zaak(struct bptl_task *t);
extern const struct bptl_variable zgw_create_zaak_in[], zgw_create_zaak_out[];
extern const struct bptl_need zgw_create_zaak_needs[];

int zgw_lookup_zaak(struct bptl_task *t);
extern const struct bptl_variable zgw_lookup_zaak_in[], zgw_lookup_zaak_out[];
extern const struct bptl_need zgw_lookup_zaak_needs[];

int zgw_create_status(struct bptl_task *t);
extern const struct bptl_variable zgw_create_status_in[], zgw_create_status_out[];
extern const struct bptl_need zgw_create_status_needs[];

int zgw_create_resultaat(struct bptl_task *t);
extern const struct bptl_variable zgw_create_resultaat_in[], zgw_create_resultaat_out[];
extern const struct bptl_need zgw_create_resultaat_needs[];

int zgw_relate_document(struct bptl_task *t);
extern const struct bptl_variable zgw_relate_document_in[], zgw_relate_document_out[];
extern const struct bptl_need zgw_relate_document_needs[];

int zgw_close_zaak(struct bptl_task *t);
extern const struct bptl_variable zgw_close_zaak_in[], zgw_close_zaak_out[];
extern const struct bptl_need zgw_close_zaak_needs[];

#endif
