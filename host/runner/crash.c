/* crash.c: see crash.h. A signal handler has no argument of ours, so this file alone has variables of its own: the
 * descriptors, and per thread the task's key. Everything that a handler calls is async-signal-safe. */
#include "runner/crash.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/memory.h"

#define HANDLER_STACK 65536

static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};

/* A descriptor of ours: number, and what it was when it was given to us. */
struct own {
	int fd;
	dev_t device;
	ino_t inode;
};

static struct own connection, note_pipe;
static int lock = -1;
static pid_t self;
static void (*terminate_before)(void);
static void *(*current_type)(void);
static char *(*demangle)(const char *, char *, size_t *, int *);

static _Thread_local const char *current;
static _Thread_local char exception[160]; /* its type, when one escaped */

static size_t put(char *line, size_t at, size_t size, const char *text)
{
	while (*text && at < size)
		line[at++] = *text++;
	return at;
}

/* Tells the core and keeps the thread. */
_Noreturn static void stay(int sig)
{
	char line[512] = {0};
	size_t length = 0;
	ssize_t written;

	if (sig >= 10)
		line[length++] = (char)('0' + sig / 10 % 10);
	line[length++] = (char)('0' + sig % 10);
	line[length++] = ' ';
	length = put(line, length, sizeof(line) - sizeof(exception) - 2, current);
	if (*exception) {
		line[length++] = '\t';
		length = put(line, length, sizeof(line) - 1, exception);
	}
	line[length++] = '\n';
	do
		written = write(note_pipe.fd, line, length);
	while (written < 0 && errno == EINTR);
	if (written < 0)
		_exit(FRAME_CUT_OFF);
	for (;;)
		(void)pause();
}

static void on_signal(int sig)
{
	if (current)
		stay(sig);
	(void)signal(sig, SIG_DFL);
	(void)raise(sig);
}

static void on_exit_call(void)
{
	if (current)
		stay(0);
}

static void on_no_memory(void)
{
	if (current)
		stay(MEM_OUT);
}

/* In a child that a unit makes with fork(): it is not one of us. */
static void on_fork(void)
{
	current = NULL;
	(void)close(connection.fd);
	(void)close(note_pipe.fd);
	if (lock >= 0)
		(void)close(lock);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)signal(signals[i], SIG_DFL);
}

static struct own own(int fd)
{
	struct own own = {.fd = fd};
	struct stat about;

	if (fstat(fd, &about) == 0) {
		own.device = about.st_dev;
		own.inode = about.st_ino;
	}
	return own;
}

static int is_ours(const struct own *own)
{
	struct stat about;

	return fstat(own->fd, &about) == 0 && about.st_dev == own->device && about.st_ino == own->inode;
}

void crash_watch(int socket_fd, int note_fd, int lock_fd)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER};

	connection = own(socket_fd);
	note_pipe = own(note_fd);
	lock = lock_fd;
	self = getpid();
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)sigaction(signals[i], &action, NULL);
	(void)pthread_atfork(NULL, NULL, on_fork);
	(void)atexit(on_exit_call);
	(void)at_quick_exit(on_exit_call);
	mem_before_end(on_no_memory);
}

/* std::terminate: called where the exception was thrown, and no signal handler. What comes after us, the library's own
 * handler, prints what the exception says and calls abort(). */
static void on_terminate(void)
{
	const char *const *type = current && current_type ? current_type() : NULL;
	const char *name = NULL;
	char *readable = NULL;
	int status;

	if (type) /* std::type_info: a table of functions, then the mangled name; '*' is a mark, not part of it */
		name = type[1] + (*type[1] == '*');
	if (name && demangle)
		readable = demangle(name, NULL, NULL, &status);
	(void)snprintf(exception, sizeof(exception), "%s",
		       readable ? readable
		       : name   ? name
				: "std::terminate was called");
	for (char *c = exception; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = '?';
	free(readable);
	terminate_before();
	abort();
}

void crash_watch_exceptions(void *set_terminate, void *type, void *readable)
{
	void (*(*set)(void (*)(void)))(void);

	if (!set_terminate)
		return;
	*(void **)&set = set_terminate;
	*(void **)&current_type = type;
	*(void **)&demangle = readable;
	terminate_before = set(on_terminate);
}

void crash_thread(void)
{
	stack_t stack = {.ss_size = HANDLER_STACK};

	stack.ss_sp = mmap(NULL, HANDLER_STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (stack.ss_sp != MAP_FAILED)
		(void)sigaltstack(&stack, NULL);
}

void crash_task(const char *key)
{
	sigset_t set;

	/* a unit before this one may have blocked them, and a blocked crash is the end of the whole process */
	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)sigaddset(&set, signals[i]);
	(void)pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	current = key;
}

void crash_task_done(void)
{
	if (getpid() != self)
		_exit(0); /* a child that forgot to end: its result is nobody's */
	current = NULL;
	if (!is_ours(&connection) || !is_ours(&note_pipe))
		_exit(FRAME_CUT_OFF);
}
