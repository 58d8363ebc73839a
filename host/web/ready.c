/* ready.c: /readyz: whether the host can do its work now, and what is in the way when it cannot. */
#include <stdlib.h>

#include "base/memory.h"
#include "web/pages.h"

void ready_show(const struct facts *facts, struct page *page)
{
	int ready = json_array_size(facts->reasons) == 0;
	json_t *answer = mem_json(json_pack("{s:b, s:O}", "ready", ready, "reasons", facts->reasons));
	char *text = json_dumps(answer, JSON_COMPACT);

	if (!text)
		mem_out();
	page->status = ready ? 200 : 503;
	page->type = "application/json";
	text_add(&page->body, text);
	text_add(&page->body, "\n");
	free(text);
	json_decref(answer);
}
