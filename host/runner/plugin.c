/* plugin.c: see plugin.h. The handshake's order: the file and its folders, the entry, magic, major, minor, sizes, and
 * only then what the plugin says of itself. */
#include "runner/plugin.h"

#include <dlfcn.h>
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <ltdl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "base/trust.h"

#define REBUILD "rebuild it with the SDK of this host (1." BPTL_TEXT_OF(BPTL_SDK_MINOR) ") or an older 1.x"
#define BPTL_TEXT_OF(x) BPTL_TEXT_OF_(x)
#define BPTL_TEXT_OF_(x) #x

/* The size that each struct had in 1.0: the least that a plugin of this major version can have. */
enum {
	PLUGIN_LEAST = offsetof(struct bptl_plugin, fini) + sizeof(void *),
	UNIT_LEAST = offsetof(struct bptl_unit, options) + sizeof(void *),
	VARIABLE_LEAST = offsetof(struct bptl_variable, instead) + sizeof(void *),
	NEED_LEAST = offsetof(struct bptl_need, doc) + sizeof(void *),
	KEY_LEAST = offsetof(struct bptl_key, doc) + sizeof(void *)
};

/* ---- the file ---- */

/* Whoever can write the file, or put another in its place, can run code as this service. library: the very file that
 * was looked at, for loading. */
static int check_file(const char *file, char library[PATH_MAX], struct error *error)
{
	struct stat at;

	if (!realpath(file, library))
		return error_set(
			error,
			"%s: %s: build or install the plugin, or give its place with library = in its [plugin] section",
			file, strerror(errno));
	if (stat(library, &at))
		return error_set(error, "%s: %s", library, strerror(errno));
	if (!S_ISREG(at.st_mode))
		return error_set(error, "%s is not a file", library);
	return trust_check(library, "put code into this service", error);
}

/* Without memory glibc may say that there is no such file, of one that is there. */
static int for_want_of_memory(const char *file, const char *reason)
{
	return errno == ENOMEM ||
	       (reason && text_starts(reason, file) && strstr(reason, strerror(ENOENT)) && access(file, F_OK) == 0);
}

/* libltdl binds lazily and says "file not found" for every fault, so dlopen() looks first, and says what it is. */
static const struct bptl_plugin *(*find_entry(struct plugin *plugin, const char *file, struct error *error))(void)
{
	const struct bptl_plugin *(*entry)(void) = NULL;
	lt_dladvise advise;
	lt_dlhandle handle;

	errno = 0;
	if (!dlopen(file, RTLD_NOW | RTLD_LOCAL)) {
		const char *reason = dlerror();

		if (for_want_of_memory(file, reason))
			mem_out(); /* it says nothing of the plugin */
		(void)error_set(error,
				"%s does not load: %s: build it again for this machine, linked with all that it uses "
				"(-Wl,-z,defs finds what is missing)",
				file, reason ? reason : "unknown reason");
		return NULL;
	}
	errno = 0;
	if (lt_dlinit() || lt_dladvise_init(&advise)) {
		if (errno == ENOMEM)
			mem_out();
		(void)error_set(error, "libltdl: %s", lt_dlerror());
		return NULL;
	}
	(void)lt_dladvise_local(&advise);
	(void)lt_dladvise_resident(&advise);
	errno = 0;
	handle = lt_dlopenadvise(file, advise);
	if (!handle && errno == ENOMEM)
		mem_out();
	if (!handle)
		(void)error_set(error, "%s does not load: %s", file, lt_dlerror());
	else
		*(void **)&entry = lt_dlsym(handle, "bptl_describe");
	if (handle && !entry)
		(void)error_set(error,
				"%s has no function bptl_describe: it is not a plugin for bptl, or the function is not "
				"exported (declare it with BPTL_EXPORT)",
				file);
	if (entry) { /* looked for in the libraries that it is linked with, too */
		plugin->set_terminate = lt_dlsym(handle, "_ZSt13set_terminatePFvvE");
		plugin->exception_type = lt_dlsym(handle, "__cxa_current_exception_type");
		plugin->demangle = lt_dlsym(handle, "__cxa_demangle");
	}
	(void)lt_dladvise_destroy(&advise);
	return entry;
}

/* ---- the handshake ---- */

