/* oauth.c: see oauth.h. */
#include "http/oauth.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/client.h"
#include "http/token.h"
#include "http/url.h"

#define ANSWER_LIMIT (256L * 1024)
#define USUAL_LIFE 60 /* seconds, when the endpoint does not say */
#define MARGIN 30     /* seconds before its end in which a token is not used any more */
#define LIFE_LIMIT (365 * 86400)
#define USUAL_TIMEOUT 30000 /* milliseconds, when the service has none */

struct oauth_wait {
	struct entry *entry;
	unsigned round; /* which fetch it waits for */
	oauth_done *done;
	void *arg;
	struct oauth_wait *next;
};

/* What is known of one client at one service. */
struct entry {
	struct oauth *oauth;
	char *service, *client_id, *outline; /* outline: of the token URL */
	char *token;                         /* or NULL */
	int64_t until;                       /* clock_boot() */
	struct http_call *fetch;             /* under way, or NULL */
	unsigned round;
	struct oauth_wait *waits; /* in order of arrival */
	struct entry *next;
};

struct oauth {
	struct http *http;
	struct entry *entries;
};

struct oauth *oauth_new(struct http *http)
{
	struct oauth *oauth = mem_new(1, sizeof(*oauth));

	oauth->http = http;
	return oauth;
}

void oauth_free(struct oauth *oauth)
{
	struct entry *entry, *next;

	if (!oauth)
		return;
	for (entry = oauth->entries; entry; entry = entry->next)
		if (entry->fetch)
			http_cancel(oauth->http, entry->fetch);
	for (entry = oauth->entries; entry; entry = next) {
		next = entry->next;
		free(entry->service);
		free(entry->client_id);
		free(entry->outline);
		mem_wipe(entry->token);
		free(entry);
	}
	free(oauth);
}

static struct entry *entry_of(struct oauth *oauth, const struct service *service, const struct credentials *credentials)
{
	struct entry *entry;

	for (entry = oauth->entries; entry; entry = entry->next)
		if (strcmp(entry->service, service->name) == 0 && strcmp(entry->client_id, credentials->client_id) == 0)
			return entry;
	entry = mem_new(1, sizeof(*entry));
	entry->oauth = oauth;
	entry->service = mem_text(service->name);
	entry->client_id = mem_text(credentials->client_id);
	entry->outline = url_outline(service->token_url);
	entry->next = oauth->entries;
	oauth->entries = entry;
	return entry;
}

static void forget(struct entry *entry)
{
	mem_wipe(entry->token);
	entry->token = NULL;
}

const char *oauth_token(struct oauth *oauth, const struct service *service, const struct credentials *credentials)
{
	struct entry *entry = entry_of(oauth, service, credentials);

	if (entry->token && clock_boot() >= entry->until)
		forget(entry);
	return entry->token;
}

void oauth_drop(struct oauth *oauth, const struct service *service, const struct credentials *credentials,
		const char *token)
{
	struct entry *entry = entry_of(oauth, service, credentials);

	if (entry->token && strcmp(entry->token, token) == 0)
		forget(entry);
}

/* ---- the answer of the token endpoint ---- */

/* A bearer token is made of visible ASCII (RFC 6750, 2.1). */
static int is_bearer(const char *token)
{
	if (!token || !*token)
		return 0;
	for (; *token; token++)
		if (*token <= 0x20 || *token > 0x7e)
			return 0;
	return 1;
}

/* Seconds; some endpoints write a text. */
static int64_t life_of(const json_t *answer)
{
	const char *text = json_get_text(answer, "expires_in");
	json_int_t life = text ? strtoll(text, NULL, 10) : json_get_integer(answer, "expires_in", USUAL_LIFE);

	if (life < 0)
		life = 0;
	return life > LIFE_LIMIT ? LIFE_LIMIT : life;
}

