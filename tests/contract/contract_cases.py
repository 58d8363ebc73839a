"""What the units are driven with, which operations each needs, and where the OpenAPI files are not followed and why."""
import re

from settings import APP
from zgw_client import Caller
from zgw_store import ROOTS

PAND = "https://bag.test/api/v2/panden/0344100000000001"
BOOM = {"objectType": "overige", "objectTypeOverige": "boom", "relatieomschrijving": "de boom"}
PERSON = {"inpBsn": "111222333", "geslachtsnaam": "Melder", "voorletters": "M.", "geboortedatum": "1980-01-02"}


class World:
    """What a case can name: the seed of the stand-in, and zaken and what belongs to them, made when they are asked for."""

    def __init__(self, zgw):
        self.zgw, self.seed, self.call = zgw, zgw.seed, Caller(zgw)
        self.main, self.roles = zgw.seed["zaaktypen"]["main"], zgw.seed["zaaktypen"]["roles"]
        self.documents, self.rsin = zgw.seed["documents"], zgw.seed["rsin"]
        self.own = {"organisatieRSIN": self.rsin, "zaaktype": self.main["zaaktype"]}

    def post(self, resource, **body):
        got = self.call("POST", resource if "://" in resource else self.zgw.zaken + resource, body)
        assert got.status in (200, 201), got.body
        return got.body

    def body(self, **more):
        return self.call.zaak(verantwoordelijkeOrganisatie=self.rsin, **more)

    def zaak(self, *, resultaat=None, eigenschap=None, documents=(), panden=0, closed=False, rol=False, after=None):
        """The URL of a new zaak that has what is asked for."""
        url = self.body(**{"relevanteAndereZaken": [{"url": after, "aardRelatie": "vervolg"}]} if after else {})["url"]
        if resultaat:
            self.post("resultaten", zaak=url, resultaattype=self.main["resultaattypen"][resultaat])
        if eigenschap:
            self.post(f"{url}/zaakeigenschappen", zaak=url, eigenschap=self.main["eigenschappen"][eigenschap], waarde="oud")
        for document in documents:
            self.post("zaakinformatieobjecten", zaak=url, informatieobject=document)
        for number in range(panden):
            self.post("zaakobjecten", zaak=url, object=f"{PAND}{number}", objectType="pand")
        if closed:
            self.post("statussen", zaak=url, statustype=self.main["statustypen"]["3"], datumStatusGezet="2026-01-20T10:00:00Z")
        if rol:
            self.post("rollen", zaak=url, roltype=self.main["roltypen"]["Melder"], betrokkeneType="medewerker",
                      roltoelichting="Melder", betrokkeneIdentificatie={"identificatie": "user:medewerker1"})
        return url

    def identificatie(self):
        return self.body()["identificatie"]

    def locked(self):
        return {"informatieobject": self.documents[0], "lockId": self.post(self.documents[0] + "/lock")["lock"]}

    def nowhere(self):
        """The URL of a zaak that does not exist."""
        return self.zgw.zaken + "zaken/00000000-0000-4000-8000-000000000000"


def rol(kind, **person):
    return {"betrokkeneType": kind, "betrokkeneIdentificatie": person}


NLX = {"NLXProcessId": "p-1", "NLXSubjectIdentifier": "s-1"}
GONE = "https://elders.test/1"
DONE, FAILED = "done", "failed"

