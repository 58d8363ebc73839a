/* plugin.c: the description of the plugin zgw, whose units work with the Zaken and Catalogi APIs. What a unit reads and
 * sets is declared in the unit's own file. */
#include "units.h"

#define UNIT(unit_name, function, unit_summary, unit_doc)                                                              \
	{                                                                                                              \
		.name = (unit_name), .summary = (unit_summary), .doc = (unit_doc), .run = function,                    \
		.in = function##_in, .out = function##_out, .needs = function##_needs                                  \
	}

static const struct bptl_unit units[] = {
	UNIT("CreateZaakTask", zgw_create_zaak, "Creates a zaak with its first status and its rollen",
	     "The zaaktype is given by its URL, or found by catalogus and identificatie: then the version that is "
	     "valid "
	     "today is taken. The first status is the statustype with volgnummer 1. Whatever can be wrong is checked "
	     "before the zaak is created."),
	UNIT("LookupZaak", zgw_lookup_zaak, "Finds a zaak by its identificatie and bronorganisatie",
	     "A zaak that is not found is no failure: zaakUrl is then null."),
	UNIT("CreateStatusTask", zgw_create_status, "Gives a zaak its next status",
	     "The statustype is found by its volgnummer in the zaaktype of the zaak, or given by its URL."),
	UNIT("CreateResultaatTask", zgw_create_resultaat, "Gives a zaak its resultaat",
	     "The resultaattype is given by its URL, or found by its omschrijving in the zaaktype of the zaak. A "
	     "resultaat of the same type that the zaak has already is kept; another one is a failure."),
	UNIT("RelateDocumentToZaakTask", zgw_relate_document, "Puts a document in a zaak",
	     "A document that is in the zaak already is no failure. Without a document nothing is done."),
	UNIT("CloseZaakTask", zgw_close_zaak, "Gives a zaak its resultaat and its end status",
	     "The resultaat is created before the end status, when resultaattype or omschrijving is given. May run "
	     "again "
	     "after it failed half-way: an equal resultaat is kept, and a closed zaak stays as it is."),
};

const struct bptl_plugin *bptl_describe(void)
{
	static const struct bptl_plugin plugin = {
		BPTL_HANDSHAKE,	    .name = "zgw",
		.version = "0.1.0", .summary = "Work on zaken through the ZGW APIs",
		.units = units,	    .unit_count = sizeof(units) / sizeof(units[0]),
	};

	return &plugin;
}
