/* local_value.c: variables as people write them, made into what an engine holds. A plain value gets the type that a
 * real engine would give it; an envelope {type, value} is checked. It knows nothing of the database. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/memory.h"
#include "engine/local.h"

enum kind { KIND_TEXT, KIND_INTEGER, KIND_NUMBER, KIND_BOOLEAN, KIND_NULL, KIND_JSON };

static const struct known {
	const char *name;
	enum kind kind;
	json_int_t limit; /* of an integer: from -limit - 1 to limit */
} types[] = {{"String", KIND_TEXT, 0},
	     {"Integer", KIND_INTEGER, INT32_MAX},
	     {"Long", KIND_INTEGER, INT64_MAX},
	     {"Short", KIND_INTEGER, INT16_MAX},
	     {"Double", KIND_NUMBER, 0},
	     {"Boolean", KIND_BOOLEAN, 0},
	     {"Date", KIND_TEXT, 0},
	     {"Null", KIND_NULL, 0},
	     {"Json", KIND_JSON, 0},
	     {"Object", KIND_JSON, 0},
	     {"Xml", KIND_TEXT, 0},
	     {"Bytes", KIND_TEXT, 0},
	     {"File", KIND_TEXT, 0}};

static const struct known *type_named(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strcasecmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

static json_t *envelope(const char *type, json_t *value, json_t *info)
{
	json_t *result = mem_json(json_object());

	if (json_object_set_new(result, "type", mem_json(json_string(type))) ||
	    json_object_set_new(result, "value", mem_json(value)) ||
	    json_object_set_new(result, "valueInfo", mem_json(info)))
		mem_out();
	return result;
}

/* An object or list as the text that engines hold of it. */
static json_t *as_json_text(const json_t *value)
{
	char *dumped = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	json_t *text;

	if (!dumped)
		mem_out();
	text = mem_json(json_string(dumped));
	free(dumped);
	return text;
}

static json_t *plain(const json_t *value)
{
	json_t *info = mem_json(json_object());
	json_int_t number = json_integer_value(value);

	switch (json_typeof(value)) {
	case JSON_STRING:
		return envelope("String", json_deep_copy(value), info);
	case JSON_INTEGER:
		return envelope(number >= INT32_MIN && number <= INT32_MAX ? "Integer" : "Long", json_integer(number),
				info);
	case JSON_REAL:
		return envelope("Double", json_deep_copy(value), info);
	case JSON_TRUE:
	case JSON_FALSE:
		return envelope("Boolean", json_boolean(json_is_true(value)), info);
	case JSON_NULL:
		return envelope("Null", json_null(), info);
	default:
		return envelope("Json", as_json_text(value), info);
	}
}

/* An object of type and value (and valueInfo) and nothing else. */
static int is_envelope(const json_t *value)
{
	static const char *const names[] = {"type", "value", "valueInfo"};
	size_t known = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (json_object_get(value, names[i]))
			known++;
	return json_get_text(value, "type") && known == json_object_size(value) &&
	       (known > 1 || strcasecmp(json_get_text(value, "type"), "Null") == 0);
}

static int fits(const struct known *type, const json_t *value)
{
	json_int_t number = json_integer_value(value);

	if (!value || json_is_null(value))
		return 1;
	switch (type->kind) {
	case KIND_TEXT:
		return json_is_string(value);
	case KIND_INTEGER:
		return json_is_integer(value) && number <= type->limit && number >= -type->limit - 1;
	case KIND_NUMBER:
		return json_is_number(value);
	case KIND_BOOLEAN:
		return json_is_boolean(value);
	case KIND_JSON:
		return 1;
	default:
		return 0;
	}
}

/* A Json variable may be handed in as its text or as the value itself. */
static json_t *checked_json(const char *name, json_t *value, struct error *error)
{
	char reason[160];
	json_t *read;

	if (!json_is_string(value))
		return as_json_text(value);
	read = json_read(json_string_value(value), json_string_length(value), reason);
	if (!read) {
		(void)error_set(error, "variable %s: its value is not the text of a JSON value: %s", name, reason);
		return NULL;
	}
	json_decref(read);
	return json_incref(value);
}

static json_t *checked(const char *name, const json_t *given, struct error *error)
{
	const char *type = json_get_text(given, "type");
	const struct known *known = type_named(type);
	json_t *value = json_object_get(given, "value");
	json_t *info = json_object_get(given, "valueInfo");

	if (!known) {
		(void)error_set(
			error,
			"variable %s: %s is not a type that engines know (String, Integer, Long, Double, Boolean, "
			"Date, "
			"Json ...); an object with members of its own that are called type and value is handed in as "
			"{\"type\": \"Json\", \"value\": {...}}",
			name, type);
		return NULL;
	}
	if (!fits(known, value)) {
		(void)error_set(error, "variable %s: its value does not fit its type %s", name, known->name);
		return NULL;
	}
	if (known->kind == KIND_JSON && value && !json_is_null(value)) {
		value = checked_json(name, value, error);
		if (!value)
			return NULL;
	} else {
		value = value ? json_incref(value) : json_null();
	}
	return envelope(known->name, value, json_is_object(info) ? json_incref(info) : json_object());
}

json_t *local_variables(const json_t *variables, struct error *error)
{
	json_t *result = mem_json(json_object());
	json_t *value, *made;
	const char *name;

	if (variables && !json_is_object(variables)) {
		(void)error_set(error, "the variables are no JSON object");
		goto refused;
	}
	json_object_foreach ((json_t *)(uintptr_t)variables, name, value) {
		made = is_envelope(value) ? checked(name, value, error) : plain(value);
		if (!made)
			goto refused;
		if (json_object_set_new(result, name, made))
			mem_out();
	}
	return result;
refused:
	json_decref(result);
	return NULL;
}
