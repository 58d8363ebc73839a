/* crash.h: finds out which task it was. A unit that crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) or calls exit()
 * does so on the thread of its own task: the handler there writes the task's key down a pipe to the core and then keeps
 * the thread for ever, so that the other tasks of this process can finish. The core then ends the process. */
#ifndef BPTL_RUNNER_CRASH_H
#define BPTL_RUNNER_CRASH_H

/* Installs the handlers of this process; a note is one line "SIGNAL KEY\n", SIGNAL 0 for exit(). Call it after the
 * plugin was started, so that what it registered with atexit() does not come first. */
void crash_watch(int note_fd);
/* For a worker thread: a stack for the handler, once. */
void crash_thread(void);
/* For a worker thread: the task that it runs, borrowed; NULL between tasks. */
void crash_task(const char *key);

#endif
