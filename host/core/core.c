/* core.c: starting, the loop, and stopping. See core.h for what one turn is. */
#include "core/core.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "core/count.h"
#include "core/durable.h"
#include "core/fetch.h"
#include "core/runners.h"
#include "core/signals.h"
#include "core/site.h"
#include "core/tasks.h"
#include "web/web.h"

#define LOAD_TIME 20000     /* ms in which a plugin must be ready */
#define RETURN_TIME 2000    /* ms after the drain time for unlocking what is left */
#define PURGE_EVERY 3600000 /* ms */
#define LONGEST_SLEEP 60000

/* ---- one wait ---- */

static unsigned fd_count(const struct core *core)
{
	unsigned count = core->web ? 2 : 1;

	for (size_t i = 0; i < core->config->plugin_count; i++)
		count += seat_fd_count(&core->seats[i]);
	return count;
}

static int64_t sleep_time(const struct core *core, int64_t now)
{
	int64_t due = now + LONGEST_SLEEP, at;

	for (size_t i = 0; i < core->config->plugin_count; i++)
		if ((at = seat_due(&core->seats[i])) < due)
			due = at;
	for (size_t i = 0; core->fetchers && i < core->config->engine_count; i++)
		if ((at = fetch_due(&core->fetchers[i], now)) < due)
			due = at;
	if ((at = tasks_due(core)) < due)
		due = at;
	if (core->journal && (at = journal_due(core->journal)) < due)
		due = at;
	if (core->web && (at = web_due(core->web, now)) < due)
		due = at;
	if (core->draining) {
		at = core->drain_end + (core->returning ? RETURN_TIME : 0);
		due = at < due ? at : due;
	}
	return due > now ? due - now : 0;
}

/* Waits and takes what came: the first half of a turn. */
static void take_events(struct core *core, int signals, int64_t timeout)
{
	unsigned count = fd_count(core);
	struct pollfd *fds = mem_new(count, sizeof(*fds));

	fds[0] = (struct pollfd){.fd = signals, .events = POLLIN};
	count = site_fds(core, fds, 1);
	for (size_t i = 0; i < core->config->plugin_count; i++)
		count = seat_fds(&core->seats[i], fds, count);
	(void)http_turn(core->http, fds, count, timeout);
	if (fds[0].revents)
		signals_take(core, signals);
	free(fds);
	children_reap(core);
	for (size_t i = 0; i < core->config->plugin_count; i++)
		seat_serve(&core->seats[i], clock_boot());
	children_sweep(core);
	if (core->web)
		web_turn(core->web, clock_boot());
	for (size_t i = 0; core->fetchers && i < core->config->engine_count; i++)
		fetch_events(&core->fetchers[i], clock_boot());
}

/* ---- starting ---- */

static void open_core(struct core *core, const struct config *config, struct log *log)
{
	*core = (struct core){.config = config, .log = log};
	children_adopt();
	core->http = http_new();
	core->client = client_new(core->http, log);
	count_open(core);
	core->seats = mem_new(config->plugin_count, sizeof(*core->seats));
	for (size_t i = 0; i < config->plugin_count; i++)
		seat_init(&core->seats[i], core, &config->plugins[i]);
	config_hide(config, log);
}

static void close_core(struct core *core)
{
	web_free(core->web);
	for (size_t i = 0; core->fetchers && i < core->config->engine_count; i++)
		fetch_clear(&core->fetchers[i]);
	runners_end(core);
	for (size_t i = 0; i < core->config->plugin_count; i++)
		seat_clear(&core->seats[i]);
	client_free(core->client);
	http_free(core->http);
	tasks_clear(core);
	count_clear(core);
	registry_clear(&core->registry);
	journal_close(core->journal);
	free(core->fetchers);
	free(core->seats);
	free(core->worker_id);
}

static int loading(const struct core *core)
{
	for (size_t i = 0; i < core->config->plugin_count; i++)
		if (!core->seats[i].about && !core->seats[i].refusal)
			return 1;
	return 0;
}

