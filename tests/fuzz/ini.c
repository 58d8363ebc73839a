/* ini.c: the configuration. The input is one file, or two with a form feed between them. They are read in a folder of
 * the target's own (under TMPDIR), where two files of secrets lie; nothing else can be opened. Either something is
 * wrong and is said, or every setting is within its limits. What is said never holds a secret. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/config.h"
#include "fuzz.h"
#include "http/url.h"

#define SECRET "kanarie"

/* Where the files lie; made at the first call and taken away at the end. The one thing that stays between calls. */
static char folder[256];

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __real_access(const char *path, int mode);
int __wrap_access(const char *path, int mode);

static int is_inside(const char *path)
{
	return *folder && text_starts(path, folder) && !strstr(path, "..");
}

int __wrap_open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	if ((flags & O_ACCMODE) != O_RDONLY) { /* the configuration only reads; gcov writes what it counted */
		va_start(args, flags);
		mode = va_arg(args, mode_t);
		va_end(args);
		return __real_open(path, flags, mode);
	}
	errno = ENOENT;
	return is_inside(path) ? __real_open(path, flags) : -1;
}

int __wrap_access(const char *path, int mode)
{
	errno = ENOENT;
	return is_inside(path) ? __real_access(path, mode) : -1;
}

/* Cut at its end after writing: file systems hurry to the disk with a file that was emptied first. */
static void put(const char *name, const char *bytes, size_t length, mode_t mode)
{
	char *path = mem_format("%s/%s", folder, name);
	int fd = __real_open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	HOLDS(fd >= 0 && write(fd, bytes, length) == (ssize_t)length && ftruncate(fd, (off_t)length) == 0 &&
		      close(fd) == 0,
	      "%s: %s", path, strerror(errno));
	free(path);
}

static void take_away(void)
{
	static const char *const names[] = {"a.ini", "b.ini", "secret", "open"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = mem_format("%s/%s", folder, names[i]);

		(void)unlink(path);
		free(path);
	}
	(void)rmdir(folder);
}

static void begin(void)
{
	const char *place = getenv("TMPDIR");

	(void)snprintf(folder, sizeof(folder), "%s/bptl-fuzz-XXXXXX", place && *place ? place : "/tmp");
	HOLDS(mkdtemp(folder), "%s: %s", folder, strerror(errno));
	(void)atexit(take_away);
	(void)umask(022);
	put("secret", SECRET "\n", sizeof(SECRET), 0600);
	put("open", SECRET "\n", sizeof(SECRET), 0644);
	(void)setenv("CREDENTIALS_DIRECTORY", folder, 1);
	(void)setenv("BPTL_SECRET", SECRET, 1);
}

/* Is the word only where a secret was written in the clear, which is refused and must not be repeated? */
static int only_as_secret(const char *text)
{
	static const char *const keys[] = {"secret", "password", "token", "value"};
	int found = 0;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		char *copy = mem_slice(line, strcspn(line, "\n"));
		const char *word = strstr(copy, SECRET), *equals = strchr(copy, '=');
		size_t start = strspn(copy, " \t"), key = 0;

		for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
			if (text_starts(copy + start, keys[i]))
				key = start + strlen(keys[i]);
		key += key ? strspn(copy + key, " \t") : 0;
		found |= word != NULL;
		if (word && (!key || copy + key != equals)) {
			free(copy);
			return 0;
		}
		free(copy);
	}
	return found;
}

static void check_problems(const struct problems *problems, const char *text)
{
	int hidden = !strstr(text, SECRET) || only_as_secret(text);

	for (size_t i = 0; i < problems->count; i++) {
		holds_message(problems->list[i]);
		HOLDS(text_starts(problems->list[i], folder), "no place: %s", problems->list[i]);
		HOLDS(!hidden || !strstr(problems->list[i], SECRET), "a secret: %s", problems->list[i]);
	}
}

static void holds_root(const char *root)
{
	struct error error = {0};
	char *again = root ? url_root(root, "http https smtp smtps", &error) : NULL;

	HOLDS(root && text_equal(root, again), "%s: %s", root ? root : "no root", error.text);
	free(again);
}

static void check_service(const struct service *service)
{
	HOLDS(service->name && *service->name && service->type, "a service without name or type");
	if (text_equal(service->type, "smtp"))
		HOLDS(service->root && text_starts(service->root, "smtp"), "%s", service->name);
	else
		holds_root(service->root);
	HOLDS(service->timeout > 0, "timeout of %s", service->name);
	HOLDS(service->auth == SERVICE_NONE || service->own.secret || service->own.value, "no secret of %s",
	      service->name);
	HOLDS(service->auth != SERVICE_OAUTH2 || service->token_url, "no token_url of %s", service->name);
	HOLDS(service->auth != SERVICE_API_KEY || !strpbrk(service->own.header, " :\t"), "%s", service->own.header);
}

static void check_topic(const struct config *config, const struct config_topic *topic)
{
	HOLDS(topic->topic && *topic->topic && topic->plugin && *topic->plugin && topic->unit && *topic->unit, "%s",
	      topic->name);
	HOLDS(topic->engine < config->engine_count, "engine of %s", topic->name);
	for (size_t i = 0; i < topic->use_count; i++)
		HOLDS(topic->uses[i].service < config->service_count && *topic->uses[i].alias, "services of %s",
		      topic->name);
	HOLDS(topic->lock > 0 && topic->time_limit >= 0 && topic->parallel >= 0 && topic->retries >= 0, "%s",
	      topic->name);
	HOLDS(topic->retry_wait >= 0 && topic->retry_wait_most >= topic->retry_wait, "retry_wait of %s", topic->name);
}

static void check_config(const struct config *config)
{
	HOLDS(config->host.workers > 0 && config->host.drain >= 0 && config->host.keep >= 0 && config->host.state,
	      "[host]");
	for (size_t i = 0; i < config->host.callback_allow.count; i++)
		holds_root(config->host.callback_allow.list[i]);
	for (size_t i = 0; i < config->engine_count; i++) {
		const struct config_engine *engine = &config->engines[i];

		HOLDS(engine->max_tasks >= 0 && engine->long_poll >= 0, "%s", engine->name);
		if (engine->type == CONFIG_CAMUNDA)
			check_service(&engine->service);
		else
			HOLDS(engine->database, "%s", engine->name);
	}
	for (size_t i = 0; i < config->service_count; i++)
		check_service(&config->services[i].service);
	for (size_t i = 0; i < config->topic_count; i++)
		check_topic(config, &config->topics[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = input_of(data, size);
	struct problems problems = {0};
	struct config *config;
	size_t first, second;
	char *whole = mem_slice(in.at, size), *a, *b, *path;

	if (!*folder)
		begin();
	for (size_t i = 0; i < size; i++)
		if (!whole[i])
			whole[i] = '\x01';
	a = input_bytes(&in, '\f', &first);
	b = input_bytes(&in, '\f', &second);
	put("a.ini", a, first, 0644);
	if (second)
		put("b.ini", b, second, 0644);
	path = mem_format("%s%s", folder, second ? "" : "/a.ini");
	config = config_read(path, &problems);
	HOLDS((config != NULL) == (problems.count == 0), "%zu problems", problems.count);
	if (config)
		check_config(config);
	check_problems(&problems, whole);
	config_free(config);
	problems_free(&problems);
	free(path);
	free(a);
	free(b);
	free(whole);
	return 0;
}
