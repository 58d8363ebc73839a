/* endpoint.h: what services and engines have in common: an address, TLS, and a proof of who we are. */
#ifndef BPTL_CONFIG_ENDPOINT_H
#define BPTL_CONFIG_ENDPOINT_H

#include "config/fields.h"
#include "http/service.h"

/* A root (url_root()) from a key; required. NULL when it is wrong, and the problem is said. Owned. */
char *endpoint_root(struct fields *fields, const char *key, const char *expected);
/* Is nothing of it encrypted: http:// or smtp://? */
int endpoint_is_plain(const char *url);
/* Is the host this machine: localhost, 127.0.0.0/8 or ::1? */
int endpoint_is_loopback(const char *url);
/* Which way to prove who we are, of those in `allowed` (ends with -1; the first is the default), and all that goes with
 * it. */
void endpoint_auth(struct fields *fields, struct service *service, const int *allowed);
/* user and password; for SERVICE_BASIC. */
void endpoint_user(struct fields *fields, struct service *service);
/* The name of a header; NULL when it is not given. Owned. */
char *endpoint_header(struct fields *fields, const char *key);
/* ca_file, client_cert, client_key. `plain`: the text to say why TLS is not used, or NULL. */
void endpoint_tls(struct fields *fields, struct service *service, const char *plain);
/* Refuses credentials that would go over the network in the clear. `key` holds the URL. */
void endpoint_guard(struct fields *fields, const struct service *service, const char *key, const char *url);

#endif
