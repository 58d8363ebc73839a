/* documents.c: see documents.h. */
#include "documents.h"

#include <ctype.h>
#include <string.h>

/* The text behind the last slash is a UUID, whose dashes may be left out. */
static int ends_in_uuid(const char *url)
{
	const char *slash = url ? strrchr(url, '/') : NULL, *c;
	size_t digits = 0;

	for (c = slash; c && *++c;) {
		if (isxdigit((unsigned char)*c))
			digits++;
		else if (*c != '-')
			return 0;
	}
	return digits == 32;
}

const char *documents_operation(struct bptl_task *t, const char *document, const char *operation)
{
	if (!ends_in_uuid(document)) {
		bptl_fail(t, "\"%s\" is not the URL of a document: it does not end in a UUID",
			  document ? document : "");
		return NULL;
	}
	return bptl_format(t, "%s/%s", document, operation);
}

/* To unlock twice does no harm, so it is sent again when it is not known whether the first one arrived. */
struct bptl_request documents_unlock(struct bptl_task *t, const char *document, const char *lock)
{
	return (struct bptl_request){
		.what = "unlock the document",
		.method = "POST",
		.url = documents_operation(t, document, "unlock"),
		.body = json_pack("{s:s}", "lock", lock),
		.flags = BPTL_REPEATABLE,
	};
}
