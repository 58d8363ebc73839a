/* secret.c: see secret.h. No message holds anything of what was read. */
#include "config/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

#define SECRET_LIMIT 65536

/* Opens a secret and checks what it is. -1 and the problem is said. */
static int open_secret(const struct fields *fields, const char *key, const char *path, int check_mode)
{
	struct stat info;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0) {
		fields_problem(fields, key, "%s cannot be read: %s", path, strerror(errno));
		return -1;
	}
	if (fstat(fd, &info) != 0)
		fields_problem(fields, key, "%s cannot be read: %s", path, strerror(errno));
	else if (!S_ISREG(info.st_mode))
		fields_problem(fields, key, "%s is not a regular file", path);
	else if (check_mode && (info.st_mode & 0077) != 0)
		fields_problem(
			fields, key,
			"%s has mode %04o: group or others can read or write it: chmod 0600 it, owned by the user "
			"that bptl runs as",
			path, (unsigned)(info.st_mode & 07777));
	else if (check_mode && info.st_uid != 0 && info.st_uid != geteuid())
		fields_problem(
			fields, key,
			"%s belongs to another user (uid %u), who can read and change it: chown it to the user that "
			"bptl runs as",
			path, (unsigned)info.st_uid);
	else if (info.st_size == 0)
		fields_problem(fields, key, "%s is empty: put the secret in it", path);
	else
		return fd;
	close(fd);
	return -1;
}

/* Cuts one newline and checks that the rest can travel in a header and in JSON. 0 or -1. */
static int check_secret(const struct fields *fields, const char *key, const char *where, char *secret, size_t length)
{
	if (length > 0 && secret[length - 1] == '\n')
		length--;
	if (length > 0 && secret[length - 1] == '\r')
		length--;
	secret[length] = '\0';
	if (length == 0) {
		fields_problem(fields, key, "%s is empty: put the secret in it", where);
		return -1;
	}
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)secret[i] < 0x20 || secret[i] == 0x7f) {
			fields_problem(fields, key,
				       "%s holds a line break or another control character: put the secret in it and "
				       "nothing else",
				       where);
			return -1;
		}
	if (!text_is_utf8(secret, length)) {
		fields_problem(fields, key, "%s is not valid UTF-8", where);
		return -1;
	}
	return 0;
}

static char *read_path(const struct fields *fields, const char *key, const char *path, int check_mode)
{
	char *secret = NULL;
	size_t length = 0;
	ssize_t got = 1;
	int fd = open_secret(fields, key, path, check_mode);

	if (fd < 0)
		return NULL;
	secret = mem_new(SECRET_LIMIT + 2, 1);
	while (length <= SECRET_LIMIT && (got = read(fd, secret + length, SECRET_LIMIT + 1 - length)) > 0)
		length += (size_t)got;
	if (got < 0)
		fields_problem(fields, key, "%s cannot be read: %s", path, strerror(errno));
	else if (length > SECRET_LIMIT)
		fields_problem(fields, key, "%s is over 64 KiB long: this is no secret", path);
	close(fd);
	if (got < 0 || length > SECRET_LIMIT || check_secret(fields, key, path, secret, length) != 0) {
		explicit_bzero(secret, SECRET_LIMIT + 2);
		free(secret);
		return NULL;
	}
	return secret;
}

static char *read_file(struct fields *fields, const char *key)
{
	char *path = fields_path(fields, key);
	char *secret = path ? read_path(fields, key, path, 1) : NULL;

	free(path);
	return secret;
}

/* systemd guards the folder itself, and shows an access list as a mode of 0440: the mode says nothing there. */
static char *read_credential(struct fields *fields, const char *key)
{
	const char *name = fields_text(fields, key);
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	char *path, *secret;

	if (!name)
		return NULL;
	if (strchr(name, '/') || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
		fields_wrong(fields, key, "expected the name of a credential, not a path");
		return NULL;
	}
	if (!folder || !*folder) {
		fields_wrong(fields, key,
			     "CREDENTIALS_DIRECTORY is not set: load it with LoadCredential= in the systemd unit");
		return NULL;
	}
	path = mem_format("%s/%s", folder, name);
	secret = read_path(fields, key, path, 0);
	free(path);
	return secret;
}

static char *read_environment(struct fields *fields, const char *key)
{
	const char *name = fields_text(fields, key);
	const char *value = name ? getenv(name) : NULL;
	char *secret;

	if (!name)
		return NULL;
	if (!value || !*value) {
		fields_wrong(fields, key, "the environment has no such variable, or it is empty");
		return NULL;
	}
	secret = mem_text(value);
	if (check_secret(fields, key, name, secret, strlen(secret)) != 0) {
		mem_wipe(secret);
		return NULL;
	}
	return secret;
}

static const struct source {
	const char *ending;
	char *(*read)(struct fields *fields, const char *key);
} sources[] = {{"file", read_file}, {"credential", read_credential}, {"env", read_environment}};

int secret_given(const struct fields *fields, const char *stem)
{
	int given = fields_has(fields, stem);

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		char *key = mem_format("%s_%s", stem, sources[i].ending);

		given |= fields_has(fields, key);
		free(key);
	}
	return given;
}

char *secret_read(struct fields *fields, const char *stem, int required)
{
	char *secret = NULL, *first = NULL, *expected;

	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		char *key = mem_format("%s_%s", stem, sources[i].ending);

		if (!fields_has(fields, key)) {
			free(key);
		} else if (first) {
			(void)fields_text(fields, key);
			fields_problem(fields, key, "%s is given as well: keep one of the two", first);
			free(key);
		} else {
			secret = sources[i].read(fields, key);
			first = key;
		}
	}
	/* the same secret given in the clear is spoken of by fields_done() */
	if (!first && required && !fields_has(fields, stem)) {
		char *key = mem_format("%s_file", stem);

		expected = mem_format("the path of a file with the %s (or %s_credential or %s_env)",
				      strrchr(stem, '.') ? strrchr(stem, '.') + 1 : stem, stem, stem);
		fields_missing(fields, key, expected);
		free(expected);
		free(key);
	}
	free(first);
	return secret;
}

void secret_check_file(const struct fields *fields, const char *key, const char *path)
{
	int fd = open_secret(fields, key, path, 1);

	if (fd >= 0)
		close(fd);
}

void secret_wipe_environment(const char *secret)
{
	for (char **at = environ; secret && *secret && *at; at++) {
		char *value = strchr(*at, '=');

		if (value && strcmp(value + 1, secret) == 0)
			explicit_bzero(value + 1, strlen(value + 1));
	}
}
