/* http.c: see http.h. Every exchange is HTTP/1.1: one at a time on a connection, so that what became of a request can
 * be told from what became of its connection. */
#include "http/http.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "http/address.h"
#include "http/multi.h"
#include "http/url.h"

#define HEADER_LIMIT (256L * 1024)     /* of all headers of an answer */
#define CONNECT_LIMIT 10000L           /* milliseconds for name, connection and TLS */
#define KEEPALIVE_IDLE 20L             /* seconds until the first probe of a silent connection */
#define KEEPALIVE_INTERVAL 5L          /* seconds between probes */
#define ONCE_IDLE 1L                   /* seconds: an older connection is not used for a request that goes once */
#define TIMEOUT_LIMIT 86400000L        /* milliseconds */
#define RETRY_AFTER_LIMIT (86400L * 7) /* seconds: nobody means more than a week */

struct http_call {
	struct http *http;
	CURL *easy;
	http_done *done;
	void *arg;
	struct curl_slist *headers;
	char *body;
	size_t body_length;
	struct text answer;
	size_t limit;
	long header_bytes;
	int headers_whole; /* the empty line that ends them has come */
	int64_t timeout;
	char *host;
	int refuse_link_local, once, tls;
	unsigned attempts; /* how often a connection was ready for the request */
	enum { NO_VETO, VETO_LINK_LOCAL, VETO_AGAIN, VETO_TOO_LARGE } veto;
	char words[CURL_ERROR_SIZE];
};

/* ---- one exchange: what curl calls while it goes on ---- */

static size_t take_header(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;

	call->header_bytes += (long)(size * count);
	if (size * count > 5 && strncmp(bytes, "HTTP/", 5) == 0) /* 1xx come before the answer, trailers behind it */
		call->headers_whole = 0;
	else if (size * count <= 2 && (*bytes == '\r' || *bytes == '\n'))
		call->headers_whole = 1;
	if (call->header_bytes <= HEADER_LIMIT)
		return size * count;
	call->veto = VETO_TOO_LARGE;
	return 0;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;

	if (size * count > call->limit - call->answer.length) {
		call->veto = VETO_TOO_LARGE;
		return 0;
	}
	text_add_bytes(&call->answer, bytes, size * count);
	return size * count;
}

/* Before a connection is made. */
static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct http_call *call = arg;

	(void)purpose;
	if (call->refuse_link_local && address_is_link_local(&address->addr)) {
		call->veto = VETO_LINK_LOCAL;
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* When a connection, new or kept, is about to carry the request. curl sends a request again of its own accord when a
 * kept connection turns out to be closed; whether the first one arrived it cannot know, so it may not for `once`. */
static int before_request(void *arg, char *peer, char *own, int peer_port, int own_port)
{
	struct http_call *call = arg;
	long sent = 0;

	(void)own;
	(void)peer_port;
	(void)own_port;
	if (call->refuse_link_local && address_text_is_link_local(peer)) {
		call->veto = VETO_LINK_LOCAL;
		return CURL_PREREQFUNC_ABORT;
	}
	(void)curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &sent);
	if (call->once && sent > 0) {
		call->veto = VETO_AGAIN;
		return CURL_PREREQFUNC_ABORT;
	}
	call->attempts++;
	return CURL_PREREQFUNC_OK;
}

/* ---- one exchange: its end ---- */

static void free_call(struct http_call *call)
{
	for (struct curl_slist *header = call->headers; header; header = header->next)
		explicit_bzero(header->data, strlen(header->data));
	curl_slist_free_all(call->headers);
	free(call->body);
	free(call->host);
	text_free(&call->answer);
	curl_easy_cleanup(call->easy);
	free(call);
}

/* Milliseconds from now, -1 when the header is absent or makes no sense. */
static int64_t retry_after(CURL *easy)
{
	struct curl_header *header = NULL;
	time_t date;
	int64_t seconds;

	if (curl_easy_header(easy, "Retry-After", 0, CURLH_HEADER, -1, &header) != CURLHE_OK || !*header->value)
		return -1;
	if (header->value[strspn(header->value, "0123456789")] == '\0') {
		seconds = strtol(header->value, NULL, 10);
	} else {
		date = curl_getdate(header->value, NULL);
		if (date == -1)
			return -1;
		seconds = (int64_t)date - (int64_t)time(NULL);
	}
	if (seconds > RETRY_AFTER_LIMIT)
		seconds = RETRY_AFTER_LIMIT;
	return seconds < 0 ? 0 : seconds * 1000;
}

