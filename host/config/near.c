/* near.c: see near.h. The distance of two names is the number of letters to insert, drop, replace or swap. */
#include "config/near.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define LONGEST 64 /* longer names are not compared: nobody mistypes those */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static int same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1];
	size_t *before = rows[0], *last = rows[1], *row = rows[2], *swap;
	size_t a_length = strlen(a), b_length = strlen(b);

	for (size_t j = 0; j <= b_length; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= a_length; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b_length; j++) {
			row[j] = least(least(last[j] + 1, row[j - 1] + 1),
				       last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1));
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1]))
				row[j] = least(row[j], before[j - 2] + 1);
		}
		swap = before;
		before = last;
		last = row;
		row = swap;
	}
	return last[b_length];
}

const char *near_find(const char *name, const char *const *list)
{
	const char *best = NULL;
	size_t length = strlen(name);
	size_t best_distance = length / 3 + 1; /* a short name has few letters that may differ */

	if (length > LONGEST)
		return NULL;
	for (; *list; list++) {
		size_t d = strlen(*list) > LONGEST ? LONGEST : distance(name, *list);

		if (d < best_distance || (!best && d == best_distance && length > 3)) {
			best = *list;
			best_distance = d;
		}
	}
	return best;
}

char *near_hint(const char *name, const char *const *list)
{
	const char *found = near_find(name, list);

	return found ? mem_format(": did you mean %s?", found) : mem_text("");
}
