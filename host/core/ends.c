/* ends.c: how the processes of plugins end: retired, dismissed, found dead, and all at once when the host stops. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/tasks.h"

#define RESTART_MOST 60000 /* ms between starts of a plugin that dies again and again */
#define CALM 60000         /* ms that a process must live for its deaths to be forgotten */
#define FINI_TIME 2000     /* ms for fini() */
#define IN_DEBUGGER ": run `bptl exec` under a debugger, which loads it without a process of its own"

/* ---- in good order ---- */

static void no_fini(const struct seat *seat)
{
	log_line(seat->core->log, LOG_WARNING, &(struct log_about){.plugin = seat->plugin->name},
		 "the plugin's fini function does not return within %d s: its process was ended", FINI_TIME / 1000);
}

/* Of one that was told to end. */
static void say_bad_end(const struct seat *seat, struct process *process)
{
	if (!process->ended || !process->ready || process->blame || process->said)
		return;
	process->said = 1;
	if (WIFSIGNALED(process->status) && WTERMSIG(process->status) != SIGKILL)
		log_line(seat->core->log, LOG_WARNING, &(struct log_about){.plugin = seat->plugin->name},
			 "the plugin's process ended with signal %d (%s) in its fini function",
			 WTERMSIG(process->status), strsignal(WTERMSIG(process->status)));
}

/* A worn one ends by itself when its end of the socket is closed, after fini(); others are not to be trusted with that.
 */
void seat_dismiss(struct seat *seat, struct process *process, int64_t now)
{
	if (process->worn && !process->closing) {
		(void)shutdown(process->socket, SHUT_WR);
		process->closing = 1;
		process->kill_at = now + FINI_TIME;
	} else if (!process->closing || now >= process->kill_at) {
		if (process->closing)
			no_fini(seat);
		process->closing = 0;
		process->worn = 0;
		(void)kill(process->pid, SIGKILL);
	}
}

void seat_retire(struct seat *seat, struct process *process, int64_t kill_at)
{
	if (process != seat->current) {
		if (process->kill_at > kill_at)
			process->kill_at = kill_at;
		process->worn = 0;
		return;
	}
	seat->current = NULL;
	process->kill_at = kill_at;
	process->next = seat->retired;
	seat->retired = process;
	seat->deaths = clock_boot() - process->started > CALM ? 1 : seat->deaths + 1;
	seat->start_at = seat->deaths > 1 ? clock_boot() + clock_backoff(seat->deaths - 1, 1000, RESTART_MOST) : 0;
}

static void process_free(struct process *process)
{
	(void)close(process->socket);
	(void)close(process->note);
	text_free(&process->in);
	text_free(&process->out);
	text_free(&process->held_back);
	text_free(&process->notes);
	json_decref(process->given);
	free(process->blame);
	free(process);
}

/* ---- found dead ---- */

/* For want of memory or descriptors: that says nothing of the plugin, which is started again. */
static int wants_room(int status)
{
	return WIFEXITED(status) && (WEXITSTATUS(status) == MEM_OUT || WEXITSTATUS(status) == EX_OSERR);
}

void seat_bury(struct seat *seat, struct process *process)
{
	int status = process->status, was_current = process == seat->current;
	struct process **at = &seat->retired;

	if (process->closing)
		say_bad_end(seat, process);
	seat->core->sweep = 1;
	if (seat->core->journal)
		journal_hear_late(seat->core->journal, seat->core->config->host.state, process->pid, seat->core->log);
	if (process == seat->current)
		seat_retire(seat, process, 0);
	while (*at && *at != process)
		at = &(*at)->next;
	if (*at)
		*at = process->next;
	if (was_current && !process->ready && !seat->refusal && !wants_room(status))
		seat->refusal =
			WIFSIGNALED(status)
				? mem_format(
					  "%s: its process ended with signal %d (%s) while it was loaded" IN_DEBUGGER,
					  seat->library, WTERMSIG(status), strsignal(WTERMSIG(status)))
				: mem_format("%s: its process ended with status %d while it was loaded" IN_DEBUGGER,
					     seat->library, WEXITSTATUS(status));
	if (was_current && !process->ready && seat->refusal && seat->about && !seat->core->ended)
		log_line(seat->core->log, LOG_ERROR, &(struct log_about){.plugin = seat->plugin->name},
			 "the plugin cannot be used any more: %s; it is tried again in %.0f s", seat->refusal,
			 seat->start_at ? (double)(seat->start_at - clock_boot()) / 1000 : 0.0);
	if (was_current && !process->ready && seat->refusal && seat->about)
		seat_loses(seat, process, seat->refusal);
	tasks_died(seat, process, status);
	process_free(process);
}

/* ---- the end of the host ---- */

/* Do processes that were told to end still run? */
static int ending(const struct seat *seat, int64_t now)
{
	int running = 0;

	for (struct process *p = seat->current ? seat->current : seat->retired; p;
	     p = p == seat->current ? seat->retired : p->next) {
		if (p->ended || p->held) {
			say_bad_end(seat, p);
			continue;
		}
		running = 1;
		if (now < p->kill_at && p->ready)
			continue;
		if (p->ready)
			no_fini(seat);
		(void)kill(p->pid, SIGKILL);
		p->kill_at = INT64_MAX;
	}
	return running;
}

/* A process ends when its socket closes: an idle one calls fini() and is waited for; one that holds tasks hears out
 * what it has under way, and is left to do so. */
void runners_end(struct core *core)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
	int64_t end = clock_boot() + FINI_TIME;
	int running = 1;

	for (size_t i = 0; i < core->config->plugin_count; i++) {
		struct seat *seat = &core->seats[i];

		for (struct process *p = seat->current ? seat->current : seat->retired; p;
		     p = p == seat->current ? seat->retired : p->next) {
			(void)shutdown(p->socket, SHUT_RDWR);
			p->kill_at = end;
		}
	}
	while (running && clock_boot() < end + FINI_TIME) {
		running = 0;
		core->reap = 1;
		children_reap(core);
		for (size_t i = 0; i < core->config->plugin_count; i++)
			running |= ending(&core->seats[i], clock_boot());
		if (running)
			(void)nanosleep(&moment, NULL);
	}
	core->sweep = 1;
	children_sweep(core);
}

void seat_clear(struct seat *seat)
{
	struct process *next;

	for (struct process *p = seat->retired; p; p = next) {
		next = p->next;
		process_free(p);
	}
	if (seat->current)
		process_free(seat->current);
	free(seat->losses);
	json_decref(seat->about);
	free(seat->refusal);
	free(seat->library);
}
