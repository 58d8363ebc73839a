/* service.h: what a service is: an address, and what proves to it who we are. Filled by config/, sent to a runner as
 * JSON (only the services of its own topics), used by client.c and mail.c. An engine is reached as a service, too. */
#ifndef BPTL_HTTP_SERVICE_H
#define BPTL_HTTP_SERVICE_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/log.h"

enum service_auth {
	SERVICE_NONE,
	SERVICE_ZGW,     /* HS256 token: client_id and secret */
	SERVICE_API_KEY, /* header and value */
	SERVICE_OAUTH2,  /* client credentials at token_url: client_id and secret */
	SERVICE_BASIC,   /* user (client_id) and secret */
	SERVICE_BEARER   /* a fixed token (secret) */
};

/* The part that an app can have of its own. Owned by the service or app. */
struct credentials {
	char *client_id; /* or the user name */
	char *secret;
	char *header; /* name of the header that carries `value` */
	char *value;
};

struct service {
	char *name; /* its section */
	char *type; /* zrc, ztc, drc, brc, ac, nrc, cmc, kc, vrc, orc, smtp, engine */
	char *root; /* normal, ends with "/"; for smtp smtp://host:port or smtps://host:port */
	enum service_auth auth;
	struct credentials own;
	char *user_id, *user_representation; /* zgw claims, or NULL */
	int64_t token_leeway;                /* zgw: iat is this many seconds back */
	char *token_url, *scope;             /* oauth2 */
	int64_t timeout;                     /* milliseconds */
	char *ca_file, *client_cert, *client_key;
	char *from;   /* smtp: the sender's address */
	int starttls; /* smtp: demand STARTTLS; 0 only for loopback or smtps */
};

/* An application of the Autorisaties API: credentials by service, chosen by the variable bptlAppId. */
struct app {
	char *name;
	char *id;
	struct app_entry {
		char *service;
		struct credentials credentials;
	} * entries;
	size_t count;
};

void service_clear(struct service *service);
void app_clear(struct app *app);
const char *service_auth_name(enum service_auth auth);
/* -1 when there is no such name. */
int service_auth_named(const char *name);

/* For the frame that starts a runner. New reference. */
json_t *service_to_json(const struct service *service);
/* Fills a zeroed service. 0 or -1. */
int service_from_json(struct service *service, const json_t *value, struct error *error);
/* With its credentials for the services of this list of theirs alone (as service_to_json() makes them); NULL: for all.
 */
json_t *app_to_json(const struct app *app, const json_t *services);
int app_from_json(struct app *app, const json_t *value, struct error *error);

/* Names every secret of the service or app to the log, which masks them from then on. */
void service_hide(const struct service *service, struct log *log);
void app_hide(const struct app *app, struct log *log);

#endif
