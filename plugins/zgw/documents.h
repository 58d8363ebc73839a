/* documents.h: what the units that lock documents share. */
#ifndef ZGW_DOCUMENTS_H
#define ZGW_DOCUMENTS_H

#include <bptl/plugin.h>

/* A document may lie in any Documenten API that is configured: which one follows from its URL. */
#define DOCUMENTS_NEED                                                                                                 \
	{                                                                                                              \
		"drc", NULL, BPTL_REQUIRED | BPTL_BY_URL, "Documenten API: the one under whose root the document lies" \
	}

/* The URL of an operation of a document, such as lock; what is no document's URL fails the task. */
const char *documents_operation(struct bptl_task *t, const char *document, const char *operation);

/* The request that unlocks a document; its body is to be stolen by the call that it is given to. */
struct bptl_request documents_unlock(struct bptl_task *t, const char *document, const char *lock);

#endif
