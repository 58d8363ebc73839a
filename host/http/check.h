/* check.h: private to host/http: what is refused before anything is sent. */
#ifndef BPTL_HTTP_CHECK_H
#define BPTL_HTTP_CHECK_H

#include "base/error.h"
#include "http/client.h"
#include "http/service.h"

/* Method, headers, and whether the credentials are what the service's auth needs; the URL is url_resolve()'s matter.
 * 0, or -1 and the reason. */
int check_request(const struct client_request *request, const struct credentials *credentials, struct error *error);
/* Is this the name of the header line? */
int check_is_named(const char *header, const char *name);

#endif
