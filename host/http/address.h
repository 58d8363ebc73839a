/* address.h: what kind of address it is that is about to be called. Private to host/http. */
#ifndef BPTL_HTTP_ADDRESS_H
#define BPTL_HTTP_ADDRESS_H

#include <sys/socket.h>

/* In 169.254.0.0/16 or fe80::/10, where clouds keep what is meant for the machine alone? */
int address_is_link_local(const struct sockaddr *address);
/* The same for an address as a text, without brackets; a name is none. */
int address_text_is_link_local(const char *host);
/* Is "host" or "host:port" this machine? A proxy from the environment is for the world outside, also when nobody wrote
 * a no_proxy. */
int address_text_is_loopback(const char *address);

#endif
