/* runners.c: see runners.h. */
#include "core/runners.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/json.h"
#include "base/memory.h"
#include "core/count.h"
#include "core/sense.h"
#include "core/tasks.h"

#define RESTART_MOST 60000 /* ms between starts of a plugin that dies again and again */
#define CLOSES "does a unit close descriptors that are not its own?"
#define STRANGE "does a unit write to a descriptor that is not its own?"
#define LOAD_TIME 20000                /* ms in which a plugin must be ready */
#define LONGEST_ANSWER 60000           /* ms that a killed process may hear out a mutation before */
#define CLOSED_TIME 1000               /* ms in which a process that has closed its end must end */
#define OWED_LIMIT (16u * 1024 * 1024) /* bytes of answers to notes: each task may wait for one */
#define LONGEST_NOTE 1024              /* bytes of a line about a crash */

/* ---- starting ---- */

void seat_init(struct seat *seat, struct core *core, const struct config_plugin *plugin)
{
	*seat = (struct seat){.core = core, .plugin = plugin, .library = runners_library(core->config, plugin)};
	seat->losses = mem_new((size_t)plugin->crashes, sizeof(*seat->losses));
}

static int evict(struct seat *seat, struct process *process)
{
	process->evicted = 1;
	return running_evict(seat->core, process);
}

