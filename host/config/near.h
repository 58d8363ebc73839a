/* near.h: "did you mean ...?" */
#ifndef BPTL_CONFIG_NEAR_H
#define BPTL_CONFIG_NEAR_H

#include <stddef.h>

/* The name of the list that a person most likely meant by `name`; NULL when none is near. The list ends with NULL.
 * Borrowed from the list. */
const char *near_find(const char *name, const char *const *list);
/* What to put behind a message: ": did you mean client_id?", or "" when nothing is near. Owned. */
char *near_hint(const char *name, const char *const *list);

#endif
