/* late.c: the runners of a host that was killed hear out what they had under way, and write it into files of the state
 * folder (runner/runner.c). The next host waits for them, and reads those files before it resumes a task: so even a
 * host killed in the middle of a mutation learns how it ended. */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "core/journal.h"

#define ORPHAN_TIME 75000 /* ms: longer than an orphan takes (runner/runner.c) */
#define SAY_EVERY 5000

static int asked_to_stop(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && (sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1);
}

/* The lock is exclusive only for this moment; afterwards it is shared with the runners to come. */
static int wait_for_orphans(int fd, struct log *log, struct error *error)
{
	int64_t end = clock_boot() + ORPHAN_TIME, say = clock_boot() + 500;

	while (flock(fd, LOCK_EX | LOCK_NB)) {
		int64_t now = clock_boot();

		if (asked_to_stop())
			return error_set(error, "stopped while waiting for the plugin processes of an earlier host");
		if (now >= end)
			return error_set(error,
					 "plugin processes of an earlier host still run after %d s: end them (bptl "
					 "runner ...), then start again",
					 ORPHAN_TIME / 1000);
		if (now >= say) {
			log_line(log, LOG_INFO, NULL,
				 "an earlier host was killed; waiting for its plugin processes to hear the last "
				 "answers");
			say = now + SAY_EVERY;
		}
		(void)usleep(20000);
	}
	return flock(fd, LOCK_SH) ? error_set(error, "the lock of the runners: %s", strerror(errno)) : 0;
}

static void take_line(struct journal *journal, const char *line, size_t length, struct log *log, const char *file)
{
	char reason[160];
	json_t *note = json_read(line, length, reason);
	const char *key = json_get_text(note, "key");

	if (!note_is_whole(note)) {
		/* a line cut short by a second crash: its intent stays open, and that is reported */
		log_line(log, LOG_WARNING, NULL, "%s has a line that cannot be read: left out", file);
		json_decref(note);
		return;
	}
	log_line(log, LOG_INFO, &(struct log_about){.task = strchr(key, '/') + 1},
		 "a plugin process heard an answer after the host had stopped: taken into the journal");
	/* no run of this task can be under way: it is the truth of its last one */
	journal_note(journal, key, note, 1);
	json_decref(note);
}

static int take_file(struct journal *journal, const char *path, struct log *log, struct error *error)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;
	ssize_t length;

	int code = 0;

	if (!file && errno == ENOMEM)
		mem_out();
	if (!file)
		return error_set(error, "%s: %s", path, strerror(errno));
	while ((length = getline(&line, &room, file)) > 0)
		take_line(journal, line, (size_t)length, log, path);
	/* what was not read must not be deleted */
	if (!feof(file) && errno == ENOMEM)
		mem_out();
	if (!feof(file))
		code = error_set(error, "%s cannot be read to its end: %s", path, strerror(errno));
	free(line);
	(void)fclose(file);
	return code;
}

void journal_hear_late(struct journal *journal, const char *folder, int pid, struct log *log)
{
	char *path = mem_format("%s/late-%d.jsonl", folder, pid);
	struct error error;

	if (access(path, F_OK) == 0) {
		if (take_file(journal, path, log, &error))
			log_line(log, LOG_ERROR, NULL, "%s", error.text);
		else
			journal_spent(journal, path);
	}
	free(path);
}

int journal_hear_orphans(struct journal *journal, const char *folder, struct log *log, struct error *error)
{
	char *lock = mem_format("%s/runners.lock", folder), *pattern = mem_format("%s/late-*.jsonl", folder);
	int fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	glob_t found = {0};
	int code = 0, globbed = 0;

	if (fd < 0)
		code = error_set(error, "%s: %s", lock, strerror(errno));
	else
		code = wait_for_orphans(fd, log, error);
	if (fd >= 0)
		journal_set_runner_lock(journal, fd);
	if (!code && (globbed = glob(pattern, GLOB_ERR, NULL, &found)) == GLOB_NOSPACE)
		mem_out();
	if (!code && globbed && globbed != GLOB_NOMATCH)
		code = error_set(error, "%s: the folder cannot be read: %s", folder, strerror(errno));
	if (!code && globbed == 0) {
		for (size_t i = 0; i < found.gl_pathc && !code; i++)
			code = take_file(journal, found.gl_pathv[i], log, error);
		for (size_t i = 0; i < found.gl_pathc && !code; i++)
			journal_spent(journal, found.gl_pathv[i]);
		if (!code && journal_commit(journal, error))
			code = -1;
	}
	globfree(&found);
	free(lock);
	free(pattern);
	return code;
}
