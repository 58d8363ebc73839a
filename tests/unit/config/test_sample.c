/* test_sample.c: the sample in conf.d/ starts a host as it is, and every line that it offers is a good one. */
#include "check.h"

#include "folder.h"

#define INSTALLED "/etc/bptl/" /* where the sample says that its files lie */

static const char *const files[] = {"host.ini", "engine.ini", "services.ini", "zgw.ini", "mail.ini", "zac.ini", NULL};

/* The text of a file of conf.d. Owned. */
static char *sample(const char *name)
{
	char *path = mem_format("%s/conf.d/%s", BPTL_SOURCE, name);
	FILE *file = fopen(path, "r");
	struct text text = {0};
	int c;

	if (!file)
		fail_msg("%s is not there", path);
	while ((c = fgetc(file)) != EOF)
		text_add_bytes(&text, &(char){(char)c}, 1);
	assert_int_equal(fclose(file), 0);
	free(path);
	return text_take(&text);
}

/* The same with every sample line in use, and with the files that it names in the folder. Owned. */
static char *in_use(const struct folder *folder, const char *name)
{
	char *given = sample(name), *line, *rest = given, *found;
	struct text text = {0};

	while ((line = strsep(&rest, "\n"))) {
		line += *line == ';';
		found = *line == '#' ? NULL : strstr(line, INSTALLED);
		if (found) {
			text_add_bytes(&text, line, (size_t)(found - line));
			line = strrchr(line, '/') + 1;
			folder_put_secret(folder, line, "geheim\n");
		}
		text_add(&text, line);
		text_add(&text, "\n");
	}
	free(given);
	return text_take(&text);
}

TEST(the_sample_as_installed_is_good_and_asks_for_nothing)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	for (size_t i = 0; files[i]; i++) {
		char *text = sample(files[i]);

		folder_put(&folder, files[i], text);
		free(text);
	}
	config = folder_read(&folder);
	assert_int_equal(config->engine_count, 0);
	assert_int_equal(config->plugin_count, 0);
	assert_int_equal(config->topic_count, 0);
	config_free(config);
	folder_drop(&folder);
}

TEST(every_line_that_the_sample_offers_is_good)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	for (size_t i = 0; files[i]; i++) {
		char *text = in_use(&folder, files[i]);

		folder_put(&folder, files[i], text);
		free(text);
	}
	config = folder_read(&folder);
	assert_int_equal(config->engine_count, 2);
	assert_int_equal(config->service_count, 5);
	assert_int_equal(config->app_count, 1);
	assert_int_equal(config->plugin_count, 4);
	assert_int_equal(config->topic_count, 14);
	config_free(config);
	folder_drop(&folder);
}

TESTS(cmocka_unit_test(the_sample_as_installed_is_good_and_asks_for_nothing),
      cmocka_unit_test(every_line_that_the_sample_offers_is_good))
