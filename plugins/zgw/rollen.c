/* rollen.c: see rollen.h. */
#include "rollen.h"

#include "common.h"

#include <string.h>

/* A member that may be absent or null, but is a text otherwise. */
static const char *text_or(struct bptl_task *t, const char *variable, json_t *rol, const char *name,
			   const char *fallback)
{
	json_t *member = json_object_get(rol, name);

	if (!member || json_is_null(member))
		return fallback;
	if (!json_is_string(member))
		bptl_fail(t, "variable %s: %s must be a text", variable, name);
	return json_string_value(member);
}

static const char *betrokkene_type(struct bptl_task *t, const char *variable, json_t *given)
{
	static const char *const types[] = {"natuurlijk_persoon", "niet_natuurlijk_persoon", "vestiging",
					    "organisatorische_eenheid", "medewerker"};
	const char *type = text_or(t, variable, given, "betrokkeneType", types[0]);
	size_t i;

	if (!type || !*type)
		return types[0];
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(type, types[i]) == 0)
			return type;
	bptl_fail(t,
		  "variable %s: betrokkeneType is \"%s\": expected natuurlijk_persoon, niet_natuurlijk_persoon, "
		  "vestiging, organisatorische_eenheid or medewerker",
		  variable, type);
	return NULL;
}

/* A medewerker of whom only the user name is known. */
static int needs_name(const char *type, const json_t *identificatie)
{
	const char *user = zgw_text_in(identificatie, "identificatie");

	return type && strcmp(type, "medewerker") == 0 && user && strstr(user, "user:") &&
	       !zgw_text_in(identificatie, "voorletters") && !zgw_text_in(identificatie, "achternaam") &&
	       !zgw_text_in(identificatie, "voorvoegselAchternaam") &&
	       !zgw_text_in(identificatie, "voorvoegsel_achternaam");
}

static json_t *ask_zac(struct bptl_task *t, const char *variable, json_t *identificatie)
{
	struct bptl_request request = {
		.what = "look up the medewerker",
		.method = "POST",
		.service = "zac",
		.url = "api/core/rollen/medewerker/betrokkeneIdentificatie",
		.body = bptl_keep(t, json_pack("{s:O}", "betrokkeneIdentificatie", identificatie)),
		.flags = BPTL_READ,
	};
	json_t *known;

	json_incref(request.body);
	known = json_object_get(bptl_send(t, &request), "betrokkeneIdentificatie");
	if (json_object_size(known) == 0)
		bptl_fail(t, "variable %s: the ZAC knows no medewerker with this identificatie", variable);
	return known;
}

/* Makes the body of a rol from what a variable holds, without zaak, roltype and a roltoelichting of the roltype's. */
static json_t *rol_from(struct bptl_task *t, const char *variable, json_t *given, int all_members)
{
	json_t *identificatie, *rol;
	const char *betrokkene = text_or(t, variable, given, "betrokkene", "");
	const char *machtiging = text_or(t, variable, given, "indicatieMachtiging", "");
	const char *toelichting = text_or(t, variable, given, "roltoelichting", NULL);
	const char *type = betrokkene_type(t, variable, given);

	identificatie = json_object_get(given, "betrokkeneIdentificatie");
	if (!identificatie || json_is_null(identificatie))
		identificatie = bptl_keep(t, json_object());
	if (!json_is_object(identificatie))
		bptl_fail(t, "variable %s: betrokkeneIdentificatie must be an object", variable);
	else if (json_object_size(identificatie) == 0 && betrokkene && !*betrokkene)
		bptl_fail(t, "variable %s has neither betrokkene nor betrokkeneIdentificatie", variable);
	if (!bptl_failed(t) && needs_name(type, identificatie))
		identificatie = ask_zac(t, variable, identificatie);

	rol = bptl_keep(t, json_pack("{s:s, s:s, s:s, s:O, s:s*}", "betrokkene", betrokkene, "betrokkeneType", type,
				     "indicatieMachtiging", machtiging, "betrokkeneIdentificatie", identificatie,
				     "roltoelichting", toelichting));
	if (all_members && json_object_update_missing(rol, given))
		bptl_fail(t, "out of memory");
	return rol;
}

static json_t *roltypen(struct bptl_task *t, const char *zaaktype, const char *generiek)
{
	return zgw_list(t, "read the roltypen of the zaaktype", "ztc",
			bptl_path(t, "roltypen?zaaktype=%s&omschrijvingGeneriek=%s", zaaktype, generiek));
}

