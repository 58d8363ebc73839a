/* parts.h: what exchange.c, judge.c and pages.c share: one call of a unit is an exchange of parts, a part is a request.
 */
#ifndef BPTL_RUNNER_PARTS_H
#define BPTL_RUNNER_PARTS_H

#include "runner/task.h"

/* One request under way. */
struct part {
	struct bptl_request *request;
	const struct service *service;
	char *url;   /* absolute */
	json_t *row; /* for the journal */
	int number, mutation;
	int answered; /* from the journal */
	struct exchange *exchange;
	/* what came back, copied from the loop's thread */
	enum http_failure failure;
	int status;
	char *body;
	size_t length;
	char *words; /* why there is no answer, or the API's own words */
	int64_t retry_after;
	int refused_here; /* the URL rule or a header forbade it */
};

struct exchange {
	struct task *task;
	struct part *parts;
	size_t count, pending;
	int intended; /* there are mutations among them, whose intents are in the journal */
	struct errand errand;
	struct parking parking;
};

/* exchange.c: sends requests that stand in a list of pointers, and judges them in their order. 0 or -1. */
int parts_run(struct task *task, struct bptl_request **requests, size_t count);
/* judge.c: fails the task when there is no usable answer, or a refusal that the unit does not want to see. 0 or -1. */
int part_judge(struct task *task, const struct part *part);
/* judge.c: nobody knows whether the request was carried out. */
int part_is_unknown(const struct part *part);
/* pages.c: follows `next` to the end, and makes the list of all results the answer. 0 or -1. */
int pages_read(struct task *task, struct bptl_request *first);

#endif
