/* test_mail.c: mails as a server gets them, and what becomes of its answers. The server is a child of the test: it
 * plays a script for one connection and hands over everything that it was told. Long, because every test needs that
 * server. */
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/mail.h"

/* What the server says; NULL: it closes the connection instead. */
struct script {
	const char *greeting, *ehlo, *auth, *mail, *rcpt, *data, *end;
	int cut_after;    /* closes after so many bytes of the text; 0: never */
	int silent;       /* says nothing at the end, and keeps the connection */
	const char *part; /* says this at the end, without the end of a line, a while before it closes the connection */
};

static const struct script friendly = {.greeting = "220 test",
				       .ehlo = "250-test\r\n250 AUTH PLAIN",
				       .auth = "235 fine",
				       .mail = "250 fine",
				       .rcpt = "250 fine",
				       .data = "354 go on",
				       .end = "250 taken"};

/* A test's world. */
struct world {
	struct service service;
	pid_t server;
	int heard; /* pipe with what the server was told */
	struct mail_answer answer;
	char *text; /* what the server was told */
};

/* ---- the server -------------------------------------------------------------------------------------------------- */

static void say(int fd, const char *line)
{
	char *out;

	if (!line)
		_exit(0);
	out = mem_format("%s\r\n", line);
	if (write(fd, out, strlen(out)) < 0)
		_exit(1);
	free(out);
}

/* Reads up to the end of a line (or of the text of a mail) into `line`. */
static void listen_to(int fd, int pipe, struct text *line, const char *end, int cut_after)
{
	char c;

	text_drop(line, line->length);
	while (!line->data || line->length < strlen(end) || strcmp(line->data + line->length - strlen(end), end) != 0) {
		if (read(fd, &c, 1) != 1 || write(pipe, &c, 1) != 1)
			_exit(0);
		text_add_bytes(line, &c, 1);
		if (cut_after && line->length >= (size_t)cut_after)
			_exit(0);
	}
}

static void play(int fd, int pipe, const struct script *script)
{
	struct text line = {0};

	say(fd, script->greeting);
	for (;;) {
		listen_to(fd, pipe, &line, "\r\n", 0);
		if (text_starts(line.data, "EHLO") || text_starts(line.data, "HELO")) {
			say(fd, script->ehlo);
		} else if (text_starts(line.data, "AUTH")) {
			say(fd, script->auth);
		} else if (text_starts(line.data, "MAIL")) {
			say(fd, script->mail);
		} else if (text_starts(line.data, "RCPT")) {
			say(fd, script->rcpt);
		} else if (text_starts(line.data, "DATA")) {
			say(fd, script->data);
			if (script->data[0] != '3')
				continue;
			listen_to(fd, pipe, &line, "\r\n.\r\n", script->cut_after);
			if (script->silent)
				(void)sleep(5);
			if (script->part && write(fd, script->part, strlen(script->part)) > 0) {
				(void)usleep(300000);
				_exit(0);
			}
			say(fd, script->end);
		} else {
			say(fd, "221 bye");
			_exit(0);
		}
	}
}

static void start_server(struct world *world, const struct script *script)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int ends[2];
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	assert_int_equal(pipe(ends), 0);
	world->server = fork();
	if (world->server == 0) {
		(void)alarm(20);
		(void)close(ends[0]);
		play(accept(fd, NULL, NULL), ends[1], script);
	}
	(void)close(fd);
	(void)close(ends[1]);
	world->heard = ends[0];
	free(world->service.root);
	world->service.root = mem_format("smtp://127.0.0.1:%d/", ntohs(address.sin_port));
}

/* ---- the test's side --------------------------------------------------------------------------------------------- */

static void open_world(struct world *world)
{
	*world = (struct world){.heard = -1};
	world->service.name = mem_text("post");
	world->service.type = mem_text("smtp");
	world->service.from = mem_text("bptl@gemeente.example");
	world->service.timeout = 5000;
}

static void close_world(struct world *world)
{
	service_clear(&world->service);
	free(world->text);
}

