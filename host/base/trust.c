/* trust.c: see trust.h. */
#include "base/trust.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int writable_by_others(const struct stat *at)
{
	if (S_ISDIR(at->st_mode) && (at->st_mode & S_ISVTX))
		return 0; /* as /tmp: others cannot replace what is not theirs */
	return (at->st_mode & S_IWOTH) || ((at->st_mode & S_IWGRP) && at->st_gid != getegid());
}

/* On a read-only mount nobody in here can change anything, whatever the mode says: Kubernetes mounts its ConfigMaps in
 * folders of mode 0777. */
static int is_read_only(const char *path)
{
	struct statvfs about;

	return statvfs(path, &about) == 0 && (about.f_flag & ST_RDONLY);
}

/* Whoever owns the program can make it do anything: a checkout that somebody built and root runs. */
static int owns_this_program(uid_t user)
{
	struct stat at;

	return stat("/proc/self/exe", &at) == 0 && at.st_uid == user;
}

int trust_check(const char *path, const char *danger, struct error *error)
{
	char real[PATH_MAX];
	struct stat at;

	if (!realpath(path, real))
		return error_set(error, "%s: %s", path, strerror(errno));
	for (;;) {
		if (stat(real, &at))
			return error_set(error, "%s: %s", real, strerror(errno));
		if (!is_read_only(real) && writable_by_others(&at))
			return error_set(error, "%s can be written by other users: anybody could %s; chmod go-w %s",
					 real, danger, real);
		if (!is_read_only(real) && at.st_uid != 0 && at.st_uid != geteuid() && !owns_this_program(at.st_uid))
			return error_set(error,
					 "%s belongs to another user (uid %u): it must belong to root or to the user "
					 "of this service",
					 real, (unsigned)at.st_uid);
		if (strcmp(real, "/") == 0)
			return 0;
		(void)dirname(real); /* glibc cuts it in place */
	}
}
