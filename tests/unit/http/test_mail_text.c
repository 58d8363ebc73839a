/* test_mail_text.c: what a mail may hold before any server is asked, and how its header lines are written. */
#include "check.h"

#include <stdlib.h>

#include "base/memory.h"
#include "http/mail_text.h"

static const char *const receivers[] = {"a@gemeente.example", NULL};

/* Refused with this reason, or taken when it is NULL. */
static void check(const struct service *service, const struct bptl_mail *mail, const char *id, const char *why)
{
	struct error error = {0};
	int code = mail_text_check(service, mail, id, &error);

	if (why && code == 0)
		fail_msg("taken, but expected: %s", why);
	if (!why && code != 0)
		fail_msg("refused: %s", error.text);
	if (why)
		assert_contains(error.text, why);
}

static struct bptl_mail usual(void)
{
	return (struct bptl_mail){.what = "write", .to = receivers, .subject = "s", .text = "t"};
}

static const struct service post = {.name = (char *)"post", .from = (char *)"zaken@gemeente.example"};

TEST(the_sender_of_the_service_is_checked_as_the_receivers_are)
{
	const struct service none = {.name = (char *)"post"}, wrong = {.name = (char *)"post", .from = (char *)"zaken"};
	struct bptl_mail mail = usual();

	check(&post, &mail, "id@x", NULL);
	check(&none, &mail, "id@x", "service post has no sender: set its key \"from\"");
	check(&wrong, &mail, "id@x", "from of service post: ");
	mail.to = NULL;
	check(&post, &mail, "id@x", "the mail has no receiver");
}

TEST(a_message_id_is_one_word_of_plain_characters)
{
	static const char *const bad[] = {"a b@x", "a<b@x", "a>b@x", "a\nb@x", "a\x7f@x", "caf\xc3\xa9@x"};
	const struct bptl_mail mail = usual();
	char *longest = mem_new(402, 1);

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		check(&post, &mail, bad[i], "the Message-ID of the mail holds a space, an angle bracket");
	check(&post, &mail, "", "the Message-ID of the mail is empty or longer than 400 bytes");
	memset(longest, 'a', 400);
	check(&post, &mail, longest, NULL);
	longest[400] = 'a';
	check(&post, &mail, longest, "the Message-ID of the mail is empty or longer than 400 bytes");
	free(longest);
}

TEST(a_subject_or_a_file_name_is_no_longer_than_a_header_may_be)
{
	struct bptl_mail mail = usual();
	struct bptl_attachment file = {.type = "text/plain"};
	char *longest = mem_new(MAIL_SUBJECT_LIMIT + 2, 1);

	memset(longest, 'a', MAIL_SUBJECT_LIMIT);
	mail.subject = longest;
	check(&post, &mail, "id@x", NULL);
	longest[MAIL_SUBJECT_LIMIT] = 'a';
	check(&post, &mail, "id@x", "the subject of the mail is longer than 2000 bytes");
	mail = usual();
	mail.attachments = &file;
	mail.attachment_count = 1;
	file.name = longest + MAIL_SUBJECT_LIMIT + 1 - MAIL_NAME_LIMIT;
	check(&post, &mail, "id@x", NULL);
	file.name--;
	check(&post, &mail, "id@x", "attachment 1: the attachment name of the mail is longer than 240 bytes");
	free(longest);
}

TEST(an_attachment_has_a_mime_type_and_a_place_in_the_mail)
{
	static const struct {
		const char *type, *why;
	} rows[] = {
		{"application/pdf", NULL},
		{"text/plain; charset=utf-8", NULL},
		{NULL, "attachment 2: an attachment of the mail has no MIME type such as application/pdf"},
		{"pdf", "no MIME type"},
		{"/pdf", "no MIME type"},
		{"application/", "no MIME type"},
		{"application/;x=y", "no MIME type"},
		{"text/pl\x7f", "a control or non-ASCII character"},
		{"text/caf\xc3\xa9", "a control or non-ASCII character"},
	};
	struct bptl_attachment files[2] = {{.type = "text/plain"}, {0}};
	struct bptl_mail mail = usual();
	char *longest = mem_new(202, 1);

	mail.attachments = files;
	mail.attachment_count = 2;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		files[1].type = rows[i].type;
		check(&post, &mail, "id@x", rows[i].why);
	}
	memset(longest, 'a', 201);
	longest[4] = '/';
	files[1].type = longest;
	check(&post, &mail, "id@x", "no MIME type");
	free(longest);
	files[1] = (struct bptl_attachment){.type = "image/png", .content_id = "logo@x"};
	check(&post, &mail, "id@x", "attachment 2: the mail has a part with a Content-ID but no HTML part");
	mail.html = "<img src=\"cid:logo@x\">";
	check(&post, &mail, "id@x", NULL);
	files[1].content_id = "";
	check(&post, &mail, "id@x", "attachment 2: the Content-ID of the mail is empty");
}

