/* shop.h: a workshop with one plugin of one unit, for fuzz targets that need a task but no library, no core and no
 * network. */
#ifndef BPTL_TESTS_FUZZ_SHOP_H
#define BPTL_TESTS_FUZZ_SHOP_H

#include "base/json.h"
#include "fuzz.h"
#include "runner/task.h"

struct shop {
	struct bptl_unit unit;
	const struct bptl_unit *units[2];
	struct bptl_plugin about;
	struct workshop workshop;
	struct task *task;
};

static inline int shop_run_nothing(struct bptl_task *t)
{
	(void)t;
	return 0;
}

/* It must stay where it is until shop_close(). The task has these variables (object of envelopes; stolen), and began at
 * a fixed time. */
static inline void shop_open(struct shop *shop, const struct bptl_variable *in, json_t *variables)
{
	*shop = (struct shop){.unit = {.name = "Unit", .summary = "s", .run = shop_run_nothing, .in = in}};
	shop->units[0] = &shop->unit;
	shop->about = (struct bptl_plugin){BPTL_HANDSHAKE, .name = "fuzz", .version = "1", .summary = "s",
					   .units = shop->units};
	shop->workshop.plugin = (struct plugin){.name = mem_text("fuzz"), .about = &shop->about};
	shop->workshop.log = log_new(LOG_ERROR, LOG_LOGFMT);
	shop->task = task_new(&shop->workshop,
			      mem_json(json_pack("{s:s, s:s, s:o, s:I}", "key", "main/t1", "unit", "Unit", "variables",
						 variables, "first_run", (json_int_t)1768554753123456)));
	HOLDS(shop->task, "no task");
}

/* A failed task says why, in a line that can go to the engine; what the unit set has the form that engines read. */
static inline void shop_close(struct shop *shop)
{
	json_t *result = task_result(shop->task);
	const char *name;
	json_t *envelope;

	if (shop->task->outcome == OUTCOME_FAILED) {
		holds_message(json_get_text(result, "message"));
		HOLDS(text_starts(shop->task->message, "fuzz.Unit: "), "%s", shop->task->message);
	} else {
		HOLDS(shop->task->outcome == OUTCOME_DONE && !shop->task->message, "an outcome that nobody made");
	}
	json_object_foreach (shop->task->set, name, envelope)
		HOLDS(json_get_text(envelope, "type") && json_object_get(envelope, "value"), "no envelope");
	json_decref(result);
	task_free(shop->task);
	plugin_close(&shop->workshop.plugin);
	log_free(shop->workshop.log);
}

#endif
