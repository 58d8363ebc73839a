/* log.h: one event, one line. logfmt for people, JSON for machines. Every line is one write() to stderr, so that lines
 * of the core and its runners never mix. Secrets that were named to the log are masked in every line. */
#ifndef BPTL_BASE_LOG_H
#define BPTL_BASE_LOG_H

#include <stdarg.h>

enum log_level { LOG_TRACE, LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };
enum log_format { LOG_LOGFMT, LOG_JSON };

struct log;

/* What a line is about; every member may be NULL. */
struct log_about {
	const char *engine, *topic, *task, *process, *plugin, *unit;
};

struct log *log_new(enum log_level level, enum log_format format);
void log_free(struct log *log);
/* Every occurrence of this text (4 characters or more), however it is written (see mask.h), is shown as *** from now
 * on. Thread-safe only before threads. */
void log_hide(struct log *log, const char *secret);
/* Writes a line; `about` may be NULL. Thread-safe. */
void log_line(struct log *log, enum log_level level, const struct log_about *about, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void log_vline(struct log *log, enum log_level level, const struct log_about *about, const char *format, va_list args)
	__attribute__((format(printf, 4, 0)));
/* Masks the secrets in a text, in place (the mask is never longer than what it covers). Thread-safe. */
void log_mask(const struct log *log, char *text);
int log_wants(const struct log *log, enum log_level level);
enum log_level log_level_of(const struct log *log);
enum log_format log_format_of(const struct log *log);
/* The level of this name (trace, debug, info, warning, error), or -1. */
int log_level_named(const char *name);
const char *log_level_name(enum log_level level);

#endif
