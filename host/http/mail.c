/* mail.c: see mail.h. libcurl speaks SMTP and writes the MIME parts; the header lines come from mail_text.c. A little
 * over 400 lines, because parts, exchange and verdict share struct call.
 *
 * Was the mail sent? A server may only deliver after the lone "." that ends DATA. curl writes it when every part has
 * been read, so an exchange that breaks after the server said 354 (go ahead) and all parts were read may have been
 * delivered, unless it refused in a reply of its own: MAIL_UNKNOWN. In every other case but one (gave_up()) it was not.
 * Each mail has a connection of its own: one that was kept open and dropped by the server meanwhile would blur that
 * line.
 *
 * Why on the calling thread, and not on the loop's multi handle as all HTTP? libcurl 7.88 waits for the reply to the
 * "." without giving the multi handle back: every other exchange stands still for as long as the server thinks (5
 * mails, a server that takes a second: turns of 3 seconds), and a mail that times out meanwhile looks as if its "." had
 * been sent. */
#include "http/mail.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "base/mask.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/mail_text.h"
#include "http/multi.h"

#define CONNECT_TIMEOUT 10000L
#define DEFAULT_TIMEOUT 30000
#define WORDS_LIMIT 600 /* bytes of a server's reply that are kept */

/* A mail on its way. */
struct call {
	CURL *easy;
	curl_mime *mime;
	struct curl_slist *headers, *recipients;
	char *service, *root, *secret, *message_id;
	struct text reply; /* the server's last reply, lines joined */
	int tls;           /* from the start, or demanded with STARTTLS */
	int reply_over;    /* its last line was read */
	int went_ahead;    /* it has said 354; curl forgets that code when a part of the next reply arrives */
	size_t unread;     /* parts that curl has not read to their end */
	char curl_error[CURL_ERROR_SIZE];
};

/* The bytes of one part. */
struct leaf {
	struct call *call;
	char *data;
	size_t size, at;
};

static size_t read_leaf(char *buffer, size_t size, size_t count, void *arg)
{
	struct leaf *leaf = arg;
	size_t n = leaf->size - leaf->at;

	if (n > size * count)
		n = size * count;
	if (n > 0) {
		memcpy(buffer, leaf->data + leaf->at, n);
		leaf->at += n;
		if (leaf->at == leaf->size)
			leaf->call->unread--;
	}
	return n;
}

static int seek_leaf(void *arg, curl_off_t offset, int origin)
{
	struct leaf *leaf = arg;

	if (origin != SEEK_SET || offset < 0 || (size_t)offset > leaf->size)
		return CURL_SEEKFUNC_CANTSEEK;
	if (leaf->size > 0 && leaf->at == leaf->size)
		leaf->call->unread++;
	leaf->at = (size_t)offset;
	if (leaf->size > 0 && leaf->at == leaf->size)
		leaf->call->unread--;
	return CURL_SEEKFUNC_OK;
}

static void free_leaf(void *arg)
{
	struct leaf *leaf = arg;

	free(leaf->data);
	free(leaf);
}

static void call_free(struct call *call)
{
	curl_mime_free(call->mime);
	curl_easy_cleanup(call->easy);
	curl_slist_free_all(call->headers);
	curl_slist_free_all(call->recipients);
	text_free(&call->reply);
	free(call->service);
	free(call->root);
	mem_wipe(call->secret);
	free(call->message_id);
	free(call);
}

/* curl's constructors fail only without memory. */
static void must(CURLcode code)
{
	if (code != CURLE_OK)
		mem_out();
}

/* Appends a line to a list; line stolen. */
static void add_line(struct curl_slist **list, char *line)
{
	struct curl_slist *longer = curl_slist_append(*list, line);

	if (!longer)
		mem_out();
	*list = longer;
	free(line);
}

/* ---- the parts --------------------------------------------------------------------------------------------------- */

