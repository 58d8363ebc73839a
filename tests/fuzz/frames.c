/* frames.c: frames between the core and a runner. The first byte chooses how the rest is cut into pieces, as a socket
 * may hand it out. However it is cut, the same frames come out, and what is no frame is found at the same place. */
#include "base/frame.h"
#include "fuzz.h"

#include <stdlib.h>

/* What a reader of the stream saw. */
struct seen {
	json_t *frames;
	int failed;
	size_t left; /* bytes that are no whole frame yet */
	struct error error;
};

static void take(struct seen *seen, struct text *in)
{
	json_t *frame = NULL;
	size_t before = in->length;
	int code;

	while (!seen->failed && (code = frame_next(in, &frame, &seen->error)) != 0) {
		if (code < 0) {
			seen->failed = 1;
			HOLDS(in->length == before, "a frame that was refused was taken off");
			holds_message(seen->error.text);
			break;
		}
		HOLDS(before - in->length >= 4, "a frame of no bytes");
		before = in->length;
		(void)json_array_append_new(seen->frames, frame);
	}
	seen->left = in->length;
}

static struct seen read_in_pieces(const uint8_t *data, size_t size, unsigned seed)
{
	struct seen seen = {.frames = mem_json(json_array())};
	struct text in = {0};

	while (size > 0) {
		size_t piece = 1 + (seed >> 16) % 61;

		seed = seed * 1103515245u + 12345u;
		if (piece > size)
			piece = size;
		text_add_bytes(&in, data, piece);
		data += piece;
		size -= piece;
		take(&seen, &in);
	}
	text_free(&in);
	return seen;
}

/* A frame that was read can be sent on, and is the same at the other end. */
static void pass_on(json_t *frames)
{
	struct text wire = {0};
	struct error error;
	json_t *frame, *again = NULL;
	size_t i;

	json_array_foreach (frames, i, frame)
		HOLDS(frame_add(&wire, json_incref(frame)) == 0, "a frame that was read is too long");
	json_array_foreach (frames, i, frame) {
		HOLDS(frame_next(&wire, &again, &error) == 1, "%s", error.text);
		HOLDS(json_equal(frame, again), "another frame came than was sent");
		json_decref(again);
	}
	HOLDS(wire.length == 0, "%zu bytes too many", wire.length);
	text_free(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen whole = {.frames = mem_json(json_array())}, cut;
	struct text in = {0};

	if (size > 0) {
		text_add_bytes(&in, data + 1, size - 1);
		take(&whole, &in);
		cut = read_in_pieces(data + 1, size - 1, data[0] * 2654435761u);
		HOLDS(json_equal(whole.frames, cut.frames), "the frames depend on how the stream is cut");
		HOLDS(whole.failed == cut.failed, "what is no frame depends on how the stream is cut");
		HOLDS(whole.failed ? strcmp(whole.error.text, cut.error.text) == 0 : whole.left == cut.left,
		      "the end depends on how the stream is cut");
		pass_on(whole.frames);
		json_decref(cut.frames);
	}
	text_free(&in);
	json_decref(whole.frames);
	return 0;
}
