/* mail_text.c: see mail_text.h. */
#include "http/mail_text.h"

#include <openssl/evp.h>
#include <string.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"
#include "http/mail.h"

#define ADDRESS_LIMIT 254 /* RFC 5321, 4.5.3.1.3 without the angle brackets */
#define WORD_LIMIT 60     /* a longer ASCII word cannot be folded: it is encoded */
#define ENCODED_FRAME 12  /* =?UTF-8?B? and ?= */

static int is_control(unsigned char c)
{
	return c < 0x20 || c == 0x7f;
}

static int check_line(const char *what, const char *text, size_t limit, struct error *error)
{
	for (const char *at = text; *at; at++)
		if (is_control((unsigned char)*at))
			return error_set(error,
					 "the %s of the mail holds a control character (code %d): it would break the "
					 "mail's header",
					 what, (unsigned char)*at);
	if (!text_is_utf8(text, strlen(text)))
		return error_set(error, "the %s of the mail is not valid UTF-8", what);
	if (strlen(text) > limit)
		return error_set(error, "the %s of the mail is longer than %zu bytes", what, limit);
	return 0;
}

static int check_type(const char *type, struct error *error)
{
	const char *slash = type ? strchr(type, '/') : NULL;

	if (!slash || slash == type || !slash[1] || slash[1] == ';' || strlen(type) > 200)
		return error_set(error, "an attachment of the mail has no MIME type such as application/pdf");
	for (const char *at = type; *at; at++)
		if (is_control((unsigned char)*at) || (unsigned char)*at >= 0x80)
			return error_set(error,
					 "the MIME type of an attachment holds a control or non-ASCII character");
	return 0;
}

static int check_id(const char *what, const char *id, struct error *error)
{
	if (!*id || strlen(id) > 400)
		return error_set(error, "the %s of the mail is empty or longer than 400 bytes", what);
	for (const char *at = id; *at; at++)
		if ((unsigned char)*at <= ' ' || (unsigned char)*at >= 0x7f || *at == '<' || *at == '>')
			return error_set(
				error,
				"the %s of the mail holds a space, an angle bracket or another forbidden character",
				what);
	return 0;
}

/* No quoted local parts: nobody has one, and they are how addresses are smuggled into each other. */
static int is_address_character(unsigned char c)
{
	return c > ' ' && c < 0x7f && !strchr("\"(),:;<>[\\]", c);
}

int mail_check_address(const char *address, struct error *error)
{
	const char *at = strchr(address, '@');
	size_t length = strlen(address);

	if (length == 0)
		return error_set(error, "the mail address is empty");
	if (length > ADDRESS_LIMIT)
		return error_set(error, "the mail address is longer than %d bytes", ADDRESS_LIMIT);
	if (!at || at == address || !at[1] || strchr(at + 1, '@'))
		return error_set(error, "the mail address must have one @ with text on both sides");
	for (const char *c = address; *c; c++) {
		if ((unsigned char)*c >= 0x80)
			return error_set(
				error,
				"the mail address has a letter outside ASCII: write the domain as xn--..., other "
				"letters cannot be delivered everywhere");
		if (!is_address_character((unsigned char)*c))
			return error_set(error,
					 "the mail address holds a space, comma, bracket, quote or control character");
	}
	return 0;
}

static int check_addresses(const struct service *service, const struct bptl_mail *mail, struct error *error)
{
	if (!service->from)
		return error_set(error, "service %s has no sender: set its key \"from\"", service->name);
	if (mail_check_address(service->from, error))
		return error_prefix(error, "from of service %s: ", service->name);
	if (!mail->to || !*mail->to)
		return error_set(error, "the mail has no receiver");
	for (const char *const *to = mail->to; *to; to++)
		if (mail_check_address(*to, error))
			return error_prefix(error, "receiver %d: ", (int)(to - mail->to) + 1);
	if (mail->reply_to && mail_check_address(mail->reply_to, error))
		return error_prefix(error, "reply-to: ");
	return 0;
}

static int check_attachment(const struct bptl_attachment *attachment, const struct bptl_mail *mail, struct error *error)
{
	if (check_type(attachment->type, error))
		return -1;
	if (attachment->name && check_line("attachment name", attachment->name, MAIL_NAME_LIMIT, error))
		return -1;
	if (attachment->content_id && check_id("Content-ID", attachment->content_id, error))
		return -1;
	if (attachment->content_id && !mail->html)
		return error_set(error, "the mail has a part with a Content-ID but no HTML part that could show it");
	return 0;
}

