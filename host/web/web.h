/* web.h: the HTTP server of `bptl run`: it says how the host is. It has no thread: the core's loop waits for its one
 * descriptor and gives it turns. Only GET and HEAD, one request a connection, and every bound is one that a hostile
 * client reaches first. */
#ifndef BPTL_WEB_WEB_H
#define BPTL_WEB_WEB_H

#include <stdint.h>
#include <sys/socket.h>

#include "base/error.h"
#include "web/facts.h"

struct web;

/* What is shown. All of it is borrowed. */
struct web_subject {
	const struct facts *facts;
	void (*refresh)(void *arg); /* brings the facts up to date: called before they are shown */
	void *arg;
};

/* Listens at this address. NULL, and the reason: one line that says what to do. */
struct web *web_new(const struct sockaddr *address, socklen_t length, const struct web_subject *subject,
		    struct error *error);
void web_free(struct web *web);
/* Where it listens: "http://127.0.0.1:8080/". */
const char *web_url(const struct web *web);
/* Can be reached from this machine alone. */
int web_is_local(const struct web *web);
/* Readable when a turn is needed. */
int web_fd(const struct web *web);
/* clock_boot: when a turn is needed though nothing came. */
int64_t web_due(const struct web *web, int64_t now);
/* Takes connections, answers requests, ends what took too long. Never waits. */
void web_turn(struct web *web, int64_t now);

#endif
