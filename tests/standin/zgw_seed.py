"""The catalogue, documents, objects and ZAC users that the stand-in starts with."""

import datetime

from zgw_answers import now, stamp, today
from zgw_documenten import add_document
from zgw_objects import add_object, add_objecttype
from zgw_store import fixed_uuid

DOMEIN, RSIN = "TEST", "002564440"
GENERIC = ("i", "definitieI", "herkomstI", "hierarchieI")


def validity():
    return {"beginGeldigheid": None, "eindeGeldigheid": None, "beginObject": None, "eindeObject": None}


class Catalogue:
    """Makes catalogue resources that refer to each other; their URLs follow from their names."""

    def __init__(self, store):
        self.store, self.root = store, store.root["catalogi"]

    def put(self, kind, name, **members):
        return self.store.add(kind, {"url": f"{self.root}{kind}/{fixed_uuid(kind + '/' + name)}", **members})

    def catalogus(self, domein, rsin):
        return self.put(
            "catalogussen", domein, domein=domein, rsin=rsin, contactpersoonBeheerNaam="Functioneel beheer",
            contactpersoonBeheerTelefoonnummer="", contactpersoonBeheerEmailadres="", zaaktypen=[], besluittypen=[],
            informatieobjecttypen=[], naam="Proefcatalogus", versie="", begindatumVersie=None,
        )  # fmt: skip

    def informatieobjecttype(self, catalogus, omschrijving):
        item = self.put(
            "informatieobjecttypen", omschrijving, catalogus=catalogus["url"], omschrijving=omschrijving,
            vertrouwelijkheidaanduiding="openbaar", beginGeldigheid="2024-01-01", eindeGeldigheid=None,
            beginObject=None, eindeObject=None, concept=False, besluittypen=[], informatieobjectcategorie="Overig",
            trefwoord=[],
            omschrijvingGeneriek={part + "nformatieobjecttypeOmschrijvingGeneriek": "" for part in GENERIC},
            zaaktypen=[],
        )  # fmt: skip
        catalogus["informatieobjecttypen"].append(item["url"])
        return item

    def zaaktype(
        self, catalogus, identificatie, omschrijving, begin="2024-01-01", einde=None, concept=False, documents=()
    ):
        item = self.put(
            "zaaktypen", f"{identificatie}/{begin}", identificatie=identificatie, omschrijving=omschrijving,
            omschrijvingGeneriek=omschrijving, vertrouwelijkheidaanduiding="openbaar", doel="Behandelen",
            aanleiding="Verzoek", toelichting="", indicatieInternOfExtern="extern", handelingInitiator="Indienen",
            onderwerp="Verzoek", handelingBehandelaar="Behandelen", doorlooptijd="P30D", servicenorm="P10D",
            opschortingEnAanhoudingMogelijk=True, verlengingMogelijk=True, verlengingstermijn="P10D", trefwoorden=[],
            publicatieIndicatie=False, publicatietekst="", verantwoordingsrelatie=[], productenOfDiensten=[],
            selectielijstProcestype="", referentieproces={"naam": omschrijving, "link": ""}, concept=concept,
            verantwoordelijke="Gemeente Test", broncatalogus={"url": "", "domein": "", "rsin": ""},
            bronzaaktype={"url": "", "identificatie": "", "omschrijving": ""}, beginGeldigheid=begin,
            eindeGeldigheid=einde, versiedatum=begin, beginObject=begin, eindeObject=einde, catalogus=catalogus["url"],
            statustypen=[], resultaattypen=[], eigenschappen=[],
            informatieobjecttypen=[document["url"] for document in documents], roltypen=[], besluittypen=[],
            deelzaaktypen=[], gerelateerdeZaaktypen=[], zaakobjecttypen=[],
        )  # fmt: skip
        catalogus["zaaktypen"].append(item["url"])
        for document in documents:
            document["zaaktypen"].append(item["url"])
        return item

    def part(self, kind, zaaktype, name, **members):
        """Something that belongs to a zaaktype; its name is unique within it."""
        members.update(
            zaaktype=zaaktype["url"], zaaktypeIdentificatie=zaaktype["identificatie"], catalogus=zaaktype["catalogus"]
        )
        item = self.put(kind, f"{zaaktype['url'].rsplit('/', 1)[1]}/{name}", **members, **validity())
        zaaktype[kind].insert(0 if kind == "statustypen" else len(zaaktype[kind]), item["url"])
        return item

    def statustype(self, zaaktype, volgnummer, omschrijving, einde=False):
        return self.part(
            "statustypen", zaaktype, str(volgnummer), omschrijving=omschrijving, omschrijvingGeneriek="",
            statustekst="", volgnummer=volgnummer, isEindstatus=einde, informeren=False, doorlooptijd=None,
            toelichting=None, checklistitemStatustype=[], eigenschappen=[], zaakobjecttypen=[],
        )  # fmt: skip

    def resultaattype(self, zaaktype, omschrijving, generiek, nominatie="vernietigen", termijn="P10Y"):
        source = {"afleidingswijze": "afgehandeld", "datumkenmerk": "", "einddatumBekend": False, "objecttype": "",
                  "registratie": "", "procestermijn": None}  # fmt: skip
        return self.part(
            "resultaattypen", zaaktype, omschrijving, omschrijving=omschrijving, resultaattypeomschrijving="",
            omschrijvingGeneriek=generiek, selectielijstklasse="", toelichting="", archiefnominatie=nominatie,
            archiefactietermijn=termijn, brondatumArchiefprocedure=source, procesobjectaard="",
            indicatieSpecifiek=None, procestermijn=None, besluittypen=[], besluittypeOmschrijving=[],
            informatieobjecttypen=[], informatieobjecttypeOmschrijving=[],
        )  # fmt: skip

    def roltype(self, zaaktype, omschrijving, generiek):
        return self.part("roltypen", zaaktype, omschrijving, omschrijving=omschrijving, omschrijvingGeneriek=generiek)

    def eigenschap(self, zaaktype, naam, formaat, lengte):
        shape = {"groep": "", "formaat": formaat, "lengte": lengte, "kardinaliteit": "1", "waardenverzameling": []}
        return self.part("eigenschappen", zaaktype, naam, naam=naam, definitie=naam, specificatie=shape, toelichting="",
                         statustype=None)  # fmt: skip


