/* fields.c: see fields.h. One table says what is read; the checks below it say what a value may hold. */
#include "fields.h"

#include <stdlib.h>
#include <string.h>

enum kind {
	LINE,    /* one line */
	TEXT,    /* lines */
	ADDRESS, /* of mail */
	DATE,    /* 2026-01-31, shown as 31-01-2026 */
	URL,     /* shown as it is */
	LINK     /* the same value made fit for href; not read itself */
};

struct row {
	const char *variable, *member;
	enum kind kind;
	int required, may_be_blank;
};

const char *const field_names[FIELD_COUNT + 1] = {
	[FIELD_SENDER_NAME] = "sender.name",
	[FIELD_SENDER_EMAIL] = "sender.email",
	[FIELD_RECEIVER_NAME] = "receiver.name",
	[FIELD_RECEIVER_EMAIL] = "receiver.email",
	[FIELD_RECEIVER_ASSIGNEE] = "receiver.assignee",
	[FIELD_SUBJECT] = "email.subject",
	[FIELD_CONTENT] = "email.content",
	[FIELD_VRAAG] = "vraag",
	[FIELD_ZAAK_IDENTIFICATIE] = "zaakIdentificatie",
	[FIELD_ZAAK_OMSCHRIJVING] = "zaakOmschrijving",
	[FIELD_DO_REVIEW_URL] = "doReviewUrl",
	[FIELD_DO_REVIEW_LINK] = "doReviewLink",
	[FIELD_REVIEW_TYPE] = "reviewType",
	[FIELD_ZAAK_DETAIL_URL] = "zaakDetailUrl",
	[FIELD_ZAAK_DETAIL_LINK] = "zaakDetailLink",
	[FIELD_DEADLINE] = "deadline",
};

static const struct row rows[FIELD_COUNT] = {
	[FIELD_SENDER_NAME] = {"sender", "name", LINE, 1, 0},
	[FIELD_SENDER_EMAIL] = {"sender", "email", ADDRESS, 1, 0},
	[FIELD_RECEIVER_NAME] = {"receiver", "name", LINE, 1, 0},
	[FIELD_RECEIVER_EMAIL] = {"receiver", "email", ADDRESS, 1, 0},
	[FIELD_RECEIVER_ASSIGNEE] = {"receiver", "assignee", LINE, 0, 0},
	[FIELD_SUBJECT] = {"email", "subject", LINE, 1, 0},
	[FIELD_CONTENT] = {"email", "content", TEXT, 1, 1},
	[FIELD_VRAAG] = {"context", "vraag", TEXT, 0, 0},
	[FIELD_ZAAK_IDENTIFICATIE] = {"context", "zaakIdentificatie", LINE, 0, 0},
	[FIELD_ZAAK_OMSCHRIJVING] = {"context", "zaakOmschrijving", TEXT, 0, 0},
	[FIELD_DO_REVIEW_URL] = {"context", "doReviewUrl", URL, 0, 0},
	[FIELD_DO_REVIEW_LINK] = {"context", "doReviewUrl", LINK, 0, 0},
	[FIELD_REVIEW_TYPE] = {"context", "reviewType", LINE, 0, 0},
	[FIELD_ZAAK_DETAIL_URL] = {"context", "zaakDetailUrl", URL, 0, 0},
	[FIELD_ZAAK_DETAIL_LINK] = {"context", "zaakDetailUrl", LINK, 0, 0},
	[FIELD_DEADLINE] = {"context", "deadline", DATE, 0, 0},
};

const char *field_variable(enum field field)
{
	return rows[field].variable;
}

const char *field_member(enum field field)
{
	return rows[field].member;
}

int field_may_be_blank(enum field field)
{
	return rows[field].may_be_blank;
}

/* The bytes of the white space that a text starts with, 0 when there is none: Unicode's White_Space. */
static size_t space_length(const char *text)
{
	static const char *const wide[] = {
		"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80", "\xe2\x80\x81",
		"\xe2\x80\x82", "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85", "\xe2\x80\x86",
		"\xe2\x80\x87", "\xe2\x80\x88", "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
		"\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
	};

	if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
		return 1;
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (strncmp(text, wide[i], strlen(wide[i])) == 0)
			return strlen(wide[i]);
	return 0;
}

