/* listen.h: an address to listen at, as a text: 127.0.0.1:8080, [::1]:8080. */
#ifndef BPTL_CONFIG_LISTEN_H
#define BPTL_CONFIG_LISTEN_H

#include <sys/socket.h>

/* 0, or -1 when the text is none. Names are none: what they stand for may change, or be more than one address. */
int listen_read(const char *text, struct sockaddr_storage *address, socklen_t *length);

#endif
