/* runners.c: see runners.h. */
#include "core/runners.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/json.h"
#include "base/memory.h"
#include "core/count.h"
#include "core/tasks.h"

#define RESTART_MOST 60000 /* ms between starts of a plugin that dies again and again */
#define IN_DEBUGGER ": run `bptl exec` under a debugger, which loads it without a process of its own"
#define LOAD_TIME 20000      /* ms in which a plugin must be ready */
#define LONGEST_ANSWER 60000 /* ms that a killed process may hear out a mutation before */
#define CALM 60000           /* ms that a process must live for its deaths to be forgotten */

/* ---- starting ---- */

void seat_init(struct seat *seat, struct core *core, const struct config_plugin *plugin)
{
	*seat = (struct seat){.core = core, .plugin = plugin, .library = runners_library(core->config, plugin)};
}

static int evict(struct seat *seat, struct process *process)
{
	process->evicted = 1;
	return running_evict(seat->core, process);
}

void seat_turn(struct seat *seat, int64_t now)
{
	if (!seat->current && now >= seat->start_at && !seat->core->ended) {
		seat->current = process_start(seat);
		if (seat->current)
			seat->core->facts.plugins[seat - seat->core->seats].starts++;
		else
			seat->start_at = now + clock_backoff(++seat->deaths, 1000, RESTART_MOST);
	}
	if (seat->current && !seat->current->ready && now - seat->current->started > LOAD_TIME) {
		free(seat->refusal);
		seat->refusal =
			mem_text("its process is not ready after 20 s: does its init function wait for something?");
		(void)kill(seat->current->pid, SIGKILL);
	}
	for (struct process *p = seat->retired; p; p = p->next) {
		/* a mutation under way is worth as long as a service may take to answer it */
		if (p->held == 0 || (now >= p->kill_at && (!evict(seat, p) || now >= p->kill_at + LONGEST_ANSWER)))
			(void)kill(p->pid, SIGKILL);
	}
}

int64_t seat_due(const struct seat *seat)
{
	int64_t due = seat->current ? INT64_MAX : seat->start_at;

	if (seat->current && !seat->current->ready)
		due = seat->current->started + LOAD_TIME + 1;
	for (const struct process *p = seat->retired; p; p = p->next)
		if ((p->evicted ? p->kill_at + LONGEST_ANSWER : p->kill_at) < due)
			due = p->evicted ? p->kill_at + LONGEST_ANSWER : p->kill_at;
	return due;
}

/* ---- talking ---- */

int process_send(struct process *process, json_t *frame)
{
	return frame_add(&process->out, frame);
}

int process_send_durable(struct process *process, json_t *frame)
{
	return frame_add(&process->held_back, frame);
}

static void flush(struct process *process)
{
	while (process->out.length) {
		ssize_t n = send(process->socket, process->out.data, process->out.length, MSG_NOSIGNAL);

		if (n <= 0)
			return;
		text_drop(&process->out, (size_t)n);
	}
	text_free(&process->out);
}

int seat_run(struct process *process, json_t *frame)
{
	if (process_send(process, frame))
		return -1;
	process->held++;
	flush(process);
	return 0;
}

static void release(struct process *process)
{
	if (!process->held_back.length)
		return;
	text_add_bytes(&process->out, process->held_back.data, process->held_back.length);
	text_free(&process->held_back);
	flush(process);
}

void seat_release(struct seat *seat)
{
	for (struct process *p = seat->retired; p; p = p->next)
		release(p);
	if (seat->current)
		release(seat->current);
}

unsigned seat_fd_count(const struct seat *seat)
{
	unsigned count = seat->current ? 2 : 0;

	for (const struct process *p = seat->retired; p; p = p->next)
		count += 2;
	return count;
}

static unsigned add_fds(const struct process *process, struct pollfd *fds, unsigned count)
{
	fds[count++] =
		(struct pollfd){.fd = process->socket, .events = process->out.length ? POLLIN | POLLOUT : POLLIN};
	fds[count++] = (struct pollfd){.fd = process->note, .events = POLLIN};
	return count;
}

unsigned seat_fds(const struct seat *seat, struct pollfd *fds, unsigned count)
{
	if (seat->current)
		count = add_fds(seat->current, fds, count);
	for (const struct process *p = seat->retired; p; p = p->next)
		count = add_fds(p, fds, count);
	return count;
}

