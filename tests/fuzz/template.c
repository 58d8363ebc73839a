/* template.c: templates of mails. The input is the value of {{name}}, that of {{other}}, and a template, with form
 * feeds between them; it is read as HTML and as text. What it becomes is held against another way to fill it in: with
 * one byte for each value, put in afterwards. So no value can be read as a tag, and none can break out of HTML. */
#include "template.h"
#include "fuzz.h"

#define MARK_NAME '\x02'
#define MARK_OTHER '\x03'

static const char *const names[] = {"name", "other", "empty", NULL};

/* A value as HTML shows it. */
static void add_escaped(struct text *out, const char *value)
{
	for (const char *c = value; *c; c++) {
		if (*c == '\r' && c[1] == '\n')
			continue;
		switch (*c) {
		case '&':
			text_add(out, "&amp;");
			break;
		case '<':
			text_add(out, "&lt;");
			break;
		case '>':
			text_add(out, "&gt;");
			break;
		case '"':
			text_add(out, "&quot;");
			break;
		case '\'':
			text_add(out, "&#39;");
			break;
		case '\r':
		case '\n':
			text_add(out, "<br>\n");
			break;
		default:
			text_add_bytes(out, c, 1);
		}
	}
}

static void add_value(struct text *out, enum template_kind kind, const char *value)
{
	if (kind == TEMPLATE_HTML)
		add_escaped(out, value);
	else
		text_add(out, value);
}

/* The template with marks, and the values in their places. Owned. */
static char *fill_in(const struct template *template, enum template_kind kind, const char *name, const char *other)
{
	const char mark_name[] = {MARK_NAME, '\0'}, mark_other[] = {MARK_OTHER, '\0'};
	const char *const values[] = {*name ? mark_name : "", *other ? mark_other : NULL, NULL};
	char *marked = template_render(template, values);
	struct text out = {0};

	HOLDS(marked, "no memory");
	for (const char *c = marked; *c; c++) {
		if (*c == MARK_NAME)
			add_value(&out, kind, name);
		else if (*c == MARK_OTHER)
			add_value(&out, kind, other);
		else
			text_add_bytes(&out, c, 1);
	}
	free(marked);
	return text_take(&out);
}

/* Whoever leaves out a value that is not required gets no hole: none of it was to be shown outside of its sections. */
static void check_optional(const struct template *template, const char *name, const char *other)
{
	const char *const without[] = {NULL, other, NULL};
	char *rendered = template_render(template, without);
	const char mark[] = {MARK_NAME, '\0'};
	const char *const marked[] = {*name ? mark : "", other, NULL};
	char *with = template_render(template, marked);

	HOLDS(rendered && with, "no memory");
	HOLDS(*name || strcmp(rendered, with) == 0, "\"\" and no value differ");
	free(with);
	free(rendered);
}

static void check(const char *source, enum template_kind kind, const char *name, const char *other)
{
	const char *const values[] = {name, other, NULL};
	char reason[TEMPLATE_REASON] = "";
	struct template *template = template_read(source, kind, names, reason);
	char *rendered, *expected;

	if (!template) {
		HOLDS(text_starts(reason, "line ") && strlen(reason) < TEMPLATE_REASON, "%s", reason);
		return;
	}
	rendered = template_render(template, values);
	HOLDS(rendered, "no memory");
	if (!strchr(source, MARK_NAME) && !strchr(source, MARK_OTHER)) {
		expected = fill_in(template, kind, name, other);
		HOLDS(strcmp(rendered, expected) == 0, "\"%s\", expected \"%s\"", rendered, expected);
		free(expected);
	}
	if (!template_requires(template, 0))
		check_optional(template, name, other);
	free(rendered);
	template_free(template);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = input_of(data, size);
	char *name = input_text(&in, '\f'), *other = input_text(&in, '\f');
	size_t length = (size_t)(in.end - in.at);
	char *bytes = mem_slice(in.at, length), *source = mem_slice(bytes, strlen(bytes));

	check(source, TEMPLATE_HTML, name, other);
	check(source, TEMPLATE_TEXT, name, other);
	free(source);
	free(bytes);
	free(other);
	free(name);
	return 0;
}
