/* workshop.h: what all tasks of a process with a plugin share, from opening the plugin to closing it. */
#ifndef BPTL_RUNNER_WORKSHOP_H
#define BPTL_RUNNER_WORKSHOP_H

#include "runner/task.h"

/* order: {plugin, library, settings}. Loads and starts the plugin. 0 or -1. Borrows log. */
int workshop_open(struct workshop *shop, const json_t *order, struct log *log, struct error *error);
/* order: {services: [...], apps: [...], unknown_app_refuse}. Replaces what was known. 0 or -1. */
int workshop_supply(struct workshop *shop, const json_t *order, struct error *error);
void workshop_close(struct workshop *shop);

/* Runs one task in this process, without a core or a journal, for `bptl exec`. order: as for a run frame. The result as
 * task_result() gives it: new reference. */
json_t *workshop_exec(struct workshop *shop, json_t *order);

#endif
