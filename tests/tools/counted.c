/* counted.c: part of the builds that count which lines run (BPTL_COVERAGE), and of no other. The counts are written
 * when a process ends by exit(); this writes them, too, where one leaves in another way: by _exit(), by a signal that
 * it raises against itself, and by the note of a crash (on descriptor 4), after which a runner waits to be killed.
 * The linker puts these functions in the place of those that they name: see the option --wrap in CMakeLists.txt. */
#include <sys/types.h>

#define NOTE_FD 4

/* of the compiler's own library for counting */
void __gcov_dump(void);
void __gcov_reset(void);
_Noreturn void __real__exit(int status);
_Noreturn void __wrap__exit(int status);
int __real_raise(int sig);
int __wrap_raise(int sig);
ssize_t __real_write(int fd, const void *data, size_t length);
ssize_t __wrap_write(int fd, const void *data, size_t length);

_Noreturn void __wrap__exit(int status)
{
	__gcov_dump();
	__real__exit(status);
}

int __wrap_raise(int sig)
{
	__gcov_dump();
	__gcov_reset();
	return __real_raise(sig);
}

ssize_t __wrap_write(int fd, const void *data, size_t length)
{
	if (fd == NOTE_FD) {
		__gcov_dump();
		__gcov_reset();
	}
	return __real_write(fd, data, length);
}
