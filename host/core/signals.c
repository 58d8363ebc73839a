/* signals.c: see signals.h. */
#include "core/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "core/fetch.h"

int signals_open(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files is met like a full disk */
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

void core_drain(struct core *core)
{
	core->draining = 1;
	core->drain_end = clock_boot() + core->config->host.drain;
	for (size_t i = 0; core->fetchers && i < core->config->engine_count; i++)
		fetch_stop(&core->fetchers[i]);
}

void signals_take(struct core *core, int fd)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			core->reap = 1;
		if (info.ssi_signo == SIGCHLD || info.ssi_signo == SIGHUP)
			continue;
		if (core->draining) {
			log_line(core->log, LOG_WARNING, NULL,
				 "second signal: stopping at once, what is unfinished stays in the journal");
			core->ended = 1;
			return;
		}
		log_line(core->log, LOG_INFO, NULL,
			 "stopping: no more tasks are fetched, running ones have %.0f s to finish",
			 (double)core->config->host.drain / 1000);
		core_drain(core);
	}
}
