/* fields.c: see fields.h. Lists and what is left over are in leftover.c. */
#include "config/fields.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

static struct reader_entry *find(const struct fields *fields, const char *key)
{
	for (size_t i = 0; i < fields->section->count; i++)
		if (strcmp(fields->section->entries[i].name, key) == 0)
			return &fields->section->entries[i];
	return NULL;
}

int fields_has(const struct fields *fields, const char *key)
{
	return find(fields, key) != NULL;
}

struct place fields_place(const struct fields *fields, const char *key)
{
	const struct reader_entry *entry = find(fields, key);
	struct place place = fields->section->place;

	if (entry)
		place.line = entry->line;
	return place;
}

void fields_wrong(const struct fields *fields, const char *key, const char *format, ...)
{
	const struct reader_entry *entry = find(fields, key);
	const char *value = entry ? entry->value : "";
	struct place place = fields_place(fields, key);
	size_t cut = text_cut(value, 60);
	char *shown = mem_slice(value, cut), *words = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&words, format, args) < 0)
		mem_out();
	va_end(args);
	problems_add(fields->problems, &place, "%s = %s%s: %s", key, shown, value[cut] ? "..." : "", words);
	free(words);
	free(shown);
}

void fields_problem(const struct fields *fields, const char *key, const char *format, ...)
{
	struct place place = fields_place(fields, key);
	char *words = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&words, format, args) < 0)
		mem_out();
	va_end(args);
	problems_add(fields->problems, &place, "%s: %s", key, words);
	free(words);
}

void fields_missing(const struct fields *fields, const char *key, const char *expected)
{
	const struct reader_section *section = fields->section;

	problems_add(fields->problems, &section->place, "[%s%s%s] %s is missing: expected %s",
		     reader_kind_name(section->kind), *section->name ? " " : "", section->name, key, expected);
}

const char *fields_text(struct fields *fields, const char *key)
{
	struct reader_entry *entry = find(fields, key);

	if (!entry)
		return NULL;
	entry->used = 1;
	return *entry->value ? entry->value : NULL; /* the reader has spoken of an empty one */
}

const char *fields_need(struct fields *fields, const char *key, const char *expected)
{
	if (!find(fields, key))
		fields_missing(fields, key, expected);
	return fields_text(fields, key);
}

/* ---- numbers ---- */

static const struct unit {
	const char *name;
	int64_t size;
} units[] = {{"d", FIELDS_DAY}, {"h", FIELDS_HOUR}, {"m", FIELDS_MINUTE}, {"s", FIELDS_SECOND}, {"ms", 1}};

/* The way a person would write it: 90000 is 90s. Owned. */
static char *write_duration(int64_t ms)
{
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (ms != 0 && ms % units[i].size == 0)
			return mem_format("%lld%s", (long long)(ms / units[i].size), units[i].name);
	return mem_text("0s");
}

/* 0 or -1. */
static int read_duration(const char *text, int64_t *ms)
{
	int64_t size = FIELDS_SECOND;
	long long number;
	char *end;

	if (!isdigit((unsigned char)*text))
		return -1;
	errno = 0;
	number = strtoll(text, &end, 10);
	if (errno)
		return -1;
	if (*end) {
		size = 0;
		for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
			if (strcmp(end, units[i].name) == 0)
				size = units[i].size;
	}
	if (size == 0 || number > INT64_MAX / size)
		return -1;
	*ms = (int64_t)number * size;
	return 0;
}

int64_t fields_duration(struct fields *fields, const char *key, int64_t fallback, int64_t least, int64_t most)
{
	const char *value = fields_text(fields, key);
	char *bound;
	int64_t ms;

	if (!value)
		return fallback;
	if (read_duration(value, &ms) != 0) {
		fields_wrong(fields, key, "expected a duration such as 30s, 500ms, 5m, 1h or 7d");
		return fallback;
	}
	if (ms >= least && ms <= most)
		return ms;
	bound = write_duration(ms < least ? least : most);
	fields_wrong(fields, key, "%s %s", ms < least ? "at least" : "at most", bound);
	free(bound);
	return fallback;
}

