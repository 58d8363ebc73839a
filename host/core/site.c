/* site.c: see site.h. Whether the host is ready is decided here: a host is not ready when it cannot do its work, and
 * waiting will not mend that by itself or not soon. One whose places are all busy is ready. */
#include "core/site.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "config/listen.h"
#include "core/count.h"
#include "core/fetch.h"
#include "web/web.h"

/* ---- readiness ---- */

/* Adds a reason: its name for programs, a sentence for people; `kind` and `name` say what it is about, or are NULL. */
static void not_ready(const struct core *core, const char *reason, const char *kind, const char *name,
		      const char *format, ...) __attribute__((format(printf, 5, 6)));

static void not_ready(const struct core *core, const char *reason, const char *kind, const char *name,
		      const char *format, ...)
{
	json_t *entry = mem_json(json_object());
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		mem_out();
	va_end(args);
	json_put_text(entry, "reason", reason);
	if (kind)
		json_put_text(entry, kind, name);
	json_put_text(entry, "text", text);
	(void)json_array_append_new(core->facts.reasons, entry);
	free(text);
}

static void look_at_polls(const struct core *core, const struct fetcher *fetcher, int64_t now)
{
	const char *name = fetcher->config->name;
	int64_t silence = now - fetcher->well_at;

	if (!fetcher->polling && fetch_may_rest(fetcher))
		return;
	if (fetcher->failures && !fetcher->polled)
		not_ready(core, "engine_not_polled", "engine", name,
			  "engine %s has not answered a poll for tasks yet, and the last one failed: the log says why",
			  name);
	else if (silence > fetch_patience(fetcher))
		not_ready(core, "engine_not_polled", "engine", name,
			  "engine %s was not polled for tasks with success for %lld s: the log says why", name,
			  (long long)silence / 1000);
}

static void find_reasons(struct core *core, int64_t now)
{
	(void)json_array_clear(core->facts.reasons);
	if (core->draining)
		not_ready(core, "stopping", NULL, NULL, "the host is stopping: it fetches no more tasks");
	else if (!core->facts.topics)
		not_ready(core, "starting", NULL, NULL, "the host is starting: it loads its plugins");
	else
		for (size_t i = 0; i < core->config->engine_count; i++)
			look_at_polls(core, &core->fetchers[i], now);
	if (core->blocked_since)
		not_ready(core, "journal_blocked", NULL, NULL,
			  "the journal cannot be written: nothing is fetched and no unit goes on; make room in %s, or "
			  "make it "
			  "writable",
			  core->config->host.state);
	for (size_t i = 0; core->facts.topics && i < core->config->plugin_count; i++)
		if (core->seats[i].quarantined)
			not_ready(core, "plugin_quarantined", "plugin", core->seats[i].plugin->name,
				  "plugin %s is in quarantine, for it lost process after process: its topics are not "
				  "fetched; the log says why",
				  core->seats[i].plugin->name);
		else if (core->seats[i].refusal)
			not_ready(core, "plugin_unusable", "plugin", core->seats[i].plugin->name,
				  "plugin %s cannot be used any more: the log says why; it is tried again",
				  core->seats[i].plugin->name);
}

/* ---- what is shown ---- */

static enum facts_state state_of(const struct core_task *task)
{
	switch (task->state) {
	case TASK_QUEUED:
		return FACT_QUEUED;
	case TASK_RUNNING:
		return FACT_RUNNING;
	default:
		return FACT_REPORTING;
	}
}

static void look_at_tasks(struct core *core)
{
	for (size_t i = 0; i < core->facts.topic_count; i++)
		for (size_t state = 0; state < FACTS_STATE_COUNT; state++)
			core->facts.topics[i].states[state] = 0;
	for (const struct core_task *task = core->tasks; task; task = task->next)
		if (task->state != TASK_OVER)
			count_topic(task)->states[state_of(task)]++;
}

void site_refresh(void *arg)
{
	struct core *core = arg;
	struct facts *facts = &core->facts;
	int64_t now = clock_boot();

	facts->busy = core->busy;
	facts->reserved = core->reserved;
	facts->journal_bytes = journal_bytes(core->config->host.state);
	look_at_tasks(core);
	for (size_t i = 0; i < facts->engine_count; i++)
		facts->engines[i].poll_age = now - core->fetchers[i].polled_at;
	for (size_t i = 0; i < facts->plugin_count; i++) {
		const struct seat *seat = &core->seats[i];

		facts->plugins[i].version = json_get_text(seat->about, "version");
		facts->plugins[i].ready = seat->current && seat->current->ready;
		facts->plugins[i].lost = seat->lost;
		facts->plugins[i].quarantined = seat->quarantined;
		facts->plugins[i].memory = seat_memory(seat);
	}
	facts->blocked = core->blocked_since != 0;
	find_reasons(core, now);
}

int site_open(struct core *core, struct error *error)
{
	const char *listen = core->config->host.listen;
	const struct web_subject subject = {.facts = &core->facts, .refresh = site_refresh, .arg = core};
	struct sockaddr_storage address;
	socklen_t length;

	if (!listen)
		return 0;
	if (listen_read(listen, &address, &length))
		return error_set(error, "listen = %s in [host] is no address", listen);
	core->web = web_new((const struct sockaddr *)&address, length, &subject, error);
	if (!core->web)
		return -1;
	log_line(core->log, LOG_INFO, NULL, "listening on %s for /healthz, /readyz and /metrics%s", web_url(core->web),
		 web_is_local(core->web) ? ""
					 : ", which other machines can reach: let a firewall or network policy say "
					   "which");
	return 0;
}

unsigned site_fds(const struct core *core, struct pollfd *fds, unsigned count)
{
	if (core->web)
		fds[count++] = (struct pollfd){.fd = web_fd(core->web), .events = POLLIN};
	return count;
}
