"""The stand-in of the ZGW services against what a real Open Zaak 1.30.0 and Objects API were seen to answer.

One case is played from its first request to its last; each request has a row in SEEN with what the real servers
answered: status, members of the body, invalid parameters, and headers.
"""

import datetime
import re
import time
from urllib.parse import quote

import pytest
from zgw import ZgwStandIn
from zgw_client import Caller

UNKNOWN = "00000000-0000-4000-8000-000000000000"
PAGE = "count next previous results"
PROBLEM = "type code title status detail instance"
INVALID = PROBLEM + " invalidParams"
CATALOGUS = (
    "url domein rsin contactpersoonBeheerNaam contactpersoonBeheerTelefoonnummer contactpersoonBeheerEmailadres "
    "zaaktypen besluittypen informatieobjecttypen naam versie begindatumVersie"
)
ZAAKTYPE = (
    "url identificatie omschrijving omschrijvingGeneriek vertrouwelijkheidaanduiding doel aanleiding toelichting "
    "indicatieInternOfExtern handelingInitiator onderwerp handelingBehandelaar doorlooptijd servicenorm "
    "opschortingEnAanhoudingMogelijk verlengingMogelijk verlengingstermijn trefwoorden publicatieIndicatie "
    "publicatietekst verantwoordingsrelatie productenOfDiensten selectielijstProcestype referentieproces concept "
    "verantwoordelijke broncatalogus bronzaaktype beginGeldigheid eindeGeldigheid versiedatum beginObject "
    "eindeObject catalogus statustypen resultaattypen eigenschappen informatieobjecttypen roltypen besluittypen "
    "deelzaaktypen gerelateerdeZaaktypen zaakobjecttypen"
)
ZAAK = (
    "url uuid identificatie bronorganisatie omschrijving toelichting zaaktype registratiedatum "
    "verantwoordelijkeOrganisatie startdatum einddatum einddatumGepland uiterlijkeEinddatumAfdoening "
    "publicatiedatum laatstGemuteerd laatstGeopend communicatiekanaal communicatiekanaalNaam productenOfDiensten "
    "vertrouwelijkheidaanduiding betalingsindicatie betalingsindicatieWeergave laatsteBetaaldatum zaakgeometrie "
    "verlenging opschorting selectielijstklasse hoofdzaak deelzaken relevanteAndereZaken gerelateerdeZaken "
    "eigenschappen rollen status zaakinformatieobjecten zaakobjecten kenmerken archiefnominatie archiefstatus "
    "archiefactiedatum resultaat opdrachtgevendeOrganisatie processobjectaard startdatumBewaartermijn processobject"
)
STATUS = (
    "url uuid zaak statustype datumStatusGezet statustoelichting indicatieLaatstGezetteStatus gezetdoor "
    "zaakinformatieobjecten"
)
ROL = (
    "url uuid zaak betrokkene betrokkeneType afwijkendeNaamBetrokkene roltype omschrijving omschrijvingGeneriek "
    "roltoelichting registratiedatum indicatieMachtiging contactpersoonRol statussen beginGeldigheid "
    "eindeGeldigheid betrokkeneIdentificatie"
)
EIGENSCHAP = "url uuid zaak eigenschap naam waarde"
ZAAKOBJECT = (
    "url uuid zaak object zaakobjecttype objectType objectTypeOverige objectTypeOverigeDefinitie "
    "relatieomschrijving objectIdentificatie"
)
DOCUMENT = (
    "url identificatie bronorganisatie creatiedatum titel vertrouwelijkheidaanduiding auteur status formaat taal "
    "versie beginRegistratie bestandsnaam inhoud bestandsomvang link beschrijving ontvangstdatum verzenddatum "
    "indicatieGebruiksrecht verschijningsvorm ondertekening integriteit informatieobjecttype locked bestandsdelen "
    "trefwoorden"
)
RELATION = (
    "url uuid informatieobject zaak aardRelatieWeergave titel beschrijving registratiedatum vernietigingsdatum "
    "status"
)
RESULTAAT = "url uuid zaak resultaattype toelichting"
LIST, ITEM, LOCK = "GET, POST, HEAD, OPTIONS", "GET, PUT, PATCH, DELETE, HEAD, OPTIONS", "POST, OPTIONS"
ZTC, ZRC, DRC, ORC = "1.3.1", "1.5.1", "1.4.2", "2.7.0"
BAD_URL = 'Bad URL "{}" - object could not be fetched. This *may* be because you have insufficient read permissions.'

