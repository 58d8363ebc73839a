/* test_client.c: which credential goes where, tokens that are fetched, kept and renewed, and what APIs say. Long,
 * because it mirrors one file and is a list of cases. */
#include "http/client.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/server.h"
#include "http/token.h"

struct outcome {
	int calls;
	enum http_failure failure;
	int tls_refused;
	long status;
	char body[200], error[600];
};

static void keep(void *arg, const struct http_answer *answer)
{
	struct outcome *outcome = arg;

	outcome->calls++;
	outcome->failure = answer->failure;
	outcome->tls_refused = answer->tls_refused;
	outcome->status = answer->status;
	(void)snprintf(outcome->body, sizeof(outcome->body), "%s", answer->body);
	(void)snprintf(outcome->error, sizeof(outcome->error), "%s", answer->error);
}

/* A server, a client and a service on it; every test has its own. */
struct stage {
	struct server server;
	struct http *http;
	struct log *log;
	struct client *client;
	struct service service;
	char root[100], token_url[100];
};

static void set_up(struct stage *stage, server_answer *answer, enum service_auth auth)
{
	memset(stage, 0, sizeof(*stage));
	server_start(&stage->server, answer);
	stage->http = http_new();
	stage->log = log_new(LOG_ERROR, LOG_LOGFMT);
	stage->client = client_new(stage->http, stage->log);
	(void)snprintf(stage->root, sizeof(stage->root), "%sapi/v1/", stage->server.url);
	(void)snprintf(stage->token_url, sizeof(stage->token_url), "%stoken?realm=hidden", stage->server.url);
	stage->service =
		(struct service){.root = stage->root, .token_url = stage->token_url, .auth = auth, .timeout = 5000};
	stage->service.name = mem_text("zaken");
	stage->service.type = mem_text("zrc");
	stage->service.own = (struct credentials){mem_text("own id"), mem_text("own-secret"), mem_text("X-Api-Key"),
						  mem_text("own-value")};
}

static void tear_down(struct stage *stage)
{
	client_free(stage->client);
	log_free(stage->log);
	http_free(stage->http);
	server_stop(&stage->server);
	stage->service.root = NULL;
	stage->service.token_url = NULL;
	service_clear(&stage->service);
}

static void finish(struct stage *stage, const struct outcome *outcome)
{
	int64_t end = clock_boot() + 20000;

	while (outcome->calls == 0 && clock_boot() < end)
		(void)http_turn(stage->http, NULL, 0, 100);
	assert_int_equal(outcome->calls, 1);
}

static struct client_call *begin(struct stage *stage, const char *url, struct outcome *outcome)
{
	struct client_request request = {.service = &stage->service, .method = "GET", .url = url};
	struct error error = {0};
	struct client_call *call = client_send(stage->client, &request, keep, outcome, &error);

	if (!call)
		fail_msg("%s", error.text);
	assert_int_equal(outcome->calls, 0); /* never from client_send() */
	return call;
}

static struct outcome get(struct stage *stage, const char *url)
{
	struct outcome outcome = {0};

	(void)begin(stage, url, &outcome);
	finish(stage, &outcome);
	return outcome;
}

#define ANSWER(name)                                                                                                   \
	static int name(struct server *server __attribute__((unused)), int fd, int number __attribute__((unused)),     \
			const char *request __attribute__((unused)))

ANSWER(say_hello)
{
	return server_reply(fd, 200, "", "hello");
}

/* The credential that the last request carried, or "" ; owned. */
static char *carried(struct stage *stage, const char *name)
{
	char *text = server_request(&stage->server, stage->server.request_count - 1);
	char *start = strcasestr(text, name);
	char *value = start ? mem_slice(start, strcspn(start, "\r")) : mem_text("");

	free(text);
	return value;
}

static void assert_carried(struct stage *stage, const char *name, const char *expected)
{
	char *value = carried(stage, name);

	assert_string_equal(value, expected);
	free(value);
}

