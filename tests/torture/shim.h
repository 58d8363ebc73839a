/* shim.h: what the two halves of the torture shim share. It is loaded before everything else (LD_PRELOAD) and lets
 * chosen calls of one process fail: memory.c those that ask for memory, files.c those that read, write and open.
 *
 * The plan is a file beside the shared object, with ".plan" after its name; one key=value a line:
 *   role=core | runner | tool    the process that it is for: `bptl run`, `bptl runner ...`, any other command
 *   calls=memory | NAME,NAME...  which calls
 *   class=NAME                   only on descriptors of this kind, or paths: see files.c
 *   nth=N                        which of them fails, from 1 on; 0: none, they are only counted
 *   mode=once | from             that one, or it and all that follow
 *   error=NUMBER                 errno; 0: the call does less than it was asked to (a short read or write)
 *   sites=1                      only the first call from each place of the program (its stack) counts
 *   without=NAME                 not those that come through this library (with sites=1)
 *   until=PATH                   they fail only while this file is there
 *   process=N                    only the N-th process of this role (from 1 on); 0: all of them together
 * The counts are in a file with ".count" after its name: see struct count. */
#ifndef TORTURE_SHIM_H
#define TORTURE_SHIM_H

#include <stddef.h>

/* Is this call to fail? Counts it. `call`: its name; `class`: what it works on, or NULL. *error: the plan's. */
int shim_fails(const char *call, const char *class, int *error);
/* Does the plan name this call? Without counting it. */
int shim_wants(const char *call);
/* Nothing of this thread fails or counts between 1 and -1. */
void shim_pause(int change);
/* The next object's function of that name. */
void *shim_next(const char *name);

#endif
