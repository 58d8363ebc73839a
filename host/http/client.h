/* client.h: requests to services: the URL rule, one final set of headers with the right credentials, limits. Used by
 * the core for its engines and by a runner for the calls of its units. */
#ifndef BPTL_HTTP_CLIENT_H
#define BPTL_HTTP_CLIENT_H

#include "base/error.h"
#include "base/log.h"
#include "http/http.h"
#include "http/service.h"

struct client;
struct client_call;

/* Borrows http and log. */
struct client *client_new(struct http *http, struct log *log);
/* Cancels what is under way. */
void client_free(struct client *client);

struct client_request {
	const struct service *service; /* borrowed until done() was called */
	const struct app
		*app; /* whose credentials win where it has an entry for the service; or NULL. Borrowed as above */
	const char *method;
	const char *url;            /* absolute, must lie under the service's root, or relative to it */
	const char *const *headers; /* ends with NULL; or NULL. Authorization and control characters are refused. */
	json_t *body;               /* borrowed, or NULL: sent as application/json */
	int64_t timeout;            /* milliseconds; 0: the service's. The smaller of both counts unless `long_poll`. */
	int long_poll;              /* timeout is taken as it is, TCP keepalive is on */
	long answer_limit;          /* 0: HTTP_ANSWER_LIMIT */
	int repeatable;             /* a POST that does no harm when it arrives twice: see `once` in http.h */
};

/* Starts a request, after having fetched an OAuth2 token when the one at hand is missing or nearly over (one fetch
 * serves all that wait; a 401 makes it fetch anew, once). done() is called exactly once, never from here. NULL and the
 * reason when the URL rule or a header forbids it: done() is not called then. */
struct client_call *client_send(struct client *client, const struct client_request *request, http_done *done, void *arg,
				struct error *error);
/* Ends it now: done() is called with HTTP_CANCELLED before this returns. */
void client_cancel(struct client *client, struct client_call *call);
/* See http_has_bytes(). */
int client_has_bytes(const struct client_call *call);

/* The API's own words from an error answer (title, detail, invalidParams of RFC 7807 bodies; type and message of the
 * engine's; the title of an HTML page; else the first words), one line of at most 400 bytes. Owned. */
char *client_words(const struct http_answer *answer);

#endif
