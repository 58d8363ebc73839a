/* close_zaak.c: the unit CloseZaakTask: gives a zaak its resultaat and its end status. It goes on where an earlier run
 * stopped: a resultaat of the same type is kept, and a zaak that is closed stays as it is. */
#include "common.h"
#include "resultaat.h"
#include "units.h"

#include <string.h>

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", "zaak"},
	{"resultaattype", BPTL_TEXT, BPTL_OPTIONAL, "URL of the resultaattype of the resultaat to create", NULL},
	{"omschrijving", BPTL_TEXT, BPTL_OPTIONAL, "Omschrijving of the resultaattype, when resultaattype is not given",
	 NULL},
	{"toelichting", BPTL_TEXT, BPTL_OPTIONAL, "Explanation of the resultaat, at most 1000 characters", NULL},
	{"statustoelichting", BPTL_TEXT, BPTL_OPTIONAL, "Explanation of the end status, at most 1000 characters", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"einddatum", BPTL_TEXT, BPTL_OPTIONAL, "Date on which the zaak ended", NULL},
	{"archiefnominatie", BPTL_TEXT, BPTL_OPTIONAL, "Whether the zaak is kept or destroyed, or null", NULL},
	{"archiefactiedatum", BPTL_TEXT, BPTL_OPTIONAL, "When the zaak is archived or destroyed, or null", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the zaak, its resultaat and its status"},
	{"ztc", NULL, BPTL_REQUIRED, "Catalogi API: the statustypen and resultaattypen"},
	{0},
};

static const char *end_statustype(struct bptl_task *t, const char *zaaktype)
{
	json_t *types = zgw_statustypen(t, zaaktype), *type;
	size_t i;

	json_array_foreach (types, i, type) {
		if (json_is_true(json_object_get(type, "isEindstatus")))
			return bptl_member_text(t, type, "url");
	}
	bptl_fail(t, "the zaaktype %s has no statustype that is its end status", zaaktype);
	return NULL;
}

/* The resultaattype that the variables name, NULL when they name none: the zaak is then closed with what it has. */
static const char *wanted_resultaattype(struct bptl_task *t, const char *zaaktype)
{
	if (bptl_has(t, "resultaattype"))
		return bptl_text(t, "resultaattype");
	if (bptl_has(t, "omschrijving"))
		return resultaat_type(t, zaaktype, bptl_text(t, "omschrijving"));
	return NULL;
}

static int is_closed(struct bptl_task *t, const json_t *zaak, const char *end)
{
	struct bptl_request request = {
		.what = "read the status of the zaak",
		.method = "GET",
		.service = "zrc",
		.url = zgw_text_in(zaak, "status"),
	};
	const char *statustype;

	if (!zgw_text_in(zaak, "einddatum") || !request.url)
		return 0;
	statustype = bptl_member_text(t, bptl_send(t, &request), "statustype");
	return statustype && end && strcmp(statustype, end) == 0;
}

static void ensure_resultaat(struct bptl_task *t, const json_t *zaak, const char *url, const char *resultaattype,
			     const char *remark)
{
	if (!zgw_text_in(zaak, "resultaat"))
		resultaat_create(t, url, resultaattype, remark ? remark : "");
	else if (!resultaat_find(t, url, resultaattype))
		bptl_fail(t, "the zaak %s has a resultaat already, which is not of resultaattype %s", url,
			  resultaattype);
}

static int set_from(struct bptl_task *t, json_t *zaak, const char *name)
{
	json_t *value = json_object_get(zaak, name);

	return bptl_set(t, name, json_is_string(value) ? json_incref(value) : json_null());
}

static int run(struct bptl_task *t)
{
	const char *url = bptl_text(t, "zaakUrl");
	const char *remark = zgw_text_within(t, "toelichting", ZGW_EXPLANATION_MOST);
	const char *status_remark = zgw_text_within(t, "statustoelichting", ZGW_EXPLANATION_MOST);
	json_t *zaak = zgw_zaak(t, url);
	const char *zaaktype = bptl_member_text(t, zaak, "zaaktype");
	const char *end = end_statustype(t, zaaktype);
	const char *resultaattype = wanted_resultaattype(t, zaaktype);
	int closed = is_closed(t, zaak, end);

	if (resultaattype)
		ensure_resultaat(t, zaak, url, resultaattype, remark);
	if (!closed)
		zgw_set_status(t, url, end, status_remark);
	zaak = zgw_zaak(t, url);
	set_from(t, zaak, "einddatum");
	set_from(t, zaak, "archiefnominatie");
	return set_from(t, zaak, "archiefactiedatum");
}

const struct bptl_unit zgw_close_zaak = {
	.name = "CloseZaakTask",
	.summary = "Gives a zaak its resultaat and its end status",
	.doc = "The resultaat is created before the end status, when resultaattype or omschrijving is given. May "
	       "run again after it failed half-way: an equal resultaat is kept, and a closed zaak stays as it "
	       "is.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
