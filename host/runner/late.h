/* late.h: what a runner hears after its core was killed. That leaves mutations under way whose answers only the runner
 * can still hear: they go into a file of the state folder, which the next host reads before anything else
 * (core/late.c). */
#ifndef BPTL_RUNNER_LATE_H
#define BPTL_RUNNER_LATE_H

#include <jansson.h>

#include "base/log.h"

/* Appends a note for the journal to the file, NULL when there is none, and says so when it cannot. Intents that the
 * core did not acknowledge were not sent, and never will be: they are taken back, in the note itself. */
void late_note(const char *path, struct log *log, json_t *frame);

#endif