static int shake_hands(const struct bptl_plugin *about, const char *file, struct error *error)
{
	if (!about)
		return error_set(error, "%s: bptl_describe() returned NULL: let it return the plugin's description",
				 file);
	if (about->magic != BPTL_MAGIC)
		return error_set(
			error,
			"%s: bptl_describe() returns no plugin description (magic %08x, expected %08x): fill it with "
			"BPTL_HANDSHAKE",
			file, about->magic, BPTL_MAGIC);
	if (about->major != BPTL_SDK_MAJOR)
		return error_set(
			error,
			"%s is built for SDK %u.%u, this host has %d.%d: rebuild it against %d.x, or use a host of "
			"major version %u",
			file, about->major, about->minor, BPTL_SDK_MAJOR, BPTL_SDK_MINOR, BPTL_SDK_MAJOR, about->major);
	if (about->minor > BPTL_SDK_MINOR)
		return error_set(error,
				 "%s is built for SDK %u.%u, this host has %d.%d: upgrade the host, or rebuild the "
				 "plugin against %d.%d or older",
				 file, about->major, about->minor, BPTL_SDK_MAJOR, BPTL_SDK_MINOR, BPTL_SDK_MAJOR,
				 BPTL_SDK_MINOR);
	if (about->plugin_size < PLUGIN_LEAST || about->unit_size < UNIT_LEAST ||
	    about->variable_size < VARIABLE_LEAST || about->need_size < NEED_LEAST || about->key_size < KEY_LEAST)
		return error_set(error,
				 "%s says SDK %u.%u but its structs are shorter (plugin %u, unit %u, variable %u, need "
				 "%u, key %u bytes): fill the description with BPTL_HANDSHAKE, and " REBUILD,
				 file, about->major, about->minor, about->plugin_size, about->unit_size,
				 about->variable_size, about->need_size, about->key_size);
	return 0;
}

/* ---- what it says of itself ---- */

const struct bptl_variable *plugin_next_variable(const struct plugin *plugin, const struct bptl_variable *at)
{
	return (const void *)((const char *)at + plugin->about->variable_size);
}

const struct bptl_need *plugin_next_need(const struct plugin *plugin, const struct bptl_need *at)
{
	return (const void *)((const char *)at + plugin->about->need_size);
}

const struct bptl_key *plugin_next_key(const struct plugin *plugin, const struct bptl_key *at)
{
	return (const void *)((const char *)at + plugin->about->key_size);
}

const struct bptl_unit *plugin_unit(const struct plugin *plugin, const char *name)
{
	for (const struct bptl_unit *const *unit = plugin->about->units; unit && *unit; unit++)
		if (strcmp((*unit)->name, name) == 0)
			return *unit;
	return NULL;
}

static int check_variables(const struct plugin *plugin, const struct bptl_unit *unit, const struct bptl_variable *v,
			   struct error *error)
{
	for (; v && v->name; v = plugin_next_variable(plugin, v))
		if (!v->doc || v->type < BPTL_ANY || v->type > BPTL_LIST)
			return error_set(
				error,
				"%s: unit %s: variable %s lacks its line of documentation or has an unknown type",
				plugin->file, unit->name, v->name);
	return 0;
}

static int check_unit(const struct plugin *plugin, const struct bptl_unit *unit, struct error *error)
{
	if (!unit->name || !*unit->name || !unit->summary || !unit->run)
		return error_set(error,
				 "%s: unit %s lacks its name, its summary or its run function: fill in its struct "
				 "bptl_unit",
				 plugin->file, unit->name ? unit->name : "without a name");
	if (plugin_unit(plugin, unit->name) != unit)
		return error_set(error, "%s has two units named %s: give one of them another name", plugin->file,
				 unit->name);
	if (check_variables(plugin, unit, unit->in, error) || check_variables(plugin, unit, unit->out, error))
		return -1;
	return 0;
}

static int check_about(const struct plugin *plugin, struct error *error)
{
	const struct bptl_plugin *about = plugin->about;

	if (!about->name || !about->version || !about->summary)
		return error_set(error, "%s: its description lacks name, version or summary", plugin->file);
	if (strcmp(about->name, plugin->name) != 0)
		return error_set(error,
				 "%s calls itself %s, but its section is [plugin %s]: name the section [plugin %s]",
				 plugin->file, about->name, plugin->name, about->name);
	for (const struct bptl_unit *const *unit = about->units; unit && *unit; unit++)
		if (check_unit(plugin, *unit, error))
			return -1;
	return 0;
}

/* ---- starting ---- */

