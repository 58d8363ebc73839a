/* error.h: an error is a value. A function that can fail returns 0 or -1 and says why in a struct error of its caller.
 * The text is one line of UTF-8 without a newline: what went wrong, where, and what to do. It never holds a secret. */
#ifndef BPTL_BASE_ERROR_H
#define BPTL_BASE_ERROR_H

struct error {
	char text[2000];
};

/* Writes the text, cut at the end of a UTF-8 character if need be, control characters and what is no UTF-8 replaced.
 * Returns -1. */
int error_set(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Puts a text before what is already there: "conf.d/zgw.ini:3: " or "plugin zgw: ". Returns -1. */
int error_prefix(struct error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
