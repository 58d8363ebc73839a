/* mail.h: makes a mail (RFC 5322, 2045 to 2047) and sends it over SMTP, on the same multi handle as all exchanges. */
#ifndef BPTL_HTTP_MAIL_H
#define BPTL_HTTP_MAIL_H

#include <bptl/plugin.h>

#include "base/error.h"
#include "http/http.h"
#include "http/service.h"

struct mail_call;

/* How sending ended. */
struct mail_answer {
	enum mail_outcome {
		MAIL_ACCEPTED,
		MAIL_REFUSED, /* 5xx, bad certificate, authentication refused: trying again will not help */
		MAIL_LATER,   /* 4xx, not connected: nothing was sent, try again */
		MAIL_UNKNOWN  /* lost after the text was sent: it may have arrived */
	} outcome;
	int code;          /* of the server's last answer, 0 when none */
	const char *error; /* one line, with the server's own words when it said any; "" when accepted. Borrowed. */
};

typedef void mail_done(void *arg, const struct mail_answer *answer);

/* Sends. message_id is without the angle brackets ("task-id.1@host"). Addresses are checked (one @, no control
 * characters, no spaces, no angle brackets or commas, 254 bytes at most), subjects are encoded when they are not ASCII;
 * CR, LF and NUL are refused. The text part comes first, HTML second, inline parts related to it, then attachments.
 * Auto-Submitted: auto-generated. STARTTLS is demanded when service->starttls is set. client_id and secret, when set,
 * are the user and password of AUTH. done() is called once, never from here. NULL and the reason when the mail cannot
 * be made: done() is not called then. */
struct mail_call *mail_send(struct http *http, const struct service *service, const struct bptl_mail *mail,
			    const char *message_id, int64_t wall, mail_done *done, void *arg, struct error *error);

/* The same on the calling thread, which it holds up for the service's timeout (and as long again to say good-bye to a
 * server that does not answer). done() is called from here. 0, or -1 and the reason when the mail cannot be made. Safe
 * from several threads at once. The one to use wherever there is a thread that can wait: see mail.c. */
int mail_deliver(const struct service *service, const struct bptl_mail *mail, const char *message_id, int64_t wall,
		 mail_done *done, void *arg, struct error *error);

/* Ends what mail_send() began, now: done() is called, with MAIL_UNKNOWN when the text was sent already and else
 * MAIL_LATER, before this returns. */
void mail_cancel(struct mail_call *call);

/* The address check alone; for configuration and units. 0, or -1 and the reason. */
int mail_check_address(const char *address, struct error *error);

#endif