/* Starts every plugin and waits until each is ready or refused. */
static void load_plugins(struct core *core, int signals)
{
	int64_t end = clock_boot() + LOAD_TIME;

	do {
		for (size_t i = 0; i < core->config->plugin_count; i++)
			seat_turn(&core->seats[i], clock_boot());
		take_events(core, signals, 100);
	} while (loading(core) && clock_boot() < end && !core->draining);
}

static int describe(struct core *core, struct problems *problems)
{
	json_t **abouts = mem_new(core->config->plugin_count, sizeof(*abouts));
	int code = 0;

	for (size_t i = 0; i < core->config->plugin_count; i++) {
		const struct seat *seat = &core->seats[i];

		abouts[i] = seat->about;
		if (seat->about)
			continue;
		if (seat->refusal)
			problems_add(problems, &seat->plugin->place, "plugin %s cannot be used: %s", seat->plugin->name,
				     seat->refusal);
		else
			problems_add(problems, &seat->plugin->place,
				     "plugin %s cannot be used: %s: its process is not ready after 20 s: its init "
				     "function must return, and leave what takes long to its units",
				     seat->plugin->name, seat->library);
		code = -1;
	}
	if (registry_build(&core->registry, core->config, abouts, problems))
		code = -1;
	free(abouts);
	return code;
}

int core_describe(const struct config *config, struct log *log, json_t **abouts, struct problems *problems)
{
	struct core core;
	int signals = signals_open();
	int code;

	open_core(&core, config, log);
	load_plugins(&core, signals);
	code = describe(&core, problems);
	for (size_t i = 0; i < config->plugin_count; i++)
		abouts[i] = json_incref(core.seats[i].about);
	core.ended = 1;
	close_core(&core);
	(void)close(signals);
	return code;
}

/* ---- resuming ---- */

static void resume(void *arg, struct journal_row *row)
{
	struct core *core = arg;
	struct engine_task task;
	size_t engine = 0;

	while (engine < core->config->engine_count && strcmp(core->config->engines[engine].name, row->engine) != 0)
		engine++;
	if (engine == core->config->engine_count) {
		log_line(core->log, LOG_ERROR, &(struct log_about){.engine = row->engine, .task = row->id},
			 "the journal holds this task, but no section [engine %s] is configured: it waits until there "
			 "is one",
			 row->engine);
		return;
	}
	if (!row->task || engine_task_from_json(&task, row->task)) {
		log_line(core->log, LOG_ERROR, &(struct log_about){.engine = row->engine, .task = row->id},
			 "the journal's row of this task cannot be read: it is left to the engine, which offers it "
			 "again");
		journal_state(core->journal, row->engine, row->id, JOURNAL_LOST, NULL);
		return;
	}
	task.lock_until = 0; /* extended before anything else */
	tasks_take(core, engine, &task, row);
	engine_task_clear(&task);
}

static int open_state(struct core *core, struct error *error)
{
	const struct config *config = core->config;

	if (journal_make_folder(config->host.state, error))
		return -1;
	core->journal = journal_open(config->host.state, error);
	if (!core->journal || journal_hear_orphans(core->journal, config->host.state, core->log, error) < 0)
		return -1;
	core->worker_id =
		config->host.worker_id ? mem_text(config->host.worker_id) : journal_worker_id(core->journal, error);
	if (!core->worker_id)
		return -1;
	core->fetchers = mem_new(config->engine_count, sizeof(*core->fetchers));
	for (size_t i = 0; i < config->engine_count; i++)
		if (fetch_init(&core->fetchers[i], core, i, error))
			return -1;
	return site_open(core, error);
}

/* ---- the loop ---- */

/* Whatever is left can wait in the journal for the next start. */
static int drained(const struct core *core, int64_t now)
{
	if (!core->draining)
		return 0;
	if (core->returning && now >= core->drain_end + RETURN_TIME)
		return 1;
	for (size_t i = 0; i < core->config->engine_count; i++)
		if (core->fetchers[i].polling)
			return 0;
	for (const struct core_task *task = core->tasks; task; task = task->next)
		if (!core->returning || task->state < TASK_PERFORMED || task->state == TASK_RETURNING ||
		    task->reporting)
			return 0;
	return 1;
}

