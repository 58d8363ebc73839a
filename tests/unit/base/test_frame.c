/* test_frame.c: messages over a stream that comes in pieces, and what is no message. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/frame.h"
#include "base/json.h"
#include "base/memory.h"

static json_t *message(int number)
{
	return mem_json(json_pack("{s:s, s:i, s:[s,n,b]}", "do", "run", "number", number, "list",
				  "caf\xc3\xa9 \xe2\x82\xac", 1));
}

static void check_message(const json_t *value, int number)
{
	json_t *expected = message(number);

	assert_true(json_equal(value, expected));
	json_decref(expected);
}

/* A head that promises this many bytes. */
static void add_head(struct text *in, uint32_t length)
{
	const unsigned char head[4] = {(unsigned char)(length >> 24), (unsigned char)(length >> 16),
				       (unsigned char)(length >> 8), (unsigned char)length};

	text_add_bytes(in, head, sizeof(head));
}

TEST(a_frame_is_its_length_and_compact_json)
{
	struct text out = {0};

	assert_int_equal(frame_add(&out, json_pack("{s:i}", "a", 1)), 0);
	assert_int_equal(out.length, 11);
	assert_memory_equal(out.data, "\0\0\0\7{\"a\":1}", 11);
	text_free(&out);
}

TEST(frames_that_come_byte_by_byte_are_each_taken_when_they_are_whole)
{
	struct text out = {0}, in = {0};
	struct error error;
	json_t *value = NULL;
	size_t first;

	assert_int_equal(frame_add(&out, message(1)), 0);
	first = out.length;
	assert_int_equal(frame_add(&out, message(2)), 0);
	for (size_t i = 0; i < out.length; i++) {
		int whole = i + 1 == first || i + 1 == out.length;

		text_add_bytes(&in, out.data + i, 1);
		assert_int_equal(frame_next(&in, &value, &error), whole);
		if (whole) {
			check_message(value, i + 1 == first ? 1 : 2);
			json_decref(value);
			assert_int_equal(in.length, 0);
		}
	}
	text_free(&in);
	text_free(&out);
}

TEST(frames_that_are_split_at_any_byte_are_taken_whole)
{
	struct text out = {0};
	struct error error;

	assert_int_equal(frame_add(&out, message(1)), 0);
	assert_int_equal(frame_add(&out, message(2)), 0);
	for (size_t split = 0; split <= out.length; split++) {
		struct text in = {0};
		json_t *value;
		int taken = 0;

		text_add_bytes(&in, out.data, split);
		while (frame_next(&in, &value, &error) == 1) {
			check_message(value, ++taken);
			json_decref(value);
		}
		text_add_bytes(&in, out.data + split, out.length - split);
		while (frame_next(&in, &value, &error) == 1) {
			check_message(value, ++taken);
			json_decref(value);
		}
		assert_int_equal(taken, 2);
		assert_int_equal(in.length, 0);
		text_free(&in);
	}
	text_free(&out);
}

static void check_garbage(const void *bytes, size_t length, const char *words)
{
	struct text in = {0};
	struct error error = {""};
	json_t *value;

	text_add_bytes(&in, bytes, length);
	assert_int_equal(frame_next(&in, &value, &error), -1);
	assert_contains(error.text, words);
	assert_null(strstr(error.text, "of it")); /* what is in a frame is not for the log */
	text_free(&in);
}

TEST(bytes_that_are_no_frame_are_an_error)
{
	check_garbage("\0\0\0\0", 4, "not JSON");
	check_garbage("\0\0\0\1{", 5, "not JSON");
	check_garbage("\0\0\0\2\xff\xfe", 6, "not JSON");
	check_garbage("\0\0\0\7{} {}{}", 11, "not JSON");
	check_garbage("\0\0\0\3nul", 7, "not JSON");
	check_garbage("\0\0\0\23[\"kanarie\" \"of it\"]", 23, "not JSON");
	check_garbage("HTTP/1.1 200 OK\r\n", 17, "over the limit");
	check_garbage("\xff\xff\xff\xff", 4, "a frame of 4294967295 bytes, over the limit of 67108864");
	check_garbage("\4\0\0\1", 4, "a frame of 67108865 bytes, over the limit of 67108864");
}

TEST(a_head_at_the_limit_waits_for_its_bytes)
{
	struct text in = {0};
	struct error error;
	json_t *value;

	add_head(&in, FRAME_LIMIT);
	assert_int_equal(frame_next(&in, &value, &error), 0);
	text_free(&in);
}

/* A text whose frame, quotes and all in a list, has this many bytes. */
static json_t *value_of_size(size_t size)
{
	char *text = mem_new(size, 1);
	json_t *value;

	memset(text, 'x', size - 4);
	value = mem_json(json_pack("[s]", text));
	free(text);
	return value;
}

