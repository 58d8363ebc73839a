"""The Zaken API of the stand-in: zaken themselves. What hangs on a zaak is in zgw_zaakdelen.py."""

import zgw_zaakdelen as delen
from zgw_answers import (
    Answer, Field, add_period, array, bad_reference, boolean, check, check_crs, choice, date, invalid, not_allowed,
    not_found, plain_text, rsin, stamp, table, today, url,
)  # fmt: skip
from zgw_documenten import LEVELS
from zgw_store import check_query, created, matching, newest_first

VERSION = "1.5.1"
AARD = ("vervolg", "onderwerp", "bijdrage", "overig")
FILTERS = (
    "archiefactiedatum", "archiefactiedatum__gt", "archiefactiedatum__isnull", "archiefactiedatum__lt",
    "archiefnominatie", "archiefnominatie__in", "archiefstatus", "archiefstatus__in", "bronorganisatie",
    "bronorganisatie__in", "einddatum", "einddatum__gt", "einddatum__isnull", "einddatum__lt", "einddatumGepland",
    "einddatumGepland__gt", "einddatumGepland__lt", "expand", "identificatie", "identificatie__icontains",
    "omschrijving", "ordering", "page", "pageSize", "registratiedatum", "registratiedatum__gt", "registratiedatum__lt",
    "startdatum", "startdatum__gt", "startdatum__gte", "startdatum__lt", "startdatum__lte",
    "uiterlijkeEinddatumAfdoening", "uiterlijkeEinddatumAfdoening__gt", "uiterlijkeEinddatumAfdoening__lt", "zaaktype",
)  # fmt: skip
SEARCHES = (
    "uuid__in", "identificatie", "zaaktype", "zaaktype__in", "bronorganisatie", "zaakgeometrie", "omschrijving",
    "startdatum", "startdatum__gt", "startdatum__gte", "startdatum__lt", "startdatum__lte", "einddatum__isnull",
    "ordering",
)  # fmt: skip
FIELDS = {
    "identificatie": Field(plain_text, longest=40),
    "bronorganisatie": Field(rsin, required=True, blank=False),
    "omschrijving": Field(plain_text, longest=80),
    "toelichting": Field(plain_text, longest=1000),
    "zaaktype": Field(url, required=True, longest=1000, blank=False),
    "registratiedatum": Field(date, default=lambda: today().isoformat()),
    "verantwoordelijkeOrganisatie": Field(rsin, blank=False),
    "startdatum": Field(date, required=True),
    "einddatumGepland": Field(date, null=True, default=None),
    "uiterlijkeEinddatumAfdoening": Field(date, null=True, default=None),
    "publicatiedatum": Field(date, null=True, default=None),
    "laatstGeopend": Field(plain_text, null=True, default=None),
    "communicatiekanaal": Field(url, longest=1000),
    "communicatiekanaalNaam": Field(plain_text, longest=250),
    "productenOfDiensten": Field(array, default=list),
    "vertrouwelijkheidaanduiding": Field(choice, choices=LEVELS),
    "betalingsindicatie": Field(
        choice, choices=("nvt", "gefactureerd", "gecrediteerd", "betaald", "nog_niet", "gedeeltelijk", "geheel")
    ),
    "laatsteBetaaldatum": Field(plain_text, null=True, default=None),
    "zaakgeometrie": Field(table, null=True, default=None),
    "verlenging": Field(table, null=True, default=None),
    "opschorting": Field(table, null=True, default=None),
    "selectielijstklasse": Field(url, longest=1000),
    "hoofdzaak": Field(url, null=True, default=None),
    "relevanteAndereZaken": Field(array, default=list),
    "kenmerken": Field(array, default=list),
    "archiefnominatie": Field(choice, null=True, default=None, choices=("blijvend_bewaren", "vernietigen")),
    "archiefstatus": Field(
        choice, default="nog_te_archiveren", blank=False,
        choices=("nog_te_archiveren", "gearchiveerd", "gearchiveerd_procestermijn_onbekend", "overgedragen"),
    ),
    "archiefactiedatum": Field(date, null=True, default=None),
    "opdrachtgevendeOrganisatie": Field(rsin),
    "processobjectaard": Field(plain_text, longest=200),
    "startdatumBewaartermijn": Field(date, null=True, default=None),
    "processobject": Field(table, null=True, default=None),
}  # fmt: skip
RELATION = {
    "url": Field(url, required=True, blank=False),
    "aardRelatie": Field(choice, required=True, blank=False, choices=AARD),
    "overigeRelatie": Field(plain_text, longest=100),
    "toelichting": Field(plain_text, longest=255),
}
OPSCHORTING = {"indicatie": Field(boolean, required=True), "reden": Field(plain_text, required=True, longest=200)}
KENMERK = {
    "kenmerk": Field(plain_text, required=True, longest=40),
    "bron": Field(plain_text, required=True, longest=40),
}
ORDER = (
    "url", "uuid", "identificatie", "bronorganisatie", "omschrijving", "toelichting", "zaaktype", "registratiedatum",
    "verantwoordelijkeOrganisatie", "startdatum", "einddatum", "einddatumGepland", "uiterlijkeEinddatumAfdoening",
    "publicatiedatum", "laatstGemuteerd", "laatstGeopend", "communicatiekanaal", "communicatiekanaalNaam",
    "productenOfDiensten", "vertrouwelijkheidaanduiding", "betalingsindicatie", "betalingsindicatieWeergave",
    "laatsteBetaaldatum", "zaakgeometrie", "verlenging", "opschorting", "selectielijstklasse", "hoofdzaak",
    "deelzaken", "relevanteAndereZaken", "gerelateerdeZaken", "eigenschappen", "rollen", "status",
    "zaakinformatieobjecten", "zaakobjecten", "kenmerken", "archiefnominatie", "archiefstatus", "archiefactiedatum",
    "resultaat", "opdrachtgevendeOrganisatie", "processobjectaard", "startdatumBewaartermijn", "processobject",
)  # fmt: skip


