/* sheets.c: see sheets.h. Each sheet: the entries of the answer are put in order, then written row by row. */
#include "sheets.h"

#include <stdlib.h>
#include <string.h>

#include "values.h"

#define NOT_APPLICABLE "N.v.t."
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* An entry of an answer, or one row of it, with what it is sorted by. */
struct entry {
	json_t *object;
	const char *extra; /* the zaak that a document belongs to */
	int has_moment;
	int64_t moment;
	const char *keys[4]; /* texts, the first counts most */
	size_t place;        /* in the answer: equal entries keep their order */
};

static int by_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	int order;

	if (x->has_moment != y->has_moment)
		return x->has_moment ? -1 : 1;
	if (x->moment != y->moment)
		return x->moment < y->moment ? -1 : 1;
	for (size_t i = 0; i < COUNT(x->keys) && x->keys[i]; i++) {
		order = value_compare(x->keys[i], y->keys[i]);
		if (order)
			return order;
	}
	return x->place < y->place ? -1 : x->place > y->place;
}

static void sort(struct entry *entries, size_t count)
{
	if (count > 1)
		qsort(entries, count, sizeof(*entries), by_order);
}

static const char *text_of(const struct book *book, json_t *object, const char *member)
{
	return value_text(book->t, json_object_get(object, member));
}

/* Texts of members in the columns from 0. */
static void put_members(struct book *book, json_t *object, const char *const *members)
{
	for (size_t i = 0; members[i]; i++)
		book_text(book, i, text_of(book, object, members[i]));
}

/* A date as one; what is none as it is written. */
static void put_date(struct book *book, size_t column, json_t *value)
{
	struct moment m;

	if (value_moment(value, &m))
		book_text(book, column, value_text(book->t, value));
	else
		book_date(book, column, m.year, m.month, m.day);
}

/* ---- Zaken ------------------------------------------------------------------------------------------------------- */

/* The first of two members that has a value: the ZAC writes names in either way. */
static json_t *either(json_t *object, const char *name, const char *other)
{
	json_t *value = json_object_get(object, name);

	return value && !json_is_null(value) ? value : json_object_get(object, other);
}

static void put_zaak(struct book *book, json_t *zaak, const char *object, const char *objecttype)
{
	static const char *const members[] = {"identificatie", "omschrijving", "zaaktype", NULL};

	book_row(book);
	put_members(book, zaak, members);
	put_date(book, 3, json_object_get(zaak, "registratiedatum"));
	book_text(book, 4, text_of(book, zaak, "initiator"));
	book_text(book, 5, object);
	book_text(book, 6, objecttype);
	book_number(book, 7, value_number(either(zaak, "aantalInformatieobjecten", "aantal_informatieobjecten")));
}

/* One row for each of the zaak's objects. */
static void put_objects(struct book *book, json_t *zaak)
{
	json_t *objects = json_object_get(zaak, "objecten"), *object;
	size_t i;

	if (!json_is_array(objects) && *value_text(book->t, objects))
		put_zaak(book, zaak, value_text(book->t, objects), "");
	else if (json_array_size(objects) == 0)
		put_zaak(book, zaak, NOT_APPLICABLE, NOT_APPLICABLE);
	json_array_foreach (objects, i, object) {
		if (json_is_object(object))
			put_zaak(book, zaak, text_of(book, object, "object"), text_of(book, object, "objecttype"));
		else
			put_zaak(book, zaak, value_text(book->t, object), "");
	}
}

void sheets_zaken(struct book *book, json_t *zaken)
{
	static const char *const titles[] = {
		"Identificatie", "Omschrijving", "Zaaktype",   "Registratiedatum",
		"Initiator",     "Object",       "Objecttype", "Aantal Informatieobjecten",
	};
	size_t count = json_array_size(zaken), i;
	struct entry *entries = bptl_alloc(book->t, (count + 1) * sizeof(*entries));
	json_t *zaak;
	struct moment m;

	if (!entries)
		return;
	json_array_foreach (zaken, i, zaak) {
		entries[i] = (struct entry){.object = zaak, .place = i};
		entries[i].has_moment = value_moment(json_object_get(zaak, "registratiedatum"), &m) == 0;
		entries[i].moment = entries[i].has_moment ? moment_seconds(&m) : 0;
	}
	sort(entries, count);
	book_sheet(book, "Zaken", titles, COUNT(titles));
	for (i = 0; i < count; i++)
		put_objects(book, entries[i].object);
	book_sheet_done(book);
}

/* ---- Informatieobjecten ------------------------------------------------------------------------------------------ */

/* "ZAAK-1: Melding" is of the zaaktype Melding. */
static const char *zaaktype_in(const char *zaak)
{
	const char *colon = strchr(zaak, ':');

	return colon ? colon + 1 + strspn(colon + 1, " \t") : zaak;
}

