/* vgu_reports.c: the unit ZacEmailVGUReports: a workbook about the use of the ZAC in a period, mailed to people. */
#include "address.h"
#include "letter.h"
#include "period.h"
#include "sheets.h"
#include "units.h"

static const struct bptl_variable in[] = {
	{"bptlAppId", BPTL_TEXT, BPTL_OPTIONAL, "Application whose credentials are used", NULL},
	{"recipientList", BPTL_LIST, BPTL_REQUIRED, "Mail addresses of those who get the report", NULL},
	{"startPeriod", BPTL_DATE, BPTL_OPTIONAL,
	 "Date or time from which; without it the first of the month of endPeriod, or of last month", NULL},
	{"endPeriod", BPTL_DATE, BPTL_OPTIONAL,
	 "Date or time until which; without it now, or the end of last month when there is no startPeriod either",
	 NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"orc", "zac", BPTL_REQUIRED, "the ZAC: its reports"},
	{"smtp", NULL, BPTL_REQUIRED, "the mail server; its `from` is the sender's address"},
	{0},
};

/* The addresses, checked, as a list that ends with NULL. */
static const char *const *recipients(struct bptl_task *t)
{
	json_t *list = bptl_json(t, "recipientList"), *entry;
	const char **to = bptl_alloc(t, (json_array_size(list) + 1) * sizeof(*to));
	size_t i;

	if (!to)
		return NULL;
	json_array_foreach (list, i, entry) {
		to[i] = json_string_value(entry);
		if (!to[i] || !address_is_valid(to[i])) {
			(void)bptl_fail(t, "variable recipientList: entry %zu is not a valid mail address", i + 1);
			return NULL;
		}
	}
	return to;
}

/* One of the ZAC's reports: a list of objects. */
static json_t *report(struct bptl_task *t, const char *what, const char *url, const struct period *period)
{
	struct bptl_request request = {
		.what = what,
		.method = "POST",
		.service = "zac",
		.url = url,
		.body = json_pack("{s:O, s:s, s:s}", "recipientList", bptl_json(t, "recipientList"), "startPeriod",
				  period_iso(t, period->start), "endPeriod", period_iso(t, period->end)),
		.flags = BPTL_READ,
	};
	json_t *list = bptl_send(t, &request), *entry;
	size_t i;

	if (list && !json_is_array(list))
		(void)bptl_fail(t, "%s: the answer is no list", what);
	json_array_foreach (list, i, entry) {
		if (!json_is_object(entry))
			(void)bptl_fail(t, "%s: entry %zu of the answer is no object", what, i + 1);
	}
	return list;
}

static int send_report(struct bptl_task *t, const char *const *to, const struct period *period, const void *workbook,
		       size_t size)
{
	const struct zac *zac = bptl_state(t);
	const char *first, *last;
	struct bptl_attachment attachments[] = {
		{.name = bptl_format(t, "vgurapport_%s.xlsx", period_dates(t, period)),
		 .type = BOOK_TYPE,
		 .data = workbook,
		 .size = size},
		{.name = "wapen.svg",
		 .type = "image/svg+xml",
		 .content_id = LETTER_CREST,
		 .data = zac->crest,
		 .size = zac->crest_size},
	};
	struct bptl_mail mail = {
		.what = "send the report",
		.to = to,
		.subject = LETTER_SUBJECT,
		.attachments = attachments,
		.attachment_count = zac->crest ? 2 : 1,
	};

	period_words(t, period, &first, &last);
	mail.text = letter_text(t, first, last);
	mail.html = letter_html(t, first, last, zac->crest != NULL);
	return bptl_send_mail(t, &mail);
}

static int run(struct bptl_task *t)
{
	const char *const *to = recipients(t);
	json_t *zaken, *documents, *users;
	const void *workbook;
	struct period period;
	struct book book;
	size_t size;

	if (!to || period_read(t, &period))
		return -1;
	zaken = report(t, "ask for the report of zaken", "api/search/vgu-reports/zaken", &period);
	documents = report(t, "ask for the report of documents", "api/search/vgu-reports/informatieobjecten", &period);
	users = report(t, "ask for the report of users", "api/accounts/management/axes/logs", &period);
	if (bptl_failed(t))
		return -1;
	book_open(&book, t);
	sheets_zaken(&book, zaken);
	sheets_documents(&book, documents);
	sheets_users(&book, users, &period);
	workbook = book_close(&book, &size);
	if (!workbook)
		return -1;
	return send_report(t, to, &period, workbook, size);
}

const struct bptl_unit zac_vgu_reports = {
	.name = "ZacEmailVGUReports",
	.summary = "Mails a workbook about the use of the ZAC in a period",
	.doc = "Without startPeriod and endPeriod it is about the last calendar month, on the clocks of Amsterdam. A "
	       "date "
	       "without a time is its midnight. All recipients get the same mail and see each other.",
	.run = run,
	.in = in,
	.needs = needs,
};
