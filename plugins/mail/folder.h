/* folder.h: the templates of a folder. Each is two files, NAME.txt and NAME.html, put into frame.txt and frame.html
 * where these say {{body}}; without the frames they stand alone. Read once, at startup. */
#ifndef MAIL_FOLDER_H
#define MAIL_FOLDER_H

#include <stddef.h>

#include "template.h"

struct letter {
	char *name;
	struct template *text, *html;
};

struct folder {
	struct letter *letters; /* in the order of their names */
	size_t count;
	char *list; /* "accordering, advies, ..." */
};

#define FOLDER_REASON 1000

/* Reads a folder; names as in template_read(). Owned; NULL and the reason, which names the file. */
struct folder *folder_read(const char *path, const char *const *names, char reason[FOLDER_REASON]);
void folder_free(struct folder *folder);
/* NULL when there is no template of this name. */
const struct letter *folder_find(const struct folder *folder, const char *name);

#endif
