/* tasks_show.c: bptl tasks show: one task with the requests that were made for it, as the journal knows them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands/options.h"
#include "commands/tasks.h"
#include "engine/engine.h"

#define MATCHES_MOST 20

static const char usage[] =
	"usage: bptl tasks show [--conf PATH] [--engine NAME] [--bodies] [--json] ID\n"
	"\n"
	"Tells a task as the journal of this host knows it, also while the host runs: its state, how it failed,\n"
	"and every request that was made for it, in order: time, method, HTTP status, what came of it, URL\n"
	"(without its query), and what it was for. A task that the embedded engine has and no host has fetched\n"
	"yet is told, too.\n"
	"\n"
	"What came of a request: done; refused, which a unit may allow; no answer yet, in a task that a host\n"
	"holds; outcome unknown: it may have been carried out, and no answer was heard. \"reported\" is added when\n"
	"the engine has an incident of it: look in the service whether it was carried out, before you grant a\n"
	"retry, which sends it again.\n"
	"\n"
	"  ID              of the task, or how it begins, when only one begins so\n"
	"  --conf PATH     folder with *.ini files, or one file (default: $BPTL_CONF, else " DEFAULT_CONF ")\n"
	"  --engine NAME   only tasks of this engine\n"
	"  --bodies        also the answers, which the journal keeps until the task is completed: they may hold\n"
	"                  data of persons\n"
	"  --json          everything, as a JSON object\n"
	"\n"
	"Exit status: 0; 1 there is no such task, or several; 64 wrong usage; 73 the journal cannot be used; 78\n"
	"something is wrong in the configuration.\n";

struct arguments {
	const char *conf, *engine, *id;
	int bodies, json;
};

/* ---- words ---- */

static const char *state_words(const char *state)
{
	static const char *const words[][2] = {
		{"held", "queued, running, or to be resumed"},
		{"performed", "the work is done, the engine is still to be told"},
		{"failing", "the engine is still to be told"},
		{"calling", "completed, its callbackUrl is still to be called"},
		{"completed", "over"},
		{"failed", "the engine was told, and may offer it again: see its retries there"},
		{"lost", "another worker holds it, or the engine no longer has it"},
		{"returned", "unlocked unfinished when the host stopped: the engine offers it again"},
	};

	for (size_t i = 0; state && i < sizeof(words) / sizeof(*words); i++)
		if (strcmp(words[i][0], state) == 0)
			return words[i][1];
	return "?";
}

static const char *step_words(const json_t *task, const json_t *step)
{
	const char *state = json_get_text(step, "state");

	if (text_equal(state, "done"))
		return json_get_integer(step, "status", 200) < 400 ? "done" : "refused";
	if (text_equal(state, "reported"))
		return "outcome unknown, reported";
	return text_equal(json_get_text(task, "state"), "held") ? "no answer yet" : "outcome unknown";
}

static void mask_text(const struct log *log, json_t *value)
{
	char *text = mem_text(json_string_value(value));

	log_mask(log, text);
	(void)json_string_set(value, text);
	free(text);
}

/* Secrets of the configuration, should an answer or a message hold one: all texts in the value, in place. */
static void mask(const struct log *log, json_t *whole)
{
	json_t *open = mem_json(json_array()), *value, *member;
	const char *name;
	size_t i;

	(void)json_array_append(open, whole);
	while (json_array_size(open)) {
		value = json_incref(json_array_get(open, json_array_size(open) - 1));
		(void)json_array_remove(open, json_array_size(open) - 1);
		if (json_is_string(value))
			mask_text(log, value);
		json_object_foreach (value, name, member)
			(void)json_array_append(open, member);
		json_array_foreach (value, i, member)
			(void)json_array_append(open, member);
		json_decref(value);
	}
	json_decref(open);
}

/* ---- printing ---- */

static void print_line(const char *name, const char *value)
{
	if (value)
		(void)printf("%-12s%s\n", name, value);
}

