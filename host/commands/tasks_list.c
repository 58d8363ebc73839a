/* tasks_list.c: the tasks that the journal knows, as a table or as JSON. */
#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "commands/tasks.h"

void tasks_tell_time(json_t *row, const char *name)
{
	json_t *time = json_object_get(row, name);
	char text[CLOCK_TEXT];

	if (!json_is_integer(time))
		return;
	clock_local(json_integer_value(time), text);
	json_put_text(row, name, text);
}

static void tell_times(json_t *tasks)
{
	json_t *task;
	size_t i;

	json_array_foreach (tasks, i, task) {
		tasks_tell_time(task, "firstRun");
		tasks_tell_time(task, "changed");
	}
}

static void print_row(const json_t *task)
{
	json_int_t unknown = json_get_integer(task, "unknown", 0);
	const char *message = json_get_text(task, "message");

	(void)printf("%-36s  %-10s  %-24s  %-9s  %7lld  %-29s  ", json_get_text(task, "id"),
		     json_get_text(task, "engine"), json_get_text(task, "topic"), json_get_text(task, "state"),
		     (long long)json_get_integer(task, "attempt", 0), json_get_text(task, "changed"));
	if (unknown)
		(void)printf("%lld of unknown outcome%s", (long long)unknown, message ? ": " : "");
	(void)printf("%s\n", message ? message : "");
}

void tasks_print_table(json_t *tasks)
{
	const json_t *task;
	size_t i;

	tell_times(tasks);
	(void)printf("%-36s  %-10s  %-24s  %-9s  %7s  %-29s  %s\n", "ID", "ENGINE", "TOPIC", "STATE", "ATTEMPT",
		     "CHANGED", "FAILURE");
	json_array_foreach (tasks, i, task)
		print_row(task);
	json_decref(tasks);
}

int tasks_list(const struct config *config, const struct journal_filter *filter, int json)
{
	struct error error;
	struct journal_view *view = journal_view_open(config->host.state, &error);
	json_t *tasks = view ? journal_view_tasks(view, filter, &error) : NULL;

	journal_view_close(view);
	if (!tasks) {
		(void)fprintf(stderr, "bptl tasks: %s\n", error.text);
		return EXIT_STATE;
	}
	if (json) {
		tell_times(tasks);
		tasks_print_json(tasks);
	} else {
		tasks_print_table(tasks);
	}
	return EXIT_DONE;
}
