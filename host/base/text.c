/* text.c: see text.h. */
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static void make_room(struct text *text, size_t more)
{
	size_t need = text->length + more + 1;
	size_t room = text->room ? text->room : 64;

	if (need < more)
		mem_out();
	if (need <= text->room)
		return;
	while (room < need)
		room += room / 2 + 1;
	text->data = mem_resize(text->data, room, 1);
	text->room = room;
}

void text_add_bytes(struct text *text, const void *bytes, size_t count)
{
	make_room(text, count);
	if (count)
		memcpy(text->data + text->length, bytes, count);
	text->length += count;
	text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *more)
{
	text_add_bytes(text, more, strlen(more));
}

void text_add_format(struct text *text, const char *format, ...)
{
	char *more = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&more, format, args) < 0)
		mem_out();
	va_end(args);
	text_add(text, more);
	free(more);
}

void text_drop(struct text *text, size_t count)
{
	if (count >= text->length) {
		text->length = 0;
		if (text->data)
			text->data[0] = '\0';
		return;
	}
	memmove(text->data, text->data + count, text->length - count + 1);
	text->length -= count;
}

char *text_take(struct text *text)
{
	char *data = text->data ? text->data : mem_text("");

	*text = (struct text){0};
	return data;
}

void text_free(struct text *text)
{
	free(text->data);
	*text = (struct text){0};
}

/* The length of the character that starts with this byte; 0 when no character does. */
static size_t character_length(unsigned char first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first < 0xe0)
		return 2;
	if (first >= 0xe0 && first < 0xf0)
		return 3;
	if (first >= 0xf0 && first < 0xf5)
		return 4;
	return 0;
}

size_t text_cut(const char *text, size_t limit)
{
	size_t length = strnlen(text, limit + 1);

	if (length <= limit)
		return length;
	while (limit > 0 && ((unsigned char)text[limit] & 0xc0) == 0x80)
		limit--;
	return limit;
}

/* The bytes of the control character at this place, 0 when it is none. What else ends a line for some readers counts:
 * the C1 controls with U+0085, and U+2028 and U+2029. */
static size_t control_length(const unsigned char *at)
{
	if (at[0] < 0x20 || at[0] == 0x7f)
		return at[0] != '\0';
	if (at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)
		return 2;
	return at[0] == 0xe2 && at[1] == 0x80 && (at[2] == 0xa8 || at[2] == 0xa9) ? 3 : 0;
}

void text_one_line(char *text)
{
	size_t length = strlen(text);
	size_t start = length;

	for (size_t i = 0; i < length; i++) {
		size_t control = control_length((const unsigned char *)text + i);

		if (control > 0)
			memset(text + i, ' ', control);
	}
	while (start > 0 && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start > 0 && ((unsigned char)text[start - 1] & 0x80) != 0 &&
	    start - 1 + character_length((unsigned char)text[start - 1]) > length)
		text[start - 1] = '\0';
}

/* The length of the valid character at this place; 0 when there is none. */
static size_t valid_character(const unsigned char *at, size_t left)
{
	size_t n = character_length(*at);

	if (n == 0 || left < n)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((at[i] & 0xc0) != 0x80)
			return 0;
	if ((n == 3 && ((at[0] == 0xe0 && at[1] < 0xa0) || (at[0] == 0xed && at[1] > 0x9f))) ||
	    (n == 4 && ((at[0] == 0xf0 && at[1] < 0x90) || (at[0] == 0xf4 && at[1] > 0x8f))))
		return 0;
	return n;
}

int text_is_utf8(const char *bytes, size_t length)
{
	const unsigned char *at = (const unsigned char *)bytes;
	const unsigned char *end = at + length;

	while (at < end) {
		size_t n = valid_character(at, (size_t)(end - at));

		if (n == 0)
			return 0;
		at += n;
	}
	return 1;
}

void text_make_utf8(char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length;) {
		size_t n = valid_character((const unsigned char *)text + i, length - i);

		if (n == 0)
			text[i] = '?';
		i += n ? n : 1;
	}
}

int text_equal(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

int text_starts(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

int text_in(const char *text, const char *const *list)
{
	for (; *list; list++)
		if (strcmp(text, *list) == 0)
			return 1;
	return 0;
}
