/* folder.c: see folder.h. */
#define _POSIX_C_SOURCE 200809L /* opendir(), strdup() */

#include "folder.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_LIMIT (256u * 1024)
#define BODY "{{body}}"
#define LETTER_LIMIT 200 /* templates in a folder: more are a mistake */

static int refuse(char reason[FOLDER_REASON], const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(char reason[FOLDER_REASON], const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(reason, FOLDER_REASON, format, args);
	va_end(args);
	return -1;
}

/* "<a><b><c>", owned; NULL without memory. */
static char *join(const char *a, const char *b, const char *c)
{
	size_t size = strlen(a) + strlen(b) + strlen(c) + 1;
	char *text = malloc(size);

	if (text)
		(void)snprintf(text, size, "%s%s%s", a, b, c);
	return text;
}

/* Reads what is left of an open file, as UTF-8. Owned. */
static char *read_open(FILE *file, const char *path, char reason[FOLDER_REASON])
{
	char *bytes = malloc(FILE_LIMIT + 2);
	json_t *check = NULL;
	size_t length;

	if (!bytes) {
		(void)refuse(reason, "out of memory");
		return NULL;
	}
	length = fread(bytes, 1, FILE_LIMIT + 1, file);
	bytes[length] = '\0';
	if (ferror(file)) {
		(void)refuse(reason, "cannot read %s: %s", path, strerror(errno));
	} else if (length > FILE_LIMIT) {
		(void)refuse(reason, "%s is longer than %u bytes", path, FILE_LIMIT);
	} else {
		/* jansson takes nothing but valid UTF-8 */
		check = strlen(bytes) == length ? json_stringn(bytes, length) : NULL;
		if (!check)
			(void)refuse(reason, "%s is not a UTF-8 text", path);
	}
	if (!check) {
		free(bytes);
		return NULL;
	}
	json_decref(check);
	return bytes;
}

/* The text of <path>/<name><suffix>, owned; NULL and the reason. *absent is set when there is no such file. */
static char *read_file(const char *path, const char *name, const char *suffix, int *absent, char reason[FOLDER_REASON])
{
	char *folder = join(path, "/", name);
	char *full = folder ? join(folder, suffix, "") : NULL;
	char *text = NULL;
	FILE *file = full ? fopen(full, "rb") : NULL;

	*absent = full && !file && errno == ENOENT;
	if (!full)
		(void)refuse(reason, "out of memory");
	else if (!file)
		(void)refuse(reason, "cannot open %s: %s", full, strerror(errno));
	else
		text = read_open(file, full, reason);
	if (file)
		(void)fclose(file);
	free(full);
	free(folder);
	return text;
}

/* The text of one file inside its frame, when the folder has one. Owned. */
static char *read_framed(const char *path, const char *name, const char *suffix, char reason[FOLDER_REASON])
{
	int absent;
	char *whole = NULL;
	char *body = read_file(path, name, suffix, &absent, reason);
	char *frame = body ? read_file(path, "frame", suffix, &absent, reason) : NULL;
	char *mark = frame ? strstr(frame, BODY) : NULL;

	if (!body)
		return NULL;
	if (!frame && absent)
		return body;
	if (mark) {
		size_t length = strlen(body);

		/* the line of the mark ends with a line end of its own */
		if (length > 0 && body[length - 1] == '\n')
			body[length - 1] = '\0';
		*mark = '\0';
		whole = join(frame, body, mark + strlen(BODY));
		if (!whole)
			(void)refuse(reason, "out of memory");
	} else if (frame) {
		(void)refuse(reason, "%s/frame%s does not say " BODY ": it tells where a template's text goes", path,
			     suffix);
	}
	free(frame);
	free(body);
	return whole;
}

static struct template *read_template(const char *path, const char *name, enum template_kind kind,
				      const char *const *names, char reason[FOLDER_REASON])
{
	const char *suffix = kind == TEMPLATE_TEXT ? ".txt" : ".html";
	char why[TEMPLATE_REASON];
	char *source = read_framed(path, name, suffix, reason);
	struct template *template = source ? template_read(source, kind, names, why) : NULL;

	if (source && !template)
		(void)refuse(reason, "%s/%s%s (inside frame%s when there is one), %s", path, name, suffix, suffix, why);
	free(source);
	return template;
}

/* Reads both files of a template into the next place. */
static int add_letter(struct folder *folder, const char *path, const char *name, const char *const *names,
		      char reason[FOLDER_REASON])
{
	struct letter *letter = &folder->letters[folder->count++];

	letter->name = strdup(name);
	if (!letter->name)
		return refuse(reason, "out of memory");
	letter->text = read_template(path, name, TEMPLATE_TEXT, names, reason);
	letter->html = letter->text ? read_template(path, name, TEMPLATE_HTML, names, reason) : NULL;
	return letter->html ? 0 : -1;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The name of a template when this is one of its files (both kinds: a lonely one is found so), else NULL. Owned. */
static char *name_of(const char *file)
{
	const char *dot = strrchr(file, '.');

	if (!dot || dot == file || file[0] == '.' || (strcmp(dot, ".txt") != 0 && strcmp(dot, ".html") != 0) ||
	    strncmp(file, "frame.", 6) == 0)
		return NULL;
	return strndup(file, (size_t)(dot - file));
}

/* The names of the folder's templates, sorted, each once. Returns how many, or -1. */
static int list_names(const char *path, char *list[LETTER_LIMIT], char reason[FOLDER_REASON])
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0, kept = 0;

	if (!dir)
		return refuse(reason, "cannot open the folder of templates %s: %s", path, strerror(errno));
	while (count < LETTER_LIMIT && (entry = readdir(dir))) {
		list[count] = name_of(entry->d_name);
		count += list[count] != NULL;
	}
	(void)closedir(dir);
	qsort(list, (size_t)count, sizeof(*list), by_name);
	for (int i = 0; i < count; i++) {
		if (kept > 0 && strcmp(list[kept - 1], list[i]) == 0)
			free(list[i]);
		else
			list[kept++] = list[i];
	}
	if (count < LETTER_LIMIT && kept > 0)
		return kept;
	while (kept > 0)
		free(list[--kept]);
	return refuse(reason, "the folder %s holds %s templates (NAME.txt with NAME.html)", path,
		      count ? "too many" : "no");
}

/* Adds a name to the list for people. */
static int add_name(struct folder *folder, const char *name)
{
	char *longer = folder->list ? join(folder->list, ", ", name) : strdup(name);

	if (!longer)
		return -1;
	free(folder->list);
	folder->list = longer;
	return 0;
}

static struct folder *folder_new(int count)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	if (!folder)
		return NULL;
	folder->letters = calloc((size_t)count, sizeof(*folder->letters));
	if (folder->letters)
		return folder;
	free(folder);
	return NULL;
}

