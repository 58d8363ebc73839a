/* shop.h: a workshop with one plugin that has one unit, for tests that need a task but no library and no core. */
#ifndef BPTL_TESTS_RUNNER_SHOP_H
#define BPTL_TESTS_RUNNER_SHOP_H

#include <stdlib.h>

#include "base/json.h"
#include "base/memory.h"
#include "check.h"
#include "runner/task.h"

struct shop {
	struct bptl_unit unit;
	const struct bptl_unit *units[2];
	struct bptl_plugin about;
	struct workshop workshop;
};

static inline int shop_run_nothing(struct bptl_task *t)
{
	(void)t;
	return 0;
}

/* It must stay where it is until shop_close(). */
static inline void shop_open(struct shop *shop, const struct bptl_variable *in)
{
	*shop = (struct shop){.unit = {.name = "Unit", .summary = "s", .run = shop_run_nothing, .in = in}};
	shop->units[0] = &shop->unit;
	shop->about = (struct bptl_plugin){BPTL_HANDSHAKE, .name = "test", .version = "1", .summary = "s",
					   .units = shop->units};
	shop->workshop.plugin = (struct plugin){.name = mem_text("test"), .about = &shop->about};
	shop->workshop.log = log_new(LOG_ERROR, LOG_LOGFMT);
}

static inline void shop_close(struct shop *shop)
{
	plugin_close(&shop->workshop.plugin);
	log_free(shop->workshop.log);
}

/* A text of JSON in which ' stands for ": new reference. */
static inline json_t *shop_json(const char *text)
{
	char *copy = mem_text(text), reason[160];
	json_t *value;

	for (char *c = copy; *c; c++)
		if (*c == '\'')
			*c = '"';
	value = json_read(copy, strlen(copy), reason);
	if (!value)
		fail_msg("%s: %s", reason, copy);
	free(copy);
	return value;
}

/* A task of the unit; order, a text for shop_json(), holds what else than key and unit it has. */
static inline struct task *shop_task(struct shop *shop, const char *order)
{
	json_t *value = shop_json(order);
	struct task *task;

	json_put_text(value, "key", "main/t1");
	json_put_text(value, "unit", "Unit");
	task = task_new(&shop->workshop, value);
	assert_non_null(task);
	return task;
}

/* The task has failed with this message, behind the unit's name. */
static inline void shop_check_failed(const struct task *task, int permanent, const char *message)
{
	char *whole = mem_format("test.Unit: %s", message);

	assert_int_equal(task->outcome, OUTCOME_FAILED);
	assert_string_equal(task->message, whole);
	assert_int_equal(task->permanent, permanent);
	free(whole);
}

#endif
