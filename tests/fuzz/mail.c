/* mail.c: what gets into the header of a mail. The input is a JSON object: sender, receiver, email and context as the
 * unit SendEmailTask reads them, and "file" and "type" of an attachment. Each text is tried as the unit checks it, and
 * as a plugin without checks would hand it over. A header that is made holds no line that was not meant, and says what
 * was given when it is read by RFC 2047 and 2231. */
#include "fields.h"
#include "http/mail_text.h"
#include "shop.h"

#include "http/mail.h"
#include <openssl/evp.h>

/* ---- reading a header ---- */

/* Only printable ASCII, and every line but the first begins with a space; no line is longer than SMTP takes. */
static void holds_header(const char *header)
{
	size_t column = 0;

	for (const char *c = header; *c; c++, column++) {
		if (*c == '\r') {
			HOLDS(c[1] == '\n' && c[2] == ' ' && c[3] && c[3] != '\r', "a line that was not meant: %s",
			      header);
			c++;
			column = 0;
			continue;
		}
		HOLDS((unsigned char)*c >= 0x20 && (unsigned char)*c < 0x7f, "byte %d: %s", (unsigned char)*c, header);
		HOLDS(column < 998, "a line of over 998 bytes: %s", header);
	}
}

/* Without the CRLF of folded lines. Owned. */
static char *unfold(const char *header)
{
	struct text out = {0};

	for (const char *c = header; *c; c++)
		if (*c != '\r' && *c != '\n')
			text_add_bytes(&out, c, 1);
	return text_take(&out);
}

/* Encoded words made into their text; the space between two of them does not count. Owned. */
static char *decode_words(const char *words)
{
	static const char start[] = "=?UTF-8?B?";
	struct text out = {0};

	while (*words) {
		const char *end = text_starts(words, start) ? strstr(words + strlen(start), "?=") : NULL;
		unsigned char bytes[100];
		size_t length;
		int n;

		if (!end) {
			text_add_bytes(&out, words++, 1);
			continue;
		}
		words += strlen(start);
		length = (size_t)(end - words);
		HOLDS(length <= 64, "an encoded word of over 75 bytes");
		n = EVP_DecodeBlock(bytes, (const unsigned char *)words, (int)length);
		HOLDS(n >= 0, "an encoded word that is no base64");
		n -= length > 0 && end[-1] == '=';
		n -= length > 1 && end[-2] == '=';
		HOLDS(text_is_utf8((const char *)bytes, (size_t)n), "an encoded word that cuts a character");
		text_add_bytes(&out, bytes, (size_t)n);
		words = end + 2;
		if (text_starts(words, " =?UTF-8?B?"))
			words++;
	}
	return text_take(&out);
}

static char *decode_percent(const char *text)
{
	struct text out = {0};
	unsigned byte;
	char one;

	for (; *text; text++) {
		if (*text == '%' && sscanf(text + 1, "%2x", &byte) == 1) {
			one = (char)byte;
			text += 2;
		} else {
			one = *text;
		}
		text_add_bytes(&out, &one, 1);
	}
	return text_take(&out);
}

/* ---- making one ---- */

static void check_subject(const char *subject)
{
	char *header = mail_text_subject(subject), *line = unfold(header), *read;

	holds_header(header);
	HOLDS(text_starts(line, "Subject:") && (!*subject || line[8] == ' '), "%s", line);
	read = decode_words(*subject ? line + 9 : line + 8);
	HOLDS(strcmp(read, subject) == 0, "\"%s\" is read as \"%s\"", subject, read);
	free(read);
	free(line);
	free(header);
}

static void check_addresses(const char *const *to)
{
	char *header = mail_text_addresses("To", to), *line = unfold(header);
	const char *at = line + 3;

	holds_header(header);
	for (; *to; to++) {
		HOLDS(*at == ' ' && text_starts(at + 1, *to), "%s", line);
		at += 1 + strlen(*to);
		at += to[1] ? 1 : 0;
	}
	HOLDS(!*at, "one address too many: %s", line);
	free(line);
	free(header);
}

static void check_file_name(const char *name)
{
	static const char plain[] = "Content-Disposition: attachment; filename=\"";
	static const char coded[] = "Content-Disposition: attachment; filename*=UTF-8''";
	char *header = mail_text_disposition("attachment", name), *line = unfold(header), *read;

	holds_header(header);
	if (text_starts(line, plain)) {
		HOLDS(strlen(line) == strlen(plain) + strlen(name) + 1 && text_starts(line + strlen(plain), name) &&
			      line[strlen(line) - 1] == '"' && !strpbrk(name, "\"\\"),
		      "%s", line);
	} else {
		HOLDS(text_starts(line, coded) && !strpbrk(line + strlen(coded), " ;\""), "%s", line);
		read = decode_percent(line + strlen(coded));
		HOLDS(strcmp(read, name) == 0, "\"%s\" is read as \"%s\"", name, read);
		free(read);
	}
	free(line);
	free(header);
}

static void check_lines(const char *text)
{
	char *lines = mail_text_lines(text), *again = mail_text_lines(lines);

	HOLDS(strcmp(lines, again) == 0, "other lines the second time");
	for (const char *c = lines; *c; c++)
		HOLDS((*c == '\r') == (c[1] == '\n') || c[1] == '\0', "half an end of line");
	HOLDS(*lines != '\n', "half an end of line");
	free(again);
	free(lines);
}