/* A copy without the white space at both ends; NULL when the task has failed. */
static const char *trim(struct bptl_task *t, const char *text)
{
	const char *end;

	while (space_length(text))
		text += space_length(text);
	end = text;
	for (const char *at = text; *at;) {
		size_t space = space_length(at);

		at += space ? space : 1;
		if (!space)
			end = at;
	}
	return bptl_format(t, "%.*s", (int)(end - text), text);
}

static int has_control(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return 1;
	return 0;
}

/* ---- addresses, dates, links ------------------------------------------------------------------------------------- */

static int is_letter_or_digit(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A host name: labels of letters, digits and inner hyphens, two at least unless it is localhost. */
static int is_domain(const char *domain)
{
	size_t labels = 0;

	if (strcmp(domain, "localhost") == 0)
		return 1;
	for (;; domain++) {
		size_t length = strcspn(domain, ".");

		if (length == 0 || length > 63 || domain[0] == '-' || domain[length - 1] == '-')
			return 0;
		for (size_t i = 0; i < length; i++)
			if (!is_letter_or_digit(domain[i]) && domain[i] != '-')
				return 0;
		labels++;
		domain += length;
		if (!*domain)
			return labels > 1;
	}
}

/* RFC 5322 addr-spec with a dot-atom: no quoted local parts, no comments, no [literals]. */
static int is_address(const char *address)
{
	const char *at = strchr(address, '@');

	if (!at || at == address || at - address > 64 || strlen(address) > 254 || address[0] == '.' || at[-1] == '.')
		return 0;
	for (const char *c = address; c < at; c++) {
		if (!is_letter_or_digit(*c) && !strchr("!#$%&'*+-/=?^_`{|}~.", *c))
			return 0;
		if (c[0] == '.' && c[1] == '.')
			return 0;
	}
	return is_domain(at + 1);
}

static int is_digits(const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text[i] < '0' || text[i] > '9')
			return 0;
	return 1;
}

static int is_date(const char *text)
{
	static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	int year, month, day;

	if (strlen(text) != 10 || text[4] != '-' || text[7] != '-' || !is_digits(text, 4) || !is_digits(text + 5, 2) ||
	    !is_digits(text + 8, 2))
		return 0;
	year = (int)strtol(text, NULL, 10);
	month = (int)strtol(text + 5, NULL, 10);
	day = (int)strtol(text + 8, NULL, 10);
	if (year < 1 || month < 1 || month > 12 || day < 1)
		return 0;
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		return day <= 29;
	return day <= days[month - 1];
}

/* Does the text name a scheme? A colon before a port ("zac.example:8080/zaak") is none. */
static int has_scheme(const char *url)
{
	size_t length = strcspn(url, ":/?#");

	return url[length] == ':' && !(url[length + 1] >= '0' && url[length + 1] <= '9');
}

static int is_web_url(const char *url)
{
	static const char *const schemes[] = {"http://", "https://"};

	for (size_t i = 0; i < 2; i++) {
		size_t n = 0;

		while (schemes[i][n] && (url[n] == schemes[i][n] || url[n] + 32 == schemes[i][n]))
			n++;
		if (!schemes[i][n])
			return url[n] != '\0';
	}
	return 0;
}

/* A place on the web, also without a scheme. Anything else ("javascript:") must not become a link in a mail. */
static int is_url(const char *url)
{
	for (const char *c = url; *c; c++)
		if (space_length(c) || (unsigned char)*c < 0x20 || strchr("<>\"\\\x7f", *c))
			return 0;
	if (strchr("?#", url[0]) || (url[0] == '/' && (url[1] != '/' || strchr("/?#", url[2]))))
		return 0; /* no host: a mail has no page that this could lean on */
	return is_web_url(url) || !has_scheme(url);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static const char *kind_of(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_NULL:
		return "null";
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_TRUE:
	case JSON_FALSE:
		return "true or false";
	default:
		return "something else";
	}
}

