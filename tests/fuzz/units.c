/* units.c: work units against services that answer anything. The first byte chooses the unit, the rest of its line is a
 * JSON object of variables; each further line is an answer: a status and a body, which need not be JSON; 0 is none. The
 * last one is given again and again. Whatever comes, the unit ends, with an outcome that can be reported; what it asks
 * for lies under a root of its services and is well made; and a second run asks for the same, for the journal relies on
 * that. */
#include "shop.h"

#include "camunda_api/units.h"
#include "http/mail.h"
#include "http/url.h"
#include "zac/units.h"
#include "zgw/units.h"

#define REQUESTS 60 /* after that, no service answers any more */
#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static const struct bptl_unit *const units[] = {
	&zgw_create_zaak,        &zgw_lookup_zaak,     &zgw_create_status,        &zgw_create_resultaat,
	&zgw_relate_document,    &zgw_close_zaak,      &zgw_create_eigenschap,    &zgw_create_zaakobject,
	&zgw_fetch_zaakobjecten, &zgw_fetch_relaties,  &zgw_relate_pand,          &zgw_relate_zaak,
	&zgw_lock_document,      &zgw_unlock_document, &zgw_set_gebruiksrecht,    &zgw_start_process,
	&zac_user_details,       &zac_zaak_detail_url, &camunda_api_call_activity};

/* name, type, root */
static const char *const services[][3] = {{"zaken", "zrc", "https://zaken.example/api/v1/"},
					  {"catalogi", "ztc", "https://catalogi.example/api/v1/"},
					  {"documenten", "drc", "https://documenten.example/api/v1/"},
					  {"besluiten", "brc", "https://besluiten.example/api/v1/"},
					  {"zac", "orc", "https://zac.example/"},
					  {"objects", "orc", "https://objects.example/api/v2/"},
					  {"main", "engine", "https://engine.example/engine-rest/"}};

/* One run of a unit. */
struct run {
	struct input answers;
	char *last;
	json_t *asked; /* list of [method, url, body] */
	size_t requests;
};

static void read_line(struct run *run)
{
	if (++run->requests > REQUESTS) {
		free(run->last);
		run->last = mem_text("503 too many");
	} else if (run->answers.at < run->answers.end || !run->last) {
		free(run->last);
		run->last = input_line(&run->answers);
	}
}

/* Holds that the request may go out with the service's credential, and notes it. */
static void note(struct run *run, const struct client_request *request)
{
	json_t *row = mem_json(json_pack("[s, s]", request->method, request->url));

	HOLDS(url_under(request->service->root, request->url), "%s is not under %s", request->url,
	      request->service->root);
	HOLDS(request->body || text_in(request->method, (const char *const[]){"GET", "DELETE", NULL}),
	      "%s without a body", request->method);
	if (request->body)
		(void)json_array_append_new(row, mem_json(json_deep_copy(request->body)));
	(void)json_array_append_new(run->asked, row);
}

/* In place of the services: what sends is told at once what they answer. */
struct client_call *__wrap_client_send(struct client *client, const struct client_request *request, http_done *done,
				       void *arg, struct error *error);
struct client_call *__wrap_client_send(struct client *client, const struct client_request *request, http_done *done,
				       void *arg, struct error *error)
{
	struct run *run = (struct run *)(void *)client;
	struct http_answer answer = {.content_type = "application/json", .retry_after = -1, .error = ""};
	char *body;

	(void)error;
	note(run, request);
	read_line(run);
	answer.status = strtol(run->last, &body, 10);
	body += *body == ' ';
	answer.body = body;
	answer.length = strlen(body);
	if (answer.status < 200 || answer.status > 599)
		answer = (struct http_answer){.failure = HTTP_UNKNOWN,
					      .content_type = "",
					      .body = "",
					      .retry_after = -1,
					      .error = "it went away"};
	done(arg, &answer);
	return (struct client_call *)(void *)client; /* nobody looks into it */
}

/* There is no loop: an errand is run at once. */
void __wrap_errands_add(struct errands *errands, struct errand *errand);
void __wrap_errands_add(struct errands *errands, struct errand *errand)
{
	(void)errands;
	errand->run(errand->arg);
}

/* No unit here sends a mail. */
void __wrap_mail_deliver(const struct service *service, const struct bptl_mail *mail, const char *message_id,
			 int64_t wall, struct mail_answer *answered);
void __wrap_mail_deliver(const struct service *service, const struct bptl_mail *mail, const char *message_id,
			 int64_t wall, struct mail_answer *answered)
{
	(void)service;
	(void)message_id;
	(void)wall;
	(void)answered;
	HOLDS(!mail, "a mail");
}

/* ---- the task ---- */

