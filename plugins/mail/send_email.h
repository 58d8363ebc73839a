/* send_email.h: the unit SendEmailTask; plugin.c lists it. Its state is the struct folder of the templates. */
#ifndef MAIL_SEND_EMAIL_H
#define MAIL_SEND_EMAIL_H

#include <bptl/plugin.h>

int send_email(struct bptl_task *t);

#endif