# title: status, members, invalid parameters (or code and detail of a problem), Allow, API-version, with Content-Crs
SEEN = {
    "catalogus by domein and rsin": (200, PAGE, None, LIST, ZTC, False),
    "catalogus: none": (200, PAGE, None, LIST, ZTC, False),
    "zaaktypen by catalogus and identificatie": (200, PAGE, None, LIST, ZTC, False),
    "zaaktype by url": (200, ZAAKTYPE, None, ITEM, ZTC, False),
    "catalogus by url": (200, CATALOGUS, None, "GET, HEAD, OPTIONS", ZTC, False),
    "statustypen of a zaaktype": (200, PAGE, None, LIST, ZTC, False),
    "resultaattypen of a zaaktype": (200, PAGE, None, LIST, ZTC, False),
    "eigenschappen of a zaaktype": (200, PAGE, None, LIST, ZTC, False),
    "roltypen by omschrijvingGeneriek": (200, PAGE, None, LIST, ZTC, False),
    "create zaak": (201, ZAAK, None, LIST, ZRC, True),
    "create second zaak": (201, ZAAK, None, LIST, ZRC, True),
    "create zaak without CRS headers": (
        412, PROBLEM, ("precondition_failed", "'Content-Crs' header ontbreekt"), LIST, ZRC, True),
    "create zaak, invalid": (
        400, INVALID, [("bronorganisatie", "invalid", "Onjuist RSIN nummer"),
                       ("bronorganisatie", "min_length", "Dit veld moet ten minste 9 karakters bevatten."),
                       ("startdatum", "required", "Dit veld is verplicht.")], LIST, ZRC, True),
    "create zaak, unknown zaaktype": (
        400, INVALID, [("zaaktype", "does_not_exist", BAD_URL)], LIST, ZRC, True),
    "zaak by url": (200, ZAAK + " _expand", None, ITEM, ZRC, True),
    "zaak by url, no CRS header": (
        412, PROBLEM, ("precondition_failed", "'Accept-Crs' header ontbreekt"), ITEM, ZRC, True),
    "zaak, unknown": (404, PROBLEM, ("not_found", "Niet gevonden."), ITEM, ZRC, True),
    "zaak lookup": (200, PAGE, None, LIST, ZRC, True),
    "zaak lookup, none": (200, PAGE, None, LIST, ZRC, True),
    "create status": (201, STATUS, None, LIST, ZRC, False),
    "create status, wrong statustype": (
        400, INVALID, [("statustype", "does_not_exist", BAD_URL)], LIST, ZRC, False),
    "end status without resultaat": (
        400, INVALID, [("nonFieldErrors", "resultaat-does-not-exist", "Zaak has no resultaat.")], LIST, ZRC, False),
    "create rol, natuurlijk persoon": (201, ROL + " authenticatieContext", None, LIST, ZRC, False),
    "create rol, medewerker": (201, ROL, None, LIST, ZRC, False),
    "rollen of a zaak": (200, PAGE, None, LIST, ZRC, False),
    "zaakeigenschappen, none": (200, [], None, LIST, ZRC, False),
    "create zaakeigenschap": (201, EIGENSCHAP, None, LIST, ZRC, False),
    "zaakeigenschappen, one": (200, [EIGENSCHAP], None, LIST, ZRC, False),
    "patch zaakeigenschap": (200, EIGENSCHAP, None, ITEM, ZRC, False),
    "create zaakeigenschap, value breaks its format": (201, EIGENSCHAP, None, LIST, ZRC, False),
    "create zaakobject": (201, ZAAKOBJECT, None, LIST, ZRC, False),
    "create zaakobject, pand whose url answers 404": (
        400, INVALID, [("object", "bad-url", "De URL {} gaf als antwoord HTTP 404. Geef een geldige URL op.")],
        LIST, ZRC, False),
    "zaakobjecten of a zaak": (200, PAGE, None, LIST, ZRC, False),
    "relate zaak": (200, ZAAK, None, ITEM, ZRC, True),
    "relate zaak, unknown aardRelatie": (
        400, INVALID, [("relevanteAndereZaken.0.aardRelatie", "invalid_choice", '"niks" is een ongeldige keuze.')],
        ITEM, ZRC, True),
    "zaak with a relation": (200, ZAAK + " _expand", None, ITEM, ZRC, True),
    "create document": (201, DOCUMENT + " lock", None, LIST, DRC, False),
    "document by url": (200, DOCUMENT + " _expand", None, ITEM, DRC, False),
    "relate document": (201, RELATION, None, LIST, ZRC, False),
    "relate document again": (
        400, INVALID, [("nonFieldErrors", "unique", "De velden zaak, informatieobject moeten een unieke set zijn.")],
        LIST, ZRC, False),
    "zaakinformatieobjecten of a zaak": (200, [RELATION], None, LIST, ZRC, False),
    "lock document": (200, "lock", None, LOCK, DRC, False),
    "lock document, already locked": (
        400, INVALID, [("nonFieldErrors", "existing-lock", "Het document is al geblokkeerd")], LOCK, DRC, False),
    "patch document without lock": (
        400, INVALID, [("nonFieldErrors", "missing-lock-id", "Je moet het lock ID meegeven")], ITEM, DRC, False),
    "patch document, wrong lock": (
        400, INVALID, [("nonFieldErrors", "incorrect-lock-id", "Het lock ID is niet geldig")], ITEM, DRC, False),
    "patch document with lock": (200, DOCUMENT, None, ITEM, DRC, False),
    "unlock document, wrong lock": (204, None, None, LOCK, DRC, False),
    "unlock document": (204, None, None, LOCK, DRC, False),
    "create resultaat": (201, RESULTAAT, None, LIST, ZRC, False),
    "create resultaat, a second one": (
        400, INVALID, [("zaak", "unique", "Er bestaat al een resultaat met eenzelfde zaak.")], LIST, ZRC, False),
    "resultaten of a zaak": (200, PAGE, None, LIST, ZRC, False),
    "end status": (201, STATUS, None, LIST, ZRC, False),
    "closed zaak": (200, ZAAK + " _expand", None, ITEM, ZRC, True),
    "statussen of a zaak": (200, PAGE, None, LIST, ZRC, False),
    "no Authorization": (
        403, PROBLEM, ("permission_denied", "Je hebt geen toestemming om deze actie uit te voeren."), ITEM, ZRC, True),
    "wrong secret": (403, PROBLEM, ("invalid-jwt-signature", "Client credentials zijn niet geldig"), ITEM, ZRC, True),
    "token issued two hours ago": (
        403, PROBLEM, ("jwt-expired", "De JWT die gebruikt is voor dit verzoek is verlopen"), ITEM, ZRC, True),
    "client without rights": (
        403, PROBLEM, ("permission_denied", "Je hebt geen toestemming om deze actie uit te voeren."), ITEM, ZRC, True),
    "CRS that is not supported": (
        406, PROBLEM, ("not_acceptable", "CRS 'EPSG:28992' is niet ondersteund"), ITEM, ZRC, True),
    "page that does not exist": (404, PROBLEM, ("not_found", "Ongeldige pagina."), LIST, ZRC, True),
    "objects search": (200, PAGE, None, LOCK, ORC, True),
    "objects search without data filter": (200, PAGE, None, LOCK, ORC, True),
    "objecttypes": (200, PAGE, None, LIST, ORC, False),
    "objects search, wrong token": (401, PROBLEM, ("authentication_failed", "Invalid token."), LOCK, ORC, True),
}  # fmt: skip


