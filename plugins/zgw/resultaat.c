/* resultaat.c: see resultaat.h. */
#include "resultaat.h"

#include "common.h"

const char *resultaat_type(struct bptl_task *t, const char *zaaktype, const char *omschrijving)
{
	json_t *types, *type, *match = NULL;
	const char *name;
	size_t i, matches = 0;

	types = zgw_list(t, "read the resultaattypen of the zaaktype", "ztc",
			 bptl_path(t, "resultaattypen?zaaktype=%s", zaaktype));
	json_array_foreach (types, i, type) {
		name = zgw_text_in(type, "omschrijving");
		if (name && bptl_same_text(t, name, omschrijving)) {
			match = type;
			matches++;
		}
	}
	if (matches == 1)
		return bptl_member_text(t, match, "url");
	if (matches > 1)
		bptl_fail(t, "the zaaktype %s has %zu resultaattypen with omschrijving \"%s\": exactly one is needed",
			  zaaktype, matches, omschrijving);
	else if (json_array_size(types) == 0)
		bptl_fail(t, "the zaaktype %s has no resultaattypen", zaaktype);
	else
		bptl_fail(t, "the zaaktype %s has no resultaattype with omschrijving \"%s\"", zaaktype, omschrijving);
	return NULL;
}

const char *resultaat_find(struct bptl_task *t, const char *zaak, const char *resultaattype)
{
	json_t *list, *resultaat;
	size_t i;

	list = zgw_list(t, "read the resultaat of the zaak", "zrc", bptl_path(t, "resultaten?zaak=%s", zaak));
	json_array_foreach (list, i, resultaat) {
		if (zgw_text_is(resultaat, "resultaattype", resultaattype))
			return bptl_member_text(t, resultaat, "url");
	}
	return NULL;
}

const char *resultaat_create(struct bptl_task *t, const char *zaak, const char *resultaattype, const char *remark)
{
	struct bptl_request request = {.what = "create the resultaat", .url = "resultaten"};
	json_t *resultaat;
	const char *url;

	request.body =
		json_pack("{s:s, s:s, s:s}", "zaak", zaak, "resultaattype", resultaattype, "toelichting", remark);
	resultaat = zgw_create_once(t, &request);
	if (resultaat || bptl_failed(t))
		return bptl_member_text(t, resultaat, "url");

	url = resultaat_find(t, zaak, resultaattype);
	if (!url)
		bptl_refused(t, &request);
	return url;
}
