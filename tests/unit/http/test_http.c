/* test_http.c: exchanges against a small server in the same process, good ones and all the ways they can end.
 * Long, because it mirrors one file and is a list of cases. */
#include "http/http.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/server.h"

/* What came of an exchange. */
struct outcome {
	int calls; /* of done() */
	enum http_failure failure;
	int tls_refused;
	long status;
	size_t length;
	int64_t retry_after;
	char body[200], type[100], error[600];
};

static void keep(void *arg, const struct http_answer *answer)
{
	struct outcome *outcome = arg;

	outcome->calls++;
	outcome->failure = answer->failure;
	outcome->tls_refused = answer->tls_refused;
	outcome->status = answer->status;
	outcome->length = answer->length;
	outcome->retry_after = answer->retry_after;
	assert_int_equal(strlen(answer->body), strnlen(answer->body, answer->length));
	(void)snprintf(outcome->body, sizeof(outcome->body), "%s", answer->body);
	(void)snprintf(outcome->type, sizeof(outcome->type), "%s", answer->content_type);
	(void)snprintf(outcome->error, sizeof(outcome->error), "%s", answer->error);
}

/* Turns until an exchange is over, 20 seconds at most. */
static void finish(struct http *http, const struct outcome *outcome)
{
	int64_t end = clock_boot() + 20000;

	while (outcome->calls == 0 && clock_boot() < end)
		(void)http_turn(http, NULL, 0, 100);
	assert_int_equal(outcome->calls, 1);
}

static struct outcome exchange(struct http *http, const struct http_request *request)
{
	struct outcome outcome = {0};

	assert_non_null(http_start(http, request, keep, &outcome));
	assert_int_equal(outcome.calls, 0); /* never from http_start() */
	finish(http, &outcome);
	return outcome;
}

static struct outcome get(struct http *http, const char *url)
{
	const struct http_request request = {.method = "GET", .url = url, .timeout = 10000};

	return exchange(http, &request);
}

/* One GET against a server with this answer. */
static struct outcome get_from(server_answer *answer)
{
	struct server server;
	struct http *http = http_new();
	struct outcome outcome;

	server_start(&server, answer);
	outcome = get(http, server.url);
	http_free(http);
	server_stop(&server);
	return outcome;
}

#define ANSWER(name)                                                                                                   \
	static int name(struct server *server __attribute__((unused)), int fd, int number __attribute__((unused)),     \
			const char *request __attribute__((unused)))

ANSWER(say_hello)
{
	return server_reply(fd, 200, "Content-Type: application/json\r\n", "{\"hello\":1}");
}

TEST(an_answer_comes_whole_with_its_status_and_type)
{
	struct outcome outcome = get_from(say_hello);

	assert_int_equal(outcome.failure, HTTP_ANSWERED);
	assert_int_equal(outcome.status, 200);
	assert_string_equal(outcome.body, "{\"hello\":1}");
	assert_int_equal(outcome.length, 11);
	assert_string_equal(outcome.type, "application/json");
	assert_string_equal(outcome.error, "");
	assert_int_equal(outcome.retry_after, -1);
}

TEST(a_request_carries_what_was_asked_and_no_more)
{
	const char *headers[] = {"X-One: 1", "Content-Type: application/json", NULL};
	struct http_request request = {
		.method = "PATCH", .headers = headers, .body = "{}", .body_length = 2, .timeout = 5000};
	struct server server;
	struct http *http = http_new();
	char *text;

	server_start(&server, say_hello);
	request.url = server.url;
	assert_int_equal(exchange(http, &request).status, 200);
	request = (struct http_request){.method = "POST", .url = server.url, .timeout = 5000};
	assert_int_equal(exchange(http, &request).status, 200);
	request.method = "DELETE";
	assert_int_equal(exchange(http, &request).status, 200);
	text = server_request(&server, 0);
	assert_true(text_starts(text, "PATCH / HTTP/1.1\r\n"));
	assert_contains(text, "\r\nX-One: 1\r\n");
	assert_contains(text, "\r\nContent-Type: application/json\r\n");
	assert_contains(text, "\r\nUser-Agent: bptl/" BPTL_VERSION "\r\n");
	assert_contains(text, "\r\n\r\n{}");
	free(text);
	text = server_request(&server, 1);
	assert_contains(text, "\r\nContent-Length: 0\r\n");
	assert_null(strstr(text, "Content-Type"));
	free(text);
	text = server_request(&server, 2);
	assert_true(text_starts(text, "DELETE / HTTP/1.1\r\n"));
	assert_null(strstr(text, "Content-Length"));
	free(text);
	assert_int_equal(server_count(&server, "Expect"), 0);
	assert_int_equal(server_count(&server, "Cookie"), 0);
	assert_int_equal(server.connection_count, 1); /* it was kept */
	http_free(http);
	server_stop(&server);
}