def shown(store, zaak):
    """A zaak as the API shows it, with the URLs of what hangs on it."""

    def urls(kind):
        return [item["url"] for item in store.of(kind, "zaak", zaak["url"])]

    made = dict(
        zaak, eigenschappen=urls("zaakeigenschappen"), rollen=urls("rollen"), zaakobjecten=urls("zaakobjecten"),
        zaakinformatieobjecten=urls("zaakinformatieobjecten"), gerelateerdeZaken=[],
        resultaat=next(iter(urls("resultaten")), None), status=delen.last_status(store, zaak["url"]),
    )  # fmt: skip
    return {name: made[name] for name in ORDER}


def check_parts(store, clean, wrong):
    """The nested members of a zaak, and the resources that it refers to."""
    for number, given in enumerate(clean.get("relevanteAndereZaken") or []):
        prefix = f"relevanteAndereZaken.{number}."
        item, bad = check(given, RELATION, prefix=prefix)
        if not bad and store.is_own(item["url"]) and not store.get("zaken", item["url"]):
            bad = [bad_reference(prefix + "url", item["url"])]
        clean["relevanteAndereZaken"][number] = item
        wrong += bad
    for number, given in enumerate(clean.get("kenmerken") or []):
        clean["kenmerken"][number], bad = check(given, KENMERK, prefix=f"kenmerken.{number}.")
        wrong += bad
    if clean.get("opschorting"):
        clean["opschorting"], bad = check(clean["opschorting"], OPSCHORTING, prefix="opschorting.")
        clean["opschorting"]["eerdereOpschorting"] = False
        wrong += bad
    if clean.get("hoofdzaak") and not store.get("zaken", clean["hoofdzaak"]):
        wrong.append(("hoofdzaak", "does_not_exist", "Ongeldige hyperlink - Object bestaat niet."))


def check_identificatie(store, clean):
    for other in store.of("zaken", "identificatie", clean["identificatie"]):
        if other["bronorganisatie"] == clean["bronorganisatie"]:
            reason = f"Deze identificatie ({clean['identificatie']}) bestaat al voor deze bronorganisatie"
            raise invalid(("identificatie", "identificatie-niet-uniek", reason))


def create(store, data):
    clean, wrong = check(data, FIELDS)
    zaaktype = store.get("zaaktypen", clean.get("zaaktype"))
    if "zaaktype" in clean and not zaaktype:
        wrong.append(delen.wrong_reference(store, "zaaktype", clean["zaaktype"]))
    elif zaaktype and zaaktype["concept"]:
        wrong.append(("zaaktype", "not-published", "Het zaaktype is nog niet gepubliceerd."))
    check_parts(store, clean, wrong)
    if wrong:
        raise invalid(*wrong)
    clean["identificatie"] = clean["identificatie"] or store.number("ZAAK", today().year)
    check_identificatie(store, clean)
    clean["url"], clean["uuid"] = store.new_url("zaken", "zaken")
    start = clean["startdatum"]
    clean["einddatumGepland"] = clean["einddatumGepland"] or add_period(start, zaaktype["servicenorm"])
    clean["uiterlijkeEinddatumAfdoening"] = clean["uiterlijkeEinddatumAfdoening"] or add_period(
        start, zaaktype["doorlooptijd"]
    )
    clean["vertrouwelijkheidaanduiding"] = (
        clean["vertrouwelijkheidaanduiding"] or zaaktype["vertrouwelijkheidaanduiding"]
    )
    clean["opschorting"] = clean["opschorting"] or {"indicatie": False, "eerdereOpschorting": False, "reden": ""}
    empty = {"datumkenmerk": "", "identificatie": "", "objecttype": "", "registratie": ""}
    clean["processobject"] = {**empty, **(clean["processobject"] or {})}
    clean.update(einddatum=None, laatstGemuteerd=stamp(), betalingsindicatieWeergave="", deelzaken=[])
    store.add("zaken", clean)
    if clean["hoofdzaak"]:
        store.get("zaken", clean["hoofdzaak"])["deelzaken"].append(clean["url"])
    store.count("POST", "zaken", clean["url"])
    return created(shown(store, clean))


