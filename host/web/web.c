/* web.c: see web.h. What a client can hold up is only itself: a connection ends when it is idle for IDLE, and at LIFE
 * whatever it does; when there are too many, the oldest gives way to the newest. */
#include "web/web.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "web/pages.h"

#define PLACES 160        /* connections at once */
#define SPARE 16          /* of them, kept free by ending the oldest */
#define IDLE 10           /* s */
#define LIFE 30000        /* ms */
#define REQUEST_ROOM 8192 /* bytes for a request's line and header fields, of which MHD uses some itself */
#define BACKLOG 64

/* A connection. */
struct visit {
	struct web *web;
	int fd;
	int64_t end; /* clock_boot */
	int listed;
	struct visit *previous, *next; /* by age */
};

/* The last answer of a route. */
struct kept {
	struct MHD_Response *response;
	unsigned status;
	int64_t until; /* clock_boot */
};

struct web {
	struct MHD_Daemon *daemon;
	int fd; /* epoll's */
	int listening;
	struct web_subject subject;
	struct visit *oldest, *newest;
	unsigned visits;
	struct kept *kept; /* one for each route */
	char *url;
	int local;
};

/* ---- connections ---- */

static void unlist(struct visit *visit)
{
	struct web *web = visit->web;

	if (!visit->listed)
		return;
	*(visit->previous ? &visit->previous->next : &web->oldest) = visit->next;
	*(visit->next ? &visit->next->previous : &web->newest) = visit->previous;
	visit->listed = 0;
}

/* MHD finds the connection closed at its next turn, and calls notify(). */
static void end_visit(struct visit *visit)
{
	(void)shutdown(visit->fd, SHUT_RDWR);
	unlist(visit);
}

static void notify(void *cls, struct MHD_Connection *connection, void **context,
		   enum MHD_ConnectionNotificationCode code)
{
	struct web *web = cls;
	struct visit *visit = *context;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (!visit)
			return;
		unlist(visit);
		web->visits--;
		free(visit);
		return;
	}
	visit = mem_new(1, sizeof(*visit));
	*visit = (struct visit){.web = web, .end = clock_boot() + LIFE, .listed = 1, .previous = web->newest};
	visit->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
	*(web->newest ? &web->newest->next : &web->oldest) = visit;
	web->newest = visit;
	*context = visit;
	if (++web->visits > PLACES - SPARE && web->oldest != visit)
		end_visit(web->oldest);
}

/* ---- answers ---- */

/* A page is read by people and programs that asked for it: no browser is to keep it, guess its type, or run or frame
 * anything of it. One request a connection: nothing then depends on when a client lets go. */
static struct MHD_Response *respond(struct page *page)
{
	static const char *const headers[][2] = {
		{"Connection", "close"},
		{"Cache-Control", "no-store"},
		{"X-Content-Type-Options", "nosniff"},
		{"X-Frame-Options", "DENY"},
		{"Referrer-Policy", "no-referrer"},
		{"Cross-Origin-Resource-Policy", "same-origin"},
		{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
	};
	size_t length = page->body.length;
	struct MHD_Response *response =
		MHD_create_response_from_buffer(length, text_take(&page->body), MHD_RESPMEM_MUST_FREE);

	if (!response)
		mem_out();
	(void)MHD_add_response_header(response, "Content-Type", page->type);
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		(void)MHD_add_response_header(response, headers[i][0], headers[i][1]);
	if (page->status == 405)
		(void)MHD_add_response_header(response, "Allow", "GET, HEAD");
	return response;
}

static void make(struct web *web, const struct route *route, struct kept *kept, int64_t now)
{
	struct page page = {.status = 200, .type = "text/plain; charset=utf-8"};

	web->subject.refresh(web->subject.arg);
	route->show(web->subject.facts, &page);
	if (kept->response)
		MHD_destroy_response(kept->response);
	*kept = (struct kept){.status = page.status, .until = now + route->keep, .response = respond(&page)};
}

static enum MHD_Result answer(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *upload_data, size_t *upload_size, void **context)
{
	struct web *web = cls;
	const struct route *route = routes_find(url);
	struct kept *kept = &web->kept[routes_index(route)];
	int64_t now = clock_boot();

	(void)version;
	(void)upload_data;
	(void)upload_size;
	(void)context;
	if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
		struct page page = {.type = "text/plain; charset=utf-8"};
		struct MHD_Response *response;
		enum MHD_Result queued;

		routes_show_method(&page);
		response = respond(&page);
		queued = MHD_queue_response(connection, page.status, response);
		MHD_destroy_response(response);
		return queued;
	}
	if (!kept->response || now >= kept->until)
		make(web, route, kept, now);
	return MHD_queue_response(connection, kept->status, kept->response);
}