class Case:
    """Plays the requests of SEEN in their order and keeps the answers, and the URL that a refusal speaks of."""

    def __init__(self, standin):
        self.at, self.seed, self.call = standin, standin.seed, Caller(standin)
        self.got, self.about = {}, {}

    def play(self, title, method, url, body=None, crs=False, about=None, **more):
        self.got[title] = self.call(method, url, body, crs=crs, **more)
        self.about[title] = about
        return self.got[title].body

    def catalogue(self):
        root, seed, play = self.at.catalogi, self.seed, self.play
        of_type = "?zaaktype=" + quote(seed["zaaktype"], safe="")
        play("catalogus by domein and rsin", "GET", f"{root}catalogussen?domein={seed['domein']}&rsin={seed['rsin']}")
        play("catalogus: none", "GET", f"{root}catalogussen?domein=NOPE&rsin={seed['rsin']}")
        catalogus = quote(seed["catalogus"], safe="")
        play(
            "zaaktypen by catalogus and identificatie",
            "GET",
            f"{root}zaaktypen?catalogus={catalogus}&identificatie=NIETS",
        )
        play("zaaktype by url", "GET", seed["zaaktype"])
        play("catalogus by url", "GET", seed["catalogus"])
        play("statustypen of a zaaktype", "GET", f"{root}statustypen{of_type}")
        play("resultaattypen of a zaaktype", "GET", f"{root}resultaattypen{of_type}")
        play("eigenschappen of a zaaktype", "GET", f"{root}eigenschappen{of_type}")
        play("roltypen by omschrijvingGeneriek", "GET", f"{root}roltypen{of_type}&omschrijvingGeneriek=initiator")

    def zaken(self):
        root, seed, play = self.at.zaken, self.seed, self.play
        day = datetime.date.today().isoformat()
        body = {"zaaktype": seed["zaaktype"], "bronorganisatie": seed["rsin"],
            "verantwoordelijkeOrganisatie": seed["rsin"],
                "registratiedatum": day, "startdatum": day, "omschrijving": "Kapotte lantaarnpaal"}  # fmt: skip
        self.zaak = play("create zaak", "POST", root + "zaken", body, crs=True)
        self.other = play("create second zaak", "POST", root + "zaken", dict(body, omschrijving="Bijdrage"), crs=True)
        play("create zaak without CRS headers", "POST", root + "zaken", body)
        wrong = {"bronorganisatie": "123", "zaaktype": seed["zaaktype"]}
        play("create zaak, invalid", "POST", root + "zaken", wrong, crs=True)
        unknown = f"{self.at.catalogi}zaaktypen/{UNKNOWN}"
        play(
            "create zaak, unknown zaaktype",
            "POST",
            root + "zaken",
            dict(body, zaaktype=unknown),
            crs=True,
            about=unknown,
        )
        self.url = self.zaak["url"]
        play("zaak by url", "GET", self.url, crs=True)
        play("zaak by url, no CRS header", "GET", self.url)
        play("zaak, unknown", "GET", f"{root}zaken/{UNKNOWN}", crs=True)
        find = f"{root}zaken?bronorganisatie={seed['rsin']}&identificatie="
        play("zaak lookup", "GET", find + self.zaak["identificatie"], crs=True)
        play("zaak lookup, none", "GET", find + "BESTAAT-NIET", crs=True)

    def status(self, title, statustype, about=None, **more):
        moment = datetime.datetime.now(datetime.timezone.utc).isoformat()
        body = {"zaak": self.url, "statustype": statustype, "datumStatusGezet": moment, **more}
        return self.play(title, "POST", self.at.zaken + "statussen", body, about=about)

    def rollen(self):
        root, seed = self.at.zaken, self.seed
        self.status("create status", seed["statustypen"]["1"], statustoelichting="")
        unknown = f"{self.at.catalogi}statustypen/{UNKNOWN}"
        self.status("create status, wrong statustype", unknown, about=unknown)
        self.status("end status without resultaat", seed["statustypen"]["3"])
        rol = {"zaak": self.url, "betrokkene": "", "indicatieMachtiging": ""}
        person = {"betrokkeneType": "natuurlijk_persoon", "roltype": seed["roltypen"]["Melder"],
            "roltoelichting": "initiator",
                  "betrokkeneIdentificatie": {"inpBsn": "111222333", "geslachtsnaam": "Inwoner"}}  # fmt: skip
        self.play("create rol, natuurlijk persoon", "POST", root + "rollen", {**rol, **person})
        worker = {"betrokkeneType": "medewerker", "roltype": seed["roltypen"]["Behandelaar"],
            "roltoelichting": "behandelaar",
                  "betrokkeneIdentificatie": {"identificatie": "user:some-user", "achternaam": "Balie",
                      "voorletters": "A.",
                                              "voorvoegselAchternaam": "de"}}  # fmt: skip
        self.play("create rol, medewerker", "POST", root + "rollen", {**rol, **worker})
        self.play("rollen of a zaak", "GET", f"{root}rollen?zaak={quote(self.url, safe='')}")

    def eigenschappen(self):
        root, play, kinds = self.url + "/zaakeigenschappen", self.play, self.seed["eigenschappen"]
        play("zaakeigenschappen, none", "GET", root)
        body = {"zaak": self.url, "eigenschap": kinds["kenteken"], "waarde": "AB-12-CD"}
        made = play("create zaakeigenschap", "POST", root, body)
        play("zaakeigenschappen, one", "GET", root)
        play("patch zaakeigenschap", "PATCH", made["url"], {"waarde": "XY-99-ZZ"})
        long = {"zaak": self.url, "eigenschap": kinds["datum_melding"], "waarde": "geen geldige waarde, veel te lang"}
        play("create zaakeigenschap, value breaks its format", "POST", root, long)

    def relaties(self):
        root, play, zaak = self.at.zaken, self.play, quote(self.url, safe="")
        tree = {"zaak": self.url, "object": self.seed["object"], "objectType": "overige", "objectTypeOverige": "boom",
                "relatieomschrijving": "boom"}  # fmt: skip
        play("create zaakobject", "POST", root + "zaakobjecten", tree)
        gone = self.at.objects + "panden/1234"
        pand = {"zaak": self.url, "object": gone, "objectType": "pand", "relatieomschrijving": ""}
        play("create zaakobject, pand whose url answers 404", "POST", root + "zaakobjecten", pand, about=gone)
        play("zaakobjecten of a zaak", "GET", f"{root}zaakobjecten?zaak={zaak}")
        relation = {"url": self.other["url"], "aardRelatie": "bijdrage"}
        play("relate zaak", "PATCH", self.url, {"relevanteAndereZaken": [relation]}, crs=True)
        wrong = {"relevanteAndereZaken": [dict(relation, aardRelatie="niks")]}
        play("relate zaak, unknown aardRelatie", "PATCH", self.url, wrong, crs=True)
        play("zaak with a relation", "GET", self.url, crs=True)

    def documenten(self):
        seed, play, root = self.seed, self.play, self.at.zaken + "zaakinformatieobjecten"
        body = {"bronorganisatie": seed["rsin"], "creatiedatum": "2026-01-15", "titel": "Aanvraag", "auteur": "bptl",
                "taal": "nld", "formaat": "text/plain", "bestandsnaam": "aanvraag.txt", "inhoud": "SGFsbG8gemFhawo=",
                "bestandsomvang": 11, "informatieobjecttype": seed["informatieobjecttypen"]["Aanvraag"]}  # fmt: skip
        document = play("create document", "POST", self.at.documenten + "enkelvoudiginformatieobjecten", body)["url"]
        play("document by url", "GET", document)
        relation = {"zaak": self.url, "informatieobject": document}
        play("relate document", "POST", root, relation)
        play("relate document again", "POST", root, relation)
        play("zaakinformatieobjecten of a zaak", "GET", f"{root}?zaak={quote(self.url, safe='')}")
        lock = play("lock document", "POST", document + "/lock", {})["lock"]
        play("lock document, already locked", "POST", document + "/lock", {})
        play("patch document without lock", "PATCH", document, {"indicatieGebruiksrecht": False})
        play("patch document, wrong lock", "PATCH", document, {"indicatieGebruiksrecht": False, "lock": "0" * 32})
        play("patch document with lock", "PATCH", document, {"indicatieGebruiksrecht": False, "lock": lock})
        play("unlock document, wrong lock", "POST", document + "/unlock", {"lock": "verkeerd"})
        play("unlock document", "POST", document + "/unlock", {"lock": lock})

    def closing(self):
        root, play, zaak = self.at.zaken, self.play, quote(self.url, safe="")
        body = {"zaak": self.url, "resultaattype": self.seed["resultaattypen"]["Afgehandeld"], "toelichting": ""}
        play("create resultaat", "POST", root + "resultaten", body)
        play("create resultaat, a second one", "POST", root + "resultaten", body)
        play("resultaten of a zaak", "GET", f"{root}resultaten?zaak={zaak}")
        self.status("end status", self.seed["statustypen"]["3"], statustoelichting="Afgerond")
        play("closed zaak", "GET", self.url, crs=True)
        play("statussen of a zaak", "GET", f"{root}statussen?zaak={zaak}")

    def refused(self):
        at, play = self.at, self.play
        play("no Authorization", "GET", self.url, crs=True, auth=None)
        play("wrong secret", "GET", self.url, crs=True, auth=at.bearer(secret="another"))
        late = at.bearer(issued=int(time.time()) - 7200, exp=int(time.time()) + 7200)
        play("token issued two hours ago", "GET", self.url, crs=True, auth=late)
        nobody = at.bearer(at.no_rights, at.no_rights_secret)
        play("client without rights", "GET", self.url, crs=True, auth=nobody)
        other = {"Accept-Crs": "EPSG:28992", "Content-Crs": "EPSG:4326"}
        play("CRS that is not supported", "GET", self.url, headers=other)
        play("page that does not exist", "GET", at.zaken + "zaken?page=999", crs=True)

    def objects(self):
        root, play, kind = self.at.objects, self.play, self.seed["objecttypen"]["boom"]
        filtered = {"type": kind, "data_attrs": "naam__exact__x"}
        play("objects search", "POST", root + "objects/search?pageSize=100", filtered, crs=True)
        play("objects search without data filter", "POST", root + "objects/search?pageSize=1", {"type": kind}, crs=True)
        play("objecttypes", "GET", root + "objecttypes")
        play(
            "objects search, wrong token", "POST", root + "objects/search", {"type": kind}, crs=True, auth="Token wrong"
        )


