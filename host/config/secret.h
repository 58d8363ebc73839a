/* secret.h: secrets come from a file, a systemd credential or the environment, and never stand in an INI file. */
#ifndef BPTL_CONFIG_SECRET_H
#define BPTL_CONFIG_SECRET_H

#include "config/fields.h"

/* The secret that STEM_file, STEM_credential or STEM_env leads to. NULL when none does or it cannot be had: the problem
 * is said then. `required`: lack of all three is a problem. Owned: mem_wipe(). */
char *secret_read(struct fields *fields, const char *stem, int required);
/* Was any of the three given? */
int secret_given(const struct fields *fields, const char *stem);
/* Checks a file that holds a secret but is read by others later, such as a private key. */
void secret_check_file(const struct fields *fields, const char *key, const char *path);
/* Overwrites the values of the environment that are this secret, so that /proc/PID/environ does not show it. */
void secret_wipe_environment(const char *secret);

#endif
