/* files.c: the calls of the torture shim that open, read, write and wait. See shim.h.
 *
 * The classes: journal (the database and what SQLite keeps beside it), late, lock (the other files of a state folder),
 * frame (the stream between core and runner), note (the pipe beside it), net, and other. */
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static const char *path_class(const char *path)
{
	if (!path)
		return "other";
	if (strstr(path, "/state/journal.db"))
		return "journal";
	if (strstr(path, "/state/late-"))
		return "late";
	if (strstr(path, "/state"))
		return "lock";
	return "other";
}

static const char *fd_class(int fd)
{
	char name[40], path[512];
	struct sockaddr_storage address = {0};
	socklen_t size = sizeof(address);
	ssize_t length;

	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	length = (ssize_t)syscall(SYS_readlinkat, AT_FDCWD, name, path, sizeof(path) - 1);
	if (length < 0)
		return "other";
	path[length] = '\0';
	if (strncmp(path, "pipe:", 5) == 0)
		return "note";
	if (strncmp(path, "socket:", 7) != 0)
		return path_class(path);
	if (getsockname(fd, (struct sockaddr *)&address, &size))
		return "other";
	return address.ss_family == AF_UNIX ? "frame" : "net";
}

/* 1 when the call fails, with errno set; 0 when it goes on, with *count made smaller for a short one. */
static int fails(const char *call, const char *class, size_t *count)
{
	int error;

	if (!shim_fails(call, class, &error))
		return 0;
	if (error == 0) {
		if (count && *count > 1)
			*count = *count > 64 ? *count / 2 : 1;
		return 0;
	}
	errno = error;
	return 1;
}

static int fd_fails(const char *call, int fd, size_t *count)
{
	return shim_wants(call) && fails(call, fd_class(fd), count);
}

static int path_fails(const char *call, const char *path)
{
	return shim_wants(call) && fails(call, path_class(path), NULL);
}

/* Finds the next function once, and calls it. */
#define NEXT(type, name, parameters, ...)                                                                              \
	({                                                                                                             \
		static type(*next) parameters;                                                                         \
		if (!next)                                                                                             \
			*(void **)&next = shim_next(#name);                                                            \
		next(__VA_ARGS__);                                                                                     \
	})

/* What a sanitizer asks of a new thread is not the program's; it takes no for no answer. */
EXPORT int pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
	int code;

	shim_pause(1);
	code = NEXT(int, pthread_getattr_np, (pthread_t, pthread_attr_t *), thread, attributes);
	shim_pause(-1);
	return code;
}

/* ---- opening ---- */

static mode_t mode_of(int flags, va_list args)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(args, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return path_fails("open", path) ? -1 : NEXT(int, open, (const char *, int, ...), path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = mode_of(flags, args);
	va_end(args);
	return path_fails("open", path) ? -1 : NEXT(int, open64, (const char *, int, ...), path, flags, mode);
}

EXPORT FILE *fopen(const char *path, const char *mode)
{
	return path_fails("open", path) ? NULL : NEXT(FILE *, fopen, (const char *, const char *), path, mode);
}

EXPORT int mkdir(const char *path, mode_t mode)
{
	return path_fails("mkdir", path) ? -1 : NEXT(int, mkdir, (const char *, mode_t), path, mode);
}

EXPORT int unlink(const char *path)
{
	return path_fails("unlink", path) ? -1 : NEXT(int, unlink, (const char *), path);
}

EXPORT int flock(int fd, int operation)
{
	return fd_fails("flock", fd, NULL) ? -1 : NEXT(int, flock, (int, int), fd, operation);
}

/* ---- reading and writing ---- */

EXPORT ssize_t read(int fd, void *bytes, size_t count)
{
	return fd_fails("read", fd, &count) ? -1 : NEXT(ssize_t, read, (int, void *, size_t), fd, bytes, count);
}

EXPORT ssize_t write(int fd, const void *bytes, size_t count)
{
	return fd_fails("write", fd, &count) ? -1 : NEXT(ssize_t, write, (int, const void *, size_t), fd, bytes, count);
}

#define AT(name, call, bytes_type)                                                                                     \
	EXPORT ssize_t name(int fd, bytes_type bytes, size_t count, off_t offset)                                      \
	{                                                                                                              \
		return fd_fails(call, fd, &count)                                                                      \
			       ? -1                                                                                    \
			       : NEXT(ssize_t, name, (int, bytes_type, size_t, off_t), fd, bytes, count, offset);      \
	}
AT(pread, "pread", void *)
AT(pread64, "pread", void *)
AT(pwrite, "pwrite", const void *)
AT(pwrite64, "pwrite", const void *)

EXPORT int ftruncate(int fd, off_t length)
{
	return fd_fails("ftruncate", fd, NULL) ? -1 : NEXT(int, ftruncate, (int, off_t), fd, length);
}

EXPORT int ftruncate64(int fd, off_t length)
{
	return fd_fails("ftruncate", fd, NULL) ? -1 : NEXT(int, ftruncate64, (int, off_t), fd, length);
}

EXPORT int fsync(int fd)
{
	return fd_fails("fsync", fd, NULL) ? -1 : NEXT(int, fsync, (int), fd);
}

EXPORT int fdatasync(int fd)
{
	return fd_fails("fsync", fd, NULL) ? -1 : NEXT(int, fdatasync, (int), fd);
}

EXPORT ssize_t recv(int fd, void *bytes, size_t count, int flags)
{
	return fd_fails("recv", fd, &count) ? -1
					    : NEXT(ssize_t, recv, (int, void *, size_t, int), fd, bytes, count, flags);
}

EXPORT ssize_t send(int fd, const void *bytes, size_t count, int flags)
{
	if (fd_fails("send", fd, &count))
		return -1;
	return NEXT(ssize_t, send, (int, const void *, size_t, int), fd, bytes, count, flags);
}

/* ---- waiting, descriptors and processes ---- */

EXPORT int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	if (shim_wants("poll") && fails("poll", NULL, NULL))
		return -1;
	return NEXT(int, poll, (struct pollfd *, nfds_t, int), fds, count, timeout);
}