@pytest.fixture(scope="module")
def case():
    with ZgwStandIn() as standin:
        played = Case(standin)
        for part in (
            "catalogue",
            "zaken",
            "rollen",
            "eigenschappen",
            "relaties",
            "documenten",
            "closing",
            "refused",
            "objects",
        ):
            getattr(played, part)()
        assert not standin.errors
        yield played


@pytest.mark.parametrize("title", SEEN)
def test_answers_as_the_real_server(case, title):
    status, members, refusal, allow, version, crs = SEEN[title]
    got = case.got[title]
    assert got.status == status, got.raw
    assert got.headers.get("Allow") == allow
    assert got.headers.get("API-version") == version
    assert got.headers.get("Content-Crs") == ("EPSG:4326" if crs else None)
    assert got.headers.get("Content-Type") == (None if status == 204 else "application/json")
    assert got.headers.get("Location") == (got.body["url"] if status == 201 else None)
    assert got.headers.get("WWW-Authenticate") == ("Token" if status == 401 else None)
    if members is None:
        assert got.raw == b""
    elif isinstance(members, list):
        assert [set(item) for item in got.body] == [set(item.split()) for item in members]
    else:
        assert set(got.body) == set(members.split())
    if isinstance(refusal, tuple):
        assert (got.body["code"], got.body["detail"], got.body["status"]) == (*refusal, status)
    elif refusal:
        expected = [{"name": n, "code": c, "reason": r.format(case.about[title])} for n, c, r in refusal]
        assert got.body["invalidParams"] == expected


