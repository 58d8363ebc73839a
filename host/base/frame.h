/* frame.h: JSON messages over a stream socket, for the core and its runners. A frame is four bytes of length, the most
 * significant first, and that many bytes of JSON text. */
#ifndef BPTL_BASE_FRAME_H
#define BPTL_BASE_FRAME_H

#include <jansson.h>
#include <stddef.h>

#include "base/error.h"
#include "base/text.h"

#define FRAME_LIMIT (64u * 1024 * 1024) /* a longer frame is an error of the other side */

#define FRAME_CUT_OFF 71 /* exit status of a runner that cannot reach the core any more, while it held tasks */

/* Adds a frame to a buffer; the value is stolen. -1 when it is longer than FRAME_LIMIT: nothing was added then. */
int frame_add(struct text *out, json_t *value);
/* Takes the first whole frame out of what was received: 1 and the value (owned), 0 when more bytes are needed, -1 when
 * the bytes are no frame. */
int frame_next(struct text *in, json_t **value, struct error *error);
/* Blocking, for a runner: sends one frame; the value is stolen. 0, -1 when the other side is gone, or -2 when the frame
 * is longer than FRAME_LIMIT: nothing was sent then. */
int frame_send(int fd, json_t *value);
/* Reads once what is there: > 0 bytes were added, 0 at the end of the stream, -1 with errno (EAGAIN: nothing now). */
int frame_receive(int fd, struct text *in);

#endif
