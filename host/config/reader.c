/* reader.c: see reader.h. inih splits the lines, but it cuts long names, takes a colon for an equals sign and reports
 * hardly anything. So every line is checked here before inih sees it: one that does not fit is said and replaced by
 * an empty one, and a section is handed over under its number in place of its name. */
#include "config/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/near.h"

/* The one file that is being read. */
struct pass {
	struct reader *reader;
	struct problems *problems;
	struct place place; /* of the line that inih has */
	const char *at, *end;
	struct text given; /* what inih gets of this line */
	size_t given_at;
	int open; /* a section that can take keys */
	int any;  /* some section was begun, be it a wrong one */
};

static const char *const kinds[] = {"host", "engine", "service", "app", "plugin", "topic", NULL};

const char *reader_kind_name(enum reader_kind kind)
{
	return kinds[kind];
}

static int is_space(char c)
{
	return c == ' ' || c == '\t';
}

int reader_is_name(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
		      c == '_' || c == '-'))
			return 0;
	}
	return length > 0;
}

/* A short piece of the file for a message; not of a value, which may be a secret. Owned. */
static char *show(const char *text, size_t length)
{
	size_t cut = length > 60 ? text_cut(text, 60) : length;
	char *piece = mem_slice(text, cut);
	char *shown = mem_format("\"%s%s\"", piece, cut < length ? "..." : "");

	free(piece);
	return shown;
}

/* Bytes that no line may have. */
static int check_bytes(struct pass *pass, const char *line, size_t length)
{
	if (length > READER_LINE_LIMIT) {
		problems_add(pass->problems, &pass->place, "the line is %zu bytes long: at most %d", length,
			     READER_LINE_LIMIT);
		return -1;
	}
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)line[i];

		if (c == '\0') {
			problems_add(pass->problems, &pass->place, "the line holds a NUL byte: expected text in UTF-8");
			return -1;
		}
		if ((c < 0x20 && c != '\t') || c == 0x7f) {
			problems_add(pass->problems, &pass->place,
				     "the line holds a control character (0x%02x): expected text", c);
			return -1;
		}
	}
	if (!text_is_utf8(line, length)) {
		problems_add(pass->problems, &pass->place, "the line is not valid UTF-8: save the file as UTF-8");
		return -1;
	}
	return 0;
}

/* The kind of a section, or -1 and the problem is said. */
static int find_kind(struct pass *pass, const char *text, size_t length)
{
	char *name = mem_slice(text, length), *hint, *shown;
	int found = -1;

	for (int i = 0; kinds[i]; i++)
		if (strcmp(name, kinds[i]) == 0)
			found = i;
	if (found < 0) {
		hint = near_hint(name, kinds);
		shown = show(text, length);
		problems_add(pass->problems, &pass->place,
			     "unknown section %s%s%s expected [host], [engine NAME], [service NAME], [app NAME], "
			     "[plugin NAME] or [topic NAME]",
			     shown, hint, *hint ? "" : ":");
		free(hint);
		free(shown);
	}
	free(name);
	return found;
}

/* Checks the name in "[kind name]". 0 or -1. */
static int check_name(struct pass *pass, int kind, const char *name, size_t length)
{
	char *shown;

	if (kind == READER_HOST) {
		if (length > 0)
			problems_add(pass->problems, &pass->place, "section [host] takes no name: write [host]");
		return length > 0 ? -1 : 0;
	}
	if (length == 0) {
		problems_add(pass->problems, &pass->place, "section [%s] has no name: expected [%s NAME]", kinds[kind],
			     kinds[kind]);
		return -1;
	}
	if (length > READER_NAME_LIMIT) {
		problems_add(pass->problems, &pass->place, "the section's name is %zu characters long: at most %d",
			     length, READER_NAME_LIMIT);
		return -1;
	}
	if (!reader_is_name(name, length)) {
		shown = show(name, length);
		problems_add(pass->problems, &pass->place,
			     "the section's name %s holds other characters than letters, digits, . _ and -", shown);
		free(shown);
		return -1;
	}
	return 0;
}

