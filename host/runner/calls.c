/* calls.c: the table of functions behind a task's handle. Calls that need more than a few lines live in the files that
 * task.h names. The first failure makes every later call do nothing. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wctype.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/url.h"
#include "runner/task.h"

static struct task *of(struct bptl_task *t)
{
	return (struct task *)t;
}

/* ---- variables ---- */

static int call_has(struct bptl_task *t, const char *name)
{
	return variables_has(of(t), name);
}

static int call_given(struct bptl_task *t, const char *name)
{
	return variables_given(of(t), name);
}

static const char *call_text(struct bptl_task *t, const char *name)
{
	return task_stopped(of(t)) ? NULL : variables_text(of(t), name);
}

static int64_t call_integer(struct bptl_task *t, const char *name)
{
	return task_stopped(of(t)) ? 0 : variables_integer(of(t), name);
}

static int call_boolean(struct bptl_task *t, const char *name)
{
	return task_stopped(of(t)) ? 0 : variables_boolean(of(t), name);
}

static json_t *call_json(struct bptl_task *t, const char *name)
{
	return task_stopped(of(t)) ? NULL : variables_json(of(t), name);
}

static const char *call_option(struct bptl_task *t, const char *name)
{
	return json_get_text(of(t)->options, name);
}

static const char *call_info(struct bptl_task *t, const char *name)
{
	if (strncmp(name, "property.", 9) == 0)
		return json_get_text(of(t)->properties, name + 9);
	return json_get_text(of(t)->facts, name);
}

static int call_set(struct bptl_task *t, const char *name, const char *type, json_t *value, int local)
{
	return outputs_set(of(t), name, type, value, local);
}

/* ---- memory and text ---- */

static json_t *call_keep(struct bptl_task *t, json_t *value)
{
	return task_keep(of(t), value);
}

static void *call_alloc(struct bptl_task *t, size_t size)
{
	return task_alloc(of(t), size);
}

static const char *call_vformat(struct bptl_task *t, const char *format, va_list args)
	__attribute__((format(printf, 2, 0)));
static const char *call_vformat(struct bptl_task *t, const char *format, va_list args)
{
	return task_vformat(of(t), format, args);
}

/* printf for URLs: see bptl_path(). */
static const char *call_vpath(struct bptl_task *t, const char *format, va_list args)
{
	struct text url = {0};
	const char *kept;
	char *escaped;

	for (const char *c = format; *c; c++) {
		const char *value;

		if (*c != '%') {
			text_add_bytes(&url, c, 1);
		} else if (c[1] == '%') {
			text_add(&url, "%");
			c++;
		} else if (c[1] == 'd') {
			text_add_format(&url, "%d", va_arg(args, int));
			c++;
		} else if (strncmp(c, "%lld", 4) == 0) {
			text_add_format(&url, "%lld", va_arg(args, long long));
			c += 3;
		} else if (c[1] == 's') {
			value = va_arg(args, const char *);
			c++;
			if (!value) {
				(void)task_fail(of(t), 1, "no value for the URL %s", format);
				text_free(&url);
				return NULL;
			}
			escaped = url_escape(value);
			text_add(&url, escaped);
			free(escaped);
		} else {
			(void)task_fail(of(t), 1, "bptl_path() knows %%s, %%d, %%lld and %%%%, not what is in %s",
					format);
			text_free(&url);
			return NULL;
		}
	}
	kept = task_text(of(t), url.data ? url.data : "");
	text_free(&url);
	return kept;
}

static json_t *call_member(struct bptl_task *t, json_t *object, const char *name)
{
	json_t *value;

	if (task_stopped(of(t)))
		return NULL;
	value = json_object_get(object, name);
	if (!value)
		(void)task_fail(of(t), 1, "the answer has no member %s", name);
	return value;
}

static const char *call_member_text(struct bptl_task *t, json_t *object, const char *name)
{
	json_t *value = call_member(t, object, name);

	if (value && !json_is_string(value))
		(void)task_fail(of(t), 1, "member %s of the answer is no text", name);
	return json_string_value(value);
}

/* The next character of a valid UTF-8 text; anything else counts as itself, byte by byte. */
static wint_t next_character(const char **at)
{
	const unsigned char *c = (const unsigned char *)*at;
	size_t n = *c < 0x80 ? 1 : *c >= 0xf0 ? 4 : *c >= 0xe0 ? 3 : *c >= 0xc2 ? 2 : 1;
	wint_t value = n == 1 ? *c : *c & (0x7fu >> n);

	for (size_t i = 1; i < n; i++) {
		if ((c[i] & 0xc0) != 0x80) {
			(*at)++;
			return *c;
		}
		value = value << 6 | (c[i] & 0x3f);
	}
	*at += n;
	return value;
}

static int call_same_text(struct bptl_task *t, const char *a, const char *b)
{
	locale_t unicode;
	int same = 1;

	(void)t;
	if (!a || !b)
		return a == b;
	unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!unicode)
		return strcasecmp(a, b) == 0;
	while (same && *a && *b)
		same = towlower_l(next_character(&a), unicode) == towlower_l(next_character(&b), unicode);
	freelocale(unicode);
	return same && !*a && !*b;
}

/* ---- exchanges ---- */

