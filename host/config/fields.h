/* fields.h: typed values of one section. Every function marks its key as used; what was not used in the end is unknown
 * or has no meaning here, and fields_done() says so. A wrong value is said once and the fallback is returned. */
#ifndef BPTL_CONFIG_FIELDS_H
#define BPTL_CONFIG_FIELDS_H

#include "config/config.h"
#include "config/reader.h"

#define FIELDS_SECOND INT64_C(1000)
#define FIELDS_MINUTE (60 * FIELDS_SECOND)
#define FIELDS_HOUR (60 * FIELDS_MINUTE)
#define FIELDS_DAY (24 * FIELDS_HOUR)

#define FIELDS_MIB (INT64_C(1024) * 1024)

struct fields {
	struct reader_section *section;
	struct problems *problems;
	int allow_plain; /* the key of this name in engines and services, for endpoint_guard() */
};

/* Was the key given, be it with a wrong value? Does not mark it. */
int fields_has(const struct fields *fields, const char *key);
/* The value as it stands; NULL when it is not given. Borrowed. */
const char *fields_text(struct fields *fields, const char *key);
/* The same, of which lack is a problem; `expected` is what should be there. */
const char *fields_need(struct fields *fields, const char *key, const char *expected);
/* Milliseconds from 30s, 500ms, 5m, 1h, 7d or a number of seconds. */
int64_t fields_duration(struct fields *fields, const char *key, int64_t fallback, int64_t least, int64_t most);
/* Bytes from 512M or 2G; 0 stands for no limit and is always taken. */
int64_t fields_size(struct fields *fields, const char *key, int64_t fallback, int64_t least, int64_t most);
int fields_integer(struct fields *fields, const char *key, int fallback, int least, int most);
/* yes or no. */
int fields_boolean(struct fields *fields, const char *key, int fallback);
/* The place of the value in the list, which ends with NULL. */
int fields_choice(struct fields *fields, const char *key, const char *const *names, int fallback);
/* A path; a relative one starts at the folder of the INI file. NULL when it is not given. Owned. */
char *fields_path(struct fields *fields, const char *key);
/* The parts between commas (spaces around them do not count); owned. Empty or doubled ones are problems. */
struct texts fields_list(struct fields *fields, const char *key);
/* The parts between spaces; owned. */
struct texts fields_words(struct fields *fields, const char *key);
/* A JSON object of plain values; NULL when it is not given. New reference. */
json_t *fields_object(struct fields *fields, const char *key);
/* What nobody asked for, as the settings of a plugin or a unit. Owned. */
struct setting *fields_rest(struct fields *fields, size_t *count);
/* Says which keys were not used. `known` are all that the kind of section has; those of them are said to have no
 * meaning with `choice` ("type = local"), or passed over when it is NULL. */
void fields_done(struct fields *fields, const char *const *known, const char *choice);

/* Where the key stands; the section's place when it is not given. */
struct place fields_place(const struct fields *fields, const char *key);
/* "file:12: key = value: ..." */
void fields_wrong(const struct fields *fields, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "file:12: key: ...", for values that should not be shown, or say enough themselves. */
void fields_problem(const struct fields *fields, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* "file:9: [engine main] url is missing: expected ..." */
void fields_missing(const struct fields *fields, const char *key, const char *expected);

void texts_add(struct texts *texts, char *text); /* stolen */
void texts_free(struct texts *texts);

#endif