TEST(a_frame_at_the_limit_goes_through_and_a_longer_one_is_not_added)
{
	struct text out = {0};
	struct error error;
	json_t *value;

	text_add(&out, "before");
	assert_int_equal(frame_add(&out, value_of_size((size_t)FRAME_LIMIT + 1)), -1);
	assert_string_equal(out.data, "before");
	text_free(&out);
	assert_int_equal(frame_add(&out, value_of_size(FRAME_LIMIT)), 0);
	assert_int_equal(out.length, FRAME_LIMIT + 4);
	assert_int_equal(frame_next(&out, &value, &error), 1);
	assert_int_equal(json_string_length(json_array_get(value, 0)), FRAME_LIMIT - 4);
	json_decref(value);
	assert_null(out.data); /* so much room is not kept */
	text_free(&out);
}

TEST(a_text_with_a_nul_goes_through)
{
	struct text out = {0};
	struct error error;
	json_t *value = json_array(), *text;

	assert_int_equal(json_array_append_new(value, json_stringn("a\0b", 3)), 0);
	assert_int_equal(frame_add(&out, value), 0);
	assert_int_equal(frame_next(&out, &value, &error), 1);
	text = json_array_get(value, 0);
	assert_int_equal(json_string_length(text), 3);
	assert_memory_equal(json_string_value(text), "a\0b", 3);
	json_decref(value);
	text_free(&out);
}

/* ---- over a socket ---- */

static void *send_much(void *arg)
{
	const int *fd = arg;
	intptr_t failed = 0;

	for (int i = 0; i < 20; i++)
		failed |= frame_send(*fd, value_of_size(300000));
	failed |= frame_send(*fd, message(21));
	(void)close(*fd);
	return (void *)failed;
}

TEST(what_is_sent_is_received_though_the_socket_is_small)
{
	struct text in = {0};
	struct error error;
	pthread_t thread;
	json_t *value;
	int ends[2], received = 0, n;
	void *failed;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(pthread_create(&thread, NULL, send_much, &ends[0]), 0);
	while ((n = frame_receive(ends[1], &in)) > 0)
		while (frame_next(&in, &value, &error) == 1) {
			if (++received == 21)
				check_message(value, 21);
			else
				assert_int_equal(json_string_length(json_array_get(value, 0)), 300000 - 4);
			json_decref(value);
		}
	assert_int_equal(n, 0);
	assert_int_equal(received, 21);
	assert_int_equal(in.length, 0);
	assert_int_equal(pthread_join(thread, &failed), 0);
	assert_null(failed);
	text_free(&in);
	(void)close(ends[1]);
}

TEST(sending_to_a_closed_socket_fails_without_a_signal)
{
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	(void)close(ends[1]);
	assert_int_equal(frame_send(ends[0], message(1)), -1);
	(void)close(ends[0]);
}

TEST(a_frame_that_is_too_long_is_not_sent)
{
	int ends[2];
	char byte;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(frame_send(ends[0], value_of_size((size_t)FRAME_LIMIT + 1)), -2);
	assert_int_equal(recv(ends[1], &byte, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

TEST(receiving_nothing_yet_is_told_from_the_end)
{
	struct text in = {0};
	int ends[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(frame_receive(ends[1], &in), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(send(ends[0], "abc", 3, 0), 3);
	assert_int_equal(frame_receive(ends[1], &in), 3);
	assert_string_equal(in.data, "abc");
	(void)close(ends[0]);
	assert_int_equal(frame_receive(ends[1], &in), 0);
	assert_string_equal(in.data, "abc");
	(void)close(ends[1]);
	text_free(&in);
}

TESTS(cmocka_unit_test(a_frame_is_its_length_and_compact_json),
      cmocka_unit_test(frames_that_come_byte_by_byte_are_each_taken_when_they_are_whole),
      cmocka_unit_test(frames_that_are_split_at_any_byte_are_taken_whole),
      cmocka_unit_test(bytes_that_are_no_frame_are_an_error), cmocka_unit_test(a_head_at_the_limit_waits_for_its_bytes),
      cmocka_unit_test(a_frame_at_the_limit_goes_through_and_a_longer_one_is_not_added),
      cmocka_unit_test(a_text_with_a_nul_goes_through),
      cmocka_unit_test(what_is_sent_is_received_though_the_socket_is_small),
      cmocka_unit_test(sending_to_a_closed_socket_fails_without_a_signal),
      cmocka_unit_test(a_frame_that_is_too_long_is_not_sent),
      cmocka_unit_test(receiving_nothing_yet_is_told_from_the_end))
