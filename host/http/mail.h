/* mail.h: makes a mail (RFC 5322, 2045 to 2047) and sends it over SMTP, on the calling thread. */
#ifndef BPTL_HTTP_MAIL_H
#define BPTL_HTTP_MAIL_H

#include <bptl/plugin.h>
#include <stdint.h>

#include "base/error.h"
#include "http/service.h"

/* How sending ended. */
struct mail_answer {
	enum mail_outcome {
		MAIL_ACCEPTED,
		MAIL_NOT_MADE, /* something in it is not allowed: nobody was asked */
		MAIL_REFUSED,  /* 5xx, bad certificate, authentication refused: trying again will not help */
		MAIL_LATER,    /* 4xx, not connected: nothing was sent, try again */
		MAIL_UNKNOWN   /* lost after the text was sent: it may have arrived */
	} outcome;
	int code;           /* of the server's last answer, 0 when none */
	struct error error; /* with the server's own words when it said any; "" when accepted */
};

/* Sends, and holds up the calling thread for the service's timeout at most (and as long again to say good-bye to a
 * server that does not answer). Safe from several threads at once. message_id is without the angle brackets
 * ("task-id.1@host"). Addresses are checked (one @, no control characters, no spaces, no angle brackets or commas, 254
 * bytes at most), subjects are encoded when they are not ASCII; CR, LF and NUL are refused. The text part comes first,
 * HTML second, inline parts related to it, then attachments. Auto-Submitted: auto-generated. STARTTLS is demanded when
 * service->starttls is set. client_id and secret, when set, are the user and password of AUTH. `wall` is the Date, in
 * microseconds since 1970. */
void mail_deliver(const struct service *service, const struct bptl_mail *mail, const char *message_id, int64_t wall,
		  struct mail_answer *answer);

/* The address check alone; for configuration and units. 0, or -1 and the reason. */
int mail_check_address(const char *address, struct error *error);

#endif
