/* note.c: what a plugin's process asks to be noted in the journal may be anything: is it what the journal can hold? The
 * form is that of journal_note() in journal.h. */
#include <limits.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "core/journal.h"

static int is_step(const json_t *number)
{
	return json_is_integer(number) && json_integer_value(number) >= 1 && json_integer_value(number) <= INT_MAX;
}

static int rows_are_whole(const json_t *rows)
{
	static const char *const names[] = {"what", "method", "url", "digest", NULL};
	static const char *const states[] = {"intent", "done", NULL};
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row) {
		const char *state = json_get_text(row, "state");

		if (!is_step(json_object_get(row, "step")) || !state || !text_in(state, states))
			return 0;
		for (const char *const *name = names; *name; name++)
			if (!json_get_text(row, *name))
				return 0;
	}
	return !rows || json_is_array(rows);
}

static int are_steps(const json_t *list)
{
	const json_t *number;
	size_t i;

	json_array_foreach (list, i, number)
		if (!is_step(number))
			return 0;
	return !list || json_is_array(list);
}

int note_is_whole(const json_t *note)
{
	const char *key = json_get_text(note, "key");
	const json_t *forget = json_object_get(note, "forget");

	return key && strchr(key, '/') && rows_are_whole(json_object_get(note, "put")) &&
	       are_steps(json_object_get(note, "drop")) &&
	       (!forget ||
		(json_is_object(forget) && json_is_integer(json_object_get(forget, "from")) &&
		 are_steps(json_object_get(forget, "undone")) && are_steps(json_object_get(forget, "keep"))));
}