/* curl is content when a connection is closed in the middle of the headers, or after a 101 that nobody asked for: it
 * tells of an answer without a body. For us there is none. */
static CURLcode doubt(struct http_call *call, long status)
{
	if (call->headers_whole && status >= 200)
		return CURLE_OK;
	(void)snprintf(call->words, sizeof(call->words), "%s",
		       call->headers_whole ? "its status is one of no last answer"
					   : "the connection was closed in the middle of its headers");
	return CURLE_WEIRD_SERVER_REPLY;
}

/* Can anything of the request have arrived? */
static int was_sent(const struct http_call *call, CURLcode code)
{
	long bytes = 0;

	if (call->attempts == 0 || http_refused_our_certificate(code, call->words))
		return 0;
	(void)curl_easy_getinfo(call->easy, CURLINFO_REQUEST_SIZE, &bytes);
	return bytes > 0 || call->attempts > 1;
}

static enum http_failure failure_of(const struct http_call *call, CURLcode code)
{
	/* our callbacks abort with a veto: without one it was http_cancel() or http_free() */
	if (code == CURLE_ABORTED_BY_CALLBACK && call->veto == NO_VETO)
		return HTTP_CANCELLED;
	if (call->veto == VETO_TOO_LARGE || code == CURLE_FILESIZE_EXCEEDED)
		return HTTP_TOO_LARGE;
	return was_sent(call, code) ? HTTP_UNKNOWN : HTTP_NOT_SENT;
}

/* Why there is no answer, for the operator. */
static void explain(const struct http_call *call, CURLcode code, enum http_failure failure, struct text *why)
{
	const char *words = *call->words ? call->words : curl_easy_strerror(code);

	text_add_format(why, "%s: ", call->host);
	if (failure == HTTP_CANCELLED)
		text_add(why, "cancelled");
	else if (failure == HTTP_TOO_LARGE)
		text_add_format(why, "the answer is larger than %zu bytes", call->limit);
	else if (call->veto == VETO_LINK_LOCAL)
		text_add(why, "this is a link-local address, which is never called");
	else if (call->veto == VETO_AGAIN)
		text_add(why, "the connection was closed after the request was sent and before an answer came");
	else if (code == CURLE_OPERATION_TIMEDOUT && failure == HTTP_NOT_SENT)
		text_add_format(why, "not connected in time (%s)", words);
	else if (code == CURLE_OPERATION_TIMEDOUT)
		text_add_format(why, "no whole answer within %lld ms", (long long)call->timeout);
	else if (failure == HTTP_NOT_SENT)
		text_add_format(why, "the request could not be sent: %s%s", words,
				call->tls ? http_tls_advice(code, words) : "");
	else
		text_add_format(why, "the request was sent and no whole answer came: %s", words);
	text_one_line(why->data);
}

static void call_done(void *arg, CURLcode code)
{
	struct http_call *call = arg;
	struct http_answer answer = {.body = "", .content_type = "", .retry_after = -1, .error = ""};
	struct text why = {0};
	char *type = NULL;

	if (code == CURLE_OK) {
		(void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &answer.status);
		code = doubt(call, answer.status);
	}
	if (code == CURLE_OK) {
		(void)curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
		answer.body = call->answer.data ? call->answer.data : "";
		answer.length = call->answer.length;
		answer.content_type = type ? type : "";
		answer.retry_after = retry_after(call->easy);
	} else {
		answer.status = 0;
		answer.failure = failure_of(call, code);
		answer.tls_refused = answer.failure == HTTP_NOT_SENT && http_tls_refused(code, call->words);
		explain(call, code, answer.failure, &why);
		answer.error = why.data;
	}
	call->done(call->arg, &answer);
	text_free(&why);
	free_call(call);
}

/* ---- one exchange: its start ---- */

static void add_header(struct http_call *call, const char *header)
{
	struct curl_slist *longer = curl_slist_append(call->headers, header);

	if (!longer)
		mem_out();
	call->headers = longer;
}

static void set_headers(struct http_call *call, const struct http_request *request)
{
	int typed = 0;

	for (const char *const *header = request->headers; header && *header; header++) {
		add_header(call, *header);
		typed |= strncasecmp(*header, "Content-Type:", 13) == 0;
	}
	add_header(call, "Expect:"); /* no waiting for 100 Continue */
	if (!typed)
		add_header(call, "Content-Type:"); /* else curl says it is a form */
	http_must(curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers));
}

