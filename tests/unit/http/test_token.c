/* test_token.c: tokens against ones that Python's hmac and base64 made. */
#include "http/token.h"

#include <stdlib.h>

#include "check.h"

TEST(a_token_is_the_one_that_others_compute)
{
	struct service service = {.user_id = (char[]){"team"},
				  .user_representation = (char[]){"Bureau Zaken, vri\xc3\xa9"},
				  .token_leeway = 10};
	struct credentials credentials = {.client_id = (char[]){"bptl"},
					  .secret = (char[]){"not-so-secret-0123456789"}};
	char *token = token_zgw(&service, &credentials, 1768554753);

	assert_string_equal(
		token,
		"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
		"eyJpc3MiOiJicHRsIiwiaWF0IjoxNzY4NTU0NzQzLCJjbGllbnRfaWQiOiJicHRsIiwidXNlcl9pZCI6InRlYW0iLCJ1c2VyX3JlcH"
		"Jlc2VudGF0aW9uIjoiQnVyZWF1IFpha2VuLCB2cmlcdTAwRTkifQ.Kj1KDPpz8qlbvc8iMZwvjGBmPHXQSywT3yS9sIuPzq8");
	free(token);
}

TEST(claims_without_a_user_are_empty_and_not_absent)
{
	struct service service = {.token_leeway = 0};
	struct credentials credentials = {.client_id = (char[]){"bptl"}, .secret = (char[]){"s"}};
	char *token = token_zgw(&service, &credentials, 1768554753);

	assert_string_equal(token, "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."
				   "eyJpc3MiOiJicHRsIiwiaWF0IjoxNzY4NTU0NzUzLCJjbGllbnRfaWQiOiJicHRsIiwidXNlcl9pZCI6IiI"
				   "sInVzZXJfcmVwcmVzZW50YXRpb24iOiIifQ.BnMb9J40CinrI0lSogeGDu4PUv6fOIzJsZwAcmDZnQQ");
	free(token);
}

TEST(another_secret_or_time_makes_another_token)
{
	struct service service = {0};
	struct credentials credentials = {.client_id = (char[]){"bptl"}, .secret = (char[]){"s"}};
	char *first = token_zgw(&service, &credentials, 1000), *second = token_zgw(&service, &credentials, 1001),
	     *third;

	credentials.secret[0] = 't';
	third = token_zgw(&service, &credentials, 1000);
	assert_string_not_equal(first, second);
	assert_string_not_equal(first, third);
	assert_memory_equal(first, third, (size_t)(strrchr(first, '.') - first)); /* only the signature differs */
	free(first);
	free(second);
	free(third);
}

TEST(base64_has_both_alphabets)
{
	static const unsigned char bytes[] = {0xfb, 0xff, 0xbf, 0x3e};
	char *text = token_base64(bytes, 3);

	assert_string_equal(text, "+/+/");
	free(text);
	text = token_base64(bytes, 4);
	assert_string_equal(text, "+/+/Pg==");
	free(text);
	text = token_base64url(bytes, 4);
	assert_string_equal(text, "-_-_Pg");
	free(text);
	text = token_base64url(bytes, 2);
	assert_string_equal(text, "-_8");
	free(text);
	text = token_base64("", 0);
	assert_string_equal(text, "");
	free(text);
}

TEST(base64_of_a_long_text_has_no_padding_inside)
{
	static unsigned char bytes[10000];
	char *text = token_base64(bytes, sizeof(bytes));

	assert_int_equal(strlen(text), 13336);
	assert_int_equal(strspn(text, "A"), 13334); /* 9999 bytes, and one that leaves two characters of padding */
	assert_string_equal(text + 13334, "==");
	free(text);
}

TESTS(cmocka_unit_test(a_token_is_the_one_that_others_compute),
      cmocka_unit_test(claims_without_a_user_are_empty_and_not_absent),
      cmocka_unit_test(another_secret_or_time_makes_another_token), cmocka_unit_test(base64_has_both_alphabets),
      cmocka_unit_test(base64_of_a_long_text_has_no_padding_inside))
