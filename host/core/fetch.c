/* fetch.c: see fetch.h. Two kinds of waiting must not be confused: an idle poll waits at the engine, and is followed by
 * the next at once; a failed one is followed after a growing wait. */
#include "core/fetch.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "core/count.h"
#include "core/tasks.h"

#define FAILURE_WAIT_FIRST 500
#define FAILURE_WAIT_MOST 30000
#define SHORTEST_POLL 100
#define BUSY_POLL 5000  /* ms: while tasks run one may fail, and its retry would not wake a poll that is open */
#define LIST_EVERY 3000 /* ms between questions after aborted polls */
#define LEAVE_TIME 1000 /* ms for the last look at what the engine holds for us */
#define STRAY_MARGIN (3 * LIST_EVERY) /* a stray is one that is unknown at two questions after its poll is over */

int fetch_free_places(const struct core *core)
{
	return core->config->host.workers - core->busy - core->reserved;
}

int fetch_held(const struct fetcher *fetcher)
{
	int count = 0;

	for (const struct core_task *task = fetcher->core->tasks; task; task = task->next)
		count += task->engine == fetcher->index;
	return count;
}

/* How many tasks to ask for: places are shared with the engines that could poll now, too. A topic near its own limit
 * narrows the poll, so that whatever mix arrives fits. */
static int most_tasks(const struct fetcher *fetcher)
{
	const struct core *core = fetcher->core;
	int most = fetch_free_places(core), sharing = 0;

	for (size_t i = 0; i < core->config->engine_count; i++)
		sharing += !core->fetchers[i].polling;
	if (sharing > 1 && most > 1)
		most = (most + sharing - 1) / sharing;
	if (fetcher->config->max_tasks && most > fetcher->config->max_tasks - fetch_held(fetcher))
		most = fetcher->config->max_tasks - fetch_held(fetcher);
	/* performed tasks that the engine does not take back hold no place, but must not pile up without end */
	if (fetch_held(fetcher) >= 4 * core->config->host.workers)
		most = 0;
	for (size_t i = 0; i < core->registry.count; i++) {
		const struct binding *binding = &core->registry.bindings[i];
		int left = binding->topic->parallel - binding->busy;

		if (binding->topic->engine == fetcher->index && binding->topic->parallel && left > 0 && left < most)
			most = left;
	}
	return most;
}

static size_t list_topics(struct fetcher *fetcher)
{
	const struct core *core = fetcher->core;
	size_t count = 0;

	fetcher->topics = mem_resize(fetcher->topics, core->registry.count + 1, sizeof(*fetcher->topics));
	for (size_t i = 0; i < core->registry.count; i++) {
		const struct binding *binding = &core->registry.bindings[i];
		const struct config_topic *topic = binding->topic;

		if (topic->engine != fetcher->index || (topic->parallel && binding->busy >= topic->parallel) ||
		    !core->seats[binding->plugin].current || !core->seats[binding->plugin].current->ready)
			continue;
		fetcher->topics[count++] = (struct engine_topic){
			.name = topic->topic,
			.lock = topic->lock,
			.variables = binding->variables,
			.definition_keys =
				topic->definition_keys.count ? (const char *const *)topic->definition_keys.list : NULL,
			.business_key = topic->business_key,
			.tenants = topic->tenants.count ? (const char *const *)topic->tenants.list : NULL,
			.without_tenant = topic->without_tenant,
			.process_variables = topic->process_variables,
			.local_variables = topic->local_variables,
			.extension_properties = topic->extension_properties,
		};
	}
	return count;
}

/* An engine does not notice that a poll was aborted, by us or by the line: until its time is over it locks tasks for
 * it. */
static void expect_strays(struct fetcher *fetcher)
{
	fetcher->look_for_strays = 1;
	if (fetcher->config->type == CONFIG_CAMUNDA)
		fetcher->strays_until = clock_boot() + fetcher->config->long_poll + STRAY_MARGIN;
	fetcher->list_at = clock_boot() + LIST_EVERY;
}

void fetch_look_for_strays(struct fetcher *fetcher, int64_t now)
{
	if (fetcher->strays_until < now + 4 * LIST_EVERY) /* a stray is one that two questions in a row have named */
		fetcher->strays_until = now + 4 * LIST_EVERY;
}

void fetch_heard(struct fetcher *fetcher, enum engine_result result)
{
	struct log_about about = {.engine = fetcher->config->name};
	int64_t now = clock_boot();

	if (!outage_heard(&fetcher->outage, result, now))
		return;
	log_line(fetcher->core->log, LOG_INFO, &about, "the engine answers again: what had to wait is said to it now");
	tasks_hurry(fetcher->core, fetcher->index, now);
	if (fetcher->poll_at > now)
		fetcher->poll_at = now;
}