/* "[kind name]": begins a section, and gives inih its number. */
static void take_section(struct pass *pass, const char *line, size_t length)
{
	const char *end = line + length, *close = memchr(line, ']', length), *kind_end, *name;
	struct reader_section *section;
	int kind;

	pass->open = 0;
	pass->any = 1;
	if (!close || close + 1 != end) {
		problems_add(pass->problems, &pass->place,
			     close ? "there is text behind the section's ]: put it on a line of its own"
				   : "the section's ] is missing: expected [KIND NAME]");
		return;
	}
	for (line++; line < close && is_space(*line); line++)
		;
	while (close > line && is_space(close[-1]))
		close--;
	for (kind_end = line; kind_end < close && !is_space(*kind_end); kind_end++)
		;
	for (name = kind_end; name < close && is_space(*name); name++)
		;
	kind = find_kind(pass, line, (size_t)(kind_end - line));
	if (kind < 0 || check_name(pass, kind, name, (size_t)(close - name)) != 0)
		return;

	pass->reader->sections =
		mem_resize(pass->reader->sections, pass->reader->count + 1, sizeof(*pass->reader->sections));
	section = &pass->reader->sections[pass->reader->count++];
	*section = (struct reader_section){.kind = (enum reader_kind)kind, .place = pass->place};
	section->name = mem_slice(name, (size_t)(close - name));
	pass->open = 1;
	text_add_format(&pass->given, "[%zu]", pass->reader->count - 1);
}

/* "key = value": gives it to inih when it is one. */
static void take_entry(struct pass *pass, const char *line, size_t length)
{
	const char *equals = memchr(line, '=', length);
	size_t name = equals ? (size_t)(equals - line) : 0;
	char *shown;

	if (!equals) {
		problems_add(
			pass->problems, &pass->place,
			"the line has no \"=\": expected key = value, [section], or a comment that begins with ; or #");
		return;
	}
	while (name > 0 && is_space(line[name - 1]))
		name--;
	if (name == 0) {
		problems_add(pass->problems, &pass->place, "there is no key before the \"=\": expected key = value");
		return;
	}
	if (!reader_is_name(line, name)) {
		shown = show(line, name);
		problems_add(pass->problems, &pass->place,
			     "the key %s holds other characters than letters, digits, . _ and -", shown);
		free(shown);
		return;
	}
	if (!pass->any) {
		shown = show(line, name);
		problems_add(pass->problems, &pass->place,
			     "the key %s stands before the first section: put a line such as [host] above it", shown);
		free(shown);
		return;
	}
	if (pass->open)
		text_add_bytes(&pass->given, line, length);
}

/* Takes the next line of the file and makes what inih gets of it. */
static void take_line(struct pass *pass)
{
	const char *newline = memchr(pass->at, '\n', (size_t)(pass->end - pass->at));
	const char *line = pass->at, *end = newline ? newline : pass->end;

	pass->place.line++;
	pass->at = newline ? newline + 1 : pass->end;
	pass->given.length = 0;
	pass->given_at = 0;
	if (end > line && end[-1] == '\r')
		end--;
	if (check_bytes(pass, line, (size_t)(end - line)) == 0) {
		while (line < end && is_space(*line))
			line++;
		while (end > line && is_space(end[-1]))
			end--;
		if (line < end && *line == '[')
			take_section(pass, line, (size_t)(end - line));
		else if (line < end && *line != ';' && *line != '#')
			take_entry(pass, line, (size_t)(end - line));
	}
	text_add(&pass->given, "\n");
}

