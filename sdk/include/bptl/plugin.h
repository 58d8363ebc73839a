/* bptl/plugin.h: everything that a plugin for bptl needs. Longer than 400 lines, because it is the whole interface in
 * one header, and most of it is comments.
 *
 * A task's way through your code. A BPMN engine puts an external task on a topic. bptl fetches and locks it, and looks
 * up which work unit the topic is bound to. It reads the variables that the unit declares, checks that the required
 * ones are there and of their type, and calls the unit's run() on a worker thread of a process that holds this plugin
 * and nothing else. run() reads variables, calls services, sets variables, and returns. bptl then completes the task at
 * the engine with what was set, or reports why it failed. While run() works, bptl keeps the task's lock.
 *
 * Straight-line code. The first failure stays on the task: every later call on that task does nothing and returns NULL,
 * 0 or -1. So a unit needs no check after each call, only where a branch depends on it. A unit that returns although a
 * call failed has failed.
 *
 * Ownership, in five words that mean the same everywhere:
 *   borrowed     valid until run() returns; do not free, do not json_decref()
 *   owned        yours to free
 *   stolen       bptl takes it over, also when the call fails (NULL is then a failure of the task, not a crash)
 *   task memory  freed with the task, after run() has returned
 *   state        what init() made: valid until fini() returns
 * What a call returns is borrowed. A JSON value that you hand in is stolen: hand in a borrowed one as json_incref(v).
 *
 * Threads. run() may be called for several tasks at once, each on a thread of its own; a task's handle is for its own
 * thread only. init() and fini() are called alone. Blocking is fine: that is what the threads are for.
 *
 * Doing things once. Every exchange goes through the calls below, in an order that must follow from the variables and
 * the answers alone, because bptl may run a unit again for the same task (after a crash, or when the engine grants a
 * retry) and then answers what was already done from its journal. Take the time from bptl_now() and bptl_today(), not
 * from the clock; make any effect other than an exchange or a mail through bptl_step().
 *
 * A plugin is a shared object that exports one function, bptl_describe(), links to the shared jansson library, and to
 * nothing of bptl's. The header is C11 and can be included from C++17.
 *
 * Versions. BPTL_SDK_MAJOR changes when something old stops working, BPTL_SDK_MINOR when something new is added. A host
 * loads a plugin whose major version equals its own and whose minor version is not above its own. Functions and
 * members are only ever added, at the end.
 *   1.0  the first version
 */
#ifndef BPTL_PLUGIN_H
#define BPTL_PLUGIN_H

#include <jansson.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define BPTL_SDK_MAJOR 1
#define BPTL_SDK_MINOR 0
#define BPTL_MAGIC 0x6270746cu /* "bptl" */

#if defined(__GNUC__)
#define BPTL_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define BPTL_EXPORT __attribute__((visibility("default")))
#else
#define BPTL_PRINTF(text, first)
#define BPTL_EXPORT
#endif

/* ---- What a plugin declares ---------------------------------------------------------------------------------- */

/* The type of a variable, as the unit sees it. A value of another type fails the task before run() is called. */
enum bptl_type {
	BPTL_ANY,     /* whatever the engine holds */
	BPTL_TEXT,    /* String; Integer, Short and Long are read as their digits, Date as the engine writes it */
	BPTL_INTEGER, /* Integer, Short, Long, or a String of digits */
	BPTL_NUMBER,  /* Double, Integer, Short or Long */
	BPTL_BOOLEAN, /* Boolean */
	BPTL_DATE,    /* Date, or a String with an ISO 8601 date or time */
	BPTL_OBJECT,  /* Json, Object serialised as JSON, or a String with the text of a JSON object */
	BPTL_LIST     /* the same, with a JSON array */
};

/* Flags of a variable. A required variable is missing when it is absent, null, "", [] or {}; 0 and false are values. */
#define BPTL_OPTIONAL 0u
#define BPTL_REQUIRED 1u /* checked before run() */
#define BPTL_EITHER 2u   /* one of several: the unit checks it; the doc line says which */
#define BPTL_PRESENT 4u  /* must exist, but may be empty */

