/* relate_document.c: the unit RelateDocumentToZaakTask: puts a document in a zaak. */
#include "common.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", "zaak"},
	{"informatieobject", BPTL_TEXT, BPTL_PRESENT, "URL of the document; nothing is done when it is empty", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"zaakinformatieobject", BPTL_TEXT, BPTL_OPTIONAL, "URL of the relation; not set when there is no document",
	 NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the documents of the zaak"},
	{0},
};

/* The relation that is there already. The list has no pages. */
static const char *find_relation(struct bptl_task *t, const char *zaak, const char *document)
{
	struct bptl_request request = {
		.what = "read the documents of the zaak",
		.method = "GET",
		.service = "zrc",
		.url = bptl_path(t, "zaakinformatieobjecten?zaak=%s&informatieobject=%s", zaak, document),
	};
	json_t *list = bptl_send(t, &request), *relation;
	size_t i;

	json_array_foreach (list, i, relation) {
		if (zgw_text_is(relation, "informatieobject", document) && zgw_text_is(relation, "zaak", zaak))
			return bptl_member_text(t, relation, "url");
	}
	return NULL;
}

static int run(struct bptl_task *t)
{
	const char *zaak = bptl_text(t, "zaakUrl"), *document = bptl_text(t, "informatieobject"), *url;
	struct bptl_request request = {.what = "relate the document to the zaak", .url = "zaakinformatieobjecten"};
	json_t *relation;

	if (!document)
		return 0;
	request.body = json_pack("{s:s, s:s}", "zaak", zaak, "informatieobject", document);
	relation = zgw_create_once(t, &request);
	url = relation ? bptl_member_text(t, relation, "url") : find_relation(t, zaak, document);
	if (!url)
		return bptl_refused(t, &request);
	return bptl_set_text(t, "zaakinformatieobject", url);
}

const struct bptl_unit zgw_relate_document = {
	.name = "RelateDocumentToZaakTask",
	.summary = "Puts a document in a zaak",
	.doc = "A document that is in the zaak already is no failure. Without a document nothing is done.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
