/* url.c: see url.h. The text is looked at for what curl's parser is lenient about (a third slash, "@" with nothing
 * before it); everything else is asked of that parser, and the result is made by it. */
#include "http/url.h"

#include <curl/curl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "http/url_path.h"

#define URL_LIMIT 8000 /* bytes: what common servers take on a request line */
#define OUTLINE_LIMIT 300

static const char alphabet[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/* How many bytes at the start are a scheme ("https" of "https:x"); 0 when there is none. */
static size_t scheme_length(const char *url)
{
	size_t first = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");
	size_t n;

	if (first == 0)
		return 0;
	n = first + strspn(url + first, alphabet);
	while (url[n] == '+' || url[n] == '-' || url[n] == '.')
		n += 1 + strspn(url + n + 1, alphabet);
	return url[n] == ':' ? n : 0;
}

/* A part of a parsed URL; owned, NULL when absent. */
static char *part(CURLU *parsed, CURLUPart which)
{
	char *text = NULL, *copy;
	CURLUcode code = curl_url_get(parsed, which, &text, 0);

	if (code == CURLUE_OUT_OF_MEMORY)
		mem_out();
	copy = code ? NULL : mem_text(text);
	curl_free(text);
	return copy;
}

static CURLU *parse(const char *url, CURLUcode *code)
{
	CURLU *parsed = curl_url();

	if (!parsed)
		mem_out();
	*code = curl_url_set(parsed, CURLUPART_URL, url, CURLU_PATH_AS_IS | CURLU_DISALLOW_USER);
	if (*code == CURLUE_OUT_OF_MEMORY)
		mem_out();
	if (!*code)
		return parsed;
	curl_url_cleanup(parsed);
	return NULL;
}

static void set_part(CURLU *parsed, CURLUPart which, const char *value)
{
	if (curl_url_set(parsed, which, value, 0) == CURLUE_OUT_OF_MEMORY)
		mem_out();
}

/* What is wrong with the text before anybody parses it, or NULL. */
static const char *text_fault(const char *url)
{
	size_t scheme = scheme_length(url);
	const char *authority = url + scheme + 3;

	if (strlen(url) > URL_LIMIT)
		return "it is longer than 8000 bytes";
	for (const char *c = url; *c; c++) {
		if ((unsigned char)*c <= 0x20 || *c == 0x7f)
			return "it holds a space or a control character";
		if ((unsigned char)*c > 0x7f)
			return "it holds a character that must be percent-encoded (in a host name: punycode)";
		if (*c == '\\')
			return "it holds a backslash";
		if (*c == '#')
			return "it holds a fragment (#)";
	}
	if (scheme == 0 || strncmp(url + scheme, "://", 3) != 0)
		return "it is not absolute (scheme://host/path is expected)";
	if (strcspn(authority, "/?") == 0)
		return "it has no host";
	if (memchr(authority, '@', strcspn(authority, "/?")))
		return "it holds user information (@), which belongs in the service's own settings";
	/* curl decodes them, but does not look at what comes out: 127%2e0.1 would be another host the second time */
	if (*authority != '[' && memchr(authority, '%', strcspn(authority, "/?")))
		return "its host holds a percent-encoding, which host names do not have";
	return NULL;
}

/* The host in lower case, back into the parsed URL; or what is wrong with it. */
static const char *host_fault(CURLU *parsed)
{
	char *host = part(parsed, CURLUPART_HOST);
	char *zone = part(parsed, CURLUPART_ZONEID);
	const char *fault = NULL;
	size_t length = host ? strlen(host) : 0;

	for (size_t i = 0; i < length; i++)
		if (host[i] >= 'A' && host[i] <= 'Z')
			host[i] = (char)(host[i] - 'A' + 'a');
	if (length == 0)
		fault = "it has no host";
	else if (zone)
		fault = "its host has an IPv6 zone";
	else if (host[0] != '[' && strspn(host, "abcdefghijklmnopqrstuvwxyz0123456789-._") != length)
		fault = "its host holds a character that host names do not have";
	else if (host[0] == '.' || strstr(host, ".."))
		fault = "its host has an empty label";
	else
		set_part(parsed, CURLUPART_HOST, host);
	free(host);
	free(zone);
	return fault;
}

/* Takes out the port when it is the scheme's own. */
static const char *port_fault(CURLU *parsed)
{
	char *port = part(parsed, CURLUPART_PORT);
	char *usual = NULL;
	const char *fault = NULL;
	long number;

	if (!port)
		return NULL;
	number = strtol(port, NULL, 10);
	if (number < 1 || number > 65535)
		fault = "its port is not one of 1 to 65535";
	/* asked for with the port left out, curl says what it would have been */
	set_part(parsed, CURLUPART_PORT, NULL);
	if (curl_url_get(parsed, CURLUPART_PORT, &usual, CURLU_DEFAULT_PORT) == CURLUE_OUT_OF_MEMORY)
		mem_out();
	if (!fault && (!usual || strtol(usual, NULL, 10) != number))
		set_part(parsed, CURLUPART_PORT, port);
	curl_free(usual);
	free(port);
	return fault;
}

/* Is the scheme one of the words in the list? */
static int scheme_allowed(const char *scheme, const char *schemes)
{
	size_t length = strlen(scheme);

	for (const char *at = schemes; *at; at += strspn(at, " ")) {
		size_t word = strcspn(at, " ");

		if (word == length && strncmp(at, scheme, length) == 0)
			return 1;
		at += word;
	}
	return 0;
}

static char *refuse(struct error *error, const char *url, const char *fault)
{
	char *outline = url_outline(url);

	(void)error_set(error, "the URL \"%s\" is refused: %s", outline, fault);
	free(outline);
	return NULL;
}

char *url_normal(const char *url, const char *schemes, struct error *error)
{
	const char *fault = text_fault(url);
	char *scheme = NULL, *path = NULL, *normal = NULL;
	CURLU *parsed;
	CURLUcode code;

	if (fault)
		return refuse(error, url, fault);
	parsed = parse(url, &code);
	if (!parsed)
		return refuse(error, url,
			      code == CURLUE_UNSUPPORTED_SCHEME ? "its scheme is not one that is expected here"
								: curl_url_strerror(code));
	scheme = part(parsed, CURLUPART_SCHEME);
	path = part(parsed, CURLUPART_PATH);
	if (!scheme || !scheme_allowed(scheme, schemes))
		fault = "its scheme is not one that is expected here";
	if (!fault)
		fault = path ? url_path_fault(path) : "it has no path";
	if (!fault)
		fault = host_fault(parsed);
	if (!fault)
		fault = port_fault(parsed);
	if (!fault) {
		normal = part(parsed, CURLUPART_URL);
		if (!normal)
			fault = "it cannot be put together again";
	}
	if (fault)
		(void)refuse(error, url, fault);
	free(scheme);
	free(path);
	curl_url_cleanup(parsed);
	return normal;
}

char *url_root(const char *url, const char *schemes, struct error *error)
{
	struct text root = {0};
	char *normal;

	if (strchr(url, '?'))
		return refuse(error, url, "the root of a service has no query (?)");
	normal = url_normal(url, schemes, error);
	if (!normal)
		return NULL;
	text_add(&root, normal);
	if (root.data[root.length - 1] != '/')
		text_add(&root, "/");
	free(normal);
	return text_take(&root);
}

/* Both are normal texts, made by the same hand, and the root ends with "/": then its being a prefix means that scheme,
 * host and port are equal and that the path begins with the root's path. That they are normal is not taken on trust. */
int url_under(const char *root, const char *url)
{
	static const char all[] = "http https smtp smtps";
	struct error ignored;
	char *normal_root = url_root(root, all, &ignored);
	char *normal_url = url_normal(url, all, &ignored);
	int under = text_equal(normal_root, root) && text_equal(normal_url, url) && normal_root && normal_url &&
		    text_starts(url, root);

	free(normal_root);
	free(normal_url);
	return under;
}

char *url_resolve(const char *root, const char *url, struct error *error)
{
	char *full, *normal, *outline;

	if (scheme_length(url) > 0) {
		full = mem_text(url);
	} else if (text_starts(url, "//")) {
		return refuse(error, url, "it begins with \"//\", which would name another host");
	} else {
		full = mem_format("%s%s", root, url[0] == '/' ? url + 1 : url);
	}
	normal = url_normal(full, "http https", error);
	free(full);
	if (!normal || url_under(root, normal))
		return normal;
	outline = url_outline(normal);
	(void)error_set(error, "the URL \"%s\" is refused: it does not lie under %s", outline, root);
	free(outline);
	free(normal);
	return NULL;
}

char *url_escape(const char *text)
{
	size_t length = strlen(text);
	char *escaped = NULL, *copy;

	if (length == 0) /* curl takes a length of 0 for "count yourself" and an empty text has nothing to count */
		return mem_text("");
	if (length > INT32_MAX / 3)
		mem_out();
	escaped = curl_easy_escape(NULL, text, (int)length);
	if (!escaped)
		mem_out();
	copy = mem_text(escaped);
	curl_free(escaped);
	return copy;
}

char *url_outline(const char *url)
{
	CURLUcode code;
	CURLU *parsed = parse(url, &code);
	char *copy = mem_slice(url, strcspn(url, "?#"));

	/* what curl does not take, or takes with a user, may hold a password anywhere before an "@" */
	if (!parsed) {
		char *at = strrchr(copy, '@');

		if (at) {
			size_t scheme = scheme_length(copy);
			/* "user:" looks like a scheme until the slash is missing */
			char *start =
				scheme && copy[scheme + 1] == '/' ? copy + scheme + strspn(copy + scheme, ":/") : copy;

			if (start > at)
				start = at;
			memmove(start, at + 1, strlen(at + 1) + 1);
		}
	}
	curl_url_cleanup(parsed);
	copy[text_cut(copy, OUTLINE_LIMIT)] = '\0';
	text_one_line(copy);
	return copy;
}

char *url_host(const char *url)
{
	CURLUcode code;
	CURLU *parsed = parse(url, &code);
	char *host = parsed ? part(parsed, CURLUPART_HOST) : NULL;
	size_t length = host ? strlen(host) : 0;

	curl_url_cleanup(parsed);
	if (length > 1 && host[0] == '[' && host[length - 1] == ']') {
		memmove(host, host + 1, length - 2);
		host[length - 2] = '\0';
	}
	return host ? host : mem_text("");
}
