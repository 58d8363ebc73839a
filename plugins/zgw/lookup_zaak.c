/* lookup_zaak.c: the unit LookupZaak: finds a zaak by its identificatie. */
#include "common.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"identificatie", BPTL_TEXT, BPTL_REQUIRED, "Identificatie of the zaak", NULL},
	{"bronorganisatie", BPTL_TEXT, BPTL_REQUIRED, "RSIN of the organisation that created the zaak", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"zaakUrl", BPTL_TEXT, BPTL_OPTIONAL, "URL of the zaak, null when there is none", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the zaken"},
	{0},
};

static int run(struct bptl_task *t)
{
	static const char *const headers[] = {ZGW_ACCEPT_CRS, NULL};
	struct bptl_request request = {
		.what = "look up the zaak",
		.method = "GET",
		.service = "zrc",
		.url = bptl_path(t, "zaken?bronorganisatie=%s&identificatie=%s", bptl_text(t, "bronorganisatie"),
				 bptl_text(t, "identificatie")),
		.headers = headers,
		.flags = BPTL_ALL_PAGES,
	};
	json_t *zaken = bptl_send(t, &request);

	if (json_array_size(zaken) == 0)
		return bptl_set(t, "zaakUrl", json_null());
	return bptl_set_text(t, "zaakUrl", bptl_member_text(t, json_array_get(zaken, 0), "url"));
}

const struct bptl_unit zgw_lookup_zaak = {
	.name = "LookupZaak",
	.summary = "Finds a zaak by its identificatie and bronorganisatie",
	.doc = "A zaak that is not found is no failure: zaakUrl is then null.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
