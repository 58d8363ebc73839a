/* children.c: the kernel's side of the plugins' processes: who has ended, who was left behind, and how big they are.
 * The core adopts what a process leaves behind when it ends: a child that a unit made with fork() and forgot would else
 * live on for ever, with the host's sockets in its hands. What a unit started with exec() is a program of its own, and
 * is left alone. */
#include "core/runners.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

void children_adopt(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static struct process *find(const struct core *core, pid_t pid)
{
	for (size_t i = 0; i < core->config->plugin_count; i++) {
		const struct seat *seat = &core->seats[i];

		if (seat->current && seat->current->pid == pid)
			return seat->current;
		for (struct process *p = seat->retired; p; p = p->next)
			if (p->pid == pid)
				return p;
	}
	return NULL;
}

void children_reap(struct core *core)
{
	struct process *process;
	pid_t pid;
	int status;

	if (!core->reap)
		return;
	core->reap = 0;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		process = find(core, pid);
		if (process) {
			process->ended = 1;
			process->status = status;
		} else {
			core->sweep = 1; /* it may have had children */
		}
	}
}

/* The start of a small file of /proc: its length, 0 when there is none. */
static size_t read_proc(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, size - 1);

	if (fd >= 0)
		(void)close(fd);
	text[length > 0 ? length : 0] = '\0';
	return length > 0 ? (size_t)length : 0;
}

/* Is this a copy of one of our runners: "bptl" "runner" PLUGIN? */
static int is_runner(pid_t pid, char plugin[256])
{
	static const char head[] = "bptl\0runner";
	char path[64], line[512];
	size_t length;

	(void)snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	length = read_proc(path, line, sizeof(line));
	if (length <= sizeof(head) || memcmp(line, head, sizeof(head)) != 0)
		return 0;
	(void)snprintf(plugin, 256, "%.255s", line + sizeof(head));
	return 1;
}

void children_sweep(struct core *core)
{
	char path[64], list[4096], plugin[256];
	char *at = list;

	if (!core->sweep)
		return;
	core->sweep = 0;
	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	(void)read_proc(path, list, sizeof(list));
	for (;;) {
		pid_t pid = (pid_t)strtol(at, &at, 10);

		if (pid <= 0)
			return;
		if (find(core, pid) || !is_runner(pid, plugin))
			continue;
		log_line(core->log, LOG_WARNING, &(struct log_about){.plugin = plugin},
			 "a unit of the plugin left a process behind (%d, made with fork()): it is ended", (int)pid);
		(void)kill(pid, SIGKILL);
	}
}

int64_t children_memory(pid_t pid)
{
	static const char *const names[] = {"\nVmRSS:", "\nVmSwap:"};
	char path[64], text[4096];
	int64_t size = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	(void)read_proc(path, text, sizeof(text));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *found = strstr(text, names[i]);

		if (found)
			size += strtoll(found + strlen(names[i]), NULL, 10) * 1024;
	}
	return size;
}
