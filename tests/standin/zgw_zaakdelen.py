"""What hangs on a zaak in the stand-in: statussen, resultaten, rollen, zaakobjecten, documents and eigenschappen."""

import datetime

from zgw_answers import (
    Answer, Field, add_period, array, bad_reference, check, choice, date, elfproef, invalid, moment, not_allowed,
    not_found, now, plain_text, stamp, table, url,
)  # fmt: skip
from zgw_store import check_query, created, matching, newest_first

OBJECT_TYPES = (
    "adres", "besluit", "buurt", "enkelvoudig_document", "gemeente", "gemeentelijke_openbare_ruimte", "huishouden",
    "inrichtingselement", "kadastrale_onroerende_zaak", "kunstwerkdeel", "maatschappelijke_activiteit", "medewerker",
    "natuurlijk_persoon", "niet_natuurlijk_persoon", "openbare_ruimte", "organisatorische_eenheid", "pand",
    "spoorbaandeel", "status", "terreindeel", "terrein_gebouwd_object", "vestiging", "waterdeel", "wegdeel", "wijk",
    "woonplaats", "woz_deelobject", "woz_object", "woz_waarde", "zakelijk_recht", "overige",
)  # fmt: skip
NAME, ADDRESS = Field(plain_text, longest=200), Field(table, null=True, default=None)
BETROKKENEN = {
    "natuurlijk_persoon": {
        "inpBsn": Field(plain_text, longest=9), "anpIdentificatie": Field(plain_text, longest=17),
        "inpA_nummer": Field(plain_text, longest=10), "geslachtsnaam": NAME,
        "voorvoegselGeslachtsnaam": Field(plain_text, longest=80), "voorletters": Field(plain_text, longest=20),
        "voornamen": NAME, "geslachtsaanduiding": Field(choice, choices=("m", "v", "o")),
        "geboortedatum": Field(plain_text, longest=18), "verblijfsadres": ADDRESS, "subVerblijfBuitenland": ADDRESS,
    },
    "niet_natuurlijk_persoon": {
        "innNnpId": Field(plain_text, longest=9), "annIdentificatie": Field(plain_text, longest=17),
        "kvkNummer": Field(plain_text, longest=8), "vestigingsNummer": Field(plain_text, longest=12),
        "statutaireNaam": Field(plain_text, longest=500), "innRechtsvorm": Field(plain_text),
        "bezoekadres": Field(plain_text, longest=1000), "subVerblijfBuitenland": ADDRESS,
    },
    "vestiging": {
        "vestigingsNummer": Field(plain_text, longest=24), "handelsnaam": Field(array, default=list),
        "verblijfsadres": ADDRESS,
        "subVerblijfBuitenland": ADDRESS, "kvkNummer": Field(plain_text, longest=8),
    },
    "organisatorische_eenheid": {
        "identificatie": Field(plain_text, longest=24), "naam": Field(plain_text, longest=50),
        "isGehuisvestIn": Field(plain_text, longest=24),
    },
    "medewerker": {
        "identificatie": Field(plain_text, longest=24), "achternaam": NAME,
        "voorletters": Field(plain_text, longest=20),
        "voorvoegselAchternaam": Field(plain_text, longest=10),
    },
}  # fmt: skip
CONTACT = {name: Field(plain_text, longest=longest) for name, longest in
           (("emailadres", 254), ("functie", 50), ("telefoonnummer", 20), ("naam", 200))}  # fmt: skip
