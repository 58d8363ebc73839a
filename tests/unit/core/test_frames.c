/* test_frames.c: what plugins' processes say when they have gone mad: 10,000 frames that are nearly right, or not at
 * all, against the core's side of a real socket. Nothing of it may end the core, cost it memory, make the journal
 * unwritable, or touch what another plugin does. Long, because the mad things that are said stand here. */
#include "check.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/frame.h"
#include "base/json.h"
#include "config/folder.h"
#include "core/count.h"
#include "core/fetch.h"
#include "core/runners.h"
#include "core/tasks.h"

#define NOBODY 0x3fffffff /* a process id that no process has: what is to be ended is not there */
#define FRAMES 10000
#define WARM 2000           /* frames until memory is measured */
#define GROWTH (10L * 1024) /* KiB that the core may keep */
#define OWN_TASKS 5

static const char settings[] = "[engine main]\n"
			       "type = local\n"
			       "[plugin mad]\n"
			       "crashes = 0\n"
			       "[plugin good]\n"
			       "[topic mad]\n"
			       "unit = mad.Unit\n"
			       "[topic good]\n"
			       "unit = good.Unit\n";

/* A core without an engine, its two plugins, and our end of what their processes would hold. */
struct world {
	struct folder folder;
	struct config *config;
	struct core core;
	struct seat seats[2];
	struct fetcher fetcher;
	int sockets[2], lines[2];
	int number; /* of the last task */
	uint64_t random;
};

static unsigned draw(struct world *world, unsigned below)
{
	world->random ^= world->random << 13;
	world->random ^= world->random >> 7;
	world->random ^= world->random << 17;
	return (unsigned)(world->random >> 11) % below;
}

static json_t *about(const char *name)
{
	return mem_json(json_pack("{s:s, s:s, s:s, s:[{s:s, s:[], s:[], s:[]}]}", "type", "ready", "name", name,
				  "version", "1", "units", "name", "Unit", "in", "needs", "options"));
}

