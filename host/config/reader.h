/* reader.h: an INI file as sections and lines. It checks the form of a file (what can stand in a line, which sections
 * there are, nothing twice) and knows nothing of what the keys mean. */
#ifndef BPTL_CONFIG_READER_H
#define BPTL_CONFIG_READER_H

#include <stddef.h>

#include "config/config.h"

#define READER_LINE_LIMIT 65536    /* bytes of a line */
#define READER_FILE_LIMIT 16777216 /* bytes of a file */
#define READER_NAME_LIMIT 255      /* characters of a section's name */

struct reader_entry {
	char *name, *value;
	int line;
	int used; /* somebody asked for it */
};

enum reader_kind { READER_HOST, READER_ENGINE, READER_SERVICE, READER_APP, READER_PLUGIN, READER_TOPIC };

struct reader_section {
	enum reader_kind kind;
	char *name; /* "" for [host] */
	struct place place;
	struct reader_entry *entries;
	size_t count;
};

/* Start with { 0 }. */
struct reader {
	struct reader_section *sections;
	size_t count;
};

/* Adds the sections of a file; `file` is kept as the place of each of them and borrowed. What is wrong goes to the
 * problems, and the lines that are wrong are left out. */
void reader_read(struct reader *reader, const char *file, struct problems *problems);
void reader_free(struct reader *reader);
/* Only letters, digits, . _ and -, and at least one? */
int reader_is_name(const char *text, size_t length);
const char *reader_kind_name(enum reader_kind kind);

#endif
