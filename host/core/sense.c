/* sense.c: see sense.h. */
#include "core/sense.h"

#include "base/json.h"
#include "base/text.h"

/* Variables as the engine takes them: {name: {type, value, ...}}. */
static int are_envelopes(const json_t *variables)
{
	const char *name;
	json_t *envelope;

	if (variables && !json_is_object(variables))
		return 0;
	json_object_foreach ((json_t *)variables, name, envelope)
		if (!json_get_text(envelope, "type"))
			return 0;
	return 1;
}

int sense_result(const json_t *result)
{
	const char *outcome = json_get_text(result, "outcome");

	if (!are_envelopes(json_object_get(result, "variables")) || !are_envelopes(json_object_get(result, "local")))
		return 0;
	if (text_equal(outcome, "failed"))
		return json_get_text(result, "message") != NULL;
	if (text_equal(outcome, "bpmn-error"))
		return json_get_text(result, "code") != NULL;
	return text_equal(outcome, "done");
}

int sense_intent(const json_t *rows)
{
	const json_t *row;
	size_t i;

	json_array_foreach (rows, i, row)
		if (text_equal(json_get_text(row, "state"), "intent"))
			return 1;
	return 0;
}
