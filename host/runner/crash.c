/* crash.c: see crash.h. A signal handler has no argument of ours, so this file alone has variables of its own: the
 * pipe, and per thread the task's key. Everything that a handler calls is async-signal-safe. */
#include "runner/crash.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define HANDLER_STACK 65536

static int note_pipe = -1;
static _Thread_local const char *current;

_Noreturn static void stay(int sig)
{
	char line[512];
	size_t length = 0, key = strlen(current);

	if (sig >= 10)
		line[length++] = (char)('0' + sig / 10 % 10);
	line[length++] = (char)('0' + sig % 10);
	line[length++] = ' ';
	if (key > sizeof(line) - length - 1)
		key = sizeof(line) - length - 1;
	memcpy(line + length, current, key);
	length += key;
	line[length++] = '\n';
	if (write(note_pipe, line, length) < 0)
		_exit(70);
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

void crash_watch(int note_fd)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGSYS, SIGTRAP};
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK | SA_NODEFER};

	note_pipe = note_fd;
	(void)sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)sigaction(signals[i], &action, NULL);
	(void)atexit(on_exit_call);
	(void)at_quick_exit(on_exit_call);
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
	current = key;
}
