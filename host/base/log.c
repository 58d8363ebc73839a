/* log.c: see log.h. */
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mask.h"
#include "base/memory.h"
#include "base/text.h"

struct log {
	enum log_level level;
	enum log_format format;
	struct mask secrets;
};

static const char *const level_names[] = {"trace", "debug", "info", "warning", "error"};

struct log *log_new(enum log_level level, enum log_format format)
{
	struct log *log = mem_new(1, sizeof(*log));

	log->level = level;
	log->format = format;
	return log;
}

void log_free(struct log *log)
{
	if (!log)
		return;
	mask_clear(&log->secrets);
	free(log);
}

void log_hide(struct log *log, const char *secret)
{
	mask_add(&log->secrets, secret);
}

void log_mask(const struct log *log, char *text)
{
	mask_text(&log->secrets, text);
}

int log_wants(const struct log *log, enum log_level level)
{
	return level >= log->level;
}

enum log_level log_level_of(const struct log *log)
{
	return log->level;
}

enum log_format log_format_of(const struct log *log)
{
	return log->format;
}

int log_level_named(const char *name)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(*level_names); i++)
		if (strcmp(name, level_names[i]) == 0)
			return (int)i;
	return -1;
}

const char *log_level_name(enum log_level level)
{
	return level_names[level];
}

/* A value of a logfmt line: bare when it can be, else in quotes. */
static void add_logfmt(struct text *line, const char *value)
{
	int bare = *value != '\0';

	for (const char *c = value; *c && bare; c++)
		bare = (unsigned char)*c > ' ' && *c != '"' && *c != '=' && *c != '\\';
	if (bare) {
		text_add(line, value);
		return;
	}
	text_add(line, "\"");
	for (const char *c = value; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_add_bytes(line, "\\", 1);
		text_add_bytes(line, c, 1);
	}
	text_add(line, "\"");
}

static void add_json(struct text *line, const char *value)
{
	text_add(line, "\"");
	for (const char *c = value; *c; c++) {
		if (*c == '"' || *c == '\\')
			text_add_bytes(line, "\\", 1);
		text_add_bytes(line, c, 1);
	}
	text_add(line, "\"");
}

/* What a value may not do: show a secret (looked for before quoting changes it), break the line, or break the JSON. */
static void add_field(const struct log *log, struct text *line, const char *name, const char *value)
{
	char *clean;

	if (!value)
		return;
	clean = mem_text(value);
	log_mask(log, clean);
	text_one_line(clean);
	text_make_utf8(clean);
	if (log->format == LOG_JSON) {
		text_add_format(line, "%s\"%s\":", line->length > 1 ? "," : "", name);
		add_json(line, clean);
	} else {
		text_add_format(line, "%s%s=", line->length ? " " : "", name);
		add_logfmt(line, clean);
	}
	free(clean);
}

static void add_about(const struct log *log, struct text *line, const struct log_about *about)
{
	add_field(log, line, "engine", about->engine);
	add_field(log, line, "topic", about->topic);
	add_field(log, line, "task", about->task);
	add_field(log, line, "process", about->process);
	add_field(log, line, "plugin", about->plugin);
	add_field(log, line, "unit", about->unit);
}

void log_vline(struct log *log, enum log_level level, const struct log_about *about, const char *format, va_list args)
{
	char time[CLOCK_TEXT];
	struct text line = {0};
	char *message = NULL;

	if (!log_wants(log, level))
		return;
	if (vasprintf(&message, format, args) < 0)
		mem_out();
	clock_utc(clock_wall(), time);
	memcpy(time + 23, "Z", 2); /* milliseconds are enough for a log */
	if (log->format == LOG_JSON)
		text_add(&line, "{");
	add_field(log, &line, "time", time);
	add_field(log, &line, "level", level_names[level]);
	add_field(log, &line, "msg", message);
	if (about)
		add_about(log, &line, about);
	if (log->format == LOG_JSON)
		text_add(&line, "}");
	text_add(&line, "\n");
	if (write(STDERR_FILENO, line.data, line.length) < 0) {
		/* nowhere left to say it */
	}
	text_free(&line);
	free(message);
}

void log_line(struct log *log, enum log_level level, const struct log_about *about, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_vline(log, level, about, format, args);
	va_end(args);
}
