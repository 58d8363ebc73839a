/* memory.h: memory of the host itself. There is no sensible way on without it, so these functions end the process with
 * a message when it runs out; the supervisor restarts the host and the journal resumes its tasks. Memory of a task in
 * a runner is another matter: see runner/task.h. */
#ifndef BPTL_BASE_MEMORY_H
#define BPTL_BASE_MEMORY_H

#include <jansson.h>
#include <stddef.h>

#define MEM_OUT 70 /* the exit status; above all signals, which it is told apart from in notes of a crash */

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
/* Says "out of memory" and ends the process with status MEM_OUT. */
_Noreturn void mem_out(void);
/* malloc(), calloc(), realloc() and strdup() that never give NULL, for libraries that let them be replaced: what such a
 * library does without memory (leave out a header, a member, a letter of a text) must not be guessed. */
void *mem_get(size_t size);
void *mem_get_zeroed(size_t count, size_t size);
void *mem_get_again(void *old, size_t size);
char *mem_get_copy(const char *text);
/* Before anything else: jansson takes its memory from mem_get(). */
void mem_start(void);
/* What is called before the process ends for want of memory: it may keep the thread, and then only that is lost. */
void mem_before_end(void (*words)(void));

#endif