static void print_body(const json_t *step)
{
	const json_t *answer = json_object_get(step, "answer");
	char *text = answer ? json_dumps(answer, JSON_INDENT(2) | JSON_ENCODE_ANY) : NULL;

	for (const char *line = text; line && *line;) {
		size_t length = strcspn(line, "\n");

		(void)printf("       %.*s\n", (int)length, line);
		line += length + (line[length] == '\n');
	}
	free(text);
	if (json_get_text(step, "error"))
		(void)printf("       %s\n", json_get_text(step, "error"));
	else if (!answer && text_equal(json_get_text(step, "state"), "done"))
		(void)printf("       (the journal no longer holds the answer)\n");
}

static void print_steps(const json_t *steps, int bodies)
{
	const json_t *step;
	size_t i;

	if (json_array_size(steps) == 0) {
		(void)printf("\nno step is in the journal: no request that changes anything was made\n");
		return;
	}
	(void)printf("\n%4s  %-29s  %-6s  %6s  %-25s  %s\n", "STEP", "TIME", "METHOD", "STATUS", "OUTCOME", "REQUEST");
	json_array_foreach (steps, i, step) {
		const json_t *status = json_object_get(step, "status");
		char digits[32] = "-";

		if (json_is_integer(status))
			(void)snprintf(digits, sizeof(digits), "%lld", (long long)json_integer_value(status));
		(void)printf("%4lld  %-29s  %-6s  %6s  %-25s  %s  (%s)\n", (long long)json_get_integer(step, "step", 0),
			     json_get_text(step, "time"), json_get_text(step, "method"), digits,
			     json_get_text(step, "outcome"), json_get_text(step, "url"), json_get_text(step, "what"));
		if (bodies)
			print_body(step);
	}
}

static void print_task(const json_t *task, int bodies)
{
	const char *state = json_get_text(task, "state");
	char attempt[32];
	char *words = mem_format("%s: %s", state, state_words(state));

	(void)snprintf(attempt, sizeof(attempt), "%lld", (long long)json_get_integer(task, "attempt", 0));
	print_line("task", json_get_text(task, "id"));
	print_line("engine", json_get_text(task, "engine"));
	print_line("topic", json_get_text(task, "topic"));
	print_line("instance", json_get_text(task, "processInstanceId"));
	print_line("key", json_get_text(task, "businessKey"));
	print_line("state", words);
	print_line("attempt", attempt);
	print_line("first run", json_get_text(task, "firstRun"));
	print_line("changed", json_get_text(task, "changed"));
	print_line("BPMN error", json_get_text(task, "code"));
	print_line(json_object_get(task, "code") ? "message" : "failure", json_get_text(task, "message"));
	print_steps(json_object_get(task, "steps"), bodies);
	free(words);
}

/* ---- finding ---- */

/* The one that is meant; NULL after a message, when there is none or several. Steals the list. */
static json_t *choose(const char *id, json_t *tasks)
{
	json_t *task, *found = NULL;
	size_t i, whole = 0;

	json_array_foreach (tasks, i, task)
		if (strcmp(json_get_text(task, "id"), id) == 0) {
			found = task;
			whole++;
		}
	if (json_array_size(tasks) == 1)
		found = json_array_get(tasks, 0);
	if (found && whole < 2) {
		json_incref(found);
		json_decref(tasks);
		return found;
	}
	(void)fprintf(stderr, "bptl tasks show: %s fits %s%zu tasks: %s\n", id,
		      json_array_size(tasks) > MATCHES_MOST ? "more than " : "",
		      json_array_size(tasks) > MATCHES_MOST ? (size_t)MATCHES_MOST : json_array_size(tasks),
		      whole > 1 ? "say which with --engine" : "give more of the id");
	while (json_array_size(tasks) > MATCHES_MOST)
		(void)json_array_remove(tasks, MATCHES_MOST);
	tasks_print_table(tasks);
	return NULL;
}

