/* common.h: what the units share: headers, reading answers, and the requests that several of them make. */
#ifndef ZGW_COMMON_H
#define ZGW_COMMON_H

#include <bptl/plugin.h>

/* Every unit of this plugin works for an application. The host takes the credentials from it. */
#define ZGW_APP_ID                                                                                                     \
	{                                                                                                              \
		"bptlAppId", BPTL_TEXT, BPTL_REQUIRED, "Application whose credentials are used", NULL                  \
	}

/* The purpose of a call, for the log of the NLX: the variables, and their header lines. */
#define ZGW_NLX_VARIABLES                                                                                              \
	{"NLXProcessId", BPTL_TEXT, BPTL_OPTIONAL, "Process for the NLX log", NULL},                                   \
	{                                                                                                              \
		"NLXSubjectIdentifier", BPTL_TEXT, BPTL_OPTIONAL, "Subject for the NLX log", NULL                      \
	}
#define ZGW_NLX_HEADERS(t)                                                                                             \
	zgw_header(t, "X-NLX-Request-Process-Id", "NLXProcessId"),                                                     \
		zgw_header(t, "X-NLX-Request-Subject-Identifier", "NLXSubjectIdentifier")

/* The Zaken API demands the first of everything under zaken/, and the second of what is sent there. */
#define ZGW_ACCEPT_CRS "Accept-Crs: EPSG:4326"
#define ZGW_CONTENT_CRS "Content-Crs: EPSG:4326"

/* The most characters that the Zaken API takes as an explanation. */
#define ZGW_EXPLANATION_MOST 1000

/* The header line with the value of a variable; "" when it has none. */
const char *zgw_header(struct bptl_task *t, const char *header, const char *variable);

/* The text of a variable, which fails the task when it has more than `most` characters; NULL when it has none. */
const char *zgw_text_within(struct bptl_task *t, const char *variable, size_t most);

/* A member of an answer that is a text with something in it, else NULL. Never fails. Borrowed. */
const char *zgw_text_in(const json_t *object, const char *name);

/* Is this member of an answer the same text? Never fails. */
int zgw_text_is(const json_t *object, const char *name, const char *text);

/* All results of a list, whatever the number of its pages. */
json_t *zgw_list(struct bptl_task *t, const char *what, const char *service, const char *url);

/* Creates something in the Zaken API: the answer. Body stolen. */
json_t *zgw_create(struct bptl_task *t, const char *what, const char *url, json_t *body);

/* The same for what may be there only once. Also sent again when the outcome of the first time is unknown, since the
 * API lets no second one come to be. NULL with `request` filled, and the task not failed, when it is there already. */
json_t *zgw_create_once(struct bptl_task *t, struct bptl_request *request);

/* The zaak itself. */
json_t *zgw_zaak(struct bptl_task *t, const char *url);

/* The zaken to which a zaak is related: a list, or JSON null. An answer without it fails the task, since it would pass
 * for a zaak without relations. */
json_t *zgw_relations(struct bptl_task *t, json_t *zaak);

/* All statustypen of a zaaktype. */
json_t *zgw_statustypen(struct bptl_task *t, const char *zaaktype);

/* The URL of the statustype with this volgnummer; none is a failure. */
const char *zgw_statustype(struct bptl_task *t, const char *zaaktype, int64_t volgnummer);

/* Creates a status that begins now: the answer. Without a remark (NULL) the member is left out. */
json_t *zgw_set_status(struct bptl_task *t, const char *zaak, const char *statustype, const char *remark);

#endif
