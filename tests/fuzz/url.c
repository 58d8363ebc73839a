/* url.c: the rule of which URL may have a credential. The input is a root in its first line and a URL in its second.
 * What the rule lets through is taken apart by curl's parser once more, here, and must then have the root's scheme,
 * host and port, and a path under the root's. */
#include "http/url.h"
#include "fuzz.h"

#include <curl/curl.h>
#include <strings.h>

static const char all[] = "http https smtp smtps";

struct parts {
	char *scheme, *user, *host, *port, *path, *query, *fragment;
};

static char *part(CURLU *parsed, CURLUPart which, unsigned flags)
{
	char *text = NULL, *copy;

	copy = curl_url_get(parsed, which, &text, flags) == CURLUE_OK ? mem_text(text) : NULL;
	curl_free(text);
	return copy;
}

/* As curl_easy_perform() would do it: dot segments are squashed, user information is taken. */
static int take_apart(const char *url, struct parts *parts)
{
	CURLU *parsed = curl_url();
	int code = curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK ? 0 : -1;

	*parts = (struct parts){0};
	if (code == 0)
		*parts = (struct parts){.scheme = part(parsed, CURLUPART_SCHEME, 0),
					.user = part(parsed, CURLUPART_USER, 0),
					.host = part(parsed, CURLUPART_HOST, 0),
					.port = part(parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT),
					.path = part(parsed, CURLUPART_PATH, 0),
					.query = part(parsed, CURLUPART_QUERY, 0),
					.fragment = part(parsed, CURLUPART_FRAGMENT, 0)};
	curl_url_cleanup(parsed);
	return code;
}

static void parts_free(struct parts *parts)
{
	free(parts->scheme);
	free(parts->user);
	free(parts->host);
	free(parts->port);
	free(parts->path);
	free(parts->query);
	free(parts->fragment);
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *found = c ? strchr(digits, c) : NULL;

	return found ? (int)((found - digits) % 16) : -1;
}

/* Percent-encodings made into bytes, in place; a NUL stays as it is. */
static void decode(char *text)
{
	char *to = text;

	for (const char *at = text; *at; at++) {
		int byte = at[0] == '%' && hex(at[1]) >= 0 && hex(at[2]) >= 0 ? hex(at[1]) * 16 + hex(at[2]) : 0;

		*to++ = byte ? (char)byte : *at;
		at += byte ? 2 : 0;
	}
	*to = '\0';
}

/* No server that decodes once or twice can find its way up in it. */
static void holds_no_way_up(const char *path)
{
	char *copy = mem_text(path);

	for (int round = 0; round < 3; round++) {
		for (const char *at = copy; at; at = strchr(at, '/')) {
			size_t length;

			at += *at == '/';
			length = strcspn(at, "/;");
			HOLDS(!(length == 1 && *at == '.') && !(length == 2 && strncmp(at, "..", 2) == 0),
			      "a way up in %s", path);
		}
		HOLDS(!strchr(copy, '\\'), "a backslash in %s", path);
		decode(copy);
	}
	free(copy);
}

/* What is accepted is the same place as what was given, has one form only, and no tricks. */
static void check_normal(const char *url)
{
	struct error error = {0};
	char *normal = url_normal(url, all, &error), *again;
	struct parts given, made;

	if (!normal) {
		holds_message(error.text);
		return;
	}
	again = url_normal(normal, all, &error);
	HOLDS(text_equal(normal, again), "%s becomes %s", normal, again ? again : error.text);
	HOLDS(take_apart(url, &given) == 0 && take_apart(normal, &made) == 0, "curl does not read %s", normal);
	HOLDS(!given.user && !made.user && !made.fragment, "%s", normal);
	HOLDS(text_in(made.scheme, (const char *const[]){"http", "https", "smtp", "smtps", NULL}), "%s", normal);
	HOLDS(strcasecmp(given.host, made.host) == 0, "%s is not %s", made.host, given.host);
	HOLDS(text_equal(given.scheme, made.scheme) && text_equal(given.port, made.port), "%s", normal);
	HOLDS(text_equal(given.path, made.path), "%s", normal);
	/* curl leaves out a "?" with nothing behind it */
	HOLDS(text_equal(given.query && *given.query ? given.query : NULL, made.query), "%s", normal);
	for (const char *c = normal; *c; c++)
		HOLDS(*c > 0x20 && *c < 0x7f && *c != '\\' && *c != '#', "%s", normal);
	holds_no_way_up(made.path);
	parts_free(&given);
	parts_free(&made);
	free(again);
	free(normal);
}

