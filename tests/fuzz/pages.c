/* pages.c: lists that come in pages. The first line is the URL that the unit asks for, each further line is a page:
 * JSON, or a status and JSON. The last page is answered again and again; one with "count" gets a number of its own
 * behind its `next` each time. The list is read to its end or is an error, within so many requests, and never
 * elsewhere. */
#include "http/url.h"
#include "runner/parts.h"
#include "shop.h"

#define ROOT "https://zaken.example/api/"

struct book {
	struct task *task;
	struct input pages;
	char *last; /* the line that is answered when there are no more */
	const char *first_url;
	json_t *asked;
	size_t results; /* in the pages so far */
	int calls;
};

static void book_turn(struct book *book, struct bptl_request *request)
{
	const char *body;
	char reason[160], *next;
	json_t *page;

	if (book->pages.at < book->pages.end || !book->last) {
		free(book->last);
		book->last = input_line(&book->pages);
	}
	request->status = (int)strtol(book->last, (char **)&body, 10);
	if (request->status < 200 || request->status > 599)
		request->status = 200;
	page = json_read(body, strlen(body), reason);
	if (!page)
		page = mem_json(json_object());
	if (json_get_boolean(page, "count", 0) && json_get_text(page, "next")) {
		next = mem_format("%s&n=%d", json_get_text(page, "next"), book->calls);
		json_put_text(page, "next", next);
		free(next);
	}
	book->results += json_array_size(json_object_get(page, "results"));
	request->error = request->status >= 400 ? "the service says no" : NULL;
	request->answer = task_keep(book->task, page);
}

/* In place of what sends: holds that the next page lies where the first did, and answers it. */
int __wrap_parts_run(struct task *task, struct bptl_request **requests, size_t count);
int __wrap_parts_run(struct task *task, struct bptl_request **requests, size_t count)
{
	struct book *book = task->shop->note_arg;
	struct bptl_request *request = requests[0];
	size_t path = strcspn(book->first_url, "?");
	struct error error;
	char *url;

	HOLDS(count == 1 && ++book->calls < 1000, "%d requests", book->calls);
	HOLDS(task->outcome == OUTCOME_DONE, "a page is read although the task has failed");
	HOLDS(strcspn(request->url, "?") == path && strncmp(request->url, book->first_url, path) == 0,
	      "%s is no page of %s", request->url, book->first_url);
	HOLDS(!json_object_get(book->asked, request->url), "%s is read twice", request->url);
	(void)json_object_set_new(book->asked, request->url, json_true());
	HOLDS(strcmp(request->method, "GET") == 0 && text_equal(request->service, "zrc") && !request->body,
	      "another request");
	url = url_resolve(ROOT, request->url, &error);
	if (!url)
		return task_fail(task, 1, "%s", error.text);
	HOLDS(text_starts(url, ROOT), "%s", url);
	free(url);
	book_turn(book, request);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct bptl_variable none[] = {{NULL, BPTL_ANY, 0, NULL, NULL}};
	struct input in = input_of(data, size);
	char *url = input_line(&in);
	struct book book = {.first_url = url, .asked = mem_json(json_object())};
	struct bptl_request request = {.what = "list", .method = "GET", .service = "zrc", .url = url};
	struct shop shop;
	int plain;

	text_make_utf8(url); /* a unit's URL comes from JSON */
	book.pages = in;
	shop_open(&shop, none, mem_json(json_object()));
	shop.workshop.note_arg = &book;
	book.task = shop.task;
	book_turn(&book, &request);
	plain = request.status >= 400 || json_is_array(request.answer);
	if (pages_read(shop.task, &request) != 0) {
		HOLDS(shop.task->outcome == OUTCOME_FAILED, "it failed without a word");
	} else {
		HOLDS(shop.task->outcome == OUTCOME_DONE, "it failed, and goes on");
		HOLDS(plain ? book.calls == 0 : json_is_array(request.answer), "the answer is no list");
		HOLDS(plain || json_array_size(request.answer) == book.results, "%zu of %zu results",
		      json_array_size(request.answer), book.results);
	}
	shop_close(&shop);
	json_decref(book.asked);
	free(book.last);
	free(url);
	return 0;
}