static curl_mimepart *add_part(curl_mime *parent, const char *type, const char *encoding)
{
	curl_mimepart *part = curl_mime_addpart(parent);

	if (!part)
		mem_out();
	must(curl_mime_type(part, type));
	if (encoding)
		must(curl_mime_encoder(part, encoding));
	return part;
}

/* Data stolen. */
static void fill_part(struct call *call, curl_mimepart *part, char *data, size_t size)
{
	struct leaf *leaf = mem_new(1, sizeof(*leaf));

	*leaf = (struct leaf){.call = call, .data = data, .size = size};
	call->unread += size > 0;
	must(curl_mime_data_cb(part, (curl_off_t)size, read_leaf, seek_leaf, free_leaf, leaf));
}

static void add_text(struct call *call, curl_mime *parent, const char *type, const char *text)
{
	char *lines = mail_text_lines(text);

	fill_part(call, add_part(parent, type, "quoted-printable"), lines, strlen(lines));
}

static void add_attachment(struct call *call, curl_mime *parent, const struct bptl_attachment *attachment)
{
	curl_mimepart *part = add_part(parent, attachment->type, "base64");
	struct curl_slist *headers = NULL;
	char *data = mem_new(attachment->size + 1, 1);

	add_line(&headers, mail_text_disposition(attachment->content_id ? "inline" : "attachment", attachment->name));
	if (attachment->content_id)
		add_line(&headers, mem_format("Content-ID: <%s>", attachment->content_id));
	must(curl_mime_headers(part, headers, 1));
	if (attachment->size)
		memcpy(data, attachment->data, attachment->size);
	fill_part(call, part, data, attachment->size);
}

static curl_mime *new_multipart(const struct call *call)
{
	curl_mime *mime = curl_mime_init(call->easy);

	if (!mime)
		mem_out();
	return mime;
}

/* Puts a multipart around `inner` as its first part; inner stolen. */
static curl_mime *wrap(const struct call *call, curl_mime *inner, const char *type)
{
	curl_mime *outer = new_multipart(call);

	must(curl_mime_subparts(add_part(outer, type, NULL), inner));
	return outer;
}

static size_t count_attachments(const struct bptl_mail *mail, int inside)
{
	size_t count = 0;

	for (size_t i = 0; i < mail->attachment_count; i++)
		count += (mail->attachments[i].content_id != NULL) == inside;
	return count;
}

static void add_attachments(struct call *call, curl_mime *parent, const struct bptl_mail *mail, int inside)
{
	for (size_t i = 0; i < mail->attachment_count; i++)
		if ((mail->attachments[i].content_id != NULL) == inside)
			add_attachment(call, parent, &mail->attachments[i]);
}

/* Builds mixed > related > alternative, each level only when it is needed, and returns the type of the outermost.
 * curl always sends a multipart: a mail of nothing but text is a mixed one with one part. */
static const char *make_parts(struct call *call, const struct bptl_mail *mail)
{
	const char *type = mail->html ? "multipart/alternative" : "multipart/mixed";

	call->mime = new_multipart(call);
	add_text(call, call->mime, "text/plain; charset=utf-8", mail->text);
	if (mail->html)
		add_text(call, call->mime, "text/html; charset=utf-8", mail->html);
	if (count_attachments(mail, 1) > 0) {
		call->mime = wrap(call, call->mime, type);
		add_attachments(call, call->mime, mail, 1);
		type = "multipart/related; type=\"multipart/alternative\"";
	}
	if (count_attachments(mail, 0) > 0) {
		if (strcmp(type, "multipart/mixed") != 0)
			call->mime = wrap(call, call->mime, type);
		add_attachments(call, call->mime, mail, 0);
		type = "multipart/mixed";
	}
	return type;
}

