/* notes.c: what a plugin's process asks to be noted in the journal. Each line of the input is a note, as it comes in a
 * frame or stands in a file of late answers. What has the form of a note is written, and the journal takes it: a plugin
 * cannot make it fail. Then the steps that were noted are there, in their order, and as they were given. */
#include <errno.h>
#include <unistd.h>

#include "base/json.h"
#include "core/journal.h"
#include "fuzz.h"

/* A journal serves many calls, for it takes long to open; each call is a task of its own in it. */
static struct journal *journal;
static char folder[256];
static unsigned calls;

/* In place of the C library's, for SQLite: nothing here has to outlive the machine, and disks are slow. */
__attribute__((visibility("default"))) int fsync(int fd)
{
	(void)fd;
	return 0;
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* Steps of a task by the notes alone: {number: row}; as the journal should hold them. */
static void expect(json_t *steps, const json_t *note)
{
	const json_t *row, *number;
	char key[24];
	size_t i;

	json_array_foreach (json_object_get(note, "put"), i, row) {
		(void)snprintf(key, sizeof(key), "%lld", (long long)json_get_integer(row, "step", 0));
		if (!text_equal(json_get_text(json_object_get(steps, key), "state"), "done"))
			(void)json_object_set(steps, key, (json_t *)row);
	}
	json_array_foreach (json_object_get(note, "drop"), i, number) {
		(void)snprintf(key, sizeof(key), "%lld", (long long)json_integer_value(number));
		if (text_equal(json_get_text(json_object_get(steps, key), "state"), "intent"))
			(void)json_object_del(steps, key);
	}
}

static void check_steps(const char *id, json_t *expected)
{
	json_t *steps = journal_steps(journal, "main", id), *row;
	json_int_t last = 0;
	char key[24];
	size_t i;

	HOLDS(steps && json_array_size(steps) == json_object_size(expected), "%zu steps, expected %zu",
	      json_array_size(steps), json_object_size(expected));
	json_array_foreach (steps, i, row) {
		const json_t *noted;

		HOLDS(json_get_integer(row, "step", 0) > last, "a step out of its order");
		last = json_get_integer(row, "step", 0);
		(void)snprintf(key, sizeof(key), "%lld", (long long)last);
		noted = json_object_get(expected, key);
		HOLDS(text_equal(json_get_text(row, "what"), json_get_text(noted, "what")) &&
			      text_equal(json_get_text(row, "url"), json_get_text(noted, "url")) &&
			      text_equal(json_get_text(row, "state"), json_get_text(noted, "state")),
		      "step %s is another", key);
		HOLDS(!json_object_get(noted, "answer") ||
			      json_equal(json_object_get(row, "answer"), json_object_get(noted, "answer")),
		      "the answer of step %s is another", key);
	}
	json_decref(steps);
}

static void play(const char *key, struct input in)
{
	json_t *expected = mem_json(json_object());
	int forgets = 0;

	while (in.at < in.end) {
		char *line = input_line(&in), reason[160];
		json_t *note = json_read(line, strlen(line), reason);
		struct error error = {0};

		if (note_is_whole(note)) {
			journal_note(journal, key, note, 1);
			HOLDS(journal_commit(journal, &error) == 0, "%s", error.text);
			forgets |= json_object_get(note, "forget") != NULL;
			expect(expected, note);
		}
		json_decref(note);
		free(line);
	}
	if (!forgets)
		check_steps(strchr(key, '/') + 1, expected);
	json_decref(expected);
}

static void take_away(void)
{
	static const char *const names[] = {"journal.db", "journal.db-wal", "journal.db-shm", "lock", "runners.lock"};

	journal_close(journal);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = mem_format("%s/%s", folder, names[i]);

		(void)unlink(path);
		free(path);
	}
	HOLDS(rmdir(folder) == 0, "%s: %s", folder, strerror(errno));
}

static void begin(void)
{
	const char *place = getenv("TMPDIR");
	struct error error = {0};

	if (journal)
		take_away();
	else
		(void)atexit(take_away);
	(void)snprintf(folder, sizeof(folder), "%s/bptl-fuzz-XXXXXX", place && *place ? place : "/tmp");
	HOLDS(mkdtemp(folder), "%s: %s", folder, strerror(errno));
	journal = journal_open(folder, &error);
	HOLDS(journal, "%s", error.text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char key[32];

	if (calls % 5000 == 0)
		begin();
	(void)snprintf(key, sizeof(key), "main/t%u", calls++);
	play(key, input_of(data, size));
	return 0;
}
