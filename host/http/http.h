/* http.h: one curl multi handle, and everything that waits in it: requests of the core, of parked workers, and mails.
 * It knows nothing of services or credentials: see client.h. One thread drives it (http_turn); others may only call
 * http_wake(). */
#ifndef BPTL_HTTP_HTTP_H
#define BPTL_HTTP_HTTP_H

#include <poll.h>
#include <stddef.h>
#include <stdint.h>

#define HTTP_ANSWER_LIMIT (16L * 1024 * 1024) /* a longer answer is an error */

struct http;
struct http_call;

struct http_tls {
	const char *ca_file;     /* NULL: the system's */
	const char *client_cert; /* PEM, or NULL */
	const char *client_key;  /* PEM, or NULL */
};

/* Borrowed until http_start() returns, except body, which is copied. */
struct http_request {
	const char *method;
	const char *url;            /* normal, see url.h */
	const char *const *headers; /* "Name: value", ends with NULL, or NULL */
	const char *body;           /* or NULL */
	size_t body_length;
	int64_t timeout; /* milliseconds for the whole exchange */
	struct http_tls tls;
	int once; /* never sent a second time by itself when a kept connection turns out to be closed: HTTP_UNKNOWN */
	long answer_limit;     /* 0: HTTP_ANSWER_LIMIT */
	int refuse_link_local; /* never connect to 169.254.0.0/16 or fe80::/10, whatever a name resolves to */
};

/* How an exchange ended when there is no whole answer. */
enum http_failure {
	HTTP_ANSWERED,  /* there is one */
	HTTP_NOT_SENT,  /* nothing of the request can have arrived: not resolved, not connected, TLS refused */
	HTTP_UNKNOWN,   /* sent, or partly, and no whole answer came: timeout, connection lost */
	HTTP_TOO_LARGE, /* the answer is over the limit */
	HTTP_CANCELLED
};

/* Borrowed: valid during the callback. */
struct http_answer {
	enum http_failure failure;
	int tls_refused;  /* HTTP_NOT_SENT because of TLS or the certificate: waiting will not mend it */
	long status;      /* 0 when not answered */
	const char *body; /* ends with NUL */
	size_t length;
	const char *content_type; /* "" when absent */
	int64_t retry_after;      /* milliseconds from Retry-After (seconds or date), -1 when absent */
	const char *error;        /* why there is no answer, one line, names host and port; "" when answered */
};

typedef void http_done(void *arg, const struct http_answer *answer);

struct http *http_new(void);
/* Cancels what is under way (callbacks are called with HTTP_CANCELLED) and frees. */
void http_free(struct http *http);
/* Starts an exchange; done is called once, from http_turn(), http_cancel() or http_free(), never from http_start(). */
struct http_call *http_start(struct http *http, const struct http_request *request, http_done *done, void *arg);
/* Ends an exchange now: its callback is called with HTTP_CANCELLED before this returns. */
void http_cancel(struct http *http, struct http_call *call);
/* Has any byte of the answer to this call arrived? */
int http_has_bytes(const struct http_call *call);
/* Waits until something happens on an exchange or on one of `fds` (revents are set), at most `timeout` milliseconds,
 * then does what there is to do, callbacks included. Returns the number of fds with revents. */
int http_turn(struct http *http, struct pollfd *fds, unsigned count, int64_t timeout);
/* Ends a wait in http_turn(): from any thread. */
void http_wake(struct http *http);
/* How many exchanges are under way. */
size_t http_pending(const struct http *http);

#endif