TEST(each_way_of_authentication_puts_its_own_header)
{
	struct stage stage;
	char *value;

	set_up(&stage, say_hello, SERVICE_NONE);
	assert_int_equal(get(&stage, "zaken").status, 200);
	assert_carried(&stage, "Authorization", "");
	assert_carried(&stage, "X-Api-Key", "");
	stage.service.auth = SERVICE_BASIC;
	assert_int_equal(get(&stage, "zaken").status, 200);
	assert_carried(&stage, "Authorization", "Authorization: Basic b3duIGlkOm93bi1zZWNyZXQ=");
	stage.service.auth = SERVICE_BEARER;
	assert_int_equal(get(&stage, "zaken").status, 200);
	assert_carried(&stage, "Authorization", "Authorization: Bearer own-secret");
	stage.service.auth = SERVICE_API_KEY;
	assert_int_equal(get(&stage, "zaken").status, 200);
	assert_carried(&stage, "X-Api-Key", "X-Api-Key: own-value");
	assert_carried(&stage, "Authorization", "");
	stage.service.auth = SERVICE_ZGW;
	assert_int_equal(get(&stage, "zaken").status, 200);
	value = carried(&stage, "Authorization");
	assert_true(text_starts(value, "Authorization: Bearer eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."));
	free(value);
	tear_down(&stage);
}

TEST(an_apps_credentials_win_for_its_service_only)
{
	struct stage stage;
	struct app_entry entries[] = {{(char[]){"andere"}, {.secret = (char[]){"wrong-secret"}}},
				      {(char[]){"zaken"}, {.secret = (char[]){"app-secret"}}}};
	struct app app = {.name = (char[]){"zac"}, .entries = entries, .count = 2};
	struct client_request request = {.method = "GET", .url = "zaken", .app = &app};
	struct outcome outcome = {0};
	struct error error;

	set_up(&stage, say_hello, SERVICE_BEARER);
	request.service = &stage.service;
	assert_non_null(client_send(stage.client, &request, keep, &outcome, &error));
	finish(&stage, &outcome);
	assert_carried(&stage, "Authorization", "Authorization: Bearer app-secret");
	/* an app without an entry for the service leaves its own */
	app.count = 1;
	outcome.calls = 0;
	assert_non_null(client_send(stage.client, &request, keep, &outcome, &error));
	finish(&stage, &outcome);
	assert_carried(&stage, "Authorization", "Authorization: Bearer own-secret");
	assert_int_equal(server_count(&stage.server, "wrong-secret"), 0);
	/* an entry that does not fit the service's auth is an error that names the app */
	app.count = 2;
	stage.service.auth = SERVICE_API_KEY;
	assert_null(client_send(stage.client, &request, keep, &outcome, &error));
	assert_contains(error.text, "app zac");
	assert_null(strstr(error.text, "secret"));
	tear_down(&stage);
}

TEST(nothing_is_sent_outside_the_root)
{
	/* behind the server's own address, and as they are */
	static const char *const paths[] = {"", "api/v1", "api/v2/x", "api/v1/../x", "api/v1/%2e%2e/x", "api/v1evil/x"};
	static const char *const others[] = {"//127.0.0.1/x", "http://127.0.0.1:1/api/v1/x", "../x"};
	struct stage stage;
	struct outcome outcome = {0};
	struct error error;

	set_up(&stage, say_hello, SERVICE_BEARER);
	for (size_t i = 0; i < 9; i++) {
		char url[300];
		struct client_request request = {.service = &stage.service, .method = "GET", .url = url};

		(void)snprintf(url, sizeof(url), "%s%s", i < 6 ? stage.server.url : "",
			       i < 6 ? paths[i] : others[i - 6]);
		assert_null(client_send(stage.client, &request, keep, &outcome, &error));
		assert_contains(error.text, "service zaken");
	}
	assert_int_equal(http_pending(stage.http), 0);
	assert_int_equal(outcome.calls, 0);
	assert_int_equal(stage.server.connection_count, 0);
	tear_down(&stage);
}

