/* call_activity.c: the unit CallActivity: starts another process with variables of this one, exactly as the engine
 * holds them: what goes over is the engine's own envelope {type, value, valueInfo}. */
#include <string.h>
#include <strings.h>

#include "units.h"

#define LATEST "latest"

static const struct bptl_variable in[] = {
	{"subprocessDefinition", BPTL_TEXT, BPTL_REQUIRED, "Key of the process to start", NULL},
	{"subprocessDefinitionVersion", BPTL_TEXT, BPTL_OPTIONAL,
	 "Its version, such as 3; " LATEST " when it is not given", NULL},
	{"variablesMapping", BPTL_OBJECT, BPTL_OPTIONAL,
	 "Name of a variable here to its name there; all variables under their own names when it is empty", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"processInstanceId", BPTL_TEXT, BPTL_OPTIONAL, "Id of the instance that was started", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"engine", NULL, BPTL_REQUIRED, "the engine's REST interface: reads the variables, starts the process"},
	{0},
};

static const struct bptl_key options[] = {
	{"without_bookkeeping", BPTL_OPTIONAL, "no",
	 "yes: bptlAppId and callbackUrl do not go along, unless the mapping names them"},
	{"with_business_key", BPTL_OPTIONAL, "no", "yes: the new instance gets the business key of this one"},
	{0},
};

/* The value of an option that is yes or no; -1 when it is neither, and the task has failed. */
static int is_on(struct bptl_task *t, const char *option)
{
	const char *value = bptl_option(t, option);

	if (value && strcasecmp(value, "yes") == 0)
		return 1;
	if (value && strcasecmp(value, "no") == 0)
		return 0;
	return bptl_fail(t, "the topic's option %s is \"%.40s\": expected yes or no", option, value ? value : "");
}

static json_t *get(struct bptl_task *t, const char *what, const char *url)
{
	struct bptl_request request = {.what = what, .method = "GET", .service = "engine", .url = url};

	return bptl_send(t, &request);
}

/* The content of a file stays behind: the engine hands it out apart, and not as JSON. */
static int is_file(json_t *envelope)
{
	const char *type = json_string_value(json_object_get(envelope, "type"));

	return type && strcasecmp(type, "File") == 0;
}

/* Puts a variable into those of the new instance. */
static int copy(struct bptl_task *t, json_t *variables, const char *name, json_t *envelope)
{
	json_t *kept;

	if (is_file(envelope)) {
		bptl_log(t, BPTL_WARNING, "variable %s is a file: it does not go along", name);
		return 0;
	}
	kept = json_pack("{s:O?, s:O?, s:O?}", "type", json_object_get(envelope, "type"), "value",
			 json_object_get(envelope, "value"), "valueInfo", json_object_get(envelope, "valueInfo"));
	return json_object_set_new(variables, name, kept) ? bptl_fail_retry(t, "out of memory") : 0;
}

/* The variables that the mapping names, renamed; those that do not exist are passed over. */
static json_t *mapped(struct bptl_task *t, json_t *mapping, json_t *ours)
{
	json_t *variables = bptl_keep(t, json_object()), *target, *envelope;
	const char *name;

	json_object_foreach (mapping, name, target) {
		envelope = json_object_get(ours, name);
		if (!envelope)
			bptl_log(t, BPTL_INFO, "there is no variable %s to map: it is passed over", name);
		else if (copy(t, variables, json_string_value(target), envelope))
			break;
	}
	return variables;
}

/* All variables, under their own names. */
static json_t *all(struct bptl_task *t, json_t *ours, int without_bookkeeping)
{
	json_t *variables = bptl_keep(t, json_object()), *envelope;
	const char *name;

	json_object_foreach (ours, name, envelope) {
		if (without_bookkeeping && (strcmp(name, "bptlAppId") == 0 || strcmp(name, "callbackUrl") == 0))
			continue;
		if (copy(t, variables, name, envelope))
			break;
	}
	return variables;
}

