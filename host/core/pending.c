/* pending.c: see pending.h. */
#include "core/pending.h"

#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"

#define ROOM_KEPT 64 /* writes: more than that is given back after a large turn */

struct pending_write *pending_add(struct pending *pending, int statement)
{
	struct pending_write *write;

	if (pending->count == pending->room) {
		pending->room = pending->room ? pending->room * 2 : ROOM_KEPT;
		pending->list = mem_resize(pending->list, pending->room, sizeof(*pending->list));
	}
	write = &pending->list[pending->count++];
	*write = (struct pending_write){.statement = statement};
	return write;
}

void pending_integer(struct pending_write *write, int at, int64_t value)
{
	assert(at >= 1 && at <= PENDING_VALUES);
	write->values[at - 1] = (struct pending_value){.kind = PENDING_INTEGER, .integer = value};
}

void pending_take(struct pending_write *write, int at, char *text)
{
	assert(at >= 1 && at <= PENDING_VALUES);
	write->values[at - 1] = (struct pending_value){.kind = PENDING_TEXT, .text = text};
}

void pending_text(struct pending_write *write, int at, const char *text)
{
	if (text)
		pending_take(write, at, mem_text(text));
}

static void free_values(struct pending_write *write)
{
	for (int v = 0; v < PENDING_VALUES; v++)
		free(write->values[v].text);
}

void pending_clear(struct pending *pending)
{
	for (size_t i = 0; i < pending->count; i++)
		free_values(&pending->list[i]);
	pending->count = 0;
	if (pending->room > ROOM_KEPT)
		pending_free(pending);
}

void pending_free(struct pending *pending)
{
	size_t count = pending->count;

	pending->count = pending->room = 0;
	for (size_t i = 0; i < count; i++)
		free_values(&pending->list[i]);
	free(pending->list);
	pending->list = NULL;
}