int mail_text_check(const struct service *service, const struct bptl_mail *mail, const char *message_id,
		    struct error *error)
{
	if (check_addresses(service, mail, error))
		return -1;
	if (!mail->subject || !mail->text)
		return error_set(error, "the mail has no %s", mail->subject ? "text" : "subject");
	if (check_line("subject", mail->subject, MAIL_SUBJECT_LIMIT, error) ||
	    check_id("Message-ID", message_id, error))
		return -1;
	if (!text_is_utf8(mail->text, strlen(mail->text)) ||
	    (mail->html && !text_is_utf8(mail->html, strlen(mail->html))))
		return error_set(error, "the text of the mail is not valid UTF-8");
	for (size_t i = 0; i < mail->attachment_count; i++)
		if (check_attachment(&mail->attachments[i], mail, error))
			return error_prefix(error, "attachment %zu: ", i + 1);
	return 0;
}

/* A subject that needs no encoding: printable ASCII that survives folding and is not taken for an encoded word. */
static int is_plain(const char *subject)
{
	size_t word = 0;

	if (*subject == ' ' || strstr(subject, "=?") || strstr(subject, "  "))
		return 0;
	for (const char *at = subject; *at; at++) {
		if ((unsigned char)*at >= 0x7f || is_control((unsigned char)*at))
			return 0;
		word = *at == ' ' ? 0 : word + 1;
		if (word > WORD_LIMIT || (*at == ' ' && !at[1]))
			return 0;
	}
	return 1;
}

/* Adds words separated by spaces, in lines of MAIL_LINE columns at most where a space allows it. */
static void add_folded(struct text *out, const char *words)
{
	size_t column = out->length;

	while (*words) {
		size_t length = strcspn(words, " ");

		if (column + 1 + length > MAIL_LINE) {
			text_add(out, "\r\n");
			column = 0;
		}
		text_add(out, " ");
		text_add_bytes(out, words, length);
		column += 1 + length;
		words += length;
		words += *words == ' ';
	}
}

/* Adds encoded words, each on a line of its own; none of them cuts a character. */
static void add_encoded(struct text *out, const char *words)
{
	size_t column = out->length + 1;

	while (*words) {
		size_t room = (MAIL_LINE - column - ENCODED_FRAME) / 4 * 3;
		size_t length = text_cut(words, room);
		unsigned char base64[MAIL_LINE + 1];

		(void)EVP_EncodeBlock(base64, (const unsigned char *)words, (int)length);
		text_add_format(out, " =?UTF-8?B?%s?=", (const char *)base64);
		words += length;
		if (*words)
			text_add(out, "\r\n");
		column = 1;
	}
}

char *mail_text_subject(const char *subject)
{
	struct text out = {0};

	text_add(&out, "Subject:");
	if (is_plain(subject))
		add_folded(&out, subject);
	else
		add_encoded(&out, subject);
	return text_take(&out);
}

char *mail_text_addresses(const char *header, const char *const *addresses)
{
	struct text list = {0};
	struct text out = {0};

	for (const char *const *at = addresses; *at; at++)
		text_add_format(&list, "%s%s", *at, at[1] ? ", " : "");
	text_add_format(&out, "%s:", header);
	add_folded(&out, list.data ? list.data : "");
	text_free(&list);
	return text_take(&out);
}

char *mail_text_date(int64_t wall)
{
	/* strftime() would use the names of the locale */
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t seconds = (time_t)(wall / 1000000);
	struct tm tm;

	(void)gmtime_r(&seconds, &tm);
	return mem_format("Date: %.3s, %02d %.3s %04d %02d:%02d:%02d +0000", days + 3L * tm.tm_wday, tm.tm_mday,
			  months + 3L * tm.tm_mon, tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* May stand in a quoted string as it is. */
static int is_plain_name(const char *name)
{
	if (strlen(name) > WORD_LIMIT)
		return 0;
	for (; *name; name++)
		if ((unsigned char)*name >= 0x7f || *name == '"' || *name == '\\')
			return 0;
	return 1;
}

/* The value of filename*, RFC 2231: percent-encoded UTF-8. */
static void add_percent(struct text *out, const char *name)
{
	static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *name; name++) {
		if (strchr(safe, *name))
			text_add_bytes(out, name, 1);
		else
			text_add_format(out, "%%%02X", (unsigned char)*name);
	}
}

char *mail_text_disposition(const char *kind, const char *name)
{
	struct text out = {0};

	text_add_format(&out, "Content-Disposition: %s", kind);
	if (name && is_plain_name(name)) {
		text_add_format(&out, ";\r\n filename=\"%s\"", name);
	} else if (name) {
		text_add(&out, ";\r\n filename*=UTF-8''");
		add_percent(&out, name);
	}
	return text_take(&out);
}

char *mail_text_lines(const char *text)
{
	struct text out = {0};

	while (*text) {
		size_t length = strcspn(text, "\r\n");

		text_add_bytes(&out, text, length);
		text += length;
		if (!*text)
			break;
		text_add(&out, "\r\n");
		text += text[0] == '\r' && text[1] == '\n' ? 2 : 1;
	}
	return text_take(&out);
}
