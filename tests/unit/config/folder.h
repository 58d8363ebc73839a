/* folder.h: a configuration folder for a test, under the test's own temporary folder; and what config_read() makes of
 * it. */
#ifndef BPTL_TESTS_CONFIG_FOLDER_H
#define BPTL_TESTS_CONFIG_FOLDER_H

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "check.h"
#include "config/config.h"

struct folder {
	char path[64];
};

static inline void folder_make(struct folder *folder)
{
	(void)snprintf(folder->path, sizeof(folder->path), "/tmp/bptl-config-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
}

/* Writes a file of the folder with exactly this mode. */
static inline void folder_put_bytes(const struct folder *folder, const char *name, const void *bytes, size_t length,
				    mode_t mode)
{
	char *path = mem_format("%s/%s", folder->path, name);
	FILE *file = fopen(path, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
	free(path);
}

static inline void folder_put(const struct folder *folder, const char *name, const char *text)
{
	folder_put_bytes(folder, name, text, strlen(text), 0644);
}

static inline void folder_put_secret(const struct folder *folder, const char *name, const char *text)
{
	folder_put_bytes(folder, name, text, strlen(text), 0600);
}

/* Takes the folder away; it holds files and empty folders only. */
static inline void folder_drop(const struct folder *folder)
{
	DIR *dir = opendir(folder->path);
	struct dirent *entry;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		char *path = mem_format("%s/%s", folder->path, entry->d_name);

		if (entry->d_name[0] != '.' || strlen(entry->d_name) > 2)
			assert_int_equal(remove(path), 0);
		free(path);
	}
	closedir(dir);
	assert_int_equal(rmdir(folder->path), 0);
}

/* The problems, one a line, with the folder's path left out. Owned. */
static inline char *folder_words(const struct folder *folder, const struct problems *problems)
{
	char *start = mem_format("%s/", folder->path), *at, *found;
	struct text text = {0};

	for (size_t i = 0; i < problems->count; i++) {
		for (at = problems->list[i]; (found = strstr(at, start)); at = found + strlen(start))
			text_add_bytes(&text, at, (size_t)(found - at));
		text_add(&text, at);
		text_add(&text, "\n");
	}
	free(start);
	return text_take(&text);
}

/* The configuration, of which nothing may be wrong. */
static inline struct config *folder_read(const struct folder *folder)
{
	struct problems problems = {0};
	struct config *config = config_read(folder->path, &problems);
	char *words = folder_words(folder, &problems);

	assert_string_equal(words, "");
	assert_non_null(config);
	free(words);
	problems_free(&problems);
	return config;
}

/* What is wrong with it; something has to be. Owned. */
static inline char *folder_problems(const struct folder *folder)
{
	struct problems problems = {0};
	struct config *config = config_read(folder->path, &problems);
	char *words = folder_words(folder, &problems);

	assert_null(config);
	assert_int_not_equal(problems.count, 0);
	problems_free(&problems);
	return words;
}

#endif
