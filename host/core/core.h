/* core.h: the one-threaded heart of `bptl run`: what its files share. See tasks.h for a task's way through it.
 *
 * One turn of the loop: wait for events; take what came (polls, answers, results, notes: this changes states and writes
 * the journal); commit the journal; then act: send frames and start requests that depend on what is now durable.
 *
 * While the journal cannot be written (a full disk) the host is blocked: it fetches nothing, starts no unit and lets no
 * mutation leave (runners wait for `noted`). Locks are kept, and outcomes are still told to the engine, where they are
 * as safe as they would be here. What is to be written waits in memory until there is room. */
#ifndef BPTL_CORE_CORE_H
#define BPTL_CORE_CORE_H

#include "base/log.h"
#include "config/config.h"
#include "core/journal.h"
#include "core/registry.h"
#include "engine/engine.h"
#include "http/client.h"
#include "http/http.h"
#include "web/facts.h"

struct core_task;
struct fetcher;
struct seat;
struct web;

struct core {
	const struct config *config;
	struct log *log;
	struct http *http;
	struct client *client;
	struct journal *journal;
	struct registry registry;
	char *worker_id;
	struct fetcher *fetchers; /* one per engine, in the config's order */
	struct seat *seats;       /* one per plugin, in the config's order */
	struct core_task *tasks;
	struct facts facts; /* what is counted and shown */
	struct web *web;    /* or NULL */
	size_t next_engine; /* whose turn to poll it is first, so that each gets places */
	int busy;           /* places that are taken: tasks that are queued or run */
	int reserved;       /* places that open polls may fill */
	int draining;       /* no more fetching */
	int64_t drain_end;  /* clock_boot */
	int returning;      /* the drain time is over: what is left goes back */
	int ended;
	int reap;              /* a child has ended: see which */
	int sweep;             /* one that has ended may have left others behind */
	int64_t blocked_since; /* clock_boot: the journal cannot be written since; 0: it can */
	int64_t blocked_say;   /* when that is said again */
	int moved;             /* the journal's file is gone: the host ends as soon as its tasks have */
	int64_t purge_at;
	unsigned long completed, failed; /* since the start, for the last line */
};

/* Runs until a signal ends it. The exit status of the process. Config, log are borrowed. */
int core_run(const struct config *config, struct log *log);

/* No more fetching; what runs may finish within the drain time, then the host ends. */
void core_drain(struct core *core);

/* What startup and `bptl check` share: starts every plugin, holds the topics against what they declare, and reports
 * what does not fit. abouts: one per plugin, NULL where it did not load; owned by the caller. 0 or -1. */
int core_describe(const struct config *config, struct log *log, json_t **abouts, struct problems *problems);

#endif
