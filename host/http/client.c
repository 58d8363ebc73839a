/* client.c: see client.h. A call waits for a token, if its service wants one, and then for its answer. The credential
 * is added to the headers in one place, add_credential(), and nowhere else. */
#include "http/client.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mask.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/check.h"
#include "http/oauth.h"
#include "http/token.h"
#include "http/url.h"

#define SHORTEST_PROOF 8
/* A good answer is data, and may hold a weak password as a word of its own; a secret as long as this is no word. */
#define SURE_PROOF 16
#define USUAL_TIMEOUT 30000 /* milliseconds, for a service that has none */

struct client {
	struct http *http;
	struct log *log;
	struct oauth *oauth;
	struct client_call *first;
};

struct client_call {
	struct client *client;
	const struct service *service;
	const struct credentials *credentials; /* of the app or the service */
	char *method, *url, *body;
	char **headers; /* the caller's, ends with NULL */
	int64_t begun, timeout;
	long answer_limit;
	int once;
	http_done *done;
	void *arg;
	struct http_call *http;  /* or NULL */
	struct oauth_wait *wait; /* or NULL */
	char *token;             /* the one that was sent, when it had been at hand */
	char *proof;             /* what in the header that was sent proves who we are, or NULL */
	int renewed;             /* a refused token was replaced already */
	struct client_call *previous, *next;
};

struct client *client_new(struct http *http, struct log *log)
{
	struct client *client = mem_new(1, sizeof(*client));

	client->http = http;
	client->log = log;
	client->oauth = oauth_new(http);
	return client;
}

void client_free(struct client *client)
{
	if (!client)
		return;
	while (client->first)
		client_cancel(client, client->first);
	oauth_free(client->oauth);
	free(client);
}

/* The app's entry for the service wins over what the service has of its own. */
static const struct credentials *choose(const struct service *service, const struct app *app)
{
	for (size_t i = 0; app && i < app->count; i++)
		if (strcmp(app->entries[i].service, service->name) == 0)
			return &app->entries[i].credentials;
	return &service->own;
}

/* ---- sending ---- */

static char *pair_header(const struct credentials *credentials)
{
	char *pair = mem_format("%s:%s", credentials->client_id, credentials->secret);
	char *encoded = token_base64(pair, strlen(pair));
	char *header = mem_format("Authorization: Basic %s", encoded);

	mem_wipe(pair);
	mem_wipe(encoded);
	return header;
}

/* The one header that proves who we are; owned, NULL when the service wants none. */
static char *add_credential(const struct client_call *call, const char *token)
{
	const struct credentials *credentials = call->credentials;
	char *made = NULL, *header = NULL;

	/* checked when the call was made, and here again: no mistake in between may lead a credential astray */
	if (!url_under(call->service->root, call->url))
		abort();
	switch (call->service->auth) {
	case SERVICE_NONE:
		break;
	case SERVICE_ZGW: /* as new as the request: nothing to keep, nothing that ends meanwhile */
		made = token_zgw(call->service, credentials, (int64_t)time(NULL));
		if (!made)
			mem_out();
		header = mem_format("Authorization: Bearer %s", made);
		mem_wipe(made);
		break;
	case SERVICE_API_KEY:
		header = mem_format("%s: %s", credentials->header, credentials->value);
		break;
	case SERVICE_OAUTH2:
		header = mem_format("Authorization: Bearer %s", token);
		break;
	case SERVICE_BASIC:
		header = pair_header(credentials);
		break;
	case SERVICE_BEARER:
		header = mem_format("Authorization: Bearer %s", credentials->secret);
		break;
	}
	return header;
}

/* The part of a header that is a secret: what stands behind a scheme ("Bearer"), if any. Owned, NULL for nothing. */
static char *proof_in(const char *header)
{
	const char *value = header ? strchr(header, ':') + 2 : "";
	const char *last = strrchr(value, ' ');

	if (last && strlen(last + 1) >= SHORTEST_PROOF)
		value = last + 1;
	return strlen(value) >= MASK_LEAST ? mem_text(value) : NULL;
}

static void answered(void *arg, const struct http_answer *answer);

/* Sends the request; token is that of OAuth2, or NULL. */
static void start(struct client_call *call, const char *token)
{
	const struct service *service = call->service;
	char *credential = add_credential(call, token);
	struct http_request request = {.method = call->method, .url = call->url, .body = call->body};
	const char **headers;
	size_t count = 0, own = 0;
	int accept = 0, typed = 0;

	for (; call->headers[count]; count++) {
		accept |= check_is_named(call->headers[count], "Accept");
		typed |= check_is_named(call->headers[count], "Content-Type");
	}
	headers = mem_new(count + 4, sizeof(*headers));
	if (!accept)
		headers[own++] = "Accept: application/json";
	if (call->body && !typed)
		headers[own++] = "Content-Type: application/json";
	for (size_t i = 0; i < count; i++)
		headers[own++] = call->headers[i];
	if (credential)
		headers[own++] = credential;
	request.headers = headers;
	request.body_length = call->body ? strlen(call->body) : 0;
	request.timeout = call->timeout - (clock_boot() - call->begun);
	request.tls = (struct http_tls){service->ca_file, service->client_cert, service->client_key};
	request.answer_limit = call->answer_limit;
	request.refuse_link_local = 1;
	request.once = call->once;
	call->http = http_start(call->client->http, &request, answered, call);
	mem_wipe(call->proof);
	call->proof = proof_in(credential);
	mem_wipe(credential);
	free(headers);
}

/* ---- the end ---- */