/* POST, PUT and PATCH without a body say so (Content-Length: 0); other methods have a body only when there is one. */
static void set_method(struct http_call *call, const struct http_request *request)
{
	static const char *const with_body[] = {"POST", "PUT", "PATCH", NULL};
	CURL *easy = call->easy;

	if (strcmp(request->method, "HEAD") == 0) {
		http_must(curl_easy_setopt(easy, CURLOPT_NOBODY, 1L));
		return;
	}
	if (request->body || text_in(request->method, with_body)) {
		call->body_length = request->body ? request->body_length : 0;
		call->body = mem_new(call->body_length + 1, 1);
		if (call->body_length > 0)
			memcpy(call->body, request->body, call->body_length);
		http_must(curl_easy_setopt(easy, CURLOPT_POST, 1L));
		http_must(curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_length));
		http_must(curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body));
	}
	http_must(curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, request->method));
}

static void set_limits(struct http_call *call)
{
	CURL *easy = call->easy;
	long connect = call->timeout < CONNECT_LIMIT ? (long)call->timeout : CONNECT_LIMIT;

	http_must(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)call->timeout));
	http_must(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, connect));
	http_must(curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L));
	http_must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https"));
	http_must(curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1));
	http_must(curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L));
	http_must(curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)call->limit));
	/* on every connection, since any may be kept and carry a long poll later: a half-open one is found */
	http_must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L));
	http_must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE_IDLE));
	http_must(curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, KEEPALIVE_INTERVAL));
	if (call->once)
		http_must(curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, ONCE_IDLE));
}

static void set_callbacks(struct http_call *call)
{
	CURL *easy = call->easy;

	http_must(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->words));
	http_must(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header));
	http_must(curl_easy_setopt(easy, CURLOPT_HEADERDATA, call));
	http_must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body));
	http_must(curl_easy_setopt(easy, CURLOPT_WRITEDATA, call));
	http_must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket));
	http_must(curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call));
	http_must(curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, before_request));
	http_must(curl_easy_setopt(easy, CURLOPT_PREREQDATA, call));
}

/* "host:port" for messages, as far as the URL has them. */
static char *address_of(const char *url)
{
	const char *start = strstr(url, "://");

	start = start ? start + 3 : url;
	return mem_slice(start, strcspn(start, "/?#"));
}

struct http_call *http_start(struct http *http, const struct http_request *request, http_done *done, void *arg)
{
	struct http_call *call = mem_new(1, sizeof(*call));
	char *host = url_host(request->url);

	call->http = http;
	/* a handle for each exchange: in one that was used before, libcurl 7.88 takes a folded line for a part of a
	 * header of the answer before, which it has freed */
	call->easy = curl_easy_init();
	if (!call->easy)
		mem_out();
	call->done = done;
	call->arg = arg;
	call->timeout = request->timeout < 1 ? 1 : request->timeout > TIMEOUT_LIMIT ? TIMEOUT_LIMIT : request->timeout;
	call->limit = (size_t)(request->answer_limit > 0 ? request->answer_limit : HTTP_ANSWER_LIMIT);
	call->refuse_link_local = request->refuse_link_local;
	call->once = request->once;
	call->tls = text_starts(request->url, "https:");
	call->host = address_of(request->url);
	http_must(curl_easy_setopt(call->easy, CURLOPT_URL, request->url));
	http_must(curl_easy_setopt(call->easy, CURLOPT_USERAGENT, "bptl/" BPTL_VERSION));
	http_must(curl_easy_setopt(call->easy, CURLOPT_ACCEPT_ENCODING, "gzip"));
	/* a proxy would connect for us, past open_socket() */
	if (address_text_is_loopback(call->host) || (call->refuse_link_local && address_text_is_link_local(host)))
		http_must(curl_easy_setopt(call->easy, CURLOPT_NOPROXY, "*"));
	http_secure(call->easy, &request->tls);
	set_limits(call);
	set_callbacks(call);
	set_method(call, request);
	set_headers(call, request);
	http_add_easy(http, call->easy, call_done, call);
	free(host);
	return call;
}

void http_cancel(struct http *http, struct http_call *call)
{
	http_remove_easy(http, call->easy);
	call_done(call, CURLE_ABORTED_BY_CALLBACK);
}

int http_has_bytes(const struct http_call *call)
{
	return call->header_bytes > 0 || call->answer.length > 0;
}