EXPORT int socket(int domain, int type, int protocol)
{
	if (shim_wants("socket") && fails("socket", NULL, NULL))
		return -1;
	return NEXT(int, socket, (int, int, int), domain, type, protocol);
}

EXPORT int socketpair(int domain, int type, int protocol, int fds[2])
{
	if (shim_wants("socketpair") && fails("socketpair", NULL, NULL))
		return -1;
	return NEXT(int, socketpair, (int, int, int, int[2]), domain, type, protocol, fds);
}

EXPORT int pipe2(int fds[2], int flags)
{
	return shim_wants("pipe") && fails("pipe", NULL, NULL) ? -1 : NEXT(int, pipe2, (int[2], int), fds, flags);
}

/* Letting a lock go does not fail. */
static int fcntl_fails(int fd, int command, const struct flock *lock)
{
	if (command == F_DUPFD_CLOEXEC)
		return shim_wants("dup") && fails("dup", NULL, NULL);
	if ((command == F_SETLK || command == F_SETLKW) && lock->l_type != F_UNLCK)
		return fd_fails("setlk", fd, NULL);
	return 0;
}

EXPORT int fcntl64(int fd, int command, ...)
{
	va_list args;
	void *argument;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	return fcntl_fails(fd, command, argument) ? -1 : NEXT(int, fcntl64, (int, int, ...), fd, command, argument);
}

EXPORT int fcntl(int fd, int command, ...)
{
	va_list args;
	void *argument;

	va_start(args, command);
	argument = va_arg(args, void *);
	va_end(args);
	return fcntl_fails(fd, command, argument) ? -1 : NEXT(int, fcntl, (int, int, ...), fd, command, argument);
}

EXPORT int signalfd(int fd, const sigset_t *mask, int flags)
{
	if (shim_wants("signalfd") && fails("signalfd", NULL, NULL))
		return -1;
	return NEXT(int, signalfd, (int, const sigset_t *, int), fd, mask, flags);
}

EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		       const posix_spawnattr_t *attributes, char *const arguments[], char *const environment[])
{
	if (shim_wants("spawn") && fails("spawn", NULL, NULL))
		return errno;
	return NEXT(int, posix_spawn,
		    (pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
		     char *const[], char *const[]),
		    pid, path, actions, attributes, arguments, environment);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *), void *arg)
{
	if (shim_wants("thread") && fails("thread", NULL, NULL))
		return errno;
	return NEXT(int, pthread_create, (pthread_t *, const pthread_attr_t *, void *(*)(void *), void *), thread,
		    attributes, run, arg);
}