static json_t *services_frame(const struct seat *seat)
{
	const struct core *core = seat->core;
	json_t *services = mem_json(json_array()), *apps = mem_json(json_array());

	tasks_services(seat, services);
	for (size_t i = 0; i < core->config->app_count; i++)
		(void)json_array_append_new(apps, app_to_json(&core->config->apps[i].app, services));
	return mem_json(json_pack("{s:s, s:o, s:o, s:b}", "type", "services", "services", services, "apps", apps,
				  "unknown_app_refuse", core->config->host.unknown_app_refuse));
}

/* 0, or -1 when it declares what cannot be used: nothing more is taken from it.
 * Its services follow once the registry knows which topics are bound to it; a restarted one gets them at once. */
static int got_ready(struct seat *seat, struct process *process, json_t *frame)
{
	struct error error;

	if (registry_check_about(frame, &error)) {
		free(seat->refusal);
		seat->refusal = mem_format("%s: its process declares what cannot be used: %s: does the plugin write to "
					   "descriptors or memory that are not its own?",
					   seat->library, error.text);
		(void)kill(process->pid, SIGKILL);
		return -1;
	}
	process->ready = 1;
	/* the registry borrows from the first description for as long as the host runs */
	if (!seat->about)
		seat->about = json_incref(frame);
	else if (!json_equal(seat->about, frame))
		log_line(seat->core->log, LOG_WARNING, &(struct log_about){.plugin = seat->plugin->name},
			 "%s was changed while the host runs, and declares other things than before: restart the host, "
			 "so that the topics follow",
			 seat->library);
	free(seat->refusal);
	seat->refusal = NULL;
	log_line(seat->core->log, LOG_INFO, &(struct log_about){.plugin = seat->plugin->name},
		 "plugin ready, version %s, %zu units", json_get_text(frame, "version"),
		 json_array_size(json_object_get(frame, "units")));
	if (seat->core->registry.bindings)
		(void)process_send(process, services_frame(seat));
	return 0;
}

void runners_supply(struct seat *seat)
{
	if (seat->current && seat->current->ready)
		(void)process_send(seat->current, services_frame(seat));
}

/* 0, or -1 when nothing more is to be taken from it. */
static int take_frame(struct seat *seat, struct process *process, json_t *frame)
{
	const char *type = json_get_text(frame, "type");

	if (text_equal(type, "ready"))
		return got_ready(seat, process, frame);
	if (text_equal(type, "refused")) {
		free(seat->refusal);
		seat->refusal = mem_text(json_get_text(frame, "message"));
		if (!seat->refusal)
			seat->refusal = mem_format("%s: its process gave no reason", seat->library);
	} else if (text_equal(type, "note")) {
		tasks_note(seat->core, process, frame);
	} else if (text_equal(type, "result")) {
		count_requests(seat->core, json_object_get(frame, "requests"));
		(void)json_object_del(frame, "requests"); /* the journal need not keep it with the result */
		tasks_result(seat->core, process, frame);
	} else {
		log_line(seat->core->log, LOG_WARNING, &(struct log_about){.plugin = seat->plugin->name},
			 "the plugin's process sent a frame of unknown type %s: ignored", type ? type : "(none)");
	}
	return 0;
}

/* 0 when the process has closed its end or sent what is no frame. */
static int take_frames(struct seat *seat, struct process *process)
{
	struct error error;
	json_t *frame;
	int code, received = 0;

	while (received < 1024 * 1024 && (code = frame_receive(process->socket, &process->in)) > 0)
		received += code;
	if (received == 0 && (code == 0 || errno != EAGAIN))
		return 0;
	while ((code = frame_next(&process->in, &frame, &error)) > 0) {
		int taken = take_frame(seat, process, frame);

		json_decref(frame);
		if (taken)
			return 0;
	}
	if (code < 0) {
		log_line(seat->core->log, LOG_ERROR, &(struct log_about){.plugin = seat->plugin->name},
			 "the plugin's process sent %s: it is ended", error.text);
		(void)kill(process->pid, SIGKILL);
		return 0;
	}
	return 1;
}

