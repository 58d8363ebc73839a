/* site.h: the HTTP server in the core: where it listens, and what it is shown. */
#ifndef BPTL_CORE_SITE_H
#define BPTL_CORE_SITE_H

#include "core/core.h"

/* Opens the server when the configuration wants one. 0 or -1. */
int site_open(struct core *core, struct error *error);
/* Writes into core->facts what is no count. */
void site_refresh(void *core);

#endif