static json_t *envelope(json_t *value)
{
	static const char *const names[] = {"Json", "Json", "String", "Long", "Double", "Boolean", "Boolean", "Null"};
	const char *type = names[json_typeof(value)];
	char *text;
	json_t *made;

	if (strcmp(type, "Json") != 0)
		return mem_json(json_pack("{s:s, s:O}", "type", type, "value", value));
	text = json_dumps(value, 0);
	made = mem_json(json_pack("{s:s, s:s}", "type", type, "value", text));
	free(text);
	return made;
}

/* The order as the core makes it; owned. */
static json_t *order_of(const struct bptl_unit *unit, json_t *plain)
{
	json_t *variables = mem_json(json_object()), *options = mem_json(json_object()),
	       *uses = mem_json(json_object());
	const char *name;
	json_t *value;

	json_object_foreach (plain, name, value)
		(void)json_object_set_new(variables, name, envelope(value));
	for (const struct bptl_key *key = unit->options; key && key->name; key++)
		json_put_text(options, key->name,
			      key->flags & BPTL_REQUIRED ? "https://objecttypes.example/1" : key->fallback);
	for (size_t i = 0; i < COUNT(services); i++)
		json_put_text(uses, services[i][0], services[i][0]);
	return mem_json(json_pack("{s:s, s:s, s:{s:s, s:s, s:s}, s:o, s:o, s:o, s:[], s:I}", "key", "main/t1", "unit",
				  unit->name, "facts", "id", "t1", "topic", "topic", "processInstanceId", "p1",
				  "variables", variables, "options", options, "uses", uses, "steps", "first_run",
				  (json_int_t)1768554753123456));
}

/* The outcome; `asked` is what was asked for. New references. */
static json_t *run_once(const struct bptl_unit *unit, json_t *plain, struct input answers, json_t **asked)
{
	struct run run = {.answers = answers, .asked = mem_json(json_array())};
	struct service list[COUNT(services)] = {{0}};
	struct shop shop;
	json_t *result;

	shop_open(&shop, NULL, mem_json(json_object()));
	task_free(shop.task);
	shop.unit = *unit;
	for (size_t i = 0; i < COUNT(services); i++) {
		list[i].name = mem_text(services[i][0]);
		list[i].type = mem_text(services[i][1]);
		list[i].root = mem_text(services[i][2]);
	}
	shop.workshop.services = list;
	shop.workshop.service_count = COUNT(services);
	shop.workshop.client = (struct client *)(void *)&run;
	shop.task = task_new(&shop.workshop, order_of(unit, plain));
	HOLDS(shop.task, "no task");
	task_run(shop.task);
	HOLDS(run.requests < 4 * REQUESTS, "%zu requests", run.requests);
	result = task_result(shop.task);
	task_free(shop.task);
	plugin_close(&shop.workshop.plugin);
	log_free(shop.workshop.log);
	for (size_t i = 0; i < COUNT(services); i++)
		service_clear(&list[i]);
	free(run.last);
	*asked = run.asked;
	return result;
}

/* What only a unit that is wrong is told; unless the words are the input's own. */
static void holds_no_fault(const char *message, struct input input)
{
	static const char *const faults[] = {"a fault of the unit", "the request has no body", "without saying why",
					     "was set to NULL"};
	size_t length = (size_t)(input.end - input.at);

	for (size_t i = 0; i < COUNT(faults); i++)
		HOLDS(!strstr(message, faults[i]) || memmem(input.at, length, faults[i], strlen(faults[i])), "%s",
		      message);
}

static void check_result(const json_t *result, struct input input)
{
	const char *outcome = json_get_text(result, "outcome"), *name;
	json_t *value;

	if (strcmp(outcome, "done") != 0) {
		holds_message(json_get_text(result, "message"));
		holds_no_fault(json_get_text(result, "message"), input);
	}
	if (strcmp(outcome, "bpmn-error") == 0)
		HOLDS(json_get_text(result, "code"), "a BPMN error without a code");
	json_object_foreach (json_object_get(result, "variables"), name, value)
		HOLDS(*name && json_get_text(value, "type") && json_object_get(value, "value"), "variable %s", name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = input_of(data, size), whole = in;
	const struct bptl_unit *unit = units[input_byte(&in) % COUNT(units)];
	char *line = input_line(&in), reason[160];
	json_t *plain = json_read(line, strlen(line), reason), *first, *second, *asked, *again;

	if (json_is_object(plain)) {
		first = run_once(unit, plain, in, &asked);
		check_result(first, whole);
		second = run_once(unit, plain, in, &again);
		HOLDS(json_equal(asked, again), "%s asks for something else the second time", unit->name);
		HOLDS(json_equal(first, second), "%s ends otherwise the second time", unit->name);
		json_decref(first);
		json_decref(second);
		json_decref(asked);
		json_decref(again);
	}
	json_decref(plain);
	free(line);
	return 0;
}
