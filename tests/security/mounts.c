/* mounts.c: preloaded by tests: what lies under the folder $READ_ONLY is on a file system that is mounted read-only. A
 * container may not be allowed to mount one. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

__attribute__((visibility("default"))) int statvfs(const char *path, struct statvfs *about)
{
	int (*next)(const char *, struct statvfs *);
	const char *folder = getenv("READ_ONLY");
	int code;

	*(void **)&next = dlsym(RTLD_NEXT, "statvfs");
	code = next(path, about);
	if (code == 0 && folder && strncmp(path, folder, strlen(folder)) == 0)
		about->f_flag |= ST_RDONLY;
	return code;
}
