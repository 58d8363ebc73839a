/* create_zaak.c: the unit CreateZaakTask: a new zaak with its first status and its rollen. Everything that can be wrong
 * is looked at before the zaak is created, so that no half of one is left behind. */
#include "common.h"
#include "rollen.h"
#include "units.h"
#include "zaaktype.h"

static const struct bptl_variable in[] = {
	ZGW_APP_ID,
	{"organisatieRSIN", BPTL_TEXT, BPTL_REQUIRED, "RSIN of the organisation that creates and handles the zaak",
	 NULL},
	{"zaaktype", BPTL_TEXT, BPTL_EITHER, "URL of the zaaktype; or catalogusDomein with zaaktypeIdentificatie",
	 NULL},
	{"catalogusDomein", BPTL_TEXT, BPTL_EITHER,
	 "Domein of the catalogus of the zaaktype, when zaaktype is not given", NULL},
	{"zaaktypeIdentificatie", BPTL_TEXT, BPTL_EITHER,
	 "Identificatie of the zaaktype, when zaaktype is not given: the version valid today is taken", NULL},
	{"catalogusRSIN", BPTL_TEXT, BPTL_OPTIONAL,
	 "RSIN of the owner of the catalogus; organisatieRSIN when not given", NULL},
	{"zaakDetails", BPTL_OBJECT, BPTL_OPTIONAL, "Members of the zaak, which win over what this unit fills in",
	 NULL},
	{"initialStatusRemarks", BPTL_TEXT, BPTL_OPTIONAL, "Explanation of the first status, at most 1000 characters",
	 NULL},
	{"initiator", BPTL_ANY, BPTL_OPTIONAL,
	 "JSON object: the rol of the initiator, without zaak and roltype; a text that is none is left out", NULL},
	{"Hoofdbehandelaar", BPTL_OBJECT, BPTL_OPTIONAL,
	 "Rol for every roltype called Initiator or Hoofdbehandelaar; zaak and roltype are filled in", NULL},
	{"NLXProcessId", BPTL_TEXT, BPTL_OPTIONAL, "Process for the NLX log of the creation", NULL},
	{"NLXSubjectIdentifier", BPTL_TEXT, BPTL_OPTIONAL, "Subject for the NLX log of the creation", NULL},
	{0},
};

static const struct bptl_variable out[] = {
	{"zaak", BPTL_OBJECT, BPTL_REQUIRED, "The zaak as it was created", NULL},
	{"zaakUrl", BPTL_TEXT, BPTL_REQUIRED, "URL of the zaak", NULL},
	{"zaakIdentificatie", BPTL_TEXT, BPTL_REQUIRED, "Identificatie of the zaak", NULL},
	{0},
};

static const struct bptl_need needs[] = {
	{"zrc", NULL, BPTL_REQUIRED, "Zaken API: the zaak, its status and its rollen"},
	{"ztc", NULL, BPTL_REQUIRED, "Catalogi API: the zaaktype and what belongs to it"},
	{"orc", "zac", BPTL_OPTIONAL, "ZAC: the name of a medewerker of whom only the user name is given"},
	{0},
};

static void demand(struct bptl_task *t, const char *name)
{
	if (!bptl_has(t, name))
		bptl_fail(
			t,
			"variable %s is missing or empty: give zaaktype, or catalogusDomein and zaaktypeIdentificatie",
			name);
}

static const char *choose_zaaktype(struct bptl_task *t, json_t *details, const char *rsin)
{
	if (zgw_text_in(details, "zaaktype"))
		return zgw_text_in(details, "zaaktype");
	if (bptl_has(t, "zaaktype"))
		return bptl_text(t, "zaaktype");
	demand(t, "catalogusDomein");
	demand(t, "zaaktypeIdentificatie");
	return zaaktype_find(t, bptl_text(t, "catalogusDomein"), bptl_text_or(t, "catalogusRSIN", rsin),
			     bptl_text(t, "zaaktypeIdentificatie"));
}

static json_t *create(struct bptl_task *t, const char *zaaktype, const char *rsin, json_t *details)
{
	const char *const headers[] = {
		ZGW_ACCEPT_CRS,
		ZGW_CONTENT_CRS,
		zgw_header(t, "X-NLX-Request-Process-Id", "NLXProcessId"),
		zgw_header(t, "X-NLX-Request-Subject-Identifier", "NLXSubjectIdentifier"),
		NULL,
	};
	struct bptl_request request = {
		.what = "create the zaak",
		.method = "POST",
		.service = "zrc",
		.url = "zaken",
		.headers = headers,
	};
	const char *today = bptl_today(t);
	json_t *body = bptl_keep(t, json_pack("{s:s, s:s, s:s, s:s, s:s}", "zaaktype", zaaktype, "bronorganisatie",
					      rsin, "verantwoordelijkeOrganisatie", rsin, "registratiedatum", today,
					      "startdatum", today));

	if (details && json_object_update(body, details))
		bptl_fail(t, "out of memory");
	request.body = json_incref(body);
	return bptl_send(t, &request);
}

static int run(struct bptl_task *t)
{
	const char *rsin = bptl_text(t, "organisatieRSIN");
	const char *remarks = zgw_text_within(t, "initialStatusRemarks", ZGW_EXPLANATION_MOST);
	json_t *details = bptl_json(t, "zaakDetails"), *initiator = rollen_initiator(t);
	const char *zaaktype = choose_zaaktype(t, details, rsin);
	const char *statustype = zgw_statustype(t, zaaktype, 1);
	json_t *rollen = rollen_prepare(t, zaaktype, initiator);
	json_t *zaak = create(t, zaaktype, rsin, details);
	const char *url = bptl_member_text(t, zaak, "url");

	zgw_set_status(t, url, statustype, remarks ? remarks : "");
	rollen_create(t, url, rollen);
	bptl_set(t, "zaak", json_incref(zaak));
	bptl_set_text(t, "zaakUrl", url);
	return bptl_set_text(t, "zaakIdentificatie", bptl_member_text(t, zaak, "identificatie"));
}

const struct bptl_unit zgw_create_zaak = {
	.name = "CreateZaakTask",
	.summary = "Creates a zaak with its first status and its rollen",
	.doc = "The zaaktype is given by its URL, or found by catalogus and identificatie: then the version that "
	       "is valid today is taken. The first status is the statustype with volgnummer 1. Whatever can be "
	       "wrong is checked before the zaak is created.",
	.run = run,
	.in = in,
	.out = out,
	.needs = needs,
};
