/* template.h: a small renderer without logic.
 *   {{name}}             the value; in HTML escaped, and every end of line becomes <br>
 *   {{{name}}}           the value as it is; only in text
 *   {{#name}}...{{/name}} shown when the value is not empty
 *   {{^name}}...{{/name}} shown when it is
 *   {{! ... }}           a remark
 * A line that holds nothing but one of the last four disappears whole. There are no other tags, and a name that is not
 * in the list is an error when the template is read, so that nobody finds out by a mail with a hole in it.
 * It knows nothing of mails, files or bptl. */
#ifndef MAIL_TEMPLATE_H
#define MAIL_TEMPLATE_H

#include <stddef.h>

struct template;

enum template_kind { TEMPLATE_TEXT, TEMPLATE_HTML };

#define TEMPLATE_REASON 200 /* bytes of a reason */

/* Reads a template; names ends with NULL and must stay where it is. Owned; NULL and the reason when it is wrong. */
struct template *template_read(const char *source, enum template_kind kind, const char *const *names,
			       char reason[TEMPLATE_REASON]);
void template_free(struct template *template);

/* Is the value of names[name] shown outside of sections of its own? Then the template is no good without it. */
int template_requires(const struct template *template, size_t name);

/* Fills in values[i] for names[i]; NULL is the empty text. Owned (free()); NULL without memory. */
char *template_render(const struct template *template, const char *const *values);

#endif