def test_every_row_was_played(case):
    assert list(case.got) == list(SEEN)


def test_what_the_answers_hold(case):
    got = {title: answer.body for title, answer in case.got.items()}
    first = got["create zaak"]
    assert re.fullmatch(r"ZAAK-\d{4}-\d{10}", first["identificatie"])
    assert first["uuid"][14] == "4" and first["archiefstatus"] == "nog_te_archiveren" and first["status"] is None
    assert got["catalogus: none"]["count"] == 0 and got["zaak lookup, none"]["results"] == []
    assert [item["volgnummer"] for item in got["statustypen of a zaaktype"]["results"]] == [3, 2, 1]
    assert [item["omschrijving"] for item in got["rollen of a zaak"]["results"]] == ["Behandelaar", "Melder"]
    assert got["zaak lookup"]["results"][0]["url"] == first["url"]
    assert got["patch document with lock"]["versie"] == 2 and got["patch document with lock"]["locked"] is True
    assert got["objects search without data filter"]["next"].endswith(
        "/objects/api/v2/objects/search?pageSize=1&page=2"
    )
    relation = got["zaak with a relation"]["relevanteAndereZaken"]
    assert relation == [{"url": case.other["url"], "aardRelatie": "bijdrage", "overigeRelatie": "", "toelichting": ""}]


def test_the_end_status_closes_the_zaak(case):
    closed, end = case.got["closed zaak"].body, case.got["end status"].body
    day = end["datumStatusGezet"][:10]
    assert (closed["einddatum"], closed["archiefnominatie"]) == (day, "vernietigen")
    assert closed["archiefactiedatum"] == f"{int(day[:4]) + 10}{day[4:].replace('-02-29', '-02-28')}"
    assert (closed["status"], closed["resultaat"]) == (end["url"], case.got["create resultaat"].body["url"])
    statussen = case.got["statussen of a zaak"].body["results"]
    assert [item["indicatieLaatstGezetteStatus"] for item in statussen] == [True, False]
