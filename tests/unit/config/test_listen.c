/* test_listen.c: which texts are addresses to listen at. */
#include "check.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "config/listen.h"

TEST(an_ipv4_address_and_a_port_are_read)
{
	struct sockaddr_storage address;
	const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)&address;
	socklen_t length;

	assert_int_equal(listen_read("127.0.0.1:8080", &address, &length), 0);
	assert_int_equal(length, sizeof(*in));
	assert_int_equal(in->sin_family, AF_INET);
	assert_int_equal(ntohs(in->sin_port), 8080);
	assert_int_equal(ntohl(in->sin_addr.s_addr), INADDR_LOOPBACK);
	assert_int_equal(listen_read("0.0.0.0:0", &address, &length), 0);
	assert_int_equal(in->sin_port, 0);
	assert_int_equal(listen_read("10.0.0.1:65535", &address, &length), 0);
	assert_int_equal(ntohs(in->sin_port), 65535);
}

TEST(an_ipv6_address_stands_in_brackets)
{
	struct sockaddr_storage address;
	const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)(const void *)&address;
	socklen_t length;

	assert_int_equal(listen_read("[::1]:9", &address, &length), 0);
	assert_int_equal(length, sizeof(*in));
	assert_int_equal(in->sin6_family, AF_INET6);
	assert_int_equal(ntohs(in->sin6_port), 9);
	assert_true(IN6_IS_ADDR_LOOPBACK(&in->sin6_addr));
	assert_int_equal(listen_read("[::]:8080", &address, &length), 0);
}

TEST(other_texts_are_no_addresses)
{
	static const char *const texts[] = {"",
					    ":",
					    "8080",
					    ":8080",
					    "127.0.0.1",
					    "127.0.0.1:",
					    "127.0.0.1:x",
					    "127.0.0.1:+1",
					    "127.0.0.1:-1",
					    "127.0.0.1: 1",
					    "127.0.0.1:65536",
					    "127.0.0.1:99999",
					    "127.1:80",
					    "256.0.0.1:80",
					    "localhost:80",
					    "::1:80",
					    "[::1]",
					    "[::1]80",
					    "[]:80",
					    "[:80",
					    "]:80",
					    "[127.0.0.1]:80",
					    "[::1%lo]:80",
					    "127.0.0.1:080808",
					    "*:80",
					    "http://127.0.0.1:80",
					    "127.0.0.1:80/"};
	struct sockaddr_storage address;
	socklen_t length;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (listen_read(texts[i], &address, &length) == 0)
			fail_msg("\"%s\" was taken for an address", texts[i]);
}

TESTS(cmocka_unit_test(an_ipv4_address_and_a_port_are_read), cmocka_unit_test(an_ipv6_address_stands_in_brackets),
      cmocka_unit_test(other_texts_are_no_addresses))
