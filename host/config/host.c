/* host.c: [host]: what holds for the whole host. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/listen.h"
#include "config/section.h"
#include "http/url.h"

static const char *const keys[] = {"workers",        "drain",       "log",     "log_level",
				   "state",          "worker_id",   "plugins", "keep",
				   "callback_allow", "unknown_app", "listen",  NULL};

void section_host_defaults(struct config_host *host)
{
	host->workers = 16;
	host->drain = 30 * FIELDS_SECOND;
	host->level = LOG_INFO;
	host->format = LOG_LOGFMT;
	host->state = mem_text("/var/lib/bptl");
	host->unknown_app_refuse = 1;
	host->keep = 7 * FIELDS_DAY;
}

/* The engine shows it to people and compares it: plain characters only. */
static char *read_worker_id(struct fields *fields)
{
	const char *id = fields_text(fields, "worker_id");

	if (!id)
		return NULL;
	if (strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-") == strlen(id) &&
	    strlen(id) <= 64)
		return mem_text(id);
	fields_wrong(fields, "worker_id", "expected at most 64 letters, digits, . _ : or -");
	return NULL;
}

static enum log_level read_level(struct fields *fields)
{
	const char *names[LOG_ERROR + 2] = {NULL};

	for (int i = LOG_TRACE; i <= LOG_ERROR; i++)
		names[i] = log_level_name((enum log_level)i);
	return (enum log_level)fields_choice(fields, "log_level", names, LOG_INFO);
}

static struct texts read_roots(struct fields *fields)
{
	struct texts roots = {0}, words = fields_words(fields, "callback_allow");

	for (size_t i = 0; i < words.count; i++) {
		struct error error = {0};
		char *root = url_root(words.list[i], "http https", &error);

		if (root)
			texts_add(&roots, root);
		else
			fields_problem(fields, "callback_allow", "%s", error.text);
	}
	texts_free(&words);
	return roots;
}

static char *read_listen(struct fields *fields)
{
	const char *text = fields_text(fields, "listen");
	struct sockaddr_storage address;
	socklen_t length;

	if (!text || listen_read(text, &address, &length) == 0)
		return mem_text(text);
	fields_wrong(fields, "listen",
		     "expected an address and a port as numbers: 127.0.0.1:8080 for this machine alone, 0.0.0.0:8080 "
		     "for all, [::1]:8080 for IPv6");
	return NULL;
}

void section_host(struct config *config, struct fields *fields)
{
	static const char *const formats[] = {"logfmt", "json", NULL}; /* as in enum log_format */
	static const char *const unknown[] = {"default", "refuse", NULL};
	struct config_host *host = &config->host;
	char *state = fields_path(fields, "state");

	host->workers = fields_integer(fields, "workers", host->workers, 1, 1000);
	host->drain = fields_duration(fields, "drain", host->drain, 0, FIELDS_HOUR);
	host->level = read_level(fields);
	host->format = (enum log_format)fields_choice(fields, "log", formats, LOG_LOGFMT);
	if (state) {
		free(host->state);
		host->state = state;
	}
	host->worker_id = read_worker_id(fields);
	host->plugins = fields_path(fields, "plugins");
	host->callback_allow = read_roots(fields);
	host->unknown_app_refuse = fields_choice(fields, "unknown_app", unknown, 1);
	host->keep = fields_duration(fields, "keep", host->keep, 0, 3650 * FIELDS_DAY);
	host->listen = read_listen(fields);
	fields_done(fields, keys, NULL);
}

void section_free_host(struct config_host *host)
{
	free(host->state);
	free(host->worker_id);
	free(host->plugins);
	free(host->listen);
	texts_free(&host->callback_allow);
}