/* A plugin that was built for an older 1.x has shorter structs: what it does not know is 0. */
static void load(void *ours, size_t our_size, const void *theirs, size_t their_size)
{
	memset(ours, 0, our_size);
	memcpy(ours, theirs, their_size < our_size ? their_size : our_size);
}

static int call_exchange(struct bptl_task *t, struct bptl_request *requests, size_t count, size_t request_size)
{
	size_t size = request_size < sizeof(*requests) ? request_size : sizeof(*requests);
	struct bptl_request *ours = mem_new(count, sizeof(*ours));
	int code;

	for (size_t i = 0; i < count; i++)
		load(&ours[i], sizeof(*ours), (char *)requests + i * request_size, request_size);
	code = exchange_run(of(t), ours, count);
	for (size_t i = 0; i < count; i++)
		memcpy((char *)requests + i * request_size, &ours[i], size);
	free(ours);
	return code;
}

static int call_refused(struct bptl_task *t, const struct bptl_request *request)
{
	return exchange_refused(of(t), request);
}

static int call_finally(struct bptl_task *t, const struct bptl_request *request, const struct bptl_request *undone,
			size_t request_size)
{
	struct bptl_request ours, our_undone;

	load(&ours, sizeof(ours), request, request_size);
	load(&our_undone, sizeof(our_undone), undone, request_size);
	return finals_add(of(t), &ours, &our_undone);
}

static int call_mail(struct bptl_task *t, const struct bptl_mail *mail, size_t mail_size, size_t attachment_size)
{
	struct bptl_mail ours;
	struct bptl_attachment *attachments;
	int code;

	load(&ours, sizeof(ours), mail, mail_size);
	attachments = mem_new(ours.attachment_count, sizeof(*attachments));
	for (size_t i = 0; i < ours.attachment_count; i++)
		load(&attachments[i], sizeof(*attachments), (const char *)mail->attachments + i * attachment_size,
		     attachment_size);
	ours.attachments = attachments;
	code = post_mail(of(t), &ours);
	free(attachments);
	return code;
}

static json_t *call_step(struct bptl_task *t, const char *what, json_t *(*effect)(struct bptl_task *, void *),
			 void *arg, unsigned flags)
{
	return post_step(of(t), what, effect, arg, flags);
}

/* ---- time ---- */

static const char *call_now(struct bptl_task *t)
{
	return of(t)->now;
}

static const char *call_today(struct bptl_task *t)
{
	return of(t)->today;
}

static int64_t call_time(struct bptl_task *t)
{
	return of(t)->first_run / 1000;
}

static int64_t call_time_left(struct bptl_task *t)
{
	return task_time_left(of(t));
}

static int call_amsterdam_offset(struct bptl_task *t, int64_t time)
{
	(void)t;
	return clock_amsterdam_offset(time * 1000);
}

/* ---- outcomes ---- */

static int call_failed(struct bptl_task *t)
{
	return of(t)->outcome != OUTCOME_DONE;
}

static int call_vfail(struct bptl_task *t, int permanent, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static int call_vfail(struct bptl_task *t, int permanent, const char *format, va_list args)
{
	return task_vfail(of(t), permanent, format, args);
}

static int call_vbpmn_error(struct bptl_task *t, const char *code, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static int call_vbpmn_error(struct bptl_task *t, const char *code, const char *format, va_list args)
{
	struct task *task = of(t);

	if (task_stopped(task))
		return -1;
	if (!code || !*code)
		return task_fail(task, 1, "a BPMN error without a code: a fault of the unit");
	task->message = task_words(task, format, args); /* the process may show it: without the unit's name */
	task->outcome = OUTCOME_BPMN_ERROR;
	task->code = mem_text(code);
	return -1;
}

static void call_vlog(struct bptl_task *t, enum bptl_level level, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static void call_vlog(struct bptl_task *t, enum bptl_level level, const char *format, va_list args)
{
	static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR};
	const struct task *task = of(t);
	struct log_about about = {
		.topic = json_get_text(task->facts, "topic"),
		.task = json_get_text(task->facts, "id"),
		.process = json_get_text(task->facts, "processInstanceId"),
		.plugin = task->shop->plugin.name,
		.unit = task->unit->name,
	};

	log_vline(task->shop->log, levels[level & 3], &about, format, args);
}

static void *call_state(struct bptl_task *t)
{
	return of(t)->shop->plugin.state;
}

const struct bptl_task_api calls_table = {
	.size = sizeof(calls_table),
	.has = call_has,
	.text = call_text,
	.integer = call_integer,
	.boolean = call_boolean,
	.json = call_json,
	.option = call_option,
	.info = call_info,
	.set = call_set,
	.keep = call_keep,
	.alloc = call_alloc,
	.vformat = call_vformat,
	.vpath = call_vpath,
	.member = call_member,
	.member_text = call_member_text,
	.exchange = call_exchange,
	.refused = call_refused,
	.finally = call_finally,
	.mail = call_mail,
	.step = call_step,
	.now = call_now,
	.today = call_today,
	.time = call_time,
	.time_left = call_time_left,
	.amsterdam_offset = call_amsterdam_offset,
	.same_text = call_same_text,
	.failed = call_failed,
	.vfail = call_vfail,
	.vbpmn_error = call_vbpmn_error,
	.vlog = call_vlog,
	.state = call_state,
	.given = call_given,
};