static void make_headers(struct call *call, const struct service *service, const struct bptl_mail *mail, int64_t wall,
			 const char *type)
{
	add_line(&call->headers, mail_text_date(wall));
	add_line(&call->headers, mem_format("From: %s", service->from));
	add_line(&call->headers, mail_text_addresses("To", mail->to));
	if (mail->reply_to)
		add_line(&call->headers, mem_format("Reply-To: %s", mail->reply_to));
	add_line(&call->headers, mail_text_subject(mail->subject));
	add_line(&call->headers, mem_format("Message-ID: <%s>", call->message_id));
	add_line(&call->headers, mem_text("MIME-Version: 1.0"));
	add_line(&call->headers, mem_text("Auto-Submitted: auto-generated"));
	add_line(&call->headers, mem_format("Content-Type: %s", type));
	for (const char *const *to = mail->to; *to; to++)
		add_line(&call->recipients, mem_text(*to));
}

/* ---- the exchange ------------------------------------------------------------------------------------------------ */

/* Every line that the server says comes here. */
static size_t hear(char *line, size_t size, size_t count, void *arg)
{
	struct call *call = arg;
	size_t length = size * count;
	size_t skip = 0;

	if (length > 3 && memcmp(line, "354", 3) == 0)
		call->went_ahead = 1;
	/* what it says to QUIT is not what it said to the mail */
	if (call->reply_over && length > 3 && memcmp(line, "221", 3) == 0)
		return length;
	if (call->reply_over)
		text_drop(&call->reply, call->reply.length);
	if (call->reply.length > 0 && length > 4) {
		/* "550-first", "550 second": the code is said once */
		text_add(&call->reply, " ");
		skip = 4;
	}
	call->reply_over = length < 4 || line[3] != '-';
	if (call->reply.length < WORDS_LIMIT) {
		size_t n = length - skip;

		while (n > 0 && (line[skip + n - 1] == '\n' || line[skip + n - 1] == '\r'))
			n--;
		if (n > WORDS_LIMIT)
			n = WORDS_LIMIT;
		text_add_bytes(&call->reply, line + skip, n);
	}
	return length;
}

static size_t swallow(char *bytes, size_t size, size_t count, void *arg)
{
	(void)bytes;
	(void)arg;
	return size * count;
}

/* What the server said last, for a message. */
static const char *words(struct call *call)
{
	struct mask mask = {0};

	if (!call->reply.length)
		return "nothing";
	if (!text_is_utf8(call->reply.data, strlen(call->reply.data)))
		for (char *at = call->reply.data; *at; at++)
			if ((unsigned char)*at >= 0x80)
				*at = '?';
	/* a server that repeats what it was told must not make us repeat it */
	mask_add(&mask, call->secret);
	mask_text(&mask, call->reply.data);
	mask_clear(&mask);
	return call->reply.data;
}

/* Codes with which curl reports a reply that it did not want; any other one says that no reply came. */
static int is_reply(CURLcode code)
{
	return code == CURLE_WEIRD_SERVER_REPLY || code == CURLE_SEND_ERROR || code == CURLE_LOGIN_DENIED ||
	       code == CURLE_REMOTE_ACCESS_DENIED || code == CURLE_USE_SSL_FAILED || code == CURLE_RECV_ERROR;
}

static enum mail_outcome judge_silence(const struct call *call, CURLcode code, struct error *error)
{
	const char *why = call->curl_error[0] ? call->curl_error : curl_easy_strerror(code);
	const char *advice = call->tls ? http_tls_advice(code, why) : "";

	if (code == CURLE_USE_SSL_FAILED) {
		(void)error_set(error, "the mail server of service %s (%s) does not offer STARTTLS: nothing was sent",
				call->service, call->root);
		return MAIL_REFUSED;
	}
	if (http_tls_refused(code, why)) {
		(void)error_set(error, "no trusted connection with the mail server of service %s (%s): %s%s",
				call->service, call->root, why, advice);
		return MAIL_REFUSED;
	}
	(void)error_set(error, "the mail could not be sent through service %s (%s): %s%s", call->service, call->root,
			why, advice);
	return code == CURLE_LOGIN_DENIED || code == CURLE_URL_MALFORMAT ? MAIL_REFUSED : MAIL_LATER;
}

/* curl_easy_perform() itself could not wait any longer (poll() failed): it then ends the transfer as if it were
 * complete, and after DATA that is the lone ".". */
