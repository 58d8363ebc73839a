/* relate_pand.c: the unit RelatePand: relates panden of the BAG to a zaak, all at once. */
#include "common.h"
#include "units.h"

#include <string.h>

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", NULL},
	{"panden", BPTL_LIST, BPTL_REQUIRED, "URLs of the panden", NULL},
	ZGW_NLX_VARIABLES,
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the objects of the zaak"},
	{0},
};

/* Is this parameter of a query, `size` bytes long, part of what the pand is? The date for which it was asked is not,
 * and neither is a parameter without a value. */
static int belongs(const char *parameter, size_t size)
{
	static const char date[] = "geldigOp=";
	const char *equals = memchr(parameter, '=', size);

	return equals && equals + 1 < parameter + size && strncmp(parameter, date, sizeof(date) - 1) != 0;
}

/* The URL of a pand without what does not belong to it. */
static const char *clean_url(struct bptl_task *t, const char *url)
{
	size_t base = strcspn(url, "?"), size;
	const char *clean = bptl_format(t, "%.*s", (int)base, url), *next = url + base, *separator = "?";

	while (*next && *next != '#') {
		next++;
		size = strcspn(next, "&#");
		if (belongs(next, size)) {
			clean = bptl_format(t, "%s%s%.*s", clean, separator, (int)size, next);
			separator = "&";
		}
		next += size;
	}
	return bptl_format(t, "%s%s", clean, next);
}

static void prepare(struct bptl_task *t, struct bptl_request *request, const json_t *pand, const char *const *headers)
{
	const char *url = clean_url(t, json_string_value(pand));

	*request = (struct bptl_request){
		.what = bptl_format(t, "relate the pand %s to the zaak", url),
		.method = "POST",
		.service = "zrc",
		.url = "zaakobjecten",
		.headers = headers,
		.body = json_pack("{s:s, s:s, s:s, s:s}", "zaak", bptl_text(t, "zaakUrl"), "object", url, "objectType",
				  "pand", "relatieomschrijving", ""),
		.flags = BPTL_TOLERATE,
	};
}

static int may_pass(int status)
{
	return status == 408 || status == 409 || status == 425 || status == 429;
}

/* Every pand that was refused, with the words of the API. What the host failed the task for already has its message;
 * the log then holds the others. */
static int report(struct bptl_task *t, const struct bptl_request *requests, size_t count)
{
	const char *all = "", *one;
	size_t i, refused = 0;
	int retry = 0;

	for (i = 0; i < count; i++) {
		if (requests[i].status < 400)
			continue;
		one = bptl_format(t, "%s: HTTP %d%s%s", requests[i].what, requests[i].status,
				  requests[i].error ? ": " : "", requests[i].error ? requests[i].error : "");
		bptl_log(t, BPTL_WARNING, "%s", one);
		all = bptl_format(t, "%s%s%s", all, refused ? "; " : "", one);
		refused++;
		retry |= may_pass(requests[i].status);
	}
	if (bptl_failed(t) || refused == 0)
		return bptl_failed(t) ? -1 : 0;
	if (retry)
		return bptl_fail_retry(t, "%zu of %zu panden were refused: %s", refused, count, all);
	return bptl_fail(t, "%zu of %zu panden were refused: %s", refused, count, all);
}

static int run(struct bptl_task *t)
{
	const char *const headers[] = {ZGW_NLX_HEADERS(t), NULL};
	json_t *panden = bptl_json(t, "panden"), *pand;
	size_t count = json_array_size(panden), i;
	struct bptl_request *requests = bptl_alloc(t, count * sizeof(*requests));

	if (!requests)
		return -1;
	json_array_foreach (panden, i, pand) {
		if (json_string_length(pand) == 0)
			return bptl_fail(t, "variable panden: number %zu of the list is no URL", i + 1);
	}
	json_array_foreach (panden, i, pand) {
		prepare(t, &requests[i], pand, headers);
	}
	bptl_exchange(t, requests, count);
	return report(t, requests, count);
}

const struct bptl_unit zgw_relate_pand = {
	.name = "RelatePand",
	.summary = "Relates panden to a zaak",
	.doc = "All at once. When some are refused, the others are related all the same, and the task fails with the "
	       "names of those that were not; a retry tries these alone.",
	.run = run,
	.in = in,
	.needs = needs,
};
