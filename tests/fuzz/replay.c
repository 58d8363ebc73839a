/* replay.c: the main() of a fuzz target that is built without libFuzzer: runs it once for each file that is named, and
 * for each file of each folder that is named; then says how many there were. */
#include <dirent.h>
#include <errno.h>
#include <sys/stat.h>

#include "fuzz.h"

static _Noreturn void fail(const char *path)
{
	(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
	exit(2);
}

static size_t replay_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct text bytes = {0};
	char room[4096];
	size_t got;
	uint8_t *exact;

	if (!file)
		fail(path);
	while ((got = fread(room, 1, sizeof(room), file)) > 0)
		text_add_bytes(&bytes, room, got);
	if (ferror(file))
		fail(path);
	(void)fclose(file);
	/* exactly as long as the file, so that a sanitizer sees what is read behind it */
	exact = mem_new(bytes.length, 1);
	if (bytes.length)
		memcpy(exact, bytes.data, bytes.length);
	(void)fprintf(stderr, "running %s\n", path);
	(void)LLVMFuzzerTestOneInput(exact, bytes.length);
	free(exact);
	text_free(&bytes);
	return 1;
}

static size_t replay(const char *path)
{
	struct dirent *entry;
	struct stat info;
	size_t count = 0;
	DIR *folder;

	if (stat(path, &info))
		fail(path);
	if (!S_ISDIR(info.st_mode))
		return replay_file(path);
	folder = opendir(path);
	if (!folder)
		fail(path);
	while ((entry = readdir(folder))) {
		char *inside = mem_format("%s/%s", path, entry->d_name);

		if (entry->d_name[0] != '.')
			count += replay(inside);
		free(inside);
	}
	(void)closedir(folder);
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;

	for (int i = 1; i < argc; i++)
		count += replay(argv[i]);
	(void)printf("replayed %zu\n", count);
	return 0;
}