/* Waits for the server's end, and takes what it was told. */
static void stop_server(struct world *world)
{
	struct text heard = {0};
	char bytes[4096];
	ssize_t n;

	while ((n = read(world->heard, bytes, sizeof(bytes))) > 0)
		text_add_bytes(&heard, bytes, (size_t)n);
	(void)close(world->heard);
	assert_int_equal(waitpid(world->server, NULL, 0), world->server);
	free(world->text);
	world->text = text_take(&heard);
}

/* Sends a mail to a server that plays the script. 16 January 2026, 09:12:33 UTC. */
static void deliver(struct world *world, const struct script *script, const struct bptl_mail *mail)
{
	start_server(world, script);
	mail_deliver(&world->service, mail, "task-1.2@bptl.example", INT64_C(1768554753000000), &world->answer);
	stop_server(world);
}

static const char *const one[] = {"a@example.org", NULL};
static const struct bptl_mail simple = {
	.to = one, .reply_to = "b@example.org", .subject = "Hello", .text = "Line 1\nLine 2"};

/* How often a part occurs in what the server was told. */
static int count_of(const char *text, const char *part)
{
	int count = 0;

	for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
		count++;
	return count;
}

/* The longest line of what the server was told; every one must end with CRLF. */
static size_t longest_line(const char *text)
{
	size_t longest = 0;

	while (*text) {
		const char *end = strchr(text, '\n');

		if (!end)
			break;
		assert_true(end > text && end[-1] == '\r');
		if ((size_t)(end - text) > longest)
			longest = (size_t)(end - text);
		text = end + 1;
	}
	return longest;
}

/* ---- what is sent ------------------------------------------------------------------------------------------------ */

TEST(a_mail_arrives_with_all_its_headers)
{
	static const char *const headers[] = {"MAIL FROM:<bptl@gemeente.example>",
					      "RCPT TO:<a@example.org>\r\n",
					      "\r\nDate: Fri, 16 Jan 2026 09:12:33 +0000\r\n",
					      "\r\nFrom: bptl@gemeente.example\r\n",
					      "\r\nTo: a@example.org\r\n",
					      "\r\nReply-To: b@example.org\r\n",
					      "\r\nSubject: Hello\r\n",
					      "\r\nMessage-ID: <task-1.2@bptl.example>\r\n",
					      "\r\nMIME-Version: 1.0\r\n",
					      "\r\nAuto-Submitted: auto-generated\r\n",
					      "\r\n\r\nLine 1\r\nLine 2\r\n"};
	struct world world;

	open_world(&world);
	deliver(&world, &friendly, &simple);
	assert_int_equal(world.answer.outcome, MAIL_ACCEPTED);
	assert_string_equal(world.answer.error.text, "");
	for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++)
		assert_contains(world.text, headers[i]);
	assert_int_equal(count_of(world.text, "MIME-Version"), 1);
	assert_null(strstr(world.text, "AUTH"));
	close_world(&world);
}

TEST(text_comes_before_html_and_neither_says_that_it_is_an_attachment)
{
	struct bptl_mail mail = simple;
	struct world world;
	const char *alternative, *text, *html;

	mail.html = "<p>Caf\xc3\xa9</p>";
	open_world(&world);
	deliver(&world, &friendly, &mail);
	alternative = strstr(world.text, "\r\nContent-Type: multipart/alternative; boundary=");
	assert_non_null(alternative);
	text = strstr(alternative,
		      "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable");
	assert_non_null(text);
	html = strstr(text,
		      "\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable");
	assert_non_null(html);
	assert_contains(html, "<p>Caf=C3=A9</p>");
	assert_int_equal(count_of(world.text, "multipart/"), 1);
	assert_null(strstr(world.text, "Content-Disposition"));
	close_world(&world);
}

