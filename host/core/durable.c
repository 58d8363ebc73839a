/* durable.c: see durable.h. */
#include "core/durable.h"

#include "core/count.h"
#include "core/fetch.h"
#include "core/runners.h"
#include "core/tasks.h"

#define BLOCKED_SAY_EVERY 60000 /* ms */

static void blocked(struct core *core, const char *why, int64_t now)
{
	if (!core->blocked_since) {
		core->blocked_since = now;
		for (size_t i = 0; i < core->config->engine_count; i++)
			fetch_abort(&core->fetchers[i]);
	} else if (now < core->blocked_say) {
		return;
	}
	core->blocked_say = now + BLOCKED_SAY_EVERY;
	log_line(
		core->log, LOG_ERROR, NULL,
		"%s: nothing is fetched and no unit goes on until it can; tasks in hand keep their locks. Make room in "
		"%s, or make it writable: this is tried again every few seconds",
		why, core->config->host.state);
}

static void unblocked(struct core *core, int64_t now)
{
	log_line(core->log, LOG_INFO, NULL, "the journal can be written again after %.1f s: work goes on",
		 (double)(now - core->blocked_since) / 1000);
	running_unblocked(core, now - core->blocked_since);
	core->blocked_since = 0;
}

/* What units do from here on only this process knows: it ends when what it holds is done. */
static void moved(struct core *core)
{
	if (core->moved || !journal_moved(core->journal))
		return;
	core->moved = 1;
	log_line(core->log, LOG_ERROR, NULL,
		 "the journal in %s was moved or deleted while the host runs: it finishes its tasks and stops; put the "
		 "file back before the next start, or steps that were done may be done again",
		 core->config->host.state);
	if (!core->draining)
		core_drain(core);
}

int durable_turn(struct core *core, int64_t now)
{
	struct error error;
	int code = count_commit(core, &error);

	if (code < 0) {
		log_line(core->log, LOG_ERROR, NULL,
			 "%s: the host stops, because it could not keep its promises; its tasks return to the "
			 "engine when their locks end",
			 error.text);
		return -1;
	}
	if (code > 0) {
		blocked(core, error.text, now);
		return 0;
	}
	if (core->blocked_since)
		unblocked(core, now);
	moved(core);
	running_released(core);
	for (size_t i = 0; i < core->config->plugin_count; i++)
		seat_release(&core->seats[i]);
	return 0;
}
