/* template.c: see template.h. A template is read into a row of pieces; a section knows where it ends. */
#include "template.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_LIMIT 16

enum piece_kind { PIECE_TEXT, PIECE_VALUE, PIECE_RAW, PIECE_IF, PIECE_UNLESS, PIECE_END, PIECE_REMARK };

struct piece {
	enum piece_kind kind;
	const char *start; /* PIECE_TEXT: in the template's copy of its source */
	size_t length;
	size_t name;  /* of the others but PIECE_REMARK */
	size_t after; /* PIECE_IF, PIECE_UNLESS: the piece that ends it */
};

struct template
{
	enum template_kind kind;
	char *source;
	struct piece *pieces;
	size_t count, room;
};

/* What template_read() is at. */
struct reader {
	struct template *template;
	const char *const *names;
	const char *at;
	size_t open[DEPTH_LIMIT];
	size_t depth;
	char *reason;
};

static int refuse(const struct reader *reader, const char *where, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static int refuse(const struct reader *reader, const char *where, const char *format, ...)
{
	size_t line = 1;
	va_list args;
	int n;

	for (const char *c = reader->template->source; c < where; c++)
		line += *c == '\n';
	n = snprintf(reader->reason, TEMPLATE_REASON, "line %zu: ", line);
	va_start(args, format);
	(void)vsnprintf(reader->reason + n, TEMPLATE_REASON - (size_t)n, format, args);
	va_end(args);
	return -1;
}

static struct piece *add_piece(struct reader *reader, enum piece_kind kind)
{
	struct template *template = reader->template;
	struct piece *piece;

	if (template->count == template->room) {
		size_t room = template->room ? 2 * template->room : 16;
		struct piece *more = realloc(template->pieces, room * sizeof(*more));

		if (!more) {
			(void)refuse(reader, reader->at, "out of memory");
			return NULL;
		}
		template->pieces = more;
		template->room = room;
	}
	piece = &template->pieces[template->count++];
	memset(piece, 0, sizeof(*piece));
	piece->kind = kind;
	return piece;
}

static int add_text(struct reader *reader, const char *start, size_t length)
{
	struct piece *piece;

	if (length == 0)
		return 0;
	piece = add_piece(reader, PIECE_TEXT);
	if (!piece)
		return -1;
	piece->start = start;
	piece->length = length;
	return 0;
}

static int is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* The index of a name, or SIZE_MAX. */
static size_t find_name(const struct reader *reader, const char *start, size_t length)
{
	for (size_t i = 0; reader->names[i]; i++)
		if (strlen(reader->names[i]) == length && strncmp(reader->names[i], start, length) == 0)
			return i;
	return SIZE_MAX;
}

static int open_section(struct reader *reader, const char *tag)
{
	if (reader->depth == DEPTH_LIMIT)
		return refuse(reader, tag, "sections are nested more than %d deep", DEPTH_LIMIT);
	reader->open[reader->depth++] = reader->template->count - 1;
	return 0;
}

static int close_section(struct reader *reader, const char *tag)
{
	struct template *template = reader->template;
	struct piece *start;
	size_t end = template->count - 1;

	if (reader->depth == 0)
		return refuse(reader, tag, "{{/%s}} ends a section that was not begun",
			      reader->names[template->pieces[end].name]);
	start = &template->pieces[reader->open[--reader->depth]];
	if (start->name != template->pieces[end].name)
		return refuse(reader, tag, "{{/%s}} ends the section of %s", reader->names[template->pieces[end].name],
			      reader->names[start->name]);
	start->after = end;
	return 0;
}

/* Reads the inside of a tag. */
static int read_inside(struct reader *reader, const char *tag, const char *start, const char *end, int triple)
{
	enum piece_kind kind = triple ? PIECE_RAW : PIECE_VALUE;
	struct piece *piece;
	size_t name;

	if (!triple && start < end && strchr("#^/!", *start)) {
		kind = *start == '#'   ? PIECE_IF
		       : *start == '^' ? PIECE_UNLESS
		       : *start == '/' ? PIECE_END
				       : PIECE_REMARK;
		start++;
	}
	if (kind == PIECE_REMARK)
		return add_piece(reader, kind) ? 0 : -1;
	if (kind == PIECE_RAW && reader->template->kind == TEMPLATE_HTML)
		return refuse(reader, tag, "{{{...}}} is not allowed in HTML: every value is escaped there");
	while (start < end && is_space(*start))
		start++;
	while (end > start && is_space(end[-1]))
		end--;
	name = find_name(reader, start, (size_t)(end - start));
	if (name == SIZE_MAX)
		return refuse(reader, tag, "unknown name \"%.*s\"", (int)(end - start > 60 ? 60 : end - start), start);
	piece = add_piece(reader, kind);
	if (!piece)
		return -1;
	piece->name = name;
	if (kind == PIECE_IF || kind == PIECE_UNLESS)
		return open_section(reader, tag);
	return kind == PIECE_END ? close_section(reader, tag) : 0;
}

/* Takes the spaces around a tag and the end of its line away when the line holds nothing else. `text` is where the
 * text before the tag begins, and gets its new length. */
static void swallow_line(struct reader *reader, const char *text, const char *tag, size_t *length)
{
	const char *before = tag;
	const char *after = reader->at;

	while (before > text && is_space(before[-1]))
		before--;
	if (before > reader->template->source && before[-1] != '\n')
		return;
	while (is_space(*after))
		after++;
	if (*after == '\r')
		after++;
	if (*after != '\n' && *after != '\0')
		return;
	reader->at = *after ? after + 1 : after;
	*length = (size_t)(before - text);
}

/* Reads the text up to the next tag, and the tag. */
static int read_next(struct reader *reader)
{
	const char *text = reader->at;
	const char *tag = strstr(text, "{{");
	int triple = tag && tag[2] == '{';
	size_t length;
	const char *end;

	if (!tag) {
		reader->at = text + strlen(text);
		return add_text(reader, text, strlen(text));
	}
	end = strstr(tag, triple ? "}}}" : "}}");
	if (!end)
		return refuse(reader, tag, "a tag is begun and not ended");
	reader->at = end + (triple ? 3 : 2);
	length = (size_t)(tag - text);
	if (!triple && strchr("#^/!", tag[2]))
		swallow_line(reader, text, tag, &length);
	if (add_text(reader, text, length))
		return -1;
	return read_inside(reader, tag, tag + (triple ? 3 : 2), end, triple);
}

struct template *template_read(const char *source, enum template_kind kind, const char *const *names,
			       char reason[TEMPLATE_REASON])
{
	struct template *template = calloc(1, sizeof(*template));
	size_t length = strlen(source);
	struct reader reader = {.template = template, .names = names, .reason = reason};
	int failed;

	if (template)
		template->source = malloc(length + 1);
	if (!template || !template->source) {
		(void)snprintf(reason, TEMPLATE_REASON, "out of memory");
		template_free(template);
		return NULL;
	}
	memcpy(template->source, source, length + 1);
	template->kind = kind;
	reader.at = template->source;
	do
		failed = *reader.at ? read_next(&reader) : 0;
	while (!failed && *reader.at);
	if (!failed && reader.depth > 0)
		failed = refuse(&reader, reader.at, "the section of %s is not ended",
				names[template->pieces[reader.open[reader.depth - 1]].name]);
	if (failed) {
		template_free(template);
		return NULL;
	}
	return template;
}

void template_free(struct template *template)
{
	if (!template)
		return;
	free(template->pieces);
	free(template->source);
	free(template);
}

int template_requires(const struct template *template, size_t name)
{
	for (size_t i = 0; i < template->count; i++) {
		const struct piece *piece = &template->pieces[i];

		if ((piece->kind == PIECE_IF || piece->kind == PIECE_UNLESS) && piece->name == name)
			i = piece->after;
		else if ((piece->kind == PIECE_VALUE || piece->kind == PIECE_RAW) && piece->name == name)
			return 1;
	}
	return 0;
}

/* ---- rendering --------------------------------------------------------------------------------------------------- */

struct out {
	char *data;
	size_t length, room;
	int failed;
};

static void put(struct out *out, const char *bytes, size_t count)
{
	if (out->failed)
		return;
	if (count >= out->room - out->length) {
		size_t room = 2 * out->room + count + 1;
		char *more = realloc(out->data, room);

		if (!more) {
			out->failed = 1;
			return;
		}
		out->data = more;
		out->room = room;
	}
	memcpy(out->data + out->length, bytes, count);
	out->length += count;
	out->data[out->length] = '\0';
}

static void put_escaped(struct out *out, const char *value)
{
	for (; *value; value++) {
		const char *escaped = *value == '&'    ? "&amp;"
				      : *value == '<'  ? "&lt;"
				      : *value == '>'  ? "&gt;"
				      : *value == '"'  ? "&quot;"
				      : *value == '\'' ? "&#39;"
				      : *value == '\n' ? "<br>\n"
				      : *value == '\r' ? (value[1] == '\n' ? "" : "<br>\n")
						       : NULL;

		if (escaped)
			put(out, escaped, strlen(escaped));
		else
			put(out, value, 1);
	}
}

static void put_piece(struct out *out, const struct template *template, const struct piece *piece, const char *value)
{
	if (piece->kind == PIECE_TEXT)
		put(out, piece->start, piece->length);
	else if (piece->kind == PIECE_VALUE && template->kind == TEMPLATE_HTML)
		put_escaped(out, value);
	else if (piece->kind == PIECE_VALUE || piece->kind == PIECE_RAW)
		put(out, value, strlen(value));
}

char *template_render(const struct template *template, const char *const *values)
{
	struct out out = {.room = 1024};

	out.data = calloc(1, out.room);
	out.failed = !out.data;
	for (size_t i = 0; i < template->count && !out.failed; i++) {
		const struct piece *piece = &template->pieces[i];
		const char *value = piece->kind == PIECE_TEXT || !values[piece->name] ? "" : values[piece->name];

		if ((piece->kind == PIECE_IF && !*value) || (piece->kind == PIECE_UNLESS && *value))
			i = piece->after;
		else
			put_piece(&out, template, piece, value);
	}
	if (out.failed) {
		free(out.data);
		return NULL;
	}
	return out.data;
}
