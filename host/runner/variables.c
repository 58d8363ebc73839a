/* variables.c: process variables, between the engine's envelopes {type, value, valueInfo} and what a unit sees. Each is
 * decoded when it is asked for, so that one bad variable disturbs only a unit that needs it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "runner/task.h"

#define VARIABLE_LIMIT (4u * 1024 * 1024) /* bytes of one variable */

/* ---- reading ---- */

static const char *type_of(const json_t *envelope)
{
	const char *type = json_get_text(envelope, "type");

	return type ? type : "String";
}

static int is_type(const json_t *envelope, const char *const *names)
{
	for (; *names; names++)
		if (strcasecmp(type_of(envelope), *names) == 0)
			return 1;
	return 0;
}

static const char *const json_types[] = {"Json", NULL};
static const char *const object_types[] = {"Object", NULL};
static const char *const integer_types[] = {"Integer", "Short", "Long", NULL};
static const char *const opaque_types[] = {"File", "Bytes", "Xml", NULL};

/* The declaration of a variable of the unit, or NULL. */
static const struct bptl_variable *declared(const struct task *task, const char *name)
{
	for (const struct bptl_variable *v = task->unit->in; v && v->name;
	     v = plugin_next_variable(&task->shop->plugin, v))
		if (strcmp(v->name, name) == 0)
			return v;
	return NULL;
}

static json_t *parse(struct task *task, const char *name, const json_t *value)
{
	char reason[160];
	json_t *parsed = json_read(json_string_value(value), json_string_length(value), reason);

	if (!parsed)
		(void)task_fail(task, 1, "variable %s is no valid JSON: %s", name, reason);
	return parsed;
}

static json_t *integer_from_text(struct task *task, const char *name, const char *text)
{
	char *end;
	long long number;

	errno = 0;
	number = strtoll(text, &end, 10);
	if (end == text || *end || errno) {
		(void)task_fail(task, 1, "variable %s: \"%.60s\" is no whole number", name, text);
		return NULL;
	}
	return json_integer(number);
}

/* New reference, or NULL with the task failed. */
static json_t *decode(struct task *task, const char *name, json_t *envelope)
{
	json_t *value = json_object_get(envelope, "value");
	const char *format = json_get_text(json_object_get(envelope, "valueInfo"), "serializationDataFormat");

	if (is_type(envelope, opaque_types)) {
		(void)task_fail(task, 1, "variable %s is of type %s, whose content a unit cannot read", name,
				type_of(envelope));
		return NULL;
	}
	if (!value || json_is_null(value))
		return json_null();
	if (json_is_string(value) && is_type(envelope, json_types))
		return parse(task, name, value);
	if (json_is_string(value) && is_type(envelope, object_types)) {
		if (!format || !strstr(format, "json")) {
			(void)task_fail(task, 1,
					"variable %s is an Object serialised as %s: only application/json can be read",
					name, format ? format : "something unknown");
			return NULL;
		}
		return parse(task, name, value);
	}
	if (json_is_string(value) && is_type(envelope, integer_types))
		return integer_from_text(task, name, json_string_value(value));
	return json_incref(value);
}

static int is_empty(const json_t *value)
{
	return !value || json_is_null(value) || (json_is_string(value) && json_string_length(value) == 0) ||
	       (json_is_array(value) && json_array_size(value) == 0) ||
	       (json_is_object(value) && json_object_size(value) == 0);
}

static const char *skip_space(const char *text)
{
	return text + strspn(text, " \t\r\n");
}

/* A text of JSON without a value: null, "", [] or {}, with any space that writers put into it. */
static int is_empty_json(const char *text)
{
	text = skip_space(text);
	if (text_starts(text, "null")) {
		text += 4;
	} else if (text_starts(text, "\"\"")) {
		text += 2;
	} else if (*text == '[' || *text == '{') {
		char closing = *text == '[' ? ']' : '}';

		text = skip_space(text + 1);
		if (*text++ != closing)
			return 0;
	} else {
		return 0;
	}
	return *skip_space(text) == '\0';
}

