/* signals.h: signals as events of the loop: SIGTERM and SIGINT end the host in order, and at once when they come again;
 * SIGCHLD says that a plugin's process has ended. */
#ifndef BPTL_CORE_SIGNALS_H
#define BPTL_CORE_SIGNALS_H

#include "core/core.h"

/* Blocks them, and gives a descriptor that becomes readable when one has come. */
int signals_open(void);
void signals_take(struct core *core, int fd);

#endif