TEST(headers_that_are_the_hosts_are_refused)
{
	static const char *const refused[] = {"Authorization: Bearer x",
					      "authorization: x",
					      "Proxy-Authorization: x",
					      "Cookie: a=b",
					      "Host: evil",
					      "Content-Length: 3",
					      "Transfer-Encoding: chunked",
					      "x-api-key: other",
					      "X-A: b\r\nX-C: d",
					      "X-A: b\n",
					      "X-A: \x7f",
					      "X A: b",
					      ": b",
					      "X-A",
					      "X-A:",
					      "X-A;",
					      "",
					      "X-A :b"};
	struct stage stage;
	struct outcome outcome = {0};
	struct error error;

	set_up(&stage, say_hello, SERVICE_API_KEY);
	for (size_t i = 0; i < sizeof(refused) / sizeof(*refused); i++) {
		const char *headers[] = {"Accept-Crs: EPSG:4326", refused[i], NULL};
		struct client_request request = {
			.service = &stage.service, .method = "GET", .url = "x", .headers = headers};

		error.text[0] = '\0';
		if (client_send(stage.client, &request, keep, &outcome, &error))
			fail_msg("\"%s\" was taken", refused[i]);
		assert_contains(error.text, "zaken");
	}
	assert_int_equal(stage.server.connection_count, 0);
	tear_down(&stage);
}

TEST(credentials_that_make_no_sense_are_refused)
{
	struct stage stage;
	struct client_request request = {.method = "GET", .url = "x"};
	struct outcome outcome = {0};
	struct error error;

	set_up(&stage, say_hello, SERVICE_API_KEY);
	request.service = &stage.service;
	stage.service.own.value[3] = '\n';
	assert_null(client_send(stage.client, &request, keep, &outcome, &error));
	assert_contains(error.text, "control character");
	stage.service.own.value[3] = '-';
	stage.service.own.header[1] = ' ';
	assert_null(client_send(stage.client, &request, keep, &outcome, &error));
	assert_contains(error.text, "name of a header");
	stage.service.auth = SERVICE_BASIC;
	stage.service.own.client_id[0] = ':';
	assert_null(client_send(stage.client, &request, keep, &outcome, &error));
	assert_contains(error.text, "colon");
	stage.service.own.client_id[0] = '\0';
	stage.service.auth = SERVICE_ZGW;
	assert_null(client_send(stage.client, &request, keep, &outcome, &error));
	assert_contains(error.text, "client_id");
	stage.service.auth = SERVICE_NONE;
	free(stage.service.type);
	stage.service.type = mem_text("smtp");
	assert_null(client_send(stage.client, &request, keep, &outcome, &error));
	assert_contains(error.text, "mails");
	assert_int_equal(outcome.calls, 0);
	tear_down(&stage);
}

TEST(a_body_goes_as_json_in_ascii)
{
	struct stage stage;
	json_t *body = json_pack("{s:s, s:[i,i]}", "naam", "caf\xc3\xa9", "n", 1, 2);
	const char *headers[] = {"Accept-Crs: EPSG:4326", "Accept: application/xml", NULL};
	struct client_request request = {.method = "POST", .url = "zaken?a=b", .body = body, .headers = headers};
	struct outcome outcome = {0};
	struct error error;
	char *text;

	set_up(&stage, say_hello, SERVICE_NONE);
	request.service = &stage.service;
	assert_non_null(client_send(stage.client, &request, keep, &outcome, &error));
	json_decref(body);
	finish(&stage, &outcome);
	text = server_request(&stage.server, 0);
	assert_true(text_starts(text, "POST /api/v1/zaken?a=b HTTP/1.1\r\n"));
	assert_contains(text, "\r\nContent-Type: application/json\r\n");
	assert_contains(text, "\r\nAccept-Crs: EPSG:4326\r\n");
	assert_contains(text, "\r\nAccept: application/xml\r\n");
	assert_int_equal(server_count(&stage.server, "Accept: "), 1);
	assert_contains(text, "\r\n\r\n{\"naam\":\"caf\\u00E9\",\"n\":[1,2]}");
	free(text);
	assert_int_equal(get(&stage, "zaken").status, 200);
	text = server_request(&stage.server, 1);
	assert_contains(text, "\r\nAccept: application/json\r\n");
	assert_null(strstr(text, "Content-Type"));
	free(text);
	tear_down(&stage);
}

