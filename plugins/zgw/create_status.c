/* create_status.c: the unit CreateStatusTask: gives a zaak its next status. */
#include "common.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", NULL},
	{"statusVolgnummer", BPTL_INTEGER, BPTL_EITHER, "Volgnummer of the statustype in the zaaktype; or statustype",
	 NULL},
	{"statustype", BPTL_TEXT, BPTL_EITHER, "URL of the statustype, when statusVolgnummer is not given", NULL},
	{"toelichting", BPTL_TEXT, BPTL_OPTIONAL, "Explanation of the status, at most 1000 characters", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"statusUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the status", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the zaak and its status"},
	{"ztc", NULL, BPTL_OPTIONAL, "Catalogi API: the statustypen, when statusVolgnummer is used"},
	{0},
};

static const char *choose_statustype(struct bptl_task *t, const char *zaak)
{
	if (bptl_has(t, "statusVolgnummer"))
		return zgw_statustype(t, bptl_member_text(t, zgw_zaak(t, zaak), "zaaktype"),
				      bptl_integer(t, "statusVolgnummer"));
	if (!bptl_has(t, "statustype"))
		bptl_fail(t, "variables statusVolgnummer and statustype are missing or empty: one of them is needed");
	return bptl_text(t, "statustype");
}

static int run(struct bptl_task *t)
{
	const char *zaak = bptl_text(t, "zaakUrl");
	const char *remark = zgw_text_within(t, "toelichting", ZGW_EXPLANATION_MOST);
	const char *statustype = choose_statustype(t, zaak);
	json_t *status = zgw_set_status(t, zaak, statustype, remark ? remark : "");

	return bptl_set_text(t, "statusUrl", bptl_member_text(t, status, "url"));
}

const struct bptl_unit zgw_create_status = {
	.name = "CreateStatusTask",
	.summary = "Gives a zaak its next status",
	.doc = "The statustype is found by its volgnummer in the zaaktype of the zaak, or given by its URL.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
