/* site.h: the HTTP server in the core: where it listens, and what it is shown. */
#ifndef BPTL_CORE_SITE_H
#define BPTL_CORE_SITE_H

#include <poll.h>

#include "core/core.h"

/* Opens the server when the configuration wants one. 0 or -1. */
int site_open(struct core *core, struct error *error);
/* Adds the descriptor to wait for; returns the new count. */
unsigned site_fds(const struct core *core, struct pollfd *fds, unsigned count);
/* Writes into core->facts what is no count. */
void site_refresh(void *core);

#endif
