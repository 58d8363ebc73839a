/* create_eigenschap.c: the unit CreateEigenschap: gives an eigenschap of a zaak a value, whether it has one or not. */
#include "common.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", NULL},
	{"eigenschap", BPTL_OBJECT, BPTL_REQUIRED, "{naam, waarde}; nothing is done when waarde is null or empty",
	 NULL},
	{"zaaktype", BPTL_ANY, BPTL_OPTIONAL,
	 "URL of the zaaktype of the zaak; without it, or when it is no text, it is read from the zaak", NULL},
	ZGW_NLX_VARIABLES,
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the zaak and its eigenschappen"},
	{"ztc", NULL, BPTL_REQUIRED, "Catalogi API: the eigenschappen of the zaaktype"},
	{0},
};

static json_t *waarde_of(struct bptl_task *t, json_t *eigenschap)
{
	json_t *waarde = json_object_get(eigenschap, "waarde");

	if (!waarde)
		bptl_fail(t, "variable eigenschap has no waarde");
	if (json_object_size(waarde) || json_array_size(waarde))
		bptl_fail(t, "variable eigenschap: waarde must be a text, a number or true or false");
	return waarde;
}

static int is_empty(const json_t *waarde)
{
	return json_is_null(waarde) || json_is_object(waarde) || json_is_array(waarde) ||
	       (json_is_string(waarde) && json_string_length(waarde) == 0);
}

static const char *zaaktype_of(struct bptl_task *t, const char *zaak)
{
	json_t *given = bptl_json(t, "zaaktype");

	return json_is_string(given) ? json_string_value(given) : bptl_member_text(t, zgw_zaak(t, zaak), "zaaktype");
}

/* The eigenschap of the zaaktype with this name; NULL when there is none. */
static json_t *find_eigenschap(struct bptl_task *t, const char *zaaktype, const char *naam)
{
	json_t *eigenschappen = zgw_list(t, "read the eigenschappen of the zaaktype", "ztc",
					 bptl_path(t, "eigenschappen?zaaktype=%s", zaaktype));
	json_t *eigenschap;
	size_t i;

	json_array_foreach (eigenschappen, i, eigenschap) {
		if (zgw_text_is(eigenschap, "naam", naam))
			return eigenschap;
	}
	return NULL;
}

/* The value that the zaak has already, the last one if there are several; NULL when there is none. */
static json_t *find_value(struct bptl_task *t, const char *list, const char *naam)
{
	json_t *values = zgw_list(t, "read the eigenschappen of the zaak", "zrc", list), *value, *found = NULL;
	size_t i;

	json_array_foreach (values, i, value) {
		if (zgw_text_is(value, "naam", naam))
			found = value;
	}
	return found;
}

static int write_value(struct bptl_task *t, const char *list, json_t *old, json_t *body)
{
	const char *const headers[] = {ZGW_NLX_HEADERS(t), NULL};
	struct bptl_request request = {
		.what = old ? "change the eigenschap of the zaak" : "create the eigenschap of the zaak",
		.method = old ? "PATCH" : "POST",
		.service = "zrc",
		.url = old ? bptl_member_text(t, old, "url") : list,
		.headers = headers,
		.body = body,
	};

	return bptl_exchange(t, &request, 1);
}

static int run(struct bptl_task *t)
{
	json_t *given = bptl_json(t, "eigenschap"), *waarde = waarde_of(t, given), *eigenschap, *old;
	const char *zaak = bptl_text(t, "zaakUrl"), *naam = zgw_text_in(given, "naam"), *list, *zaaktype;

	if (!naam)
		bptl_fail(t, "variable eigenschap has no naam");
	if (bptl_failed(t) || is_empty(waarde))
		return bptl_failed(t) ? -1 : 0;

	zaaktype = zaaktype_of(t, zaak);
	eigenschap = find_eigenschap(t, zaaktype, naam);
	if (bptl_failed(t))
		return -1;
	if (!eigenschap) {
		bptl_log(t, BPTL_WARNING, "the zaaktype %s has no eigenschap %s: nothing was written", zaaktype, naam);
		return 0;
	}
	list = bptl_format(t, "%s/zaakeigenschappen", zaak);
	old = find_value(t, list, naam);
	if (old)
		return write_value(t, list, old, json_pack("{s:O}", "waarde", waarde));
	return write_value(t, list, NULL,
			   json_pack("{s:s, s:s, s:O}", "zaak", zaak, "eigenschap",
				     bptl_member_text(t, eigenschap, "url"), "waarde", waarde));
}

const struct bptl_unit zgw_create_eigenschap = {
	.name = "CreateEigenschap",
	.summary = "Gives an eigenschap of a zaak a value",
	.doc = "A value that the zaak has already is replaced. An eigenschap that the zaaktype does not have is no "
	       "failure: a warning in the log says so.",
	.run = run,
	.in = in,
	.needs = needs,
};
