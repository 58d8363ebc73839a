/* plugin.c: describes the plugin `mail`, and reads its templates when it starts: a broken template is found by
 * `bptl check`, not by the first mail. */
#include <bptl/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "folder.h"
#include "send_email.h"

static const struct bptl_variable send_email_in[] = {
	{"sender", BPTL_OBJECT, BPTL_REQUIRED, "who writes: name, email (receives the answers: Reply-To)", NULL},
	{"receiver", BPTL_OBJECT, BPTL_REQUIRED, "who gets the mail: name, email; optional assignee (user name)", NULL},
	{"email", BPTL_OBJECT, BPTL_REQUIRED, "subject; content (may be blank)", NULL},
	{"template", BPTL_TEXT, BPTL_REQUIRED, "generiek, accordering, advies, nen2580 or verzoek_afgehandeld", NULL},
	{"context", BPTL_OBJECT, BPTL_PRESENT,
	 "vraag, zaakIdentificatie, zaakOmschrijving, doReviewUrl, reviewType, zaakDetailUrl, deadline (YYYY-MM-DD), "
	 "as "
	 "far as the template needs them; may be {}",
	 NULL},
	{NULL, BPTL_ANY, 0, NULL, NULL},
};

static const struct bptl_need send_email_needs[] = {
	{"smtp", NULL, BPTL_REQUIRED, "the mail server; its `from` is the sender's address of every mail"},
	{NULL, NULL, 0, NULL},
};

static const struct bptl_unit send_email_unit = {
	.name = "SendEmailTask",
	.summary = "Sends a mail made from a template",
	.doc = "To is receiver.email, Reply-To is sender.email, From is the mail server's own address. A value "
	       "that is missing, blank or not valid fails the task, and nothing is sent. When doReviewUrl and "
	       "receiver.assignee are both given, the address gets the query parameter assignee.",
	.run = send_email,
	.in = send_email_in,
	.needs = send_email_needs,
};
static const struct bptl_unit *const units[] = {&send_email_unit, NULL};

static const struct bptl_key options[] = {
	{"templates", BPTL_OPTIONAL, NULL,
	 "folder with templates of your own, instead of those that come with the plugin"},
	{NULL, 0, NULL, NULL},
};

static int init(struct bptl_start *start, void **state)
{
	const char *own = bptl_start_option(start, "templates");
	const char *shared = bptl_start_folder(start);
	char reason[FOLDER_REASON];
	size_t size = strlen(shared) + sizeof("/templates");
	char *path = malloc(size);

	if (!path)
		return bptl_refuse(start, "out of memory");
	(void)snprintf(path, size, "%s/templates", shared);
	*state = folder_read(own && *own ? own : path, field_names, reason);
	free(path);
	if (!*state)
		return bptl_refuse(start, "%s", reason);
	return 0;
}

static void fini(void *state)
{
	folder_free(state);
}

const struct bptl_plugin *bptl_describe(void)
{
	static const struct bptl_plugin plugin = {
		BPTL_HANDSHAKE, .name = "mail",     .version = "1.0", .summary = "Mails to people",
		.units = units, .options = options, .init = init,     .fini = fini,
	};

	return &plugin;
}
