/* send_email.c: SendEmailTask: one mail, made from a template, to one person. Everything is checked before anything is
 * sent; what is wrong ends the task with the variable and the field in its message. */
#include "send_email.h"

#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "folder.h"

/* A template that shows a value without asking whether there is one needs it. */
static int check_needed(struct bptl_task *t, const struct letter *letter, const char *const *values)
{
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		enum field field = (enum field)i;

		if ((values[i] && *values[i]) || field_may_be_blank(field))
			continue;
		if (template_requires(letter->text, i) || template_requires(letter->html, i))
			return bptl_fail(t, "variable %s: %s is missing: template %s needs it", field_variable(field),
					 field_member(field), letter->name);
	}
	return 0;
}

/* The filled-in template in task memory, without line ends at its end; NULL when the task has failed. */
static const char *fill_in(struct bptl_task *t, const struct template *template, const char *const *values)
{
	char *text = template_render(template, values);
	const char *kept;
	size_t length;

	if (!text) {
		(void)bptl_fail_retry(t, "out of memory while the mail was made");
		return NULL;
	}
	length = strlen(text);
	while (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	kept = bptl_format(t, "%s", text);
	free(text);
	return kept;
}

static int send_email(struct bptl_task *t)
{
	const struct folder *folder = bptl_state(t);
	const char *values[FIELD_COUNT];
	const char *name = bptl_text(t, "template");
	const struct letter *letter;
	const char *to[2] = {NULL, NULL};
	struct bptl_mail mail = {.what = "send the mail", .to = to};

	if (!name)
		return bptl_failed(t) ? -1
				      : bptl_fail(t, "variable template is missing: it names one of %s", folder->list);
	letter = folder_find(folder, name);
	if (!letter)
		return bptl_fail(t, "variable template: there is no template \"%.60s\"; there are: %s", name,
				 folder->list);
	if (fields_read(t, values) || check_needed(t, letter, values))
		return -1;
	to[0] = values[FIELD_RECEIVER_EMAIL];
	mail.reply_to = values[FIELD_SENDER_EMAIL];
	mail.subject = values[FIELD_SUBJECT];
	mail.text = fill_in(t, letter->text, values);
	mail.html = fill_in(t, letter->html, values);
	if (bptl_failed(t))
		return -1;
	return bptl_send_mail(t, &mail);
}

static const struct bptl_variable variables[] = {
	{"sender", BPTL_OBJECT, BPTL_REQUIRED, "who writes: name, email (receives the answers: Reply-To)", NULL},
	{"receiver", BPTL_OBJECT, BPTL_REQUIRED, "who gets the mail: name, email; optional assignee (user name)", NULL},
	{"email", BPTL_OBJECT, BPTL_REQUIRED, "subject; content (may be blank)", NULL},
	{"template", BPTL_TEXT, BPTL_REQUIRED, "generiek, accordering, advies, nen2580 or verzoek_afgehandeld", NULL},
	{"context", BPTL_OBJECT, BPTL_PRESENT,
	 "what the template needs of vraag, zaakIdentificatie, zaakOmschrijving, doReviewUrl, reviewType, "
	 "zaakDetailUrl "
	 "and deadline (YYYY-MM-DD); may be {}",
	 NULL},
	{NULL, BPTL_ANY, 0, NULL, NULL},
};

static const struct bptl_need needs[] = {
	{"smtp", NULL, BPTL_REQUIRED, "the mail server; its `from` is the sender's address of every mail"},
	{NULL, NULL, 0, NULL},
};

const struct bptl_unit send_email_unit = {
	.name = "SendEmailTask",
	.summary = "Sends a mail made from a template",
	.doc = "To is receiver.email, Reply-To is sender.email, From is the mail server's own address. A value "
	       "that is missing, blank or not valid fails the task, and nothing is sent. When doReviewUrl and "
	       "receiver.assignee are both given, the address gets the query parameter assignee.",
	.run = send_email,
	.in = variables,
	.needs = needs,
};
