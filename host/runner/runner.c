/* runner.c: see runner.h. One thread, the loop, reads and writes the socket and drives all exchanges; worker threads
 * run the tasks. The frames are described in core/runners.h. */
#include "runner/runner.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "runner/crash.h"
#include "runner/late.h"
#include "runner/pool.h"
#include "runner/workshop.h"

struct runner {
	struct workshop shop;
	struct pool pool;
	struct log *log;
	int socket;
	struct text in;
	struct running *running;
	char *late;         /* the file for what an orphan learns */
	int64_t orphan_end; /* clock_boot: an orphan waits no longer */
	int ended;          /* the core has gone, or the frames make no sense */
	rlim_t descriptors; /* most that may be open */
	int worn;           /* the core was told that it should replace us */
};

/* A task that this runner holds. */
struct running {
	struct job job; /* first */
	struct runner *runner;
	struct running *next;
};

/* A note on its way from a worker to the core. */
struct notice {
	struct runner *runner;
	struct task *task;
	struct errand errand;
	json_t *frame;
};

#define LOCK_FD 5         /* of the state folder: says to the next host that we are there. The core may have none. */
#define ORPHAN_TIME 60000 /* ms in which an orphan hears out what is under way */
#define LONG_NOTE 1000    /* ms: what the journal takes on any day */

/* 0, or -1 when the frame was too long and not sent. */
static int send_frame(struct runner *runner, json_t *frame)
{
	int code = 0;

	if (runner->ended)
		json_decref(frame);
	else
		code = frame_send(runner->socket, frame);
	if (code == -1)
		runner->ended = 1;
	return code == -2 ? -1 : 0;
}

static void send_refusal(struct runner *runner, const char *text)
{
	(void)send_frame(runner, mem_json(json_pack("{s:s, s:s}", "type", "refused", "message", text)));
}

/* ---- tasks ---- */

static struct task *find(const struct runner *runner, const char *key)
{
	for (struct running *r = runner->running; r; r = r->next)
		if (key && strcmp(r->job.task->key, key) == 0)
			return r->job.task;
	return NULL;
}

/* Descriptors are given out from below: the lowest free number is how many are open, or nearly. */
static void look_at_descriptors(struct runner *runner)
{
	int lowest = fcntl(runner->socket, F_DUPFD_CLOEXEC, 0);

	if (lowest >= 0)
		(void)close(lowest);
	else if (errno == EMFILE)
		lowest = (int)runner->descriptors;
	if (runner->worn || lowest < 0 || (rlim_t)lowest < runner->descriptors / 4 * 3)
		return;
	runner->worn = 1;
	(void)send_frame(runner, mem_json(json_pack("{s:s, s:i}", "type", "worn", "descriptors", lowest)));
}

