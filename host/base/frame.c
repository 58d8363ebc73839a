/* frame.c: see frame.h. */
#include "base/frame.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"

int frame_add(struct text *out, json_t *value)
{
	char *body = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	unsigned char head[4];
	size_t length;

	json_decref(value);
	if (!body)
		mem_out();
	length = strlen(body);
	if (length > FRAME_LIMIT) {
		free(body);
		return -1;
	}
	head[0] = (unsigned char)(length >> 24);
	head[1] = (unsigned char)(length >> 16);
	head[2] = (unsigned char)(length >> 8);
	head[3] = (unsigned char)length;
	text_add_bytes(out, head, sizeof(head));
	text_add_bytes(out, body, length);
	free(body);
	return 0;
}

int frame_next(struct text *in, json_t **value, struct error *error)
{
	const unsigned char *head = (const unsigned char *)in->data;
	json_error_t where;
	size_t length;

	if (in->length < 4)
		return 0;
	length = (size_t)head[0] << 24 | (size_t)head[1] << 16 | (size_t)head[2] << 8 | head[3];
	if (length > FRAME_LIMIT)
		return error_set(error, "a frame of %zu bytes, over the limit of %u", length, FRAME_LIMIT);
	if (in->length < 4 + length)
		return 0;
	*value = json_loadb(in->data + 4, length, JSON_ALLOW_NUL, &where);
	if (!*value) {
		char *near = strstr(where.text, " near "); /* what follows is of the frame, which holds a task's data */

		if (near)
			*near = '\0';
		return error_set(error, "a frame that is not JSON: %s", where.text);
	}
	text_drop(in, 4 + length);
	if (in->length == 0 && in->room > 1024 * 1024)
		text_free(in);
	return 1;
}

/* The kernel has no memory for it now: that does not end the connection. */
static int is_scarce(void)
{
	return errno == ENOBUFS || errno == ENOMEM;
}

int frame_send(int fd, json_t *value)
{
	const struct timespec moment = {.tv_nsec = 10 * 1000 * 1000};
	struct text out = {0};
	size_t sent = 0;
	int code = frame_add(&out, value) ? -2 : 0;

	while (code == 0 && sent < out.length) {
		ssize_t n = send(fd, out.data + sent, out.length - sent, MSG_NOSIGNAL);

		if (n > 0)
			sent += (size_t)n;
		else if (n < 0 && is_scarce())
			(void)nanosleep(&moment, NULL);
		else if (n < 0 && errno != EINTR)
			code = -1;
	}
	text_free(&out);
	return code;
}

int frame_receive(int fd, struct text *in)
{
	char bytes[65536];
	ssize_t n;

	do
		n = read(fd, bytes, sizeof(bytes));
	while (n < 0 && errno == EINTR);
	if (n < 0 && is_scarce())
		errno = EAGAIN;
	if (n > 0)
		text_add_bytes(in, bytes, (size_t)n);
	return (int)n;
}