/* Is a text in it JSON? Modellers write JSON into plain String variables, too. */
static int is_structured(const struct bptl_variable *v)
{
	return v && (v->type == BPTL_OBJECT || v->type == BPTL_LIST);
}

/* The envelope's value without parsing it: enough to tell whether there is one. v: its declaration, or NULL. */
static int envelope_is_empty(const json_t *envelope, const struct bptl_variable *v)
{
	const json_t *value = json_object_get(envelope, "value");
	const char *text = json_string_value(value);

	if (strcasecmp(type_of(envelope), "File") == 0)
		return 0; /* an engine hands it out without its content: a unit that reads it is told so */
	if (is_empty(value))
		return 1;
	return text && (is_structured(v) || is_type(envelope, json_types) || is_type(envelope, object_types)) &&
	       is_empty_json(text);
}

/* The envelope of a variable that has a value, under its name or the one to read instead; NULL when there is none. */
static json_t *find(const struct task *task, const char *name, const char **found)
{
	const struct bptl_variable *v = declared(task, name);
	json_t *envelope = json_object_get(task->variables, name);

	*found = name;
	if (envelope && !envelope_is_empty(envelope, v))
		return envelope;
	if (v && v->instead) {
		envelope = json_object_get(task->variables, v->instead);
		*found = v->instead;
		if (envelope && !envelope_is_empty(envelope, v))
			return envelope;
	}
	return NULL;
}

int variables_has(struct task *task, const char *name)
{
	const char *found;

	return find(task, name, &found) != NULL;
}

int variables_given(const struct task *task, const char *name)
{
	const struct bptl_variable *v = declared(task, name);

	return json_object_get(task->variables, name) ||
	       (v && v->instead && json_object_get(task->variables, v->instead));
}

/* The decoded value: borrowed; NULL when there is none or the task has failed. */
static json_t *value_of(struct task *task, const char *name)
{
	const char *found;
	json_t *envelope = find(task, name, &found);
	json_t *value = envelope ? json_object_get(task->decoded, found) : NULL;

	if (!envelope || value)
		return value;
	if (json_string_length(json_object_get(envelope, "value")) > VARIABLE_LIMIT) {
		(void)task_fail(task, 1, "variable %s is %zu bytes long, over the limit of %u", found,
				json_string_length(json_object_get(envelope, "value")), VARIABLE_LIMIT);
		return NULL;
	}
	value = decode(task, found, envelope);
	if (value && json_object_set_new(task->decoded, found, value)) {
		(void)task_fail(task, 0, "out of memory");
		return NULL;
	}
	return value;
}

static const char *kind(const json_t *value)
{
	static const char *const names[] = {"an object", "a list", "a text", "a whole number",
					    "a number",  "true",   "false",  "null"};

	return names[json_typeof(value)];
}

static int wrong_kind(struct task *task, const char *name, const json_t *value, const char *expected)
{
	return task_fail(task, 1, "variable %s is %s, expected %s", name, kind(value), expected);
}

const char *variables_text(struct task *task, const char *name)
{
	json_t *value = value_of(task, name);

	if (!value)
		return NULL;
	if (json_is_string(value))
		return json_string_value(value);
	if (json_is_integer(value)) {
		char digits[32];

		(void)snprintf(digits, sizeof(digits), "%lld", (long long)json_integer_value(value));
		return task_text(task, digits);
	}
	(void)wrong_kind(task, name, value, "a text");
	return NULL;
}

int64_t variables_integer(struct task *task, const char *name)
{
	json_t *value = value_of(task, name);
	json_t *number;

	if (!value)
		return 0;
	if (json_is_integer(value))
		return json_integer_value(value);
	if (json_is_string(value)) {
		number = integer_from_text(task, name, json_string_value(value));
		return number ? json_integer_value(task_keep(task, number)) : 0;
	}
	return wrong_kind(task, name, value, "a whole number") + 1;
}

