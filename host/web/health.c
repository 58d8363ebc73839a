/* health.c: /healthz: the loop turns, or there would be no answer. */
#include "web/pages.h"

void health_show(const struct facts *facts, struct page *page)
{
	(void)facts;
	text_add(&page->body, "ok\n");
}
