/* world.h: a small task of our own for tests of parts of the plugin, without the host. Its time is what the test says.
 */
#ifndef ZAC_TESTS_WORLD_H
#define ZAC_TESTS_WORLD_H

#include "check.h"

#include <stdlib.h>

#include <bptl/plugin.h>

#include "base/clock.h"

#define MOST_PIECES 4096

/* A task, and what it needs of a host. */
struct world {
	struct bptl_task task;
	const char *start, *end; /* the variables */
	int64_t now;             /* seconds */
	void *pieces[MOST_PIECES];
	size_t count;      /* of pieces: the task's memory */
	char message[512]; /* why it failed */
	int permanent;
};

static int has(struct bptl_task *t, const char *name)
{
	const struct world *world = (void *)t;

	return (strcmp(name, "startPeriod") == 0 ? world->start : world->end) != NULL;
}

static const char *text(struct bptl_task *t, const char *name)
{
	const struct world *world = (void *)t;

	return strcmp(name, "startPeriod") == 0 ? world->start : world->end;
}

__attribute__((format(printf, 2, 0))) static const char *format(struct bptl_task *t, const char *form, va_list args)
{
	struct world *world = (void *)t;
	char *made = NULL;

	assert_true(world->count < MOST_PIECES);
	assert_true(vasprintf(&made, form, args) >= 0);
	world->pieces[world->count++] = made;
	return made;
}

static void *alloc(struct bptl_task *t, size_t size)
{
	struct world *world = (void *)t;
	void *made = calloc(1, size);

	assert_true(world->count < MOST_PIECES);
	assert_non_null(made);
	world->pieces[world->count++] = made;
	return made;
}

static int64_t now(struct bptl_task *t)
{
	return ((struct world *)(void *)t)->now * 1000;
}

static int offset(struct bptl_task *t, int64_t time)
{
	(void)t;
	return clock_amsterdam_offset(time * 1000);
}

static int has_failed(struct bptl_task *t)
{
	return ((struct world *)(void *)t)->message[0] != '\0';
}

__attribute__((format(printf, 3, 0))) static int take_failure(struct bptl_task *t, int permanent, const char *form,
							      va_list args)
{
	struct world *world = (void *)t;

	world->permanent = permanent;
	(void)vsnprintf(world->message, sizeof(world->message), form, args);
	return -1;
}

static const struct bptl_task_api world_api = {
	.size = sizeof(world_api),
	.has = has,
	.text = text,
	.alloc = alloc,
	.vformat = format,
	.time = now,
	.amsterdam_offset = offset,
	.failed = has_failed,
	.vfail = take_failure,
};

/* Frees what the task had. */
static inline void world_clear(struct world *world)
{
	while (world->count > 0)
		free(world->pieces[--world->count]);
}

#endif