ZAAK, TYPE = Field(url, required=True, blank=False), Field(url, required=True, blank=False, longest=1000)
FIELDS = {
    "statussen": {
        "zaak": ZAAK, "statustype": TYPE, "datumStatusGezet": Field(moment, required=True),
        "statustoelichting": Field(plain_text, longest=1000), "gezetdoor": Field(url, null=True, default=None),
    },
    "resultaten": {"zaak": ZAAK, "resultaattype": TYPE, "toelichting": Field(plain_text, longest=1000)},
    "rollen": {
        "zaak": ZAAK, "betrokkene": Field(url, longest=1000),
        "betrokkeneType": Field(choice, required=True, blank=False, choices=tuple(BETROKKENEN)),
        "afwijkendeNaamBetrokkene": Field(plain_text, longest=625), "roltype": TYPE,
        "roltoelichting": Field(plain_text, required=True, longest=1000, blank=False),
        "indicatieMachtiging": Field(choice, choices=("gemachtigde", "machtiginggever")),
        "contactpersoonRol": Field(table, null=True, default=None),
        "beginGeldigheid": Field(date, null=True, default=None),
        "eindeGeldigheid": Field(date, null=True, default=None),
        "betrokkeneIdentificatie": Field(table, null=True, default=None),
        "authenticatieContext": Field(table, null=True, default=None),
    },
    "zaakobjecten": {
        "zaak": ZAAK, "object": Field(url, longest=1000), "zaakobjecttype": Field(url, null=True, default=None),
        "objectType": Field(choice, required=True, blank=False, choices=OBJECT_TYPES),
        "objectTypeOverige": Field(plain_text, longest=100),
        "objectTypeOverigeDefinitie": Field(table, null=True, default=None),
        "relatieomschrijving": Field(plain_text, longest=80),
        "objectIdentificatie": Field(table, null=True, default=None),
    },
    "zaakinformatieobjecten": {
        "informatieobject": Field(url, required=True, blank=False, longest=1000), "zaak": ZAAK,
        "titel": Field(plain_text, longest=200), "beschrijving": Field(plain_text),
        "vernietigingsdatum": Field(moment, null=True, default=None), "status": Field(url, null=True, default=None),
    },
    "zaakeigenschappen": {"zaak": ZAAK, "eigenschap": TYPE, "waarde": Field(plain_text, required=True, blank=False)},
}  # fmt: skip
PAGES = ("page", "pageSize", "zaak")
FILTERS = {
    "statussen": PAGES + ("statustype", "indicatieLaatstGezetteStatus"),
    "resultaten": PAGES + ("resultaattype",),
    "rollen": PAGES + ("betrokkene", "betrokkeneType", "omschrijving", "omschrijvingGeneriek", "roltype"),
    "zaakobjecten": PAGES + ("object", "objectType"),
    "zaakinformatieobjecten": ("zaak", "informatieobject"),
    "zaakeigenschappen": (),
}
DETAIL = {"statussen": "GET, HEAD, OPTIONS", "rollen": "GET, PUT, DELETE, HEAD, OPTIONS"}
PLAIN = ("zaakinformatieobjecten", "zaakeigenschappen")


def wrong_reference(store, name, value):
    if store.is_own(value):
        return bad_reference(name, value)
    return name, "unknown-service", "De service voor deze URL is niet bekend in Open Zaak."


def last_status(store, zaak):
    """The URL of the status that was set last: the newest date counts, not the order of the requests."""
    found = store.of("statussen", "zaak", zaak)
    return max(found, key=lambda item: item["datumStatusGezet"])["url"] if found else None


def shown(store, kind, item):
    if kind == "statussen":
        return dict(item, indicatieLaatstGezetteStatus=last_status(store, item["zaak"]) == item["url"])
    return item


def checked(store, kind, data, type_kind=None):
    """The clean members; refuses what is wrong, an unknown zaak or type, and a type of another zaaktype."""
    clean, wrong = check(data, FIELDS[kind])
    zaak = store.get("zaken", clean.get("zaak"))
    if "zaak" in clean and not zaak:
        wrong.append(("zaak", "does_not_exist", "Ongeldige hyperlink - Object bestaat niet."))
    member = {"statussen": "statustype", "resultaten": "resultaattype", "rollen": "roltype",
              "zaakeigenschappen": "eigenschap", "zaakinformatieobjecten": "informatieobject"}.get(kind)  # fmt: skip
    of_type = store.get(type_kind, clean.get(member)) if type_kind else None
    if type_kind and member in clean and not of_type:
        wrong.append(wrong_reference(store, member, clean[member]))
    if wrong:
        raise invalid(*wrong)
    if of_type and zaak and of_type.get("zaaktype", zaak["zaaktype"]) != zaak["zaaktype"]:
        reason = "De referentie hoort niet bij het zaaktype van de zaak."
        raise invalid(("nonFieldErrors", "zaaktype-mismatch", reason))
    return clean, zaak, of_type


def keep(store, kind, clean, zaak, order):
    path = kind if kind != "zaakeigenschappen" else f"zaken/{zaak['uuid']}/zaakeigenschappen"
    clean["url"], clean["uuid"] = store.new_url("zaken", path)
    item = store.add(kind, {name: clean[name] for name in order if name in clean})
    store.count("POST", kind, zaak["url"])
    return created(shown(store, kind, item))


def unique_set(*names):
    reason = f"De velden {', '.join(names)} moeten een unieke set zijn."
    return invalid(("nonFieldErrors", "unique", reason))


