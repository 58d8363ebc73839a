/* client_words.c: what an API says when it refuses, as one line for an operator: see client_words() in client.h. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "http/client.h"

#define WORDS_LIMIT 400

/* Puts a part behind those that are there, once: some APIs repeat the title as detail. */
static void add(struct text *words, const char *part)
{
	if (!part || !*part || (words->length > 0 && strstr(words->data, part)))
		return;
	if (words->length > 0)
		text_add(words, ": ");
	text_add(words, part);
}

/* invalidParams of the ZGW APIs: "zaaktype: does-not-exist: Ongeldige hyperlink". */
static void add_params(struct text *words, const json_t *params)
{
	const json_t *param;
	size_t i;

	json_array_foreach (params, i, param) {
		struct text one = {0};

		add(&one, json_get_text(param, "name"));
		add(&one, json_get_text(param, "code"));
		add(&one, json_get_text(param, "reason"));
		if (one.length > 0)
			text_add_format(words, "%s%s", words->length == 0 ? "" : i == 0 ? ": " : "; ", one.data);
		text_free(&one);
	}
}

/* The members that are known to hold words, in the order in which they are read best: RFC 7807, the engine (type and
 * message), OAuth2, and what frameworks make of their own exceptions. */
static void add_json(struct text *words, const json_t *value)
{
	const char *type = json_get_text(value, "type");

	add(words, json_get_text(value, "title"));
	/* a problem's type is a URL, which helps nobody; that of an engine is the name of the exception */
	if (type && !strchr(type, '/') && json_get_text(value, "message"))
		add(words, type);
	add(words, json_get_text(value, "error"));
	add(words, json_get_text(value, "error_description"));
	add(words, json_get_text(value, "detail"));
	add(words, json_get_text(value, "message"));
	add_params(words, json_object_get(value, "invalidParams"));
}

static void add_title(struct text *words, const char *page)
{
	const char *start = strcasestr(page, "<title");
	const char *end;
	char *title;

	start = start ? strchr(start, '>') : NULL;
	end = start ? strcasestr(start, "</title") : NULL;
	if (!end)
		return;
	title = mem_slice(start + 1, (size_t)(end - start - 1));
	text_add(words, title);
	free(title);
}

/* One line, single spaces, UTF-8, not too long; in place. */
static void tidy(char *words)
{
	char *to = words;

	if (!text_is_utf8(words, strlen(words)))
		for (char *c = words; *c; c++)
			if ((unsigned char)*c > 0x7f)
				*c = '?';
	text_one_line(words);
	for (const char *from = words; *from; from++)
		if (*from != ' ' || (to > words && to[-1] != ' '))
			*to++ = *from;
	while (to > words && to[-1] == ' ')
		to--;
	*to = '\0';
	words[text_cut(words, WORDS_LIMIT)] = '\0';
}

char *client_words(const struct http_answer *answer)
{
	struct text words = {0};
	char reason[160];
	json_t *value;
	char *line;

	if (answer->failure != HTTP_ANSWERED) {
		line = mem_text(answer->error);
		tidy(line);
		return line;
	}
	value = json_read(answer->body, answer->length, reason);
	if (json_is_object(value))
		add_json(&words, value);
	else if (!value && (strcasestr(answer->content_type, "html") || answer->body[0] == '<'))
		add_title(&words, answer->body);
	json_decref(value);
	if (words.length == 0)
		text_add_bytes(&words, answer->body,
			       answer->length < 4096 ? answer->length : text_cut(answer->body, 4096));
	line = text_take(&words);
	tidy(line);
	if (*line)
		return line;
	free(line);
	return mem_text("the answer says nothing more");
}
