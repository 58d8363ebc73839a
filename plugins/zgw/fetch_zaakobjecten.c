/* fetch_zaakobjecten.c: the unit FetchZaakObjects: the objects that are related to a zaak. */
#include "common.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"hoofdZaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", NULL},
	ZGW_NLX_VARIABLES,
	{0},
};

static const struct bptl_variable out[] = {
	{"zaakObjects", BPTL_LIST, BPTL_REQUIRED, "The zaakobjecten as the Zaken API has them", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the objects of the zaak"},
	{0},
};

static int run(struct bptl_task *t)
{
	const char *const headers[] = {ZGW_NLX_HEADERS(t), NULL};
	struct bptl_request request = {
		.what = "read the objects of the zaak",
		.method = "GET",
		.service = "zrc",
		.url = bptl_path(t, "zaakobjecten?zaak=%s", bptl_text(t, "hoofdZaakUrl")),
		.headers = headers,
		.flags = BPTL_ALL_PAGES,
	};

	return bptl_set(t, "zaakObjects", json_incref(bptl_send(t, &request)));
}

const struct bptl_unit zgw_fetch_zaakobjecten = {
	.name = "FetchZaakObjects",
	.summary = "Gives the objects that are related to a zaak",
	.doc = "All of them, whole and in the order of the API.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
