/* oauth.h: private to host/http: access tokens by client credentials (RFC 6749, 4.4), fetched once for all that wait
 * and kept until they are nearly over. Keyed by service and client id. */
#ifndef BPTL_HTTP_OAUTH_H
#define BPTL_HTTP_OAUTH_H

#include "http/http.h"
#include "http/service.h"

struct oauth;
struct oauth_wait;

/* A token, or NULL and why the request that waits for it has no answer: HTTP_NOT_SENT or HTTP_CANCELLED. Borrowed. */
typedef void oauth_done(void *arg, const char *token, const struct http_answer *failure);

/* Borrows http. */
struct oauth *oauth_new(struct http *http);
/* Cancels what is under way: those that wait are told. */
void oauth_free(struct oauth *oauth);
/* The token at hand, borrowed until the next call, or NULL when there is none that lasts. */
const char *oauth_token(struct oauth *oauth, const struct service *service, const struct credentials *credentials);
/* Waits for a new one. done() is called once, from http_turn() or oauth_free(), never from here. */
struct oauth_wait *oauth_fetch(struct oauth *oauth, const struct service *service,
			       const struct credentials *credentials, oauth_done *done, void *arg);
/* Stops waiting: done() is not called. The fetch goes on for the next who asks. */
void oauth_leave(struct oauth_wait *wait);
/* Forgets a token that a service refused, unless there is a newer one by now. */
void oauth_drop(struct oauth *oauth, const struct service *service, const struct credentials *credentials,
		const char *token);

#endif