/* As fgets(): for inih. */
static char *next_bytes(char *room, int size, void *arg)
{
	struct pass *pass = arg;
	size_t count;

	if (pass->given_at == pass->given.length) {
		if (pass->at == pass->end)
			return NULL;
		take_line(pass);
	}
	count = pass->given.length - pass->given_at;
	if (count > (size_t)size - 1)
		count = (size_t)size - 1;
	memcpy(room, pass->given.data + pass->given_at, count);
	room[count] = '\0';
	pass->given_at += count;
	return room;
}

/* For inih: a key and its value. Returns nonzero, or inih would stop. */
static int keep_entry(void *arg, const char *number, const char *name, const char *value)
{
	struct pass *pass = arg;
	struct reader_section *section = &pass->reader->sections[strtoul(number, NULL, 10)];

	for (size_t i = 0; i < section->count; i++)
		if (strcmp(section->entries[i].name, name) == 0) {
			problems_add(pass->problems, &pass->place, "the key %s was given in line %d already", name,
				     section->entries[i].line);
			return 1;
		}
	if (!*value)
		problems_add(pass->problems, &pass->place,
			     "%s has an empty value: give one, or leave the line out for the default", name);
	section->entries = mem_resize(section->entries, section->count + 1, sizeof(*section->entries));
	section->entries[section->count++] =
		(struct reader_entry){.name = mem_text(name), .value = mem_text(value), .line = pass->place.line};
	return 1;
}

/* The whole file. 0, or -1 and the problem is said. */
static int read_file(const char *file, struct text *bytes, struct problems *problems)
{
	struct place place = {.file = file};
	struct stat info;
	char room[16384];
	ssize_t got = -1;
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd >= 0 && fstat(fd, &info) == 0 && !S_ISREG(info.st_mode)) {
		problems_add(problems, &place, "is not a regular file");
		close(fd);
		return -1;
	}
	while (fd >= 0 && (got = read(fd, room, sizeof(room))) > 0 && bytes->length <= READER_FILE_LIMIT)
		text_add_bytes(bytes, room, (size_t)got);
	if (got < 0)
		problems_add(problems, &place, "cannot be read: %s", strerror(errno));
	else if (bytes->length > READER_FILE_LIMIT)
		problems_add(problems, &place, "is over %d bytes long", READER_FILE_LIMIT);
	if (fd >= 0)
		close(fd);
	return got < 0 || bytes->length > READER_FILE_LIMIT ? -1 : 0;
}

void reader_read(struct reader *reader, const char *file, struct problems *problems)
{
	struct pass pass = {.reader = reader, .problems = problems, .place = {.file = file}};
	struct text bytes = {0};
	int stopped;

	if (read_file(file, &bytes, problems) != 0 || bytes.length == 0)
		goto out;
	pass.at = bytes.data;
	pass.end = bytes.data + bytes.length;
	if (bytes.length >= 3 && memcmp(bytes.data, "\xef\xbb\xbf", 3) == 0)
		pass.at += 3;

	/* Switches of Debian's build; with the defaults a long value is cut and its rest becomes a key. */
	ini_use_stack = 0;
	ini_allow_realloc = 1;
	ini_max_line = READER_LINE_LIMIT + 2;
	ini_allow_inline_comments = 0;
	ini_allow_multiline = 0;
	ini_stop_on_first_error = 1;
	stopped = ini_parse_stream(next_bytes, &pass, keep_entry, &pass);
	if (stopped < 0)
		mem_out();
	if (stopped > 0) {
		pass.place.line = stopped;
		problems_add(problems, &pass.place, "the line cannot be read: expected key = value");
	}
out:
	text_free(&pass.given);
	text_free(&bytes);
}

void reader_free(struct reader *reader)
{
	for (size_t i = 0; i < reader->count; i++) {
		struct reader_section *section = &reader->sections[i];

		for (size_t j = 0; j < section->count; j++) {
			free(section->entries[j].name);
			mem_wipe(section->entries[j].value); /* somebody may have put a secret there */
		}
		free(section->entries);
		free(section->name);
	}
	free(reader->sections);
	*reader = (struct reader){0};
}