/* A variable that a unit reads or sets. A list ends with a row whose name is NULL. */
struct bptl_variable {
	const char *name;
	enum bptl_type type;
	unsigned flags;
	const char *doc;     /* one line for people */
	const char *instead; /* another name that is read when `name` is absent, or NULL */
};

/* Flag of a need: any configured service of the type may be meant, the topic need not list it; the unit finds it by the
 * URL that it calls (a request whose service is NULL). */
#define BPTL_BY_URL 8u

/* A service that a unit calls. A list ends with a row whose type is NULL.
 * type: zrc, ztc, drc, brc, ac, nrc, orc ..., smtp for mail, engine for the engine's own REST interface.
 * alias: for orc the name under which the topic must list the service, else NULL. */
struct bptl_need {
	const char *type;
	const char *alias;
	unsigned flags; /* BPTL_REQUIRED or BPTL_OPTIONAL, and BPTL_BY_URL */
	const char *doc;
};

/* A key that a unit accepts in its [topic] section, or a plugin in its [plugin] section. Ends with name NULL. */
struct bptl_key {
	const char *name;
	unsigned flags;       /* BPTL_REQUIRED or BPTL_OPTIONAL */
	const char *fallback; /* the value when the key is not given, or NULL */
	const char *doc;
};

struct bptl_task;  /* one task while its unit runs */
struct bptl_start; /* the plugin while it is being started */

/* A work unit. */
struct bptl_unit {
	const char *name;                   /* what an INI file calls it, after "<plugin>." */
	const char *summary;                /* one line */
	const char *doc;                    /* some lines, or NULL */
	int (*run)(struct bptl_task *task); /* 0, or what a failed call returned */
	const struct bptl_variable *in;     /* or NULL: none. Only these are fetched from the engine. */
	const struct bptl_variable *out;    /* or NULL: none */
	const struct bptl_need *needs;      /* or NULL: none */
	const struct bptl_key *options;     /* or NULL: none */
};

/* A plugin. Everything in it must stay where it is for as long as the process lives: make it static const. */
struct bptl_plugin {
	uint32_t magic;                                                      /* BPTL_MAGIC */
	uint16_t major;                                                      /* BPTL_SDK_MAJOR */
	uint16_t minor;                                                      /* BPTL_SDK_MINOR */
	uint16_t plugin_size, unit_size, variable_size, need_size, key_size; /* sizeof of the structs above */
	const char *name;                                                    /* equals its [plugin NAME] section */
	const char *version;                                                 /* of the plugin, free text */
	const char *summary;                                                 /* one line */
	const struct bptl_unit *const *units;                                /* ends with NULL; or NULL: none yet */
	const struct bptl_key *options;
	/* Called once before the first task. Put what you need later in *state. Return 0, or bptl_refuse(...): the
	 * plugin is then not used, fini() is not called, and the text is shown at startup and by `bptl check`. May be
	 * NULL. */
	int (*init)(struct bptl_start *start, void **state);
	/* Called once after the last task. May be NULL. */
	void (*fini)(void *state);
};

/* Fills the fields that the handshake reads: static const struct bptl_plugin me = { BPTL_HANDSHAKE, .name = ... }; */
#define BPTL_HANDSHAKE                                                                                                 \
	.magic = BPTL_MAGIC, .major = BPTL_SDK_MAJOR, .minor = BPTL_SDK_MINOR,                                         \
	.plugin_size = sizeof(struct bptl_plugin), .unit_size = sizeof(struct bptl_unit),                              \
	.variable_size = sizeof(struct bptl_variable), .need_size = sizeof(struct bptl_need),                          \
	.key_size = sizeof(struct bptl_key)

/* The one symbol that a plugin exports: returns its description, never NULL. */
BPTL_EXPORT const struct bptl_plugin *bptl_describe(void);

/* ---- Requests and mails -------------------------------------------------------------------------------------- */

