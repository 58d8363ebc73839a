/* local_engine.c: the embedded engine as the core sees it: an engine whose calls are done at the next turn, all in one
 * transaction, and are called back after its commit. It knows nothing of SQLite: see local.c. Longer than
 * 400 lines, because all verbs of the interface stand side by side. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "engine/local.h"

#define PURGE_EVERY 3600000 /* ms */

#define LOOK 200 /* milliseconds between two looks for tasks while a fetch waits */

/* A call of the core's that waits for the next turn. */
struct saying {
	struct saying *next;
	int is_list; /* list_locked, else what `saying` says */
	struct local_saying saying;
	engine_answered *answered;
	engine_listed *listed;
	void *arg;
	enum engine_result result;
	struct error why;
	json_t *ids;
};

/* The one fetch that waits, with copies of what it asks for. */
struct fetch {
	struct engine_topic *topics;
	size_t count;
	int most;
	int64_t until, look_at;
	int stopped;
	engine_fetched *done;
	void *arg;
	struct fetch *refused; /* a second one at the same time: it is called back with a refusal */
};

struct local {
	struct engine base;
	struct local_store *store;
	struct saying *first, **last;
	struct fetch *fetch;
	struct log *log;
	int64_t keep, purge_at;
};

static struct local *self(struct engine *engine)
{
	return (struct local *)engine;
}

/* ---- what workers say ---- */

static json_t *copied(const json_t *value)
{
	return value ? mem_json(json_deep_copy(value)) : NULL;
}

/* Keeps a saying; its texts and values are copied. */
static struct saying *keep(struct engine *engine, struct local_saying saying, void *arg)
{
	struct local *local = self(engine);
	struct saying *kept = mem_new(1, sizeof(*kept));

	saying.id = mem_text(saying.id);
	saying.code = mem_text(saying.code);
	saying.message = mem_text(saying.message);
	saying.details = mem_text(saying.details);
	saying.variables = copied(saying.variables);
	saying.local = copied(saying.local);
	kept->saying = saying;
	kept->arg = arg;
	*local->last = kept;
	local->last = &kept->next;
	return kept;
}

/* Calls back and frees. */
static void saying_end(struct saying *kept)
{
	const char *words = kept->result == ENGINE_TAKEN ? "" : kept->why.text;

	if (!kept->is_list) {
		kept->answered(kept->arg, kept->result, words);
	} else {
		size_t count = json_array_size(kept->ids);
		const char **ids = mem_new(count + 1, sizeof(*ids));

		for (size_t i = 0; i < count; i++)
			ids[i] = json_string_value(json_array_get(kept->ids, i));
		kept->listed(kept->arg, kept->result, ids, count, words);
		free(ids);
	}
	json_decref(kept->ids);
	free((char *)(uintptr_t)kept->saying.id);
	free((char *)(uintptr_t)kept->saying.code);
	free((char *)(uintptr_t)kept->saying.message);
	free((char *)(uintptr_t)kept->saying.details);
	json_decref((json_t *)(uintptr_t)kept->saying.variables);
	json_decref((json_t *)(uintptr_t)kept->saying.local);
	free(kept);
}

static void local_complete(struct engine *engine, const char *id, const json_t *variables, const json_t *own,
			   engine_answered *done, void *arg)
{
	struct local_saying saying = {.verb = LOCAL_COMPLETE, .id = id, .variables = variables, .local = own};

	keep(engine, saying, arg)->answered = done;
}

static void local_fail(struct engine *engine, const char *id, const char *message, const char *details, int retries,
		       int64_t retry_wait, engine_answered *done, void *arg)
{
	struct local_saying saying = {.verb = LOCAL_FAIL,
				      .id = id,
				      .message = message,
				      .details = details,
				      .retries = retries,
				      .duration = retry_wait};

	keep(engine, saying, arg)->answered = done;
}

static void local_bpmn_error(struct engine *engine, const char *id, const char *code, const char *message,
			     const json_t *variables, engine_answered *done, void *arg)
{
	struct local_saying saying = {
		.verb = LOCAL_BPMN_ERROR, .id = id, .code = code, .message = message, .variables = variables};

	keep(engine, saying, arg)->answered = done;
}

static void local_extend(struct engine *engine, const char *id, int64_t lock, engine_answered *done, void *arg)
{
	struct local_saying saying = {.verb = LOCAL_EXTEND, .id = id, .duration = lock};

	keep(engine, saying, arg)->answered = done;
}

static void local_unlock(struct engine *engine, const char *id, engine_answered *done, void *arg)
{
	struct local_saying saying = {.verb = LOCAL_UNLOCK, .id = id};

	keep(engine, saying, arg)->answered = done;
}

