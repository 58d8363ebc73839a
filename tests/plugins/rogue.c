/* rogue.c: units that misbehave towards their process: its memory, its descriptors, its signals, and the host's own
 * lines. What a unit may find by looking is known here: descriptor 3 is the socket to the host, 4 the pipe for crashes.
 */
#include <bptl/plugin.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOST_SOCKET 3
#define HOST_PIPE 4
#define MIB ((size_t)1024 * 1024)

static void doze(int64_t ms)
{
	struct timespec time = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&time, &time))
		continue;
}

static int nap(struct bptl_task *t)
{
	doze(bptl_integer(t, "ms"));
	return bptl_set_text(t, "napped", "yes");
}

/* ---- memory ---- */

/* A list of blocks, so that nobody calls the memory leaked before the end. */
static int take(size_t size)
{
	static _Thread_local void *last;
	void **block = malloc(size);

	if (!block)
		return -1;
	memset(block, 1, size);
	*block = last;
	last = block;
	return 0;
}

/* More than there is, block by block, all of it written. */
static int hoard(struct bptl_task *t)
{
	while (take(16 * MIB) == 0)
		doze(2);
	return bptl_fail(t, "there is no more memory");
}

/* More than there can be, at once. */
static int ask_too_much(struct bptl_task *t)
{
	return bptl_alloc(t, SIZE_MAX / 4) ? 0 : -1;
}

static int leak(struct bptl_task *t)
{
	if (take((size_t)bptl_integer(t, "count") * MIB))
		return bptl_fail(t, "there is no more memory");
	return bptl_set_text(t, "leaked", "yes");
}

/* ---- descriptors ---- */

static int leak_descriptors(struct bptl_task *t)
{
	int64_t count = bptl_integer(t, "count"), open = 0;

	while (open < count && dup(STDIN_FILENO) >= 0)
		open++;
	return bptl_set(t, "leaked", json_integer(open));
}

static int close_all(struct bptl_task *t)
{
	for (int fd = 3; fd < 1024; fd++)
		(void)close(fd);
	doze(bptl_integer(t, "ms"));
	return bptl_set_text(t, "closed", "yes");
}

/* The line for notes about crashes alone. */
static int close_pipe(struct bptl_task *t)
{
	(void)close(HOST_PIPE);
	doze(bptl_integer(t, "ms"));
	return bptl_set_text(t, "closed", "yes");
}

/* ---- children ---- */

/* how: sleep (lives on with all that it was given), exit, crash, return (goes on as if it were the unit). */
static int forks(struct bptl_task *t)
{
	const char *how = bptl_text(t, "how");
	pid_t child = fork();
	int status = 0;

	if (child < 0)
		return bptl_fail(t, "fork: %s", strerror(errno));
	if (child == 0) {
		if (strcmp(how, "exit") == 0)
			exit(3);
		if (strcmp(how, "crash") == 0)
			(void)raise(SIGSEGV);
		if (strcmp(how, "sleep") == 0)
			doze(3600000);
		return bptl_set(t, "child", json_integer(0));
	}
	if (strcmp(how, "sleep") != 0 && waitpid(child, &status, 0) != child)
		return bptl_fail(t, "waitpid: %s", strerror(errno));
	(void)bptl_set(t, "status", json_integer(status));
	return bptl_set(t, "child", json_integer(child));
}

/* ---- signals ---- */

/* A real one, that no sanitizer sees before the processor does. */
__attribute__((no_sanitize("undefined"), no_sanitize("address"))) static void write_nowhere(void)
{
	volatile int *volatile nowhere = NULL;

	*nowhere = 1;
}

static int block_signals(struct bptl_task *t)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTERM, SIGINT, SIGCHLD, SIGPIPE};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		(void)sigaddset(&set, signals[i]);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (bptl_boolean(t, "crash"))
		write_nowhere();
	return bptl_set_text(t, "blocked", "yes");
}

static int crash(struct bptl_task *t)
{
	(void)t;
	(void)raise(SIGSEGV);
	return 0;
}

/* ---- the host's own lines ---- */

static void say(int fd, const void *bytes, size_t length)
{
	const char *at = bytes;
	ssize_t written;

	while (length && (written = write(fd, at, length)) > 0) {
		at += written;
		length -= (size_t)written;
	}
}

static void say_frame(const char *text)
{
	size_t length = strlen(text);
	unsigned char head[4] = {0, 0, (unsigned char)(length >> 8), (unsigned char)length};

	say(HOST_SOCKET, head, sizeof(head));
	say(HOST_SOCKET, text, length);
}

