/* fetch.h: polls: one long poll per engine for all its topics, for no more tasks than there are free places. */
#ifndef BPTL_CORE_FETCH_H
#define BPTL_CORE_FETCH_H

#include "core/core.h"
#include "core/outage.h"

#define FETCH_MARGIN 5000 /* ms that the answer of a poll may be late */

struct fetcher {
	struct core *core;
	size_t index;
	const struct config_engine *config;
	struct engine *engine;
	struct engine_topic *topics; /* of the open poll */
	int polling;
	int reserved;         /* places that the open poll may fill */
	int polled;           /* with success, at least once */
	int64_t polled_at;    /* clock_boot: the last time, else when the host started */
	int resting;          /* no poll was opened last time, because it may rest */
	int64_t well_at;      /* clock_boot: polled with success, or rested until then */
	unsigned failures;    /* polls in a row that failed */
	int64_t poll_at;      /* clock_boot: not before */
	int64_t retry_due;    /* when a retry of ours becomes due: it does not wake a poll. INT64_MAX: none */
	int listing;          /* a question which tasks are locked for us is under way */
	int listing_alone;    /* and no poll was open when it was asked */
	int look_for_strays;  /* it is to be asked before the next poll */
	int64_t list_at;      /* clock_boot: when it is asked again */
	int64_t strays_until; /* how long: an aborted poll lives on in the engine, and may still lock tasks for us */
	json_t *unknown;      /* tasks that the last answer named and that we do not have */
	int unlocking;        /* requests to unlock such tasks that are under way */
	int64_t leave_until;  /* clock_boot: how long the last look before the host ends may take; 0: not begun */
	int last_look;        /* the question under way is part of it */
	int nothing_left;     /* it found no lock of ours, or could not be taken */
	int stopping;
	struct outage outage;
	int64_t due; /* when the engine needs its next turn */
};

/* Makes the engine. 0 or -1. */
int fetch_init(struct fetcher *fetcher, struct core *core, size_t index, struct error *error);
void fetch_clear(struct fetcher *fetcher);
/* Lets the engine do what is due: answers come from here. Before the commit of a turn. */
void fetch_events(struct fetcher *fetcher, int64_t now);
/* Opens a poll when places are free. After the commit. */
void fetch_turn(struct fetcher *fetcher, int64_t now);
/* Ends the open poll; the next may be opened when the host is no longer blocked. */
void fetch_abort(struct fetcher *fetcher);
/* No more polls: ends the open one. */
void fetch_stop(struct fetcher *fetcher);
/* The last look before the host ends: unlocks what the engine holds for us and we do not have. 1 when it is over. */
int fetch_leave(struct fetcher *fetcher, int64_t now);
/* Is it as it should be that there is no poll now: all is busy, or there are no topics? */
int fetch_may_rest(const struct fetcher *fetcher);
/* No poll was opened just now; resting: because it may rest. */
void fetch_rest(struct fetcher *fetcher, int resting, int64_t now);
/* Places that are neither taken nor reserved by an open poll; tasks in hand of this engine. */
int fetch_free_places(const struct core *core);
int fetch_held(const struct fetcher *fetcher);
/* How long (ms) it may be without a successful poll before something is wrong. */
int64_t fetch_patience(const struct fetcher *fetcher);
int64_t fetch_due(const struct fetcher *fetcher, int64_t now);
/* A task may be locked for us that we do not have: finds and unlocks it within seconds. */
void fetch_look_for_strays(struct fetcher *fetcher, int64_t now);
/* Unlocks a task that the engine holds locked for us and that we do not have: it is offered again. */
void fetch_give_back(struct fetcher *fetcher, const char *id);
/* What came of a request to the engine. When this ends an outage, what waited for that goes on. */
void fetch_heard(struct fetcher *fetcher, enum engine_result result);
/* A retry was reported that becomes due then. */
void fetch_expect(struct fetcher *fetcher, int64_t due);

#endif
