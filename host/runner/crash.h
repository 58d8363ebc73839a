/* crash.h: finds out which task it was. A unit that crashes (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT), runs out of
 * memory, calls exit() or lets a C++ exception escape does so on the thread of its own task: the handler there writes
 * the task's key down a pipe to the core and then keeps the thread for ever, so that the other tasks of this process
 * can finish. The core then ends the process. A child that a unit makes with fork() is no part of this: it gets none of
 * our descriptors and handlers. */
#ifndef BPTL_RUNNER_CRASH_H
#define BPTL_RUNNER_CRASH_H

/* Installs the handlers of this process; a note is one line "SIGNAL KEY\n", SIGNAL 0 for exit(), MEM_OUT for memory,
 * and after an exception "6 KEY\tTYPE\n". Call it after the plugin was started, so that what it registered with
 * atexit() does not come first. lock_fd may be -1. */
void crash_watch(int socket_fd, int note_fd, int lock_fd);
/* The C++ library of a plugin that has one: std::set_terminate, __cxa_current_exception_type and __cxa_demangle as
 * dlsym() gives them. Without the first nothing is done. */
void crash_watch_exceptions(void *set_terminate, void *current_type, void *demangle);
/* For a worker thread: a stack for the handler, once. */
void crash_thread(void);
/* For a worker thread: it runs this task (borrowed) from now on. */
void crash_task(const char *key);
/* The unit has returned. Does not come back when what did so is a child of this process, or when the unit has closed
 * the connection with the core. */
void crash_task_done(void);

#endif
