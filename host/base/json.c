/* json.c: see json.h. */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

const char *json_get_text(const json_t *object, const char *name)
{
	return json_string_value(json_object_get(object, name));
}

json_int_t json_get_integer(const json_t *object, const char *name, json_int_t fallback)
{
	const json_t *value = json_object_get(object, name);

	return json_is_integer(value) ? json_integer_value(value) : fallback;
}

int json_get_boolean(const json_t *object, const char *name, int fallback)
{
	const json_t *value = json_object_get(object, name);

	return json_is_boolean(value) ? json_is_true(value) : fallback;
}

/* Brackets are counted before parsing: the parser itself goes deeper than copying could bear. */
static int too_deep(const char *bytes, size_t length)
{
	int depth = 0, in_text = 0;

	for (size_t i = 0; i < length; i++) {
		char c = bytes[i];

		if (in_text) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_text = 0;
		} else if (c == '"') {
			in_text = 1;
		} else if (c == '{' || c == '[') {
			if (++depth > JSON_DEPTH_LIMIT)
				return 1;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return 0;
}

json_t *json_read(const char *bytes, size_t length, char reason[160])
{
	json_error_t error;
	json_t *value;

	if (too_deep(bytes, length)) {
		(void)snprintf(reason, 160, "nested deeper than %d levels", JSON_DEPTH_LIMIT);
		return NULL;
	}
	value = json_loadb(bytes, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value && strstr(error.text, "JSON_ALLOW_NUL"))
		(void)snprintf(reason, 160,
			       "a text holds a NUL character (\\u0000), which no text can hold here (line %d)",
			       error.line);
	else if (!value)
		(void)snprintf(reason, 160, "%.120s (line %d)", error.text, error.line);
	if (!value)
		text_make_utf8(reason); /* the cut may have gone through a character */
	return value;
}

void json_put_text(json_t *object, const char *name, const char *text)
{
	json_t *value;
	char *copy = NULL;

	if (!text)
		return;
	if (!text_is_utf8(text, strlen(text))) {
		copy = mem_text(text);
		text_make_utf8(copy);
	}
	value = mem_json(json_string(copy ? copy : text));
	free(copy);
	if (json_object_set_new(object, name, value))
		mem_out();
}
