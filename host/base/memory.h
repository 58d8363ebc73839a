/* memory.h: memory of the host itself. There is no sensible way on without it, so these functions end the process with
 * a message when it runs out; the supervisor restarts the host and the journal resumes its tasks. Memory of a task in
 * a runner is another matter: see runner/task.h. */
#ifndef BPTL_BASE_MEMORY_H
#define BPTL_BASE_MEMORY_H

#include <jansson.h>
#include <stddef.h>

/* Zeroed memory; owned by the caller, free() it. Never NULL. */
void *mem_new(size_t count, size_t size);
/* As realloc(), never NULL for a size above 0. */
void *mem_resize(void *old, size_t count, size_t size);
/* A copy of a text; NULL gives NULL. */
char *mem_text(const char *text);
/* A copy of the first `length` bytes, ended with a NUL. */
char *mem_slice(const char *text, size_t length);
/* A text made as by printf. */
char *mem_format(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Passes a value through, and ends the process when it is NULL: for jansson's constructors. */
json_t *mem_json(json_t *value);
/* Overwrites a text before it frees it, for secrets. NULL is fine. */
void mem_wipe(char *secret);
/* Says "out of memory" and ends the process with status 70. */
_Noreturn void mem_out(void);

#endif
