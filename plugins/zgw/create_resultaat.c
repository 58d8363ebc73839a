/* create_resultaat.c: the unit CreateResultaatTask: gives a zaak its resultaat. */
#include "common.h"
#include "resultaat.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", "zaak"},
	{"resultaattype", BPTL_TEXT, BPTL_EITHER, "URL of the resultaattype; or omschrijving", NULL},
	{"omschrijving", BPTL_TEXT, BPTL_EITHER, "Omschrijving of the resultaattype, when resultaattype is not given",
	 NULL},
	{"toelichting", BPTL_TEXT, BPTL_OPTIONAL, "Explanation of the resultaat, at most 1000 characters", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"resultaatUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the resultaat", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the zaak and its resultaat"},
	{"ztc", NULL, BPTL_OPTIONAL, "Catalogi API: the resultaattypen, when omschrijving is used"},
	{0},
};

static const char *choose_resultaattype(struct bptl_task *t, const char *zaak)
{
	if (bptl_has(t, "resultaattype"))
		return bptl_text(t, "resultaattype");
	if (!bptl_has(t, "omschrijving"))
		bptl_fail(t, "variables resultaattype and omschrijving are missing or empty: one of them is needed");
	return resultaat_type(t, bptl_member_text(t, zgw_zaak(t, zaak), "zaaktype"), bptl_text(t, "omschrijving"));
}

static int run(struct bptl_task *t)
{
	const char *zaak = bptl_text(t, "zaakUrl");
	const char *remark = zgw_text_within(t, "toelichting", ZGW_EXPLANATION_MOST);
	const char *resultaattype = choose_resultaattype(t, zaak);

	return bptl_set_text(t, "resultaatUrl", resultaat_create(t, zaak, resultaattype, remark ? remark : ""));
}

const struct bptl_unit zgw_create_resultaat = {
	.name = "CreateResultaatTask",
	.summary = "Gives a zaak its resultaat",
	.doc = "The resultaattype is given by its URL, or found by its omschrijving in the zaaktype of the zaak. "
	       "A resultaat of the same type that the zaak has already is kept; another one is a failure.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