ANSWER(say_hello_late)
{
	(void)usleep(700000);
	return server_reply(fd, 200, "", "hello");
}

TEST(the_smaller_of_both_timeouts_counts_except_for_a_long_poll)
{
	struct stage stage;
	struct client_request request = {.method = "GET", .url = "x", .timeout = 3000};
	struct outcome outcome = {0};
	struct error error;

	set_up(&stage, say_hello_late, SERVICE_NONE);
	request.service = &stage.service;
	stage.service.timeout = 200;
	assert_non_null(client_send(stage.client, &request, keep, &outcome, &error));
	finish(&stage, &outcome);
	assert_int_equal(outcome.failure, HTTP_UNKNOWN);
	outcome.calls = 0;
	request.long_poll = 1;
	assert_non_null(client_send(stage.client, &request, keep, &outcome, &error));
	finish(&stage, &outcome);
	assert_int_equal(outcome.status, 200);
	outcome.calls = 0;
	request.long_poll = 0;
	request.timeout = 200;
	stage.service.timeout = 3000;
	assert_non_null(client_send(stage.client, &request, keep, &outcome, &error));
	finish(&stage, &outcome);
	assert_int_equal(outcome.failure, HTTP_UNKNOWN);
	tear_down(&stage);
}

/* ---- OAuth2 ---- */

static int is_token_request(const char *request)
{
	return text_starts(request, "POST /token?realm=hidden ");
}

/* The n-th token is "token-n"; "expires_in" is an hour. */
ANSWER(give_tokens)
{
	char body[200];

	if (!is_token_request(request))
		return server_reply(fd, 200, "", "hello");
	(void)snprintf(body, sizeof(body),
		       "{\"access_token\":\"token-%d\",\"token_type\":\"bearer\",\"expires_in\":3600}",
		       server_count(server, "POST /token"));
	return server_reply(fd, 200, "Content-Type: application/json\r\n", body);
}

TEST(a_token_is_fetched_once_for_all_that_wait_and_kept)
{
	struct stage stage;
	struct outcome outcomes[5] = {0};
	char *text;

	set_up(&stage, give_tokens, SERVICE_OAUTH2);
	stage.service.scope = mem_text("a b&c");
	for (size_t i = 0; i < 5; i++)
		(void)begin(&stage, "x", &outcomes[i]);
	for (size_t i = 0; i < 5; i++) {
		finish(&stage, &outcomes[i]);
		assert_int_equal(outcomes[i].status, 200);
	}
	assert_int_equal(get(&stage, "x").status, 200);
	assert_int_equal(server_count(&stage.server, "POST /token"), 1);
	assert_int_equal(server_count(&stage.server, "Authorization: Bearer token-1\r\n"), 6);
	text = server_request(&stage.server, 0);
	/* "own%20id:own-secret" */
	assert_contains(text, "\r\nAuthorization: Basic b3duJTIwaWQ6b3duLXNlY3JldA==\r\n");
	assert_contains(text, "\r\nContent-Type: application/x-www-form-urlencoded\r\n");
	assert_contains(text, "\r\n\r\ngrant_type=client_credentials&scope=a%20b%26c");
	free(text);
	tear_down(&stage);
}

TEST(each_client_id_has_a_token_of_its_own)
{
	struct stage stage;
	struct app_entry entry = {(char[]){"zaken"}, {.client_id = (char[]){"app"}, .secret = (char[]){"app-secret"}}};
	struct app app = {.name = (char[]){"zac"}, .entries = &entry, .count = 1};
	struct client_request request = {.method = "GET", .url = "x", .app = &app};
	struct outcome outcome = {0};
	struct error error;

	set_up(&stage, give_tokens, SERVICE_OAUTH2);
	request.service = &stage.service;
	assert_int_equal(get(&stage, "x").status, 200);
	assert_non_null(client_send(stage.client, &request, keep, &outcome, &error));
	finish(&stage, &outcome);
	assert_carried(&stage, "Authorization", "Authorization: Bearer token-2");
	assert_int_equal(get(&stage, "x").status, 200);
	assert_carried(&stage, "Authorization", "Authorization: Bearer token-1");
	assert_int_equal(server_count(&stage.server, "POST /token"), 2);
	tear_down(&stage);
}

