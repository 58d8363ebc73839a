/* post.c: mails, and effects of a unit's own (bptl_step): steps that are no HTTP exchange. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/mail.h"
#include "http/url.h"
#include "runner/task.h"

/* ---- mail ---- */

/* On the worker's own thread: see mail.c. */
static void post_send(struct task *task, const struct service *service, const struct bptl_mail *mail,
		      const char *message_id, struct mail_answer *answer)
{
	if (!atomic_load(&task->shop->orphaned)) {
		mail_deliver(service, mail, message_id, task->first_run, answer);
		return;
	}
	answer->outcome = MAIL_NOT_MADE;
	(void)error_set(&answer->error, "the host has stopped");
}

/* Everything that makes this mail this mail, for the journal's digest. */
static char *substance(const struct bptl_mail *mail)
{
	struct text text = {0};

	for (const char *const *to = mail->to; to && *to; to++)
		text_add_format(&text, "to:%s\n", *to);
	text_add_format(&text, "reply-to:%s\nsubject:%s\n%s\n%s\n", mail->reply_to ? mail->reply_to : "",
			mail->subject ? mail->subject : "", mail->text ? mail->text : "", mail->html ? mail->html : "");
	for (size_t i = 0; i < mail->attachment_count; i++)
		text_add_format(&text, "%s %zu\n", mail->attachments[i].name ? mail->attachments[i].name : "",
				mail->attachments[i].size);
	return text_take(&text);
}

/* A mail server's codes have the classes of HTTP's. Of an unknown outcome the last code says nothing. */
static void post_count(struct task *task, const struct service *service, const struct mail_answer *answer)
{
	if (answer->outcome != MAIL_NOT_MADE)
		task_count_request(task, service, answer->outcome == MAIL_UNKNOWN ? 0 : answer->code);
}

static int post_settle(struct task *task, const struct mail_answer *answer, const char *what, const char *message_id,
		       int number, json_t *row)
{
	json_t *rows = mem_json(json_array()), *drop = mem_json(json_array());

	if (answer->outcome == MAIL_ACCEPTED) {
		(void)json_object_set_new(row, "state", mem_json(json_string("done")));
		(void)json_object_set_new(row, "status", mem_json(json_integer(250)));
		(void)json_object_set_new(row, "answer", json_true());
		(void)json_array_append(rows, row);
	} else if (answer->outcome != MAIL_UNKNOWN) {
		(void)json_array_append_new(drop, mem_json(json_integer(number)));
	}
	if (steps_answer(task, 1, rows, drop))
		return -1;
	switch (answer->outcome) {
	case MAIL_ACCEPTED:
		return 0;
	case MAIL_NOT_MADE:
		return task_fail(task, 1, "%s: the mail was not sent: %s", what, answer->error.text);
	case MAIL_REFUSED:
		return task_fail(task, 1, "%s: the mail server refused it: %s", what, answer->error.text);
	case MAIL_LATER:
		return task_fail(task, 0, "%s: the mail server did not take it now: %s", what, answer->error.text);
	case MAIL_UNKNOWN:
		break;
	}
	task->unknown_step = number;
	return task_fail(
		task, 1,
		"%s: the mail (Message-ID %s) may have been sent, its outcome is unknown: %s; ask the receiver or look "
		"at the mail server, then grant a retry, which sends it again",
		what, message_id, answer->error.text);
}

/* The host part of the sender's address, for the Message-ID. */
static const char *sender_host(const struct service *service)
{
	const char *at = service->from ? strchr(service->from, '@') : NULL;

	return at ? at + 1 : "localhost";
}

int post_mail(struct task *task, const struct bptl_mail *mail)
{
	const struct service *service;
	struct mail_answer answered;
	char *message_id = NULL;
	const json_t *answer = NULL;
	json_t *row = NULL;
	char *body = NULL;
	int number, code = -1;

	if (task_stopped_step(task))
		return -1;
	if (!mail->what)
		return task_fail(task, 1, "a mail without what: a fault of the unit");
	service = exchange_service(task, "smtp", NULL);
	if (!service)
		return -1;
	number = ++task->step;
	message_id = mem_format("%s.%d@%s", json_get_text(task->facts, "id"), number, sender_host(service));
	body = substance(mail);
	row = steps_row(number, mail->what, "MAIL", service->name, body);
	switch (steps_look(task, number, row, 1, 0, &answer)) {
	case STEP_FAILED:
		goto out;
	case STEP_ANSWERED:
		code = 0;
		goto out;
	case STEP_SEND:
		break;
	}
	if (steps_wait_for_lock(task) || steps_intend(task, mem_json(json_pack("[O]", row))))
		goto out;
	post_send(task, service, mail, message_id, &answered);
	post_count(task, service, &answered);
	code = post_settle(task, &answered, mail->what, message_id, number, row);
out:
	json_decref(row);
	free(body);
	free(message_id);
	return code;
}

/* ---- bptl_step ---- */

json_t *post_step(struct task *task, const char *what, json_t *(*effect)(struct bptl_task *, void *), void *arg,
		  unsigned flags)
{
	const json_t *answer = NULL;
	json_t *row, *value = NULL;
	int number;

	if (task_stopped_step(task))
		return NULL;
	if (!what || !effect) {
		(void)task_fail(task, 1, "bptl_step() without a name or a function: a fault of the unit");
		return NULL;
	}
	number = ++task->step;
	row = steps_row(number, what, "STEP", what, NULL);
	switch (steps_look(task, number, row, 1, (flags & BPTL_REPEATABLE) != 0, &answer)) {
	case STEP_FAILED:
		goto out;
	case STEP_ANSWERED:
		value = json_object_get(answer, "answer");
		goto out;
	case STEP_SEND:
		break;
	}
	if (steps_wait_for_lock(task) || steps_intend(task, mem_json(json_pack("[O]", row))))
		goto out;
	task->in_effect = 1;
	value = effect(&task->handle, arg);
	task->in_effect = 0;
	if (!value || task->outcome != OUTCOME_DONE) {
		json_decref(value);
		value = NULL;
		(void)task_fail(task, 1, "%s: failed without saying why", what);
		(void)steps_answer(task, 1, mem_json(json_array()), mem_json(json_pack("[i]", number)));
		goto out;
	}
	value = task_keep(task, value);
	(void)json_object_set_new(row, "state", mem_json(json_string("done")));
	(void)json_object_set(row, "answer", value);
	if (steps_answer(task, 1, mem_json(json_pack("[O]", row)), mem_json(json_array())))
		value = NULL;
out:
	json_decref(row);
	return value;
}