int64_t fields_size(struct fields *fields, const char *key, int64_t fallback, int64_t least, int64_t most)
{
	const char *value = fields_text(fields, key);
	int64_t unit, size;
	long long number = -1;
	char *end;

	if (!value)
		return fallback;
	if (strcmp(value, "0") == 0)
		return 0;
	errno = 0;
	if (isdigit((unsigned char)*value))
		number = strtoll(value, &end, 10);
	if (number < 0 || errno || (strcmp(end, "M") != 0 && strcmp(end, "G") != 0)) {
		fields_wrong(fields, key, "expected a size such as 512M or 2G, or 0 for no limit");
		return fallback;
	}
	unit = *end == 'G' ? 1024 * FIELDS_MIB : FIELDS_MIB;
	size = number > most / unit ? most + 1 : (int64_t)number * unit;
	if (size >= least && size <= most)
		return size;
	fields_wrong(fields, key, "%s %lldM", size < least ? "at least" : "at most",
		     (long long)((size < least ? least : most) / FIELDS_MIB));
	return fallback;
}

int fields_integer(struct fields *fields, const char *key, int fallback, int least, int most)
{
	const char *value = fields_text(fields, key);
	const char *at = value;
	long number;

	if (!value)
		return fallback;
	if (*at == '-')
		at++;
	if (!*at || strspn(at, "0123456789") != strlen(at)) {
		fields_wrong(fields, key, "expected a whole number of %d to %d", least, most);
		return fallback;
	}
	number = strtol(value, NULL, 10); /* LONG_MIN or LONG_MAX when it is out of range: out of ours as well */
	if (number < least || number > most) {
		fields_wrong(fields, key, "%s %d", number < least ? "at least" : "at most",
			     number < least ? least : most);
		return fallback;
	}
	return (int)number;
}

/* ---- words ---- */

int fields_boolean(struct fields *fields, const char *key, int fallback)
{
	static const char *const no[] = {"no", "false", "off", "0", NULL};
	static const char *const yes[] = {"yes", "true", "on", "1", NULL};
	const char *value = fields_text(fields, key);

	if (!value)
		return fallback;
	if (text_in(value, yes))
		return 1;
	if (!text_in(value, no)) {
		fields_wrong(fields, key, "expected yes or no");
		return fallback;
	}
	return 0;
}

int fields_choice(struct fields *fields, const char *key, const char *const *names, int fallback)
{
	const char *value = fields_text(fields, key);
	struct text expected = {0};

	if (!value)
		return fallback;
	for (int i = 0; names[i]; i++)
		if (strcmp(names[i], value) == 0)
			return i;
	for (int i = 0; names[i]; i++)
		text_add_format(&expected, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
	fields_wrong(fields, key, "expected %s", expected.data);
	text_free(&expected);
	return fallback;
}

char *fields_path(struct fields *fields, const char *key)
{
	const char *value = fields_text(fields, key);
	const char *file = fields->section->place.file;
	const char *slash = strrchr(file, '/');

	if (!value)
		return NULL;
	if (*value == '/' || !slash)
		return mem_text(value);
	return mem_format("%.*s/%s", (int)(slash - file), file, value);
}

json_t *fields_object(struct fields *fields, const char *key)
{
	const char *value = fields_text(fields, key);
	const char *name;
	char reason[160];
	json_t *object, *member;

	if (!value)
		return NULL;
	object = json_read(value, strlen(value), reason);
	if (!object) {
		fields_problem(fields, key, "is no JSON: %s: expected an object such as {\"soort\": \"intake\"}",
			       reason);
		return NULL;
	}
	if (!json_is_object(object)) {
		fields_problem(fields, key, "expected a JSON object such as {\"soort\": \"intake\"}");
		json_decref(object);
		return NULL;
	}
	json_object_foreach (object, name, member) {
		if (json_is_object(member) || json_is_array(member)) {
			fields_problem(fields, key, "%s is a list or an object: the engine compares plain values only",
				       name);
			json_decref(object);
			return NULL;
		}
	}
	return object;
}