/* Flags of a request. */
#define BPTL_REPEATABLE 1u /* sending it twice does no harm: bptl may send it again when its outcome is unknown */
#define BPTL_TOLERATE 2u   /* an answer of 400 to 499 does not fail the task: look at .status */
#define BPTL_ALL_PAGES 4u  /* GET and search: follow `next` to the end, .answer is the list of all `results` */
#define BPTL_READ 8u       /* a POST that changes nothing, such as a search */

/* A request to a service, and its answer. */
struct bptl_request {
	const char *what;    /* the step in words, for messages: "create the status" */
	const char *method;  /* GET, POST, PUT, PATCH or DELETE */
	const char *service; /* type or alias; NULL: the configured service whose root is the longest prefix of url */
	const char *url;     /* absolute under the service's root, or relative to it: "statussen" */
	const char *const *headers; /* "Name: value" lines, ends with NULL; or NULL. Lines that are "" are left out. */
	json_t *body; /* stolen; json_object() for an empty one. NULL: none, which only GET and DELETE may have */
	unsigned flags;
	/* set by the call */
	int status;        /* HTTP status, 0 when there was none */
	json_t *answer;    /* borrowed: the JSON body, JSON null when the body is empty */
	const char *error; /* borrowed: what the API said when status is 400 or more, else NULL */
	int step;          /* its number among the steps of the task */
};

/* A part of a mail that is not its text. */
struct bptl_attachment {
	const char *name;       /* file name; NULL: none */
	const char *type;       /* MIME type */
	const char *content_id; /* not NULL: shown inside the HTML part */
	const void *data;
	size_t size;
};

/* A mail. From is the smtp service's own. CR, LF and NUL in an address, a name or the subject fail the task. The
 * Message-ID follows from the task, so that a mail sent twice can be recognised. */
struct bptl_mail {
	const char *what;      /* the step in words, for messages */
	const char *const *to; /* addresses, ends with NULL */
	const char *reply_to;  /* address, or NULL */
	const char *subject;   /* UTF-8 */
	const char *text;      /* UTF-8 */
	const char *html;      /* UTF-8, or NULL */
	const struct bptl_attachment *attachments;
	size_t attachment_count;
};

enum bptl_level { BPTL_DEBUG, BPTL_INFO, BPTL_WARNING, BPTL_ERROR };

/* ---- The tables behind the calls: use the functions further down ------------------------------------------------ */

struct bptl_task_api {
	size_t size; /* of this table in the host that runs the plugin */
	/* 1.0 */
	int (*has)(struct bptl_task *, const char *name);
	const char *(*text)(struct bptl_task *, const char *name);
	int64_t (*integer)(struct bptl_task *, const char *name);
	int (*boolean)(struct bptl_task *, const char *name);
	json_t *(*json)(struct bptl_task *, const char *name);
	const char *(*option)(struct bptl_task *, const char *name);
	const char *(*info)(struct bptl_task *, const char *name);
	int (*set)(struct bptl_task *, const char *name, const char *type, json_t *value, int local);
	json_t *(*keep)(struct bptl_task *, json_t *value);
	void *(*alloc)(struct bptl_task *, size_t size);
	const char *(*vformat)(struct bptl_task *, const char *format, va_list);
	const char *(*vpath)(struct bptl_task *, const char *format, va_list);
	json_t *(*member)(struct bptl_task *, json_t *object, const char *name);
	const char *(*member_text)(struct bptl_task *, json_t *object, const char *name);
	int (*exchange)(struct bptl_task *, struct bptl_request *requests, size_t count, size_t request_size);
	int (*refused)(struct bptl_task *, const struct bptl_request *request);
	int (*finally)(struct bptl_task *, const struct bptl_request *request, const struct bptl_request *undone,
		       size_t request_size);
	int (*mail)(struct bptl_task *, const struct bptl_mail *, size_t mail_size, size_t attachment_size);
	json_t *(*step)(struct bptl_task *, const char *what, json_t *(*effect)(struct bptl_task *, void *), void *arg,
			unsigned flags);
	const char *(*now)(struct bptl_task *);
	const char *(*today)(struct bptl_task *);
	int64_t (*time)(struct bptl_task *);
	int64_t (*time_left)(struct bptl_task *);
	int (*amsterdam_offset)(struct bptl_task *, int64_t time);
	int (*same_text)(struct bptl_task *, const char *a, const char *b);
	int (*failed)(struct bptl_task *);
	int (*vfail)(struct bptl_task *, int permanent, const char *format, va_list);
	int (*vbpmn_error)(struct bptl_task *, const char *code, const char *format, va_list);
	void (*vlog)(struct bptl_task *, enum bptl_level, const char *format, va_list);
	void *(*state)(struct bptl_task *);
	int (*given)(struct bptl_task *, const char *name);
};

