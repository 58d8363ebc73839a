/* start_process.c: the unit StartCamundaProcessTask: starts the process that belongs to a zaak. Which one it is says a
 * start form, an object of the Objects API that lists the zaaktypen that it is for. */
#include "common.h"
#include "units.h"

#include <string.h>

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", NULL},
	{"initiator", BPTL_ANY, BPTL_OPTIONAL,
	 "Who starts the process, a text; without it the initiator among the rollen of the zaak", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the zaak and its rollen"},
	{"ztc", NULL, BPTL_REQUIRED, "Catalogi API: the zaaktype and its catalogus"},
	{"orc", "objects", BPTL_REQUIRED, "Objects API: the start forms"},
	{"engine", NULL, BPTL_REQUIRED, "the engine, to start the process"},
	{0},
};

static const struct bptl_key options[] = {
	{"objecttype", BPTL_REQUIRED, NULL, "URL of the objecttype of the start forms"},
	{0},
};

static json_t *read_by_url(struct bptl_task *t, const char *what, const char *url)
{
	struct bptl_request request = {.what = what, .method = "GET", .service = "ztc", .url = url};

	return bptl_send(t, &request);
}

/* The server looks for the identificatie anywhere in the text of the list: what it finds still has to be looked at. */
static json_t *search_forms(struct bptl_task *t, const char *identificatie, const char *domein)
{
	static const char *const headers[] = {ZGW_CONTENT_CRS, NULL};
	const char *filter = bptl_format(t, "zaaktypeIdentificaties__icontains__%s,zaaktypeCatalogus__exact__%s",
					 identificatie, domein);
	struct bptl_request request = {
		.what = "search the start form",
		.method = "POST",
		.service = "objects",
		.url = "objects/search?pageSize=100",
		.headers = headers,
		.body = json_pack("{s:s, s:s}", "type", bptl_option(t, "objecttype"), "data_attrs", filter),
		.flags = BPTL_READ | BPTL_ALL_PAGES,
	};

	return bptl_send(t, &request);
}

static int lists(const json_t *list, const char *identificatie)
{
	json_t *item;
	size_t i;

	json_array_foreach (list, i, item) {
		if (json_is_string(item) && strcmp(json_string_value(item), identificatie) == 0)
			return 1;
	}
	return 0;
}

/* The form of the zaaktype: the object; NULL when there is none. */
static json_t *find_form(struct bptl_task *t, const char *identificatie, const char *domein)
{
	json_t *objects = search_forms(t, identificatie, domein), *object, *data, *found = NULL;
	size_t i, count = 0;

	json_array_foreach (objects, i, object) {
		data = json_object_get(json_object_get(object, "record"), "data");
		if (!lists(json_object_get(data, "zaaktypeIdentificaties"), identificatie))
			continue;
		if (!found)
			found = object;
		count++;
	}
	if (count > 1)
		bptl_log(t, BPTL_WARNING,
			 "%zu start forms are for the zaaktype %s of the catalogus %s: the first is used, %s", count,
			 identificatie, domein, bptl_member_text(t, found, "url"));
	return found;
}

/* The key of the process that a form is for. */
static const char *process_of(struct bptl_task *t, json_t *form)
{
	json_t *data = json_object_get(json_object_get(form, "record"), "data");
	const char *key = zgw_text_in(data, "camundaProcessDefinitionKey");

	if (!key)
		bptl_fail(t, "the start form %s has no camundaProcessDefinitionKey", bptl_member_text(t, form, "url"));
	return key;
}

/* Who starts the process according to the variables. CreateZaakTask reads an object under the same name, a rol: that is
 * found among the rollen of the zaak. */
static const char *given_initiator(struct bptl_task *t)
{
	json_t *given = bptl_json(t, "initiator");

	return json_is_object(given) ? NULL : bptl_text(t, "initiator");
}

/* The initiator among the rollen of the zaak; NULL when nobody is known. */
static const char *find_initiator(struct bptl_task *t, const char *zaak)
{
	json_t *rollen, *rol;
	size_t i;

	rollen = zgw_list(t, "read the rollen of the zaak", "zrc", bptl_path(t, "rollen?zaak=%s", zaak));
	json_array_foreach (rollen, i, rol) {
		if (zgw_text_is(rol, "omschrijvingGeneriek", "initiator"))
			return zgw_text_in(json_object_get(rol, "betrokkeneIdentificatie"), "identificatie");
	}
	return NULL;
}