TEST(pictures_are_related_to_the_html_and_attachments_stand_beside_it)
{
	static const struct bptl_attachment files[] = {
		{.name = "rapport \xc3\xa9\xc3\xa9n.csv", .type = "text/csv", .data = "a;b", .size = 3},
		{.type = "image/png", .content_id = "logo", .data = "\x89PNG", .size = 4},
		{.name = "leeg.txt", .type = "text/plain", .data = NULL, .size = 0},
	};
	struct bptl_mail mail = simple;
	struct world world;
	const char *mixed, *related, *alternative, *picture, *file;

	mail.html = "<img src=\"cid:logo\">";
	mail.attachments = files;
	mail.attachment_count = 3;
	open_world(&world);
	deliver(&world, &friendly, &mail);
	assert_int_equal(world.answer.outcome, MAIL_ACCEPTED);
	mixed = strstr(world.text, "Content-Type: multipart/mixed; boundary=");
	assert_non_null(mixed);
	related = strstr(mixed, "Content-Type: multipart/related; type=\"multipart/alternative\"; boundary=");
	assert_non_null(related);
	alternative = strstr(related, "Content-Type: multipart/alternative; boundary=");
	assert_non_null(alternative);
	picture = strstr(alternative, "Content-ID: <logo>");
	assert_non_null(picture);
	assert_contains(alternative, "Content-Disposition: inline\r\n");
	file = strstr(picture, "Content-Disposition: attachment;\r\n filename*=UTF-8''rapport%20%C3%A9%C3%A9n.csv\r\n");
	assert_non_null(file);
	assert_contains(file, "\r\n\r\nYTti\r\n");
	assert_contains(file, "filename=\"leeg.txt\"");
	assert_int_equal(count_of(world.text, "multipart/"), 4);
	close_world(&world);
}

TEST(a_subject_with_accents_becomes_folded_encoded_words)
{
	struct bptl_mail mail = simple;
	struct world world;
	const char *subject;

	mail.subject =
		"Uw aanvraag over de kappers\xc3\xa9 en de caf\xc3\xa9s van de gemeente is afgehandeld, kijk voor meer "
		"informatie \xe2\x82\xac 5 in de bijlage";
	open_world(&world);
	deliver(&world, &friendly, &mail);
	subject = strstr(world.text, "\r\nSubject: =?UTF-8?B?VXcgYWFudnJhYWcgb3ZlciBkZSBrYXBwZXJz");
	assert_non_null(subject);
	assert_true(count_of(subject, "=?UTF-8?B?") >= 3);
	assert_contains(subject, "?=\r\n =?UTF-8?B?");
	assert_true(longest_line(subject) <= 77);
	close_world(&world);
}

TEST(a_subject_that_looks_encoded_is_encoded_so_that_it_is_read_as_written)
{
	struct bptl_mail mail = simple;
	struct world world;

	mail.subject = "=?UTF-8?B?SGk=?=";
	open_world(&world);
	deliver(&world, &friendly, &mail);
	assert_contains(world.text, "\r\nSubject: =?UTF-8?B?PT9VVEYtOD9CP1NHaz0/PQ==?=\r\n");
	close_world(&world);
}

TEST(many_receivers_are_all_named_and_the_header_is_folded)
{
	static const char *const many[] = {"eerste.ontvanger@gemeente.example", "tweede.ontvanger@gemeente.example",
					   "derde.ontvanger@gemeente.example", NULL};
	struct bptl_mail mail = simple;
	struct world world;

	mail.to = many;
	open_world(&world);
	deliver(&world, &friendly, &mail);
	assert_int_equal(count_of(world.text, "RCPT TO:<"), 3);
	assert_contains(world.text, "\r\nTo: eerste.ontvanger@gemeente.example, tweede.ontvanger@gemeente.example,\r\n "
				    "derde.ontvanger@gemeente.example\r\n");
	close_world(&world);
}

TEST(long_lines_and_lone_dots_survive)
{
	struct bptl_mail mail = simple;
	struct world world;
	struct text text = {0};

	text_add(&text, "a\r.\rb\n.\n..c\r\n");
	for (int i = 0; i < 5000; i++)
		text_add(&text, "x");
	text_add(&text, " \nend");
	mail.text = text.data;
	open_world(&world);
	deliver(&world, &friendly, &mail);
	assert_int_equal(world.answer.outcome, MAIL_ACCEPTED);
	assert_contains(world.text, "\r\n\r\na\r\n..\r\nb\r\n..\r\n...c\r\nxxx");
	assert_contains(world.text, "=20\r\nend\r\n");
	assert_true(longest_line(world.text) <= 100);
	text_free(&text);
	close_world(&world);
}