/* The variables of an instance, as the engine gives them: an object of envelopes. Anything else would start a process
 * that lacks them. NULL: the task has failed. */
static json_t *read_variables(struct bptl_task *t, const char *instance)
{
	json_t *found = get(t, "read the variables of the process instance",
			    bptl_path(t, "process-instance/%s/variables?deserializeValues=false", instance));
	json_t *envelope;
	const char *name;

	if (found && !json_is_object(found)) {
		(void)bptl_fail(t, "read the variables of the process instance: the answer is no object");
		return NULL;
	}
	json_object_foreach (found, name, envelope) {
		if (!json_is_object(envelope)) {
			(void)bptl_fail(t, "read the variables of the process instance: %s is no object in the answer",
					name);
			return NULL;
		}
	}
	return found;
}

/* Names are checked before anything is asked. */
static int check_mapping(struct bptl_task *t, json_t *mapping)
{
	json_t *target;
	const char *name;

	json_object_foreach (mapping, name, target) {
		if (json_string_length(target) == 0)
			return bptl_fail(t, "variable variablesMapping: %s must have the name of a variable, as text",
					 name);
	}
	return 0;
}

/* Where the process is started: by its key, or by the id of one version. NULL: the task has failed. */
static const char *start_url(struct bptl_task *t, const char *key, const char *version)
{
	json_t *found;

	if (strcmp(version, LATEST) == 0)
		return bptl_path(t, "process-definition/key/%s/start", key);
	if (strspn(version, "0123456789") != strlen(version)) {
		(void)bptl_fail(t, "variable subprocessDefinitionVersion: \"%.40s\" is neither " LATEST " nor a number",
				version);
		return NULL;
	}
	found = get(t, "look up the version of the process",
		    bptl_path(t, "process-definition?key=%s&version=%s", key, version));
	if (found && json_array_size(found) != 1) {
		(void)bptl_fail(t, "the engine has %zu definitions of process %s in version %s: expected one",
				json_array_size(found), key, version);
		return NULL;
	}
	return bptl_path(t, "process-definition/%s/start", bptl_member_text(t, json_array_get(found, 0), "id"));
}

static int run(struct bptl_task *t)
{
	const char *key = bptl_text(t, "subprocessDefinition"), *here = bptl_info(t, "processInstanceId");
	const char *business_key = bptl_info(t, "businessKey"), *url;
	json_t *mapping = bptl_json(t, "variablesMapping"), *ours, *variables, *started;
	int without_bookkeeping = is_on(t, "without_bookkeeping"), with_business_key = is_on(t, "with_business_key");
	struct bptl_request start = {.what = "start the process", .method = "POST", .service = "engine"};

	if (bptl_failed(t) || check_mapping(t, mapping))
		return -1;
	if (!here)
		return bptl_fail(t, "CamundaRequired: the task belongs to no process instance of an engine");
	url = start_url(t, key, bptl_text_or(t, "subprocessDefinitionVersion", LATEST));
	ours = read_variables(t, here);
	if (!ours)
		return -1;
	variables = bptl_has(t, "variablesMapping") ? mapped(t, mapping, ours) : all(t, ours, without_bookkeeping);
	start.url = url;
	start.body = json_pack("{s:s?, s:b, s:O}", "businessKey", with_business_key ? business_key : NULL,
			       "withVariablesInReturn", 0, "variables", variables);
	started = bptl_send(t, &start);
	return bptl_set_text(t, "processInstanceId", bptl_member_text(t, started, "id"));
}

const struct bptl_unit camunda_api_call_activity = {
	.name = "CallActivity",
	.summary = "Starts another process with variables of this one",
	.doc = "Variables keep their types. Files stay behind, with a warning in the log. The new instance is started "
	       "once: "
	       "when its outcome is unknown the task becomes an incident.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
	.options = options,
};