static void free_call(struct client_call *call)
{
	for (size_t i = 0; call->headers[i]; i++)
		free(call->headers[i]);
	free(call->headers);
	free(call->method);
	free(call->url);
	free(call->body);
	mem_wipe(call->token);
	mem_wipe(call->proof);
	free(call);
}

/* Some services send back what they were sent. What proves who we are goes no further than here: a copy of the text
 * without it, or NULL when it does not hold it. */
static char *without_proof(const struct client_call *call, long status, const char *text, size_t length)
{
	const struct credentials *credentials = call->credentials;
	struct mask mask = {0};
	char *copy;

	if (!call->proof || length == 0)
		return NULL;
	mask_add(&mask, call->proof);
	/* a password may come back out of its base64 */
	if (credentials->secret && strlen(credentials->secret) >= (status >= 300 ? SHORTEST_PROOF : SURE_PROOF))
		mask_add(&mask, credentials->secret);
	copy = mem_slice(text, length);
	if (!mask_bytes(&mask, copy, length)) {
		free(copy);
		copy = NULL;
	}
	mask_clear(&mask);
	return copy;
}

static void finish(struct client_call *call, const struct http_answer *answer)
{
	struct client *client = call->client;
	struct http_answer clean = *answer;
	char *body = without_proof(call, answer->status, answer->body, answer->length);
	char *type = without_proof(call, answer->status, answer->content_type, strlen(answer->content_type));

	if (call->previous)
		call->previous->next = call->next;
	else
		client->first = call->next;
	if (call->next)
		call->next->previous = call->previous;
	if (client->log && log_wants(client->log, LOG_DEBUG)) {
		char *outline = url_outline(call->url);

		log_line(client->log, LOG_DEBUG, NULL, "%s %s: %ld%s%s in %lld ms", call->method, outline,
			 answer->status, *answer->error ? " " : "", answer->error,
			 (long long)(clock_boot() - call->begun));
		free(outline);
	}
	if (body)
		clean.body = body;
	if (type)
		clean.content_type = type;
	call->done(call->arg, &clean);
	free(body);
	free(type);
	free_call(call);
}

static void with_token(void *arg, const char *token, const struct http_answer *failure)
{
	struct client_call *call = arg;

	call->wait = NULL;
	if (token)
		start(call, token);
	else
		finish(call, failure);
}

/* Sends it with the token at hand, or asks for one. */
static void obtain(struct client_call *call)
{
	struct oauth *oauth = call->client->oauth;
	const char *token = oauth_token(oauth, call->service, call->credentials);

	if (!token) {
		call->wait = oauth_fetch(oauth, call->service, call->credentials, with_token, call);
		return;
	}
	call->token = mem_text(token);
	start(call, call->token);
}

static void answered(void *arg, const struct http_answer *answer)
{
	struct client_call *call = arg;

	call->http = NULL;
	/* 401 to a token that had been at hand: revoked, most likely; a refusal had no effect, so it is sent again */
	if (answer->status == 401 && call->token && !call->renewed) {
		oauth_drop(call->client->oauth, call->service, call->credentials, call->token);
		mem_wipe(call->token);
		call->token = NULL;
		call->renewed = 1;
		obtain(call);
		return;
	}
	finish(call, answer);
}

void client_cancel(struct client *client, struct client_call *call)
{
	static const struct http_answer cancelled = {
		.failure = HTTP_CANCELLED, .body = "", .content_type = "", .retry_after = -1, .error = "cancelled"};

	if (call->http) {
		http_cancel(client->http, call->http);
		return;
	}
	oauth_leave(call->wait);
	finish(call, &cancelled);
}

int client_has_bytes(const struct client_call *call)
{
	return call->http && http_has_bytes(call->http);
}

static int64_t time_for(const struct client_request *request)
{
	int64_t most = request->service->timeout > 0 ? request->service->timeout : USUAL_TIMEOUT;

	if (request->timeout <= 0)
		return most;
	return request->long_poll || request->timeout < most ? request->timeout : most;
}

static char **copy_headers(const char *const *headers)
{
	size_t count = 0;
	char **copy;

	while (headers && headers[count])
		count++;
	copy = mem_new(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = mem_text(headers[i]);
	return copy;
}

struct client_call *client_send(struct client *client, const struct client_request *request, http_done *done, void *arg,
				struct error *error)
{
	const struct credentials *credentials = choose(request->service, request->app);
	struct client_call *call;
	char *url;

	if (check_request(request, credentials, error))
		return NULL;
	url = url_resolve(request->service->root, request->url, error);
	if (!url) {
		(void)error_prefix(error, "service %s: ", request->service->name);
		return NULL;
	}
	call = mem_new(1, sizeof(*call));
	call->client = client;
	call->service = request->service;
	call->credentials = credentials;
	call->method = mem_text(request->method);
	call->url = url;
	call->headers = copy_headers(request->headers);
	call->begun = clock_boot();
	call->timeout = time_for(request);
	call->answer_limit = request->answer_limit;
	call->once = strcmp(request->method, "POST") == 0 && !request->repeatable;
	call->done = done;
	call->arg = arg;
	if (request->body) {
		call->body = json_dumps(request->body, JSON_COMPACT | JSON_ENSURE_ASCII | JSON_ENCODE_ANY);
		if (!call->body)
			mem_out();
	}
	call->next = client->first;
	if (client->first)
		client->first->previous = call;
	client->first = call;
	if (call->service->auth == SERVICE_OAUTH2)
		obtain(call);
	else
		start(call, NULL);
	return call;
}