ANSWER(say_20_megabytes)
{
	static const char block[65536];

	server_say(fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
	for (int i = 0; i < 20 * 16; i++)
		server_say_bytes(fd, block, sizeof(block));
	return 0;
}

TEST(an_answer_over_the_limit_is_an_error)
{
	struct outcome outcome = get_from(say_20_megabytes);

	assert_int_equal(outcome.failure, HTTP_TOO_LARGE);
	assert_int_equal(outcome.status, 0);
	assert_contains(outcome.error, "16777216 bytes");
}

ANSWER(say_11_bytes)
{
	return server_reply(fd, 200, "", "12345678901");
}

ANSWER(say_packed)
{
	/* gzip of 100,000 zeros: 132 bytes, of which the middle is zeros again */
	static const unsigned char start[] = {0x1f, 0x8b, 0x08, 0, 0,    0,    0,    0,    0x02, 0x03, 0xed, 0xc1, 0x31,
					      0x01, 0,    0,    0, 0xc2, 0xa0, 0xf5, 0x4f, 0x6d, 0x0d, 0x0f, 0xa0};
	static const unsigned char end[] = {0x80, 0x57, 0x03, 0x7d, 0x95, 0x11, 0xd4, 0xa0, 0x86, 0x01, 0};
	unsigned char all[132] = {0};

	memcpy(all, start, sizeof(start));
	memcpy(all + sizeof(all) - sizeof(end), end, sizeof(end));
	server_say(fd, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 132\r\n\r\n");
	server_say_bytes(fd, all, sizeof(all));
	return 1;
}

TEST(the_limit_holds_to_the_byte_and_for_what_was_unpacked)
{
	struct server server;
	struct http *http = http_new();
	struct http_request request = {.method = "GET", .timeout = 5000, .answer_limit = 11};
	struct outcome outcome;

	server_start(&server, say_11_bytes);
	request.url = server.url;
	assert_int_equal(exchange(http, &request).failure, HTTP_ANSWERED);
	request.answer_limit = 10;
	assert_int_equal(exchange(http, &request).failure, HTTP_TOO_LARGE);
	server_stop(&server);
	server_start(&server, say_packed);
	request.url = server.url;
	request.answer_limit = 100000;
	outcome = exchange(http, &request);
	assert_int_equal(outcome.failure, HTTP_ANSWERED);
	assert_int_equal(outcome.length, 100000);
	request.answer_limit = 99999;
	assert_int_equal(exchange(http, &request).failure, HTTP_TOO_LARGE);
	server_stop(&server);
	http_free(http);
}

ANSWER(say_endless_headers)
{
	server_say(fd, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 10000; i++)
		server_say(fd, "X-Header: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n");
	server_say(fd, "\r\n");
	return 0;
}

TEST(headers_have_a_limit_too)
{
	struct outcome outcome = get_from(say_endless_headers);

	assert_int_equal(outcome.failure, HTTP_TOO_LARGE);
}

ANSWER(say_half)
{
	server_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of it");
	return 0;
}

ANSWER(say_half_chunk)
{
	server_say(fd, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n");
	return 0;
}

ANSWER(say_nothing)
{
	return (void)fd, 0;
}

ANSWER(say_garbage)
{
	server_say(fd, "\001\002\003 this is no HTTP\r\n\r\n");
	return 0;
}

ANSWER(say_half_of_the_headers)
{
	server_say(fd, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Le");
	return 0;
}

ANSWER(say_a_status_line)
{
	server_say(fd, "HTTP/1.1 204 No Content\r\n");
	return 0;
}

ANSWER(say_half_after_100)
{
	server_say(fd, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\nContent-Ty");
	return 0;
}

ANSWER(say_101)
{
	server_say(fd, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: other\r\n\r\n");
	return 0;
}

TEST(a_sent_request_without_a_whole_answer_has_an_unknown_outcome)
{
	server_answer *const answers[] = {
		say_half,          say_half_chunk,     say_nothing, say_garbage, say_half_of_the_headers,
		say_a_status_line, say_half_after_100, say_101};

	for (size_t i = 0; i < sizeof(answers) / sizeof(*answers); i++) {
		struct outcome outcome = get_from(answers[i]);

		assert_int_equal(outcome.failure, HTTP_UNKNOWN);
		assert_int_equal(outcome.status, 0);
		assert_int_equal(outcome.length, 0);
		assert_contains(outcome.error, "127.0.0.1:");
		assert_contains(outcome.error, "no whole answer");
	}
}

ANSWER(say_it_with_trailers)
{
	server_say(fd,
		   "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: A\r\n\r\n"
		   "5\r\nwhole\r\n0\r\nA: b\r\n\r\n");
	return 1;
}

TEST(what_comes_before_and_behind_an_answer_makes_it_no_less_whole)
{
	struct outcome outcome = get_from(say_it_with_trailers);

	assert_int_equal(outcome.failure, HTTP_ANSWERED);
	assert_int_equal(outcome.status, 200);
	assert_int_equal(outcome.length, 5);
}

ANSWER(say_it_with_a_folded_first_header)
{
	if (server->request_count < 3)
		return server_reply(fd, 200, "X-A: b\r\n", "first");
	server_say(fd, "HTTP/1.1 200 OK\r\n folded: line\r\nContent-Length: 0\r\n\r\n");
	return 0;
}

/* libcurl 7.88 adds what is folded to the last header that its handle has seen, which may be one of an earlier answer
 * that was freed long ago. */
TEST(a_folded_line_that_continues_no_header_is_no_answer_and_does_no_harm)
{
	struct server server;
	struct http *http = http_new();
	struct http_request request = {.method = "GET", .timeout = 5000};
	struct outcome outcome = {0};

	server_start(&server, say_it_with_a_folded_first_header);
	request.url = server.url;
	for (int i = 0; i < 3; i++)
		outcome = exchange(http, &request);
	assert_int_equal(outcome.failure, HTTP_UNKNOWN);
	http_free(http);
	server_stop(&server);
}

ANSWER(say_it_slowly)
{
	struct timespec wait = {.tv_nsec = 100000000};

	server_say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n");
	for (int i = 0; i < 20 && !server_stopping(server); i++) {
		server_say(fd, "x");
		(void)nanosleep(&wait, NULL);
	}
	return 0;
}

TEST(an_answer_that_takes_too_long_is_unknown)
{
	struct server server;
	struct http *http = http_new();
	struct http_request request = {.method = "GET", .timeout = 300};
	int64_t begun = clock_boot();
	struct outcome outcome;

	server_start(&server, say_it_slowly);
	request.url = server.url;
	outcome = exchange(http, &request);
	assert_int_equal(outcome.failure, HTTP_UNKNOWN);
	assert_contains(outcome.error, "no whole answer within 300 ms");
	assert_in_range(clock_boot() - begun, 290, 1500);
	http_free(http);
	server_stop(&server);
}

TEST(a_request_that_finds_nobody_was_not_sent)
{
	struct http *http = http_new();
	char url[100];
	struct outcome outcome;

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%d/secret?token=secret", server_closed_port());
	outcome = get(http, url);
	assert_int_equal(outcome.failure, HTTP_NOT_SENT);
	assert_false(outcome.tls_refused);
	assert_contains(outcome.error, "127.0.0.1:");
	assert_null(strstr(outcome.error, "secret"));
	http_free(http);
}

TEST(a_server_that_speaks_no_tls_was_sent_nothing)
{
	struct server server;
	struct http *http = http_new();
	char url[100];
	struct outcome outcome;

	server_start(&server, say_hello);
	/* it sees the start of a handshake, which is no request, and answers when the line is over */
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", server.port);
	outcome = exchange(http, &(struct http_request){.method = "GET", .url = url, .timeout = 1000});
	assert_int_equal(outcome.failure, HTTP_NOT_SENT);
	assert_int_equal(server.request_count, 0);
	http_free(http);
	server_stop(&server);
}

ANSWER(say_later_in_seconds)
{
	return server_reply(fd, 429, "Retry-After: 7\r\n", "");
}
ANSWER(say_later_for_ever)
{
	return server_reply(fd, 503, "Retry-After: 99999999999999999999\r\n", "");
}
ANSWER(say_later_madly)
{
	return server_reply(fd, 503, "Retry-After: soon\r\n", "");
}
ANSWER(say_later_in_the_past)
{
	return server_reply(fd, 503, "Retry-After: Fri, 16 Jan 2015 10:00:00 GMT\r\n", "");
}

ANSWER(say_later_as_date)
{
	time_t then = time(NULL) + 60;
	char header[100];
	struct tm tm;

	(void)gmtime_r(&then, &tm);
	(void)strftime(header, sizeof(header), "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm);
	return server_reply(fd, 503, header, "");
}

TEST(retry_after_is_understood_as_seconds_and_as_date)
{
	struct outcome outcome = get_from(say_later_in_seconds);

	assert_int_equal(outcome.status, 429);
	assert_int_equal(outcome.retry_after, 7000);
	assert_in_range(get_from(say_later_as_date).retry_after, 57000, 60000);
	assert_int_equal(get_from(say_later_in_the_past).retry_after, 0);
	assert_int_equal(get_from(say_later_for_ever).retry_after, 7 * 86400 * 1000LL);
	assert_int_equal(get_from(say_later_madly).retry_after, -1);
}

ANSWER(say_elsewhere)
{
	char header[200];

	(void)snprintf(header, sizeof(header), "Location: %selsewhere\r\n", server->url);
	return server_reply(fd, 302, header, "");
}

TEST(a_redirect_is_not_followed)
{
	struct server server;
	struct http *http = http_new();
	struct outcome outcome;

	server_start(&server, say_elsewhere);
	outcome = get(http, server.url);
	assert_int_equal(outcome.status, 302);
	assert_int_equal(server.request_count, 1);
	http_free(http);
	server_stop(&server);
}

/* A kept connection is closed on its second request, without an answer. */
ANSWER(say_hello_once)
{
	return number == 1 ? server_reply(fd, 200, "", "hello") : 0;
}

TEST(a_request_that_goes_once_is_never_sent_again)
{
	struct server server;
	struct http *http = http_new();
	struct http_request request = {.method = "POST", .timeout = 5000, .once = 1};
	struct outcome outcome;

	server_start(&server, say_hello_once);
	request.url = server.url;
	assert_int_equal(exchange(http, &request).status, 200);
	outcome = exchange(http, &request);
	assert_int_equal(outcome.failure, HTTP_UNKNOWN);
	assert_contains(outcome.error, "closed after the request was sent");
	assert_int_equal(server_count(&server, "POST / "), 2);
	/* any other is, on a new connection */
	assert_int_equal(exchange(http, &request).status, 200);
	request.once = 0;
	request.method = "PUT";
	assert_int_equal(exchange(http, &request).status, 200);
	assert_int_equal(server_count(&server, "PUT / "), 2);
	http_free(http);
	server_stop(&server);
}

TEST(a_request_that_goes_once_uses_no_connection_that_was_idle_for_long)
{
	struct server server;
	struct http *http = http_new();
	struct http_request request = {.method = "POST", .timeout = 5000, .once = 1};

	server_start(&server, say_hello_once);
	request.url = server.url;
	assert_int_equal(exchange(http, &request).status, 200);
	(void)usleep(2200000);
	assert_int_equal(exchange(http, &request).status, 200);
	assert_int_equal(server.connection_count, 2);
	http_free(http);
	server_stop(&server);
}

TEST(a_cancelled_exchange_calls_back_at_once)
{
	struct server server;
	struct http *http = http_new();
	struct http_request request = {.method = "GET", .timeout = 10000};
	struct outcome first = {0}, second = {0};
	struct http_call *call;

	server_start(&server, say_it_slowly);
	request.url = server.url;
	call = http_start(http, &request, keep, &first);
	(void)http_start(http, &request, keep, &second);
	assert_int_equal(http_pending(http), 2);
	assert_false(http_has_bytes(call));
	for (int64_t end = clock_boot() + 5000; !http_has_bytes(call) && clock_boot() < end;)
		(void)http_turn(http, NULL, 0, 50);
	assert_true(http_has_bytes(call));
	http_cancel(http, call);
	assert_int_equal(first.calls, 1);
	assert_int_equal(first.failure, HTTP_CANCELLED);
	assert_int_equal(http_pending(http), 1);
	assert_int_equal(second.calls, 0);
	http_free(http);
	assert_int_equal(second.calls, 1);
	assert_int_equal(second.failure, HTTP_CANCELLED);
	server_stop(&server);
}

TEST(a_turn_waits_on_the_callers_descriptors_too)
{
	struct http *http = http_new();
	int ends[2];
	struct pollfd fds[2] = {{.fd = -1, .events = POLLIN}, {.events = POLLIN}};
	int64_t begun = clock_boot();

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	fds[1].fd = ends[0];
	assert_int_equal(http_turn(http, fds, 2, 50), 0);
	assert_in_range(clock_boot() - begun, 45, 2000);
	assert_int_equal(write(ends[1], "x", 1), 1);
	begun = clock_boot();
	assert_int_equal(http_turn(http, fds, 2, 10000), 1);
	assert_true(clock_boot() - begun < 2000);
	assert_int_equal(fds[1].revents, POLLIN);
	(void)close(ends[1]);
	assert_int_equal(http_turn(http, fds, 2, 10000), 1);
	assert_true(fds[1].revents & POLLHUP);
	(void)close(ends[0]);
	http_free(http);
}

static void *wake_later(void *arg)
{
	(void)usleep(50000);
	http_wake(arg);
	return NULL;
}

TEST(another_thread_can_end_the_wait)
{
	struct http *http = http_new();
	int64_t begun = clock_boot();
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, wake_later, http), 0);
	assert_int_equal(http_turn(http, NULL, 0, 10000), 0);
	assert_in_range(clock_boot() - begun, 40, 5000);
	(void)pthread_join(thread, NULL);
	http_free(http);
}

TEST(link_local_addresses_are_refused_before_a_connection_is_made)
{
	static const char *const urls[] = {"http://169.254.169.254/", "http://[fe80::1]/",
					   "http://[::ffff:169.254.1.1]/"};
	struct http *http = http_new();

	for (size_t i = 0; i < 3; i++) {
		struct http_request request = {
			.method = "GET", .url = urls[i], .timeout = 3000, .refuse_link_local = 1};
		struct outcome outcome = exchange(http, &request);

		assert_int_equal(outcome.failure, HTTP_NOT_SENT);
		assert_contains(outcome.error, "link-local");
	}
	http_free(http);
}

TEST(many_exchanges_go_on_at_once)
{
	struct server server;
	struct http *http = http_new();
	struct http_request request = {.method = "GET", .timeout = 10000};
	struct outcome outcomes[50] = {0};

	server_start(&server, say_hello);
	request.url = server.url;
	for (size_t i = 0; i < 50; i++)
		(void)http_start(http, &request, keep, &outcomes[i]);
	assert_int_equal(http_pending(http), 50);
	for (size_t i = 0; i < 50; i++) {
		finish(http, &outcomes[i]);
		assert_int_equal(outcomes[i].status, 200);
	}
	assert_int_equal(http_pending(http), 0);
	http_free(http);
	server_stop(&server);
}

/* ---- TLS, against the openssl tool ---- */

/* A new folder with a certificate of its own; the folder is "" when there is no openssl. */
static void make_certificate(char folder[100])
{
	char command[600];

	(void)snprintf(folder, 100, "%s", "/tmp/bptl-http-XXXXXX");
	assert_non_null(mkdtemp(folder));
	(void)snprintf(command, sizeof(command),
		       "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test "
		       "-addext subjectAltName=IP:127.0.0.1 -keyout %s/key.pem -out %s/cert.pem >/dev/null 2>&1",
		       folder, folder);
	if (system(command) != 0)
		folder[0] = '\0';
}

/* Starts "openssl s_server" and waits until it listens. */
static pid_t start_tls(const char *folder, int port, const char *option)
{
	int64_t end = clock_boot() + 10000;
	char accept[20], key[120], cert[120];
	pid_t child;

	(void)snprintf(accept, sizeof(accept), "127.0.0.1:%d", port);
	(void)snprintf(key, sizeof(key), "%s/key.pem", folder);
	(void)snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		int null = open("/dev/null", O_RDWR);

		/* a failed assertion jumps over stop_tls() */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)dup2(null, 0);
		(void)dup2(null, 1);
		(void)dup2(null, 2);
		(void)execlp("openssl", "openssl", "s_server", "-www", "-accept", accept, "-key", key, "-cert", cert,
			     option, "4", (char *)NULL);
		_exit(127);
	}
	while (clock_boot() < end) {
		struct sockaddr_in address = {.sin_family = AF_INET,
					      .sin_port = htons((uint16_t)port),
					      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
		int fd = socket(AF_INET, SOCK_STREAM, 0);
		int connected = connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0;

		(void)close(fd);
		if (connected)
			return child;
		(void)usleep(50000);
	}
	fail_msg("openssl s_server does not listen");
	return -1;
}

static void stop_tls(pid_t child)
{
	(void)kill(child, SIGKILL);
	(void)waitpid(child, NULL, 0);
}

static void remove_folder(const char *folder)
{
	char command[200];

	(void)snprintf(command, sizeof(command), "rm -r %s", folder);
	assert_int_equal(system(command), 0);
}

TEST(a_certificate_is_believed_only_from_the_given_ca)
{
	struct http *http = http_new();
	char folder[100], url[100], cert[120];
	struct http_request request = {.method = "GET", .url = url, .timeout = 5000};
	int port = server_closed_port();
	struct outcome outcome;
	pid_t child;

	make_certificate(folder);
	if (!*folder)
		skip();
	child = start_tls(folder, port, "-verify_depth");
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	(void)snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
	outcome = exchange(http, &request);
	assert_int_equal(outcome.failure, HTTP_NOT_SENT);
	assert_true(outcome.tls_refused);
	request.tls.ca_file = cert;
	outcome = exchange(http, &request);
	assert_int_equal(outcome.failure, HTTP_ANSWERED);
	assert_int_equal(outcome.status, 200);
	/* the name counts: the certificate is for the address */
	(void)snprintf(url, sizeof(url), "https://localhost:%d/", port);
	outcome = exchange(http, &request);
	assert_int_equal(outcome.failure, HTTP_NOT_SENT);
	assert_true(outcome.tls_refused);
	stop_tls(child);
	remove_folder(folder);
	http_free(http);
}

TEST(a_server_that_refuses_our_certificate_was_sent_nothing)
{
	struct http *http = http_new();
	char folder[100], url[100], cert[120], key[120];
	struct http_request request = {.method = "POST", .url = url, .timeout = 5000, .once = 1, .tls.ca_file = cert};
	int port = server_closed_port();
	struct outcome outcome;
	pid_t child;

	make_certificate(folder);
	if (!*folder)
		skip();
	child = start_tls(folder, port, "-Verify");
	(void)snprintf(url, sizeof(url), "https://127.0.0.1:%d/", port);
	(void)snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
	(void)snprintf(key, sizeof(key), "%s/key.pem", folder);
	outcome = exchange(http, &request);
	assert_int_equal(outcome.failure, HTTP_NOT_SENT);
	assert_true(outcome.tls_refused);
	request.method = "GET"; /* all that s_server answers */
	request.tls.client_cert = cert;
	request.tls.client_key = key;
	outcome = exchange(http, &request);
	assert_int_equal(outcome.status, 200);
	stop_tls(child);
	remove_folder(folder);
	http_free(http);
}

TESTS(cmocka_unit_test(an_answer_comes_whole_with_its_status_and_type),
      cmocka_unit_test(a_request_carries_what_was_asked_and_no_more),
      cmocka_unit_test(an_answer_over_the_limit_is_an_error),
      cmocka_unit_test(the_limit_holds_to_the_byte_and_for_what_was_unpacked),
      cmocka_unit_test(headers_have_a_limit_too),
      cmocka_unit_test(a_sent_request_without_a_whole_answer_has_an_unknown_outcome),
      cmocka_unit_test(what_comes_before_and_behind_an_answer_makes_it_no_less_whole),
      cmocka_unit_test(a_folded_line_that_continues_no_header_is_no_answer_and_does_no_harm),
      cmocka_unit_test(an_answer_that_takes_too_long_is_unknown),
      cmocka_unit_test(a_request_that_finds_nobody_was_not_sent),
      cmocka_unit_test(a_server_that_speaks_no_tls_was_sent_nothing),
      cmocka_unit_test(retry_after_is_understood_as_seconds_and_as_date), cmocka_unit_test(a_redirect_is_not_followed),
      cmocka_unit_test(a_request_that_goes_once_is_never_sent_again),
      cmocka_unit_test(a_request_that_goes_once_uses_no_connection_that_was_idle_for_long),
      cmocka_unit_test(a_cancelled_exchange_calls_back_at_once),
      cmocka_unit_test(a_turn_waits_on_the_callers_descriptors_too), cmocka_unit_test(another_thread_can_end_the_wait),
      cmocka_unit_test(link_local_addresses_are_refused_before_a_connection_is_made),
      cmocka_unit_test(many_exchanges_go_on_at_once),
      cmocka_unit_test(a_certificate_is_believed_only_from_the_given_ca),
      cmocka_unit_test(a_server_that_refuses_our_certificate_was_sent_nothing))
