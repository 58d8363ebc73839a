/* sense.h: does what a plugin's process says make sense? A unit that writes over memory that is not its own, or on the
 * socket, may say anything, and that is a fault of the process, not of the journal or the engine. */
#ifndef BPTL_CORE_SENSE_H
#define BPTL_CORE_SENSE_H

#include <jansson.h>

/* The result of a task, see core/runners.h. */
int sense_result(const json_t *result);
/* Is an intent among the rows of steps for the journal? */
int sense_intent(const json_t *rows);

#endif