/* "token-1" is not taken any more after its first use. */
ANSWER(revoke_the_first)
{
	if (strstr(request, "token-1") && server_count(server, "Bearer token-1") > 1)
		return server_reply(fd, 401, "", "revoked");
	return give_tokens(server, fd, number, request);
}

TEST(a_refused_token_is_replaced_and_the_request_sent_again)
{
	struct stage stage;
	struct outcome outcomes[2] = {0};

	set_up(&stage, revoke_the_first, SERVICE_OAUTH2);
	assert_int_equal(get(&stage, "x").status, 200);
	(void)begin(&stage, "x", &outcomes[0]);
	(void)begin(&stage, "x", &outcomes[1]);
	finish(&stage, &outcomes[0]);
	finish(&stage, &outcomes[1]);
	assert_int_equal(outcomes[0].status, 200);
	assert_int_equal(outcomes[1].status, 200);
	assert_int_equal(server_count(&stage.server, "POST /token"), 2);
	assert_int_equal(server_count(&stage.server, "Bearer token-1"), 3);
	assert_int_equal(server_count(&stage.server, "Bearer token-2"), 2);
	tear_down(&stage);
}

ANSWER(refuse_every_token)
{
	return is_token_request(request) ? give_tokens(server, fd, number, request) : server_reply(fd, 401, "", "no");
}

TEST(a_new_token_that_is_refused_is_not_replaced_for_ever)
{
	struct stage stage;

	set_up(&stage, refuse_every_token, SERVICE_OAUTH2);
	assert_int_equal(get(&stage, "x").status, 401);
	assert_int_equal(server_count(&stage.server, "GET "), 1); /* it was new: nothing to renew */
	assert_int_equal(get(&stage, "x").status, 401);
	assert_int_equal(server_count(&stage.server, "GET "), 3);
	assert_int_equal(server_count(&stage.server, "POST /token"), 2);
	tear_down(&stage);
}

/* "/late" is refused whatever comes, and late; anything else takes "token-1" once. */
ANSWER(refuse_late)
{
	if (text_starts(request, "GET /api/v1/late ")) {
		(void)usleep(400000);
		return server_reply(fd, 401, "", "no");
	}
	return revoke_the_first(server, fd, number, request);
}

TEST(a_late_refusal_of_an_old_token_leaves_the_new_one)
{
	struct stage stage;
	struct outcome late = {0}, other = {0};

	set_up(&stage, refuse_late, SERVICE_OAUTH2);
	assert_int_equal(get(&stage, "x").status, 200);
	(void)begin(&stage, "late", &late);
	(void)begin(&stage, "x", &other);
	finish(&stage, &other);
	assert_int_equal(other.status, 200);
	assert_int_equal(late.calls, 0);
	finish(&stage, &late);
	assert_int_equal(late.status, 401);
	/* sent with the old and with the new token, and no third time */
	assert_int_equal(server_count(&stage.server, "GET /api/v1/late "), 2);
	assert_int_equal(server_count(&stage.server, "POST /token"), 2);
	tear_down(&stage);
}

ANSWER(give_short_tokens)
{
	return is_token_request(request)
		       ? server_reply(fd, 200, "", "{\"access_token\":\"short\",\"expires_in\":\"31\"}")
		       : server_reply(fd, 200, "", "hello");
}

TEST(a_token_that_is_nearly_over_is_not_used)
{
	struct stage stage;

	set_up(&stage, give_short_tokens, SERVICE_OAUTH2);
	assert_int_equal(get(&stage, "x").status, 200);
	assert_int_equal(get(&stage, "x").status, 200);
	assert_int_equal(server_count(&stage.server, "POST /token"), 1);
	(void)usleep(1100000);
	assert_int_equal(get(&stage, "x").status, 200);
	assert_int_equal(server_count(&stage.server, "POST /token"), 2);
	tear_down(&stage);
}

ANSWER(refuse_the_client)
{
	return server_reply(fd, 401, "Content-Type: application/json\r\n",
			    "{\"error\":\"invalid_client\",\"error_description\":\"Unknown client\"}");
}