/* ---- starting ---- */

static int listen_at(const struct sockaddr *address, socklen_t length)
{
	int yes = 1, no = 0;
	int fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int code;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (address->sa_family == AF_INET6) /* [::] is every address, whatever this machine's default is */
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof(no));
	if (bind(fd, address, length) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	code = errno;
	(void)close(fd);
	errno = code;
	return -1;
}

static char *url_of(const struct sockaddr *address, socklen_t length)
{
	char host[NI_MAXHOST] = "?", port[NI_MAXSERV] = "?";
	int six = address->sa_family == AF_INET6;

	(void)getnameinfo(address, length, host, sizeof(host), port, sizeof(port), NI_NUMERICHOST | NI_NUMERICSERV);
	return mem_format("http://%s%s%s:%s/", six ? "[" : "", host, six ? "]" : "", port);
}

static int is_local(const struct sockaddr_storage *address)
{
	struct sockaddr_in6 six;
	struct sockaddr_in four;

	memcpy(&six, address, sizeof(six));
	memcpy(&four, address, sizeof(four));
	return six.sin6_family == AF_INET6 ? IN6_IS_ADDR_LOOPBACK(&six.sin6_addr)
					   : ntohl(four.sin_addr.s_addr) >> 24 == 127;
}

static const char *remedy(int code)
{
	switch (code) {
	case EADDRINUSE:
		return "another program has this port: choose another one, or stop that program (ss -ltnp names it)";
	case EADDRNOTAVAIL:
		return "this machine has no such address: 127.0.0.1 is itself, 0.0.0.0 all its addresses";
	case EACCES:
		return "a port below 1024 needs a right that this service lacks: choose a higher one";
	default:
		return "choose another address or port";
	}
}

static int start(struct web *web)
{
	const union MHD_DaemonInfo *info;

	web->daemon = MHD_start_daemon(
		MHD_USE_EPOLL, 0, NULL, NULL, answer, web, MHD_OPTION_LISTEN_SOCKET, web->listening,
		MHD_OPTION_CONNECTION_LIMIT, (unsigned)PLACES, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)REQUEST_ROOM, MHD_OPTION_STRICT_FOR_CLIENT, 1,
		MHD_OPTION_NOTIFY_CONNECTION, notify, web, MHD_OPTION_END);
	if (!web->daemon)
		return -1;
	info = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (!info)
		return -1;
	web->fd = info->epoll_fd;
	return 0;
}

struct web *web_new(const struct sockaddr *address, socklen_t length, const struct web_subject *subject,
		    struct error *error)
{
	struct web *web = mem_new(1, sizeof(*web));
	struct sockaddr_storage real = {0};
	socklen_t real_length = sizeof(real);

	web->subject = *subject;
	web->kept = mem_new(routes_count(), sizeof(*web->kept));
	web->url = url_of(address, length);
	web->listening = listen_at(address, length);
	if (web->listening < 0) {
		int code = errno;

		(void)error_set(error, "listen = in [host]: %s: %s: %s", web->url, strerror(code), remedy(code));
		goto fail;
	}
	(void)getsockname(web->listening, (struct sockaddr *)&real, &real_length);
	free(web->url);
	web->url = url_of((const struct sockaddr *)&real, real_length);
	web->local = is_local(&real);
	if (start(web)) {
		(void)error_set(error, "listen = in [host]: %s: the HTTP server cannot be started: %s", web->url,
				strerror(errno));
		goto fail;
	}
	return web;
fail:
	web_free(web);
	return NULL;
}

void web_free(struct web *web)
{
	if (!web)
		return;
	if (web->daemon)
		MHD_stop_daemon(web->daemon); /* and closes the socket */
	else if (web->listening >= 0)
		(void)close(web->listening);
	for (size_t i = 0; i < routes_count(); i++)
		if (web->kept[i].response)
			MHD_destroy_response(web->kept[i].response);
	free(web->kept);
	free(web->url);
	free(web);
}

const char *web_url(const struct web *web)
{
	return web->url;
}

int web_is_local(const struct web *web)
{
	return web->local;
}

/* ---- turns ---- */

int web_fd(const struct web *web)
{
	return web->fd;
}

int64_t web_due(const struct web *web, int64_t now)
{
	int64_t due = web->oldest ? web->oldest->end : INT64_MAX;
	MHD_UNSIGNED_LONG_LONG wait;

	if (MHD_get_timeout(web->daemon, &wait) == MHD_YES && (int64_t)wait < due - now)
		due = now + (int64_t)wait;
	return due;
}

void web_turn(struct web *web, int64_t now)
{
	while (web->oldest && now >= web->oldest->end)
		end_visit(web->oldest);
	(void)MHD_run(web->daemon);
}
