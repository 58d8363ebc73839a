/* lock_document.c: the unit LockDocument: locks a document, so that it can be changed. */
#include "common.h"
#include "documents.h"
#include "units.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"informatieobject", BPTL_TEXT, BPTL_REQUIRED, "URL of the document", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"lockId", BPTL_TEXT, BPTL_REQUIRED, "Id of the lock, which UnlockDocument needs", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	DOCUMENTS_NEED,
	{0},
};

static int run(struct bptl_task *t)
{
	struct bptl_request request = {
		.what = "lock the document",
		.method = "POST",
		.url = documents_operation(t, bptl_text(t, "informatieobject"), "lock"),
		.body = json_object(),
	};

	return bptl_set_text(t, "lockId", bptl_member_text(t, bptl_send(t, &request), "lock"));
}

const struct bptl_unit zgw_lock_document = {
	.name = "LockDocument",
	.summary = "Locks a document",
	.doc = "The document stays locked until UnlockDocument is run with the id of this lock.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