static void poll_failed(struct fetcher *fetcher, const char *words)
{
	int64_t wait = clock_backoff(++fetcher->failures, FAILURE_WAIT_FIRST, FAILURE_WAIT_MOST);
	struct log_about about = {.engine = fetcher->config->name};

	fetcher->poll_at = clock_boot() + wait;
	expect_strays(fetcher);
	log_line(fetcher->core->log, LOG_WARNING, &about,
		 "the poll for tasks failed (%u in a row): %s; next try in %.1f s", fetcher->failures, words,
		 (double)wait / 1000);
}

static void poll_done(void *arg, enum engine_result result, struct engine_task *tasks, size_t count, const char *words)
{
	struct fetcher *fetcher = arg;
	struct log_about about = {.engine = fetcher->config->name};

	fetcher->polling = 0;
	fetcher->core->reserved -= fetcher->reserved;
	fetcher->reserved = 0;
	count_poll(fetcher, result, count);
	fetch_heard(fetcher, result);
	if (result == ENGINE_TAKEN) {
		fetcher->polled = 1;
		fetcher->polled_at = fetcher->well_at = clock_boot();
		if (fetcher->failures)
			log_line(fetcher->core->log, LOG_INFO, &about, "the engine answers again after %u failed polls",
				 fetcher->failures);
		fetcher->failures = 0;
		for (size_t i = 0; i < count; i++)
			tasks_take(fetcher->core, fetcher->index, &tasks[i], NULL);
	} else if (result == ENGINE_STOPPED) {
		expect_strays(fetcher);
	} else {
		poll_failed(fetcher, words);
	}
}

static void open_poll(struct fetcher *fetcher, int64_t now)
{
	int most = most_tasks(fetcher);
	int64_t wait = fetcher->config->long_poll;
	size_t count;

	if (fetcher->core->blocked_since) {
		fetch_rest(fetcher, 1, now);
		return;
	}
	count = most > 0 ? list_topics(fetcher) : 0;
	fetch_rest(fetcher, count == 0 && fetch_may_rest(fetcher), now);
	if (count == 0)
		return;
	if (fetcher->core->busy > 0 && wait > BUSY_POLL)
		wait = BUSY_POLL;
	if (fetcher->retry_due != INT64_MAX) {
		if (fetcher->retry_due - now < wait)
			wait = fetcher->retry_due - now > SHORTEST_POLL ? fetcher->retry_due - now : SHORTEST_POLL;
		if (fetcher->retry_due <= now)
			fetcher->retry_due = INT64_MAX;
	}
	fetcher->polling = 1;
	fetcher->core->next_engine = fetcher->index + 1;
	fetcher->reserved = most;
	fetcher->core->reserved += most;
	fetcher->due = 0; /* an engine may do at its next turn what it is told now */
	engine_fetch(fetcher->engine, fetcher->topics, count, most, wait, poll_done, fetcher);
}

/* ---- tasks that the engine thinks we hold ---- */

static void stray_unlocked(void *arg, enum engine_result result, const char *words)
{
	struct fetcher *fetcher = arg;

	(void)words; /* if it did not work, the lock runs out */
	if (result == ENGINE_STOPPED)
		return;
	fetcher->unlocking--;
	fetch_heard(fetcher, result);
}

void fetch_give_back(struct fetcher *fetcher, const char *id)
{
	fetcher->due = 0;
	fetcher->unlocking++;
	engine_unlock(fetcher->engine, id, stray_unlocked, fetcher);
}

static int named(const json_t *list, const char *id)
{
	const json_t *one;
	size_t i;

	json_array_foreach (list, i, one)
		if (strcmp(json_string_value(one), id) == 0)
			return 1;
	return 0;
}

/* A task that is unknown while a poll is open may be in that poll's answer, on its way here: only one that was unknown
 * the time before, too, is a stray. */
static void unlock_strays(struct fetcher *fetcher, const char *const *ids, size_t count)
{
	json_t *unknown = mem_json(json_array());

	for (size_t i = 0; i < count; i++) {
		struct log_about about = {.engine = fetcher->config->name, .task = ids[i]};

		if (tasks_has(fetcher->core, fetcher->index, ids[i]))
			continue;
		if (!fetcher->listing_alone && !named(fetcher->unknown, ids[i])) {
			(void)json_array_append_new(unknown, mem_json(json_string(ids[i])));
			continue;
		}
		log_line(fetcher->core->log, LOG_INFO, &about,
			 "the engine holds this task locked for us, and its answer never came: unlocked");
		fetch_give_back(fetcher, ids[i]);
	}
	json_decref(fetcher->unknown);
	fetcher->unknown = unknown;
	fetcher->nothing_left = fetcher->last_look && fetcher->unlocking == 0;
}

