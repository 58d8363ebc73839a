/* set_gebruiksrecht.c: the unit SetIndicatieGebruiksrecht: says of all documents of a zaak that no rights of use apply
 * to them. The documents may lie in several Documenten APIs. Each is locked for it, and unlocked whatever comes of it.
 */
#include "common.h"
#include "documents.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the documents of the zaak"},
	DOCUMENTS_NEED,
	{0},
};

/* All documents are locked before the first is changed. A refusal is looked at after the locks that were granted are
 * sure to be given back. */
static void lock_all(struct bptl_task *t, const char *const *documents, struct bptl_request *locks, size_t count)
{
	struct bptl_request unlock;
	const char *lock;
	size_t i;

	for (i = 0; i < count; i++)
		locks[i] = (struct bptl_request){
			.what = "lock the document",
			.method = "POST",
			.url = documents_operation(t, documents[i], "lock"),
			.body = json_object(),
			.flags = BPTL_TOLERATE,
		};
	bptl_exchange(t, locks, count);
	for (i = 0; i < count; i++) {
		lock = locks[i].status < 400 ? zgw_text_in(locks[i].answer, "lock") : NULL;
		if (!lock)
			continue;
		unlock = documents_unlock(t, documents[i], lock);
		bptl_finally(t, &unlock, &locks[i]);
	}
	for (i = 0; i < count; i++) {
		if (locks[i].status >= 400)
			bptl_refused(t, &locks[i]);
	}
}

static int run(struct bptl_task *t)
{
	json_t *relations = zgw_list(t, "read the documents of the zaak", "zrc",
				     bptl_path(t, "zaakinformatieobjecten?zaak=%s", bptl_text(t, "zaakUrl")));
	size_t count = json_array_size(relations), i;
	const char **documents = bptl_alloc(t, count * sizeof(*documents));
	struct bptl_request *locks = bptl_alloc(t, count * sizeof(*locks));
	struct bptl_request *changes = bptl_alloc(t, count * sizeof(*changes));

	if (!documents || !locks || !changes || count == 0)
		return bptl_failed(t) ? -1 : 0;
	for (i = 0; i < count; i++)
		documents[i] = bptl_member_text(t, json_array_get(relations, i), "informatieobject");
	lock_all(t, documents, locks, count);
	for (i = 0; i < count; i++)
		changes[i] = (struct bptl_request){
			.what = "set indicatieGebruiksrecht of the document",
			.method = "PATCH",
			.url = documents[i],
			.body = json_pack("{s:b, s:s}", "indicatieGebruiksrecht", 0, "lock",
					  bptl_member_text(t, locks[i].answer, "lock")),
		};
	return bptl_exchange(t, changes, count);
}

const struct bptl_unit zgw_set_gebruiksrecht = {
	.name = "SetIndicatieGebruiksrecht",
	.summary = "Sets indicatieGebruiksrecht of all documents of a zaak to false",
	.doc = "A zaak can only be closed when its documents have the indicatie. The documents are locked, changed and "
	       "unlocked; when one cannot be, the others are unlocked all the same.",
	.run = run,
	.in = in,
	.needs = needs,
};
