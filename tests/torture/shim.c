/* shim.c: the plan of the torture shim, and the calls that ask for memory. See shim.h. */
#include "shim.h"

#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <link.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SITES 65536 /* a power of two, well above what a program has */
#define DEPTH 16    /* of the stacks that are told apart */
#define OWN 2       /* frames of the shim itself */
#define ARENA 65536

#define EXPORT __attribute__((visibility("default")))

/* In a file that the test maps, too: it outlives the process however that ends. */
struct count {
	_Atomic int64_t processes, seen, failed;
};

/* A preloaded object has no caller that could hand it a context: so this file has variables of its own. */
static struct {
	char calls[512], class[32], until[512], where[600], without[64];
	uintptr_t start, end; /* of that library */
	int64_t nth, process;
	int from, error, sites, memory;
	struct count *count;
	atomic_int active, told;
} plan;
static _Atomic uint64_t sites[SITES];
static __thread int inside __attribute__((tls_model("initial-exec")));

/* dlsym() may ask for memory before it has found malloc(). */
static char arena[ARENA] __attribute__((aligned(16)));
static size_t arena_used;

/* ---- the plan ---- */

void *shim_next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

static const char *role(void)
{
	static char line[4096];
	int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/cmdline", O_RDONLY | O_CLOEXEC, 0);
	ssize_t length = fd < 0 ? -1 : (ssize_t)syscall(SYS_read, fd, line, sizeof(line) - 1);
	const char *name, *command;

	if (fd >= 0)
		(void)syscall(SYS_close, fd);
	if (length <= 0)
		return "";
	name = strrchr(line, '/') ? strrchr(line, '/') + 1 : line;
	command = line + strlen(line) + 1;
	if (strcmp(name, "bptl") != 0 || command >= line + length)
		return "";
	return strcmp(command, "run") == 0 ? "core" : strcmp(command, "runner") == 0 ? "runner" : "tool";
}

static int take_key(char *line)
{
	char *value = strchr(line, '=');

	if (!value)
		return 1;
	*value++ = '\0';
	if (strcmp(line, "role") == 0)
		return strcmp(value, role()) == 0;
	if (strcmp(line, "calls") == 0)
		(void)snprintf(plan.calls, sizeof(plan.calls), ",%s,", value);
	else if (strcmp(line, "class") == 0)
		(void)snprintf(plan.class, sizeof(plan.class), "%s", value);
	else if (strcmp(line, "until") == 0)
		(void)snprintf(plan.until, sizeof(plan.until), "%s", value);
	else if (strcmp(line, "without") == 0)
		(void)snprintf(plan.without, sizeof(plan.without), "%s", value);
	else if (strcmp(line, "nth") == 0)
		plan.nth = atoll(value);
	else if (strcmp(line, "mode") == 0)
		plan.from = strcmp(value, "from") == 0;
	else if (strcmp(line, "error") == 0)
		plan.error = atoi(value);
	else if (strcmp(line, "sites") == 0)
		plan.sites = atoi(value);
	else if (strcmp(line, "process") == 0)
		plan.process = atoll(value);
	return 1;
}

static void map_count(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *map;

	if (fd < 0 || ftruncate(fd, sizeof(struct count)))
		return;
	map = mmap(NULL, sizeof(struct count), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (map != MAP_FAILED)
		plan.count = map;
}

static int find_library(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	(void)arg;
	if (!info->dlpi_name || !strstr(info->dlpi_name, plan.without))
		return 0;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		uintptr_t start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;

		if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_X))
			continue;
		plan.start = start;
		plan.end = start + info->dlpi_phdr[i].p_memsz;
	}
	return 1;
}

__attribute__((constructor)) static void read_plan(void)
{
	const char *own = getenv("LD_PRELOAD");
	char path[600], line[600];
	void *frames[2];
	FILE *file;
	int ours = 1;

	if (!own || strlen(own) > 500)
		return;
	(void)snprintf(path, sizeof(path), "%s.plan", own);
	file = fopen(path, "re");
	if (!file)
		return;
	while (fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		ours = take_key(line) && ours;
	}
	(void)fclose(file);
	if (!ours)
		return;
	(void)snprintf(path, sizeof(path), "%s.count", own);
	(void)snprintf(plan.where, sizeof(plan.where), "%s.where", own);
	map_count(path);
	if (plan.without[0])
		(void)dl_iterate_phdr(find_library, NULL);
	(void)backtrace(frames, 2); /* loads what it needs now */
	plan.memory = strcmp(plan.calls, ",memory,") == 0;
	if (!plan.count)
		return;
	if (atomic_fetch_add(&plan.count->processes, 1) + 1 == plan.process || plan.process == 0)
		atomic_store(&plan.active, 1);
}

/* ---- is it this one? ---- */

/* 1 for the first call from this place of the program. */
static int new_site(void)
{
	void *frames[DEPTH + OWN];
	int count = backtrace(frames, DEPTH + OWN);
	uint64_t hash = 14695981039346656037ull;

	for (int i = OWN; i < count; i++) {
		if ((uintptr_t)frames[i] >= plan.start && (uintptr_t)frames[i] < plan.end)
			return 0;
		hash ^= (uint64_t)(uintptr_t)frames[i];
		hash *= 1099511628211ull;
	}
	hash |= 1;
	for (size_t at = (size_t)(hash >> 20) % SITES;; at = (at + 1) % SITES) {
		uint64_t found = 0;

		if (atomic_compare_exchange_strong(&sites[at], &found, hash))
			return 1;
		if (found == hash)
			return 0;
	}
}