static void holds_under(const char *root, const char *url)
{
	struct parts a, b;

	HOLDS(take_apart(root, &a) == 0 && take_apart(url, &b) == 0, "curl does not read %s or %s", root, url);
	HOLDS(text_equal(a.scheme, b.scheme) && text_equal(a.host, b.host) && text_equal(a.port, b.port),
	      "%s is not under %s", url, root);
	HOLDS(!a.query && a.path[strlen(a.path) - 1] == '/' && text_starts(b.path, a.path), "%s is not under %s", url,
	      root);
	HOLDS(!b.user && !b.fragment, "%s", url);
	holds_no_way_up(b.path);
	parts_free(&a);
	parts_free(&b);
}

static void check_service(const char *root_given, const char *url)
{
	struct error error = {0};
	char *root = url_root(root_given, all, &error), *full, *again;

	if (url_under(root_given, url))
		holds_under(root_given, url);
	if (!root) {
		holds_message(error.text);
		return;
	}
	again = url_root(root, all, &error);
	HOLDS(text_equal(root, again), "%s becomes %s", root, again ? again : error.text);
	HOLDS(url_under(root, root), "%s is not under itself", root);
	if (url_under(root, url))
		holds_under(root, url);
	full = url_resolve(root, url, &error);
	if (full) {
		HOLDS(url_under(root, full), "%s is not under %s", full, root);
		holds_under(root, full);
	} else {
		holds_message(error.text);
	}
	free(full);
	free(again);
	free(root);
}

/* What is shown holds no query and no password, whatever stands around them. */
static void check_outline(const char *url)
{
	static const char secret[] = "kanarie";
	char *with_user = mem_format("https://bptl:%s@%s", secret, url);
	char *with_query = mem_format("%s?code=%s", url, secret);
	const char *const both[] = {with_user, with_query};

	for (size_t i = 0; i < 2 && !strstr(url, secret); i++) {
		struct error error = {0};
		char *normal = url_normal(both[i], all, &error);
		char *outline = url_outline(both[i]);

		HOLDS(!strstr(outline, secret) && !strpbrk(outline, "?#"), "%s", outline);
		HOLDS(normal || !strstr(error.text, secret), "%s", error.text);
		HOLDS(!normal || i > 0, "user information was accepted: %s", normal);
		free(outline);
		free(normal);
	}
	free(with_user);
	free(with_query);
}

static void check_escape(const char *text)
{
	static const char unreserved[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%";
	char *escaped = url_escape(text);

	HOLDS(strspn(escaped, unreserved) == strlen(escaped), "%s", escaped);
	decode(escaped);
	HOLDS(strcmp(escaped, text) == 0, "%s is not %s", escaped, text);
	free(escaped);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = input_of(data, size);
	char *root = input_line(&in);
	char *url = input_line(&in);
	char *host = url_host(url), *outline = url_outline(url);

	HOLDS(!strpbrk(host, "[]"), "%s", host);
	HOLDS(strlen(outline) <= 300, "%s", outline);
	check_normal(root);
	check_normal(url);
	check_service(root, url);
	check_outline(url);
	check_escape(url);
	free(outline);
	free(host);
	free(root);
	free(url);
	return 0;
}