TEST(user_and_password_are_given_when_there_are_any)
{
	struct world world;

	open_world(&world);
	world.service.own.client_id = mem_text("bptl");
	world.service.own.secret = mem_text("s3cret!");
	deliver(&world, &friendly, &simple);
	assert_int_equal(world.answer.outcome, MAIL_ACCEPTED);
	assert_contains(world.text, "AUTH PLAIN AGJwdGwAczNjcmV0IQ==");
	close_world(&world);
}

/* ---- what is refused before anything is sent -----------------------------------------------------------------------
 */

static void assert_refused(const struct bptl_mail *mail, const char *why)
{
	struct world world;

	open_world(&world);
	world.service.root = mem_text("smtp://127.0.0.1:9/");
	mail_deliver(&world.service, mail, "id@x", 0, &world.answer);
	assert_int_equal(world.answer.outcome, MAIL_NOT_MADE);
	assert_int_equal(world.answer.code, 0);
	assert_contains(world.answer.error.text, why);
	close_world(&world);
}

TEST(line_ends_in_a_header_are_refused)
{
	static const char *const to[] = {"a@example.org\r\nBcc: c@example.org", NULL};
	static const struct bptl_attachment named = {.name = "a\r\nX: y", .type = "text/plain"};
	static const struct bptl_attachment typed = {.name = "a", .type = "text/plain\r\nX: y"};
	static const struct bptl_attachment shown = {.content_id = "a>\r\nX: y", .type = "image/png"};
	struct bptl_mail mail;

	mail = simple, mail.subject = "Hello\r\nBcc: c@example.org";
	assert_refused(&mail, "subject");
	mail = simple, mail.subject = "Hello\tthere";
	assert_refused(&mail, "subject");
	mail = simple, mail.to = to;
	assert_refused(&mail, "receiver 1");
	mail = simple, mail.reply_to = "b@example.org\nX: y";
	assert_refused(&mail, "reply-to");
	mail = simple, mail.attachments = &named, mail.attachment_count = 1;
	assert_refused(&mail, "attachment name");
	mail.attachments = &typed;
	assert_refused(&mail, "MIME type");
	mail.attachments = &shown;
	assert_refused(&mail, "Content-ID");
}

TEST(a_mail_that_lacks_something_or_is_no_utf8_is_refused)
{
	static const char *const none[] = {NULL};
	struct bptl_mail mail;

	mail = simple, mail.to = none;
	assert_refused(&mail, "no receiver");
	mail = simple, mail.subject = NULL;
	assert_refused(&mail, "no subject");
	mail = simple, mail.text = NULL;
	assert_refused(&mail, "no text");
	mail = simple, mail.subject = "caf\xe9";
	assert_refused(&mail, "UTF-8");
	mail = simple, mail.html = "caf\xe9";
	assert_refused(&mail, "UTF-8");
}

