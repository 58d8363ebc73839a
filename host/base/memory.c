/* memory.c: see memory.h. */
#include "base/memory.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Whoever runs out of memory is deep in some library: nobody could hand this down to there. */
static void (*before_end)(void);

void mem_before_end(void (*words)(void))
{
	before_end = words;
}

void mem_out(void)
{
	static const char text[] = "bptl: out of memory: the process ends, its tasks are resumed by the next one\n";

	if (before_end)
		before_end();
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(MEM_OUT);
	_exit(MEM_OUT);
}

void *mem_get(size_t size)
{
	void *memory = malloc(size ? size : 1);

	if (!memory)
		mem_out();
	return memory;
}

void *mem_get_zeroed(size_t count, size_t size)
{
	return mem_new(count, size);
}

void *mem_get_again(void *old, size_t size)
{
	return mem_resize(old, size, 1);
}

char *mem_get_copy(const char *text)
{
	return mem_slice(text, strlen(text));
}

void mem_start(void)
{
	json_set_alloc_funcs(mem_get, free);
	json_object_seed(0); /* before there are threads */
}

void *mem_new(size_t count, size_t size)
{
	void *memory = calloc(count ? count : 1, size ? size : 1);

	if (!memory)
		mem_out();
	return memory;
}

void *mem_resize(void *old, size_t count, size_t size)
{
	void *memory;

	if (size && count > SIZE_MAX / size)
		mem_out();
	memory = realloc(old, count > 0 && size > 0 ? count * size : 1);
	if (!memory)
		mem_out();
	return memory;
}

char *mem_text(const char *text)
{
	return text ? mem_slice(text, strlen(text)) : NULL;
}

char *mem_slice(const char *text, size_t length)
{
	char *copy = mem_new(length + 1, 1);

	memcpy(copy, text, length);
	return copy;
}

char *mem_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;
	int length;

	va_start(args, format);
	length = vasprintf(&text, format, args);
	va_end(args);
	if (length < 0)
		mem_out();
	return text;
}

json_t *mem_json(json_t *value)
{
	if (!value)
		mem_out();
	return value;
}

void mem_wipe(char *secret)
{
	if (!secret)
		return;
	explicit_bzero(secret, strlen(secret));
	free(secret);
}
