/* trust.h: may this service trust a file? Only when nobody but root and its own user can change it, or put another in
 * its place. As sshd and sudo look at their files. */
#ifndef BPTL_BASE_TRUST_H
#define BPTL_BASE_TRUST_H

#include "base/error.h"

/* Looks at a file or folder and every folder above it, each by its real place: a symbolic link is followed first. What
 * is mounted read-only is trusted. `danger` is what anybody could do otherwise ("put code into this service"). 0, or -1
 * and what is wrong, with the remedy. */
int trust_check(const char *path, const char *danger, struct error *error);

#endif