static void local_list_locked(struct engine *engine, engine_listed *done, void *arg)
{
	struct saying *kept = keep(engine, (struct local_saying){0}, arg);

	kept->is_list = 1;
	kept->listed = done;
}

/* Does everything that was said, in its order, in one transaction: all of it is durable, or none is taken. */
static void do_sayings(struct local *local, struct saying *first)
{
	struct error error;
	struct saying *kept;

	if (local_begin(local->store, &error))
		goto failed;
	for (kept = first; kept; kept = kept->next) {
		if (kept->is_list) {
			kept->ids = local_locked(local->store, local->base.worker_id, &kept->why);
			kept->result = kept->ids ? ENGINE_TAKEN : ENGINE_AGAIN;
		} else {
			kept->result = local_say(local->store, local->base.worker_id, &kept->saying, &kept->why);
		}
		if (kept->result == ENGINE_AGAIN) {
			local_rollback(local->store);
			error = kept->why;
			goto failed;
		}
	}
	if (local_commit(local->store, &error) == 0)
		return;
failed:
	for (kept = first; kept; kept = kept->next) {
		kept->result = ENGINE_AGAIN;
		kept->why = error;
	}
}

static void turn_sayings(struct local *local)
{
	struct saying *kept = local->first, *next;

	if (!kept)
		return;
	local->first = NULL; /* what the callbacks say is for the next turn */
	local->last = &local->first;
	do_sayings(local, kept);
	if (local->fetch) /* a task may have become free */
		local->fetch->look_at = 0;
	for (; kept; kept = next) {
		next = kept->next;
		saying_end(kept);
	}
}

/* ---- fetching ---- */

static const char *const *copied_names(const char *const *names)
{
	size_t count = 0;
	const char **copy;

	if (!names)
		return NULL;
	while (names[count])
		count++;
	copy = mem_new(count + 1, sizeof(*copy));
	for (size_t i = 0; i < count; i++)
		copy[i] = mem_text(names[i]);
	return copy;
}

static void free_names(const char *const *names)
{
	for (size_t i = 0; names && names[i]; i++)
		free((char *)(uintptr_t)names[i]);
	free((char **)(uintptr_t)names);
}

/* Calls back and frees. Tasks are owned. */
static void fetch_end(struct fetch *fetch, enum engine_result result, struct engine_task *tasks, size_t count,
		      const char *words)
{
	fetch->done(fetch->arg, result, tasks, count, words);
	for (size_t i = 0; i < count; i++)
		engine_task_clear(&tasks[i]);
	free(tasks);
	for (size_t i = 0; i < fetch->count; i++) {
		struct engine_topic *topic = &fetch->topics[i];

		free((char *)(uintptr_t)topic->name);
		free((char *)(uintptr_t)topic->business_key);
		free_names(topic->variables);
		free_names(topic->definition_keys);
		free_names(topic->tenants);
		json_decref(topic->process_variables);
	}
	free(fetch->topics);
	free(fetch);
}

static void local_fetch_start(struct engine *engine, const struct engine_topic *topics, size_t count, int most,
			      int64_t wait, engine_fetched *done, void *arg)
{
	struct local *local = self(engine);
	struct fetch *fetch = mem_new(1, sizeof(*fetch));

	fetch->topics = mem_new(count + 1, sizeof(*fetch->topics));
	for (size_t i = 0; i < count; i++) {
		struct engine_topic *topic = &fetch->topics[i];

		*topic = topics[i];
		topic->name = mem_text(topic->name);
		topic->business_key = mem_text(topic->business_key);
		topic->variables = copied_names(topic->variables);
		topic->definition_keys = copied_names(topic->definition_keys);
		topic->tenants = copied_names(topic->tenants);
		topic->process_variables = copied(topic->process_variables);
	}
	fetch->count = count;
	fetch->most = most;
	fetch->until = clock_boot() + (wait > 0 ? wait : 0);
	fetch->done = done;
	fetch->arg = arg;
	if (local->fetch) {
		fetch->refused = local->fetch->refused;
		local->fetch->refused = fetch;
	} else {
		local->fetch = fetch;
	}
}

static void local_stop_fetch(struct engine *engine)
{
	struct local *local = self(engine);

	if (local->fetch)
		local->fetch->stopped = 1;
}

/* Locks what can be fetched. 1: the fetch is over, with tasks or an error; 0: there is nothing yet. */
static int look(struct local *local, struct fetch *fetch, struct engine_task **tasks, size_t *count,
		struct error *error)
{
	struct engine_task *found;