# Unit, what the case is, its variables in a world, and how it must end. The app's id comes by itself.
CASES = [
    ("zgw.CreateZaakTask", "by names", DONE, lambda w: {
        "organisatieRSIN": w.rsin, "catalogusDomein": "TEST", "zaaktypeIdentificatie": "ZAAKTYPE-TEST-1",
        "initialStatusRemarks": "Begin", **NLX}),
    ("zgw.CreateZaakTask", "with details", DONE, lambda w: {
        **w.own, "zaakDetails": {
            "omschrijving": "Lamp", "toelichting": "Stuk", "startdatum": "2026-01-02", "vertrouwelijkheidaanduiding": "openbaar",
            "zaakgeometrie": {"type": "Point", "coordinates": [5.1, 52.1]}, "archiefstatus": "nog_te_archiveren"}}),
    ("zgw.CreateZaakTask", "of a person", DONE, lambda w: {
        **w.own, "initiator": {"betrokkeneIdentificatie": PERSON, "indicatieMachtiging": "gemachtigde"}}),
    ("zgw.CreateZaakTask", "of an employee", DONE, lambda w: {**w.own, "initiator": rol("medewerker", identificatie="user:medewerker1")}),
    ("zgw.CreateZaakTask", "of an organisation", DONE, lambda w: {
        **w.own, "initiator": rol("niet_natuurlijk_persoon", innNnpId=w.rsin, statutaireNaam="Zaak BV")}),
    ("zgw.CreateZaakTask", "of a branch", DONE, lambda w: {
        **w.own, "initiator": rol("vestiging", vestigingsNummer="000012345678", handelsnaam=["Zaak"])}),
    ("zgw.CreateZaakTask", "with both rollen", DONE, lambda w: {
        "organisatieRSIN": w.rsin, "zaaktype": w.roles["zaaktype"],
        "initiator": {"betrokkeneIdentificatie": PERSON, "roltoelichting": "Aanvrager"},
        "Hoofdbehandelaar": rol("organisatorische_eenheid", identificatie="team", naam="Team", isGehuisvestIn="hier")}),
    ("zgw.CreateZaakTask", "of no RSIN", FAILED, lambda w: {**w.own, "organisatieRSIN": "002564441"}),
    ("zgw.CreateZaakTask", "of no BSN", FAILED, lambda w: {**w.own, "initiator": {"betrokkeneIdentificatie": {"inpBsn": "123456789"}}}),
    ("zgw.CreateZaakTask", "of nobody", FAILED, lambda w: {**w.own, "initiator": rol("medewerker", identificatie="user:niemand")}),
    ("zgw.LookupZaak", "found", DONE, lambda w: {"identificatie": w.identificatie(), "bronorganisatie": w.rsin}),
    ("zgw.LookupZaak", "not found", DONE, lambda w: {"identificatie": "ONBEKEND", "bronorganisatie": w.rsin}),
    ("zgw.CreateStatusTask", "by number", DONE, lambda w: {"zaakUrl": w.zaak(), "statusVolgnummer": 2}),
    ("zgw.CreateStatusTask", "by URL", DONE, lambda w: {
        "zaakUrl": w.zaak(), "statustype": w.main["statustypen"]["2"], "toelichting": "Bezig"}),
    ("zgw.CreateStatusTask", "end without resultaat", FAILED, lambda w: {"zaakUrl": w.zaak(), "statusVolgnummer": 3}),
    ("zgw.CreateStatusTask", "of no zaak", FAILED, lambda w: {"zaakUrl": w.nowhere(), "statusVolgnummer": 2}),
    ("zgw.CreateStatusTask", "unknown type", FAILED, lambda w: {"zaakUrl": w.zaak(), "statustype": GONE}),
    ("zgw.CreateResultaatTask", "by name", DONE, lambda w: {"zaakUrl": w.zaak(), "omschrijving": "verleend", "toelichting": "Ja"}),
    ("zgw.CreateResultaatTask", "there already", DONE, lambda w: {
        "zaakUrl": w.zaak(resultaat="Verleend"), "resultaattype": w.main["resultaattypen"]["Verleend"]}),
    ("zgw.CreateResultaatTask", "another there", FAILED, lambda w: {"zaakUrl": w.zaak(resultaat="Geweigerd"), "omschrijving": "Verleend"}),
    ("zgw.CreateResultaatTask", "of no zaak", FAILED, lambda w: {"zaakUrl": w.nowhere(), "omschrijving": "Verleend"}),
    ("zgw.RelateDocumentToZaakTask", "new", DONE, lambda w: {"zaakUrl": w.zaak(), "informatieobject": w.documents[0]}),
    ("zgw.RelateDocumentToZaakTask", "there already", DONE, lambda w: {
        "zaakUrl": w.zaak(documents=w.documents[:1]), "informatieobject": w.documents[0]}),
    ("zgw.RelateDocumentToZaakTask", "of a wrong type", FAILED, lambda w: {"zaakUrl": w.zaak(), "informatieobject": w.documents[2]}),
    ("zgw.CloseZaakTask", "by name", DONE, lambda w: {
        "zaakUrl": w.zaak(), "omschrijving": "Verleend", "toelichting": "Ja", "statustoelichting": "Klaar"}),
    ("zgw.CloseZaakTask", "as it is", DONE, lambda w: {"zaakUrl": w.zaak(resultaat="Afgehandeld")}),
    ("zgw.CloseZaakTask", "with an equal resultaat", DONE, lambda w: {
        "zaakUrl": w.zaak(resultaat="Afgehandeld"), "omschrijving": "Afgehandeld"}),
    ("zgw.CloseZaakTask", "closed already", DONE, lambda w: {"zaakUrl": w.zaak(resultaat="Afgehandeld", closed=True)}),
    ("zgw.CloseZaakTask", "without resultaat", FAILED, lambda w: {"zaakUrl": w.zaak()}),
    ("zgw.CloseZaakTask", "unknown type", FAILED, lambda w: {"zaakUrl": w.zaak(), "resultaattype": GONE}),
    ("zgw.CreateEigenschap", "new", DONE, lambda w: {"zaakUrl": w.zaak(), "eigenschap": {"naam": "kenteken", "waarde": "AB"}, **NLX}),
    ("zgw.CreateEigenschap", "replaced", DONE, lambda w: {
        "zaakUrl": w.zaak(eigenschap="kenteken"), "eigenschap": {"naam": "kenteken", "waarde": "CD"}}),
    ("zgw.CreateEigenschap", "of no zaak", FAILED, lambda w: {"zaakUrl": w.nowhere(), "eigenschap": {"naam": "kenteken", "waarde": "AB"}}),
    ("zgw.CreateZaakObject", "of an object", DONE, lambda w: {"zaakUrl": w.zaak(), "objectUrl": w.seed["object"], **BOOM}),
    ("zgw.CreateZaakObject", "of a pand", DONE, lambda w: {"zaakUrl": w.zaak(), "objectUrl": PAND, "objectType": "pand"}),
    ("zgw.CreateZaakObject", "not there", FAILED, lambda w: {
        "zaakUrl": w.zaak(), "objectUrl": w.zgw.objects + "panden/1", "objectType": "pand"}),
    ("zgw.FetchZaakObjects", "three pages", DONE, lambda w: {"hoofdZaakUrl": w.zaak(panden=5), **NLX}),
    ("zgw.FetchZaakRelaties", "none", DONE, lambda w: {"zaakUrl": w.zaak(), **NLX}),
    ("zgw.FetchZaakRelaties", "one", DONE, lambda w: {"hoofdZaakUrl": w.zaak(after=w.zaak())}),
    ("zgw.FetchZaakRelaties", "of no zaak", FAILED, lambda w: {"zaakUrl": w.nowhere()}),
    ("zgw.RelatePand", "two", DONE, lambda w: {"zaakUrl": w.zaak(), "panden": [PAND + "1", PAND + "2"], **NLX}),
    ("zgw.RelatePand", "one not there", FAILED, lambda w: {"zaakUrl": w.zaak(), "panden": [PAND, w.zgw.objects + "panden/1"]}),
    ("zgw.RelateerZaak", "both ways", DONE, lambda w: {"hoofdZaakUrl": w.zaak(), "zaakUrl": w.zaak(), "aardRelatie": "vervolg", **NLX}),
    ("zgw.RelateerZaak", "a second, with a kind each way", DONE, lambda w: {
        "hoofdZaakUrl": w.zaak(after=w.zaak()), "zaakUrl": w.zaak(after=w.zaak()), "aardRelatie": "bijdrage",
        "aardRelatieOmgekeerdeRichting": "onderwerp"}),
    ("zgw.RelateerZaak", "to no zaak", FAILED, lambda w: {"hoofdZaakUrl": w.zaak(), "zaakUrl": w.nowhere(), "aardRelatie": "bijdrage"}),
    ("zgw.LockDocument", "free", DONE, lambda w: {"informatieobject": w.documents[0]}),
    ("zgw.LockDocument", "locked", FAILED, lambda w: {"informatieobject": w.locked()["informatieobject"]}),
    ("zgw.UnlockDocument", "locked", DONE, lambda w: w.locked()),
    ("zgw.UnlockDocument", "free", DONE, lambda w: {"informatieobject": w.documents[0], "lockId": "0" * 32}),
    ("zgw.UnlockDocument", "other id", FAILED, lambda w: {**w.locked(), "lockId": "0" * 32}),
    ("zgw.SetIndicatieGebruiksrecht", "two", DONE, lambda w: {"zaakUrl": w.zaak(documents=w.documents[:2])}),
    ("zgw.SetIndicatieGebruiksrecht", "locked", FAILED, lambda w: {"zaakUrl": w.zaak(documents=[w.locked()["informatieobject"]])}),
    ("zgw.StartCamundaProcessTask", "initiator of the rollen", DONE, lambda w: {"zaakUrl": w.zaak(rol=True)}),
    ("zgw.StartCamundaProcessTask", "given initiator", DONE, lambda w: {"zaakUrl": w.zaak(), "initiator": "user:iemand"}),
    ("zgw.StartCamundaProcessTask", "of no zaak", FAILED, lambda w: {"zaakUrl": w.nowhere()}),
    ("zac.UserDetailsTask", "users and groups", DONE, lambda w: {
        "usernames": ["user:medewerker1", "user:medewerker2", "group:team-een", "group:team-twee"]}),
    ("zac.UserDetailsTask", "addresses", DONE, lambda w: {"emailaddresses": ["medewerker1@gemeente.test", "medewerker2@gemeente.test"]}),
    ("zac.ZaakDetailURLTask", "found", DONE, lambda w: {"zaakUrl": w.zaak()}),
    ("zac.ZaakDetailURLTask", "of no zaak", DONE, lambda w: {"zaakUrl": w.nowhere()}),
    ("zac.ZacEmailVGUReports", "a month", DONE, lambda w: {
        "recipientList": ["beheer@gemeente.test"], "startPeriod": "2025-10-01", "endPeriod": "2025-10-31"}),
]  # fmt: skip

