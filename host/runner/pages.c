/* pages.c: lists that come in pages. The old worker read page 1 only, or the same page for ever; here a list is read to
 * its end, and a circle or an endless list is an error. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "http/url.h"
#include "runner/parts.h"

#define PAGE_LIMIT 1000

/* The URL of the next page: the query of `next` behind the path that was asked. Servers behind a proxy write hosts into
 * `next` that only they know. NULL when there is no next page. */
static const char *next_page(struct task *task, const struct bptl_request *request, const json_t *page)
{
	const char *next = json_get_text(page, "next");
	const char *query = next ? strchr(next, '?') : NULL;
	struct text url = {0};
	char *kept, *outline;

	if (!next || !*next)
		return NULL;
	if (!query) {
		outline = url_outline(next); /* it may hold a password */
		(void)task_fail(task, 1, "%s: the next page is \"%s\", which has no query: pages cannot be told apart",
				request->what, outline);
		free(outline);
		return NULL;
	}
	text_add_bytes(&url, request->url, strcspn(request->url, "?"));
	text_add(&url, query);
	kept = task_text(task, url.data);
	text_free(&url);
	return kept;
}

static int add_results(struct task *task, const struct bptl_request *request, json_t *all, json_t *page)
{
	json_t *results = json_object_get(page, "results");

	if (!json_is_array(results))
		return task_fail(task, 1, "%s: the answer is no list of pages: member results is missing",
				 request->what);
	return json_array_extend(all, results) ? task_fail(task, 0, "out of memory") : 0;
}

int pages_read(struct task *task, struct bptl_request *first)
{
	json_t *page = first->answer;
	json_t *seen, *all;
	int pages = 1;

	if (json_is_array(page) || first->status >= 400)
		return 0; /* a plain list has no pages */
	all = task_keep(task, json_array());
	seen = task_keep(task, json_object());
	if (!all || !seen || add_results(task, first, all, page))
		return -1;
	for (const char *url; (url = next_page(task, first, page)) != NULL;) {
		struct bptl_request next = *first;
		struct bptl_request *list[] = {&next};

		if (json_object_get(seen, url))
			return task_fail(task, 1, "%s: the pages of the list go round in a circle", first->what);
		if (++pages > PAGE_LIMIT)
			return task_fail(task, 1, "%s: the list has more than %d pages", first->what, PAGE_LIMIT);
		(void)json_object_set_new(seen, url, json_true());
		next.url = url;
		if (parts_run(task, list, 1))
			return -1;
		if (next.status >= 400) /* tolerated for the first page, for the unit to see; half a list is no list */
			return exchange_refused(task, &next);
		if (add_results(task, first, all, next.answer))
			return -1;
		page = next.answer;
	}
	first->answer = all;
	return task_stopped(task) ? -1 : 0;
}
