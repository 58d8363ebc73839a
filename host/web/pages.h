/* pages.h: what each page is: a function that writes it from the facts. A new page is a file of its own, a line here,
 * and a line in routes.c. */
#ifndef BPTL_WEB_PAGES_H
#define BPTL_WEB_PAGES_H

#include "base/text.h"
#include "web/facts.h"

/* An answer while it is made. */
struct page {
	unsigned status;
	const char *type; /* Content-Type */
	struct text body;
};

/* What answers a path. */
struct route {
	const char *path;
	void (*show)(const struct facts *facts, struct page *page);
	int64_t keep; /* ms that an answer is said again instead of made anew: bounds what a page can cost */
};

/* The route of a path; never NULL: an unknown one has a page that says so. */
const struct route *routes_find(const char *path);
/* For a method that is not allowed. */
void routes_show_method(struct page *page);
/* How many routes there are, for whoever keeps something of each; routes_index() is below it. */
size_t routes_count(void);
size_t routes_index(const struct route *route);

void health_show(const struct facts *facts, struct page *page);
void ready_show(const struct facts *facts, struct page *page);
void metrics_show(const struct facts *facts, struct page *page);

#endif
