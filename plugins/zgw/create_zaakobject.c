/* create_zaakobject.c: the unit CreateZaakObject: relates an object to a zaak. */
#include "common.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"zaakUrl", BPTL_TEXT, BPTL_OPTIONAL, "URL of the zaak; nothing is done when it is empty", NULL},
	{"objectUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the object", NULL},
	{"objectType", BPTL_TEXT, BPTL_REQUIRED, "Kind of the object: adres, pand, overige ...", NULL},
	{"objectTypeOverige", BPTL_TEXT, BPTL_OPTIONAL, "Kind of the object when objectType is overige", NULL},
	{"relatieomschrijving", BPTL_TEXT, BPTL_OPTIONAL, "What the object is to the zaak", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"zaakObjectUrl", BPTL_TEXT, BPTL_OPTIONAL, "URL of the relation; not set when there is no zaak", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the objects of the zaak"},
	{0},
};

static int run(struct bptl_task *t)
{
	const char *zaak = bptl_text(t, "zaakUrl");
	json_t *created;

	if (!zaak)
		return 0;
	created = zgw_create(t, "relate the object to the zaak", "zaakobjecten",
			     json_pack("{s:s, s:s, s:s, s:s, s:s}", "zaak", zaak, "object", bptl_text(t, "objectUrl"),
				       "objectType", bptl_text(t, "objectType"), "objectTypeOverige",
				       bptl_text_or(t, "objectTypeOverige", ""), "relatieomschrijving",
				       bptl_text_or(t, "relatieomschrijving", "")));
	return bptl_set_text(t, "zaakObjectUrl", bptl_member_text(t, created, "url"));
}

const struct bptl_unit zgw_create_zaakobject = {
	.name = "CreateZaakObject",
	.summary = "Relates an object to a zaak",
	.doc = "Without a zaak nothing is done.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
