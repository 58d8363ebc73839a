/* facts.h: what pages show of the host. The core counts in here where things happen, and brings up to date what is no
 * count (`ready`, gauges) when a page asks for it; pages only read. Lists are as long as the configuration, so that
 * nothing grows with the tasks. Counts are of this process: they begin at 0 when it starts. */
#ifndef BPTL_WEB_FACTS_H
#define BPTL_WEB_FACTS_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/histogram.h"

/* How a run of a task ended. */
#define FACTS_OUTCOMES(X)                                                                                              \
	X(FACT_COMPLETED, "completed")                                                                                 \
	X(FACT_BPMN_ERROR, "bpmn_error")                                                                               \
	X(FACT_FAILED, "failed")     /* the engine offers it again */                                                  \
	X(FACT_INCIDENT, "incident") /* failed, and a person must look */                                              \
	X(FACT_LOST, "lost")         /* its lock was, or the engine no longer has it */                                \
	X(FACT_RETURNED, "returned") /* unlocked unfinished */

/* Why a run failed. */
#define FACTS_CAUSES(X)                                                                                                \
	X(FACT_UNIT, "unit")                       /* the unit said so */                                              \
	X(FACT_UNKNOWN_OUTCOME, "unknown_outcome") /* of a request, or of a mail */                                    \
	X(FACT_TIME_LIMIT, "time_limit")                                                                               \
	X(FACT_CRASH, "crash") /* the unit ended its process, or its process ended */                                  \
	X(FACT_NO_UNIT, "no_unit")                                                                                     \
	X(FACT_ENGINE, "engine") /* it does not take the completion or the BPMN error */                               \
	X(FACT_HOST, "host")     /* other reasons of the host's own */

/* Where tasks in hand are. */
#define FACTS_STATES(X)                                                                                                \
	X(FACT_QUEUED, "queued")                                                                                       \
	X(FACT_RUNNING, "running")                                                                                     \
	X(FACT_REPORTING, "reporting") /* the work is done or has failed, and this is being said */

#define FACTS_POLLS(X)                                                                                                 \
	X(FACT_POLL_TASKS, "tasks")                                                                                    \
	X(FACT_POLL_EMPTY, "empty")                                                                                    \
	X(FACT_POLL_FAILED, "failed")                                                                                  \
	X(FACT_POLL_STOPPED, "stopped") /* by us */

#define FACTS_EXTENSIONS(X)                                                                                            \
	X(FACT_EXTENDED, "extended")                                                                                   \
	X(FACT_NOT_EXTENDED, "unanswered") /* tried again */                                                           \
	X(FACT_LOCK_LOST, "lost")

#define FACTS_REPORTS(X)                                                                                               \
	X(FACT_COMPLETION, "completion")                                                                               \
	X(FACT_FAILURE, "failure") /* BPMN errors, too */

#define FACTS_CALLBACKS(X)                                                                                             \
	X(FACT_CALLED, "called")                                                                                       \
	X(FACT_CALL_AGAIN, "retried")                                                                                  \
	X(FACT_CALL_GIVEN_UP, "given_up")                                                                              \
	X(FACT_CALL_REFUSED, "refused") /* by callback_allow */

/* Classes of an answer's status; mail servers have the same. */
#define FACTS_STATUSES(X)                                                                                              \
	X(FACT_1XX, "1xx")                                                                                             \
	X(FACT_2XX, "2xx")                                                                                             \
	X(FACT_3XX, "3xx")                                                                                             \
	X(FACT_4XX, "4xx")                                                                                             \
	X(FACT_5XX, "5xx")                                                                                             \
	X(FACT_NO_ANSWER, "none")

#define X(code, name) code,
enum facts_outcome { FACTS_OUTCOMES(X) FACTS_OUTCOME_COUNT };
enum facts_cause { FACTS_CAUSES(X) FACTS_CAUSE_COUNT };
enum facts_state { FACTS_STATES(X) FACTS_STATE_COUNT };
enum facts_poll { FACTS_POLLS(X) FACTS_POLL_COUNT };
enum facts_extension { FACTS_EXTENSIONS(X) FACTS_EXTENSION_COUNT };
enum facts_report { FACTS_REPORTS(X) FACTS_REPORT_COUNT };
enum facts_callback { FACTS_CALLBACKS(X) FACTS_CALLBACK_COUNT };
enum facts_status { FACTS_STATUSES(X) FACTS_STATUS_COUNT };
#undef X

struct facts_topic {
	const char *engine, *topic; /* no engine: the row of topics that are not configured any more */
	const char *plugin, *unit;
	uint64_t fetched;
	uint64_t outcomes[FACTS_OUTCOME_COUNT], causes[FACTS_CAUSE_COUNT];
	uint64_t states[FACTS_STATE_COUNT]; /* now */
	struct histogram duration;          /* of runs, from the start of the unit to its end */
};

struct facts_engine {
	const char *name;
	uint64_t polls[FACTS_POLL_COUNT], extensions[FACTS_EXTENSION_COUNT], retries[FACTS_REPORT_COUNT];
	int64_t poll_age; /* ms since the last poll that was answered well; since the start when there was none */
};

struct facts_plugin {
	const char *name, *version; /* NULL: not known yet */
	uint64_t starts;            /* of processes */
	int ready;                  /* its process is, now */
	uint64_t lost;              /* processes, by its own faults */
	int quarantined;            /* now */
	int64_t memory;             /* bytes that its processes hold now */
};

struct facts_service {
	char *name; /* "engine:main": the engine's REST interface, called by units */
	uint64_t requests[FACTS_STATUS_COUNT];
};

struct facts {
	struct facts_topic *topics; /* NULL: the host is still starting */
	struct facts_engine *engines;
	struct facts_plugin *plugins;
	struct facts_service *services;
	size_t topic_count, engine_count, plugin_count, service_count;
	uint64_t callbacks[FACTS_CALLBACK_COUNT];
	int places, busy, reserved; /* reserved: by open polls */
	struct histogram commits;   /* of the journal, that had something to write */
	int blocked;                /* it cannot be written now */
	int64_t journal_bytes;
	int64_t start;   /* microseconds since 1970 */
	json_t *reasons; /* why the host is not ready: [{reason, text, engine or plugin}]; empty: it is */
};

#endif