/* A task of an embedded engine that no host has fetched: 1 when it was told. */
static int show_waiting(const struct arguments *arguments, const struct config *config)
{
	struct error error;
	json_t *task;
	size_t n, told = 0;

	for (size_t i = 0; i < config->engine_count && !told; i++) {
		const struct config_engine *engine = &config->engines[i];
		json_t *tasks;

		if (engine->type != CONFIG_LOCAL || (arguments->engine && strcmp(arguments->engine, engine->name) != 0))
			continue;
		tasks = local_tasks(engine->database, NULL, INT32_MAX, &error);
		json_array_foreach (tasks, n, task) {
			if (told || !text_starts(json_get_text(task, "id"), arguments->id))
				continue;
			json_put_text(task, "engine", engine->name);
			if (arguments->json)
				tasks_print_json(json_incref(task));
			else
				(void)printf(
					"task        %s\nengine      %s\ntopic       %s\nstate       %s: the embedded "
					"engine has it, and the journal nothing of it\n",
					json_get_text(task, "id"), engine->name, json_get_text(task, "topic"),
					json_get_text(task, "state"));
			told = 1;
		}
		json_decref(tasks);
	}
	return told != 0;
}

static void print(const struct arguments *arguments, const struct config *config, json_t *task)
{
	struct log *log = log_new(LOG_ERROR, LOG_LOGFMT);
	json_t *step;
	size_t i;

	config_hide(config, log);
	json_array_foreach (json_object_get(task, "steps"), i, step) {
		json_put_text(step, "outcome", step_words(task, step));
		tasks_tell_time(step, "time");
	}
	tasks_tell_time(task, "firstRun");
	tasks_tell_time(task, "changed");
	mask(log, task);
	if (arguments->json)
		tasks_print_json(json_incref(task));
	else
		print_task(task, arguments->bodies);
	log_free(log);
}

/* The exit status. */
static int tell(const struct arguments *arguments, const struct config *config, struct journal_view *view, json_t *task)
{
	struct error error;
	json_t *steps = journal_view_steps(view, json_get_text(task, "engine"), json_get_text(task, "id"),
					   arguments->bodies, &error);

	if (!steps) {
		(void)fprintf(stderr, "bptl tasks show: %s\n", error.text);
		return EXIT_STATE;
	}
	(void)json_object_set_new(task, "steps", steps);
	print(arguments, config, task);
	return EXIT_DONE;
}

static int show(const struct arguments *arguments, const struct config *config)
{
	const struct journal_filter filter = {
		.engine = arguments->engine, .id = arguments->id, .most = MATCHES_MOST + 1};
	struct error error;
	struct journal_view *view = journal_view_open(config->host.state, &error);
	json_t *tasks = view ? journal_view_tasks(view, &filter, &error) : NULL, *task;
	int status = tasks ? EXIT_FAILED : EXIT_STATE;

	if (json_array_size(tasks)) {
		task = choose(arguments->id, tasks);
		if (task)
			status = tell(arguments, config, view, task);
		json_decref(task);
		journal_view_close(view);
		return status;
	}
	if (tasks)
		(void)error_set(&error,
				"the journal in %s knows no task %s: this host never fetched it, or its time there "
				"(keep =) is over",
				config->host.state, arguments->id);
	if (show_waiting(arguments, config))
		status = EXIT_DONE;
	else
		(void)fprintf(stderr, "bptl tasks show: %s\n", error.text);
	json_decref(tasks);
	journal_view_close(view);
	return status;
}

/* -1 when the command is to go on, else the exit status. */
static int read_arguments(int argc, char **argv, struct arguments *arguments)
{
	const struct option_row rows[] = {{.name = "conf", .text = &arguments->conf},
					  {.name = "engine", .text = &arguments->engine},
					  {.name = "bodies", .flag = &arguments->bodies},
					  {.name = "json", .flag = &arguments->json},
					  {0}};
	int status = options_read(argc, argv, usage, rows, &arguments->id);

	if (status < 0 && (!arguments->id || !*arguments->id)) {
		(void)fprintf(stderr, "bptl tasks show: say which task\n%s", usage);
		return EXIT_USAGE;
	}
	return status;
}

int command_tasks_show(int argc, char **argv)
{
	char name[] = "tasks show"; /* for messages about options */
	struct arguments arguments = {0};
	struct config *config;
	int status;

	argv[0] = name;
	status = read_arguments(argc, argv, &arguments);
	if (status >= 0)
		return status;
	config = conf_load(conf_path(arguments.conf));
	status = config && (!arguments.engine || tasks_engine(config, arguments.engine)) ? show(&arguments, config)
											 : EXIT_CONFIG;
	config_free(config);
	return status;
}
