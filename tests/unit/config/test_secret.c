/* test_secret.c: secrets come from files, credentials and the environment, and only from safe ones. */
#include "check.h"

#include "folder.h"

#define SERVICE "[service x]\ntype = zrc\nroot = https://api.example/\nclient_id = a\n"

/* The folder's configuration has this line for its secret. */
static void say(const struct folder *folder, const char *line)
{
	char *ini = mem_format("%s%s\n", SERVICE, line);

	folder_put(folder, "a.ini", ini);
	free(ini);
}

/* The secret that arrives through this line. */
static void check_secret(const struct folder *folder, const char *line, const char *expected)
{
	struct config *config;

	say(folder, line);
	config = folder_read(folder);
	assert_string_equal(config->services[0].service.own.secret, expected);
	config_free(config);
}

static void check_problem(const struct folder *folder, const char *line, const char *expected)
{
	char *words;

	say(folder, line);
	words = folder_problems(folder);
	assert_string_equal(words, expected);
	free(words);
}

TEST(a_secret_comes_from_a_file_beside_the_ini_or_anywhere)
{
	struct folder folder;
	char *line;

	folder_make(&folder);
	folder_put_secret(&folder, "word", "geheim");
	check_secret(&folder, "secret_file = word", "geheim");
	line = mem_format("secret_file = %s/word", folder.path);
	check_secret(&folder, line, "geheim");
	free(line);
	folder_put_bytes(&folder, "word", "geheim", 6, 0400);
	check_secret(&folder, "secret_file = word", "geheim");
	folder_drop(&folder);
}

TEST(one_newline_at_the_end_is_cut_and_nothing_else)
{
	struct folder folder;

	folder_make(&folder);
	folder_put_secret(&folder, "word", " ge heim ;# \n");
	check_secret(&folder, "secret_file = word", " ge heim ;# ");
	folder_put_secret(&folder, "word", "geheim\r\n");
	check_secret(&folder, "secret_file = word", "geheim");
	folder_put_secret(&folder, "word", "geheim\n\n");
	check_problem(&folder, "secret_file = word",
		      "a.ini:5: secret_file: word holds a line break or another control character: put the secret in "
		      "it and nothing else\n");
	folder_drop(&folder);
}

TEST(a_secret_comes_through_a_link_as_containers_mount_it)
{
	struct folder folder;
	char *path;

	folder_make(&folder);
	folder_put_secret(&folder, "word", "geheim");
	path = mem_format("%s/link", folder.path);
	assert_int_equal(symlink("word", path), 0);
	check_secret(&folder, "secret_file = link", "geheim");
	free(path);
	folder_drop(&folder);
}

TEST(a_file_that_others_can_get_at_is_refused)
{
	static const struct {
		mode_t mode;
		const char *shown;
	} modes[] = {{0640, "0640"}, {0620, "0620"}, {0604, "0604"}, {0602, "0602"}, {0601, "0601"}, {0777, "0777"}};

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		struct folder folder;
		char *expected =
			mem_format("a.ini:5: secret_file: word has mode %s: group or others can read or write it: "
				   "chmod 0600 it, owned by the user that bptl runs as\n",
				   modes[i].shown);

		folder_make(&folder);
		folder_put_bytes(&folder, "word", "geheim", 6, modes[i].mode);
		check_problem(&folder, "secret_file = word", expected);
		folder_drop(&folder);
		free(expected);
	}
}

TEST(a_file_that_holds_no_secret_is_refused)
{
	struct folder folder;
	char *path;

	folder_make(&folder);
	check_problem(&folder, "secret_file = word",
		      "a.ini:5: secret_file: word cannot be read: No such file or directory\n");
	folder_put_secret(&folder, "word", "");
	check_problem(&folder, "secret_file = word", "a.ini:5: secret_file: word is empty: put the secret in it\n");
	folder_put_secret(&folder, "word", "\n");
	check_problem(&folder, "secret_file = word", "a.ini:5: secret_file: word is empty: put the secret in it\n");
	folder_put_secret(&folder, "word", "gehe\xe9im");
	check_problem(&folder, "secret_file = word", "a.ini:5: secret_file: word is not valid UTF-8\n");
	folder_put_bytes(&folder, "word", "ge\0heim", 7, 0600);
	check_problem(&folder, "secret_file = word",
		      "a.ini:5: secret_file: word holds a line break or another control character: put the secret in "
		      "it and nothing else\n");
	path = mem_format("%s/pipe", folder.path);
	assert_int_equal(mkfifo(path, 0600), 0);
	check_problem(&folder, "secret_file = pipe", "a.ini:5: secret_file: pipe is not a regular file\n");
	check_problem(&folder, "secret_file = .", "a.ini:5: secret_file: . is not a regular file\n");
	free(path);
	folder_drop(&folder);
}

TEST(a_file_of_64_kib_is_read_and_a_longer_one_refused)
{
	struct folder folder;
	char *word = mem_new(65538, 1);

	folder_make(&folder);
	memset(word, 'w', 65536);
	folder_put_secret(&folder, "word", word);
	check_secret(&folder, "secret_file = word", word);
	memset(word, 'w', 65537);
	folder_put_secret(&folder, "word", word);
	check_problem(&folder, "secret_file = word",
		      "a.ini:5: secret_file: word is over 64 KiB long: this is no secret\n");
	free(word);
	folder_drop(&folder);
}