static void put_document(struct book *book, const struct entry *entry)
{
	static const char *const members[] = {"auteur", "bestandsnaam", "beschrijving", "informatieobjecttype", NULL};

	book_row(book);
	put_members(book, entry->object, members);
	put_date(book, 4, json_object_get(entry->object, "creatiedatum"));
	book_text(book, 5, entry->extra);
	book_text(book, 6, zaaktype_in(entry->extra));
}

static void document_row(const struct book *book, struct entry *entry, json_t *document, json_t *zaak)
{
	struct moment m;

	entry->object = document;
	entry->extra = value_text(book->t, zaak);
	entry->has_moment = value_moment(json_object_get(document, "creatiedatum"), &m) == 0;
	entry->moment = entry->has_moment ? moment_day(&m) : 0;
	entry->keys[0] = text_of(book, document, "informatieobjecttype");
	entry->keys[1] = text_of(book, document, "bestandsnaam");
	entry->keys[2] = text_of(book, document, "auteur");
	entry->keys[3] = zaaktype_in(entry->extra);
}

/* How many rows a document takes: one for each zaak, or one without. */
static size_t rows_of(json_t *document)
{
	size_t zaken = json_array_size(json_object_get(document, "gerelateerdeZaken"));

	return zaken ? zaken : 1;
}

void sheets_documents(struct book *book, json_t *documents)
{
	static const char *const titles[] = {
		"Auteur",       "Bestandsnaam",       "Beschrijving", "Informatieobjecttype",
		"Creatiedatum", "Gerelateerde Zaken", "Zaaktype",
	};
	size_t count = 0, i, k;
	struct entry *entries;
	json_t *document, *zaken;

	json_array_foreach (documents, i, document)
		count += rows_of(document);
	entries = bptl_alloc(book->t, (count + 1) * sizeof(*entries));
	if (!entries)
		return;
	count = 0;
	json_array_foreach (documents, i, document) {
		zaken = json_object_get(document, "gerelateerdeZaken");
		for (k = 0; k < rows_of(document); k++, count++) {
			document_row(book, &entries[count], document,
				     json_is_array(zaken) ? json_array_get(zaken, k) : zaken);
			entries[count].place = count;
		}
	}
	sort(entries, count);
	book_sheet(book, "Informatieobjecten", titles, COUNT(titles));
	for (i = 0; i < count; i++)
		put_document(book, &entries[i]);
	book_sheet_done(book);
}

/* ---- Gebruikers -------------------------------------------------------------------------------------------------- */

enum { NAAM, EMAIL, GEBRUIKERSNAAM, TOTAAL, FIRST_DAY };

/* The titles of all columns: one for each day of the period. NULL: the task has failed. */
static const char **user_titles(struct bptl_task *t, int64_t first, size_t days)
{
	static const char *const fixed[] = {"Naam", "Email", "Gebruikersnaam", "Totaal"};
	const char **titles = bptl_alloc(t, (FIRST_DAY + days) * sizeof(*titles));

	if (!titles)
		return NULL;
	memcpy(titles, fixed, sizeof(fixed));
	for (size_t i = 0; i < days; i++) {
		struct moment m = moment_at((first + (int64_t)i) * DAY);

		titles[FIRST_DAY + i] = bptl_format(t, "%04d-%02d-%02d", m.year, m.month, m.day);
	}
	return bptl_failed(t) ? NULL : titles;
}

static void put_user(struct book *book, json_t *user, const char *const *titles, size_t days)
{
	static const char *const members[] = {"naam", "email", "gebruikersnaam", NULL};
	json_t *logins = json_object_get(user, "loginsPerDay");

	book_row(book);
	put_members(book, user, members);
	book_number(book, TOTAAL, value_number(json_object_get(user, "totalLogins")));
	for (size_t i = FIRST_DAY; i < FIRST_DAY + days; i++)
		book_number(book, i, value_number(json_object_get(logins, titles[i])));
}

void sheets_users(struct book *book, json_t *users, const struct period *period)
{
	struct moment start = period_clock(book->t, period->start), end = period_clock(book->t, period->end);
	size_t count = json_array_size(users), i, days = (size_t)(moment_day(&end) - moment_day(&start) + 1);
	struct entry *entries = bptl_alloc(book->t, (count + 1) * sizeof(*entries));
	const char **titles = user_titles(book->t, moment_day(&start), days);
	json_t *user;

	if (!entries || !titles)
		return;
	json_array_foreach (users, i, user)
		entries[i] = (struct entry){.object = user, .keys = {text_of(book, user, "naam")}, .place = i};
	sort(entries, count);
	book_sheet(book, "Gebruikers", titles, FIRST_DAY + days);
	for (i = 0; i < count; i++)
		put_user(book, entries[i].object, titles, days);
	book_sheet_done(book);
}
