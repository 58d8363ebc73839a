/* test_memory.c: memory, and how a process ends that has none left. */
#include "check.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"

/* The sanitizers' allocator would end the test where the C library's returns NULL. */
__attribute__((visibility("default"))) const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

__attribute__((visibility("default"))) const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
	return "allocator_may_return_null=1";
}

/* Runs it in a child, which must end with status 70 and these words. */
static void check_end(void (*run)(void))
{
	char words[4096] = "";
	size_t length = 0;
	int ends[2], status;
	ssize_t n;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		(void)dup2(ends[1], STDERR_FILENO);
		run();
		_exit(1);
	}
	(void)close(ends[1]);
	while ((n = read(ends[0], words + length, sizeof(words) - 1 - length)) > 0)
		length += (size_t)n;
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 70);
	assert_contains(words, "bptl: out of memory: the process ends, its tasks are resumed by the next one\n");
}

static void ask_for_too_much(void)
{
	volatile size_t count = SIZE_MAX / 2;

	free(mem_new(count, 1));
}

static void ask_for_what_overflows(void)
{
	volatile size_t count = SIZE_MAX / 2 + 2;

	free(mem_new(count, 2));
}

static void resize_to_too_much(void)
{
	volatile size_t count = SIZE_MAX / 2;

	free(mem_resize(mem_new(1, 1), count, 1));
}

/* Without a check, count * size would be 0 here. */
static void resize_to_what_overflows(void)
{
	volatile size_t count = SIZE_MAX / 2 + 1;

	free(mem_resize(NULL, count, 2));
}

static void lack_a_value(void)
{
	(void)mem_json(NULL);
}

TEST(a_process_without_memory_ends_with_status_70_and_says_so)
{
	check_end(ask_for_too_much);
	check_end(ask_for_what_overflows);
	check_end(resize_to_too_much);
	check_end(resize_to_what_overflows);
	check_end(lack_a_value);
	check_end(mem_out);
}

TEST(new_memory_is_zeroed)
{
	unsigned char *bytes = mem_new(1000, 3);

	for (size_t i = 0; i < 3000; i++)
		assert_int_equal(bytes[i], 0);
	free(bytes);
}

TEST(no_memory_at_all_is_memory_too)
{
	void *none = mem_new(0, 0), *empty = mem_new(5, 0), *grown = mem_resize(NULL, 0, 8);

	assert_non_null(none);
	assert_non_null(empty);
	assert_non_null(grown);
	free(none);
	free(empty);
	grown = mem_resize(grown, 0, 0);
	assert_non_null(grown);
	free(grown);
}

TEST(memory_that_is_resized_keeps_what_it_held)
{
	int *list = NULL;

	for (int i = 0; i < 1000; i++) {
		list = mem_resize(list, (size_t)i + 1, sizeof(*list));
		list[i] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(list[i], i);
	list = mem_resize(list, 2, sizeof(*list));
	assert_int_equal(list[1], 1);
	free(list);
}

TEST(texts_are_copied)
{
	char source[] = "source";
	char *copy = mem_text(source), *slice = mem_slice("a\0bc", 3), *format = mem_format("%s/%d", source, 5);

	source[0] = 'x';
	assert_string_equal(copy, "source");
	assert_memory_equal(slice, "a\0b", 4);
	assert_string_equal(format, "source/5");
	assert_null(mem_text(NULL));
	free(copy);
	free(slice);
	free(format);
	slice = mem_slice("abc", 0);
	assert_string_equal(slice, "");
	free(slice);
}

TEST(a_json_value_passes_through)
{
	json_t *value = json_integer(5);

	assert_ptr_equal(mem_json(value), value);
	json_decref(value);
}

TEST(wiping_takes_every_text_and_none)
{
	mem_wipe(NULL);
	mem_wipe(mem_text(""));
	mem_wipe(mem_text("secret"));
}

TESTS(cmocka_unit_test(a_process_without_memory_ends_with_status_70_and_says_so),
      cmocka_unit_test(new_memory_is_zeroed), cmocka_unit_test(no_memory_at_all_is_memory_too),
      cmocka_unit_test(memory_that_is_resized_keeps_what_it_held), cmocka_unit_test(texts_are_copied),
      cmocka_unit_test(a_json_value_passes_through), cmocka_unit_test(wiping_takes_every_text_and_none))