TEST(a_text_that_is_no_utf8_is_refused)
{
	struct bptl_mail mail = usual();

	mail.text = "caf\xe9";
	check(&post, &mail, "id@x", "the text of the mail is not valid UTF-8");
	mail.text = "caf\xc3\xa9";
	check(&post, &mail, "id@x", NULL);
}

/* ---- lines ---- */

static void subject_is(const char *subject, const char *line)
{
	char *made = mail_text_subject(subject);

	assert_string_equal(made, line);
	free(made);
}

TEST(a_subject_that_folding_would_change_is_encoded)
{
	char word[102] = {0}, *plain;

	subject_is("Uw aanvraag", "Subject: Uw aanvraag");
	subject_is("", "Subject:");
	subject_is(" a", "Subject: =?UTF-8?B?IGE=?=");
	subject_is("a ", "Subject: =?UTF-8?B?YSA=?=");
	subject_is("a  b", "Subject: =?UTF-8?B?YSAgYg==?=");
	subject_is("=?x", "Subject: =?UTF-8?B?PT94?=");
	subject_is("caf\xc3\xa9", "Subject: =?UTF-8?B?Y2Fmw6k=?=");
	memset(word, 'a', 100); /* one word that no line has room for */
	plain = mail_text_subject(word);
	assert_contains(plain, "Subject: =?UTF-8?B?");
	assert_contains(plain, "\r\n =?UTF-8?B?");
	free(plain);
}

TEST(a_file_name_goes_quoted_or_percent_encoded)
{
	static const struct {
		const char *name, *line;
	} rows[] = {
		{NULL, "Content-Disposition: attachment"},
		{"brief.pdf", "Content-Disposition: attachment;\r\n filename=\"brief.pdf\""},
		{"een brief.pdf", "Content-Disposition: attachment;\r\n filename=\"een brief.pdf\""},
		{"a\"b", "Content-Disposition: attachment;\r\n filename*=UTF-8''a%22b"},
		{"a\\b", "Content-Disposition: attachment;\r\n filename*=UTF-8''a%5Cb"},
		{"caf\xc3\xa9", "Content-Disposition: attachment;\r\n filename*=UTF-8''caf%C3%A9"},
	};
	char name[102] = {0}, *made;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		made = mail_text_disposition("attachment", rows[i].name);
		assert_string_equal(made, rows[i].line);
		free(made);
	}
	memset(name, 'a', 100);
	made = mail_text_disposition("attachment", name);
	assert_contains(made, "filename*=UTF-8''aaa");
	free(made);
}

TEST(addresses_fold_between_each_other)
{
	static const char *const many[] = {"eerste.ontvanger@gemeente.example", "tweede.ontvanger@gemeente.example",
					   "derde@gemeente.example", NULL};
	static const char *const none[] = {NULL};
	char *line = mail_text_addresses("To", many);

	assert_string_equal(line, "To: eerste.ontvanger@gemeente.example, tweede.ontvanger@gemeente.example,\r\n"
				  " derde@gemeente.example");
	free(line);
	line = mail_text_addresses("To", none);
	assert_string_equal(line, "To:");
	free(line);
}

TEST(a_date_is_written_in_english_and_utc)
{
	char *line = mail_text_date(INT64_C(1768554753123456));

	assert_string_equal(line, "Date: Fri, 16 Jan 2026 09:12:33 +0000");
	free(line);
}

TEST(every_end_of_line_becomes_crlf)
{
	static const struct {
		const char *text, *lines;
	} rows[] = {{"", ""}, {"a", "a"}, {"a\nb", "a\r\nb"}, {"a\r\nb\r", "a\r\nb\r\n"}, {"\r\r\n\n", "\r\n\r\n\r\n"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char *made = mail_text_lines(rows[i].text);

		assert_string_equal(made ? made : "", rows[i].lines);
		free(made);
	}
}

TESTS(cmocka_unit_test(the_sender_of_the_service_is_checked_as_the_receivers_are),
      cmocka_unit_test(a_message_id_is_one_word_of_plain_characters),
      cmocka_unit_test(a_subject_or_a_file_name_is_no_longer_than_a_header_may_be),
      cmocka_unit_test(an_attachment_has_a_mime_type_and_a_place_in_the_mail),
      cmocka_unit_test(a_text_that_is_no_utf8_is_refused),
      cmocka_unit_test(a_subject_that_folding_would_change_is_encoded),
      cmocka_unit_test(a_file_name_goes_quoted_or_percent_encoded), cmocka_unit_test(addresses_fold_between_each_other),
      cmocka_unit_test(a_date_is_written_in_english_and_utc), cmocka_unit_test(every_end_of_line_becomes_crlf))
