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

static int run(struct bptl_task *t)
{
	struct bptl_request request = documents_unlock(t, bptl_text(t, "informatieobject"), bptl_text(t, "lockId"));

	return bptl_exchange(t, &request, 1);
}

const struct bptl_unit zgw_unlock_document = {
	.name = "UnlockDocument",
	.summary = "Unlocks a document",
	.doc = "With the id that LockDocument set.",
	.run = run,
	.in = in,
	.needs = needs,
};
