/* mail_text.h: the text side of mail.c: what a header line may hold, and how it is written (RFC 5322, 2045 to 2047,
 * 2231). It knows nothing of servers or curl. Private to host/http. */
#ifndef BPTL_HTTP_MAIL_TEXT_H
#define BPTL_HTTP_MAIL_TEXT_H

#include <bptl/plugin.h>
#include <stdint.h>

#include "base/error.h"
#include "http/service.h"

#define MAIL_SUBJECT_LIMIT 2000
#define MAIL_NAME_LIMIT 240 /* bytes of a file name: percent-encoded it still fits in a line of 998 octets */
#define MAIL_LINE 76        /* columns of a header line: the limit for lines with encoded words */

/* Can this mail be made: addresses, subject, message id, parts, and UTF-8 everywhere? 0 or -1. */
int mail_text_check(const struct service *service, const struct bptl_mail *mail, const char *message_id,
		    struct error *error);

/* "Subject: ..." folded, in encoded words when it is not plain ASCII. Owned. */
char *mail_text_subject(const char *subject);
/* "To: a, b" folded. Owned. */
char *mail_text_addresses(const char *header, const char *const *addresses);
/* "Date: Fri, 16 Jan 2026 09:12:33 +0000" from microseconds since 1970. Owned. */
char *mail_text_date(int64_t wall);
/* "Content-Disposition: attachment; filename=..."; name of MAIL_NAME_LIMIT bytes at most, or NULL.
 * Owned. */
char *mail_text_disposition(const char *kind, const char *name);
/* A copy in which every end of line is CRLF. Owned. */
char *mail_text_lines(const char *text);

#endif
