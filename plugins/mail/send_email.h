/* send_email.h: the unit SendEmailTask; plugin.c lists it. Its state is the struct folder of the templates. */
#ifndef MAIL_SEND_EMAIL_H
#define MAIL_SEND_EMAIL_H

#include <bptl/plugin.h>

extern const struct bptl_unit send_email_unit;

#endif
