/* unlock_document.c: the unit UnlockDocument: gives back the lock of a document. */
#include "common.h"
#include "documents.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"informatieobject", BPTL_TEXT, BPTL_REQUIRED, "URL of the document", NULL},
	{"lockId", BPTL_TEXT, BPTL_REQUIRED, "Id of the lock, as LockDocument set it", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	DOCUMENTS_NEED,
	{0},
};

static int is_unlocked(struct bptl_task *t, const char *document)
{
	struct bptl_request request = {.what = "read the document", .method = "GET", .url = document};
	json_t *locked = json_object_get(bptl_send(t, &request), "locked");

	return json_is_false(locked);
}

/* An unlock that was carried out, but whose answer was lost, is refused when it is sent again: the document tells. */
static int run(struct bptl_task *t)
{
	const char *document = bptl_text(t, "informatieobject");
	struct bptl_request request = documents_unlock(t, document, bptl_text(t, "lockId"));

	request.flags |= BPTL_TOLERATE;
	if (bptl_exchange(t, &request, 1))
		return -1;
	if (request.status < 400)
		return 0;
	if (request.status == 400 && is_unlocked(t, document)) {
		bptl_log(t, BPTL_INFO, "the document %s is not locked any more", document);
		return 0;
	}
	return bptl_refused(t, &request);
}

const struct bptl_unit zgw_unlock_document = {
	.name = "UnlockDocument",
	.summary = "Unlocks a document",
	.doc = "With the id that LockDocument set. A document that is not locked any more is no failure.",
	.run = run,
	.in = in,
	.needs = needs,
};