/* Checks a trimmed value; what it says is wrong ends the sentence "variable x: y ...". */
static const char *fault_of(const struct row *row, const char *value)
{
	if (row->kind != TEXT && has_control(value))
		return "holds a line break or another control character";
	if (row->kind == ADDRESS && !is_address(value))
		return "is not a valid mail address";
	if (row->kind == DATE && !is_date(value))
		return "is not a date such as 2026-01-31";
	if (row->kind == URL && !is_url(value))
		return "is not a web address (http or https, without spaces)";
	return NULL;
}

/* The text of a member, trimmed and checked; NULL when it is absent or the task has failed. */
static const char *read_member(struct bptl_task *t, const struct row *row, json_t *object)
{
	json_t *value = json_object_get(object, row->member);
	const char *text, *fault;

	if (!value) {
		if (row->required)
			(void)bptl_fail(t, "variable %s: %s is missing", row->variable, row->member);
		return NULL;
	}
	if (json_is_string(value) && strlen(json_string_value(value)) == json_string_length(value))
		text = trim(t, json_string_value(value));
	else if (json_is_integer(value))
		text = bptl_format(t, "%lld", (long long)json_integer_value(value));
	else if (json_is_real(value))
		text = bptl_format(t, "%.15g", json_real_value(value));
	else {
		(void)bptl_fail(t, "variable %s: %s must be a text, it is %s", row->variable, row->member,
				json_is_string(value) ? "one with a NUL in it" : kind_of(value));
		return NULL;
	}
	if (!text)
		return NULL;
	if (!*text) {
		if (!row->may_be_blank)
			(void)bptl_fail(t, "variable %s: %s is blank", row->variable, row->member);
		return text;
	}
	fault = fault_of(row, text);
	if (fault)
		(void)bptl_fail(t, "variable %s: %s %s", row->variable, row->member, fault);
	return text;
}

/* The object that a variable holds. An empty one ({}) counts as no value for bptl. */
static json_t *read_object(struct bptl_task *t, const char *variable)
{
	json_t *object = bptl_json(t, variable);

	if (object && !json_is_object(object))
		(void)bptl_fail(t, "variable %s: must be a JSON object, it is %s", variable, kind_of(object));
	return object ? object : bptl_keep(t, json_object());
}

/* The review's address with the assignee as one more query parameter, before the fragment. */
static const char *add_assignee(struct bptl_task *t, const char *url, const char *assignee)
{
	size_t length = strcspn(url, "#");
	const char *query = memchr(url, '?', length);
	const char *joint = !query ? "?" : url[length - 1] == '?' || url[length - 1] == '&' ? "" : "&";

	return bptl_format(t, "%.*s%s%s%s", (int)length, url, joint, bptl_path(t, "assignee=%s", assignee),
			   url + length);
}

/* What href needs. */
static const char *link_to(struct bptl_task *t, const char *url)
{
	if (is_web_url(url))
		return url;
	return bptl_format(t, url[0] == '/' && url[1] == '/' ? "https:%s" : "https://%s", url);
}

/* What is shown of the values as they were read. */
static void derive(struct bptl_task *t, const char *values[FIELD_COUNT])
{
	const char *date = values[FIELD_DEADLINE];

	if (values[FIELD_DO_REVIEW_URL] && values[FIELD_RECEIVER_ASSIGNEE])
		values[FIELD_DO_REVIEW_URL] =
			add_assignee(t, values[FIELD_DO_REVIEW_URL], values[FIELD_RECEIVER_ASSIGNEE]);
	if (values[FIELD_DO_REVIEW_URL])
		values[FIELD_DO_REVIEW_LINK] = link_to(t, values[FIELD_DO_REVIEW_URL]);
	if (values[FIELD_ZAAK_DETAIL_URL])
		values[FIELD_ZAAK_DETAIL_LINK] = link_to(t, values[FIELD_ZAAK_DETAIL_URL]);
	if (date)
		values[FIELD_DEADLINE] = bptl_format(t, "%.2s-%.2s-%.4s", date + 8, date + 5, date);
}

int fields_read(struct bptl_task *t, const char *values[FIELD_COUNT])
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		values[i] = NULL;
		if (rows[i].kind != LINK)
			values[i] = read_member(t, &rows[i], read_object(t, rows[i].variable));
		if (bptl_failed(t))
			return -1;
	}
	derive(t, values);
	return bptl_failed(t) ? -1 : 0;
}
