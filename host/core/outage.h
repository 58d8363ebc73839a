/* outage.h: an engine that does not answer is not flooded: while it is silent, the tasks that have something to say to
 * it (a result, a lock to extend) try one at a time, after growing waits, and the first answer sets all of them free.
 */
#ifndef BPTL_CORE_OUTAGE_H
#define BPTL_CORE_OUTAGE_H

#include "engine/engine.h"

struct outage {
	unsigned unanswered; /* requests in a row without a clear answer, those of polls, too */
	int trial;           /* a task tries just now */
	int64_t trial_at;    /* clock_boot: the next may then */
};

/* When a task that wants to ask at this time may do so. INT64_MAX: another one tries just now. */
int64_t outage_ask_at(const struct outage *outage, int64_t at);
/* A task asks. */
void outage_asked(struct outage *outage);
/* What came of a request. 1: an outage is over. */
int outage_heard(struct outage *outage, enum engine_result result, int64_t now);

#endif