def create_status(store, data):
    clean, zaak, statustype = checked(store, "statussen", data, "statustypen")
    when = clean["datumStatusGezet"]
    if datetime.datetime.fromisoformat(when.replace("Z", "+00:00")) > now() + datetime.timedelta(minutes=1):
        raise invalid(("datumStatusGezet", "future_not_allowed", "De datum mag niet in de toekomst liggen."))
    if any(item["datumStatusGezet"] == when for item in store.of("statussen", "zaak", zaak["url"])):
        raise unique_set("zaak", "datumStatusGezet")
    if statustype["isEindstatus"]:
        close(store, zaak, when[:10])
    elif zaak["einddatum"]:
        zaak.update(einddatum=None, archiefactiedatum=None, startdatumBewaartermijn=None)
    zaak["laatstGemuteerd"] = stamp()
    clean.update(indicatieLaatstGezetteStatus=True, zaakinformatieobjecten=[])
    order = ("url", "uuid", "zaak", "statustype", "datumStatusGezet", "statustoelichting",
             "indicatieLaatstGezetteStatus", "gezetdoor", "zaakinformatieobjecten")  # fmt: skip
    return keep(store, "statussen", clean, zaak, order)


def close(store, zaak, day):
    """The end status: the archive members come from the resultaattype, counted from the day of closing."""
    found = store.of("resultaten", "zaak", zaak["url"])
    if not found:
        raise invalid(("nonFieldErrors", "resultaat-does-not-exist", "Zaak has no resultaat."))
    kind = store.get("resultaattypen", found[0]["resultaattype"])
    zaak["einddatum"] = day
    zaak["archiefnominatie"] = zaak["archiefnominatie"] or kind["archiefnominatie"]
    zaak["startdatumBewaartermijn"] = day
    zaak["archiefactiedatum"] = add_period(day, kind["archiefactietermijn"]) if kind["archiefactietermijn"] else None


def create_resultaat(store, data):
    clean, zaak, _ = checked(store, "resultaten", data, "resultaattypen")
    if store.of("resultaten", "zaak", zaak["url"]):
        raise invalid(("zaak", "unique", "Er bestaat al een resultaat met eenzelfde zaak."))
    return keep(store, "resultaten", clean, zaak, ("url", "uuid", "zaak", "resultaattype", "toelichting"))


def create_rol(store, data):
    clean, zaak, roltype = checked(store, "rollen", data, "roltypen")
    kind, given = clean["betrokkeneType"], clean.pop("betrokkeneIdentificatie")
    if not clean["betrokkene"] and not given:
        reason = "betrokkene or betrokkeneIdentificatie must be provided"
        raise invalid(("nonFieldErrors", "invalid-betrokkene", reason))
    identity, wrong = check(given or {}, BETROKKENEN[kind], prefix="betrokkeneIdentificatie.")
    bsn = identity.get("inpBsn")
    if bsn and (len(bsn) != 9 or not elfproef(bsn, (9, 8, 7, 6, 5, 4, 3, 2, -1))):
        wrong.append(("betrokkeneIdentificatie.inpBsn", "invalid", "Onjuist BSN nummer"))
    clean["contactpersoonRol"], bad = check(clean["contactpersoonRol"] or {}, CONTACT, prefix="contactpersoonRol.")
    if wrong + bad:
        raise invalid(*wrong, *bad)
    clean.update(
        omschrijving=roltype["omschrijving"], omschrijvingGeneriek=roltype["omschrijvingGeneriek"], statussen=[],
        registratiedatum=stamp(), betrokkeneIdentificatie=identity if given else None,
    )  # fmt: skip
    if kind in ("medewerker", "organisatorische_eenheid"):
        clean.pop("authenticatieContext")
    order = ("url", "uuid", "zaak", "betrokkene", "betrokkeneType", "afwijkendeNaamBetrokkene", "roltype",
        "omschrijving",
             "omschrijvingGeneriek", "roltoelichting", "registratiedatum", "indicatieMachtiging", "contactpersoonRol",
             "statussen", "beginGeldigheid", "eindeGeldigheid", "betrokkeneIdentificatie",
             "authenticatieContext")  # fmt: skip
    return keep(store, "rollen", clean, zaak, order)


def create_zaakobject(store, data):
    clean, zaak, _ = checked(store, "zaakobjecten", data)
    other, target = clean["objectTypeOverige"], clean["object"]
    if not target and not clean["objectIdentificatie"]:
        raise invalid(("nonFieldErrors", "invalid-zaakobject", "object or objectIdentificatie must be provided"))
    if clean["objectType"] == "overige" and not other and not clean["objectTypeOverigeDefinitie"]:
        reason = (
            'Als `objectType` de waarde "overige" heeft, dan moet `objectTypeOverige` van een waarde voorzien zijn.'
        )
        raise invalid(("nonFieldErrors", "missing-object-type-overige", reason))
    if clean["objectType"] != "overige" and other:
        reason = 'Als `objectTypeOverige` van een waarde is voorzien, dan moet `objectType` de waarde "overige" hebben.'
        raise invalid(("nonFieldErrors", "invalid-object-type-overige-usage", reason))
    if target and store.is_own(target) and not store.find(target):
        reason = f"De URL {target} gaf als antwoord HTTP 404. Geef een geldige URL op."
        raise invalid(("object", "bad-url", reason))
    order = ("url", "uuid", "zaak", "object", "zaakobjecttype", "objectType", "objectTypeOverige",
             "objectTypeOverigeDefinitie", "relatieomschrijving", "objectIdentificatie")  # fmt: skip
    return keep(store, "zaakobjecten", clean, zaak, order)


