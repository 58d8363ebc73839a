/* plugin.c: describes the plugin `mail`, and reads its templates when it starts: a broken template is found by
 * `bptl check`, not by the first mail. */
#include <bptl/plugin.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fields.h"
#include "folder.h"
#include "send_email.h"

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
