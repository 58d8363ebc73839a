/* listen.c: see listen.h. */
#include "config/listen.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

int listen_read(const char *text, struct sockaddr_storage *address, socklen_t *length)
{
	const char *colon = strrchr(text, ':'), *digits = colon ? colon + 1 : "";
	size_t end = colon ? (size_t)(colon - text) : 0;
	int six = end > 2 && text[0] == '[' && text[end - 1] == ']';
	long port = strlen(digits) <= 5 && strspn(digits, "0123456789") == strlen(digits) && *digits
			    ? strtol(digits, NULL, 10)
			    : -1;
	char *host;
	int code;

	if (port < 0 || port > 65535)
		return -1;
	host = six ? mem_slice(text + 1, end - 2) : mem_slice(text, end);
	memset(address, 0, sizeof(*address));
	if (six) {
		struct sockaddr_in6 *in = (struct sockaddr_in6 *)(void *)address;

		in->sin6_family = AF_INET6;
		in->sin6_port = htons((in_port_t)port);
		code = inet_pton(AF_INET6, host, &in->sin6_addr);
		*length = sizeof(*in);
	} else {
		struct sockaddr_in *in = (struct sockaddr_in *)(void *)address;

		in->sin_family = AF_INET;
		in->sin_port = htons((in_port_t)port);
		code = inet_pton(AF_INET, host, &in->sin_addr);
		*length = sizeof(*in);
	}
	free(host);
	return code == 1 ? 0 : -1;
}