int variables_boolean(struct task *task, const char *name)
{
	json_t *value = value_of(task, name);

	if (!value)
		return 0;
	if (json_is_boolean(value))
		return json_is_true(value);
	return wrong_kind(task, name, value, "true or false") + 1;
}

json_t *variables_json(struct task *task, const char *name)
{
	const char *found;
	json_t *envelope = find(task, name, &found);
	json_t *value = value_of(task, name);

	if (value && is_structured(declared(task, name)) && json_is_string(value) &&
	    strcasecmp(type_of(envelope), "String") == 0) {
		value = parse(task, found, value);
		if (value)
			(void)json_object_set_new(task->decoded, found, value);
	}
	return value;
}

/* ---- before the run ---- */

/* 2026-03-01, or a time as clock_parse() reads it. */
static int is_date(const json_t *value)
{
	const char *text = json_string_value(value);
	char time[CLOCK_TEXT];
	int64_t wall;

	if (!text)
		return 0;
	(void)snprintf(time, sizeof(time), "%.10sT00:00:00Z", text);
	return clock_parse(strlen(text) == 10 ? time : text, &wall) == 0;
}

static void check_type(struct task *task, const struct bptl_variable *v)
{
	json_t *value;

	switch (v->type) {
	case BPTL_ANY:
		break;
	case BPTL_TEXT:
		(void)variables_text(task, v->name);
		break;
	case BPTL_INTEGER:
		(void)variables_integer(task, v->name);
		break;
	case BPTL_NUMBER:
		value = value_of(task, v->name);
		if (value && !json_is_number(value))
			(void)wrong_kind(task, v->name, value, "a number");
		break;
	case BPTL_BOOLEAN:
		(void)variables_boolean(task, v->name);
		break;
	case BPTL_DATE:
		value = value_of(task, v->name);
		if (value && !is_date(value))
			(void)wrong_kind(task, v->name, value, "a date or time as ISO 8601 writes it");
		break;
	case BPTL_OBJECT:
		value = variables_json(task, v->name);
		if (value && !json_is_object(value))
			(void)wrong_kind(task, v->name, value, "a JSON object");
		break;
	case BPTL_LIST:
		value = variables_json(task, v->name);
		if (value && !json_is_array(value))
			(void)wrong_kind(task, v->name, value, "a JSON list");
		break;
	}
}

static void check_presence(struct task *task, const struct bptl_variable *v)
{
	const json_t *given = json_object_get(task->variables, v->name);

	if (!given && v->instead)
		given = json_object_get(task->variables, v->instead);
	if ((v->flags & BPTL_REQUIRED) && !variables_has(task, v->name))
		(void)task_fail(task, 1, "required variable %s is %s (%s)", v->name, given ? "empty" : "missing",
				v->doc);
	else if ((v->flags & BPTL_PRESENT) && !given)
		(void)task_fail(task, 1, "required variable %s is missing (%s)", v->name, v->doc);
}

/* bptlAppId chooses whose credentials go along. */
static void check_app(struct task *task)
{
	const char *id = variables_has(task, "bptlAppId") ? variables_text(task, "bptlAppId") : NULL;

	for (size_t i = 0; id && i < task->shop->app_count; i++)
		if (strcmp(task->shop->apps[i].id, id) == 0)
			task->app = &task->shop->apps[i];
	if (id && !task->app && task->shop->unknown_app_refuse && task->outcome == OUTCOME_DONE)
		(void)task_fail(
			task, 1,
			"bptlAppId %.200s is the id of no [app] section: add one, or set unknown_app = default in "
			"[host] to let unknown apps use the services' own credentials",
			id);
}

int variables_check(struct task *task)
{
	for (const struct bptl_variable *v = task->unit->in; v && v->name && task->outcome == OUTCOME_DONE;
	     v = plugin_next_variable(&task->shop->plugin, v)) {
		check_presence(task, v);
		if (task->outcome == OUTCOME_DONE)
			check_type(task, v);
	}
	if (task->outcome == OUTCOME_DONE)
		check_app(task);
	return task->outcome == OUTCOME_DONE ? 0 : -1;
}
