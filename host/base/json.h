/* json.h: short ways to read JSON that came from outside. All of them take a missing or wrong member calmly. */
#ifndef BPTL_BASE_JSON_H
#define BPTL_BASE_JSON_H

#include <jansson.h>
#include <stddef.h>

#define JSON_DEPTH_LIMIT 200 /* jansson 2.14 copies and writes recursively without a limit of its own */

/* A member that is a text, else NULL; borrowed. */
const char *json_get_text(const json_t *object, const char *name);
/* A member that is a whole number, else `fallback`. */
json_int_t json_get_integer(const json_t *object, const char *name, json_int_t fallback);
/* A member that is true or false, else `fallback`. */
int json_get_boolean(const json_t *object, const char *name, int fallback);
/* Reads a text of JSON, no duplicate keys, no deeper than JSON_DEPTH_LIMIT. New reference, or NULL and a reason. */
json_t *json_read(const char *bytes, size_t length, char reason[160]);
/* Sets a text member, or nothing when the text is NULL. Bytes that are no UTF-8 become ?: they may come from anywhere,
 * and jansson would take none of the text. */
void json_put_text(json_t *object, const char *name, const char *text);

#endif