ANSWER(give_nonsense)
{
	return server_reply(fd, 200, "", "{\"access_token\":\"a\\nb\",\"secret\":\"tiny-secret\"}");
}
ANSWER(give_a_mac_token)
{
	return server_reply(fd, 200, "", "{\"access_token\":\"ab\",\"token_type\":\"mac\"}");
}
ANSWER(hang_up)
{
	return (void)fd, 0;
}

TEST(a_token_endpoint_that_fails_is_named_with_its_words)
{
	static const struct {
		server_answer *answer;
		const char *words;
	} cases[] = {{refuse_the_client, "401: invalid_client: Unknown client"},
		     {give_nonsense, "no bearer token"},
		     {give_a_mac_token, "no bearer token"},
		     {hang_up, "no whole answer"}};

	for (size_t i = 0; i < 4; i++) {
		struct stage stage;
		struct outcome first = {0}, second = {0};

		set_up(&stage, cases[i].answer, SERVICE_OAUTH2);
		(void)begin(&stage, "x", &first);
		(void)begin(&stage, "x", &second);
		finish(&stage, &first);
		finish(&stage, &second);
		assert_int_equal(first.failure, HTTP_NOT_SENT);
		assert_int_equal(second.failure, HTTP_NOT_SENT);
		assert_contains(first.error, cases[i].words);
		assert_contains(first.error, "/token");
		assert_null(strstr(first.error, "secret"));
		assert_null(strstr(first.error, "hidden"));
		assert_int_equal(server_count(&stage.server, "GET "), 0);
		tear_down(&stage);
	}
}

TEST(a_call_can_be_cancelled_in_every_state)
{
	struct stage stage;
	struct outcome waiting = {0}, staying = {0}, sent = {0}, freed = {0};
	struct client_call *call;

	set_up(&stage, give_tokens, SERVICE_OAUTH2);
	call = begin(&stage, "x", &waiting);
	(void)begin(&stage, "x", &staying);
	assert_false(client_has_bytes(call));
	client_cancel(stage.client, call);
	assert_int_equal(waiting.calls, 1);
	assert_int_equal(waiting.failure, HTTP_CANCELLED);
	finish(&stage, &staying);
	assert_int_equal(staying.status, 200);
	call = begin(&stage, "x", &sent);
	client_cancel(stage.client, call);
	assert_int_equal(sent.calls, 1);
	assert_int_equal(sent.failure, HTTP_CANCELLED);
	(void)begin(&stage, "x", &freed);
	assert_int_equal(http_pending(stage.http), 1);
	tear_down(&stage);
	assert_int_equal(freed.calls, 1);
	assert_int_equal(freed.failure, HTTP_CANCELLED);
}

/* Asks again from its own callback, as a unit's next call would. */
struct again {
	struct stage *stage;
	struct outcome outcome;
};

static void ask_again(void *arg, const struct http_answer *answer)
{
	struct again *again = arg;
	struct client_request request = {.service = &again->stage->service, .method = "GET", .url = "y"};
	struct error error;

	assert_int_equal(answer->failure, HTTP_NOT_SENT);
	assert_non_null(client_send(again->stage->client, &request, keep, &again->outcome, &error));
	assert_int_equal(again->outcome.calls, 0);
}

TEST(a_callback_may_ask_again)
{
	struct stage stage;
	struct again again = {.stage = &stage};
	struct client_request request = {.method = "GET", .url = "x"};
	struct error error;

	set_up(&stage, refuse_the_client, SERVICE_OAUTH2);
	request.service = &stage.service;
	assert_non_null(client_send(stage.client, &request, ask_again, &again, &error));
	finish(&stage, &again.outcome);
	assert_int_equal(again.outcome.failure, HTTP_NOT_SENT);
	assert_int_equal(server_count(&stage.server, "POST /token"), 2);
	tear_down(&stage);
}

/* ---- the API's own words ---- */