static void take_notes(struct seat *seat, struct process *process)
{
	char *end;

	while (frame_receive(process->note, &process->notes) > 0)
		continue;
	while (process->notes.length && (end = strchr(process->notes.data, '\n')) != NULL) {
		char *key = strchr(process->notes.data, ' ');

		*end = '\0';
		if (key)
			tasks_crashed(seat->core, process, key + 1, (int)strtol(process->notes.data, NULL, 10));
		text_drop(&process->notes, (size_t)(end - process->notes.data) + 1);
	}
}

int seat_held(const struct seat *seat)
{
	int held = seat->current ? seat->current->held : 0;

	for (const struct process *p = seat->retired; p; p = p->next)
		held += p->held;
	return held;
}

/* ---- ending ---- */

void seat_retire(struct seat *seat, struct process *process, int64_t kill_at)
{
	if (process != seat->current) {
		if (process->kill_at > kill_at)
			process->kill_at = kill_at;
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
	free(process);
}

/* The process is gone: reaps it and says how it ended. */
static void bury(struct seat *seat, struct process *process)
{
	int status = 0, was_current = process == seat->current;
	struct process **at = &seat->retired;

	if (process->ended) {
		status = process->status;
	} else {
		(void)kill(process->pid,
			   SIGKILL); /* it may live on with its descriptors closed; a dead one keeps its status */
		while (waitpid(process->pid, &status, 0) < 0 && errno == EINTR)
			continue;
	}
	if (seat->core->journal)
		journal_hear_late(seat->core->journal, seat->core->config->host.state, process->pid, seat->core->log);
	take_notes(seat, process);
	if (process == seat->current)
		seat_retire(seat, process, 0);
	while (*at && *at != process)
		at = &(*at)->next;
	if (*at)
		*at = process->next;
	if (was_current && !process->ready && !seat->refusal)
		seat->refusal =
			WIFSIGNALED(status)
				? mem_format(
					  "%s: its process ended with signal %d (%s) while it was loaded" IN_DEBUGGER,
					  seat->library, WTERMSIG(status), strsignal(WTERMSIG(status)))
				: mem_format("%s: its process ended with status %d while it was loaded" IN_DEBUGGER,
					     seat->library, WEXITSTATUS(status));
	if (was_current && !process->ready && seat->about && !seat->core->ended)
		log_line(seat->core->log, LOG_ERROR, &(struct log_about){.plugin = seat->plugin->name},
			 "the plugin cannot be used any more: %s; it is tried again in %.0f s", seat->refusal,
			 seat->start_at ? (double)(seat->start_at - clock_boot()) / 1000 : 0.0);
	tasks_died(seat, process, status);
	process_free(process);
}

/* 0 when the process is gone. A child that it left behind may hold its end of the socket open, so its death is asked
 * for, too. */
static int serve_process(struct seat *seat, struct process *process)
{
	int open;

	flush(process);
	process->ended = seat->core->reap && waitpid(process->pid, &process->status, WNOHANG) == process->pid;
	take_notes(seat, process);
	open = take_frames(seat, process);
	return open && !process->ended;
}

void seat_serve(struct seat *seat, int64_t now)
{
	struct process *next;

	(void)now;
	for (struct process *p = seat->retired; p; p = next) {
		next = p->next;
		if (!serve_process(seat, p))
			bury(seat, p);
	}
	if (seat->current) {
		struct process *current = seat->current;

		if (!serve_process(seat, current))
			bury(seat, current);
	}
}

/* It ends when its socket closes: an idle one calls fini() and is waited for; one that holds tasks hears out what it
 * has under way, and is left to do so. */
static void end_process(struct process *process)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};

	(void)shutdown(process->socket, SHUT_RDWR);
	if (process->held)
		return;
	for (int i = 0; i < 200; i++) {
		if (waitpid(process->pid, NULL, WNOHANG) != 0)
			return;
		(void)nanosleep(&moment, NULL);
	}
	(void)kill(process->pid, SIGKILL); /* fini() does not return */
	(void)waitpid(process->pid, NULL, 0);
}

void seat_clear(struct seat *seat)
{
	struct process *next;

	for (struct process *p = seat->retired; p; p = next) {
		next = p->next;
		end_process(p);
		process_free(p);
	}
	if (seat->current) {
		end_process(seat->current);
		process_free(seat->current);
	}
	json_decref(seat->about);
	free(seat->refusal);
	free(seat->library);
}