struct bptl_task {
	const struct bptl_task_api *api;
};

struct bptl_start_api {
	size_t size;
	/* 1.0 */
	const char *(*option)(struct bptl_start *, const char *name);
	const char *(*folder)(struct bptl_start *);
	int (*vrefuse)(struct bptl_start *, const char *format, va_list);
	void (*vlog)(struct bptl_start *, enum bptl_level, const char *format, va_list);
};

struct bptl_start {
	const struct bptl_start_api *api;
};

/* ---- Starting -------------------------------------------------------------------------------------------------- */

/* The value of a key of the [plugin] section, or its fallback; borrowed until fini(). */
static inline const char *bptl_start_option(struct bptl_start *s, const char *name)
{
	return s->api->option(s, name);
}

/* The folder in which files that come with the plugin lie: <folder of the library>/<plugin name>. */
static inline const char *bptl_start_folder(struct bptl_start *s)
{
	return s->api->folder(s);
}

/* Refuses to start, with a text that says what is wrong and what to do. Returns -1. */
BPTL_PRINTF(2, 3) static inline int bptl_refuse(struct bptl_start *s, const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = s->api->vrefuse(s, format, args);
	va_end(args);
	return code;
}

/* ---- Variables ------------------------------------------------------------------------------------------------- */

/* Is there a value? Absent, null, "", [] and {} are none; 0 and false are. Never fails. */
static inline int bptl_has(struct bptl_task *t, const char *name)
{
	return t->api->has(t, name);
}

/* Does the variable exist, be it without a value? For a variable whose emptiness means something. Never fails. */
static inline int bptl_given(struct bptl_task *t, const char *name)
{
	return t->api->given(t, name);
}

/* A text; NULL when the variable has no value. A value of another kind fails the task. Borrowed. */
static inline const char *bptl_text(struct bptl_task *t, const char *name)
{
	return t->api->text(t, name);
}

/* A text; `fallback` when the variable has no value. */
static inline const char *bptl_text_or(struct bptl_task *t, const char *name, const char *fallback)
{
	const char *text = t->api->text(t, name);

	return text ? text : fallback;
}

/* A whole number; 0 when the variable has no value (ask bptl_has). */
static inline int64_t bptl_integer(struct bptl_task *t, const char *name)
{
	return t->api->integer(t, name);
}

/* A truth value; 0 when the variable has no value (ask bptl_has). */
static inline int bptl_boolean(struct bptl_task *t, const char *name)
{
	return t->api->boolean(t, name);
}

/* Any value as JSON (an object or list from Json, Object or String); NULL when it has none. Borrowed. */
static inline json_t *bptl_json(struct bptl_task *t, const char *name)
{
	return t->api->json(t, name);
}

/* The value of an option of the topic's section, or its fallback, or NULL. Borrowed. */
static inline const char *bptl_option(struct bptl_task *t, const char *name)
{
	return t->api->option(t, name);
}

/* A fact about the task: "id", "topic", "unit", "processInstanceId", "processDefinitionKey", "businessKey",
 * "activityId", "tenantId", or "property.NAME" for an extension property. NULL when there is none. Borrowed. */
static inline const char *bptl_info(struct bptl_task *t, const char *name)
{
	return t->api->info(t, name);
}

/* Sets a variable of the process. The engine's type follows from the value: text String, whole numbers Integer or Long,
 * other numbers Double, true and false Boolean, null Null, objects and lists Json. Value stolen. 0 or -1. */
