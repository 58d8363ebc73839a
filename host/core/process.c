/* process.c: starts the child process of a plugin: which library, which descriptors, which environment. */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/memory.h"
#include "core/runners.h"

char *runners_library(const struct config *config, const struct config_plugin *plugin)
{
	char path[PATH_MAX];
	ssize_t length;
	char *folder, *library;

	if (plugin->library)
		return mem_text(plugin->library);
	if (config->host.plugins)
		return mem_format("%s/%s.so", config->host.plugins, plugin->name);
	length = readlink("/proc/self/exe", path, sizeof(path) - 1);
	if (length > 0) {
		path[length] = '\0';
		folder = dirname(path);
		library = mem_format("%s/plugins/%s.so", folder, plugin->name);
		if (access(library, F_OK) == 0)
			return library;
		free(library);
	}
	return mem_format("%s/%s.so", BPTL_PLUGIN_FOLDER, plugin->name);
}

static json_t *start_frame(const struct seat *seat)
{
	json_t *settings = mem_json(json_object());

	for (size_t i = 0; i < seat->plugin->setting_count; i++)
		json_put_text(settings, seat->plugin->settings[i].name, seat->plugin->settings[i].value);
	return mem_json(json_pack("{s:s, s:s, s:s, s:o, s:i, s:i, s:s, s:i}", "type", "start", "plugin",
				  seat->plugin->name, "library", seat->library, "settings", settings, "log_level",
				  (int)log_level_of(seat->core->log), "log_format", (int)log_format_of(seat->core->log),
				  "state", seat->core->config->host.state, "workers",
				  seat->core->config->host.workers));
}

/* LD_BIND_NOW makes a missing symbol show when the plugin is loaded; libltdl alone would bind it at first use. The
 * environment may hold secrets that only the core is to see, so the child gets a short one. */
static char **child_environment(void)
{
	static const char *const kept[] = {
		"PATH",          "LANG",         "LC_ALL",       "TZ",         "TMPDIR",      "HOME",
		"http_proxy",    "https_proxy",  "HTTPS_PROXY",  "no_proxy",   "NO_PROXY",    "ASAN_OPTIONS",
		"UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS", "LD_PRELOAD", "GCOV_PREFIX", NULL};
	char **list = mem_new(sizeof(kept) / sizeof(*kept) + 2, sizeof(*list));
	size_t count = 0;

	list[count++] = mem_text("LD_BIND_NOW=1");
	for (size_t i = 0; kept[i]; i++)
		if (getenv(kept[i]))
			list[count++] = mem_format("%s=%s", kept[i], getenv(kept[i]));
	return list;
}

static int spawn(const struct seat *seat, struct process *process, int socket, int note)
{
	char *arguments[] = {(char *)"bptl", (char *)"runner", seat->plugin->name, NULL};
	char **environment = child_environment();
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none, all;
	int code;

	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawn_file_actions_init(&actions);
	(void)posix_spawnattr_init(&attributes);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	(void)posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO); /* what a unit prints is log */
	(void)posix_spawn_file_actions_adddup2(&actions, socket, 3);
	(void)posix_spawn_file_actions_adddup2(&actions, note, 4);
	if (journal_runner_lock(seat->core->journal) >= 0)
		(void)posix_spawn_file_actions_adddup2(&actions, journal_runner_lock(seat->core->journal), 5);
	code = posix_spawn(&process->pid, "/proc/self/exe", &actions, &attributes, arguments, environment);
	(void)posix_spawn_file_actions_destroy(&actions);
	(void)posix_spawnattr_destroy(&attributes);
	for (char **at = environment; *at; at++)
		free(*at);
	free(environment);
	return code;
}

/* A descriptor that cannot be one of those that the child is given by number. */
static int away(int fd)
{
	int moved = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 10);
	int why = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = why;
	return moved;
}

/* Our ends of the socket and the pipe, and those of the child. 0 or an errno; whatever is not -1 is open. */
static int open_ends(struct process *process, int theirs[2])
{
	int sockets[2] = {-1, -1}, notes[2] = {-1, -1};
	int code = 0;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) || pipe2(notes, O_CLOEXEC))
		code = errno;
	process->socket = away(sockets[0]);
	theirs[0] = away(sockets[1]);
	process->note = away(notes[0]);
	theirs[1] = away(notes[1]);
	if (code)
		return code;
	if (process->socket < 0 || theirs[0] < 0 || process->note < 0 || theirs[1] < 0)
		return EMFILE;
	(void)fcntl(process->socket, F_SETFL, O_NONBLOCK);
	(void)fcntl(process->note, F_SETFL, O_NONBLOCK);
	return 0;
}

static void close_all(const int *fds, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fds[i] >= 0)
			(void)close(fds[i]);
}

struct process *process_start(struct seat *seat)
{
	struct process *process = mem_new(1, sizeof(*process));
	int theirs[2];
	int code = open_ends(process, theirs);

	if (!code)
		code = spawn(seat, process, theirs[0], theirs[1]);
	close_all(theirs, 2);
	if (code) {
		log_line(seat->core->log, LOG_ERROR, &(struct log_about){.plugin = seat->plugin->name},
			 "the plugin's process cannot be started: %s", strerror(code));
		close_all((const int[]){process->socket, process->note}, 2);
		free(process);
		return NULL;
	}
	process->started = clock_boot();
	(void)process_send(process, start_frame(seat));
	return process;
}