TEST(addresses_are_checked)
{
	static const char *const good[] = {"a@b", "jan.de-vries+zaak@gemeente.example", "o'neil@x.example"};
	static const char *const bad[] = {
		"",      "a",       "@b",      "a@",    "a@b@c",         "a b@c",   "<a@b>",
		"a@b,c", "a@b\r\n", "\"a\"@b", "a@b;c", "a@[127.0.0.1]", "a@b\x7f", "caf\xc3\xa9@b"};
	struct error error;
	char longest[300];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(mail_check_address(good[i], &error), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(mail_check_address(bad[i], &error), -1);
	memset(longest, 'a', sizeof(longest));
	longest[1] = '@';
	longest[254] = '\0';
	assert_int_equal(mail_check_address(longest, &error), 0);
	longest[254] = 'a';
	longest[255] = '\0';
	assert_int_equal(mail_check_address(longest, &error), -1);
}

/* ---- what the server answers ---------------------------------------------------------------------------------------
 */

static void assert_outcome(const struct script *script, enum mail_outcome outcome, int code, const char *words)
{
	struct world world;

	open_world(&world);
	deliver(&world, script, &simple);
	assert_contains(world.answer.error.text, words);
	assert_int_equal(world.answer.outcome, outcome);
	assert_int_equal(world.answer.code, code);
	assert_contains(world.answer.error.text, "post");
	close_world(&world);
}

TEST(a_refusal_at_any_step_is_for_good_and_quotes_the_server)
{
	struct script script;

	script = friendly, script.greeting = "554 go away";
	assert_outcome(&script, MAIL_REFUSED, 554, "554 go away");
	script = friendly, script.mail = "553-sender\r\n553 unknown";
	assert_outcome(&script, MAIL_REFUSED, 553, "553-sender unknown");
	script = friendly, script.rcpt = "550 no such user";
	assert_outcome(&script, MAIL_REFUSED, 550, "550 no such user");
	script = friendly, script.data = "554 no";
	assert_outcome(&script, MAIL_REFUSED, 554, "554 no");
	script = friendly, script.end = "552 too large";
	assert_outcome(&script, MAIL_REFUSED, 552, "552 too large");
}

TEST(a_server_that_is_not_ready_is_tried_later)
{
	struct script script;

	script = friendly, script.greeting = "421 busy";
	assert_outcome(&script, MAIL_LATER, 421, "421 busy");
	script = friendly, script.rcpt = "450 greylisted";
	assert_outcome(&script, MAIL_LATER, 450, "450 greylisted");
	script = friendly, script.end = "451 local error";
	assert_outcome(&script, MAIL_LATER, 451, "451 local error");
}

TEST(a_connection_lost_before_the_end_of_the_text_sent_nothing)
{
	struct script script;

	script = friendly, script.greeting = NULL;
	assert_outcome(&script, MAIL_LATER, 0, "could not be sent");
	script = friendly, script.mail = NULL;
	assert_outcome(&script, MAIL_LATER, 250, "could not be sent");
}

TEST(a_connection_lost_after_the_text_may_have_sent_it)
{
	struct script script;

	script = friendly, script.end = NULL;
	assert_outcome(&script, MAIL_UNKNOWN, 354, "<task-1.2@bptl.example>");
}

TEST(a_connection_lost_in_the_middle_of_the_last_reply_may_have_sent_it)
{
	static const char *const parts[] = {"25",  "250", "250 tak", "250-taken\r\n250", "this is no reply\r\n",
					    "354", "\xff"};
	struct script script = friendly;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		struct world world;

		script.part = parts[i];
		open_world(&world);
		deliver(&world, &script, &simple);
		assert_int_equal(world.answer.outcome, MAIL_UNKNOWN);
		assert_contains(world.answer.error.text, "<task-1.2@bptl.example>");
		close_world(&world);
	}
}

TEST(a_large_mail_that_breaks_off_half_way_was_not_sent)
{
	struct script script = friendly;
	struct bptl_attachment file = {.name = "groot.bin", .type = "application/octet-stream", .size = 20000000};
	struct bptl_mail mail = simple;
	struct world world;
	char *data = mem_new(file.size, 1);

	file.data = data;
	mail.attachments = &file;
	mail.attachment_count = 1;
	script.cut_after = 30000;
	open_world(&world);
	world.service.timeout = 15000;
	deliver(&world, &script, &mail);
	assert_int_equal(world.answer.outcome, MAIL_LATER);
	close_world(&world);
	free(data);
}

TEST(a_server_that_says_nothing_after_the_text_may_have_sent_it)
{
	struct script script = friendly;
	struct world world;
	int64_t start = clock_boot();

	script.silent = 1;
	open_world(&world);
	world.service.timeout = 1000;
	start_server(&world, &script);
	mail_deliver(&world.service, &simple, "id@x", 0, &world.answer);
	assert_true(clock_boot() - start < 4000);
	assert_int_equal(world.answer.outcome, MAIL_UNKNOWN);
	assert_int_equal(kill(world.server, SIGTERM), 0);
	stop_server(&world);
	close_world(&world);
}

TEST(starttls_that_is_demanded_and_not_offered_ends_it)
{
	struct world world;

	open_world(&world);
	world.service.starttls = 1;
	world.service.own.client_id = mem_text("bptl");
	world.service.own.secret = mem_text("s3cret!");
	deliver(&world, &friendly, &simple);
	assert_int_equal(world.answer.outcome, MAIL_REFUSED);
	assert_contains(world.answer.error.text, "STARTTLS");
	assert_null(strstr(world.text, "AUTH"));
	assert_null(strstr(world.text, "MAIL"));
	close_world(&world);
}

