/* config.c: finds the files of a configuration, and puts their sections together (see config.h). */
#include "config/config.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/trust.h"
#include "config/fields.h"
#include "config/reader.h"
#include "config/secret.h"
#include "config/section.h"

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Is it a file of ours, and not the hidden copy of an editor? */
static int is_ini(const char *name)
{
	size_t length = strlen(name);

	return *name != '.' && length > 4 && strcmp(name + length - 4, ".ini") == 0;
}

/* What is none, or cannot be read, the reader speaks of. */
static int is_file(const char *path)
{
	struct stat info;

	return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

/* Who can change the configuration can have any library loaded, and send the credentials anywhere. The folder is looked
 * at for every file of it, and for itself: there a file could be added. 0 or -1. */
static int check_trust(const char *path, struct problems *problems)
{
	struct place place = {.file = path};
	struct error error;

	if (trust_check(path, "change what this service does", &error) == 0)
		return 0;
	problems_add(problems, &place, "%s", error.text);
	return -1;
}

/* The files of the path, in name order. 0, or -1 and the problem is said. */
static int find_files(const char *path, struct texts *files, struct problems *problems)
{
	struct place place = {.file = path};
	size_t length = strlen(path);
	struct dirent *entry;
	struct stat info;
	int untrusted = 0;
	DIR *folder;

	while (length > 1 && path[length - 1] == '/')
		length--;
	if (stat(path, &info) != 0) {
		problems_add(problems, &place,
			     "cannot be read: %s: expected a folder with *.ini files, or one such file",
			     strerror(errno));
		return -1;
	}
	if (!S_ISDIR(info.st_mode)) {
		texts_add(files, mem_text(path));
		return is_file(path) ? check_trust(path, problems) : 0;
	}
	if (check_trust(path, problems) != 0)
		return -1;
	folder = opendir(path);
	if (!folder && errno == ENOMEM)
		mem_out();
	if (!folder) {
		problems_add(problems, &place, "cannot be read: %s", strerror(errno));
		return -1;
	}
	while (errno = 0, (entry = readdir(folder)) != NULL)
		if (is_ini(entry->d_name))
			texts_add(files, mem_format("%.*s%s%s", (int)length, path, path[length - 1] == '/' ? "" : "/",
						    entry->d_name));
	if (errno)
		problems_add(problems, &place, "cannot be read to its end: %s", strerror(errno));
	closedir(folder);
	if (files->count == 0) {
		problems_add(problems, &place, "the folder has no *.ini file");
		return -1;
	}
	qsort(files->list, files->count, sizeof(*files->list), compare);
	for (size_t i = 0; i < files->count; i++)
		if (is_file(files->list[i]) && check_trust(files->list[i], problems) != 0)
			untrusted = -1;
	return untrusted;
}

/* Is there an earlier section of this kind and name? Said at the later one. */
static int is_double(const struct reader *reader, size_t at, struct problems *problems)
{
	const struct reader_section *section = &reader->sections[at];

	for (size_t i = 0; i < at; i++) {
		const struct reader_section *other = &reader->sections[i];

		if (other->kind != section->kind || strcmp(other->name, section->name) != 0)
			continue;
		problems_add(problems, &section->place, "section [%s%s%s] was given before (%s:%d)",
			     reader_kind_name(section->kind), *section->name ? " " : "", section->name,
			     other->place.file, other->place.line);
		return 1;
	}
	return 0;
}

/* Kind by kind, since topics and apps name sections of other kinds, which may stand in a later file. */
static void take_sections(struct config *config, const struct reader *reader, struct problems *problems)
{
	static const struct {
		enum reader_kind kind;
		void (*take)(struct config *config, struct fields *fields);
	} steps[] = {{READER_HOST, section_host},       {READER_ENGINE, section_engine},
		     {READER_SERVICE, section_service}, {READER_PLUGIN, section_plugin},
		     {READER_APP, section_app},         {READER_TOPIC, section_topic}};

	for (size_t step = 0; step < sizeof(steps) / sizeof(*steps); step++)
		for (size_t i = 0; i < reader->count; i++) {
			struct fields fields = {.section = &reader->sections[i], .problems = problems};

			if (reader->sections[i].kind == steps[step].kind && !is_double(reader, i, problems))
				steps[step].take(config, &fields);
		}
}

struct config *config_read(const char *path, struct problems *problems)
{
	struct config *config = mem_new(1, sizeof(*config));
	struct reader reader = {0};
	size_t before = problems->count;

	section_host_defaults(&config->host);
	if (find_files(path, &config->files, problems) == 0) {
		for (size_t i = 0; i < config->files.count; i++)
			reader_read(&reader, config->files.list[i], problems);
		take_sections(config, &reader, problems);
	}
	reader_free(&reader);
	if (problems->count == before)
		return config;
	config_free(config);
	return NULL;
}

void config_hide(const struct config *config, struct log *log)
{
	for (size_t i = 0; i < config->service_count; i++)
		service_hide(&config->services[i].service, log);
	for (size_t i = 0; i < config->engine_count; i++)
		service_hide(&config->engines[i].service, log);
	for (size_t i = 0; i < config->app_count; i++)
		app_hide(&config->apps[i].app, log);
}

void config_free(struct config *config)
{
	if (!config)
		return;
	section_free_host(&config->host);
	for (size_t i = 0; i < config->engine_count; i++)
		section_free_engine(&config->engines[i]);
	for (size_t i = 0; i < config->service_count; i++)
		service_clear(&config->services[i].service);
	for (size_t i = 0; i < config->app_count; i++)
		app_clear(&config->apps[i].app);
	for (size_t i = 0; i < config->plugin_count; i++)
		section_free_plugin(&config->plugins[i]);
	for (size_t i = 0; i < config->topic_count; i++)
		section_free_topic(&config->topics[i]);
	free(config->engines);
	free(config->services);
	free(config->apps);
	free(config->plugins);
	free(config->topics);
	texts_free(&config->files);
	free(config);
}

static void wipe_credentials(const struct credentials *credentials)
{
	secret_wipe_environment(credentials->secret);
	secret_wipe_environment(credentials->value);
}

void config_wipe_environment(const struct config *config)
{
	for (size_t i = 0; i < config->engine_count; i++)
		wipe_credentials(&config->engines[i].service.own);
	for (size_t i = 0; i < config->service_count; i++)
		wipe_credentials(&config->services[i].service.own);
	for (size_t i = 0; i < config->app_count; i++)
		for (size_t j = 0; j < config->apps[i].app.count; j++)
			wipe_credentials(&config->apps[i].app.entries[j].credentials);
}