TEST(a_secret_comes_from_the_environment)
{
	struct folder folder;

	folder_make(&folder);
	assert_int_equal(setenv("BPTL_TEST_WORD", "geheim", 1), 0);
	check_secret(&folder, "secret_env = BPTL_TEST_WORD", "geheim");
	assert_int_equal(setenv("BPTL_TEST_WORD", "", 1), 0);
	check_problem(&folder, "secret_env = BPTL_TEST_WORD",
		      "a.ini:5: secret_env = BPTL_TEST_WORD: the environment has no such variable, or it is empty\n");
	assert_int_equal(unsetenv("BPTL_TEST_WORD"), 0);
	check_problem(&folder, "secret_env = BPTL_TEST_WORD",
		      "a.ini:5: secret_env = BPTL_TEST_WORD: the environment has no such variable, or it is empty\n");
	assert_int_equal(setenv("BPTL_TEST_WORD", "ge\nheim", 1), 0);
	check_problem(&folder, "secret_env = BPTL_TEST_WORD",
		      "a.ini:5: secret_env: BPTL_TEST_WORD holds a line break or another control character: put the "
		      "secret in it and nothing else\n");
	assert_int_equal(unsetenv("BPTL_TEST_WORD"), 0);
	folder_drop(&folder);
}

TEST(a_secret_comes_from_a_systemd_credential)
{
	struct folder folder;

	folder_make(&folder);
	folder_put_bytes(&folder, "zaken", "geheim\n", 7, 0440); /* how an access list of systemd looks */
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder.path, 1), 0);
	check_secret(&folder, "secret_credential = zaken", "geheim");
	check_problem(&folder, "secret_credential = other",
		      "a.ini:5: secret_credential: other cannot be read: No such file or directory\n");
	check_problem(&folder, "secret_credential = ../zaken",
		      "a.ini:5: secret_credential = ../zaken: expected the name of a credential, not a path\n");
	check_problem(&folder, "secret_credential = ..",
		      "a.ini:5: secret_credential = ..: expected the name of a credential, not a path\n");
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	check_problem(&folder, "secret_credential = zaken",
		      "a.ini:5: secret_credential = zaken: CREDENTIALS_DIRECTORY is not set: load it with "
		      "LoadCredential= in the systemd unit\n");
	folder_drop(&folder);
}

TEST(two_sources_of_one_secret_are_refused)
{
	struct folder folder;

	folder_make(&folder);
	folder_put_secret(&folder, "word", "geheim");
	check_problem(&folder, "secret_env = WORD\nsecret_file = word",
		      "a.ini:5: secret_env: secret_file is given as well: keep one of the two\n");
	check_problem(&folder, "secret_file = word\nsecret = hush",
		      "a.ini:6: secret: a secret has no place in an INI file: put it in a file, mode 0600, and name it "
		      "with secret_file\n");
	folder_drop(&folder);
}

TEST(values_passwords_and_tokens_come_the_same_way)
{
	struct folder folder;
	struct config *config;

	folder_make(&folder);
	folder_put_secret(&folder, "zaken", "credential");
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder.path, 1), 0);
	assert_int_equal(setenv("BPTL_TEST_WORD", "environment", 1), 0);
	folder_put(&folder, "a.ini",
		   "[engine a]\nurl = https://e.example/\nauth = basic\nuser = u\npassword_env = BPTL_TEST_WORD\n"
		   "[engine b]\nurl = https://e.example/\nauth = bearer\ntoken_credential = zaken\n"
		   "[service x]\ntype = orc\nroot = https://o.example/\nauth = api_key\nheader = X-Key\n"
		   "value_env = BPTL_TEST_WORD\n"
		   "[app z]\nid = z\nx.value_credential = zaken\nx.header = X-Other\n");
	config = folder_read(&folder);
	assert_string_equal(config->engines[0].service.own.secret, "environment");
	assert_string_equal(config->engines[1].service.own.secret, "credential");
	assert_string_equal(config->services[0].service.own.value, "environment");
	assert_string_equal(config->apps[0].app.entries[0].credentials.value, "credential");
	assert_string_equal(config->apps[0].app.entries[0].credentials.header, "X-Other");
	config_free(config);
	assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
	assert_int_equal(unsetenv("BPTL_TEST_WORD"), 0);
	folder_drop(&folder);
}

TESTS(cmocka_unit_test(a_secret_comes_from_a_file_beside_the_ini_or_anywhere),
      cmocka_unit_test(one_newline_at_the_end_is_cut_and_nothing_else),
      cmocka_unit_test(a_secret_comes_through_a_link_as_containers_mount_it),
      cmocka_unit_test(a_file_that_others_can_get_at_is_refused),
      cmocka_unit_test(a_file_that_holds_no_secret_is_refused),
      cmocka_unit_test(a_file_of_64_kib_is_read_and_a_longer_one_refused),
      cmocka_unit_test(a_secret_comes_from_the_environment), cmocka_unit_test(a_secret_comes_from_a_systemd_credential),
      cmocka_unit_test(two_sources_of_one_secret_are_refused),
      cmocka_unit_test(values_passwords_and_tokens_come_the_same_way))
