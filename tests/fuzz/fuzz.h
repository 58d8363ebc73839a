/* fuzz.h: what every fuzz target starts with. A target is a file of this folder with one function, which gets bytes
 * that somebody made up, hands them to one parser, and holds what came of it against what the parser promises (HOLDS).
 * A program is made of it twice: with libFuzzer, which makes up the bytes, and with replay.c, which takes them from
 * files. A target keeps nothing from one call to the next, and returns 0. */
#ifndef BPTL_TESTS_FUZZ_H
#define BPTL_TESTS_FUZZ_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

__attribute__((format(printf, 4, 5))) _Noreturn static inline void
fuzz_broken(const char *file, int line, const char *condition, const char *format, ...)
{
	va_list args;

	(void)fprintf(stderr, "%s:%d: does not hold: %s: ", file, line, condition);
	va_start(args, format);
	(void)vfprintf(stderr, format, args);
	va_end(args);
	(void)fputc('\n', stderr);
	abort();
}

/* A property: when it does not hold, the rest is printed and the program is aborted, which is a finding. */
#define HOLDS(condition, ...) ((condition) ? (void)0 : fuzz_broken(__FILE__, __LINE__, #condition, __VA_ARGS__))

/* What is left of the input. */
struct input {
	const char *at, *end;
};

static inline struct input input_of(const uint8_t *data, size_t size)
{
	const char *at = size ? (const char *)data : ""; /* libFuzzer's first input is NULL */

	return (struct input){at, at + size};
}

/* The next piece, up to a separator that is left out, or all that is left: owned, and exactly as long as it is, so that
 * a sanitizer sees a byte read too many. "" when nothing is left. */
static inline char *input_bytes(struct input *in, char separator, size_t *length)
{
	const char *found = in->at < in->end ? memchr(in->at, separator, (size_t)(in->end - in->at)) : NULL;
	const char *end = found ? found : in->end;
	char *piece = mem_slice(in->at, (size_t)(end - in->at));

	*length = (size_t)(end - in->at);
	in->at = found ? found + 1 : end;
	return piece;
}

/* The same as a text, which ends at a NUL in it. */
static inline char *input_text(struct input *in, char separator)
{
	size_t length;
	char *piece = input_bytes(in, separator, &length);
	char *text = mem_slice(piece, strlen(piece));

	free(piece);
	return text;
}

static inline char *input_line(struct input *in)
{
	return input_text(in, '\n');
}

/* The next byte, 0 when nothing is left. */
static inline unsigned char input_byte(struct input *in)
{
	return in->at < in->end ? (unsigned char)*in->at++ : 0;
}

/* What people read is one line of UTF-8 and not empty. */
static inline void holds_message(const char *text)
{
	HOLDS(text && *text, "there is no message");
	HOLDS(text_is_utf8(text, strlen(text)), "a message that is no UTF-8: %s", text);
	for (const char *c = text; *c; c++)
		HOLDS((unsigned char)*c >= 0x20 && *c != 0x7f, "control character %d in a message: %s", *c, text);
}

#endif
