/* values.c: see values.h. */
#include "values.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_YEAR 1900 /* that a cell of Excel can hold */

const char *value_text(struct bptl_task *t, json_t *value)
{
	const char *text;
	char *json;

	if (!value || json_is_null(value))
		return "";
	if (json_is_string(value))
		return json_string_value(value);
	json = json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
	text = bptl_format(t, "%s", json ? json : "");
	free(json);
	return text ? text : "";
}

double value_number(const json_t *value)
{
	if (json_is_string(value))
		return strtod(json_string_value(value), NULL);
	return json_number_value(value);
}

int value_moment(json_t *value, struct moment *moment)
{
	const char *text = json_string_value(value);

	if (!text || moment_parse(text, moment))
		return -1;
	if (moment->has_offset)
		*moment = moment_at(moment_seconds(moment) - moment->offset);
	return moment->year < FIRST_YEAR ? -1 : 0;
}

/* The next character of a UTF-8 text; 0 at its end. */
static unsigned next(const char **text)
{
	const unsigned char *c = (const unsigned char *)*text;
	unsigned code = *c;
	int more = code >= 0xf0 ? 3 : code >= 0xe0 ? 2 : code >= 0xc0 ? 1 : 0;

	if (!code)
		return 0;
	code &= more == 3 ? 0x07u : more == 2 ? 0x0fu : more == 1 ? 0x1fu : 0x7fu;
	for (c++; more > 0 && (*c & 0xc0) == 0x80; more--)
		code = code << 6 | (*c++ & 0x3fu);
	*text = (const char *)c;
	return code;
}

/* The small letter of a capital: ASCII, and the accented ones of Latin-1 and Latin Extended-A, as names have them. */
static unsigned small(unsigned code)
{
	if ((code >= 'A' && code <= 'Z') || (code >= 0xc0 && code <= 0xde && code != 0xd7))
		return code + 32;
	if (code == 0x178)
		return 0xff;
	if ((code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e))
		return code % 2 ? code + 1 : code;
	if (code >= 0x100 && code <= 0x177)
		return code | 1;
	return code;
}

int value_compare(const char *a, const char *b)
{
	for (;;) {
		unsigned x = small(next(&a)), y = small(next(&b));

		if (x != y)
			return x < y ? -1 : 1;
		if (!x)
			return 0;
	}
}