static inline int bptl_set(struct bptl_task *t, const char *name, json_t *value)
{
	return t->api->set(t, name, NULL, value, 0);
}

/* The same with a text, which is copied. NULL fails the task, unless it has failed already. */
static inline int bptl_set_text(struct bptl_task *t, const char *name, const char *text)
{
	return t->api->set(t, name, NULL, text ? json_string(text) : NULL, 0);
}

/* The same with the engine's type by name: Long, Short, Date, Json ... */
static inline int bptl_set_typed(struct bptl_task *t, const char *name, const char *type, json_t *value)
{
	return t->api->set(t, name, type, value, 0);
}

/* Sets a variable that only the activity of this task sees. Value stolen. */
static inline int bptl_set_local(struct bptl_task *t, const char *name, json_t *value)
{
	return t->api->set(t, name, NULL, value, 1);
}

/* ---- Memory and text ------------------------------------------------------------------------------------------- */

/* Hands a value to the task and returns it: stolen, then borrowed. NULL fails the task. */
static inline json_t *bptl_keep(struct bptl_task *t, json_t *value)
{
	return t->api->keep(t, value);
}

/* Task memory, zeroed; NULL fails the task (out of memory). */
static inline void *bptl_alloc(struct bptl_task *t, size_t size)
{
	return t->api->alloc(t, size);
}

/* A text made as by printf, in task memory. */
BPTL_PRINTF(2, 3) static inline const char *bptl_format(struct bptl_task *t, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = t->api->vformat(t, format, args);
	va_end(args);
	return text;
}

/* A URL with values in it, in task memory: every %s is percent-encoded, %d and %lld are as in printf, %% is a per cent
 * sign. bptl_path(t, "statustypen?zaaktype=%s", zaaktype). A NULL for %s fails the task. */
BPTL_PRINTF(2, 3) static inline const char *bptl_path(struct bptl_task *t, const char *format, ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = t->api->vpath(t, format, args);
	va_end(args);
	return text;
}

/* A member of an object; a missing one fails the task with its name. JSON null is a member. Borrowed. */
static inline json_t *bptl_member(struct bptl_task *t, json_t *object, const char *name)
{
	return t->api->member(t, object, name);
}

/* A member that is a text; anything else fails the task with its name. Borrowed. */
static inline const char *bptl_member_text(struct bptl_task *t, json_t *object, const char *name)
{
	return t->api->member_text(t, object, name);
}

/* Are two texts the same but for upper and lower case, in all of Unicode? Never fails. */
static inline int bptl_same_text(struct bptl_task *t, const char *a, const char *b)
{
	return t->api->same_text(t, a, b);
}

/* ---- Exchanges ------------------------------------------------------------------------------------------------- */

/* Sends the requests, all at once, and waits for the answers. An answer of 400 or more (see BPTL_TOLERATE), no answer,
 * or a body that is not JSON fails the task with a message that names the step, the status and the API's own words;
 * 408, 409, 425, 429, 5xx and broken connections can be retried, the rest is permanent. 0 or -1. */
static inline int bptl_exchange(struct bptl_task *t, struct bptl_request *requests, size_t count)
{
	return t->api->exchange(t, requests, count, sizeof(struct bptl_request));
}

/* One request; the answer's body, borrowed; NULL when the task has failed. */
static inline json_t *bptl_send(struct bptl_task *t, struct bptl_request *request)
{
	return t->api->exchange(t, request, 1, sizeof(struct bptl_request)) ? NULL : request->answer;
}

/* Fails the task with an answer that BPTL_TOLERATE let through, as bptl_exchange() does without it. Returns -1. */
static inline int bptl_refused(struct bptl_task *t, const struct bptl_request *request)
{
	return t->api->refused(t, request);
}

/* Sends `request` when the unit has ended, whatever came of it: what must not stay behind, such as a lock. `undone` is
 * the answered request whose effect it takes back. After a unit that failed, a taken back step and all after it are
 * forgotten: the next run does them anew. Call it right after the answer to `undone`, also when the task has failed by
 * then: of several requests that were sent at once some may have had their effect. When that answer is no 2xx, nothing
 * is sent. Body stolen, texts borrowed. 0, or -1 when the task has failed. */
