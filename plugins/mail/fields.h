/* fields.h: what SendEmailTask reads from its variables: which members there are, what each may hold, and under which
 * name a template shows it. It knows nothing of templates' texts or of sending. */
#ifndef MAIL_FIELDS_H
#define MAIL_FIELDS_H

#include <bptl/plugin.h>

enum field {
	FIELD_SENDER_NAME,
	FIELD_SENDER_EMAIL,
	FIELD_RECEIVER_NAME,
	FIELD_RECEIVER_EMAIL,
	FIELD_RECEIVER_ASSIGNEE,
	FIELD_SUBJECT,
	FIELD_CONTENT,
	FIELD_VRAAG,
	FIELD_ZAAK_IDENTIFICATIE,
	FIELD_ZAAK_OMSCHRIJVING,
	FIELD_DO_REVIEW_URL,
	FIELD_DO_REVIEW_LINK,
	FIELD_REVIEW_TYPE,
	FIELD_ZAAK_DETAIL_URL,
	FIELD_ZAAK_DETAIL_LINK,
	FIELD_DEADLINE,
	FIELD_COUNT
};

/* The names by which templates call the fields, in the order of enum field; ends with NULL. */
extern const char *const field_names[FIELD_COUNT + 1];

/* Reads, trims and checks every field; an absent one is NULL. 0, or -1: the task has failed with the variable and the
 * member in its message. Values are borrowed or in task memory. */
int fields_read(struct bptl_task *t, const char *values[FIELD_COUNT]);

/* The variable and the member that a field is read from, and whether it may be blank. */
const char *field_variable(enum field field);
const char *field_member(enum field field);
int field_may_be_blank(enum field field);

#endif