struct folder *folder_read(const char *path, const char *const *names, char reason[FOLDER_REASON])
{
	char *list[LETTER_LIMIT] = {0};
	int count = list_names(path, list, reason);
	struct folder *folder;
	int failed = 0;

	if (count < 0)
		return NULL;
	folder = folder_new(count);
	if (!folder)
		failed = refuse(reason, "out of memory");
	for (int i = 0; i < count && folder && !failed; i++) {
		assert(list[i]);
		failed = add_letter(folder, path, list[i], names, reason);
		if (!failed && add_name(folder, list[i]))
			failed = refuse(reason, "out of memory");
	}
	for (int i = 0; i < count; i++)
		free(list[i]);
	if (!failed)
		return folder;
	folder_free(folder);
	return NULL;
}

void folder_free(struct folder *folder)
{
	if (!folder)
		return;
	for (size_t i = 0; i < folder->count; i++) {
		free(folder->letters[i].name);
		template_free(folder->letters[i].text);
		template_free(folder->letters[i].html);
	}
	free(folder->letters);
	free(folder->list);
	free(folder);
}

const struct letter *folder_find(const struct folder *folder, const char *name)
{
	for (size_t i = 0; i < folder->count; i++)
		if (strcmp(folder->letters[i].name, name) == 0)
			return &folder->letters[i];
	return NULL;
}