def fill_zaaktype(catalogue, zaaktype, rollen):
    """Statustypen 1 to 3, resultaattypen, roltypen and eigenschappen."""
    found = {"zaaktype": zaaktype["url"], "statustypen": {}, "resultaattypen": {}, "roltypen": {}, "eigenschappen": {}}
    for number, omschrijving in enumerate(("Ontvangen", "In behandeling", "Afgehandeld"), start=1):
        found["statustypen"][str(number)] = catalogue.statustype(zaaktype, number, omschrijving, number == 3)["url"]
    for omschrijving, generiek, nominatie, termijn in (
        ("Afgehandeld", "Afgehandeld", "vernietigen", "P10Y"),
        ("Geweigerd", "Afgewezen", "vernietigen", "P5Y"), ("Verleend", "Toegekend", "blijvend_bewaren", None),
    ):
        item = catalogue.resultaattype(zaaktype, omschrijving, generiek, nominatie, termijn)
        found["resultaattypen"][omschrijving] = item["url"]
    for omschrijving, generiek in rollen:
        found["roltypen"][omschrijving] = catalogue.roltype(zaaktype, omschrijving, generiek)["url"]
    for naam, formaat, lengte in (
        ("kenteken", "tekst", "10"), ("datum_melding", "datum", "8"),
        ("bedrag", "getal", "8,2"),
    ):
        found["eigenschappen"][naam] = catalogue.eigenschap(zaaktype, naam, formaat, lengte)["url"]
    return found


def seed_catalogue(store):
    catalogue = Catalogue(store)
    catalogus = catalogue.catalogus(DOMEIN, RSIN)
    documents = [catalogue.informatieobjecttype(catalogus, name) for name in ("Aanvraag", "Besluit", "Los document")]
    last_year = today().year - 1
    wide = [("Melder", "initiator"), ("Behandelaar", "behandelaar")]
    exact = [("Initiator", "initiator"), ("Hoofdbehandelaar", "behandelaar"), ("Meekijker", "adviseur")]
    kinds = {}
    for key, identificatie, omschrijving, rollen, begin, einde, concept in (
        ("old", "ZAAKTYPE-TEST-1", "Melding openbare ruimte", wide, "2019-01-01", f"{last_year}-12-31", False),
        ("main", "ZAAKTYPE-TEST-1", "Melding openbare ruimte", wide, f"{last_year + 1}-01-01", None, False),
        ("roles", "ZAAKTYPE-TEST-2", "Aanvraag vergunning", exact, "2024-01-01", None, False),
        ("bare", "ZAAKTYPE-TEST-10", "Zaaktype zonder roltypen", [], "2024-01-01", None, False),
        ("concept", "ZAAKTYPE-TEST-3", "Nog niet gepubliceerd", wide, "2024-01-01", None, True),
    ):
        zaaktype = catalogue.zaaktype(catalogus, identificatie, omschrijving, begin, einde, concept, documents[:2])
        kinds[key] = {"identificatie": identificatie, **fill_zaaktype(catalogue, zaaktype, rollen)}
    types = {item["omschrijving"]: item["url"] for item in documents}
    return {
        "catalogus": catalogus["url"], "domein": DOMEIN, "rsin": RSIN,
        "informatieobjecttypen": types, "zaaktypen": kinds,
    }


