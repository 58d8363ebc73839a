/* mask.c: see mask.h. A text is read through layers, each of which undoes one way of writing: nothing is decoded as a
 * whole, so a large answer costs no memory, and it is always known which bytes of the text a match covers. */
#include "base/mask.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"

#define BASE64_LEAST 6 /* bytes: of a shorter secret so little is left in base64 that it stands in other texts, too */

enum layer { NO_LAYER, JSON, PERCENT, FORM, HTML };

/* The layers in which a secret is looked for, the outermost first. */
static const unsigned char ways[][2] = {
	{NO_LAYER},      {JSON},          {PERCENT},          {FORM},       {HTML},      {JSON, JSON},
	{JSON, PERCENT}, {PERCENT, JSON}, {PERCENT, PERCENT}, {HTML, JSON}, {JSON, HTML}};

#define WAY_COUNT (sizeof(ways) / sizeof(*ways))

/* ---- reading through layers ---- */

struct source {
	const char *at, *end;
	const unsigned char *way;
	/* per layer: the rest of a character of several bytes */
	unsigned char rest[2][3];
	unsigned char rests[2];
};

static int hex(int c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* How the next byte of the layer below is had; -1 at the end. */
typedef int below_reader(struct source *source);

/* `digits` hexadecimal digits as a number, or -1. */
static int32_t number(struct source *source, below_reader *below, int digits)
{
	int32_t value = 0;

	while (digits-- > 0) {
		int digit = hex(below(source));

		if (digit < 0)
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

/* The first byte of a character in UTF-8; the others wait. */
static int give(struct source *source, int layer, uint32_t code)
{
	unsigned char *rest = source->rest[layer];
	int count = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
	static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};

	for (int i = 0; i < count; i++) /* the last first, since they are taken from the end */
		rest[i] = (unsigned char)(0x80 | ((code >> (6 * i)) & 0x3f));
	source->rests[layer] = (unsigned char)count;
	return (int)(leads[count] | (code >> (6 * count)));
}

/* Behind a backslash: JSON, and what languages derived from C write alike. -1 when it is no escape. */
static int unescape_json(struct source *source, below_reader *below, int layer)
{
	static const char letters[] = "bfnrt", controls[] = "\b\f\n\r\t";
	int c = below(source);
	int32_t code, low;
	const char *letter;

	if (c == '"' || c == '\\' || c == '/' || c == '\'')
		return c;
	if (c == 'x')
		return number(source, below, 2);
	letter = c > 0 ? strchr(letters, c) : NULL;
	if (letter)
		return controls[letter - letters];
	code = c == 'u' ? number(source, below, 4) : -1;
	if (code >= 0xd800 && code < 0xdc00) {
		if (below(source) != '\\')
			return -1;
		if (below(source) != 'u')
			return -1;
		low = number(source, below, 4);
		code = low < 0xdc00 || low > 0xdfff ? -1 : 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
	}
	return code < 0 ? -1 : give(source, layer, (uint32_t)code);
}

/* Behind an ampersand. -1 when it is no character reference. */
static int unescape_html(struct source *source, below_reader *below, int layer)
{
	static const struct {
		const char *name;
		int character;
	} names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
	char name[12];
	size_t length = 0;
	unsigned long code = 0;
	char *end = name;
	int c;

	while ((c = below(source)) > 0 && c != ';' && length < sizeof(name) - 1)
		name[length++] = (char)c;
	name[length] = '\0';
	if (c != ';')
		return -1;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].character;
	if (name[0] == '#' && (name[1] == 'x' || name[1] == 'X') && hex(name[2]) >= 0)
		code = strtoul(name + 2, &end, 16);
	else if (name[0] == '#' && name[1] >= '0' && name[1] <= '9')
		code = strtoul(name + 1, &end, 10);
	return *end || code == 0 || code > 0x10ffff ? -1 : give(source, layer, (uint32_t)code);
}

/* The character that begins an escape in a layer. */
static int opener(int layer)
{
	return layer == JSON ? '\\' : layer == HTML ? '&' : layer == NO_LAYER ? -2 : '%';
}

/* The next byte behind a layer. What only looks like an escape is what it is. */
static int decode(struct source *source, int layer, below_reader *below)
{
	struct source before;
	int kind = source->way[layer], c, value = -1;

	if (source->rests[layer] > 0)
		return source->rest[layer][--source->rests[layer]];
	c = below(source);
	if (c == '+' && kind == FORM)
		return ' ';
	if (kind == NO_LAYER || c != opener(kind))
		return c;
	before = *source;
	if (kind == JSON)
		value = unescape_json(source, below, layer);
	else if (kind == HTML)
		value = unescape_html(source, below, layer);
	else
		value = number(source, below, 2);
	if (value >= 0)
		return value;
	*source = before;
	return c;
}

static int next_byte(struct source *source)
{
	return source->at < source->end ? (unsigned char)*source->at++ : -1;
}

static int next_outer(struct source *source)
{
	return decode(source, 0, next_byte);
}

static int next_inner(struct source *source)
{
	return decode(source, 1, next_outer);
}

/* ---- finding ---- */

/* How many bytes at the start of the text are the secret when read this way; 0 when it is another. */
static size_t match(const char *text, const char *end, const char *secret, const unsigned char *way)
{
	struct source source = {.at = text, .end = end, .way = way};

	for (const char *c = secret; *c; c++)
		if (next_inner(&source) != (unsigned char)*c)
			return 0;
	/* the whole character, should the secret end inside of one */
	return source.rests[0] || source.rests[1] ? 0 : (size_t)(source.at - text);
}

static void cover(char **covered, size_t length, size_t from, size_t count)
{
	if (!*covered)
		*covered = mem_new(length, 1);
	memset(*covered + from, 1, count);
}

static size_t pair(const char *at)
{
	return (size_t)(unsigned char)at[0] << 8 | (unsigned char)at[1];
}

/* All forms as they stand, in one pass: only where two bytes begin any of them is more looked at. */
static void find_plain(char **covered, const struct mask *mask, const char *text, size_t length)
{
	unsigned char begins[0x10000 / 8] = {0};

	for (size_t i = 0; i < mask->count; i++)
		begins[pair(mask->forms[i].text) / 8] |= (unsigned char)(1U << pair(mask->forms[i].text) % 8);
	for (size_t at = 0; at + MASK_LEAST <= length; at++) {
		size_t two = pair(text + at);

		if (!(begins[two / 8] >> two % 8 & 1))
			continue;
		for (size_t i = 0; i < mask->count; i++) {
			const struct mask_form *form = &mask->forms[i];

			if (form->size <= length - at && memcmp(text + at, form->text, form->size) == 0)
				cover(covered, length, at, form->size);
		}
	}
}

/* Could the byte be the wanted one, or begin an escape that stands for it? */
static int may_be(char byte, char wanted, const unsigned char *way)
{
	int c = (unsigned char)byte;

	return byte == wanted || c == opener(way[0]) || c == opener(way[1]) || (c == '+' && way[0] == FORM);
}

static void find_written(char **covered, const char *form, const char *text, size_t length, const unsigned char *way)
{
	size_t size;

	for (size_t i = 0; i + 1 < length; i++) {
		/* two bytes are looked at before anything is decoded, since most places are none */
		if (!may_be(text[i], form[0], way) || (text[i] == form[0] && !may_be(text[i + 1], form[1], way)))
			continue;
		size = match(text + i, text + length, form, way);
		if (size > 0)
			cover(covered, length, i, size);
	}
}

/* Could the form be written in another way than it stands? base64 has two characters that are escaped at times, and
 * only a form with a space looks different with a plus. */
static int can_differ(const struct mask_form *form, const unsigned char *way)
{
	if (form->base64)
		return (way[0] == JSON || way[0] == PERCENT) && way[1] == NO_LAYER && strpbrk(form->text, "+/");
	return way[0] != FORM || strchr(form->text, ' ');
}

char *mask_find(const struct mask *mask, const char *text, size_t length)
{
	char *covered = NULL;

	if (mask->count == 0)
		return NULL;
	find_plain(&covered, mask, text, length);
	for (size_t way = 1; way < WAY_COUNT; way++) {
		/* without an escape the text reads as it stands, which was looked at */
		if (!memchr(text, opener(ways[way][0]), length) && !(ways[way][0] == FORM && memchr(text, '+', length)))
			continue;
		for (size_t i = 0; i < mask->count; i++)
			if (can_differ(&mask->forms[i], ways[way]))
				find_written(&covered, mask->forms[i].text, text, length, ways[way]);
	}
	return covered;
}

void mask_text(const struct mask *mask, char *text)
{
	size_t length = strlen(text), to = 0;
	char *covered = mask_find(mask, text, length);

	if (!covered)
		return;
	for (size_t i = 0; i < length; i++) {
		if (!covered[i]) {
			text[to++] = text[i];
		} else if (i == 0 || !covered[i - 1]) {
			memcpy(text + to, "***", 3);
			to += 3;
		}
	}
	text[to] = '\0';
	free(covered);
}

int mask_bytes(const struct mask *mask, char *bytes, size_t length)
{
	char *covered = mask_find(mask, bytes, length);

	for (size_t i = 0; covered && i < length; i++)
		if (covered[i])
			bytes[i] = '*';
	free(covered);
	return covered != NULL;
}

/* ---- adding ---- */

/* Stolen. */
static void add_form(struct mask *mask, char *form, int base64)
{
	for (size_t i = 0; i < mask->count; i++)
		if (strcmp(mask->forms[i].text, form) == 0) {
			mem_wipe(form);
			return;
		}
	if (mask->count == mask->room) {
		mask->room = mask->room ? 2 * mask->room : 8;
		mask->forms = mem_resize(mask->forms, mask->room, sizeof(*mask->forms));
	}
	mask->forms[mask->count++] = (struct mask_form){form, strlen(form), base64};
}

/* The characters of base64 that the secret alone decides when `before` bytes stand before it in its group of three:
 * what comes before and behind it ("user:secret") changes no other ones. Owned. */
static char *base64_inside(const char *secret, size_t before, const char *alphabet)
{
	const unsigned char *bytes = (const unsigned char *)secret;
	size_t bits = 8 * (before + strlen(secret));
	size_t first = (8 * before + 5) / 6, last = bits / 6;
	char *form = mem_new(last - first + 1, 1);

	for (size_t i = first; i < last; i++) {
		size_t at = 6 * i / 8 - before, shift = 6 * i % 8; /* six bits from here on, in one byte or two */
		unsigned two = (unsigned)bytes[at] << 8;

		if (shift > 2)
			two |= bytes[at + 1];
		form[i - first] = alphabet[(two >> (10 - shift)) & 0x3f];
	}
	return form;
}

static void add_base64(struct mask *mask, const char *secret)
{
	static const char *const alphabets[] = {"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
						"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"};

	if (strlen(secret) < BASE64_LEAST)
		return;
	for (size_t before = 0; before < 3; before++)
		for (size_t i = 0; i < 2; i++)
			add_form(mask, base64_inside(secret, before, alphabets[i]), 1);
}

/* As JSON writes it, then in base64: what becomes of headers that are sent back as JSON inside of something else. */
static void add_base64_of_json(struct mask *mask, const char *secret, size_t flags)
{
	json_t *value = json_string(secret);
	char *json = value ? json_dumps(value, JSON_ENCODE_ANY | flags) : NULL;

	json_decref(value);
	if (!json)
		return; /* no UTF-8, which no JSON can hold */
	json[strlen(json) - 1] = '\0';
	if (strcmp(json + 1, secret) != 0)
		add_base64(mask, json + 1);
	for (char *c = strstr(json, "\\u"); c; c = strstr(c + 2, "\\u")) /* jansson writes \u00E4, others \u00e4 */
		for (int i = 2; i < 6 && c[i]; i++)
			c[i] = (char)tolower(c[i]);
	if (strcmp(json + 1, secret) != 0)
		add_base64(mask, json + 1);
	explicit_bzero(json, strlen(json));
	free(json);
}

void mask_add(struct mask *mask, const char *secret)
{
	if (!secret || strlen(secret) < MASK_LEAST)
		return;
	add_form(mask, mem_text(secret), 0);
	add_base64(mask, secret);
	add_base64_of_json(mask, secret, 0);
	add_base64_of_json(mask, secret, JSON_ENSURE_ASCII);
}

void mask_clear(struct mask *mask)
{
	for (size_t i = 0; i < mask->count; i++)
		mem_wipe(mask->forms[i].text);
	free(mask->forms);
	*mask = (struct mask){0};
}