static int gave_up(CURLcode code)
{
	return code == CURLE_BAD_FUNCTION_ARGUMENT;
}

static enum mail_outcome judge(struct call *call, CURLcode code, long reply, struct error *error)
{
	error->text[0] = '\0';
	if (code == CURLE_OK)
		return MAIL_ACCEPTED;
	if (reply >= 400 && is_reply(code)) {
		(void)error_set(error, "the mail server of service %s (%s) refused: %s", call->service, call->root,
				words(call));
		return reply >= 500 ? MAIL_REFUSED : MAIL_LATER;
	}
	if ((call->went_ahead && call->unread == 0) || (gave_up(code) && call->reply.length)) {
		(void)error_set(
			error,
			"the connection to the mail server of service %s (%s) was lost after the mail was sent and "
			"before the server accepted it: it may have arrived; look for Message-ID <%s> before it is "
			"sent again",
			call->service, call->root, call->message_id);
		return MAIL_UNKNOWN;
	}
	return judge_silence(call, code, error);
}

static void set_server(struct call *call, const struct service *service)
{
	CURL *easy = call->easy;
	struct http_tls tls = {service->ca_file, service->client_cert, service->client_key};
	long timeout = (long)(service->timeout > 0 ? service->timeout : DEFAULT_TIMEOUT);

	must(curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "smtp,smtps"));
	must(curl_easy_setopt(easy, CURLOPT_URL, service->root));
	must(curl_easy_setopt(easy, CURLOPT_PROXY, "")); /* one for HTTP is no way to a mail server */
	must(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout));
	must(curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_TIMEOUT ? timeout : CONNECT_TIMEOUT));
	must(curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, (timeout + 999) / 1000));
	must(curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L));
	must(curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, 1L));
	http_secure(easy, &tls);
	must(curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)(service->starttls ? CURLUSESSL_ALL : CURLUSESSL_NONE)));
	if (service->own.client_id && service->own.secret) {
		must(curl_easy_setopt(easy, CURLOPT_USERNAME, service->own.client_id));
		must(curl_easy_setopt(easy, CURLOPT_PASSWORD, service->own.secret));
		must(curl_easy_setopt(easy, CURLOPT_SASL_IR, 1L));
	}
	must(curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, hear));
	must(curl_easy_setopt(easy, CURLOPT_HEADERDATA, call));
	must(curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, swallow));
	must(curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->curl_error));
}

/* The mail, ready to be sent. */
static struct call *call_new(const struct service *service, const struct bptl_mail *mail, const char *message_id,
			     int64_t wall)
{
	struct call *call = mem_new(1, sizeof(*call));

	call->service = mem_text(service->name);
	call->root = mem_text(service->root);
	call->tls = service->starttls || text_starts(service->root, "smtps:");
	call->secret = mem_text(service->own.secret);
	call->message_id = mem_text(message_id);
	call->easy = curl_easy_init();
	if (!call->easy)
		mem_out();
	set_server(call, service);
	make_headers(call, service, mail, wall, make_parts(call, mail));
	must(curl_easy_setopt(call->easy, CURLOPT_MAIL_FROM, service->from));
	must(curl_easy_setopt(call->easy, CURLOPT_MAIL_RCPT, call->recipients));
	must(curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->headers));
	must(curl_easy_setopt(call->easy, CURLOPT_MIMEPOST, call->mime));
	return call;
}

void mail_deliver(const struct service *service, const struct bptl_mail *mail, const char *message_id, int64_t wall,
		  struct mail_answer *answer)
{
	struct call *call;
	long reply = 0;
	CURLcode code;

	*answer = (struct mail_answer){.outcome = MAIL_NOT_MADE};
	if (mail_text_check(service, mail, message_id, &answer->error))
		return;
	call = call_new(service, mail, message_id, wall);
	code = curl_easy_perform(call->easy);
	(void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &reply);
	answer->outcome = judge(call, code, reply, &answer->error);
	answer->code = (int)reply;
	call_free(call);
}