void seat_turn(struct seat *seat, int64_t now)
{
	if (seat->quarantined && now >= seat->quarantine_end)
		seat_tries_again(seat, now);
	if (!seat->current && now >= seat->start_at && !seat->quarantined && !seat->core->ended) {
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
	wear_turn(seat, now);
	for (struct process *p = seat->retired; p; p = p->next) {
		/* a mutation under way is worth as long as a service may take to answer it */
		if (p->held == 0)
			seat_dismiss(seat, p, now);
		else if (now >= p->kill_at && (!evict(seat, p) || now >= p->kill_at + LONGEST_ANSWER))
			(void)kill(p->pid, SIGKILL);
	}
}

/* When a process that has closed one of its lines to us, and is not blamed yet, must have ended. */
static int64_t closed_due(const struct process *process)
{
	int64_t at = process->closed_at ? process->closed_at : process->notes_closed_at;

	return at && !process->blame ? at + CLOSED_TIME : INT64_MAX;
}

int64_t seat_due(const struct seat *seat)
{
	int64_t due = seat->quarantined ? seat->quarantine_end : seat->current ? INT64_MAX : seat->start_at;
	int64_t at = wear_due(seat);

	due = at < due ? at : due;
	if (seat->current && !seat->current->ready && seat->current->started + LOAD_TIME + 1 < due)
		due = seat->current->started + LOAD_TIME + 1;
	if (seat->current && closed_due(seat->current) < due)
		due = closed_due(seat->current);
	for (const struct process *p = seat->retired; p; p = p->next) {
		at = p->evicted ? p->kill_at + LONGEST_ANSWER : p->kill_at;
		if (closed_due(p) < at)
			at = closed_due(p);
		due = at < due ? at : due;
	}
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
	process->owed = 0;
}

int seat_run(struct process *process, json_t *frame)
{
	char *key = mem_text(json_get_text(frame, "key"));
	int code = process_send(process, frame);

	if (!process->given)
		process->given = mem_json(json_object());
	if (!code && json_object_set_new(process->given, key, json_true()))
		mem_out();
	free(key);
	if (code)
		return -1;
	process->held++;
	process->served++;
	flush(process);
	return 0;
}

static void release(struct process *process)
{
	if (!process->held_back.length)
		return;
	text_add_bytes(&process->out, process->held_back.data, process->held_back.length);
	process->owed += process->held_back.length;
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
		(struct pollfd){.fd = process->closed_at ? -1 : process->socket, /* else it would be ready for ever */
				.events = process->out.length ? POLLIN | POLLOUT : POLLIN};
	fds[count++] = (struct pollfd){.fd = process->notes_closed_at ? -1 : process->note, .events = POLLIN};
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

/* Its services follow once the registry knows which topics are bound to it; a restarted one gets them at once. */
static void got_ready(struct seat *seat, struct process *process, json_t *frame)
{
	struct error error;

	if (registry_check_about(frame, &error)) {
		free(seat->refusal);
		seat->refusal = mem_format("%s: its process declares what cannot be used: %s: does the plugin write to "
					   "descriptors or memory that are not its own?",
					   seat->library, error.text);
		process_condemn(process, "declared what cannot be used: " STRANGE);
		return;
	}
	process->ready = 1;
	process->size = children_memory(process->pid);
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
}

void runners_supply(struct seat *seat)
{
	if (seat->current && seat->current->ready)
		(void)process_send(seat->current, services_frame(seat));
}

/* A note or the result of a task. That of a task which it was never given, such as another plugin's, would change what
 * the journal and the engine know of that. */
static void take_word(struct seat *seat, struct process *process, const json_t *frame, int is_result)
{
	const char *key = json_get_text(frame, "key");

	if (!key || !json_object_get(process->given, key)) {
		process_condemn(process, "sent something about a task that it does not run: " STRANGE);
	} else if (process->owed + process->held_back.length > OWED_LIMIT) {
		process_condemn(process, "sent more and more and read nothing of what it was told: " STRANGE);
	} else if (is_result) {
		tasks_result(seat->core, process, frame);
		if (sense_result(frame)) /* after a forged one the true one comes, too */
			(void)json_object_del(process->given, key);
	} else {
		tasks_note(seat->core, process, frame);
	}
}

static void take_frame(struct seat *seat, struct process *process, json_t *frame)
{
	const char *type = json_get_text(frame, "type");

	if (text_equal(type, "ready") && process->ready) {
		process_condemn(process, "sent a second description of itself: " STRANGE);
	} else if (text_equal(type, "ready")) {
		got_ready(seat, process, frame);
	} else if (text_equal(type, "refused")) {
		free(seat->refusal);
		seat->refusal = mem_text(json_get_text(frame, "message"));
		if (!seat->refusal)
			seat->refusal = mem_format("%s: its process gave no reason", seat->library);
	} else if (text_equal(type, "note")) {
		take_word(seat, process, frame, 0);
	} else if (text_equal(type, "result")) {
		count_requests(seat->core, json_object_get(frame, "requests"));
		(void)json_object_del(frame, "requests"); /* the journal need not keep it with the result */
		take_word(seat, process, frame, 1);
	} else if (text_equal(type, "worn")) {
		char why[80];

		(void)snprintf(why, sizeof(why), "has about %lld descriptors open",
			       (long long)json_get_integer(frame, "descriptors", 0));
		seat_renew(seat, process, why);
	} else {
		process_condemn(process, "sent a frame of no known type: " STRANGE);
	}
}

/* What it says is not listened to any more. One that was ended for its size alone may have said before that a mutation
 * was answered. */
static int is_deaf(const struct process *process)
{
	return process->blame && !process->outgrown;
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
	while (!is_deaf(process) && (code = frame_next(&process->in, &frame, &error)) > 0) {
		take_frame(seat, process, frame);
		json_decref(frame);
		process->frame_since = 0;
	}
	if (is_deaf(process))
		return 0;
	if (code < 0) {
		process_condemn(process, "sent %s: " STRANGE, error.text);
		return 0;
	}
	if (process->in.length == 0)
		process->frame_since = 0;
	else if (process->frame_since == 0)
		process->frame_since = clock_boot();
	return 1;
}

/* At most what the pipe holds, for whoever fills it faster than it is read must not keep us here. */
static void take_notes(struct seat *seat, struct process *process)
{
	char *end;

	if (!process->notes_closed_at && frame_receive(process->note, &process->notes) == 0)
		process->notes_closed_at = clock_boot();
	while (process->notes_taken <= process->served && process->notes.length &&
	       (end = memchr(process->notes.data, '\n', process->notes.length)) != NULL) {
		char *key;

		*end = '\0';
		key = strchr(process->notes.data, ' ');
		if (key)
			tasks_crashed(seat->core, process, key + 1, (int)strtol(process->notes.data, NULL, 10));
		process->notes_taken++;
		text_drop(&process->notes, (size_t)(end - process->notes.data) + 1);
	}
	if (process->notes.length > LONGEST_NOTE || process->notes_taken > process->served)
		process_condemn(process, "wrote nonsense into the pipe for notes about crashes: " STRANGE);
}

int seat_held(const struct seat *seat)
{
	int held = seat->current ? seat->current->held : 0;

	for (const struct process *p = seat->retired; p; p = p->next)
		held += p->held;
	return held;
}

/* ---- turns ---- */

/* 0 when the process is gone, which may be a while after it was killed: much memory takes long to give back, and nobody
 * waits for that here. A child that it left behind may hold its end of the socket open, so its death is heard of
 * apart; and one that has closed its end may be on its way to its end, whose status tells more than we could. */
static int serve_process(struct seat *seat, struct process *process, int64_t now)
{
	flush(process);
	take_notes(seat, process);
	if (!process->closed_at && (is_deaf(process) || !take_frames(seat, process)))
		process->closed_at = now;
	if (!process->closing && now >= closed_due(process))
		process_condemn(process, "closed its connection with the host: " CLOSES);
	return !process->ended;
}

static void end(struct seat *seat, struct process *process)
{
	take_notes(seat, process);
	seat_bury(seat, process);
}

void seat_serve(struct seat *seat, int64_t now)
{
	struct process *next;

	for (struct process *p = seat->retired; p; p = next) {
		next = p->next;
		if (!serve_process(seat, p, now))
			end(seat, p);
	}
	if (seat->current) {
		struct process *current = seat->current;

		if (!serve_process(seat, current, now))
			end(seat, current);
	}
}