/* Each worker may need some; more than 1024 only when they must be, for select() cannot count further. */
static void allow_descriptors(struct runner *runner, int workers)
{
	struct rlimit limit;
	rlim_t wanted = 512 + 8 * (rlim_t)workers;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return;
	if (limit.rlim_cur < wanted) {
		limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	runner->descriptors = limit.rlim_cur;
}

/* When memory is short the kernel shall take a runner before the core, whose tasks it would else orphan. */
static void offer_to_the_kernel(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	(void)!write(fd, "500", 3);
	(void)close(fd);
}

static void finish(void *arg)
{
	struct running *running = arg;
	struct runner *runner = running->runner;
	struct task *task = running->job.task;
	json_t *frame = task_result(task);

	(void)json_object_set_new(frame, "type", mem_json(json_string("result")));
	json_put_text(frame, "key", task->key);
	if (task->requests)
		(void)json_object_set(frame, "requests", task->requests);
	if (send_frame(runner, frame))
		(void)send_frame(runner,
				 mem_json(json_pack("{s:s, s:s, s:s, s:b, s:s, s:{}, s:{}}", "type", "result", "key",
						    task->key, "outcome", "failed", "permanent", 1, "message",
						    "the variables that the unit sets are longer than a frame can be",
						    "variables", "local")));
	for (struct running **at = &runner->running; *at; at = &(*at)->next)
		if (*at == running) {
			*at = running->next;
			break;
		}
	task_free(task);
	free(running);
	look_at_descriptors(runner);
}

static void begin(struct runner *runner, json_t *order)
{
	struct running *running;
	struct task *task = task_new(&runner->shop, json_incref(order));

	if (!task)
		mem_out();
	running = mem_new(1, sizeof(*running));
	running->runner = runner;
	running->job.task = task;
	running->job.finished = (struct errand){.run = finish, .arg = running};
	running->next = runner->running;
	runner->running = running;
	if (pool_run(&runner->pool, &running->job)) {
		(void)task_fail(task, 0, "no thread can be started for it: the limit of threads or memory is reached");
		finish(running);
	}
}

/* ---- notes, and what becomes of them without a core ---- */

/* On the loop's thread, for a worker that waits. The frame is kept until the core has acknowledged it. */
static void send_notice(void *arg)
{
	struct notice *notice = arg;
	struct runner *runner = notice->runner;

	if (atomic_load(&runner->shop.orphaned)) {
		late_note(runner->late, runner->log, notice->frame);
		atomic_store(&notice->task->note_failed, 1);
		parking_wake(&notice->task->noted);
		return;
	}
	notice->task->note = notice->frame;
	if (send_frame(runner, json_incref(notice->frame)) == 0)
		return;
	notice->task->note = NULL; /* too long */
	atomic_store(&notice->task->note_failed, 1);
	parking_wake(&notice->task->noted);
}

static int note(struct task *task, json_t *frame)
{
	struct notice notice = {.runner = task->shop->note_arg, .task = task, .frame = mem_json(frame)};
	int64_t begun = clock_boot();

	json_put_text(frame, "type", "note");
	json_put_text(frame, "key", task->key);
	atomic_store(&task->note_failed, 0);
	notice.errand = (struct errand){.run = send_notice, .arg = &notice};
	errands_add(&task->shop->errands, &notice.errand);
	parking_wait(&task->noted);
	/* the journal's disk was full: that is not the unit's time */
	if (clock_boot() - begun > LONG_NOTE)
		task->deadline += clock_boot() - begun;
	json_decref(notice.frame);
	return atomic_load(&task->note_failed) ? -1 : 0;
}

/* The core is gone. Units are stopped at their next call; what is under way is heard out. */
static void become_orphan(struct runner *runner)
{
	atomic_store(&runner->shop.orphaned, 1);
	runner->orphan_end = clock_boot() + ORPHAN_TIME;
	for (struct running *r = runner->running; r; r = r->next) {
		struct task *task = r->job.task;

		atomic_store(&task->lost, 1);
		if (!task->note)
			continue;
		late_note(runner->late, runner->log, task->note);
		task->note = NULL;
		atomic_store(&task->note_failed, 1);
		parking_wake(&task->noted);
	}
}

static int orphan_done(const struct runner *runner)
{
	return atomic_load(&runner->shop.open_intents) == 0 || clock_boot() >= runner->orphan_end;
}

/* ---- frames ---- */

static void take_frame(struct runner *runner, json_t *frame)
{
	const char *type = json_get_text(frame, "type");
	struct task *task = find(runner, json_get_text(frame, "key"));
	struct error error;

	if (text_equal(type, "run")) {
		begin(runner, frame);
	} else if (text_equal(type, "services")) {
		if (workshop_supply(&runner->shop, frame, &error)) {
			log_line(runner->log, LOG_ERROR, NULL, "the core sent services that make no sense: %s",
				 error.text);
			runner->ended = 1;
		}
	} else if (text_equal(type, "lock") && task) {
		atomic_store(&task->lock_until, json_get_integer(frame, "until", 0));
	} else if (text_equal(type, "lost") && task) {
		atomic_store(&task->lost, 1);
	} else if (text_equal(type, "noted") && task) {
		task->note = NULL;
		atomic_store(&task->note_failed, !json_get_boolean(frame, "ok", 0));
		parking_wake(&task->noted);
	}
}

static void take_frames(struct runner *runner)
{
	struct error error;
	json_t *frame;
	int code = frame_receive(runner->socket, &runner->in);

	if (code == 0 || (code < 0 && errno != EAGAIN))
		runner->ended = 1;
	while (!runner->ended && (code = frame_next(&runner->in, &frame, &error)) != 0) {
		if (code < 0) {
			log_line(runner->log, LOG_ERROR, NULL, "the core sent %s", error.text);
			runner->ended = 1;
			return;
		}
		take_frame(runner, frame);
		json_decref(frame);
	}
}

/* The first frame, blocking. New reference or NULL. */
static json_t *first_frame(struct runner *runner)
{
	struct error error;
	json_t *frame = NULL;

	while (frame_next(&runner->in, &frame, &error) == 0) {
		int code = frame_receive(runner->socket, &runner->in);

		if (code == 0 || (code < 0 && errno != EAGAIN))
			return NULL;
	}
	return frame;
}

static int serve(struct runner *runner, int note_fd)
{
	struct pollfd fd = {.fd = runner->socket, .events = POLLIN};

	crash_watch(runner->socket, note_fd, fcntl(LOCK_FD, F_GETFD) >= 0 ? LOCK_FD : -1);
	crash_watch_exceptions(runner->shop.plugin.set_terminate, runner->shop.plugin.exception_type,
			       runner->shop.plugin.demangle);
	pool_init(&runner->pool, &runner->shop.errands);
	runner->shop.note = note;
	runner->shop.note_arg = runner;
	while (!runner->ended) {
		/* while a task runs its unit may close the socket under us, which nobody would tell */
		(void)http_turn(runner->shop.http, &fd, 1, runner->running ? 5000 : 60000);
		errands_run(&runner->shop.errands);
		if (fd.revents)
			take_frames(runner);
		fd.revents = 0;
	}
	become_orphan(runner);
	while (!orphan_done(runner)) {
		(void)http_turn(runner->shop.http, NULL, 0, 100);
		errands_run(&runner->shop.errands);
	}
	if (runner->running)
		_exit(FRAME_CUT_OFF); /* workers still hold tasks: nothing may be freed under them */
	workshop_close(&runner->shop);
	return 0;
}

int runner_main(int socket_fd, int note_fd)
{
	struct runner runner = {.socket = socket_fd};
	struct error error;
	json_t *order;
	int code = 0;

	offer_to_the_kernel();           /* of a process that is not dumpable it is not ours to write */
#ifndef __SANITIZE_ADDRESS__             /* whose leak check traces the process */
	(void)prctl(PR_SET_DUMPABLE, 0); /* secrets stay out of core files */
#endif
	for (int fd = 3; fd <= LOCK_FD; fd++)
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* what a unit starts has no business with the core */
	(void)signal(SIGINT, SIG_IGN);                /* the core decides when we end */
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	order = first_frame(&runner);
	if (!order)
		return 70;
	runner.log = log_new((enum log_level)json_get_integer(order, "log_level", LOG_INFO),
			     (enum log_format)json_get_integer(order, "log_format", LOG_LOGFMT));
	allow_descriptors(&runner, (int)json_get_integer(order, "workers", 16));
	if (json_get_text(order, "state"))
		runner.late = mem_format("%s/late-%d.jsonl", json_get_text(order, "state"), (int)getpid());
	if (workshop_open(&runner.shop, order, runner.log, &error)) {
		send_refusal(&runner, error.text);
		workshop_close(&runner.shop);
	} else {
		json_t *ready = plugin_describe(&runner.shop.plugin);

		(void)json_object_set_new(ready, "type", mem_json(json_string("ready")));
		(void)send_frame(&runner, ready);
		code = serve(&runner, note_fd);
	}
	json_decref(order);
	free(runner.late);
	text_free(&runner.in);
	log_free(runner.log);
	return code;
}
