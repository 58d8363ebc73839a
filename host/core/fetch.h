/* fetch.h: polls: one long poll per engine for all its topics, for no more tasks than there are free places. */
#ifndef BPTL_CORE_FETCH_H
#define BPTL_CORE_FETCH_H

#include "core/core.h"

struct fetcher {
	struct core *core;
	size_t index;
	const struct config_engine *config;
	struct engine *engine;
	struct engine_topic *topics; /* of the open poll */
	int polling;
	int reserved;        /* places that the open poll may fill */
	unsigned failures;   /* polls in a row that failed */
	int64_t poll_at;     /* clock_boot: not before */
	int64_t answered_at; /* the last good answer */
	int64_t retry_due;   /* when a retry of ours becomes due: it does not wake a poll. INT64_MAX: none */
	int listing;
	int64_t ghost_until; /* until then a poll that nobody hears any more may wait at the engine, and take tasks; 0:
			      * there is none */
	int look_for_strays; /* after a poll without an answer the engine may hold locks for us that we do not know of
			      */
	int stopping;
	int64_t due; /* when the engine needs its next turn */
};

/* Makes the engine. 0 or -1. */
int fetch_init(struct fetcher *fetcher, struct core *core, size_t index, struct error *error);
void fetch_clear(struct fetcher *fetcher);
/* Lets the engine do what is due: answers come from here. Before the commit of a turn. */
void fetch_events(struct fetcher *fetcher, int64_t now);
/* Opens a poll when places are free. After the commit. */
void fetch_turn(struct fetcher *fetcher, int64_t now);
/* No more polls: ends the open one. */
void fetch_stop(struct fetcher *fetcher);
int64_t fetch_due(const struct fetcher *fetcher, int64_t now);
/* A retry was reported that becomes due then. */
void fetch_expect(struct fetcher *fetcher, int64_t due);

#endif
