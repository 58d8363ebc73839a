/* durable.h: the commit of a turn, and what the host does while there can be none. */
#ifndef BPTL_CORE_DURABLE_H
#define BPTL_CORE_DURABLE_H

#include "core/core.h"

/* Commits what the turn has written and lets go what waited for it, or holds the host (core->blocked_since). -1 after a
 * line in the log: the host cannot go on. */
int durable_turn(struct core *core, int64_t now);

#endif
