/* probe.c: the plugin that tests use as their own: a unit for each thing that a unit can do, well and badly.
 * Misbehaving on purpose is what it is for. */
#include <bptl/plugin.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static void doze(int64_t ms)
{
	struct timespec time = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

	while (nanosleep(&time, &time))
		continue;
}

/* Sets what it reads. */
static int echo(struct bptl_task *t)
{
	static const char *const names[] = {"any", "object", "list"};

	if (bptl_has(t, "text"))
		(void)bptl_set_text(t, "text", bptl_text(t, "text"));
	if (bptl_has(t, "integer"))
		(void)bptl_set(t, "integer", json_integer(bptl_integer(t, "integer")));
	if (bptl_has(t, "boolean"))
		(void)bptl_set(t, "boolean", json_boolean(bptl_boolean(t, "boolean")));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (bptl_has(t, names[i]))
			(void)bptl_set(t, names[i], json_incref(bptl_json(t, names[i])));
	return bptl_failed(t) ? -1 : 0;
}

/* Sets one variable of each of the engine's types. */
static int types(struct bptl_task *t)
{
	char *text = bptl_alloc(t, 5001);

	if (!text)
		return -1;
	memset(text, 'x', 5000);
	(void)bptl_set_text(t, "aString", "tekst met \xc3\xa9\xc3\xa9n accent");
	(void)bptl_set_text(t, "aLongText", text);
	(void)bptl_set(t, "aBoolean", json_true());
	(void)bptl_set(t, "anInteger", json_integer(42));
	(void)bptl_set_typed(t, "aShort", "Short", json_integer(7));
	(void)bptl_set(t, "aLong", json_integer(9007199254740993));
	(void)bptl_set(t, "aDouble", json_real(1.5));
	(void)bptl_set_typed(t, "aDate", "Date", json_string("2026-03-01T12:34:56.789+0000"));
	(void)bptl_set(t, "aJson", json_pack("{s:[i,i]}", "list", 1, 2));
	(void)bptl_set(t, "aNull", json_null());
	return bptl_set_local(t, "aLocal", json_string("binnen"));
}

/* Waits; in short naps, each of which notices a lost lock. */
static int nap(struct bptl_task *t)
{
	int64_t end = bptl_time_left(t) - bptl_integer(t, "ms"), left;

	/* by the clock: on a busy machine a short sleep takes longer */
	while ((left = bptl_time_left(t) - end) > 0) {
		doze(left < 20 ? left : 20);
		if (!bptl_format(t, "."))
			return -1;
		if (bptl_time_left(t) <= 0)
			return bptl_fail_retry(t, "no time left");
	}
	return bptl_set_text(t, "napped", "yes");
}

/* POSTs to `url` of service `zaken` as often as `count` says, naps between, and sets how often. `numbered`: each to a
 * URL of its own. */
static int post(struct bptl_task *t)
{
	int64_t count = bptl_has(t, "count") ? bptl_integer(t, "count") : 1;

	for (int64_t i = 0; i < count; i++) {
		struct bptl_request request = {
			.what = "post to the service",
			.method = bptl_text_or(t, "method", "POST"),
			.service = "zrc",
			.url = bptl_boolean(t, "numbered")
				       ? bptl_format(t, "%s/%lld", bptl_text(t, "url"), (long long)i)
				       : bptl_text(t, "url"),
			.body = json_pack("{s:I, s:s}", "number", (json_int_t)i, "now", bptl_now(t)),
			.flags = bptl_boolean(t, "repeatable") ? BPTL_REPEATABLE : 0,
		};

		if (!bptl_send(t, &request))
			return -1;
		doze(bptl_integer(t, "ms"));
	}
	return bptl_set(t, "posted", json_integer(count));
}

/* GETs `url`, by service or by URL alone, all pages when asked. */
static int get(struct bptl_task *t)
{
	struct bptl_request request = {
		.what = "read from the service",
		.method = "GET",
		.service = bptl_boolean(t, "byUrl") ? NULL : "zrc",
		.url = bptl_text(t, "url"),
		.flags = bptl_boolean(t, "pages") ? BPTL_ALL_PAGES : 0,
	};
	json_t *answer = bptl_send(t, &request);

	if (!answer)
		return -1;
	return bptl_set(t, "answer", json_incref(answer));
}

static int fails(struct bptl_task *t)
{
	return bptl_fail(t, "%s", bptl_text_or(t, "text", "for good"));
}

static int fails_for_now(struct bptl_task *t)
{
	return bptl_fail_retry(t, "not now");
}

static int bpmn_error(struct bptl_task *t)
{
	(void)bptl_set_text(t, "reden", "te laat");
	return bptl_bpmn_error(t, "TE_LAAT", "the request came too late");
}

static int returns_minus_one(struct bptl_task *t)
{
	(void)t;
	return -1;
}