/* For whoever wants to know which one it was. */
static void tell_where(void)
{
	void *frames[40];
	int fd;

	if (atomic_exchange(&plan.told, 1))
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, plan.where, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	backtrace_symbols_fd(frames, backtrace(frames, 40), fd);
	(void)syscall(SYS_close, fd);
}

static int chosen(const char *call, const char *class)
{
	char name[40];
	int64_t seen;

	(void)snprintf(name, sizeof(name), ",%s,", call);
	if (!strstr(plan.calls, name) || (plan.class[0] && (!class || strcmp(class, plan.class) != 0)))
		return 0;
	if (plan.until[0] && syscall(SYS_faccessat, AT_FDCWD, plan.until, F_OK) != 0)
		return 0;
	/* once the first of "from" has come, every place fails, new or not */
	if (plan.sites && !(plan.from && plan.nth && atomic_load(&plan.count->seen) >= plan.nth) && !new_site())
		return 0;
	seen = atomic_fetch_add(&plan.count->seen, 1) + 1;
	if (!plan.nth || (plan.from ? seen < plan.nth : seen != plan.nth))
		return 0;
	atomic_fetch_add(&plan.count->failed, 1);
	tell_where();
	return 1;
}

int shim_fails(const char *call, const char *class, int *error)
{
	int saved = errno, fails;

	if (inside || !atomic_load(&plan.active))
		return 0;
	inside = 1;
	fails = chosen(call, class);
	inside = 0;
	errno = saved;
	*error = plan.error;
	return fails;
}

void shim_pause(int change)
{
	inside += change;
}

int shim_wants(const char *call)
{
	char name[40];

	if (inside || !atomic_load(&plan.active) || plan.memory)
		return 0;
	(void)snprintf(name, sizeof(name), ",%s,", call);
	return strstr(plan.calls, name) != NULL;
}

/* ---- memory ---- */

static int no_memory(void)
{
	int error;

	if (!plan.memory || !shim_fails("memory", NULL, &error))
		return 0;
	errno = ENOMEM;
	return 1;
}

static int in_arena(const void *memory)
{
	return (const char *)memory >= arena && (const char *)memory < arena + ARENA;
}

/* Only the loader's own thread is there when this is used. */
static void *from_arena(size_t size)
{
	void *memory = arena + arena_used;

	size = (size + 15) & ~(size_t)15;
	if (size > ARENA - arena_used)
		_exit(99);
	arena_used += size;
	return memory;
}

static void *(*next_malloc)(size_t);
static void *(*next_calloc)(size_t, size_t);
static void *(*next_realloc)(void *, size_t);
static int (*next_memalign)(void **, size_t, size_t);
static void *(*next_aligned)(size_t, size_t);
static void (*next_free)(void *);
static int finding;

static void find_next(void)
{
	if (finding)
		return;
	finding = 1;
	*(void **)&next_calloc = shim_next("calloc");
	*(void **)&next_realloc = shim_next("realloc");
	*(void **)&next_memalign = shim_next("posix_memalign");
	*(void **)&next_aligned = shim_next("aligned_alloc");
	*(void **)&next_free = shim_next("free");
	*(void **)&next_malloc = shim_next("malloc");
	finding = 0;
}

EXPORT void *malloc(size_t size)
{
	if (!next_malloc)
		find_next();
	if (!next_malloc)
		return from_arena(size);
	return no_memory() ? NULL : next_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
	if (!next_malloc)
		find_next();
	if (!next_malloc)
		return from_arena(count * size); /* still zero: nothing goes back into it */
	return no_memory() ? NULL : next_calloc(count, size);
}

EXPORT void *realloc(void *old, size_t size)
{
	if (!next_malloc)
		find_next();
	if (in_arena(old)) {
		size_t room = (size_t)(arena + ARENA - (char *)old);
		void *memory = malloc(size);

		return memory ? memcpy(memory, old, size < room ? size : room) : NULL;
	}
	return size && no_memory() ? NULL : next_realloc(old, size);
}

EXPORT void *reallocarray(void *old, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(old, total);
}

EXPORT void free(void *memory)
{
	if (in_arena(memory))
		return;
	if (!next_malloc)
		find_next();
	next_free(memory);
}

EXPORT int posix_memalign(void **memory, size_t alignment, size_t size)
{
	if (!next_malloc)
		find_next();
	return no_memory() ? ENOMEM : next_memalign(memory, alignment, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	if (!next_malloc)
		find_next();
	return no_memory() ? NULL : next_aligned(alignment, size);
}

EXPORT char *strdup(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	return copy ? memcpy(copy, text, size) : NULL;
}

EXPORT char *strndup(const char *text, size_t limit)
{
	size_t length = strnlen(text, limit);
	char *copy = malloc(length + 1);

	if (!copy)
		return NULL;
	copy[length] = '\0';
	return memcpy(copy, text, length);
}