/* how: length (a frame longer than any), text (no JSON), half (never whole), type, note, flood, pipe, lines. */
static int garbage(struct bptl_task *t)
{
	const char *how = bptl_text(t, "how");
	char *much = bptl_alloc(t, 64 * MIB);

	if (!much)
		return -1;
	memset(much, 'x', 64 * MIB);
	if (strcmp(how, "length") == 0)
		say(HOST_SOCKET, "\xff\xff\xff\xffgarbage", 11);
	else if (strcmp(how, "text") == 0)
		say_frame("this is no JSON");
	else if (strcmp(how, "half") == 0)
		say(HOST_SOCKET, "\x03\x00\x00\x00{\"type\":", 12);
	else if (strcmp(how, "type") == 0)
		say_frame("{\"type\":\"nonsense\"}");
	else if (strcmp(how, "note") == 0)
		say_frame("{\"type\":\"note\",\"key\":\"main/1\",\"put\":[{\"step\":-1}]}");
	else if (strcmp(how, "flood") == 0)
		say(HOST_SOCKET, much, 64 * MIB);
	else if (strcmp(how, "pipe") == 0)
		say(HOST_PIPE, much, 64 * MIB);
	else
		for (int i = 0; i < 1000000; i++)
			say(HOST_PIPE, "11 main/1\n", 10);
	doze(bptl_integer(t, "ms"));
	return bptl_set_text(t, "written", "yes");
}

/* A result of its own making; then the unit is as if nothing had been. */
static int forge(struct bptl_task *t)
{
	char text[512];

	(void)snprintf(text, sizeof(text), "{\"type\":\"result\",\"key\":\"main/%s\",%s}", bptl_info(t, "id"),
		       bptl_text(t, "how"));
	say_frame(text);
	doze(200);
	return 0;
}

/* Values that are no JSON: a list that holds itself, a text that is not UTF-8, a number that is none. */
static int set_garbage(struct bptl_task *t)
{
	const char *how = bptl_text(t, "how");
	json_t *inner = json_array(), *outer = json_array();

	(void)json_array_append(outer, inner);
	if (strcmp(how, "circle") == 0)
		(void)json_array_append(inner, outer);
	(void)bptl_keep(t, inner);
	if (strcmp(how, "circle") == 0)
		return bptl_set(t, "value", outer);
	json_decref(outer);
	if (strcmp(how, "type") == 0)
		return bptl_set_typed(t, "value", "\xff\xfe", json_integer(1));
	return bptl_set_text(t, "value", "\xff\xfe");
}

static int print(struct bptl_task *t)
{
	char *much = bptl_alloc(t, MIB);

	if (!much)
		return -1;
	for (size_t i = 0; i < MIB; i++)
		much[i] = (char)(i % 61 == 0 ? '\n' : 'a' + i % 26);
	say(STDOUT_FILENO, much, MIB);
	say(STDERR_FILENO, "\xff\x00\x01 no text\n", 12);
	(void)puts("and a line");
	(void)fflush(stdout);
	return bptl_set_text(t, "printed", "yes");
}

/* ---- what it declares ---- */

#define END                                                                                                            \
	{                                                                                                              \
		0                                                                                                      \
	}

static const struct bptl_variable in[] = {
	{"ms", BPTL_INTEGER, BPTL_OPTIONAL, "how long", NULL},
	{"count", BPTL_INTEGER, BPTL_OPTIONAL, "how many", NULL},
	{"how", BPTL_TEXT, BPTL_OPTIONAL, "in which way", NULL},
	{"crash", BPTL_BOOLEAN, BPTL_OPTIONAL, "and crash then", NULL},
	END,
};

#define UNIT(variable, title, function)                                                                                \
	static const struct bptl_unit variable = {.name = title, .summary = title, .run = function, .in = in}

UNIT(nap_unit, "Nap", nap);
UNIT(hoard_unit, "Hoard", hoard);
UNIT(ask_unit, "AskTooMuch", ask_too_much);
UNIT(leak_unit, "Leak", leak);
UNIT(leak_descriptors_unit, "LeakDescriptors", leak_descriptors);
UNIT(close_unit, "CloseAll", close_all);
UNIT(pipe_unit, "ClosePipe", close_pipe);
UNIT(fork_unit, "Fork", forks);
UNIT(block_unit, "BlockSignals", block_signals);
UNIT(crash_unit, "Crash", crash);
UNIT(garbage_unit, "Garbage", garbage);
UNIT(forge_unit, "Forge", forge);
UNIT(set_unit, "SetGarbage", set_garbage);
UNIT(print_unit, "Print", print);

static const struct bptl_unit *const units[] = {
	&nap_unit,     &hoard_unit, &ask_unit,  &leak_unit,  &leak_descriptors_unit,
	&close_unit,   &pipe_unit,  &fork_unit, &block_unit, &crash_unit,
	&garbage_unit, &forge_unit, &set_unit,  &print_unit, NULL};
static const struct bptl_key keys[] = {{"end", BPTL_OPTIONAL, "well", "never: fini does not return; crash: it crashes"},
				       END};

static int init(struct bptl_start *s, void **state)
{
	*state = strcmp(bptl_start_option(s, "end"), "never") == 0   ? (void *)"n"
		 : strcmp(bptl_start_option(s, "end"), "crash") == 0 ? (void *)"c"
								     : (void *)"w";
	return 0;
}

static void fini(void *state)
{
	while (*(char *)state == 'n')
		doze(1000);
	if (*(char *)state == 'c')
		abort();
	(void)fputs("fini of rogue\n", stderr);
}

static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "rogue", .version = "1", .summary = "Misbehaves",
	.units = units, .options = keys, .init = init,   .fini = fini,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