# The operations of each unit: all of them, no others. Each must be seen to succeed and to be refused.
ZAAK, STATUS, RESULTAAT = "zaken GET /zaken/{uuid}", "zaken POST /statussen", "zaken POST /resultaten"
TYPES = [f"catalogi GET /{name}" for name in ("catalogussen", "zaaktypen", "statustypen", "roltypen")]
OWN = "zaken GET /resultaten"
VALUES, VALUE = "/zaken/{zaak_uuid}/zaakeigenschappen", "/zaken/{zaak_uuid}/zaakeigenschappen/{uuid}"
DOCUMENT = "/enkelvoudiginformatieobjecten/{uuid}"
NEEDS = {
    "zgw.CreateZaakTask": [*TYPES, "zac POST /api/core/rollen/medewerker/betrokkeneIdentificatie", "zaken POST /zaken", STATUS,
                           "zaken POST /rollen"],
    "zgw.LookupZaak": ["zaken GET /zaken"],
    "zgw.CreateStatusTask": [ZAAK, TYPES[2], STATUS],
    "zgw.CreateResultaatTask": [ZAAK, "catalogi GET /resultaattypen", RESULTAAT, OWN],
    "zgw.RelateDocumentToZaakTask": ["zaken POST /zaakinformatieobjecten", "zaken GET /zaakinformatieobjecten"],
    "zgw.CloseZaakTask": [ZAAK, TYPES[2], "catalogi GET /resultaattypen", RESULTAAT, OWN, STATUS, "zaken GET /statussen/{uuid}"],
    "zgw.CreateEigenschap": [ZAAK, "catalogi GET /eigenschappen", f"zaken GET {VALUES}", f"zaken POST {VALUES}",
                             f"zaken PATCH {VALUE}"],
    "zgw.CreateZaakObject": ["zaken POST /zaakobjecten"],
    "zgw.FetchZaakObjects": ["zaken GET /zaakobjecten"],
    "zgw.FetchZaakRelaties": [ZAAK],
    "zgw.RelatePand": ["zaken POST /zaakobjecten"],
    "zgw.RelateerZaak": [ZAAK, "zaken PATCH /zaken/{uuid}"],
    "zgw.LockDocument": [f"documenten POST {DOCUMENT}/lock"],
    "zgw.UnlockDocument": [f"documenten POST {DOCUMENT}/unlock", f"documenten GET {DOCUMENT}"],
    "zgw.SetIndicatieGebruiksrecht": ["zaken GET /zaakinformatieobjecten", f"documenten POST {DOCUMENT}/lock",
                                      f"documenten PATCH {DOCUMENT}", f"documenten POST {DOCUMENT}/unlock"],
    "zgw.StartCamundaProcessTask": [ZAAK, "catalogi GET /zaaktypen/{uuid}", "catalogi GET /catalogussen/{uuid}",
                                    "objects POST /objects/search", "zaken GET /rollen"],
    "zac.UserDetailsTask": ["zac GET /api/accounts/users"],
    "zac.ZaakDetailURLTask": [ZAAK, "zac GET /api/core/cases/{bronorganisatie}/{identificatie}/url"],
    "zac.ZacEmailVGUReports": ["zac POST /api/search/vgu-reports/zaken", "zac POST /api/search/vgu-reports/informatieobjecten",
                               "zac POST /api/accounts/management/axes/logs"],
}  # fmt: skip


