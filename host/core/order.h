/* order.h: the frame that gives a task to a plugin's process, see core/runners.h. */
#ifndef BPTL_CORE_ORDER_H
#define BPTL_CORE_ORDER_H

#include "core/tasks.h"

/* The frame `run`: new reference. The steps of earlier runs are taken over. */
json_t *order_frame(const struct core_task *task, json_t *steps);
/* How long (ms) a run of this task may take: of its topic, else of its plugin. */
int64_t order_time_limit(const struct core_task *task);

#endif