def create_zaakinformatieobject(store, data):
    clean, zaak, document = checked(store, "zaakinformatieobjecten", data, "enkelvoudiginformatieobjecten")
    if any(
        item["informatieobject"] == clean["informatieobject"]
        for item in store.of("zaakinformatieobjecten", "zaak", zaak["url"])
    ):
        raise unique_set("zaak", "informatieobject")
    if document["informatieobjecttype"] not in store.get("zaaktypen", zaak["zaaktype"])["informatieobjecttypen"]:
        reason = "Het informatieobjecttype hoort niet bij het zaaktype van de zaak."
        raise invalid(("nonFieldErrors", "missing-zaaktype-informatieobjecttype-relation", reason))
    clean.update(aardRelatieWeergave="Hoort bij, omgekeerd: kent", registratiedatum=stamp())
    order = ("url", "uuid", "informatieobject", "zaak", "aardRelatieWeergave", "titel", "beschrijving",
        "registratiedatum",
             "vernietigingsdatum", "status")  # fmt: skip
    return keep(store, "zaakinformatieobjecten", clean, zaak, order)


def create_zaakeigenschap(store, data):
    """Any text is accepted as `waarde`, as the recorded server does: it does not look at the specification."""
    clean, zaak, eigenschap = checked(store, "zaakeigenschappen", data, "eigenschappen")
    clean["naam"] = eigenschap["naam"]
    return keep(store, "zaakeigenschappen", clean, zaak, ("url", "uuid", "zaak", "eigenschap", "naam", "waarde"))


CREATE = {
    "statussen": create_status, "resultaten": create_resultaat, "rollen": create_rol, "zaakobjecten": create_zaakobject,
    "zaakinformatieobjecten": create_zaakinformatieobject, "zaakeigenschappen": create_zaakeigenschap,
}  # fmt: skip


def change(store, kind, item, data, method):
    """PUT and PATCH: what a resource belongs to stays as it is."""
    clean, wrong = check(data, FIELDS[kind], partial=method == "PATCH")
    for name in ("zaak", "informatieobject", "eigenschap", "object", "objectType"):
        if name in clean and clean[name] != item.get(name):
            wrong.append((name, "wijzigen-niet-toegelaten", "Dit veld mag niet gewijzigd worden."))
    if wrong:
        raise invalid(*wrong)
    item.update(clean)
    store.count(method, kind, item["zaak"])
    return Answer(200, shown(store, kind, item))


def listed(store, kind, request, zaak=None):
    check_query(request, FILTERS[kind])
    query = dict(request.pairs, **({"zaak": zaak} if zaak else {}))
    items = [shown(store, kind, item) for item in newest_first(store.candidates(kind, query))]
    items = matching(items, query)
    return Answer(200, items if kind in PLAIN else store.page(request, items))


def handle(store, request):
    parts, method, zaak = request.parts, request.method, None
    if len(parts) > 2 and parts[0] == "zaken" and parts[2] == "zaakeigenschappen":
        zaak = f"{store.root['zaken']}zaken/{parts[1]}"
        parts = parts[2:]
    if not parts or parts[0] not in CREATE or (parts[0] == "zaakeigenschappen") != bool(zaak) or len(parts) > 2:
        raise not_found()
    kind = parts[0]
    allow = (
        DETAIL.get(kind, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS") if len(parts) == 2 else "GET, POST, HEAD, OPTIONS"
    )
    request.headers_out["Allow"] = allow
    if method not in allow.split(", "):
        raise not_allowed(method)
    if zaak and not store.get("zaken", zaak):
        raise not_found()
    if len(parts) == 1:
        return CREATE[kind](store, request.data()) if method == "POST" else listed(store, kind, request, zaak)
    item = store.get(kind, f"{zaak + '/' if zaak else store.root['zaken']}{kind}/{parts[1]}")
    if not item:
        raise not_found()
    if method in ("PUT", "PATCH"):
        return change(store, kind, item, request.data(), method)
    if method == "DELETE":
        store.remove(kind, item["url"])
        store.count("DELETE", kind, item["zaak"])
        return Answer(204)
    return Answer(200, shown(store, kind, item))
