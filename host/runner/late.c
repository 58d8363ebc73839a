/* late.c: see late.h. */
#include "runner/late.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"

/* All of it, or none: a line that is cut would spoil the one that comes after it. 0, or -1 with errno. */
static int append(int fd, const struct text *text)
{
	off_t start = lseek(fd, 0, SEEK_END);
	size_t written = 0;
	int code;

	while (written < text->length) {
		ssize_t n = write(fd, text->data + written, text->length - written);

		if (n < 0 && errno != EINTR)
			break;
		written += n > 0 ? (size_t)n : 0;
	}
	while (written == text->length)
		if (fsync(fd) == 0)
			return 0;
		else if (errno != EINTR)
			return -1;
	code = errno;
	if (start >= 0 && ftruncate(fd, start))
		code = errno;
	errno = code;
	return -1;
}

static void write_note(const char *path, struct log *log, const json_t *note)
{
	char *line = json_dumps(note, JSON_COMPACT);
	int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	struct text text = {0};

	if (!line)
		mem_out();
	text_add(&text, line);
	text_add(&text, "\n");
	if (fd < 0 || append(fd, &text))
		log_line(log, LOG_ERROR, NULL, "what was heard after the host had stopped cannot be kept in %s: %s",
			 path ? path : "a file", strerror(errno));
	if (fd >= 0)
		(void)close(fd);
	text_free(&text);
	free(line);
}

void late_note(const char *path, struct log *log, json_t *frame)
{
	json_t *put = json_object_get(frame, "put"), *drop = json_object_get(frame, "drop");

	if (!drop) {
		drop = mem_json(json_array());
		(void)json_object_set_new(frame, "drop", drop);
	}

	for (size_t i = json_array_size(put); i-- > 0;) {
		const json_t *row = json_array_get(put, i);

		if (!text_equal(json_get_text(row, "state"), "intent"))
			continue;
		(void)json_array_append(drop, json_object_get(row, "step"));
		(void)json_array_remove(put, i);
	}
	write_note(path, log, frame);
}