struct start {
	struct bptl_start handle; /* first: what the plugin sees */
	struct plugin *plugin;
	struct error *error;
	int refused;
};

static const char *start_option(struct bptl_start *s, const char *name)
{
	return json_string_value(json_object_get(((struct start *)s)->plugin->options, name));
}

static const char *start_folder(struct bptl_start *s)
{
	return ((struct start *)s)->plugin->folder;
}

static int start_refuse(struct bptl_start *s, const char *format, va_list args) __attribute__((format(printf, 2, 0)));
static int start_refuse(struct bptl_start *s, const char *format, va_list args)
{
	struct start *start = (struct start *)s;
	char text[1000];

	(void)vsnprintf(text, sizeof(text), format, args);
	if (!start->refused)
		(void)error_set(start->error, "%s", text);
	start->refused = 1;
	return -1;
}

static void start_log(struct bptl_start *s, enum bptl_level level, const char *format, va_list args)
	__attribute__((format(printf, 3, 0)));
static void start_log(struct bptl_start *s, enum bptl_level level, const char *format, va_list args)
{
	static const enum log_level levels[] = {LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR};
	struct start *start = (struct start *)s;
	struct log_about about = {.plugin = start->plugin->name};

	log_vline(start->plugin->log, levels[level & 3], &about, format, args);
}

static const struct bptl_start_api start_api = {sizeof(start_api), start_option, start_folder, start_refuse, start_log};

static int start_plugin(struct plugin *plugin, struct error *error)
{
	struct start start = {.handle = {&start_api}, .plugin = plugin, .error = error};

	if (!plugin->about->init)
		return 0;
	if (plugin->about->init(&start.handle, &plugin->state) == 0 && !start.refused)
		return 0;
	if (!start.refused)
		(void)error_set(error, "its init function failed without saying why: bptl_refuse() is for saying it");
	return error_prefix(error, "%s: ", plugin->file);
}

static int check_known(const struct plugin *plugin, const char *name, struct error *error)
{
	struct text known = {0};

	for (const struct bptl_key *key = plugin->about->options; key && key->name;
	     key = plugin_next_key(plugin, key)) {
		if (strcmp(key->name, name) == 0) {
			text_free(&known);
			return 0;
		}
		text_add_format(&known, "%s%s", known.length ? ", " : "", key->name);
	}
	(void)error_set(error, "unknown key %s: the plugin has %s%s", name, known.length ? "only " : "no options",
			known.length ? known.data : "");
	text_free(&known);
	return -1;
}

static int set_options(struct plugin *plugin, const json_t *settings, struct error *error)
{
	const struct bptl_key *key;
	const char *name;
	const json_t *value;

	plugin->options = mem_json(json_object());
	for (key = plugin->about->options; key && key->name; key = plugin_next_key(plugin, key)) {
		const json_t *given = json_object_get(settings, key->name);

		if (given)
			(void)json_object_set(plugin->options, key->name, (json_t *)given);
		else if (key->fallback)
			(void)json_object_set_new(plugin->options, key->name, json_string(key->fallback));
		else if (key->flags & BPTL_REQUIRED)
			return error_set(error, "the key %s is missing in [plugin %s]: %s", key->name, plugin->name,
					 key->doc);
	}
	json_object_foreach ((json_t *)settings, name, value)
		if (check_known(plugin, name, error))
			return -1;
	return 0;
}

int plugin_open(struct plugin *plugin, const char *name, const char *file, const json_t *settings, struct log *log,
		struct error *error)
{
	const struct bptl_plugin *(*entry)(void);
	char library[PATH_MAX];
	char *copy;

	*plugin = (struct plugin){.name = mem_text(name), .file = mem_text(file), .log = log};
	copy = mem_text(file);
	plugin->folder = mem_format("%s/%s", dirname(copy), name);
	free(copy);
	if (check_file(file, library, error))
		return -1;
	entry = find_entry(plugin, library, error);
	if (!entry)
		return -1;
	plugin->about = entry();
	if (shake_hands(plugin->about, file, error) || check_about(plugin, error) ||
	    set_options(plugin, settings, error))
		return -1;
	if (start_plugin(plugin, error))
		return -1;
	plugin->started = 1;
	return 0;
}

void plugin_close(struct plugin *plugin)
{
	if (plugin->started && plugin->about->fini)
		plugin->about->fini(plugin->state);
	json_decref(plugin->options);
	free(plugin->name);
	free(plugin->file);
	free(plugin->folder);
}
