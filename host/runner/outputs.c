/* outputs.c: what a unit sets, as the engine's envelopes {type, value, valueInfo}. */
#include <stdlib.h>
#include <string.h>

#include "runner/task.h"

#define STRING_LIMIT 4000u /* characters that an engine's column takes: a longer String is answered with 500 */

static size_t characters(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

/* A text too long for a String goes as a serialised java.lang.String: ${x} reads the same in the process. */
static json_t *long_text(const json_t *value)
{
	char *text = json_dumps(value, JSON_ENCODE_ANY);
	json_t *envelope =
		text ? json_pack("{s:s, s:s, s:{s:s, s:s}}", "type", "Object", "value", text, "valueInfo",
				 "objectTypeName", "java.lang.String", "serializationDataFormat", "application/json")
		     : NULL;

	free(text);
	return envelope;
}

static json_t *envelope_for(const char *type, json_t *value)
{
	json_t *envelope = NULL;
	char *text;

	if (!type) {
		switch (json_typeof(value)) {
		case JSON_STRING:
			if (characters(json_string_value(value)) > STRING_LIMIT)
				return long_text(value);
			type = "String";
			break;
		case JSON_INTEGER:
			type = json_integer_value(value) > INT32_MAX || json_integer_value(value) < INT32_MIN
				       ? "Long"
				       : "Integer";
			break;
		case JSON_REAL:
			type = "Double";
			break;
		case JSON_TRUE:
		case JSON_FALSE:
			type = "Boolean";
			break;
		case JSON_NULL:
			type = "Null";
			break;
		case JSON_OBJECT:
		case JSON_ARRAY:
			type = "Json";
			break;
		}
	}
	if (strcmp(type, "Json") != 0)
		return json_pack("{s:s, s:O}", "type", type, "value", value);
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	if (text)
		envelope = json_pack("{s:s, s:s}", "type", type, "value", text);
	free(text);
	return envelope;
}

int outputs_set(struct task *task, const char *name, const char *type, json_t *value, int local)
{
	json_t *envelope;

	if (task_stopped(task)) {
		json_decref(value);
		return -1;
	}
	if (!value)
		return task_fail(task, 1, "variable %s was set to NULL: no value, or text that is not UTF-8",
				 name ? name : "?");
	if (!name || !*name) {
		json_decref(value);
		return task_fail(task, 1, "a variable was set without a name");
	}
	envelope = envelope_for(type, value);
	json_decref(value);
	if (!envelope || json_object_set_new(local ? task->local : task->set, name, envelope))
		return task_fail(task, 0, "out of memory");
	return 0;
}
