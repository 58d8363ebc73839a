/* address.c: see address.h. */
#include "http/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/text.h"

static int link_local_4(uint32_t address)
{
	return (ntohl(address) & 0xffff0000) == 0xa9fe0000;
}

/* Also when an IPv4 address is dressed as an IPv6 one: mapped, compatible, and as NAT64 does it (RFC 6052). */
static int link_local_6(const struct in6_addr *address)
{
	static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
	uint32_t last;

	memcpy(&last, address->s6_addr + 12, sizeof(last));
	if (IN6_IS_ADDR_V4MAPPED(address) || IN6_IS_ADDR_V4COMPAT(address) ||
	    memcmp(address->s6_addr, nat64, sizeof(nat64)) == 0)
		return link_local_4(last);
	return IN6_IS_ADDR_LINKLOCAL(address);
}

int address_text_is_link_local(const char *host)
{
	struct in_addr four;
	struct in6_addr six;

	return (inet_pton(AF_INET, host, &four) == 1 && link_local_4(four.s_addr)) ||
	       (inet_pton(AF_INET6, host, &six) == 1 && link_local_6(&six));
}

int address_is_link_local(const struct sockaddr *address)
{
	const void *any = address;

	if (address->sa_family == AF_INET)
		return link_local_4(((const struct sockaddr_in *)any)->sin_addr.s_addr);
	return address->sa_family == AF_INET6 && link_local_6(&((const struct sockaddr_in6 *)any)->sin6_addr);
}

int address_text_is_loopback(const char *address)
{
	size_t length = strcspn(address, ":");

	if (text_starts(address, "[::1]"))
		return 1;
	if (length == 9 && strncmp(address, "localhost", length) == 0)
		return 1;
	return text_starts(address, "127.") && strspn(address, "0123456789.") == length;
}
