/* zaaktype.c: see zaaktype.h. */
#include "zaaktype.h"

#include "common.h"

#include <string.h>

static const char *find_catalogus(struct bptl_task *t, const char *domein, const char *rsin)
{
	json_t *list = zgw_list(t, "look up the catalogus", "ztc",
				bptl_path(t, "catalogussen?domein=%s&rsin=%s", domein, rsin));

	if (json_array_size(list) == 0)
		bptl_fail(t, "there is no catalogus with domein %s and RSIN %s", domein, rsin);
	return bptl_member_text(t, json_array_get(list, 0), "url");
}

/* Both days belong to the period. A day that is not given is no limit. */
static int valid_on(const json_t *zaaktype, const char *day)
{
	const char *from = zgw_text_in(zaaktype, "beginGeldigheid");
	const char *to = zgw_text_in(zaaktype, "eindeGeldigheid");

	return (!from || strncmp(from, day, 10) <= 0) && (!to || strncmp(day, to, 10) <= 0);
}

/* More than 0 when version a ends later than version b. A version without an end comes after all others. */
static int order(const json_t *a, const json_t *b)
{
	const char *a_end = zgw_text_in(a, "eindeGeldigheid"), *b_end = zgw_text_in(b, "eindeGeldigheid");

	if (!a_end || !b_end)
		return (b_end != NULL) - (a_end != NULL);
	return strncmp(a_end, b_end, 10);
}

const char *zaaktype_find(struct bptl_task *t, const char *domein, const char *rsin, const char *identificatie)
{
	const char *catalogus = find_catalogus(t, domein, rsin), *today = bptl_today(t);
	json_t *list, *zaaktype, *best = NULL;
	size_t i, equals = 0;

	list = zgw_list(t, "look up the zaaktype", "ztc",
			bptl_path(t, "zaaktypen?catalogus=%s&identificatie=%s", catalogus, identificatie));
	json_array_foreach (list, i, zaaktype) {
		if (!valid_on(zaaktype, today))
			continue;
		if (!best || order(zaaktype, best) > 0) {
			best = zaaktype;
			equals = 1;
		} else if (order(zaaktype, best) == 0) {
			equals++;
		}
	}
	if (json_array_size(list) == 0)
		bptl_fail(t, "the catalogus %s has no zaaktype %s", catalogus, identificatie);
	else if (!best)
		bptl_fail(t, "no version of zaaktype %s in the catalogus %s is valid on %s", identificatie, catalogus,
			  today);
	else if (equals > 1)
		bptl_fail(t, "%zu versions of zaaktype %s in the catalogus %s are valid on %s: exactly one is needed",
			  equals, identificatie, catalogus, today);
	return bptl_member_text(t, best, "url");
}
