/* camunda_wire.h: the words of the external task REST interface, apart from the sending: bodies of requests, and what
 * an answer means. Private to this room; nothing here waits or keeps state, so that it can be tested with bytes alone.
 */
#ifndef BPTL_ENGINE_CAMUNDA_WIRE_H
#define BPTL_ENGINE_CAMUNDA_WIRE_H

#include "engine/engine.h"

#define CAMUNDA_MESSAGE_LIMIT 666         /* characters of a failure's message that the engines keep */
#define CAMUNDA_DETAILS_LIMIT (64 * 1024) /* bytes */
#define CAMUNDA_WHY 300

/* How many bytes of a failure's message are kept: 666 characters, counted as the engines do, in units of UTF-16. */
size_t camunda_message_length(const char *message);

/* The body of fetchAndLock. New reference. */
json_t *camunda_fetch_body(const char *worker_id, const struct engine_topic *topics, size_t count, int most,
			   int64_t wait, int use_priority, const char *order);
/* The body of failure. New reference. */
json_t *camunda_failure_body(const char *worker_id, const char *message, const char *details, int retries,
			     int64_t retry_wait);

/* What came for an entry of a list that cannot be used. */
typedef void camunda_skipped(void *arg, size_t index, const char *why);

/* Reads the body of a poll's answer: the list of its entries, or NULL and why it is none (never its values). An entry
 * with a value that cannot be read has what is good of it, and a member "fault" that says which one it is; one of which
 * nothing can be made is in the list as null. New reference. */
json_t *camunda_list(const char *body, size_t length, const char *content_type, char why[CAMUNDA_WHY]);
/* Makes tasks of the entries of a list; at most `most`, without lock_until. Entries that are no tasks are reported and
 * left out. Owned: clear each, and free. */
struct engine_task *camunda_tasks(const json_t *list, size_t most, size_t *count, camunda_skipped *skipped, void *arg);

/* What an answer to anything but a poll means, and its words (owned; "" when taken). */
enum engine_result camunda_judge(const struct http_answer *answer, char **words);

#endif
