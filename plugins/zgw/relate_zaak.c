/* relate_zaak.c: the unit RelateerZaak: relates two zaken to each other. Both directions are checked, and both zaken
 * read, before the first of them is changed. */
#include "common.h"
#include "units.h"

#include <string.h>

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"hoofdZaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak that gets the relation", NULL},
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak to which it is related", NULL},
	{"aardRelatie", BPTL_TEXT, BPTL_REQUIRED, "What zaakUrl is to hoofdZaakUrl: vervolg, onderwerp or bijdrage",
	 NULL},
	{"aardRelatieOmgekeerdeRichting", BPTL_TEXT, BPTL_OPTIONAL,
	 "What hoofdZaakUrl is to zaakUrl: the same words, onderwerp when it is not given; empty: nothing", NULL},
	ZGW_NLX_VARIABLES,
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: both zaken"},
	{0},
};

/* A zaak, and the relation to another that it is to have. */
struct side {
	const char *zaak, *other, *kind;
};

static const char *kind_from(struct bptl_task *t, const char *variable)
{
	const char *kind = bptl_text(t, variable);

	if (kind && strcmp(kind, "vervolg") != 0 && strcmp(kind, "onderwerp") != 0 && strcmp(kind, "bijdrage") != 0)
		bptl_fail(t, "variable %s is \"%s\": expected vervolg, onderwerp or bijdrage", variable, kind);
	return kind;
}

static int has_relation(const json_t *relations, const struct side *side)
{
	json_t *relation;
	size_t i;

	json_array_foreach (relations, i, relation) {
		if (zgw_text_is(relation, "url", side->other) && zgw_text_is(relation, "aardRelatie", side->kind))
			return 1;
	}
	return 0;
}

/* Adds the relation to what the zaak has, which goes back as it is. A relation that is there already stays alone. */
static void relate(struct bptl_task *t, const struct side *side, json_t *zaak, const char *const *headers)
{
	json_t *old = zgw_relations(t, zaak), *all;
	struct bptl_request request = {
		.what = "relate the zaak",
		.method = "PATCH",
		.service = "zrc",
		.url = side->zaak,
		.headers = headers,
	};

	if (bptl_failed(t) || has_relation(old, side))
		return;
	all = bptl_keep(t, json_is_array(old) ? json_copy(old) : json_array());
	if (json_array_append_new(all, json_pack("{s:s, s:s}", "url", side->other, "aardRelatie", side->kind)))
		bptl_fail(t, "out of memory");
	request.body = json_pack("{s:O}", "relevanteAndereZaken", all);
	bptl_exchange(t, &request, 1);
}

static int run(struct bptl_task *t)
{
	const char *const headers[] = {ZGW_ACCEPT_CRS, ZGW_CONTENT_CRS, ZGW_NLX_HEADERS(t), NULL};
	const char *hoofdzaak = bptl_text(t, "hoofdZaakUrl"), *zaak = bptl_text(t, "zaakUrl");
	const char *kind = kind_from(t, "aardRelatie");
	const char *given = kind_from(t, "aardRelatieOmgekeerdeRichting");
	const char *reverse = bptl_given(t, "aardRelatieOmgekeerdeRichting") ? given : "onderwerp";
	const struct side sides[] = {{hoofdzaak, zaak, kind}, {zaak, hoofdzaak, reverse}};
	const struct bptl_request get = {.method = "GET", .service = "zrc", .headers = headers};
	struct bptl_request reads[] = {get, get};
	size_t count, i;

	if (bptl_failed(t))
		return -1;
	if (strcmp(hoofdzaak, zaak) == 0)
		return bptl_fail(t, "variables hoofdZaakUrl and zaakUrl are the same zaak: it cannot relate to itself");
	count = reverse && strcmp(kind, "onderwerp") != 0 ? 2 : 1;
	reads[0].what = "read the hoofdzaak";
	reads[0].url = hoofdzaak;
	reads[1].what = "read the zaak";
	reads[1].url = zaak;
	bptl_exchange(t, reads, count);
	for (i = 0; i < count; i++)
		relate(t, &sides[i], reads[i].answer, headers);
	return bptl_failed(t) ? -1 : 0;
}

const struct bptl_unit zgw_relate_zaak = {
	.name = "RelateerZaak",
	.summary = "Relates two zaken to each other",
	.doc = "The hoofdzaak gets the relation aardRelatie. Unless that is onderwerp, or the other is given empty, "
	       "the other zaak gets the "
	       "relation "
	       "aardRelatieOmgekeerdeRichting. A relation that is there already is not added again.",
	.run = run,
	.in = in,
	.needs = needs,
};
