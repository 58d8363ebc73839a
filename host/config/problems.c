/* problems.c: the list of what is wrong with a configuration, in the order in which a reader meets it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"

/* Does problem `a` stand behind `b` in the files? Those of one line stay in the order in which they were found. */
static int is_behind(const char *a_text, const struct problem_place *a, const char *b_text,
		     const struct problem_place *b)
{
	size_t least = a->file < b->file ? a->file : b->file;
	int order = memcmp(a_text, b_text, least);

	if (order != 0)
		return order > 0;
	if (a->file != b->file)
		return a->file > b->file;
	return a->line > b->line;
}

void problems_add(struct problems *problems, const struct place *place, const char *format, ...)
{
	struct problem_place at = {0};
	struct text text = {0};
	char *words = NULL;
	size_t i;
	va_list args;

	va_start(args, format);
	if (vasprintf(&words, format, args) < 0)
		mem_out();
	va_end(args);
	if (place && place->file) {
		at.file = strlen(place->file);
		at.line = place->line;
		text_add(&text, place->file);
		if (place->line > 0)
			text_add_format(&text, ":%d", place->line);
		text_add(&text, ": ");
	}
	text_add(&text, words);
	free(words);
	text_one_line(text.data);
	text_make_utf8(text.data);

	problems->list = mem_resize(problems->list, problems->count + 1, sizeof(*problems->list));
	problems->places = mem_resize(problems->places, problems->count + 1, sizeof(*problems->places));
	for (i = problems->count; i > 0; i--) {
		if (!is_behind(problems->list[i - 1], &problems->places[i - 1], text.data, &at))
			break;
		problems->list[i] = problems->list[i - 1];
		problems->places[i] = problems->places[i - 1];
	}
	problems->places[i] = at;
	problems->list[i] = text_take(&text);
	problems->count++;
}

void problems_free(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		free(problems->list[i]);
	free(problems->list);
	free(problems->places);
	*problems = (struct problems){0};
}