/* The last thing: locks that are ours and that no task of ours stands for. */
static int left(struct core *core, int64_t now)
{
	int done = 1;

	for (size_t i = 0; i < core->config->engine_count; i++)
		done &= fetch_leave(&core->fetchers[i], now);
	return done;
}

static int turn(struct core *core, int signals)
{
	int64_t now = clock_boot();

	take_events(core, signals, sleep_time(core, now));
	now = clock_boot();
	if (now >= core->purge_at && !core->blocked_since) {
		journal_purge(core->journal, clock_wall() - core->config->host.keep * 1000);
		core->purge_at = now + PURGE_EVERY;
	}
	if (durable_turn(core, now))
		return -1;
	if (core->draining && !core->returning && now >= core->drain_end) {
		log_line(core->log, LOG_WARNING, NULL, "the drain time is over: what still runs is given back");
		core->returning = 1;
	}
	for (size_t i = 0; i < core->config->plugin_count; i++)
		seat_turn(&core->seats[i], now);
	tasks_turn(core, now);
	for (size_t i = 0, first = core->next_engine; i < core->config->engine_count; i++)
		fetch_turn(&core->fetchers[(first + i) % core->config->engine_count], now);
	if (drained(core, now) && left(core, now))
		core->ended = 1;
	return 0;
}

static int start(struct core *core, int signals)
{
	struct problems problems = {0};
	struct error error;
	int status = 0;

	if (open_state(core, &error)) {
		log_line(core->log, LOG_ERROR, NULL, "%s", error.text);
		return 73; /* EX_CANTCREAT */
	}
	load_plugins(core, signals);
	if (core->draining)
		return 1;
	if (describe(core, &problems)) {
		for (size_t i = 0; i < problems.count; i++)
			log_line(core->log, LOG_ERROR, NULL, "%s", problems.list[i]);
		log_line(core->log, LOG_ERROR, NULL,
			 "%zu problem%s in the configuration: nothing was started (bptl check shows the same)",
			 problems.count, problems.count == 1 ? "" : "s");
		status = 78; /* EX_CONFIG */
	}
	problems_free(&problems);
	return status;
}

/* From ready until ended. The exit status of the process. */
static int work(struct core *core, int signals)
{
	const struct config *config = core->config;
	struct error error = {""};
	int status = 0;

	for (size_t i = 0; i < config->plugin_count; i++)
		runners_supply(&core->seats[i]);
	count_bind(core);
	if (journal_each(core->journal, resume, core) == 0)
		log_line(core->log, LOG_INFO, NULL,
			 "ready: %zu topics, %zu engines, %zu plugins, %d places, worker id %s", core->registry.count,
			 config->engine_count, config->plugin_count, config->host.workers, core->worker_id);
	else
		status = 74; /* EX_IOERR */
	while (!core->ended && status == 0)
		if (turn(core, signals))
			status = 74;
	journal_hurry(core->journal);
	if (journal_commit(core->journal, &error)) {
		log_line(core->log, LOG_ERROR, NULL,
			 "%s: what came last is not in it; tasks whose answer is missing there will be incidents that "
			 "name their request",
			 error.text);
		status = 74;
	}
	return core->moved ? 74 : status;
}

int core_run(const struct config *config, struct log *log)
{
	struct core core;
	int signals = signals_open();
	char *quarantined;
	int status;

	if (signals < 0) {
		log_line(log, LOG_ERROR, NULL, "signals cannot be waited for: %s", strerror(errno));
		return EX_OSERR;
	}
	open_core(&core, config, log);
	status = start(&core, signals);
	if (status == 0)
		status = work(&core, signals);
	else if (core.draining)
		status = 0; /* a signal came while plugins were loading */
	core.ended = 1;
	quarantined = seats_quarantined(&core);
	log_line(log, LOG_INFO, NULL, "stopped: %lu tasks completed, %lu failed%s%s", core.completed, core.failed,
		 quarantined ? "; in quarantine: plugin " : "", quarantined ? quarantined : "");
	free(quarantined);
	close_core(&core);
	(void)close(signals);
	return status;
}
