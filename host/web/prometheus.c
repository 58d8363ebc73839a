/* prometheus.c: see prometheus.h. Numbers are written from whole ones, so that no locale can change their form. */
#include "web/prometheus.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define SECONDS_TEXT 40

void prometheus_head(struct text *text, const char *name, const char *type, const char *help)
{
	text_add_format(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void add_label(struct text *text, const char *name, const char *value, char *open)
{
	if (!value || !*value)
		return;
	text_add_bytes(text, open, 1);
	*open = ',';
	text_add(text, name);
	text_add(text, "=\"");
	while (*value) {
		size_t plain = strcspn(value, "\\\"\n");

		text_add_bytes(text, value, plain);
		value += plain;
		if (*value)
			text_add(text, *value == '\n' ? "\\n" : *value == '"' ? "\\\"" : "\\\\");
		value += *value != '\0';
	}
	text_add(text, "\"");
}

/* `bound`: the label le of a bucket, or NULL. */
static void add_start(struct text *text, const char *name, const char *ending, const struct label *labels,
		      const char *bound)
{
	char open = '{';

	text_add(text, name);
	text_add(text, ending);
	for (; labels && labels->name; labels++)
		add_label(text, labels->name, labels->value, &open);
	add_label(text, "le", bound, &open);
	text_add(text, open == ',' ? "} " : " ");
}

void prometheus_count(struct text *text, const char *name, const struct label *labels, uint64_t value)
{
	add_start(text, name, "", labels, NULL);
	text_add_format(text, "%" PRIu64 "\n", value);
}

/* 1.5, 0.000025, 300: without zeros at the end. */
static void write_seconds(char seconds[SECONDS_TEXT], uint64_t micros)
{
	int length =
		snprintf(seconds, SECONDS_TEXT, "%" PRIu64 ".%06u", micros / 1000000, (unsigned)(micros % 1000000));

	while (seconds[length - 1] == '0')
		seconds[--length] = '\0';
	if (seconds[length - 1] == '.')
		seconds[length - 1] = '\0';
}

void prometheus_seconds(struct text *text, const char *name, const struct label *labels, int64_t micros)
{
	char seconds[SECONDS_TEXT];

	write_seconds(seconds, micros > 0 ? (uint64_t)micros : 0);
	add_start(text, name, "", labels, NULL);
	text_add_format(text, "%s\n", seconds);
}

void prometheus_histogram(struct text *text, const char *name, const struct label *labels,
			  const struct histogram *histogram)
{
	char seconds[SECONDS_TEXT];
	uint64_t count = 0;

	for (size_t i = 0; histogram->bounds[i]; i++) {
		count += histogram->counts[i];
		write_seconds(seconds, (uint64_t)histogram->bounds[i]);
		add_start(text, name, "_bucket", labels, seconds);
		text_add_format(text, "%" PRIu64 "\n", count);
	}
	count = histogram_count(histogram);
	add_start(text, name, "_bucket", labels, "+Inf");
	text_add_format(text, "%" PRIu64 "\n", count);
	write_seconds(seconds, histogram->sum);
	add_start(text, name, "_sum", labels, NULL);
	text_add_format(text, "%s\n", seconds);
	add_start(text, name, "_count", labels, NULL);
	text_add_format(text, "%" PRIu64 "\n", count);
}