TEST(a_wrong_password_is_refused_and_not_repeated_to_anyone)
{
	struct script script = friendly;
	struct world world;

	script.auth = "535 s3cret! is not the password";
	open_world(&world);
	world.service.own.client_id = mem_text("bptl");
	world.service.own.secret = mem_text("s3cret!");
	deliver(&world, &script, &simple);
	assert_int_equal(world.answer.outcome, MAIL_REFUSED);
	assert_int_equal(world.answer.code, 535);
	assert_null(strstr(world.answer.error.text, "s3cret!"));
	close_world(&world);
}

TEST(what_a_server_says_in_another_encoding_or_without_end_makes_a_message_all_the_same)
{
	struct script script = friendly;
	struct text reply = {0};
	struct world world;

	script.rcpt = "550 caf\xe9 onbekend";
	assert_outcome(&script, MAIL_REFUSED, 550, "550 caf? onbekend");
	for (int i = 0; i < 60; i++)
		text_add_format(&reply, "552-line %d: why this mail cannot be taken, at great length\r\n", i);
	text_add(&reply, "552 the end");
	script = friendly, script.end = reply.data;
	open_world(&world);
	deliver(&world, &script, &simple);
	assert_int_equal(world.answer.outcome, MAIL_REFUSED);
	assert_int_equal(world.answer.code, 552);
	assert_contains(world.answer.error.text, "552-line 0: why this mail cannot be taken, at great length line 1: ");
	assert_null(strchr(world.answer.error.text, '\r'));
	assert_true(strlen(world.answer.error.text) < 1100);
	close_world(&world);
	text_free(&reply);
}

TEST(nobody_listening_means_later)
{
	struct world world;

	open_world(&world);
	world.service.root = mem_text("smtp://127.0.0.1:9/");
	mail_deliver(&world.service, &simple, "id@x", 0, &world.answer);
	assert_int_equal(world.answer.outcome, MAIL_LATER);
	assert_contains(world.answer.error.text, "127.0.0.1");
	close_world(&world);
}

TESTS(cmocka_unit_test(a_mail_arrives_with_all_its_headers),
      cmocka_unit_test(text_comes_before_html_and_neither_says_that_it_is_an_attachment),
      cmocka_unit_test(pictures_are_related_to_the_html_and_attachments_stand_beside_it),
      cmocka_unit_test(a_subject_with_accents_becomes_folded_encoded_words),
      cmocka_unit_test(a_subject_that_looks_encoded_is_encoded_so_that_it_is_read_as_written),
      cmocka_unit_test(many_receivers_are_all_named_and_the_header_is_folded),
      cmocka_unit_test(long_lines_and_lone_dots_survive),
      cmocka_unit_test(user_and_password_are_given_when_there_are_any),
      cmocka_unit_test(line_ends_in_a_header_are_refused),
      cmocka_unit_test(a_mail_that_lacks_something_or_is_no_utf8_is_refused), cmocka_unit_test(addresses_are_checked),
      cmocka_unit_test(a_refusal_at_any_step_is_for_good_and_quotes_the_server),
      cmocka_unit_test(a_server_that_is_not_ready_is_tried_later),
      cmocka_unit_test(a_connection_lost_before_the_end_of_the_text_sent_nothing),
      cmocka_unit_test(a_connection_lost_after_the_text_may_have_sent_it),
      cmocka_unit_test(a_connection_lost_in_the_middle_of_the_last_reply_may_have_sent_it),
      cmocka_unit_test(a_large_mail_that_breaks_off_half_way_was_not_sent),
      cmocka_unit_test(a_server_that_says_nothing_after_the_text_may_have_sent_it),
      cmocka_unit_test(starttls_that_is_demanded_and_not_offered_ends_it),
      cmocka_unit_test(a_wrong_password_is_refused_and_not_repeated_to_anyone),
      cmocka_unit_test(what_a_server_says_in_another_encoding_or_without_end_makes_a_message_all_the_same),
      cmocka_unit_test(nobody_listening_means_later))
