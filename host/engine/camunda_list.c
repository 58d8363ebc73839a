/* camunda_list.c: reads the body of a poll's answer, also one of which a part is nothing that our parser takes: see
 * camunda_list() in camunda_wire.h. It knows nothing of what a task is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "engine/camunda_wire.h"

static const char *skip_space(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	return at;
}

/* The end of a JSON value by its brackets and quotes alone: where the comma or bracket behind it stands. NULL when
 * the bytes end before. */
static const char *value_end(const char *at, const char *end)
{
	int depth = 0, in_text = 0;

	for (; at < end; at++) {
		if (in_text) {
			if (*at == '\\')
				at++;
			else if (*at == '"')
				in_text = 0;
		} else if (*at == '"') {
			in_text = 1;
		} else if (*at == '{' || *at == '[') {
			depth++;
		} else if (depth == 0 && (*at == ',' || *at == ']' || *at == '}')) {
			return at;
		} else if (*at == '}' || *at == ']') {
			depth--;
		}
	}
	return NULL;
}

/* json_read(), of which the reason quotes nothing: what is quoted may be anything. */
static json_t *read_value(const char *at, const char *end, char reason[160])
{
	json_t *value = json_read(at, (size_t)(end - at), reason);
	char *near = value ? NULL : strstr(reason, " near ");

	if (near)
		*near = '\0';
	return value;
}

/* What is good of an object that cannot be read as a whole. `bad`: the name of the first member that is not, and why;
 * owned. NULL when it is no object at all. */
static json_t *read_members(const char *at, const char *end, char **bad)
{
	json_t *object = mem_json(json_object());
	char reason[160];

	at = skip_space(at, end);
	if (at == end || *at != '{')
		goto none;
	do {
		const char *start = skip_space(at + 1, end), *colon;
		json_t *name, *value;

		if (start == end || *start != '"')
			goto none;
		for (colon = start + 1; colon < end && *colon != '"'; colon++)
			colon += *colon == '\\';
		colon = colon < end ? skip_space(colon + 1, end) : end;
		at = colon < end && *colon == ':' ? value_end(colon + 1, end) : NULL;
		if (!at)
			goto none;
		name = read_value(start, colon, reason);
		value = name ? read_value(colon + 1, at, reason) : NULL;
		if (!value && !*bad)
			*bad = mem_format("%s cannot be read: %s",
					  json_is_string(name) ? json_string_value(name) : "a name", reason);
		if (value && json_object_set(object, json_string_value(name), value))
			mem_out();
		json_decref(name);
		json_decref(value);
	} while (*at == ',');
	if (*at == '}' && skip_space(at + 1, end) == end)
		return object;
none:
	json_decref(object);
	return NULL;
}

/* The variables of an entry, and which of them is bad, when they are why it cannot be read. */
static json_t *read_variables(const char *at, const char *end, char **bad)
{
	const char *start = memmem(at, (size_t)(end - at), "\"variables\"", 11);
	const char *stop;

	start = start ? memchr(start, ':', (size_t)(end - start)) : NULL;
	stop = start ? value_end(start + 1, end) : NULL;
	return stop ? read_members(start + 1, stop, bad) : NULL;
}

/* A task that our parser refuses for one of its values: it must not be fetched again and again, so it gets a fault with
 * which it fails. `reason`: why it cannot be read as a whole. NULL when nothing can be made of it. New reference. */
static json_t *read_faulty(const char *at, const char *end, const char *reason)
{
	char *bad = NULL, *bad_variable = NULL, *fault;
	json_t *task = read_members(at, end, &bad), *variables = NULL;

	if (task && !json_object_get(task, "variables"))
		variables = read_variables(at, end, &bad_variable);
	if (variables && json_object_set_new(task, "variables", variables))
		mem_out();
	if (bad_variable)
		fault = mem_format("the variable %s: correct it in the process, then grant a retry", bad_variable);
	else
		fault = mem_format("its %s", bad ? bad : reason);
	if (task)
		json_put_text(task, "fault", fault);
	free(fault);
	free(bad_variable);
	free(bad);
	return task;
}

/* Reads entry by entry what cannot be read as a whole: one task with a text that our parser refuses (a NUL character, a
 * number beyond 64 bits) must not keep all others from being done. Only for a list that is closed: one that was cut off
 * is no answer. */
static json_t *read_entries(const char *body, size_t length)
{
	const char *end = body + length;
	const char *at = skip_space(body, end);
	json_t *list = mem_json(json_array());
	size_t good = 0;
	char reason[160];

	if (at == end || *at != '[')
		goto none;
	do {
		const char *start = skip_space(at + 1, end);
		json_t *entry;

		at = value_end(start, end);
		if (!at)
			goto none;
		entry = read_value(start, at, reason);
		if (!entry)
			entry = read_faulty(start, at, reason);
		good += entry != NULL;
		if (json_array_append_new(list, entry ? entry : json_null()))
			mem_out();
	} while (*at == ',');
	if (good > 0 && *at == ']' && skip_space(at + 1, end) == end)
		return list;
none:
	json_decref(list);
	return NULL;
}

json_t *camunda_list(const char *body, size_t length, const char *content_type, char why[CAMUNDA_WHY])
{
	char reason[160], words[80];
	char *near;
	json_t *value;

	value = json_read(body, length, reason);
	if (json_is_array(value))
		return value;
	if (!value)
		value = read_entries(body, length);
	if (json_is_array(value))
		return value;
	if (value || (content_type && strstr(content_type, "json"))) {
		near = strstr(reason, " near "); /* what follows is from the body, which may hold anything */
		if (near && !value)
			*near = '\0';
		(void)snprintf(why, CAMUNDA_WHY, "the answer (%zu bytes of JSON) is no list of tasks%s%s", length,
			       value ? "" : ": ", value ? "" : reason);
		json_decref(value);
	} else if (length == 0) {
		(void)snprintf(why, CAMUNDA_WHY, "the answer is empty");
	} else {
		(void)snprintf(words, sizeof(words), "%.60s",
			       text_is_utf8(body, length) ? body : "bytes that are no text");
		(void)snprintf(why, CAMUNDA_WHY, "the answer is no list of tasks but %.60s: %s",
			       content_type && *content_type ? content_type : "of no type", words);
	}
	text_one_line(why);
	text_make_utf8(why);
	return NULL;
}
