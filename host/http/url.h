/* url.h: the one place where URLs are taken apart, with curl's parser and no other, so that what is checked is what is
 * called. A credential goes only where url_under() says yes. */
#ifndef BPTL_HTTP_URL_H
#define BPTL_HTTP_URL_H

#include "base/error.h"

/* Brings an absolute URL to its normal form: scheme and host in lower case, default port left out, path never empty.
 * Refused, with the reason: another scheme than those in `schemes` ("http https"), user info, no host, a fragment,
 * control characters, spaces or backslashes, a path with "." or ".." segments, also percent-encoded ones ("%2e", "%2f",
 * "%5c"), a port outside 1 to 65535. Owned by the caller, NULL on refusal. The text of a URL never appears in the error
 * with its user info or query. */
char *url_normal(const char *url, const char *schemes, struct error *error);

/* The root of a service: as url_normal(), and also no query; a "/" is put at its end when it lacks one. */
char *url_root(const char *url, const char *schemes, struct error *error);

/* Does a normal URL lie under a normal root: scheme, host and port equal, path beginning with the root's path? */
int url_under(const char *root, const char *url);

/* What a unit asks for, made absolute: a relative one ("statussen?x=y") is put behind the root, an absolute one must
 * lie under it. Owned, NULL and the reason if it does not. */
char *url_resolve(const char *root, const char *url, struct error *error);

/* Percent-encodes everything that is not unreserved (RFC 3986, 2.3). Owned. */
char *url_escape(const char *text);

/* A copy without query, for logs and messages. Owned. Safe for any text. */
char *url_outline(const char *url);

/* The host of a normal URL, without brackets. Owned. */
char *url_host(const char *url);

#endif
