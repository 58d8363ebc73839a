/* error.c: see error.h. */
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int error_set(struct error *error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(error->text, sizeof(error->text), format, args);
	va_end(args);
	text_one_line(error->text);
	text_make_utf8(error->text);
	return -1;
}

int error_prefix(struct error *error, const char *format, ...)
{
	char text[sizeof(error->text)];
	size_t length;
	va_list args;

	va_start(args, format);
	(void)vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	length = strlen(text);
	(void)snprintf(text + length, sizeof(text) - length, "%s", error->text);
	memcpy(error->text, text, sizeof(text));
	text_one_line(error->text);
	text_make_utf8(error->text);
	return -1;
}
