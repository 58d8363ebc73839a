/* wear.c: plugins that wear out. A process that fills up (memory, descriptors) is replaced in good order; one that goes
 * too far is ended, and what it ran is judged as after a crash. A plugin that loses process after process is not
 * started again for a while: quarantine. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "core/tasks.h"

#define LOOK_CLOSELY 20        /* the same when one has grown */
#define LOOK_EVERY 250         /* ms between looks at the memory of processes that run tasks */
#define FRAME_TIME 10000       /* ms in which a frame that has begun must be whole */
#define QUARANTINE_GRACE 60000 /* ms that the tasks of the last process have */
#define MIB (1024 * 1024)

void process_condemn(struct process *process, const char *format, ...)
{
	va_list args;

	if (!process->blame) {
		va_start(args, format);
		if (vasprintf(&process->blame, format, args) < 0)
			mem_out();
		va_end(args);
	}
	(void)kill(process->pid, SIGKILL);
}

/* ---- replaced in good order ---- */

void seat_renew(struct seat *seat, struct process *process, const char *why)
{
	if (process != seat->current)
		return;
	log_line(seat->core->log, LOG_WARNING, &(struct log_about){.plugin = seat->plugin->name},
		 "the plugin's process %s: a new one takes over, and this one ends when its %d tasks are done; "
		 "if this comes again and again the plugin leaks: tell its maker",
		 why, process->held);
	seat_retire(seat, process, INT64_MAX); /* each of its tasks has a time limit of its own */
	process->worn = 1;
	seat->deaths = 0;
	seat->start_at = 0;
}

static void weigh(struct seat *seat, struct process *process, int64_t now)
{
	int64_t limit = seat->plugin->memory, size = children_memory(process->pid);
	char why[120];

	if (size >= limit / 2 && size - process->size >= limit / 4)
		seat->look_at = now + LOOK_CLOSELY;
	if (size >= limit) {
		process->outgrown = 1;
		process_condemn(process, "grew to %lld MiB, over its limit (memory = %lldM), and was ended",
				(long long)size / MIB, (long long)limit / MIB);
	} else if (size >= limit / 4 * 3 && size - process->size >= limit / 4) {
		(void)snprintf(why, sizeof(why), "holds %lld MiB, near its limit (memory = %lldM)",
			       (long long)size / MIB, (long long)limit / MIB);
		seat_renew(seat, process, why);
	}
}

static void look(struct seat *seat, struct process *process, int64_t now)
{
	if (process->frame_since && now - process->frame_since > FRAME_TIME)
		process_condemn(process, "began a frame and did not end it: does a unit write to a descriptor "
					 "that is not its own?");
	if (process->ready && seat->plugin->memory && !process->blame)
		weigh(seat, process, now);
}

void wear_turn(struct seat *seat, int64_t now)
{
	struct process *next;

	if (now < seat->look_at)
		return;
	seat->look_at = now + LOOK_EVERY;
	for (struct process *p = seat->retired; p; p = next) {
		next = p->next;
		look(seat, p, now);
	}
	if (seat->current)
		look(seat, seat->current, now);
}

int64_t wear_due(const struct seat *seat)
{
	int busy = seat->current && (seat->current->held || seat->current->frame_since);

	for (const struct process *p = seat->retired; p && !busy; p = p->next)
		busy = p->held || p->frame_since;
	return busy ? seat->look_at : INT64_MAX;
}

int64_t seat_memory(const struct seat *seat)
{
	int64_t size = seat->current ? children_memory(seat->current->pid) : 0;

	for (const struct process *p = seat->retired; p; p = p->next)
		size += children_memory(p->pid);
	return size;
}

/* ---- quarantine ---- */

static char *topics_of(const struct seat *seat)
{
	const struct registry *registry = &seat->core->registry;
	struct text text = {0};

	for (size_t i = 0; i < registry->count; i++)
		if (&seat->core->seats[registry->bindings[i].plugin] == seat)
			text_add_format(&text, "%s%s", text.length ? ", " : "", registry->bindings[i].topic->topic);
	return text_take(&text);
}

/* Minutes or seconds, whichever is whole. */
static char *span(int64_t ms)
{
	return ms % 60000 == 0 ? mem_format("%lld min", (long long)ms / 60000)
			       : mem_format("%.0f s", (double)ms / 1000);
}

static void begin(struct seat *seat, int64_t now, const char *why)
{
	char *topics = topics_of(seat), *window = span(seat->plugin->crash_window);
	char *time = span(seat->plugin->quarantine);

	seat->quarantined = 1;
	seat->quarantine_end = now + seat->plugin->quarantine;
	log_line(seat->core->log, LOG_ERROR, &(struct log_about){.plugin = seat->plugin->name},
		 "quarantine: the plugin lost %u process%s within %s, the last one: %s. "
		 "Its topics (%s) are not fetched, its waiting tasks go back to the engine with all their retries, "
		 "other plugins go on. Mend the plugin or take an earlier version, and restart the host; "
		 "if nothing is done the plugin is tried again in %s",
		 seat->loss_count, seat->loss_count == 1 ? "" : "es", window, why, topics, time);
	free(topics);
	free(window);
	free(time);
	if (seat->current)
		seat_retire(seat, seat->current, now + QUARANTINE_GRACE);
}

void seat_loses(struct seat *seat, struct process *process, const char *why)
{
	int64_t now = clock_boot();
	unsigned most = (unsigned)seat->plugin->crashes, kept = 0;

	if (process->counted || seat->core->ended)
		return;
	process->counted = 1;
	seat->lost++;
	if (most == 0 || seat->quarantined)
		return;
	for (unsigned i = 0; i < seat->loss_count; i++)
		if (now - seat->losses[i] <= seat->plugin->crash_window)
			seat->losses[kept++] = seat->losses[i];
	seat->losses[kept++] = now;
	seat->loss_count = kept;
	if (kept >= most)
		begin(seat, now, why);
}

/* A trial: the losses but one still count, as if they were of now, so that the next one brings it back at once. */
void seat_tries_again(struct seat *seat, int64_t now)
{
	char *window = span(seat->plugin->crash_window);

	seat->quarantined = 0;
	seat->loss_count = (unsigned)seat->plugin->crashes - 1;
	for (unsigned i = 0; i < seat->loss_count; i++)
		seat->losses[i] = now;
	seat->deaths = 0;
	seat->start_at = 0;
	log_line(seat->core->log, LOG_WARNING, &(struct log_about){.plugin = seat->plugin->name},
		 "quarantine is over for a trial: the plugin is started again; if it loses a process within %s, "
		 "quarantine "
		 "begins anew",
		 window);
	free(window);
}

char *seats_quarantined(const struct core *core)
{
	struct text text = {0};

	for (size_t i = 0; i < core->config->plugin_count; i++)
		if (core->seats[i].quarantined)
			text_add_format(&text, "%s%s", text.length ? ", " : "", core->seats[i].plugin->name);
	return text.length ? text_take(&text) : NULL;
}
