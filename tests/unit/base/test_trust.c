/* test_trust.c: which files a service may trust. Owners and mounts are tried by tests/security/test_files.py. */
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/trust.h"

static void check_trust(const char *path, mode_t mode, const char *words)
{
	struct error error = {""};

	assert_int_equal(chmod(path, mode), 0);
	if (words) {
		assert_int_equal(trust_check(path, "do harm", &error), -1);
		assert_contains(error.text, words);
	} else if (trust_check(path, "do harm", &error)) {
		fail_msg("%s", error.text);
	}
}

TEST(a_file_that_others_can_write_is_not_trusted_and_neither_is_one_in_such_a_folder)
{
	char folder[] = "/tmp/bptl-trust-XXXXXX";
	char *file, *words;
	struct error error;

	assert_non_null(mkdtemp(folder));
	file = mem_format("%s/file", folder);
	assert_int_equal(fclose(fopen(file, "w")), 0);
	words = mem_format("%s can be written by other users: anybody could do harm; chmod go-w %s", file, file);
	check_trust(file, 0600, NULL);
	check_trust(file, 0644, NULL);
	check_trust(file, 0660, NULL); /* our own group */
	check_trust(file, 0606, words);
	check_trust(file, 0602, words);
	check_trust(file, 0600, NULL);
	check_trust(folder, 0777, "can be written by other users");
	assert_int_equal(trust_check(file, "do harm", &error), -1);
	check_trust(folder, 01777, NULL);
	assert_int_equal(trust_check(file, "do harm", &error), 0);
	check_trust(folder, 0700, NULL);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(trust_check(file, "do harm", &error), -1);
	assert_contains(error.text, "No such file");
	assert_int_equal(rmdir(folder), 0);
	free(words);
	free(file);
}

TESTS(cmocka_unit_test(a_file_that_others_can_write_is_not_trusted_and_neither_is_one_in_such_a_folder))