def seed_documents(store, types):
    urls = []
    for number, (titel, kind) in enumerate(
        (("Aanvraag", "Aanvraag"), ("Bijlage", "Aanvraag"), ("Los stuk", "Los document")), 1
    ):
        text = f"Inhoud van document {number}.\n".encode()
        members = {
            "bronorganisatie": RSIN, "creatiedatum": today().isoformat(), "titel": titel, "auteur": "balie",
            "taal": "nld", "formaat": "text/plain", "bestandsnaam": f"document-{number}.txt",
            "informatieobjecttype": types[kind],
        }  # fmt: skip
        item = add_document(store, members, text, name=fixed_uuid(f"document/{number}"))
        urls.append(item["url"])
    return urls


def seed_objects(store):
    boom = add_objecttype(store, "boom", "bomen")
    form = add_objecttype(store, "startformulier", "startformulieren")
    start = "2026-01-01"
    point = {"type": "Point", "coordinates": [5.1, 52.1]}
    tree = add_object(store, boom["url"], {"soort": "eik", "diameter": 30}, start, point, fixed_uuid("object/boom"))
    add_object(store, boom["url"], {"soort": "beuk", "diameter": 12}, start, None, fixed_uuid("object/boom/2"))
    for key, identificaties in (
        ("melding", ["ZAAKTYPE-TEST-10"]), ("vergunning", ["ZAAKTYPE-TEST-1", "ZAAKTYPE-TEST-2"]),
    ):
        data = {
            "zaaktypeIdentificaties": identificaties, "zaaktypeCatalogus": DOMEIN,
            "camundaProcessDefinitionKey": key,
        }
        add_object(store, form["url"], data, start, None, fixed_uuid("object/form/" + key))
    return {"objecttypen": {"boom": boom["url"], "startformulier": form["url"]}, "object": tree["url"]}


def seed_zac(store):
    people = (
        ("medewerker1", "Eerste", "Medewerker", "team-een"),
        ("medewerker2", "Tweede", "Medewerker", "team-een"),
        ("medewerker3", "", "", "team-twee"),
    )
    for number, (username, first, last, group) in enumerate(people, 1):
        store.users.append({
            "id": number, "username": username, "firstName": first, "fullName": f"{first} {last}".strip() or username,
            "lastName": last, "isStaff": False, "email": f"{username}@gemeente.test", "groups": [group],
        })  # fmt: skip
    day = (now() - datetime.timedelta(days=40)).date().isoformat()
    zaak = {
        "identificatie": "ZAAK-1", "omschrijving": "Lantaarnpaal", "zaaktype": "Melding", "registratiedatum": stamp(),
        "initiator": "Inwoner", "objecten": [{"object": "Paal 1", "objecttype": "paal"}], "aantalInformatieobjecten": 2,
    }  # fmt: skip
    document = {
        "auteur": "balie", "bestandsnaam": "a.txt", "beschrijving": "", "informatieobjecttype": "Aanvraag",
        "creatiedatum": day, "gerelateerdeZaken": ["ZAAK-1: Melding"],
    }  # fmt: skip
    logins = {
        "naam": "Eerste Medewerker", "email": "medewerker1@gemeente.test", "gebruikersnaam": "medewerker1",
        "totalLogins": 3, "loginsPerDay": {day: 3},
    }  # fmt: skip
    store.reports = {"zaken": [zaak], "informatieobjecten": [document], "logs": [logins]}


def fill(store):
    """Fills an empty store and returns the URLs that tests need, by name."""
    seed = seed_catalogue(store)
    seed["documents"] = seed_documents(store, seed["informatieobjecttypen"])
    seed.update(seed_objects(store))
    seed_zac(store)
    main = seed["zaaktypen"]["main"]
    for name in ("zaaktype", "statustypen", "resultaattypen", "roltypen", "eigenschappen"):
        seed[name] = main[name]
    return seed