/* A process for a plugin: only its ends of socket and pipe are there. */
static struct process *start_process(struct world *world, int plugin)
{
	struct process *process = mem_new(1, sizeof(*process));
	int sockets[2], lines[2], room = 4 * 1024 * 1024;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, sockets), 0);
	assert_int_equal(pipe2(lines, O_CLOEXEC | O_NONBLOCK), 0);
	(void)setsockopt(sockets[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	*process = (struct process){
		.pid = NOBODY, .socket = sockets[0], .note = lines[0], .ready = 1, .started = clock_boot()};
	world->sockets[plugin] = sockets[1];
	world->lines[plugin] = lines[1];
	world->seats[plugin].current = process;
	return process;
}

static void open_world(struct world *world)
{
	struct problems problems = {0};
	struct error error = {""};
	json_t *abouts[2] = {about("mad"), about("good")};
	char *text;

	*world = (struct world){.random = 88172645463325252u};
	folder_make(&world->folder);
	text = mem_format("[host]\nstate = %s\n%s", world->folder.path, settings);
	folder_put(&world->folder, "a.ini", text);
	free(text);
	world->config = folder_read(&world->folder);
	world->core = (struct core){.config = world->config, .log = log_new(LOG_ERROR, LOG_LOGFMT)};
	count_open(&world->core);
	world->core.seats = world->seats;
	world->core.fetchers = &world->fetcher;
	world->core.journal = journal_open(world->folder.path, &error);
	assert_non_null(world->core.journal);
	assert_int_equal(registry_build(&world->core.registry, world->config, abouts, &problems), 0);
	count_bind(&world->core);
	for (int i = 0; i < 2; i++) {
		seat_init(&world->seats[i], &world->core, &world->config->plugins[i]);
		world->seats[i].about = abouts[i];
		(void)start_process(world, i);
	}
}

static void close_world(struct world *world)
{
	for (int i = 0; i < 2; i++) {
		if (world->seats[i].current) {
			(void)close(world->sockets[i]);
			(void)close(world->lines[i]);
		}
		seat_clear(&world->seats[i]);
	}
	tasks_clear(&world->core);
	count_clear(&world->core);
	registry_clear(&world->core.registry);
	journal_close(world->core.journal);
	log_free(world->core.log);
	config_free(world->config);
	folder_drop(&world->folder);
}

static void commit(struct world *world)
{
	struct error error = {""};

	if (journal_commit(world->core.journal, &error))
		fail_msg("the journal: %s", error.text);
}

/* A task that a plugin's process runs now. */
static struct core_task *give(struct world *world, const char *topic)
{
	struct engine_task fetched = {.id = mem_format("t-%d", ++world->number),
				      .topic = mem_text(topic),
				      .retries = -1,
				      .lock_until = clock_boot() + 3600000,
				      .variables = json_object()};
	struct core_task *task;

	tasks_take(&world->core, 0, &fetched, NULL);
	task = world->core.tasks;
	running_queued(task, clock_boot());
	assert_int_equal(task->state, TASK_RUNNING);
	return task;
}

static void say_bytes(const struct world *world, int plugin, const void *bytes, size_t length)
{
	/* what does not fit is one more frame that was cut */
	(void)!write(world->sockets[plugin], bytes, length);
}

static void say(const struct world *world, int plugin, json_t *frame)
{
	struct text out = {0};

	assert_int_equal(frame_add(&out, frame), 0);
	say_bytes(world, plugin, out.data, out.length);
	text_free(&out);
}

/* A process that is killed, or replaced, ends: no child is there whose end could be heard. */
static void end_killed(struct seat *seat)
{
	for (struct process *p = seat->retired; p; p = p->next)
		p->ended = 1;
	if (seat->current && seat->current->blame) {
		seat->current->ended = 1;
		seat->current->status = SIGKILL;
	}
	seat_serve(seat, clock_boot());
}

/* One turn of the core, as far as processes are concerned. 1: the mad one still runs. */
static int serve(struct world *world)
{
	char waste[65536];

	for (int i = 0; i < 2; i++)
		seat_serve(&world->seats[i], clock_boot());
	end_killed(&world->seats[0]);
	commit(world);
	for (int i = 0; i < 2; i++) {
		seat_release(&world->seats[i]);
		while (world->seats[i].current && read(world->sockets[i], waste, sizeof(waste)) > 0)
			continue;
	}
	if (world->seats[0].current)
		return 1;
	(void)close(world->sockets[0]);
	(void)close(world->lines[0]);
	return 0;
}

static size_t steps_of(struct world *world, const struct core_task *task)
{
	json_t *steps = journal_steps(world->core.journal, "main", task->task.id);
	size_t count = json_array_size(steps);

	json_decref(steps);
	return count;
}

/* ---- frames ---- */

static const char *const good[] = {
	"{'type':'note','key':'@','put':[{'step':1,'what':'post','method':'POST','url':'http://a/','digest':'d',"
	"'state':'intent'}]}",
	"{'type':'note','key':'@','put':[{'step':1,'what':'post','method':'POST','url':'http://a/','digest':'d',"
	"'state':'done','status':201,'answer':{'a':[1]},'error':null}],'drop':[2,3]}",
	"{'type':'note','key':'@','forget':{'from':1,'undone':[1],'keep':[2]}}",
	"{'type':'result','key':'@','outcome':'done','variables':{'a':{'type':'String','value':'x'}},'local':{}}",
	"{'type':'result','key':'@','outcome':'failed','message':'no','details':'more','permanent':true,"
	"'retry_after':5,'unknown_step':1}",
	"{'type':'result','key':'@','outcome':'bpmn-error','code':'C','message':'m','variables':{}}",
	"{'type':'ready','name':'mad','version':'1','units':[{'name':'Unit','in':[{'name':'a','type':'text'}]}]}",
	"{'type':'refused','message':'no'}",
};

static json_t *parse(const char *text, const char *key)
{
	struct text json = {0};
	char reason[160];
	json_t *value;

	for (; *text; text++) {
		if (*text == '@')
			text_add(&json, key);
		else
			text_add_bytes(&json, *text == '\'' ? "\"" : text, 1);
	}
	value = json_read(json.data, json.length, reason);
	assert_non_null(value);
	text_free(&json);
	return value;
}

/* Mostly of a task that the mad process runs; else another plugin's, one that is not there, or none. */
static char *any_key(struct world *world, const struct core_task *other)
{
	static const char *const odd[] = {"main/none", "elsewhere/1", "none", "", "/", "main/", "main/t-1/x"};

	if (draw(world, 10) == 0)
		return mem_text(other->key);
	if (draw(world, 10) == 0)
		return mem_text(odd[draw(world, sizeof(odd) / sizeof(*odd))]);
	for (const struct core_task *task = world->core.tasks; task; task = task->next)
		if (task->process == world->seats[0].current && draw(world, 3) == 0)
			return mem_text(task->key);
	return mem_text(other->key);
}

static json_t *odd_value(struct world *world)
{
	json_t *deep = NULL;

	switch (draw(world, 10)) {
	case 0:
		return json_null();
	case 1:
		return json_integer(INT64_MIN);
	case 2:
		return json_integer(INT64_MAX);
	case 3:
		return json_real(1e300);
	case 4:
		return json_string("");
	case 5:
		return json_stringn("a\0b", 3);
	case 6:
		return json_array();
	case 7:
		return json_pack("[n, {s:[]}, i]", "a", 1);
	case 8:
		for (int i = 0; i < 1000; i++)
			deep = deep ? json_pack("[o]", deep) : json_array();
		return deep;
	default:
		return json_object();
	}
}

/* Puts something odd in one place of a value, or takes that away. Steps down at random. */
static void spoil(struct world *world, json_t *value)
{
	const char *name, *chosen = NULL;
	json_t *member, *below;
	unsigned count = 0;

	if (json_is_array(value) && json_array_size(value) > 0) {
		size_t at = draw(world, (unsigned)json_array_size(value));

		below = json_array_get(value, at);
		if (draw(world, 4) && (json_is_object(below) || json_is_array(below)))
			spoil(world, below);
		else if (draw(world, 3))
			(void)json_array_set_new(value, at, odd_value(world));
		else
			(void)json_array_append_new(value, odd_value(world));
		return;
	}
	json_object_foreach (value, name, member)
		if (draw(world, ++count) == 0)
			chosen = name;
	if (!chosen)
		return;
	below = json_object_get(value, chosen);
	if (draw(world, 4) && (json_is_object(below) || json_is_array(below)))
		spoil(world, below);
	else if (draw(world, 4) == 0)
		(void)json_object_del(value, chosen);
	else
		(void)json_object_set_new(value, chosen, odd_value(world));
}

static void head(struct text *out, size_t length)
{
	const unsigned char bytes[4] = {(unsigned char)(length >> 24), (unsigned char)(length >> 16),
					(unsigned char)(length >> 8), (unsigned char)length};

	text_add_bytes(out, bytes, sizeof(bytes));
}

/* Breaks the bytes of a frame. */
static void break_bytes(struct world *world, struct text *out)
{
	static const char deep[] = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[";
	size_t length = out->length - 4;

	switch (draw(world, 6)) {
	case 0: /* a length that does not fit */
		text_drop(out, out->length);
		head(out, length + draw(world, 7) - 3);
		text_add(out, "{\"type\":\"result\",\"key\":\"main/t-2\"}");
		break;
	case 1:
		text_drop(out, out->length);
		head(out, draw(world, 2) ? 0xffffffff : FRAME_LIMIT + 1 + draw(world, 1000));
		break;
	case 2:
		text_drop(out, out->length);
		head(out, 0);
		break;
	case 3:
		text_drop(out, out->length);
		head(out, 1000 * (sizeof(deep) - 1));
		for (int i = 0; i < 1000; i++)
			text_add(out, deep);
		break;
	default:
		for (unsigned i = 0; i <= draw(world, 4); i++)
			out->data[draw(world, 3) ? 4 + draw(world, (unsigned)length) : draw(world, 4)] =
				(char)draw(world, 256);
	}
}

/* Says something mad. */
static void rave(struct world *world, const struct core_task *other)
{
	char *key = any_key(world, other);
	json_t *frame = parse(good[draw(world, sizeof(good) / sizeof(*good))], key);
	struct text out = {0};
	char line[200];

	for (unsigned i = draw(world, 3); i > 0; i--)
		spoil(world, frame);
	assert_int_equal(frame_add(&out, frame), 0);
	if (draw(world, 4) == 0)
		break_bytes(world, &out);
	say_bytes(world, 0, out.data, draw(world, 8) ? out.length : draw(world, (unsigned)out.length));
	text_free(&out);
	if (draw(world, 20) == 0) {
		for (size_t i = 0; i < sizeof(line); i++)
			line[i] = (char)(draw(world, 8) ? ' ' + (int)draw(world, 90) : (int)draw(world, 256));
		(void)!write(world->lines[0], line, sizeof(line));
		(void)snprintf(line, sizeof(line), "%d %s\n", (int)draw(world, 100) - 20, key);
		(void)!write(world->lines[0], line, strlen(line));
	}
	free(key);
}

static long memory(void)
{
	FILE *file = fopen("/proc/self/status", "r");
	char line[200];
	long kib = 0;

	assert_non_null(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "VmRSS:", 6) == 0)
			kib = strtol(line + 6, NULL, 10);
	(void)fclose(file);
	return kib;
}

/* ---- the tests ---- */

static unsigned runs(const struct world *world)
{
	unsigned count = 0;

	for (const struct core_task *task = world->core.tasks; task; task = task->next)
		count += task->state == TASK_RUNNING && task->process == world->seats[0].current;
	return count;
}

/* Keeps the mad plugin busy: a process, and tasks for it. */
static unsigned supply(struct world *world)
{
	unsigned started = 0;

	if (!world->seats[0].current) {
		(void)start_process(world, 0);
		started = 1;
	}
	for (struct core_task *task = world->core.tasks; task; task = task->next)
		if (task->state == TASK_QUEUED)
			running_queued(task, clock_boot());
	while (runs(world) < OWN_TASKS && world->seats[0].suspects == 0)
		(void)give(world, "mad");
	return started;
}

TEST(ten_thousand_mad_frames_cost_no_memory_and_touch_no_other_plugin)
{
	struct world world;
	struct core_task *other;
	unsigned started = 0;
	long before = 0;

	open_world(&world);
	other = give(&world, "good");
	say(&world, 1, parse(good[0], other->key));
	(void)serve(&world);
	assert_int_equal(steps_of(&world, other), 1);
	for (int i = 0; i < FRAMES; i++) {
		if (i == WARM)
			before = memory();
		started += supply(&world);
		rave(&world, other);
		(void)serve(&world);
		assert_ptr_equal(other->process, world.seats[1].current);
	}
	assert_in_range(started, FRAMES / 10, FRAMES - FRAMES / 10); /* neither all was taken, nor none */
	assert_int_equal(steps_of(&world, other), 1);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they keep what was freed */
	assert_in_range(memory() - before + GROWTH, 0, 2 * GROWTH);
#endif
	(void)before;
	say(&world, 1, parse(good[3], other->key));
	(void)serve(&world);
	assert_int_equal(other->state, TASK_PERFORMED);
	close_world(&world);
}

/* Says something of which the process must be ended. */
static void check_ended(const char *text)
{
	struct world world;
	struct core_task *own, *other;

	open_world(&world);
	other = give(&world, "good");
	own = give(&world, "mad");
	say(&world, 0, parse(text, strstr(text, "@@") ? "" : own->key));
	assert_int_equal(serve(&world), 0);
	assert_int_equal(own->state, TASK_FAILING);
	assert_contains(json_get_text(own->result, "message"), "the process of plugin mad sent ");
	assert_contains(json_get_text(own->result, "message"), " while it ran this task; ");
	assert_int_equal(other->state, TASK_RUNNING);
	assert_int_equal(steps_of(&world, own) + steps_of(&world, other), 0);
	close_world(&world);
}

TEST(a_process_that_says_what_makes_no_sense_is_ended_and_its_task_says_why)
{
	static const char *const texts[] = {
		"{}",
		"{'type':'x'}",
		"{'type':'ready','name':'mad','version':'1','units':[]}",
		"{'type':'result'}",
		"{'type':'note'}",
		"{'type':'result','key':'main/t-1','outcome':'done'}",
		"{'type':'note','key':'main/t-1','put':[]}",
		"{'type':'note','key':'main/t-1','drop':[1]}",
		"{'type':'note','key':'main/t-99','put':[]}",
		"{'type':'note','key':'@','put':5}",
		"{'type':'note','key':'@','put':[5]}",
		"{'type':'note','key':'@','drop':['a']}",
		"{'type':'note','key':'@','forget':5}",
		"{'type':'note','key':'@','forget':{'from':1,'undone':[[[[]]]]}}",
		"{'type':'note','key':'@','put':[{'step':0,'what':'','method':'','url':'','digest':'','state':'x'}]}",
		"{'type':'note','key':'@','put':[{'step':1,'what':'','method':'','url':'','digest':'','state':'x'}]}",
		"{'type':'note','key':'@','put':[{'step':1,'what':'','method':'','url':'','state':'done'}]}",
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		check_ended(texts[i]);
}

TEST(a_result_that_makes_no_sense_fails_its_task_and_no_other)
{
	static const char *const texts[] = {
		"{'type':'result','key':'@'}",
		"{'type':'result','key':'@','outcome':'fine'}",
		"{'type':'result','key':'@','outcome':'failed'}",
		"{'type':'result','key':'@','outcome':'failed','message':5}",
		"{'type':'result','key':'@','outcome':'bpmn-error'}",
		"{'type':'result','key':'@','outcome':'done','variables':5}",
		"{'type':'result','key':'@','outcome':'done','local':[]}",
	};
	struct world world;

	open_world(&world);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct core_task *task = give(&world, "mad"), *beside = give(&world, "mad");

		say(&world, 0, parse(texts[i], task->key));
		(void)serve(&world);
		assert_int_equal(task->state, TASK_FAILING);
		assert_contains(json_get_text(task->result, "message"),
				"its process sent a result that makes no sense");
		assert_int_equal(beside->state, TASK_QUEUED); /* it is run again, elsewhere */
		(void)start_process(&world, 0);
	}
	close_world(&world);
}

TEST(a_task_is_told_of_once_and_what_is_said_of_it_later_makes_no_sense)
{
	struct world world;
	struct core_task *task;

	open_world(&world);
	task = give(&world, "mad");
	say(&world, 0, parse(good[0], task->key));
	say(&world, 0, parse(good[3], task->key));
	assert_int_equal(serve(&world), 1);
	assert_int_equal(task->state, TASK_PERFORMED);
	say(&world, 0, parse(good[1], task->key));
	assert_int_equal(serve(&world), 0);
	assert_int_equal(task->state, TASK_PERFORMED);
	close_world(&world);
}

TEST(lines_about_crashes_that_have_no_end_are_not_kept)
{
	struct world world;
	struct core_task *task;
	char bytes[32768];

	memset(bytes, 0, sizeof(bytes));
	open_world(&world);
	task = give(&world, "mad");
	assert_int_equal(write(world.lines[0], bytes, sizeof(bytes)), sizeof(bytes));
	assert_int_equal(serve(&world), 0);
	assert_contains(json_get_text(task->result, "message"), "wrote nonsense into the pipe for notes about crashes");
	close_world(&world);
}

TEST(a_process_that_writes_notes_and_never_reads_is_ended)
{
	struct world world;
	struct core_task *task;
	int count = 0;

	open_world(&world);
	task = give(&world, "mad");
	while (world.seats[0].current && count < 1000000) {
		for (int i = 0; i < 200; i++, count++)
			say(&world, 0, parse("{'type':'note','key':'@'}", task->key));
		seat_serve(&world.seats[0], clock_boot());
		end_killed(&world.seats[0]);
		commit(&world);
		seat_release(&world.seats[0]);
	}
	assert_null(world.seats[0].current);
	assert_contains(json_get_text(task->result, "message"), "read nothing of what it was told");
	(void)close(world.sockets[0]);
	(void)close(world.lines[0]);
	close_world(&world);
}

TESTS(cmocka_unit_test(ten_thousand_mad_frames_cost_no_memory_and_touch_no_other_plugin),
      cmocka_unit_test(a_process_that_says_what_makes_no_sense_is_ended_and_its_task_says_why),
      cmocka_unit_test(a_result_that_makes_no_sense_fails_its_task_and_no_other),
      cmocka_unit_test(a_task_is_told_of_once_and_what_is_said_of_it_later_makes_no_sense),
      cmocka_unit_test(lines_about_crashes_that_have_no_end_are_not_kept),
      cmocka_unit_test(a_process_that_writes_notes_and_never_reads_is_ended))
