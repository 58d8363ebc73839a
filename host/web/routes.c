/* routes.c: which path shows what. */
#include "web/pages.h"

#include <string.h>

static void show_nothing(const struct facts *facts, struct page *page)
{
	(void)facts;
	page->status = 404;
	text_add(&page->body, "There is nothing here. Try /healthz, /readyz or /metrics.\n");
}

static const struct route routes[] = {
	{"", show_nothing, 0},
	{"/healthz", health_show, 0},
	{"/readyz", ready_show, 0},
	{"/metrics", metrics_show, 250},
};

const struct route *routes_find(const char *path)
{
	for (size_t i = 1; i < sizeof(routes) / sizeof(*routes); i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return &routes[0];
}

void routes_show_method(struct page *page)
{
	page->status = 405;
	text_add(&page->body, "Only GET and HEAD.\n");
}

size_t routes_count(void)
{
	return sizeof(routes) / sizeof(*routes);
}

size_t routes_index(const struct route *route)
{
	return (size_t)(route - routes);
}