/* Adds a rol of a roltype to the list. Several rollen may be made from one. */
static void add_rol(struct bptl_task *t, json_t *rollen, json_t *rol, json_t *roltype)
{
	json_t *copy = bptl_keep(t, json_copy(rol));
	const char *generiek = zgw_text_in(roltype, "omschrijvingGeneriek");
	int failed;

	failed = json_object_set_new(copy, "roltype", json_string(bptl_member_text(t, roltype, "url")));
	if (!json_is_string(json_object_get(copy, "roltoelichting")))
		failed |= json_object_set_new(copy, "roltoelichting", json_string(generiek ? generiek : ""));
	failed |= json_array_append(rollen, copy);
	if (failed)
		bptl_fail(t, "out of memory");
}

/* The variable `initiator`: a rol of the first roltype that is generically an initiator. */
static void add_initiator(struct bptl_task *t, const char *zaaktype, json_t *given, json_t *rollen)
{
	json_t *types = roltypen(t, zaaktype, "initiator"), *type;
	size_t i;

	json_array_foreach (types, i, type) {
		if (!zgw_text_is(type, "omschrijvingGeneriek", "initiator"))
			continue;
		add_rol(t, rollen, rol_from(t, "initiator", given, 1), type);
		return;
	}
	bptl_fail(t, "variable initiator: the zaaktype %s has no roltype with omschrijvingGeneriek initiator",
		  zaaktype);
}

/* Adds the roltypen to which the variable `Hoofdbehandelaar` applies: they are known by their exact name. */
static void keep_named(struct bptl_task *t, json_t *types, json_t *kept)
{
	json_t *type;
	size_t i;

	json_array_foreach (types, i, type) {
		if (!zgw_text_is(type, "omschrijving", "Initiator") &&
		    !zgw_text_is(type, "omschrijving", "Hoofdbehandelaar"))
			continue;
		if (json_array_append(kept, type))
			bptl_fail(t, "out of memory");
	}
}

/* The variable `Hoofdbehandelaar`. A zaak has one initiator at most: one that was asked for by the variable `initiator`
 * leaves only the behandelaars for this one. */
static void add_hoofdbehandelaar(struct bptl_task *t, const char *zaaktype, int with_initiator, json_t *rollen)
{
	json_t *kept = bptl_keep(t, json_array()), *type, *rol;
	size_t i;

	if (with_initiator)
		keep_named(t, roltypen(t, zaaktype, "initiator"), kept);
	keep_named(t, roltypen(t, zaaktype, "behandelaar"), kept);
	if (json_array_size(kept) == 0) {
		bptl_fail(t,
			  "variable Hoofdbehandelaar: the zaaktype %s has no roltype with omschrijving Initiator or "
			  "Hoofdbehandelaar among its initiators and behandelaars",
			  zaaktype);
		return;
	}
	rol = rol_from(t, "Hoofdbehandelaar", bptl_json(t, "Hoofdbehandelaar"), 0);
	json_array_foreach (kept, i, type) {
		add_rol(t, rollen, rol, type);
	}
}

json_t *rollen_initiator(struct bptl_task *t)
{
	json_t *given = bptl_json(t, "initiator"), *parsed = NULL;

	if (given && !json_is_object(given) && !json_is_string(given))
		bptl_fail(t, "variable initiator is neither a JSON object nor a text");
	if (!json_is_string(given))
		return given;
	parsed = json_loadb(json_string_value(given), json_string_length(given), JSON_REJECT_DUPLICATES, NULL);
	if (parsed)
		bptl_keep(t, parsed);
	if (json_is_object(parsed))
		return parsed;
	bptl_log(t, BPTL_WARNING,
		 "variable initiator is a text that is no JSON object, such as the id of a user: no rol is made of it");
	return NULL;
}

json_t *rollen_prepare(struct bptl_task *t, const char *zaaktype, json_t *initiator)
{
	json_t *rollen = bptl_keep(t, json_array());

	if (initiator)
		add_initiator(t, zaaktype, initiator, rollen);
	if (bptl_has(t, "Hoofdbehandelaar"))
		add_hoofdbehandelaar(t, zaaktype, !initiator, rollen);
	return rollen;
}

int rollen_create(struct bptl_task *t, const char *zaak, json_t *rollen)
{
	json_t *rol;
	size_t i;

	json_array_foreach (rollen, i, rol) {
		if (json_object_set_new(rol, "zaak", json_string(zaak)))
			return bptl_fail(t, "out of memory");
		zgw_create(t, "create the rol", "rollen", json_incref(rol));
	}
	return bptl_failed(t) ? -1 : 0;
}
