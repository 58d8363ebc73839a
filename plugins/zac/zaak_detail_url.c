/* zaak_detail_url.c: the unit ZaakDetailURLTask: the address at which people see a zaak. The ZAC may learn of a new
 * zaak only a little later, so a refusal ends the task well, with `error` and a counter for a loop in the process. */
#include <stdlib.h>
#include <string.h>

#include "units.h"

#define LAST_RETRY 3
#define ERROR_MOST 3900 /* bytes: less than what an engine takes for a String */

static const struct bptl_variable in[] = {
	{"bptlAppId", BPTL_TEXT, BPTL_REQUIRED, "Application whose credentials are used", NULL},
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", NULL},
	{"retry", BPTL_INTEGER, BPTL_OPTIONAL, "How often the process tried before; from 3 on a refusal is a failure",
	 NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"zaakDetailUrl", BPTL_TEXT, BPTL_OPTIONAL, "Address of the zaak in the ZAC", NULL},
	{"error", BPTL_TEXT, BPTL_OPTIONAL, "Why there is none yet", NULL},
	{"retry", BPTL_INTEGER, BPTL_OPTIONAL, "Set with error: one more than it was", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the zaak"},
	{"orc", "zac", BPTL_REQUIRED, "the ZAC: the address of the zaak"},
	{0},
};

/* What the process gets to know of a refusal. */
static const char *words_of(struct bptl_task *t, const struct bptl_request *request)
{
	const char *text;
	char *body;
	size_t length;

	if (request->status != 404)
		return bptl_format(t, "HTTP %d: %s", request->status,
				   request->error ? request->error : "no reason given");
	if (!request->answer || json_is_null(request->answer))
		return "The zaak was not found in the ZAC.";
	body = json_dumps(request->answer, JSON_ENCODE_ANY);
	length = body ? strlen(body) : 0;
	if (length > ERROR_MOST)
		for (length = ERROR_MOST; length > 0 && ((unsigned char)body[length] & 0xc0) == 0x80; length--)
			continue; /* not in the middle of a character */
	text = bptl_format(t, "%.*s", (int)length, body ? body : "");
	free(body);
	return text;
}

static int refused(struct bptl_task *t, const struct bptl_request *request)
{
	int64_t retry = bptl_integer(t, "retry");

	if (retry >= LAST_RETRY)
		return bptl_refused(t, request);
	bptl_log(t, BPTL_WARNING, "%s: HTTP %d; the process may try again (retry %lld)", request->what, request->status,
		 (long long)retry + 1);
	(void)bptl_set(t, "retry", json_integer(retry + 1));
	return bptl_set_text(t, "error", words_of(t, request));
}

static int is_web_address(const char *url)
{
	size_t scheme = strncmp(url, "https://", 8) == 0 ? 8 : strncmp(url, "http://", 7) == 0 ? 7 : 0;

	return scheme && url[scheme] && !strchr("/?#:", url[scheme]) && !strpbrk(url, " \t\r\n\"<>\\");
}

static int run(struct bptl_task *t)
{
	static const char *const headers[] = {"Accept-Crs: EPSG:4326", NULL};
	struct bptl_request zaak = {
		.what = "read the zaak",
		.method = "GET",
		.service = "zrc",
		.url = bptl_text(t, "zaakUrl"),
		.headers = headers,
		.flags = BPTL_TOLERATE,
	};
	struct bptl_request address = {
		.what = "ask the ZAC for the address of the zaak",
		.method = "GET",
		.service = "zac",
		.flags = BPTL_TOLERATE,
	};
	const char *url;

	if (bptl_exchange(t, &zaak, 1))
		return -1;
	if (zaak.status >= 400)
		return refused(t, &zaak);
	address.url = bptl_path(t, "api/core/cases/%s/%s/url", bptl_member_text(t, zaak.answer, "bronorganisatie"),
				bptl_member_text(t, zaak.answer, "identificatie"));
	if (bptl_exchange(t, &address, 1))
		return -1;
	if (address.status >= 400)
		return refused(t, &address);
	url = bptl_member_text(t, address.answer, "zaakDetailUrl");
	if (url && !is_web_address(url))
		return bptl_fail(t, "the ZAC gave \"%.200s\" as the address of the zaak: this is no web address", url);
	return bptl_set_text(t, "zaakDetailUrl", url);
}

const struct bptl_unit zac_zaak_detail_url = {
	.name = "ZaakDetailURLTask",
	.summary = "Asks the ZAC for the address at which people see a zaak",
	.doc = "An answer of 400 to 499 ends the task well, with error and retry set, so that the process can wait and "
	       "come "
	       "back; when retry was 3 or more already it is a failure. Other trouble is retried by the engine.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