static inline int bptl_finally(struct bptl_task *t, const struct bptl_request *request,
			       const struct bptl_request *undone)
{
	return t->api->finally(t, request, undone, sizeof(struct bptl_request));
}

/* Sends a mail through the topic's smtp service. 0 or -1. */
static inline int bptl_send_mail(struct bptl_task *t, const struct bptl_mail *mail)
{
	return t->api->mail(t, mail, sizeof(struct bptl_mail), sizeof(struct bptl_attachment));
}

/* Makes any other effect durable: effect() runs once for this place in the unit, and what it returns (owned by bptl
 * from then on; NULL: failed) is kept; a later run of the same task gets the kept value. Flags: BPTL_REPEATABLE, else
 * an effect whose end was not seen becomes an incident. Borrowed; NULL when the task has failed. */
static inline json_t *bptl_step(struct bptl_task *t, const char *what, json_t *(*effect)(struct bptl_task *, void *),
				void *arg, unsigned flags)
{
	return t->api->step(t, what, effect, arg, flags);
}

/* ---- Time: the same at every run of the task --------------------------------------------------------------------- */

/* UTC, ISO 8601 with offset: 2026-01-16T09:12:33.123456+00:00. Borrowed. */
static inline const char *bptl_now(struct bptl_task *t)
{
	return t->api->now(t);
}

/* The civil date in Europe/Amsterdam: 2026-01-16. Borrowed. */
static inline const char *bptl_today(struct bptl_task *t)
{
	return t->api->today(t);
}

/* The same moment, milliseconds since 1970-01-01 UTC. */
static inline int64_t bptl_time(struct bptl_task *t)
{
	return t->api->time(t);
}

/* Milliseconds until the task's time limit; 0 or less: stop. The real clock, not the task's. */
static inline int64_t bptl_time_left(struct bptl_task *t)
{
	return t->api->time_left(t);
}

/* How many seconds the clocks of Amsterdam are ahead of UTC at a moment (milliseconds since 1970): 3600 or 7200. */
static inline int bptl_amsterdam_offset(struct bptl_task *t, int64_t time)
{
	return t->api->amsterdam_offset(t, time);
}

/* ---- Outcomes -------------------------------------------------------------------------------------------------- */

/* Has the task failed already? */
static inline int bptl_failed(struct bptl_task *t)
{
	return t->api->failed(t);
}

/* Fails the task for good: an incident at once. One line, the important words first. Returns -1. */
BPTL_PRINTF(2, 3) static inline int bptl_fail(struct bptl_task *t, const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = t->api->vfail(t, 1, format, args);
	va_end(args);
	return code;
}

/* Fails this run: the engine offers the task again while retries are left. Returns -1. */
BPTL_PRINTF(2, 3) static inline int bptl_fail_retry(struct bptl_task *t, const char *format, ...)
{
	va_list args;
	int code;

	va_start(args, format);
	code = t->api->vfail(t, 0, format, args);
	va_end(args);
	return code;
}

/* Ends the task with a BPMN error, for a boundary event to catch; variables set so far go along. Returns -1. */
BPTL_PRINTF(3, 4)
static inline int bptl_bpmn_error(struct bptl_task *t, const char *code, const char *format, ...)
{
	va_list args;
	int result;

	va_start(args, format);
	result = t->api->vbpmn_error(t, code, format, args);
	va_end(args);
	return result;
}

/* Writes a line to the log, with plugin, unit, topic, task and process instance. No secrets, no personal data. */
BPTL_PRINTF(3, 4) static inline void bptl_log(struct bptl_task *t, enum bptl_level level, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	t->api->vlog(t, level, format, args);
	va_end(args);
}

/* What init() made. */
static inline void *bptl_state(struct bptl_task *t)
{
	return t->api->state(t);
}

#ifdef __cplusplus
}
#endif

#endif
