/* test_note.c: what a plugin's process may ask to be noted. */
#include "check.h"
#include "core/journal.h"

static int is_whole(const char *text)
{
	json_t *note = json_loads(text, 0, NULL);
	int code = note_is_whole(note);

	assert_non_null(note);
	json_decref(note);
	return code;
}

TEST(notes_need_a_key_and_rows_with_all_their_members)
{
	static const char *const good[] = {
		"{\"key\":\"main/1\"}",
		"{\"key\":\"main/1\",\"put\":[],\"drop\":[]}",
		"{\"key\":\"main/1\",\"drop\":[1,2]}",
		"{\"key\":\"main/1\",\"forget\":{\"from\":1,\"undone\":[1],\"keep\":[]}}",
		"{\"key\":\"main/"
		"1\",\"put\":[{\"step\":1,\"what\":\"w\",\"method\":\"m\",\"url\":\"u\",\"digest\":\"d\",\"state\":"
		"\"intent\"}]}",
	};
	static const char *const bad[] = {
		"{}",
		"{\"key\":1}",
		"{\"key\":\"main\"}",
		"{\"key\":\"main/1\",\"put\":1}",
		"{\"key\":\"main/1\",\"put\":[1]}",
		"{\"key\":\"main/1\",\"drop\":[\"1\"]}",
		"{\"key\":\"main/1\",\"drop\":[0]}",
		"{\"key\":\"main/1\",\"forget\":1}",
		"{\"key\":\"main/1\",\"forget\":{\"from\":1,\"undone\":[[1]]}}",
		"{\"key\":\"main/1\",\"forget\":{\"from\":1,\"keep\":{}}}",
		"{\"key\":\"main/"
		"1\",\"put\":[{\"step\":0,\"what\":\"w\",\"method\":\"m\",\"url\":\"u\",\"digest\":\"d\",\"state\":"
		"\"intent\"}]}",
		"{\"key\":\"main/"
		"1\",\"put\":[{\"step\":1,\"what\":\"w\",\"method\":\"m\",\"digest\":\"d\",\"state\":\"intent\"}]}",
		"{\"key\":\"main/"
		"1\",\"put\":[{\"step\":1,\"what\":\"w\",\"method\":\"m\",\"url\":\"u\",\"digest\":\"d\",\"state\":"
		"\"maybe\"}]}",
	};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_true(is_whole(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_false(is_whole(bad[i]));
}

TESTS(cmocka_unit_test(notes_need_a_key_and_rows_with_all_their_members))
