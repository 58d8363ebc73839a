/* count.h: what the core counts for people who watch it. Nothing here can fail, and nothing that happens to a task
 * depends on it. Counting needs no memory: every place has a row in core->facts from the start. */
#ifndef BPTL_CORE_COUNT_H
#define BPTL_CORE_COUNT_H

#include "core/fetch.h"
#include "core/tasks.h"

/* Rows for engines, plugins and services; rows for topics follow when the registry is built. */
void count_open(struct core *core);
void count_bind(struct core *core);
void count_clear(struct core *core);

/* The row of a task's topic, and of its engine. */
struct facts_topic *count_topic(const struct core_task *task);
struct facts_engine *count_engine(const struct core_task *task);
void count_outcome(const struct core_task *task, enum facts_outcome outcome);
/* A failure that was reported with so many retries left. */
void count_failure(const struct core_task *task, int retries);
/* A poll has ended and brought so many tasks. */
void count_poll(const struct fetcher *fetcher, enum engine_result result, size_t tasks);
/* The unit runs no longer. */
void count_run(struct core_task *task);
/* What a plugin's process says of requests to services: {service: {class of status: number}}. */
void count_requests(struct core *core, const json_t *requests);
/* journal_commit(), with its time. */
int count_commit(struct core *core, struct error *error);

#endif
