/* steps.c: durable execution, the runner's half. Every exchange is a step with a number. The intent of a mutation is in
 * the journal before it is sent, its answer before the unit sees it; reads wait in memory and go along with the next
 * intent. When the unit runs again, what the journal holds is answered from it. The core's half is core/journal.c.
 *
 * A row: {step, what, method, url, digest, state: intent | reported | done, status, answer}. "reported" is an intent
 * whose unknown outcome a person has been told of: a run after that was granted by a person, and sends it. */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "runner/task.h"

#define LOCK_MARGIN 5000 /* ms of the lock that a mutation must have left when it starts */

static void digest(const char *body, char hex[65])
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	unsigned length = 0;

	if (EVP_Digest(body, strlen(body), hash, &length, EVP_sha256(), NULL) != 1)
		length = 0;
	for (unsigned i = 0; i < length; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	hex[2 * (size_t)length] = '\0';
}

json_t *steps_row(int number, const char *what, const char *method, const char *url, const char *body)
{
	char hex[65] = "";
	json_t *row;

	if (body)
		digest(body, hex);
	row = mem_json(json_pack("{s:i, s:s}", "step", number, "digest", hex));
	json_put_text(row, "what", what);
	json_put_text(row, "method", method);
	json_put_text(row, "url", url);
	return row;
}

static const json_t *journaled(const struct task *task, int number)
{
	size_t i;
	const json_t *row;

	json_array_foreach (task->steps, i, row)
		if (json_get_integer(row, "step", 0) == number)
			return row;
	return NULL;
}

static int same(const json_t *a, const json_t *b, const char *name)
{
	return text_equal(json_get_text(a, name), json_get_text(b, name));
}

enum step_verdict steps_look(struct task *task, int number, const json_t *row, int mutation, int repeatable,
			     const json_t **answer)
{
	const json_t *old = journaled(task, number);
	const char *state = json_get_text(old, "state");
	const char *method = json_get_text(row, "method");

	if (!old)
		return STEP_SEND;
	if (!same(old, row, "method") || !same(old, row, "url") || !same(old, row, "digest")) {
		(void)task_fail(task, 1,
				"step %d is now %s %s, but this task's journal holds %s %s%s: the unit was changed, or "
				"does not "
				"do the same at every run; finish the task by hand",
				number, method, json_get_text(row, "url"), json_get_text(old, "method"),
				json_get_text(old, "url"),
				same(old, row, "url") && same(old, row, "method") ? " with another body" : "");
		return STEP_FAILED;
	}
	if (text_equal(state, "done")) {
		*answer = old;
		return STEP_ANSWERED;
	}
	if (!mutation || repeatable || text_equal(state, "reported") ||
	    text_in(method, (const char *const[]){"PUT", "PATCH", "DELETE", NULL}))
		return STEP_SEND;
	task->unknown_step = number;
	(void)task_fail(
		task, 1,
		"%s: it is not known whether %s %s was carried out: the host stopped before it heard the answer; check "
		"it, then grant a retry, which sends it (again)",
		json_get_text(row, "what"), method, json_get_text(row, "url"));
	return STEP_FAILED;
}

/* Puts rows in the journal; both lists stolen. */
static int note(struct task *task, json_t *put, json_t *drop)
{
	if (!task->shop->note || (json_array_size(put) == 0 && json_array_size(drop) == 0)) {
		json_decref(put);
		json_decref(drop);
		return 0;
	}
	if (task->shop->note(task, put, drop))
		return task_fail(
			task, 0,
			"the core no longer takes notes of this task: its lock is lost or the host is stopping");
	return 0;
}

int steps_intend(struct task *task, json_t *rows)
{
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row)
		(void)json_object_set_new(row, "state", mem_json(json_string("intent")));
	(void)json_array_extend(rows, task->reads);
	(void)json_array_clear(task->reads);
	(void)atomic_fetch_add(&task->shop->open_intents, 1);
	if (note(task, rows, mem_json(json_array())) == 0)
		return 0;
	(void)atomic_fetch_sub(&task->shop->open_intents, 1);
	return -1;
}

int steps_answer(struct task *task, int intended, json_t *rows, json_t *drop)
{
	int code = note(task, rows, drop);

	if (intended)
		(void)atomic_fetch_sub(&task->shop->open_intents, 1);
	return code;
}

void steps_forget(struct task *task, int from)
{
	json_t *drop = mem_json(json_array());

	for (int step = from; step <= task->step; step++)
		if (!finals_stays(task, step))
			(void)json_array_append_new(drop, mem_json(json_integer(step)));
	(void)note(task, mem_json(json_array()), drop);
}

void steps_read(struct task *task, json_t *row)
{
	if (json_array_append_new(task->reads, row))
		(void)task_fail(task, 0, "out of memory");
}

int steps_wait_for_lock(struct task *task)
{
	const struct timespec moment = {.tv_nsec = 100 * 1000 * 1000};

	while (!task_stopped(task)) {
		if (atomic_load(&task->lock_until) - clock_boot() >= LOCK_MARGIN)
			return 0;
		(void)nanosleep(&moment, NULL);
	}
	return -1;
}
