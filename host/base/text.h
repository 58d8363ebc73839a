/* text.h: a text that grows, and small helpers for texts. */
#ifndef BPTL_BASE_TEXT_H
#define BPTL_BASE_TEXT_H

#include <stddef.h>

/* Start with { 0 }. `data` is NULL or ends with a NUL that `length` does not count. */
struct text {
	char *data;
	size_t length;
	size_t room;
};

void text_add(struct text *text, const char *more);
void text_add_bytes(struct text *text, const void *bytes, size_t count);
void text_add_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Drops `count` bytes from the front. */
void text_drop(struct text *text, size_t count);
/* Gives the text away ("" when nothing was added) and starts anew: owned by the caller. */
char *text_take(struct text *text);
void text_free(struct text *text);

/* Control characters, and what else Unicode takes for the end of a line, become spaces, and a UTF-8 character that was
 * cut at the end is dropped, in place. */
void text_one_line(char *text);
/* 1 when the bytes are valid UTF-8. */
int text_is_utf8(const char *bytes, size_t length);
/* Bytes that are no UTF-8 become ?, in place. */
void text_make_utf8(char *text);
/* The longest length up to `limit` bytes that does not cut a UTF-8 character. */
size_t text_cut(const char *text, size_t limit);
int text_equal(const char *a, const char *b);
int text_starts(const char *text, const char *start);
/* Is the text in the NULL-ended list? */
int text_in(const char *text, const char *const *list);

#endif