	/* first a look that keeps no other process from writing */
	found = local_fetch(local->store, NULL, fetch->topics, fetch->count, 1, count, error);
	if (!found)
		return 1;
	if (*count > 0)
		engine_task_clear(found);
	free(found);
	if (*count == 0)
		return 0;
	*count = 0;
	if (local_begin(local->store, error))
		return 1;
	*tasks = local_fetch(local->store, local->base.worker_id, fetch->topics, fetch->count, fetch->most, count,
			     error);
	if (!*tasks) {
		local_rollback(local->store);
		return 1;
	}
	if (local_commit(local->store, error) == 0)
		return *count > 0;
	for (size_t i = 0; i < *count; i++)
		engine_task_clear(&(*tasks)[i]);
	free(*tasks);
	*tasks = NULL;
	*count = 0;
	return 1;
}

/* Fetches that were started while another waited. */
static void turn_refused(struct fetch *fetch)
{
	struct fetch *refused = fetch ? fetch->refused : NULL;

	if (refused)
		fetch->refused = NULL;
	while (refused) {
		struct fetch *next = refused->refused;

		fetch_end(refused, ENGINE_REFUSED, NULL, 0, "a fetch of this engine is already under way");
		refused = next;
	}
}

static void turn_fetch(struct local *local, int64_t now)
{
	struct fetch *fetch = local->fetch;
	struct engine_task *tasks = NULL;
	struct error error = {""};
	size_t count = 0;
	int over;

	turn_refused(fetch);
	if (!fetch || (!fetch->stopped && now < fetch->look_at && now < fetch->until))
		return;
	if (fetch->stopped) {
		local->fetch = NULL;
		fetch_end(fetch, ENGINE_STOPPED, NULL, 0, "the fetch was stopped");
		return;
	}
	over = look(local, fetch, &tasks, &count, &error);
	fetch->look_at = now + LOOK;
	if (!over && now < fetch->until) {
		free(tasks);
		return;
	}
	local->fetch = NULL;
	fetch_end(fetch, *error.text ? ENGINE_AGAIN : ENGINE_TAKEN, tasks, count, error.text);
}

/* ---- turn and end ---- */

/* Tasks that are over stay for a while, for people to look at. */
static void turn_purge(struct local *local, int64_t now)
{
	struct error error;

	local->purge_at = now + PURGE_EVERY;
	if (local_purge(local->store, local->keep, &error))
		log_line(local->log, LOG_WARNING, &(struct log_about){.engine = local->base.name},
			 "tasks that are over cannot be deleted: %s", error.text);
}

static int64_t local_turn(struct engine *engine, int64_t now)
{
	struct local *local = self(engine);

	turn_sayings(local);
	turn_fetch(local, now);
	if (now >= local->purge_at)
		turn_purge(local, now);
	if (local->first || (local->fetch && (local->fetch->stopped || local->fetch->refused)))
		return now;
	if (!local->fetch)
		return INT64_MAX;
	return local->fetch->look_at < local->fetch->until ? local->fetch->look_at : local->fetch->until;
}

static void local_free(struct engine *engine)
{
	struct local *local = self(engine);
	struct fetch *fetch;

	while (local->first) {
		struct saying *kept = local->first;

		local->first = kept->next;
		if (!local->first)
			local->last = &local->first;
		kept->result = ENGINE_STOPPED;
		(void)error_set(&kept->why, "the host stops");
		saying_end(kept);
	}
	while ((fetch = local->fetch)) {
		local->fetch = fetch->refused;
		fetch_end(fetch, ENGINE_STOPPED, NULL, 0, "the host stops");
	}
	local_close(local->store);
	free(local->base.name);
	free(local->base.worker_id);
	free(local);
}

struct engine *local_new(const char *name, const char *worker_id, const char *database, int64_t keep, struct log *log,
			 struct error *error)
{
	static const struct engine_ops ops = {.fetch = local_fetch_start,
					      .stop_fetch = local_stop_fetch,
					      .complete = local_complete,
					      .failure = local_fail,
					      .bpmn_error = local_bpmn_error,
					      .extend = local_extend,
					      .unlock = local_unlock,
					      .list_locked = local_list_locked,
					      .turn = local_turn,
					      .free = local_free};
	struct local_store *store = local_open(database, 1, error);
	const struct log_about about = {.engine = name};
	struct local *local;

	if (!store)
		return NULL;
	log_line(log, LOG_DEBUG, &about, "the embedded engine uses database %s", database);
	local = mem_new(1, sizeof(*local));
	local->base.ops = &ops;
	local->log = log;
	local->keep = keep;
	local->base.name = mem_text(name);
	local->base.worker_id = mem_text(worker_id);
	local->store = store;
	local->last = &local->first;
	return &local->base;
}
