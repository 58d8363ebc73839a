/* fetch_rest.c: when it is right that an engine is not polled, and for how long it may be otherwise: what readiness is
 * made of. */
#include "core/fetch.h"
#include "core/runners.h"

#define PATIENCE 3 /* polls */

/* Tasks that pile up because the engine does not take them back are no good reason. */
int fetch_may_rest(const struct fetcher *fetcher)
{
	const struct core *core = fetcher->core;
	size_t topics = 0;

	if (fetch_free_places(core) <= 0 ||
	    (fetcher->config->max_tasks && fetch_held(fetcher) >= fetcher->config->max_tasks))
		return 1;
	for (size_t i = 0; i < core->registry.count; i++) {
		const struct binding *binding = &core->registry.bindings[i];

		const struct process *process = core->seats[binding->plugin].current;

		/* a plugin without a process is a reason of its own */
		if (binding->topic->engine != fetcher->index || !process || !process->ready)
			continue;
		topics++;
		if (binding->topic->parallel && binding->busy >= binding->topic->parallel)
			return 1;
	}
	return topics == 0;
}

void fetch_rest(struct fetcher *fetcher, int resting, int64_t now)
{
	if (fetcher->resting && !resting)
		fetcher->well_at = now;
	fetcher->resting = resting;
}

int64_t fetch_patience(const struct fetcher *fetcher)
{
	return PATIENCE * fetcher->config->long_poll + FETCH_MARGIN;
}