TEST(the_words_of_an_error_are_found)
{
	static const struct {
		const char *type, *body, *words;
	} cases[] = {
		{"application/problem+json",
		 "{\"type\":\"https://h/fouten/ValidationError/\",\"code\":\"invalid\",\"title\":\"Invalid input.\","
		 "\"status\":400,\"detail\":\"\",\"instance\":\"urn:uuid:1\",\"invalidParams\":[{\"name\":\"zaaktype\","
		 "\"code\":\"bad-url\",\"reason\":\"De URL klopt "
		 "niet\"},{\"name\":\"x\",\"code\":\"y\",\"reason\":\"z\"}]}",
		 "Invalid input.: zaaktype: bad-url: De URL klopt niet; x: y: z"},
		{"application/json", "{\"title\":\"Niet gevonden.\",\"detail\":\"Niet gevonden.\"}", "Niet gevonden."},
		{"application/json", "{\"type\":\"RestException\",\"message\":\"Task 1 does not\\nexist\",\"code\":0}",
		 "RestException: Task 1 does not exist"},
		{"application/json", "{\"error\":\"invalid_scope\",\"error_description\":\"No such scope\"}",
		 "invalid_scope: No such scope"},
		{"text/html", "<html><head><TITLE lang=\"en\">502\n  Bad  Gateway</title></head><body>x</body></html>",
		 "502 Bad Gateway"},
		{"text/plain", "  upstream\ttimed\r\nout  ", "upstream timed out"},
		{"application/json", "[\"a\"]", "[\"a\"]"},
		{"application/json", "{\"title\": 5}", "{\"title\": 5}"},
		{"text/plain", "caf\xe9", "caf?"},
		{"text/html", "<title>", "<title>"},
		{"", "", "the answer says nothing more"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct http_answer answer = {.status = 400,
					     .body = cases[i].body,
					     .length = strlen(cases[i].body),
					     .content_type = cases[i].type,
					     .error = ""};
		char *words = client_words(&answer);

		assert_string_equal(words, cases[i].words);
		free(words);
	}
}

TEST(words_are_one_line_of_400_bytes_at_most)
{
	char body[10001];
	struct http_answer answer = {.status = 500, .body = body, .length = 10000, .content_type = "", .error = ""};
	struct http_answer failed = {.failure = HTTP_UNKNOWN, .body = "", .content_type = "", .error = "h: gone"};
	char *words;

	for (size_t i = 0; i < 10000; i += 2)
		memcpy(body + i, "\xc3\xa9", 2);
	body[10000] = '\0';
	body[0] = body[1] = 'x';
	body[2] = ' ';
	body[3] = 'y';
	words = client_words(&answer);
	assert_in_range(strlen(words), 398, 400);
	assert_true(text_is_utf8(words, strlen(words)));
	free(words);
	words = client_words(&failed);
	assert_string_equal(words, "h: gone");
	free(words);
}

TESTS(cmocka_unit_test(each_way_of_authentication_puts_its_own_header),
      cmocka_unit_test(an_apps_credentials_win_for_its_service_only),
      cmocka_unit_test(nothing_is_sent_outside_the_root), cmocka_unit_test(headers_that_are_the_hosts_are_refused),
      cmocka_unit_test(credentials_that_make_no_sense_are_refused), cmocka_unit_test(a_body_goes_as_json_in_ascii),
      cmocka_unit_test(the_smaller_of_both_timeouts_counts_except_for_a_long_poll),
      cmocka_unit_test(a_token_is_fetched_once_for_all_that_wait_and_kept),
      cmocka_unit_test(each_client_id_has_a_token_of_its_own),
      cmocka_unit_test(a_refused_token_is_replaced_and_the_request_sent_again),
      cmocka_unit_test(a_new_token_that_is_refused_is_not_replaced_for_ever),
      cmocka_unit_test(a_late_refusal_of_an_old_token_leaves_the_new_one),
      cmocka_unit_test(a_token_that_is_nearly_over_is_not_used),
      cmocka_unit_test(a_token_endpoint_that_fails_is_named_with_its_words),
      cmocka_unit_test(a_call_can_be_cancelled_in_every_state), cmocka_unit_test(a_callback_may_ask_again),
      cmocka_unit_test(the_words_of_an_error_are_found), cmocka_unit_test(words_are_one_line_of_400_bytes_at_most))