def change(store, zaak, data, method):
    clean, wrong = check(data, FIELDS, partial=method == "PATCH")
    for name in ("identificatie", "zaaktype"):
        if clean.get(name) and clean[name] != zaak[name]:
            wrong.append((name, "wijzigen-niet-toegelaten", "Dit veld mag niet gewijzigd worden."))
        clean.pop(name, None)
    check_parts(store, clean, wrong)
    if wrong:
        raise invalid(*wrong)
    zaak.update({name: value for name, value in clean.items() if value not in (None, "") or method == "PATCH"})
    zaak["laatstGemuteerd"] = stamp()
    store.count(method, "zaken", zaak["url"])
    return Answer(200, shown(store, zaak))


def remove(store, zaak):
    for kind in ("statussen", "resultaten", "rollen", "zaakobjecten", "zaakinformatieobjecten", "zaakeigenschappen"):
        for item in list(store.of(kind, "zaak", zaak["url"])):
            store.remove(kind, item["url"])
    store.remove("zaken", zaak["url"])
    store.count("DELETE", "zaken", zaak["url"])
    return Answer(204)


def page_of(store, request, items):
    page = store.page(request, items)
    page["results"] = [{**shown(store, zaak), "_expand": {}} for zaak in page["results"]]
    return Answer(200, page)


def ordered(items, ordering):
    for name in reversed([name for name in ordering.split(",") if name]):
        items = sorted(items, key=lambda item: str(item.get(name.lstrip("-")) or ""), reverse=name.startswith("-"))
    return items


def listed(store, request):
    check_query(request, FILTERS)
    query = dict(request.pairs)
    items = matching(newest_first(store.candidates("zaken", query)), query)
    return page_of(store, request, ordered(items, query.get("ordering", "")))


def search(store, request):
    check_query(request, ("page", "pageSize", "expand"))
    data = request.data()
    if not isinstance(data, dict) or not set(data) & set(SEARCHES):
        raise invalid(("nonFieldErrors", "empty_search_body", "Search parameters must be specified"))
    query = {}
    for name, value in data.items():
        if name in SEARCHES and name != "zaakgeometrie":
            name = "uuid__in" if name == "uuid__in" else name
            query[name] = ",".join(map(str, value)) if isinstance(value, list) else str(value)
    query = {name: value.lower() if name.endswith("isnull") else value for name, value in query.items()}
    items = matching(newest_first(store.candidates("zaken", query)), query)
    return page_of(store, request, ordered(items, query.get("ordering", "")))


def permitted(request, allow):
    request.headers_out["Allow"] = allow
    if request.method not in allow.split(", "):
        raise not_allowed(request.method)


def handle_zaken(store, request):
    """`zaken`, `zaken/_zoek` and `zaken/UUID`: the only resources that demand CRS headers."""
    parts = request.parts
    request.headers_out["Content-Crs"] = "EPSG:4326"
    if len(parts) == 2 and parts[1] == "_zoek":
        permitted(request, "POST, OPTIONS")
        check_crs(request)
        return search(store, request)
    if len(parts) == 1:
        permitted(request, "GET, POST, HEAD, OPTIONS")
        check_crs(request)
        return create(store, request.data()) if request.method == "POST" else listed(store, request)
    permitted(request, "GET, PUT, PATCH, DELETE, HEAD, OPTIONS")
    check_crs(request)
    zaak = store.get("zaken", f"{store.root['zaken']}zaken/{parts[1]}")
    if not zaak:
        raise not_found()
    if request.method in ("PUT", "PATCH"):
        return change(store, zaak, request.data(), request.method)
    if request.method == "DELETE":
        return remove(store, zaak)
    return Answer(200, {**shown(store, zaak), "_expand": {}})


def handle(store, request):
    parts = request.parts
    request.headers_out["API-version"] = VERSION
    if parts and parts[0] == "zaken" and len(parts) < 3:
        return handle_zaken(store, request)
    return delen.handle(store, request)
