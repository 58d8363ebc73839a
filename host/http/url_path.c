/* url_path.c: see url_path.h. */
#include "http/url_path.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* A segment that a server could take for "." or "..": also percent-encoded, and with something behind it that some
 * servers take off first ("..;x", "..%20", "..%3fx"). */
static int is_dots(const char *segment, size_t length)
{
	static const char *const behind[] = {"%3b", "%20", "%3f", "%23"};
	size_t dots = 0;

	for (size_t i = 0; i < length; dots++) {
		int cut = segment[i] == ';';

		for (size_t j = 0; j < sizeof(behind) / sizeof(*behind) && length - i >= 3; j++)
			cut |= strncasecmp(segment + i, behind[j], 3) == 0;
		if (segment[i] == '.')
			i++;
		else if (length - i >= 3 && strncasecmp(segment + i, "%2e", 3) == 0)
			i += 3;
		else if (cut)
			break;
		else
			return 0;
	}
	return dots == 1 || dots == 2;
}

/* Undoes percent-encoding in place, where there is any; a NUL byte stays as it is. 1 when something changed. */
static int decode(char *text)
{
	char *to = text;
	int changed = 0;

	for (const char *c = text; *c; c++) {
		int high = *c == '%' ? hex(c[1]) : -1, low = high < 0 ? -1 : hex(c[2]);

		if (low >= 0 && high * 16 + low > 0) {
			*to++ = (char)(high * 16 + low);
			c += 2;
			changed = 1;
		} else {
			*to++ = *c;
		}
	}
	*to = '\0';
	return changed;
}

/* Does the text hold a dot, slash or backslash as a percent-encoding? */
static int holds_structure(const char *text)
{
	for (const char *c = strchr(text, '%'); c; c = strchr(c + 1, '%'))
		if (strncasecmp(c, "%2e", 3) == 0 || strncasecmp(c, "%2f", 3) == 0 || strncasecmp(c, "%5c", 3) == 0)
			return 1;
	return 0;
}

/* What is wrong with the path once it is decoded: also a second time, by whoever stands behind the first. */
static const char *decoded_fault(const char *path)
{
	char *text = mem_text(path);
	const char *fault = NULL;

	(void)decode(text);
	if (!text_is_utf8(text, strlen(text)))
		fault = "its path holds percent-encoded bytes that are no UTF-8";
	do {
		if (!fault && holds_structure(text))
			fault = "its path is percent-encoded twice";
	} while (!fault && decode(text));
	free(text);
	return fault;
}

/* Percent-encodings that somebody on the way might turn into structure: a slash, a backslash, a control character,
 * overlong UTF-8, and those of a second round ("%252f"). */
static const char *encoding_fault(const char *path)
{
	for (const char *c = strchr(path, '%'); c; c = strchr(c + 1, '%')) {
		int high = hex(c[1]), low = high < 0 ? -1 : hex(c[2]);
		int byte = high * 16 + low;

		if (low < 0)
			return "its path holds a % that is no percent-encoding";
		if (byte == '/' || byte == '\\')
			return "its path holds a percent-encoded slash or backslash";
		if (byte < 0x20 || byte == 0x7f)
			return "its path holds a percent-encoded control character";
	}
	return decoded_fault(path);
}

const char *url_path_fault(const char *path)
{
	for (const char *at = path; *at == '/'; at += 1 + strcspn(at + 1, "/"))
		if (is_dots(at + 1, strcspn(at + 1, "/")))
			return "its path holds a \".\" or \"..\" segment";
	return strchr(path, '%') ? encoding_fault(path) : NULL;
}
