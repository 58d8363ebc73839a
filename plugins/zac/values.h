/* values.h: what stands in the ZAC's reports, as texts, numbers and dates, and in which order. Nothing in a report is
 * too odd to be shown. */
#ifndef ZAC_VALUES_H
#define ZAC_VALUES_H

#include <bptl/plugin.h>

#include "moment.h"

/* A member as text: "" when there is none, JSON when it is neither text nor number. */
const char *value_text(struct bptl_task *t, json_t *value);

/* A member as number: 0 when it is none. */
double value_number(const json_t *value);

/* A member as a date or time in UTC, or as it is when it has no offset; 0, or -1: it is no date that a cell can hold.
 */
int value_moment(json_t *value, struct moment *moment);

/* Which text comes first, without regard to upper and lower case: negative, 0 or positive, as strcmp(). */
int value_compare(const char *a, const char *b);

#endif
