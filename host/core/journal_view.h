/* journal_view.h: the journal as people read it (`bptl tasks`), also while a host works with it: no lock is taken,
 * nothing is written, no file is made. */
#ifndef BPTL_CORE_JOURNAL_VIEW_H
#define BPTL_CORE_JOURNAL_VIEW_H

#include <jansson.h>

#include "base/error.h"

struct journal_view;

/* Which tasks; members that are NULL or 0 select nothing. */
struct journal_filter {
	const char *engine;
	const char *id;    /* the whole of it, or how it begins */
	const char *state; /* a name of journal_states */
	int unknown;       /* only tasks with a request whose outcome is unknown */
	int most;
};

/* The names of the states, ends with NULL. */
extern const char *const journal_states[];

/* Opens <folder>/journal.db. NULL and the reason. */
struct journal_view *journal_view_open(const char *folder, struct error *error);
void journal_view_close(struct journal_view *view);

/* The tasks that fit, those that changed last first: an array of {engine, id, topic, state, attempt, firstRun, changed,
 * unknown (how many requests), message and code (how it failed) or none, processInstanceId and businessKey while the
 * task is not over}. Times are microseconds since 1970. New reference, NULL and the reason. */
json_t *journal_view_tasks(struct journal_view *view, const struct journal_filter *filter, struct error *error);
/* The steps of a task in their order: {step, time, what, method, url, state, status or none}, and with `bodies` also
 * {answer, error} where the journal holds them. New reference, NULL and the reason. */
json_t *journal_view_steps(struct journal_view *view, const char *engine, const char *id, int bodies,
			   struct error *error);

#endif
