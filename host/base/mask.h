/* mask.h: finds secrets in a text, so that they can be covered: as they are, and as JSON, URLs, HTML and base64 write
 * them, also one in the other ("%5C%22" for a quote), because whoever sends back what it was sent seldom sends it back
 * untouched. It knows nothing of where secrets come from. */
#ifndef BPTL_BASE_MASK_H
#define BPTL_BASE_MASK_H

#include <stddef.h>

#define MASK_LEAST 4 /* bytes: a shorter secret stands in every text, so covering it would hide nothing */

/* Start with { 0 }. */
struct mask {
	struct mask_form {
		char *text;
		size_t size;
		int base64; /* a form of a secret, else the secret itself */
	} * forms;          /* what is looked for */
	size_t count;
	size_t room;
};

/* Has the secret looked for from now on; NULL, and one that is too short, changes nothing. */
void mask_add(struct mask *mask, const char *secret);
/* Overwrites and frees what was added. */
void mask_clear(struct mask *mask);

/* Which bytes belong to a secret: `length` marks of 0 or 1; NULL when none does. Owned. Thread-safe. */
char *mask_find(const struct mask *mask, const char *text, size_t length);
/* Shows *** for every secret, in place (it is never longer than what it covers). Thread-safe. */
void mask_text(const struct mask *mask, char *text);
/* Puts a * for every byte of a secret, so that the length stays and JSON stays JSON. 1 when there was any. */
int mask_bytes(const struct mask *mask, char *bytes, size_t length);

#endif