/* Takes the token out of the answer: 0, or -1 and the reason. */
static int take_token(struct entry *entry, const struct http_answer *answer, struct error *error)
{
	char reason[160];
	json_t *value;
	const char *token, *type;
	char *words;
	int64_t life;

	if (answer->failure != HTTP_ANSWERED)
		return error_set(error, "no token from %s: %s", entry->outline, answer->error);
	if (answer->status != 200) {
		/* an answer that says "good" may hold a token all the same */
		words = answer->status / 100 == 2 ? mem_text("200 is expected") : client_words(answer);
		(void)error_set(error, "no token from %s: it answered %ld: %s", entry->outline, answer->status, words);
		free(words);
		return -1;
	}
	/* what does not fit is not quoted: it may hold a token all the same */
	value = json_read(answer->body, answer->length, reason);
	token = json_get_text(value, "access_token");
	type = json_get_text(value, "token_type");
	if (!is_bearer(token) || (type && strcasecmp(type, "Bearer") != 0)) {
		json_decref(value);
		return error_set(error, "no token from %s: its answer holds no bearer token (access_token)",
				 entry->outline);
	}
	life = life_of(value);
	forget(entry);
	entry->token = mem_text(token);
	/* one that lives shorter than the margin serves those who wait now, and nobody later */
	entry->until = clock_boot() + (life > MARGIN ? life - MARGIN : 0) * 1000;
	json_decref(value);
	return 0;
}

/* Callbacks may leave, or ask anew: only those of this round are told. */
static void tell(struct entry *entry, unsigned round, const char *token, const struct http_answer *failure)
{
	while (entry->waits && entry->waits->round == round) {
		struct oauth_wait *wait = entry->waits;

		entry->waits = wait->next;
		wait->done(wait->arg, token, failure);
		free(wait);
	}
}

static void fetched(void *arg, const struct http_answer *answer)
{
	struct entry *entry = arg;
	struct http_answer failure = {.failure = HTTP_NOT_SENT, .body = "", .content_type = ""};
	struct error error;
	char *token;

	entry->fetch = NULL;
	if (take_token(entry, answer, &error) == 0) {
		token = mem_text(entry->token);
		tell(entry, entry->round, token, NULL);
		mem_wipe(token);
		return;
	}
	if (answer->failure == HTTP_CANCELLED)
		failure.failure = HTTP_CANCELLED;
	failure.tls_refused = answer->tls_refused;
	failure.retry_after = answer->retry_after;
	failure.error = error.text;
	tell(entry, entry->round, NULL, &failure);
}

/* ---- the request for a token ---- */

/* The credentials as RFC 6749, 2.3.1 wants them: each one percent-encoded, then both as in basic authentication. */
static char *basic_header(const struct credentials *credentials)
{
	char *id = url_escape(credentials->client_id);
	char *secret = url_escape(credentials->secret);
	char *pair = mem_format("%s:%s", id, secret);
	char *encoded = token_base64(pair, strlen(pair));
	char *header = mem_format("Authorization: Basic %s", encoded);

	free(id);
	mem_wipe(secret);
	mem_wipe(pair);
	mem_wipe(encoded);
	return header;
}

static void start(struct entry *entry, const struct service *service, const struct credentials *credentials)
{
	char *authorization = basic_header(credentials);
	const char *headers[] = {"Accept: application/json", "Content-Type: application/x-www-form-urlencoded",
				 authorization, NULL};
	struct text body = {0};
	struct http_request request = {.method = "POST", .url = service->token_url, .headers = headers};

	text_add(&body, "grant_type=client_credentials");
	if (service->scope && *service->scope) {
		char *scope = url_escape(service->scope);

		text_add_format(&body, "&scope=%s", scope);
		free(scope);
	}
	request.body = body.data;
	request.body_length = body.length;
	request.timeout = service->timeout > 0 ? service->timeout : USUAL_TIMEOUT;
	request.tls = (struct http_tls){service->ca_file, service->client_cert, service->client_key};
	request.answer_limit = ANSWER_LIMIT;
	request.refuse_link_local = 1;
	entry->round++;
	entry->fetch = http_start(entry->oauth->http, &request, fetched, entry);
	mem_wipe(authorization);
	text_free(&body);
}

struct oauth_wait *oauth_fetch(struct oauth *oauth, const struct service *service,
			       const struct credentials *credentials, oauth_done *done, void *arg)
{
	struct entry *entry = entry_of(oauth, service, credentials);
	struct oauth_wait *wait = mem_new(1, sizeof(*wait));
	struct oauth_wait **end = &entry->waits;

	if (!entry->fetch)
		start(entry, service, credentials);
	wait->entry = entry;
	wait->round = entry->round;
	wait->done = done;
	wait->arg = arg;
	while (*end)
		end = &(*end)->next;
	*end = wait;
	return wait;
}

void oauth_leave(struct oauth_wait *wait)
{
	for (struct oauth_wait **at = &wait->entry->waits; *at; at = &(*at)->next) {
		if (*at == wait) {
			*at = wait->next;
			free(wait);
			return;
		}
	}
}
