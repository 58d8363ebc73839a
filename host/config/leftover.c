/* leftover.c: lists of texts, and the keys of a section that nobody asked for (see fields.h). */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/fields.h"
#include "config/near.h"

void texts_add(struct texts *texts, char *text)
{
	texts->list = mem_resize(texts->list, texts->count + 2, sizeof(*texts->list));
	texts->list[texts->count++] = text;
	texts->list[texts->count] = NULL;
}

void texts_free(struct texts *texts)
{
	for (size_t i = 0; i < texts->count; i++)
		free(texts->list[i]);
	free(texts->list);
	*texts = (struct texts){0};
}

/* Adds a part of a list, unless it is there already. */
static void add_part(struct fields *fields, const char *key, struct texts *texts, const char *part, size_t length)
{
	char *text = mem_slice(part, length);

	if (texts->list && text_in(text, (const char *const *)texts->list)) {
		fields_wrong(fields, key, "%s stands in the list twice", text);
		free(text);
		return;
	}
	texts_add(texts, text);
}

struct texts fields_list(struct fields *fields, const char *key)
{
	const char *at = fields_text(fields, key);
	struct texts texts = {0};

	while (at) {
		size_t length = strcspn(at, ",");
		const char *next = at[length] ? at + length + 1 : NULL;

		for (; length > 0 && (*at == ' ' || *at == '\t'); at++)
			length--;
		while (length > 0 && (at[length - 1] == ' ' || at[length - 1] == '\t'))
			length--;
		if (length > 0)
			add_part(fields, key, &texts, at, length);
		else
			fields_wrong(fields, key, "there is nothing between two commas, or at an end of the list");
		at = next;
	}
	return texts;
}

struct texts fields_words(struct fields *fields, const char *key)
{
	const char *at = fields_text(fields, key);
	struct texts texts = {0};

	while (at && *at) {
		size_t length;

		at += strspn(at, " \t");
		length = strcspn(at, " \t");
		if (length > 0)
			add_part(fields, key, &texts, at, length);
		at += length;
	}
	return texts;
}

struct setting *fields_rest(struct fields *fields, size_t *count)
{
	struct setting *settings = NULL;

	*count = 0;
	for (size_t i = 0; i < fields->section->count; i++) {
		struct reader_entry *entry = &fields->section->entries[i];
		struct setting *setting;

		if (entry->used || !*entry->value)
			continue;
		entry->used = 1;
		settings = mem_resize(settings, *count + 1, sizeof(*settings));
		setting = &settings[(*count)++];
		setting->name = mem_text(entry->name);
		setting->value = mem_text(entry->value);
		setting->place = fields_place(fields, entry->name);
	}
	return settings;
}

/* Would the value of this key be a secret in the clear? */
static int is_secret(const char *key)
{
	static const char *const names[] = {"secret", "password", "value", "token", NULL};
	const char *dot = strrchr(key, '.');

	return text_in(dot ? dot + 1 : key, names);
}

void fields_done(struct fields *fields, const char *const *known, const char *choice)
{
	const struct reader_section *section = fields->section;

	for (size_t i = 0; i < section->count; i++) {
		const struct reader_entry *entry = &section->entries[i];
		char *hint;

		if (entry->used)
			continue;
		if (is_secret(entry->name)) {
			fields_problem(fields, entry->name,
				       "a secret has no place in an INI file: put it in a file, mode 0600, and name it "
				       "with %s_file",
				       entry->name);
			continue;
		}
		if (text_in(entry->name, known)) {
			if (choice)
				fields_problem(fields, entry->name, "has no meaning with %s: leave it out", choice);
			continue;
		}
		hint = near_hint(entry->name, known);
		fields_problem(fields, entry->name, "unknown key in [%s%s%s]%s", reader_kind_name(section->kind),
			       *section->name ? " " : "", section->name, hint);
		free(hint);
	}
}
