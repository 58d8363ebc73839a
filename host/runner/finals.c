/* finals.c: requests that a unit wants sent however it ends (bptl_finally): the lock of a document is given back, also
 * when the unit failed in between. After success they are steps like all others. After a failure they are sent without
 * a journal, within a short time of their own; what was taken back is then forgotten, so that the next run does it anew
 * with a lock of its own. What could not be taken back stays in the journal: the next run goes on with it. */
#include <stdlib.h>

#include "base/memory.h"
#include "runner/task.h"

#define CLEANING_TIME 15000 /* ms */

struct final {
	struct final *next;
	struct bptl_request request;
	int undone; /* number of the step that it takes back */
	int sent;
};

int finals_add(struct task *task, const struct bptl_request *request, const struct bptl_request *undone)
{
	json_t *body = request->body ? task_keep(task, request->body) : NULL;
	struct final *final;

	if (undone->status < 200 || undone->status >= 300)
		return task->outcome == OUTCOME_DONE ? 0 : -1;
	final = task_alloc(task, sizeof(*final));
	if (!final)
		return -1;
	final->request = *request;
	final->request.body = body;
	final->undone = undone->step;
	final->next = task->finals;
	task->finals = final;
	return task->outcome == OUTCOME_DONE ? 0 : -1;
}

/* Sends one; its body is kept already, and exchange_run() takes over a reference. */
static int send_final(struct task *task, struct final *final)
{
	struct bptl_request request = final->request;

	request.body = json_incref(request.body);
	return exchange_run(task, &request, 1);
}

/* What a failure is made of, put aside while others may happen. */
struct failure {
	enum outcome outcome;
	int permanent, unknown_step;
	char *message, *details, *code;
	int64_t retry_after, deadline;
};

static struct failure put_aside(struct task *task)
{
	struct failure failure = {.outcome = task->outcome,
				  .permanent = task->permanent,
				  .unknown_step = task->unknown_step,
				  .message = task->message,
				  .details = task->details,
				  .code = task->code,
				  .retry_after = task->retry_after,
				  .deadline = task->deadline};

	task->outcome = OUTCOME_DONE;
	task->message = task->details = task->code = NULL;
	task->deadline = clock_boot() + CLEANING_TIME;
	return failure;
}

static void take_back(struct task *task, const struct failure *failure)
{
	free(task->message);
	free(task->details);
	free(task->code);
	task->outcome = failure->outcome;
	task->permanent = failure->permanent;
	task->unknown_step = failure->unknown_step;
	task->message = failure->message;
	task->details = failure->details;
	task->code = failure->code;
	task->retry_after = failure->retry_after;
	task->deadline = failure->deadline;
}

/* 1 when everything was taken back. The failure of the unit stays what it was, whatever becomes of this. */
static int clean(struct task *task)
{
	json_t *undone = mem_json(json_array()), *keep = mem_json(json_array());
	int from = 0, all = 1;

	task->cleaning = 1;
	for (struct final *final = task->finals; final; final = final->next) {
		struct failure failure = put_aside(task);

		final->sent = final->sent || send_final(task, final) == 0;
		if (!final->sent)
			log_line(task->shop->log, LOG_WARNING, NULL, "%s had failed, and then: %s", task->key,
				 task->message);
		take_back(task, &failure);
		(void)json_array_append_new(final->sent ? undone : keep, mem_json(json_integer(final->undone)));
		if (final->sent && (from == 0 || final->undone < from))
			from = final->undone;
		all &= final->sent;
	}
	task->cleaning = 0;
	if (from) {
		struct failure failure = put_aside(task); /* a note is taken of a failed task, too */

		steps_forget(task, from, undone, keep);
		take_back(task, &failure);
	} else {
		json_decref(undone);
		json_decref(keep);
	}
	return all;
}

void finals_run(struct task *task)
{
	int done = task->outcome == OUTCOME_DONE;

	for (struct final *final = task->finals; final && task->outcome == OUTCOME_DONE; final = final->next)
		final->sent = send_final(task, final) == 0;
	if (task->outcome == OUTCOME_DONE || !task->finals || !clean(task) || !done)
		return;
	/* the unit had done its work, and a second try has taken back what it must not leave: nothing has failed */
	task->outcome = OUTCOME_DONE;
	free(task->message);
	free(task->details);
	task->message = task->details = NULL;
	task->permanent = task->unknown_step = 0;
}