static json_t *append_line(struct bptl_task *t, void *arg)
{
	FILE *file = fopen(arg, "ae");

	if (!file) {
		(void)bptl_fail(t, "the file cannot be opened");
		return NULL;
	}
	(void)fputs("done\n", file);
	(void)fclose(file);
	return json_string("appended");
}

/* An effect of its own: a line in a file; then it fails as often as the file `failing` exists. */
static int step(struct bptl_task *t)
{
	json_t *kept = bptl_step(t, "append a line", append_line, (char *)bptl_text(t, "file"), 0);

	if (!kept)
		return -1;
	if (access(bptl_text_or(t, "failing", ""), F_OK) == 0)
		return bptl_fail_retry(t, "failing, as asked");
	return bptl_set(t, "kept", json_incref(kept));
}

static int mail(struct bptl_task *t)
{
	const char *to[] = {bptl_text(t, "to"), NULL};
	struct bptl_mail mail = {
		.what = "send the mail",
		.to = to,
		.subject = bptl_text_or(t, "subject", "Onderwerp"),
		.text = bptl_text_or(t, "text", "Inhoud"),
	};

	return bptl_send_mail(t, &mail);
}

/* ---- badly ---- */

static int crashes(struct bptl_task *t)
{
	doze(bptl_integer(t, "ms"));
	(void)raise(SIGSEGV);
	return 0;
}

/* A real one: the kernel sends the signal, and no sanitizer comes before it. */
__attribute__((no_sanitize("undefined"), no_sanitize("address"))) static int reads_null(struct bptl_task *t)
{
	const char *volatile nowhere = NULL;

	return bptl_set(t, "value", json_integer(*nowhere));
}

static int overflow(volatile char *above, volatile int *enough)
{
	volatile char here[4096];

	if (*enough)
		return 0;
	here[0] = *above;
	return overflow(here, enough) + here[1];
}

static int overflows(struct bptl_task *t)
{
	volatile char start = 0;
	volatile int enough = 0; /* never */

	(void)t;
	return overflow(&start, &enough);
}

static int aborts(struct bptl_task *t)
{
	(void)t;
	abort();
}

static int exits(struct bptl_task *t)
{
	(void)t;
	exit(3);
}

static int vanishes(struct bptl_task *t)
{
	doze(bptl_integer(t, "ms"));
	_exit(4);
}

static int loops(struct bptl_task *t)
{
	volatile int forever = 1;

	(void)t;
	while (forever)
		continue;
	return 0;
}

static int prints(struct bptl_task *t)
{
	(void)puts("this goes to stdout");
	(void)fflush(stdout);
	bptl_log(t, BPTL_INFO, "and this to the log");
	return bptl_set_text(t, "printed", "yes");
}

static int says_option(struct bptl_task *t)
{
	return bptl_set_text(t, "colour", bptl_option(t, "colour"));
}

#define END                                                                                                            \
	{                                                                                                              \
		0                                                                                                      \
	}

static const struct bptl_variable echo_in[] = {
	{"any", BPTL_ANY, BPTL_OPTIONAL, "anything", NULL},
	{"text", BPTL_TEXT, BPTL_OPTIONAL, "a text", "tekst"},
	{"integer", BPTL_INTEGER, BPTL_OPTIONAL, "a whole number", NULL},
	{"number", BPTL_NUMBER, BPTL_OPTIONAL, "a number", NULL},
	{"boolean", BPTL_BOOLEAN, BPTL_OPTIONAL, "true or false", NULL},
	{"date", BPTL_DATE, BPTL_OPTIONAL, "a date", NULL},
	{"object", BPTL_OBJECT, BPTL_OPTIONAL, "an object", NULL},
	{"list", BPTL_LIST, BPTL_OPTIONAL, "a list", NULL},
	END,
};
static const struct bptl_variable required_in[] = {
	{"text", BPTL_TEXT, BPTL_REQUIRED, "a text that must be there", "tekst"},
	{"list", BPTL_LIST, BPTL_PRESENT, "a list that may be empty", NULL},
	END,
};
static const struct bptl_variable ms_in[] = {{"ms", BPTL_INTEGER, BPTL_OPTIONAL, "how long", NULL}, END};
static const struct bptl_variable text_in[] = {{"text", BPTL_TEXT, BPTL_OPTIONAL, "what to say", NULL}, END};
static const struct bptl_variable post_in[] = {
	{"url", BPTL_TEXT, BPTL_REQUIRED, "where to", NULL},
	{"method", BPTL_TEXT, BPTL_OPTIONAL, "POST by default", NULL},
	{"count", BPTL_INTEGER, BPTL_OPTIONAL, "how often", NULL},
	{"ms", BPTL_INTEGER, BPTL_OPTIONAL, "wait after each", NULL},
	{"repeatable", BPTL_BOOLEAN, BPTL_OPTIONAL, "may it be sent twice", NULL},
	{"numbered", BPTL_BOOLEAN, BPTL_OPTIONAL, "each number to a URL of its own", NULL},
	END,
};
static const struct bptl_variable get_in[] = {
	{"url", BPTL_TEXT, BPTL_REQUIRED, "what to read", NULL},
	{"byUrl", BPTL_BOOLEAN, BPTL_OPTIONAL, "find the service by the URL", NULL},
	{"pages", BPTL_BOOLEAN, BPTL_OPTIONAL, "read all pages", NULL},
	END,
};
static const struct bptl_variable step_in[] = {
	{"file", BPTL_TEXT, BPTL_REQUIRED, "where the line goes", NULL},
	{"failing", BPTL_TEXT, BPTL_OPTIONAL, "it fails as long as this file is there", NULL},
	END,
};
static const struct bptl_variable mail_in[] = {
	{"to", BPTL_TEXT, BPTL_REQUIRED, "the address", NULL},
	{"subject", BPTL_TEXT, BPTL_OPTIONAL, "the subject", NULL},
	{"text", BPTL_TEXT, BPTL_OPTIONAL, "the text", NULL},
	END,
};
static const struct bptl_need zrc_need[] = {{"zrc", NULL, BPTL_REQUIRED, "what it calls"}, END};
static const struct bptl_need smtp_need[] = {{"smtp", NULL, BPTL_REQUIRED, "the mail server"}, END};
static const struct bptl_need engine_need[] = {{"engine", NULL, BPTL_REQUIRED, "the engine itself"}, END};
static const struct bptl_need orc_need[] = {{"orc", "zac", BPTL_REQUIRED, "the ZAC"}, END};
static const struct bptl_key option_keys[] = {
	{"colour", BPTL_OPTIONAL, "green", "a colour"},
	{"size", BPTL_REQUIRED, NULL, "a size"},
	END,
};

