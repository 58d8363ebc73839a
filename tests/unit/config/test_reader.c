/* test_reader.c: long lines and odd characters arrive whole, or are refused, and never become keys of their own. */
#include "check.h"

#include "config/reader.h"
#include "folder.h"

#define START "[plugin p]\n[engine e]\ntype = local\n"

/* One setting of a plugin that has just that line; the rest of the section is given. */
static struct config *read_setting(const struct folder *folder, const char *line)
{
	char *ini = mem_format("[plugin p]\n%s\nlast = end\n", line);
	struct config *config;

	folder_put(folder, "a.ini", ini);
	config = folder_read(folder);
	assert_int_equal(config->plugins[0].setting_count, 2);
	assert_string_equal(config->plugins[0].settings[1].name, "last");
	assert_int_equal(config->plugins[0].settings[1].place.line, 3);
	free(ini);
	return config;
}

static void check_value(const char *line, const char *name, const char *value)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	config = read_setting(&folder, line);
	assert_string_equal(config->plugins[0].settings[0].name, name);
	assert_string_equal(config->plugins[0].settings[0].value, value);
	config_free(config);
	folder_drop(&folder);
}

TEST(a_value_is_taken_as_it_stands)
{
	check_value("a = ab ;cd", "a", "ab ;cd");
	check_value("a = ab #cd", "a", "ab #cd");
	check_value("a=ab", "a", "ab");
	check_value("  a\t=\t ab \t", "a", "ab");
	check_value("a = b = c", "a", "b = c");
	check_value("a = b: c", "a", "b: c");
	check_value("a = \"b\"", "a", "\"b\"");
	check_value("a = [b]", "a", "[b]");
	check_value("a = ;b", "a", ";b");
	check_value("a = b\\", "a", "b\\");
	check_value("a = caf\xc3\xa9 \xe2\x82\xac", "a", "caf\xc3\xa9 \xe2\x82\xac");
	check_value("a = b\r", "a", "b");
	check_value("a.b_c-9 = d", "a.b_c-9", "d");
}

TEST(a_value_of_any_length_up_to_the_limit_arrives_whole)
{
	/* around the sizes in which inih lets its line grow, and the longest one */
	static const size_t lengths[] = {190, 195, 196, 197, 198, 199, 200, 395, 396, 397, 398, 60000, 65532};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		char *value = mem_new(lengths[i] + 1, 1), *line;

		for (size_t j = 0; j < lengths[i]; j++)
			value[j] = (char)('a' + j % 26);
		line = mem_format("a = %s", value);
		check_value(line, "a", value);
		free(line);
		free(value);
	}
}

TEST(a_line_over_the_limit_is_refused_and_its_rest_is_no_key)
{
	struct folder folder;
	char *value = mem_new(65537, 1), *ini, *words;

	memset(value, 'v', 65536);
	(void)memcpy(value + 65000, " workers = 0 ", 13);
	folder_make(&folder);
	ini = mem_format("[plugin p]\n[host]\nstate = %s\nworkers = 0\n", value);
	folder_put(&folder, "a.ini", ini);
	words = folder_problems(&folder);
	assert_string_equal(words, "a.ini:3: the line is 65544 bytes long: at most 65536\n"
				   "a.ini:4: workers = 0: at least 1\n");
	free(words);
	free(ini);
	free(value);
	folder_drop(&folder);
}

/* A topic whose section has a name of this length. */
static char *topic_ini(size_t length)
{
	char *name = mem_new(length + 1, 1), *ini;

	memset(name, 'n', length);
	ini = mem_format(START "[topic %s]\nunit = p.U\n[topic %s2]\nunit = p.U\n", name, name + 1);
	free(name);
	return ini;
}

TEST(a_section_name_of_80_or_255_characters_arrives_whole)
{
	static const size_t lengths[] = {48, 49, 50, 51, 80, 255};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		struct folder folder;
		struct config *config;
		char *ini = topic_ini(lengths[i]);

		folder_make(&folder);
		folder_put(&folder, "a.ini", ini);
		config = folder_read(&folder);
		assert_int_equal(config->topic_count, 2);
		assert_int_equal(strlen(config->topics[0].name), lengths[i]);
		assert_string_equal(config->topics[0].topic, config->topics[0].name);
		assert_int_equal(config->topics[1].name[lengths[i] - 1], '2'); /* they differ at the end only */
		config_free(config);
		free(ini);
		folder_drop(&folder);
	}
}

TEST(a_section_name_of_256_characters_is_refused)
{
	struct folder folder;
	char *ini = topic_ini(256), *words;

	folder_make(&folder);
	folder_put(&folder, "a.ini", ini);
	words = folder_problems(&folder);
	assert_string_equal(words, "a.ini:4: the section's name is 256 characters long: at most 255\n"
				   "a.ini:6: the section's name is 256 characters long: at most 255\n");
	free(words);
	free(ini);
	folder_drop(&folder);
}

TEST(comments_and_empty_lines_count_as_lines)
{
	struct folder folder;
	char *words;

	folder_make(&folder);
	folder_put(&folder, "a.ini",
		   "\xef\xbb\xbf# one = 1\r\n\r\n  ; [two]\r\n\t\r\n[host]\r\n;workers = 1\r\nworkers = 0");
	words = folder_problems(&folder);
	assert_string_equal(words, "a.ini:7: workers = 0: at least 1\n");
	free(words);
	folder_drop(&folder);
}

TEST(space_inside_the_brackets_of_a_section_does_not_count)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	folder_put(&folder, "a.ini", "  [ plugin \t mail ]  \n");
	config = folder_read(&folder);
	assert_string_equal(config->plugins[0].name, "mail");
	config_free(config);
	folder_drop(&folder);
}

TEST(keys_of_a_refused_section_do_not_fall_to_the_section_before)
{
	struct folder folder;
	char *words;

	folder_make(&folder);
	folder_put(&folder, "a.ini", "[host]\n[hosts x]\nworkers = 0\n[plugin p]\n");
	words = folder_problems(&folder);
	assert_contains(words, "a.ini:2: unknown section \"hosts\"");
	assert_null(strstr(words, "workers"));
	free(words);
	folder_drop(&folder);
}

TEST(a_file_over_the_limit_is_refused)
{
	struct folder folder;
	char *bytes = mem_new(READER_FILE_LIMIT + 1, 1), *words;

	memset(bytes, '\n', READER_FILE_LIMIT + 1);
	folder_make(&folder);
	folder_put_bytes(&folder, "a.ini", bytes, READER_FILE_LIMIT + 1, 0644);
	words = folder_problems(&folder);
	assert_string_equal(words, "a.ini: is over 16777216 bytes long\n");
	free(words);
	free(bytes);
	folder_drop(&folder);
}

TESTS(cmocka_unit_test(a_value_is_taken_as_it_stands),
      cmocka_unit_test(a_value_of_any_length_up_to_the_limit_arrives_whole),
      cmocka_unit_test(a_line_over_the_limit_is_refused_and_its_rest_is_no_key),
      cmocka_unit_test(a_section_name_of_80_or_255_characters_arrives_whole),
      cmocka_unit_test(a_section_name_of_256_characters_is_refused),
      cmocka_unit_test(comments_and_empty_lines_count_as_lines),
      cmocka_unit_test(space_inside_the_brackets_of_a_section_does_not_count),
      cmocka_unit_test(keys_of_a_refused_section_do_not_fall_to_the_section_before),
      cmocka_unit_test(a_file_over_the_limit_is_refused))
