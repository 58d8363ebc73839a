/* pending.h: what is to be written into the journal, kept until it is durable: a turn whose commit fails is written
 * again as a whole. Knows nothing of SQLite: a write is the number of a statement and its values. */
#ifndef BPTL_CORE_PENDING_H
#define BPTL_CORE_PENDING_H

#include <stddef.h>
#include <stdint.h>

#define PENDING_VALUES 12

struct pending_value {
	enum { PENDING_NULL, PENDING_INTEGER, PENDING_TEXT } kind;
	int64_t integer;
	char *text;
};

struct pending_write {
	int statement;
	struct pending_value values[PENDING_VALUES];
};

/* All zero when empty. */
struct pending {
	struct pending_write *list;
	size_t count, room;
};

/* The new write is valid until the next call. Its values are NULL until they are set; places count from 1. */
struct pending_write *pending_add(struct pending *pending, int statement);
void pending_integer(struct pending_write *write, int at, int64_t value);
/* Copies; NULL stays NULL. */
void pending_text(struct pending_write *write, int at, const char *text);
/* Takes the text over. */
void pending_take(struct pending_write *write, int at, char *text);
/* Empties it, for the next turn. */
void pending_clear(struct pending *pending);
void pending_free(struct pending *pending);

#endif