/* The engine's own version, over its REST interface. */
static int engine_version(struct bptl_task *t)
{
	struct bptl_request request = {
		.what = "ask the engine's version", .method = "GET", .service = "engine", .url = "version"};
	json_t *answer = bptl_send(t, &request);

	return bptl_set_text(t, "version", bptl_member_text(t, answer, "version"));
}

static const struct bptl_unit all[] = {
	{.name = "Echo", .summary = "Sets what it reads", .run = echo, .in = echo_in},
	{.name = "Required", .summary = "Has required variables", .run = echo, .in = required_in},
	{.name = "Types", .summary = "Sets variables of all types", .run = types},
	{.name = "Nap", .summary = "Waits", .run = nap, .in = ms_in},
	{.name = "Post", .summary = "POSTs", .run = post, .in = post_in, .needs = zrc_need},
	{.name = "Get", .summary = "GETs", .run = get, .in = get_in, .needs = zrc_need},
	{.name = "Fail", .summary = "Fails for good", .run = fails, .in = text_in},
	{.name = "FailForNow", .summary = "Fails and may be retried", .run = fails_for_now},
	{.name = "BpmnError", .summary = "Ends with a BPMN error", .run = bpmn_error},
	{.name = "MinusOne", .summary = "Returns -1 without a word", .run = returns_minus_one},
	{.name = "Step", .summary = "Has an effect of its own", .run = step, .in = step_in},
	{.name = "Mail", .summary = "Sends a mail", .run = mail, .in = mail_in, .needs = smtp_need},
	{.name = "Crash", .summary = "Raises SIGSEGV", .run = crashes, .in = ms_in},
	{.name = "ReadNull", .summary = "Reads through a null pointer", .run = reads_null},
	{.name = "Overflow", .summary = "Overflows its stack", .run = overflows},
	{.name = "Abort", .summary = "Calls abort()", .run = aborts},
	{.name = "Exit", .summary = "Calls exit()", .run = exits},
	{.name = "Vanish", .summary = "Calls _exit()", .run = vanishes, .in = ms_in},
	{.name = "Loop", .summary = "Never returns", .run = loops},
	{.name = "Print", .summary = "Writes to stdout", .run = prints},
	{.name = "Option", .summary = "Has options", .run = says_option, .options = option_keys},
	{.name = "EngineVersion", .summary = "Calls the engine", .run = engine_version, .needs = engine_need},
	{.name = "NeedsZac", .summary = "Needs an orc under a name", .run = echo, .in = echo_in, .needs = orc_need},
};

static const struct bptl_key keys[] = {{"mood", BPTL_OPTIONAL, "good", "anything but bad"}, END};

static int init(struct bptl_start *s, void **state)
{
	(void)state;
	if (strcmp(bptl_start_option(s, "mood"), "bad") == 0)
		return bptl_refuse(s, "the mood is bad: set mood = good");
	return 0;
}

static const struct bptl_unit *const units[] = {&all[0],  &all[1],  &all[2],  &all[3],  &all[4],  &all[5],
						&all[6],  &all[7],  &all[8],  &all[9],  &all[10], &all[11],
						&all[12], &all[13], &all[14], &all[15], &all[16], &all[17],
						&all[18], &all[19], &all[20], &all[21], &all[22], NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "probe", .version = "1", .summary = "The tests' own plugin",
	.units = units, .options = keys, .init = init,
};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
