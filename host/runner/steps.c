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
#include "http/url.h"
#include "runner/task.h"

#define READS_MOST (8u * 1024 * 1024) /* bytes of answers that wait for the next mutation */
#define LOCK_MARGIN 5000              /* ms of the lock that a mutation must have left when it starts */

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

/* Queries stay out of messages: they can name people. */
static enum step_verdict fail_changed(struct task *task, int number, const json_t *row, const json_t *old)
{
	char *now = url_outline(json_get_text(row, "url")), *before = url_outline(json_get_text(old, "url"));
	const char *how = "";

	if (strcmp(now, before) == 0 && same(old, row, "method"))
		how = same(old, row, "url") ? " with another body" : " with another query";
	(void)task_fail(task, 1,
			"step %d is now %s %s, but this task's journal holds %s %s%s: the unit was changed, or does "
			"not do the same at every run; finish the task by hand",
			number, json_get_text(row, "method"), now, json_get_text(old, "method"), before, how);
	free(now);
	free(before);
	return STEP_FAILED;
}

/* Nobody heard how it ended. What to look at differs: an API, a mail server, or what the unit does itself. */
static enum step_verdict fail_unknown(struct task *task, int number, const json_t *row)
{
	const char *what = json_get_text(row, "what"), *method = json_get_text(row, "method");
	const char *stopped = "the host or the plugin's process stopped before it heard the answer";
	char *outline = url_outline(json_get_text(row, "url"));

	task->unknown_step = number;
	if (text_equal(method, "MAIL"))
		(void)task_fail(
			task, 1,
			"%s: it is not known whether the mail (service %s, Message-ID %s.%d@...) was sent: %s; "
			"ask the receiver or look at the mail server, then grant a retry, which sends it (again)",
			what, outline, json_get_text(task->facts, "id"), number, stopped);
	else if (text_equal(method, "STEP"))
		(void)task_fail(
			task, 1,
			"%s: it is not known whether this step was carried out: the host or the plugin's "
			"process stopped in the middle of it; check it, then grant a retry, which does it (again)",
			what);
	else
		(void)task_fail(task, 1,
				"%s: it is not known whether %s %s was carried out: %s; check it in that service, then "
				"grant a retry, which sends it (again)",
				what, method, outline, stopped);
	free(outline);
	return STEP_FAILED;
}

enum step_verdict steps_look(struct task *task, int number, const json_t *row, int mutation, int repeatable,
			     const json_t **answer)
{
	const json_t *old = journaled(task, number);
	const char *state = json_get_text(old, "state");
	const char *method = json_get_text(row, "method");

	if (!old)
		return STEP_SEND;
	if (!same(old, row, "method") || !same(old, row, "url") || !same(old, row, "digest"))
		return fail_changed(task, number, row, old);
	if (text_equal(state, "done")) {
		*answer = old;
		if (json_object_get(old, "answer") || json_get_text(old, "error"))
			return STEP_ANSWERED;
		(void)task_fail(
			task, 1,
			"%s: it was done before, and the journal no longer holds its answer: finish the task by hand",
			json_get_text(row, "what"));
		return STEP_FAILED;
	}
	if (!mutation || repeatable || text_equal(state, "reported") ||
	    text_in(method, (const char *const[]){"PUT", "PATCH", "DELETE", NULL}))
		return STEP_SEND;
	return fail_unknown(task, number, row);
}

/* Puts a note in the journal; stolen. */
static int note(struct task *task, json_t *note)
{
	if (!task->shop->note) {
		json_decref(note);
		return 0;
	}
	if (task->shop->note(task, note))
		return task_fail(task, 0,
				 "the journal takes no note of this task: its lock is lost, the host is stopping, or "
				 "what it read is too much for one note");
	return 0;
}

/* Reads wait for the next mutation, but not without end. */
static int flush_reads(struct task *task)
{
	json_t *rows = json_copy(task->reads);

	if (!rows)
		return task_fail(task, 0, "out of memory");
	(void)json_array_clear(task->reads);
	task->read_bytes = 0;
	return note(task, json_pack("{s:o}", "put", rows));
}

/* An intent that will not be sent has had no effect. */
static void take_back(struct task *task, json_t *numbers)
{
	(void)note(task, json_pack("{s:o}", "drop", numbers));
	(void)atomic_fetch_sub(&task->shop->open_intents, 1);
}

int steps_intend(struct task *task, json_t *rows)
{
	json_t *numbers = mem_json(json_array());
	size_t i;
	json_t *row;

	json_array_foreach (rows, i, row) {
		(void)json_object_set_new(row, "state", mem_json(json_string("intent")));
		(void)json_array_append(numbers, json_object_get(row, "step"));
	}
	(void)json_array_extend(rows, task->reads);
	(void)json_array_clear(task->reads);
	task->read_bytes = 0;
	(void)atomic_fetch_add(&task->shop->open_intents, 1);
	if (note(task, json_pack("{s:o}", "put", rows))) {
		json_decref(numbers);
		(void)atomic_fetch_sub(&task->shop->open_intents, 1);
		return -1;
	}
	/* the journal may have taken its time, and the lock may be gone by now */
	if (!task->cleaning && steps_wait_for_lock(task)) {
		take_back(task, numbers);
		return -1;
	}
	json_decref(numbers);
	return 0;
}

int steps_answer(struct task *task, int intended, json_t *rows, json_t *drop)
{
	int code = 0;

	if (json_array_size(rows) || json_array_size(drop)) {
		code = note(task, json_pack("{s:o, s:o}", "put", rows, "drop", drop));
	} else {
		json_decref(rows);
		json_decref(drop);
	}

	if (intended)
		(void)atomic_fetch_sub(&task->shop->open_intents, 1);
	return code;
}

void steps_forget(struct task *task, int from, json_t *undone, json_t *keep)
{
	(void)note(task, json_pack("{s:{s:i, s:o, s:o}}", "forget", "from", from, "undone", undone, "keep", keep));
}

void steps_read(struct task *task, json_t *row, size_t size)
{
	if (json_array_append_new(task->reads, row))
		(void)task_fail(task, 0, "out of memory");
	task->read_bytes += size;
	if (task->read_bytes > READS_MOST)
		(void)flush_reads(task);
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