# Where a file is not followed: a pattern for the lines "request|answer OPERATION: WHAT", and the reason. One that matches
# nothing any more fails the tests, so that nothing is let pass for longer than needed.
NULL = "The real server answers null here; the file forgets it, or says nullable beside allOf, which openapi-core does not take."
EMPTY = "The real server answers an empty text for what is not given."
URL = "The file says integer and describes a URL; the real server wants the URL."
MEMBERS = [
    ("catalogi GET", "beginObject|eindeObject", NULL),
    ("documenten (?:GET|PATCH)", "integriteit|ondertekening", NULL),
    ("objects POST", "correctedBy|geometry", NULL),
    ("zaken (?:GET|POST)", "objectIdentificatie|objectTypeOverigeDefinitie|zaakobjecttype", NULL),
    ("zaken (?:GET|POST|PATCH)", "verlenging|zaakgeometrie", NULL),
    ("zaken POST", "authenticatieContext|subVerblijfBuitenland|verblijfsadres", NULL),
    ("catalogi GET", "contactpersoonBeheerEmailadres|rsin", EMPTY),
    ("zaken (?:GET|POST|PATCH)", "opdrachtgevendeOrganisatie|inpA_nummer|emailadres|objectTypeOverige", EMPTY),
]
WRONG = {NULL: r"None (?:for not nullable|is not of type '\w+')", EMPTY: r"'' (?:is too short|is not a 'email'|does not match \S+)"}
EXCEPTIONS = {
    rf"answer 20\d {where} \S+: InvalidData (?:\S+\.)?{member}: {WRONG[why]}": why
    for where, members, why in MEMBERS for member in members.split("|")
} | {
    rf"request {service} GET /{name}: Query parameter error: {query} Failed to cast value to integer type: URL": URL
    for service, name, query in (
        ("catalogi", "statustypen", "zaaktype"), ("catalogi", "roltypen", "zaaktype"), ("catalogi", "resultaattypen", "zaaktype"),
        ("catalogi", "eigenschappen", "zaaktype"), ("catalogi", "zaaktypen", "catalogus"), ("zaken", "zaakobjecten", "zaak"),
        ("zaken", "rollen", "zaak"), ("zaken", "resultaten", "zaak"), ("zaken", "zaakinformatieobjecten", "zaak"))
} | {
    r"answer 4\d\d (?:zaken|catalogi|documenten) .*: application/problem\+json comes as application/json":
        "So does the real server, whatever the body is.",
    r"answer 403 objects POST /objects/search: Unknown response http status: 403": "The file tells no refusals.",
    r"answer 40[034] zac .*: Unknown response http status: \d+": "The file tells no refusals.",
    r"request zaken POST /zaakobjecten: InvalidRequestBody objectTypeOverige: '' does not match '\[a-z_\]\+'":
        "The behaviour that is to be kept sends this member always, empty for what is not overige.",
    r"request zac GET /api/core/cases/\{bronorganisatie\}/\{identificatie\}/url: Missing required query parameter: zaak":
        "The behaviour that is to be kept sends none: the path says which zaak it is.",
    **{f"request zac GET /api/accounts/users: Repeated query parameter: {name}":
       "The behaviour that is to be kept sends the name once for each; the file wants one text with commas."
       for name in ("include_username", "include_email")},
    **{rf"request zac POST /api/{name}: the file has no such operation": "It is older than the reports."
       for name in ("search/vgu-reports/zaken", "search/vgu-reports/informatieobjecten", "accounts/management/axes/logs")},
}  # fmt: skip


def exception_of(line):
    """The pattern that lets a line pass, or None."""
    return next((pattern for pattern in EXCEPTIONS if re.fullmatch(pattern, line)), None)


def cause(operation):
    """A part of the path by which a fault finds the requests of this operation: its last words, from the root on if there are
    no others."""
    service, _, path = operation.split(" ")
    between = re.split(r"\{\w+\}", path)
    words = between[-1] or between[-2]
    return ROOTS[service].rstrip("/") + words if words is between[0] else words


__all__ = ["APP", "CASES", "DONE", "EXCEPTIONS", "FAILED", "NEEDS", "World", "cause", "exception_of"]