/* The engine takes the value of a Json variable as text. Value stolen. */
static const char *as_text(struct bptl_task *t, json_t *value)
{
	json_t *kept = bptl_keep(t, value);
	size_t size = json_dumpb(kept, NULL, 0, JSON_COMPACT);
	char *text = bptl_alloc(t, size + 1);

	if (text)
		json_dumpb(kept, text, size, JSON_COMPACT);
	return text;
}

static const char *details_of(struct bptl_task *t, const json_t *zaak, const json_t *zaaktype)
{
	const char *omschrijving = zgw_text_in(zaak, "omschrijving"), *toelichting = zgw_text_in(zaak, "toelichting");
	const char *type = zgw_text_in(zaaktype, "omschrijving");

	return as_text(t, json_pack("{s:s, s:s, s:s}", "omschrijving", omschrijving ? omschrijving : "",
				    "zaaktypeOmschrijving", type ? type : "", "toelichting",
				    toelichting ? toelichting : ""));
}

static json_t *variables_for(struct bptl_task *t, json_t *zaak, const char *details, const char *initiator)
{
	const char *url = bptl_member_text(t, zaak, "url"), *app = bptl_text(t, "bptlAppId");
	json_t *variables = json_pack(
		"{s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}, s:{s:s, s:s}}", "bptlAppId", "type", "String", "value", app,
		"zaakUrl", "type", "String", "value", url, "zaakIdentificatie", "type", "String", "value",
		bptl_member_text(t, zaak, "identificatie"), "zaakDetails", "type", "Json", "value", details);

	bptl_keep(t, variables);
	if (initiator &&
	    json_object_set_new(variables, "initiator", json_pack("{s:s, s:s}", "type", "String", "value", initiator)))
		bptl_fail(t, "out of memory");
	return variables;
}

static int start(struct bptl_task *t, const char *key, json_t *variables)
{
	struct bptl_request request = {
		.what = "start the process",
		.method = "POST",
		.service = "engine",
		.url = bptl_path(t, "process-definition/key/%s/start", key),
		.body = json_pack("{s:n, s:b, s:O}", "businessKey", "withVariablesInReturn", 0, "variables", variables),
	};
	const char *id = zgw_text_in(bptl_send(t, &request), "id");

	if (bptl_failed(t))
		return -1;
	bptl_log(t, BPTL_INFO, "the process %s was started: instance %s", key, id ? id : "without an id");
	return 0;
}

static int run(struct bptl_task *t)
{
	const char *initiator = given_initiator(t), *identificatie, *domein, *key;
	json_t *zaak = zgw_zaak(t, bptl_text(t, "zaakUrl")), *zaaktype, *catalogus, *form;

	zaaktype = read_by_url(t, "read the zaaktype", bptl_member_text(t, zaak, "zaaktype"));
	catalogus = read_by_url(t, "read the catalogus", bptl_member_text(t, zaaktype, "catalogus"));
	identificatie = bptl_member_text(t, zaaktype, "identificatie");
	domein = bptl_member_text(t, catalogus, "domein");
	form = find_form(t, identificatie, domein);
	if (bptl_failed(t))
		return -1;
	if (!form) {
		bptl_log(t, BPTL_WARNING,
			 "no start form is for the zaaktype %s of the catalogus %s: nothing was started", identificatie,
			 domein);
		return 0;
	}
	key = process_of(t, form);
	if (!initiator)
		initiator = find_initiator(t, bptl_member_text(t, zaak, "url"));
	return start(t, key, variables_for(t, zaak, details_of(t, zaak, zaaktype), initiator));
}

const struct bptl_unit zgw_start_process = {
	.name = "StartCamundaProcessTask",
	.summary = "Starts the process that belongs to the zaaktype of a zaak",
	.doc = "The process is named by the start form, an object of the type in the option objecttype, that lists the "
	       "identificatie of the zaaktype and has the domein of its catalogus. A zaaktype without a start form is "
	       "no "
	       "failure: nothing is started, and a warning in the log says so.",
	.run = run,
	.in = in,
	.needs = needs,
	.options = options,
};
