/* common.c: what several commands do, see commands.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "commands/commands.h"

#define INPUT_LIMIT (64u * 1024 * 1024)

const char *conf_path(const char *given)
{
	const char *environment = getenv("BPTL_CONF");

	if (given)
		return given;
	return environment && *environment ? environment : DEFAULT_CONF;
}

void conf_show(const struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++)
		(void)fprintf(stderr, "%s\n", problems->list[i]);
	(void)fprintf(stderr, "%zu problem%s in the configuration\n", problems->count, problems->count == 1 ? "" : "s");
}

struct config *conf_load(const char *path)
{
	struct problems problems = {0};
	struct config *config = config_read(path, &problems);

	if (!config)
		conf_show(&problems);
	problems_free(&problems);
	return config;
}

static int read_all(FILE *file, struct text *text)
{
	char bytes[65536];
	size_t n;

	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0 && text->length < INPUT_LIMIT)
		text_add_bytes(text, bytes, n);
	return ferror(file) ? -1 : 0;
}

json_t *read_object(const char *path)
{
	FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
	struct text text = {0};
	char reason[160] = "";
	json_t *value = NULL;

	if (!file && errno == ENOMEM)
		mem_out();
	if (!file || read_all(file, &text)) {
		(void)fprintf(stderr, "bptl: %s: %s\n", path, strerror(errno));
	} else {
		value = json_read(text.data ? text.data : "", text.length, reason);
		if (!value)
			(void)fprintf(stderr, "bptl: %s is not valid JSON: %s\n", path, reason);
		else if (!json_is_object(value))
			(void)fprintf(stderr, "bptl: %s must hold a JSON object: {\"variable\": value, ...}\n", path);
	}
	if (value && !json_is_object(value)) {
		json_decref(value);
		value = NULL;
	}
	if (file && file != stdin)
		(void)fclose(file);
	text_free(&text);
	return value;
}

const struct config_engine *local_engine(const struct config *config, const char *name)
{
	const struct config_engine *found = NULL;
	int count = 0;

	for (size_t i = 0; i < config->engine_count; i++) {
		const struct config_engine *engine = &config->engines[i];

		if (engine->type != CONFIG_LOCAL || (name && strcmp(engine->name, name) != 0))
			continue;
		found = engine;
		count++;
	}
	if (count == 1)
		return found;
	if (name)
		(void)fprintf(stderr, "bptl: there is no [engine %s] of type local in the configuration\n", name);
	else if (count == 0)
		(void)fprintf(stderr, "bptl: no engine of type local is configured: this command is for the embedded "
				      "engine; a real engine "
				      "has its own tools\n");
	else
		(void)fprintf(stderr,
			      "bptl: several engines of type local are configured: say which with --engine NAME\n");
	return NULL;
}