/* Is either refused, or every header of it is in order. */
static int check_mail(const struct bptl_mail *mail)
{
	const struct service service = {.name = (char[]){"post"}, .from = (char[]){"bptl@gemeente.example"}};
	struct error error = {0};

	if (mail_text_check(&service, mail, "task.1@host", &error)) {
		holds_message(error.text);
		return -1;
	}
	check_subject(mail->subject);
	check_addresses(mail->to);
	if (mail->reply_to)
		check_addresses((const char *const[]){mail->reply_to, NULL});
	check_lines(mail->text);
	for (size_t i = 0; i < mail->attachment_count; i++) {
		for (const char *c = mail->attachments[i].type; *c; c++)
			HOLDS(*c >= 0x20 && *c < 0x7f, "%s", mail->attachments[i].type);
		if (mail->attachments[i].name)
			check_file_name(mail->attachments[i].name);
	}
	return 0;
}

/* ---- from variables ---- */

static const struct bptl_variable in[] = {{"sender", BPTL_OBJECT, BPTL_REQUIRED, "", NULL},
					  {"receiver", BPTL_OBJECT, BPTL_REQUIRED, "", NULL},
					  {"email", BPTL_OBJECT, BPTL_REQUIRED, "", NULL},
					  {"context", BPTL_OBJECT, BPTL_PRESENT, "", NULL},
					  {NULL, BPTL_ANY, 0, NULL, NULL}};

static void check_values(const char *const values[FIELD_COUNT])
{
	static const enum field lines[] = {FIELD_SENDER_NAME,    FIELD_SENDER_EMAIL,    FIELD_RECEIVER_NAME,
					   FIELD_RECEIVER_EMAIL, FIELD_SUBJECT,         FIELD_ZAAK_IDENTIFICATIE,
					   FIELD_DO_REVIEW_URL,  FIELD_ZAAK_DETAIL_URL, FIELD_DEADLINE};
	static const enum field links[] = {FIELD_DO_REVIEW_LINK, FIELD_ZAAK_DETAIL_LINK};
	struct error error;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		for (const char *c = values[lines[i]]; c && *c; c++)
			HOLDS((unsigned char)*c >= 0x20 && *c != 0x7f, "%s: %s", field_names[lines[i]],
			      values[lines[i]]);
	for (size_t i = 0; i < 2; i++)
		if (values[links[i]])
			HOLDS((strncasecmp(values[links[i]], "http://", 7) == 0 ||
			       strncasecmp(values[links[i]], "https://", 8) == 0) &&
				      !strpbrk(values[links[i]], " <>\"\\\r\n"),
			      "a link to %s", values[links[i]]);
	HOLDS(mail_check_address(values[FIELD_RECEIVER_EMAIL], &error) == 0, "%s", error.text);
	HOLDS(mail_check_address(values[FIELD_SENDER_EMAIL], &error) == 0, "%s", error.text);
	HOLDS(!values[FIELD_DEADLINE] || strlen(values[FIELD_DEADLINE]) == 10, "%s", values[FIELD_DEADLINE]);
}

/* As the unit does it. */
static void check_unit(const json_t *input)
{
	const char *values[FIELD_COUNT], *to[2] = {NULL, NULL}, *name;
	struct bptl_mail mail = {.what = "send", .to = to, .text = "t"};
	json_t *variables = mem_json(json_object()), *value;
	struct shop shop;

	json_object_foreach ((json_t *)input, name, value)
		(void)json_object_set_new(variables, name,
					  mem_json(json_pack("{s:s, s:O}", "type", "Json", "value", value)));
	shop_open(&shop, in, variables);
	if (variables_check(shop.task) == 0 && fields_read(&shop.task->handle, values) == 0) {
		check_values(values);
		to[0] = values[FIELD_RECEIVER_EMAIL];
		mail.reply_to = values[FIELD_SENDER_EMAIL];
		mail.subject = values[FIELD_SUBJECT];
		HOLDS(check_mail(&mail) == 0 || strlen(mail.subject) > MAIL_SUBJECT_LIMIT,
		      "the unit's mail cannot be made");
	} else {
		HOLDS(shop.task->outcome == OUTCOME_FAILED, "it failed without a word");
	}
	shop_close(&shop);
}

static const char *text_of(const json_t *input, const char *object, const char *member)
{
	const char *text = json_get_text(json_object_get(input, object), member);

	return text ? text : "";
}

/* As a plugin that checks nothing does it. */
static void check_raw(const json_t *input)
{
	const char *to[] = {text_of(input, "receiver", "email"), text_of(input, "receiver", "cc"), NULL};
	const struct bptl_attachment file = {
		.name = json_get_text(input, "file"), .type = json_get_text(input, "type"), .data = "d", .size = 1};
	struct bptl_mail mail = {.what = "send",
				 .to = to,
				 .subject = text_of(input, "email", "subject"),
				 .text = text_of(input, "email", "content"),
				 .attachments = &file,
				 .attachment_count = file.type != NULL};

	(void)check_mail(&mail);
	to[1] = NULL;
	(void)check_mail(&mail);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = mem_slice(size ? (const char *)data : "", size), reason[160];
	json_t *input = json_read(bytes, size, reason);

	if (json_is_object(input)) {
		char *date = mail_text_date(json_get_integer(input, "date", 0));

		holds_header(date);
		free(date);
		check_unit(input);
		check_raw(input);
	}
	json_decref(input);
	free(bytes);
	return 0;
}