static void strays_listed(void *arg, enum engine_result result, const char *const *ids, size_t count, const char *words)
{
	struct fetcher *fetcher = arg;
	struct log_about about = {.engine = fetcher->config->name};

	fetcher->listing = 0;
	fetch_heard(fetcher, result);
	if (result == ENGINE_STOPPED)
		return;
	if (result == ENGINE_AGAIN && !fetcher->stopping) {
		poll_failed(fetcher, words);
		return;
	}
	fetcher->nothing_left = fetcher->last_look;
	fetcher->look_for_strays = 0;
	fetcher->list_at = clock_boot() + LIST_EVERY;
	if (result != ENGINE_TAKEN) {
		fetcher->strays_until = 0;
		(void)json_array_clear(fetcher->unknown);
		log_line(fetcher->core->log, LOG_WARNING, &about,
			 "the engine does not say which tasks we hold (%s): those whose answer never came return when "
			 "their lock ends",
			 words);
		return;
	}
	unlock_strays(fetcher, ids, count);
}

/* ---- turns ---- */

static void list_locked(struct fetcher *fetcher)
{
	fetcher->listing = 1;
	fetcher->listing_alone = !fetcher->polling;
	fetcher->due = 0;
	engine_list_locked(fetcher->engine, strays_listed, fetcher);
}

void fetch_events(struct fetcher *fetcher, int64_t now)
{
	fetcher->due = engine_turn(fetcher->engine, now);
}

/* Which tasks the engine thinks we hold: as long as an aborted poll may lock some, and until each that is unknown is
 * either here or unlocked. */
static int asks_again(const struct fetcher *fetcher, int64_t now)
{
	return !fetcher->listing && !fetcher->look_for_strays &&
	       (now < fetcher->strays_until || json_array_size(fetcher->unknown) > 0);
}

void fetch_turn(struct fetcher *fetcher, int64_t now)
{
	if (fetcher->stopping || fetcher->core->draining)
		return;
	if (!fetcher->polling && !fetcher->listing && now >= fetcher->poll_at && fetcher->look_for_strays)
		list_locked(fetcher);
	else if (asks_again(fetcher, now) && now >= fetcher->list_at)
		list_locked(fetcher);
	/* the first question comes before a poll, later ones beside it */
	if (!fetcher->polling && !fetcher->look_for_strays && !(fetcher->listing && fetcher->listing_alone) &&
	    now >= fetcher->poll_at)
		open_poll(fetcher, now);
}

/* The poll that was stopped may have locked tasks whose answer we did not read, and it lives on in the engine: what is
 * given back can be taken by it again. So this goes on until the engine holds nothing more. */
int fetch_leave(struct fetcher *fetcher, int64_t now)
{
	if (fetcher->leave_until == 0)
		fetcher->leave_until = now + LEAVE_TIME;
	if (fetcher->nothing_left || now >= fetcher->leave_until)
		return 1;
	if (!fetcher->listing && fetcher->unlocking == 0) {
		fetcher->last_look = 1;
		list_locked(fetcher);
	}
	return 0;
}

int64_t fetch_due(const struct fetcher *fetcher, int64_t now)
{
	int64_t due = fetcher->due;

	if (fetcher->leave_until && fetcher->leave_until < due)
		due = fetcher->leave_until;
	if (!fetcher->polling && !fetcher->core->draining && !fetcher->core->blocked_since && fetcher->poll_at > now &&
	    fetcher->poll_at < due)
		due = fetcher->poll_at;
	if (asks_again(fetcher, now) && !fetcher->core->draining && fetcher->list_at < due)
		due = fetcher->list_at;
	return due;
}

void fetch_expect(struct fetcher *fetcher, int64_t due)
{
	if (due < fetcher->retry_due)
		fetcher->retry_due = due;
}

void fetch_abort(struct fetcher *fetcher)
{
	fetcher->due = 0;
	if (fetcher->polling)
		engine_stop_fetch(fetcher->engine);
}

void fetch_stop(struct fetcher *fetcher)
{
	fetcher->stopping = 1;
	fetch_abort(fetcher);
}

int fetch_init(struct fetcher *fetcher, struct core *core, size_t index, struct error *error)
{
	const struct config_engine *config = &core->config->engines[index];

	*fetcher = (struct fetcher){.core = core,
				    .index = index,
				    .config = config,
				    .retry_due = INT64_MAX,
				    .polled_at = clock_boot(),
				    .well_at = clock_boot(),
				    .unknown = json_array(),
				    .look_for_strays = 1};
	if (config->type == CONFIG_LOCAL)
		fetcher->engine = local_new(config->name, core->worker_id, config->database, core->config->host.keep,
					    core->log, error);
	else
		fetcher->engine = camunda_new(config->name, core->worker_id, core->client, &config->service,
					      config->use_priority, config->order, core->log);
	expect_strays(fetcher); /* of an earlier life of this host */
	return fetcher->engine ? 0 : -1;
}

void fetch_clear(struct fetcher *fetcher)
{
	if (fetcher->engine)
		engine_free(fetcher->engine);
	json_decref(fetcher->unknown);
	free(fetcher->topics);
}
