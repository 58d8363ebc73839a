/* fetch_relaties.c: the unit FetchZaakRelaties: the other zaken to which a zaak is related. The documentation of the
 * old system and the system itself had other names for what it reads and sets: both work. */
#include "common.h"
#include "units.h"

/* A process that the old system ran has hoofdZaakUrl for this unit, and often a zaakUrl of another zaak beside it. */
static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"hoofdZaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak; zaakUrl is read when it is not given", "zaakUrl"},
	ZGW_NLX_VARIABLES,
	{0},
};

static const struct bptl_variable out[] = {
	{"relatieZaken", BPTL_LIST, BPTL_REQUIRED, "The related zaken: a list of {url, aardRelatie}", NULL},
	{"zaakRelaties", BPTL_LIST, BPTL_REQUIRED, "The same list", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the zaak"},
	{0},
};

static json_t *relations_of(struct bptl_task *t, json_t *zaak)
{
	json_t *list = bptl_keep(t, json_array()), *relations = zgw_relations(t, zaak), *relation;
	size_t i;

	json_array_foreach (relations, i, relation) {
		if (json_array_append_new(list, json_pack("{s:s, s:O}", "url", bptl_member_text(t, relation, "url"),
							  "aardRelatie", bptl_member(t, relation, "aardRelatie"))))
			bptl_fail(t, "out of memory");
	}
	return list;
}

static int run(struct bptl_task *t)
{
	const char *const headers[] = {ZGW_ACCEPT_CRS, ZGW_NLX_HEADERS(t), NULL};
	struct bptl_request request = {
		.what = "read the zaak",
		.method = "GET",
		.service = "zrc",
		.url = bptl_text(t, "hoofdZaakUrl"),
		.headers = headers,
	};
	json_t *relations = relations_of(t, bptl_send(t, &request));

	bptl_set(t, "relatieZaken", json_incref(relations));
	return bptl_set(t, "zaakRelaties", json_incref(relations));
}

const struct bptl_unit zgw_fetch_relaties = {
	.name = "FetchZaakRelaties",
	.summary = "Gives the other zaken to which a zaak is related",
	.doc = "When both hoofdZaakUrl and zaakUrl are given, it is the hoofdzaak whose relations are read.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
