/* test_url.c: what a URL may look like, and under which root it lies. */
#include "http/url.h"

#include <stdlib.h>

#include "check.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

struct pair {
	const char *in, *out;
};

TEST(a_url_is_brought_to_one_form)
{
	static const struct pair cases[] = {
		{"https://h/", "https://h/"},
		{"https://h", "https://h/"},
		{"HTTPS://Example.ORG/Path", "https://example.org/Path"},
		{"https://h:443/a", "https://h/a"},
		{"https://h:0443/a", "https://h/a"},
		{"http://h:80", "http://h/"},
		{"http://h:443/", "http://h:443/"},
		{"https://h:80/", "https://h:80/"},
		{"https://h:8443/x/", "https://h:8443/x/"},
		{"https://h:/x", "https://h/x"},
		{"https://h?x=y", "https://h/?x=y"},
		{"https://h/a?x=../b", "https://h/a?x=../b"},
		{"https://h/a?u=https://other/", "https://h/a?u=https://other/"},
		{"https://h/a//b", "https://h/a//b"},
		{"https://h/a%20b", "https://h/a%20b"},
		{"https://h/a...b/.../c", "https://h/a...b/.../c"},
		{"https://h/.well-known/x", "https://h/.well-known/x"},
		{"https://h/a:b@c", "https://h/a:b@c"},
		{"http://[::1]:8080/", "http://[::1]:8080/"},
		{"http://[2001:DB8::1]/", "http://[2001:db8::1]/"},
		{"http://127.0.0.1/", "http://127.0.0.1/"},
		{"http://2130706433/", "http://127.0.0.1/"},
		{"http://0x7f.1/", "http://127.0.0.1/"},
		{"http://0177.0.0.1/", "http://127.0.0.1/"},
		{"http://127.1/", "http://127.0.0.1/"},
		{"https://host./", "https://host./"},
		{"https://xn--mnchen-3ya.example/", "https://xn--mnchen-3ya.example/"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = {0};
		char *normal = url_normal(cases[i].in, "http https", &error);
		char *again;

		if (!normal)
			fail_msg("%s: %s", cases[i].in, error.text);
		assert_string_equal(normal, cases[i].out);
		again = url_normal(normal, "http https", &error);
		assert_string_equal(again, normal);
		free(again);
		free(normal);
	}
}

TEST(what_could_be_read_in_two_ways_is_refused)
{
	static const struct pair cases[] = {
		{"https://user@h/", "user information"},
		{"https://user:pw@h/", "user information"},
		{"https://@h/", "user information"},
		{"https://:@h/", "user information"},
		{"https://good.example@evil.example/", "user information"},
		{"https://good.example%40evil.example/", "URL"},
		{"https://good.example\\@evil.example/", "backslash"},
		{"https://h\\evil/", "backslash"},
		{"https:\\\\h/", "backslash"},
		{"https://h/a\\..\\b", "backslash"},
		{"https://h/a#b", "fragment"},
		{"https://h/#", "fragment"},
		{"https://good.example#@evil.example/", "fragment"},
		{"https://h/a b", "space"},
		{" https://h/", "space"},
		{"https://h/ ", "space"},
		{"https://h/\ta", "control"},
		{"https://h/a\nb", "control"},
		{"https://h/a\r\nHost: evil", "control"},
		{"ht\ttps://h/", "control"},
		{"https://h\x7f/", "control"},
		{"https://h\xc3\xa9/", "percent-encoded"},
		{"https://h\xef\xbc\x8f.evil/", "percent-encoded"},
		{"https://h/caf\xc3\xa9", "percent-encoded"},
		{"https:///h/", "no host"},
		{"https://", "no host"},
		{"https://?x", "no host"},
		{"https://:443/", "host"},
		{"https:/h/", "not absolute"},
		{"https:h/", "not absolute"},
		{"//h/", "not absolute"},
		{"/a", "not absolute"},
		{"h/a", "not absolute"},
		{"", "not absolute"},
		{"ftp://h/", "scheme"},
		{"file:///etc/passwd", "no host"},
		{"file://h/etc/passwd", "file:"},
		{"gopher://h/", "scheme"},
		{"smtp://h/", "scheme"},
		{"javascript://h/", "scheme"},
		{"httpss://h/", "scheme"},
		{"https://h:0/", "port"},
		{"https://h:65536/", "Port"},
		{"https://h:99999999999/", "Port"},
		{"https://h:-1/", "Port"},
		{"https://h:80x/", "Port"},
		{"https://h:80:81/", "ort"},
		{"https://h/.", "segment"},
		{"https://h/..", "segment"},
		{"https://h/a/../b", "segment"},
		{"https://h/a/./b", "segment"},
		{"https://h/a/..", "segment"},
		{"https://h/a/%2e%2e/b", "segment"},
		{"https://h/a/%2E./b", "segment"},
		{"https://h/a/.%2e", "segment"},
		{"https://h/a/%2e/", "segment"},
		{"https://h/a/..;/b", "segment"},
		{"https://h/a/..;x=y/b", "segment"},
		{"https://h/a/..%3bx/b", "segment"},
		{"https://h/a%2fb", "slash"},
		{"https://h/a%2F..%2Fb", "slash"},
		{"https://h/a%5cb", "slash"},
		{"https://h/a%5C..", "slash"},
		{"https://h/%252e%252e/b", "twice"},
		{"https://h/a%252fb", "twice"},
		{"https://h/a%255Cb", "twice"},
		{"https://h/a%00b", "control"},
		{"https://h/a%0d%0ab", "control"},
		{"https://h/a%25%32%66b", "twice"},
		{"https://h/%25%32%65%25%32%65/b", "twice"},
		{"https://h/%2525252e/b", "twice"},
		{"https://h/%25%35%63", "twice"},
		{"https://h/%c0%ae%c0%ae/", "UTF-8"},
		{"https://h/%e0%80%ae/", "UTF-8"},
		{"https://h/%ff", "UTF-8"},
		{"https://h/..%20/b", "segment"},
		{"https://h/%2e.%3fx/b", "segment"},
		{"https://h/..%23/b", "segment"},
		{"https://h/a%", "no percent-encoding"},
		{"https://h/a%2", "no percent-encoding"},
		{"https://h/a%zz", "no percent-encoding"},
		{"http://[fe80::1%25eth0]/", "zone"},
		{"http://127%2e0.1/", "host holds a percent-encoding"},
		{"https://zaken%2eexample/", "host holds a percent-encoding"},
		{"https://h%00.example/", "host holds a percent-encoding"},
		{"http://[::1/", "IPv6"},
		{"http://[h]/", "IPv6"},
		{"https://.h/", "label"},
		{"https://a..b/", "label"},
		{"https://h,evil/", "ost"},
		{"https://h;evil/", "ost"},
		{"https://h*/", "ost"},
		{"https://$h/", "ost"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = {0};
		char *normal = url_normal(cases[i].in, "http https", &error);

		if (normal)
			fail_msg("\"%s\" became %s", cases[i].in, normal);
		assert_contains(error.text, cases[i].out);
	}
}

TEST(a_url_that_is_too_long_is_refused)
{
	char url[9000] = "https://h/";
	struct error error;

	memset(url + 10, 'a', sizeof(url) - 11);
	url[sizeof(url) - 1] = '\0';
	assert_null(url_normal(url, "https", &error));
	assert_contains(error.text, "longer than 8000");
	assert_true(strlen(error.text) < 600);
}

TEST(only_the_named_schemes_are_taken)
{
	struct error error;
	char *normal = url_normal("smtps://Mail:465", "smtp smtps", &error);

	assert_string_equal(normal, "smtps://mail/");
	free(normal);
	normal = url_normal("smtp://mail:587/", "smtp smtps", &error);
	assert_string_equal(normal, "smtp://mail:587/");
	free(normal);
	assert_null(url_normal("http://h/", "https", &error));
	assert_null(url_normal("https://h/", "http", &error));
	assert_null(url_normal("https://h/", "", &error));
}

TEST(a_refusal_shows_no_user_and_no_query)
{
	static const char *const urls[] = {"https://user:secret@h/", "https://h/a b?token=secret",
					   "https://h/#secret",      "https:/user:secret@h/",
					   "https://secret@h\\/",    "user:secret@h",
					   "https://a:secret@b@c/",  "http:///u:secret@h/x",
					   "https://h:secret@:1/",   "secret:x@h/",
					   "https:secret@h"};

	for (size_t i = 0; i < COUNT(urls); i++) {
		struct error error = {0};

		assert_null(url_normal(urls[i], "http https", &error));
		if (strstr(error.text, "secret"))
			fail_msg("%s: %s", urls[i], error.text);
	}
}

TEST(a_root_ends_with_a_slash_and_has_no_query)
{
	struct error error;
	char *root = url_root("HTTPS://H:443/api/v1", "http https", &error);

	assert_string_equal(root, "https://h/api/v1/");
	free(root);
	root = url_root("http://h", "http https", &error);
	assert_string_equal(root, "http://h/");
	free(root);
	assert_null(url_root("https://h/api?x=y", "http https", &error));
	assert_contains(error.text, "query");
	assert_null(url_root("https://h/api/?", "http https", &error));
	assert_null(url_root("https://h/api/../", "http https", &error));
}

TEST(only_what_lies_under_a_root_is_under_it)
{
	static const char root[] = "https://h/api/v1/";
	static const char *const under[] = {"https://h/api/v1/", "https://h/api/v1/zaken", "https://h/api/v1/?x=y",
					    "https://h/api/v1//x", "https://h/api/v1/zaken/1?u=http://evil/"};
	static const char *const outside[] = {
		"https://h/api/v1", "https://h/api/v1evil/", "https://h/api/v1?x", "https://h/api/v2/zaken",
		"https://h/API/v1/zaken", "https://h/api/%761/zaken", "https://h/api//v1/zaken", "https://h/",
		"https://h./api/v1/zaken", "https://hh/api/v1/zaken", "https://h.evil/api/v1/zaken",
		"https://evil/api/v1/zaken", "https://evil/https://h/api/v1/zaken", "http://h/api/v1/zaken",
		"https://h:8443/api/v1/zaken",
		/* under it by their first letters, but not normal */
		"https://h/api/v1/../../x", "https://h/api/v1/%2e%2e/x", "https://h/api/v1/a b", "https://h/api/v1/#x",
		/* normal they would be under it, but they are not */
		"HTTPS://h/api/v1/zaken", "https://H/api/v1/zaken", "https://h:443/api/v1/zaken",
		"https://u@h/api/v1/zaken", "zaken", ""};

	for (size_t i = 0; i < COUNT(under); i++)
		if (!url_under(root, under[i]))
			fail_msg("%s is not under %s", under[i], root);
	for (size_t i = 0; i < COUNT(outside); i++)
		if (url_under(root, outside[i]))
			fail_msg("%s is under %s", outside[i], root);
	/* a root that is none has nothing under it */
	assert_false(url_under("https://h/api/v1", "https://h/api/v1/zaken"));
	assert_false(url_under("", "https://h/api/v1/zaken"));
	assert_false(url_under("https://h", "https://h.evil/"));
}

TEST(what_a_unit_asks_for_is_made_absolute)
{
	static const struct pair cases[] = {
		{"statussen", "https://h/api/v1/statussen"},
		{"/statussen", "https://h/api/v1/statussen"},
		{"statussen?x=y&u=https://evil/..", "https://h/api/v1/statussen?x=y&u=https://evil/.."},
		{"", "https://h/api/v1/"},
		{"?x=y", "https://h/api/v1/?x=y"},
		{"a/b:c", "https://h/api/v1/a/b:c"},
		{"https://h/api/v1/zaken/1", "https://h/api/v1/zaken/1"},
		{"HTTPS://H:443/api/v1/zaken/1", "https://h/api/v1/zaken/1"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = {0};
		char *url = url_resolve("https://h/api/v1/", cases[i].in, &error);

		if (!url)
			fail_msg("%s: %s", cases[i].in, error.text);
		assert_string_equal(url, cases[i].out);
		free(url);
	}
}

TEST(what_leads_away_from_the_root_is_refused)
{
	static const char *const cases[] = {"//evil/x",
					    "///evil/x",
					    "/\\evil/x",
					    "\\\\evil/x",
					    "..",
					    "../x",
					    "a/../../x",
					    "/..",
					    "%2e%2e/x",
					    "..;/x",
					    "..%2fx",
					    "a:b",
					    "javascript:alert(1)",
					    "data:text/plain,x",
					    "https:statussen",
					    "https:/statussen",
					    "https://evil/api/v1/statussen",
					    "https://h@evil/api/v1/",
					    "https://h.evil/api/v1/",
					    "https://h/api/v1",
					    "https://h/api/v1evil/",
					    "https://h:444/api/v1/x",
					    "http://h/api/v1/x",
					    "smtp://h/api/v1/x",
					    "statussen#x",
					    "statussen x",
					    "statussen\r\nX: y"};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct error error = {0};
		char *url = url_resolve("https://h/api/v1/", cases[i], &error);

		if (url)
			fail_msg("\"%s\" became %s", cases[i], url);
		assert_contains(error.text, "refused");
		assert_null(strchr(error.text, '\n'));
	}
}

TEST(escaping_leaves_only_the_unreserved)
{
	char *text = url_escape("AZaz09-._~ /?&=%+:@#\xc3\xa9\n");

	assert_string_equal(text, "AZaz09-._~%20%2F%3F%26%3D%25%2B%3A%40%23%C3%A9%0A");
	free(text);
	text = url_escape("");
	assert_string_equal(text, "");
	free(text);
}

TEST(an_outline_has_no_query_and_no_user)
{
	static const struct pair cases[] = {
		{"https://h/a?b=c", "https://h/a"},
		{"https://h/a#b", "https://h/a"},
		{"https://u:p@h/a", "https://h/a"},
		{"https://u:p@x@h/a", "https://h/a"},
		{"https://h/users/@me", "https://h/users/@me"},
		{"u:p@h/a", "h/a"},
		{"a\nb", "a b"},
		{"", ""},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *outline = url_outline(cases[i].in);

		assert_string_equal(outline, cases[i].out);
		free(outline);
	}
}

TEST(the_host_comes_without_brackets)
{
	static const struct pair cases[] = {
		{"https://h:8443/a", "h"}, {"http://[::1]:80/", "::1"}, {"http://127.0.0.1/", "127.0.0.1"}, {"x", ""}};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char *host = url_host(cases[i].in);

		assert_string_equal(host, cases[i].out);
		free(host);
	}
}

TESTS(cmocka_unit_test(a_url_is_brought_to_one_form), cmocka_unit_test(what_could_be_read_in_two_ways_is_refused),
      cmocka_unit_test(a_url_that_is_too_long_is_refused), cmocka_unit_test(only_the_named_schemes_are_taken),
      cmocka_unit_test(a_refusal_shows_no_user_and_no_query),
      cmocka_unit_test(a_root_ends_with_a_slash_and_has_no_query),
      cmocka_unit_test(only_what_lies_under_a_root_is_under_it),
      cmocka_unit_test(what_a_unit_asks_for_is_made_absolute),
      cmocka_unit_test(what_leads_away_from_the_root_is_refused), cmocka_unit_test(escaping_leaves_only_the_unreserved),
      cmocka_unit_test(an_outline_has_no_query_and_no_user), cmocka_unit_test(the_host_comes_without_brackets))
