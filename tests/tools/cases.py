"""For each of the 21 units: variables with which it ends well against the stand-ins, and the requests that it then makes.

A unit may have several cases, since not all of its requests are made in one: the first is called like the unit, others
like "zgw.CreateResultaatTask, there already". UNITS holds the first of each."""
import re
from dataclasses import dataclass

from settings import APP
from zgw_client import Caller

ENGINE = "/engine-rest/"  # under this path the stand-in of the ZGW services plays the engine, too
RSIN, DOMEIN = "002564440", "TEST"


@dataclass(frozen=True)
class Step:
    """A request of a unit: method, resource (see resource()), what messages call it, and whether it is sent again when
    its outcome is not known: what reads, PUT and PATCH always are."""

    method: str
    resource: str
    what: str
    again: bool = False

    @property
    def once(self):
        return self.method == "POST" and not self.again

    def made(self, request):
        return (request["method"], resource(request["path"])) == (self.method, self.resource)


@dataclass(frozen=True)
class Case:
    """variables(world) prepares the stand-ins and gives the variables. Without steps nothing is asked over HTTP."""

    unit: str
    variables: object
    steps: tuple = ()
    all_steps: bool = True  # whether each of them is worth trying, or only those that the unit's first case does not have


def resource(path):
    """zaken/api/v1/zaken/<uuid> is zaken/UUID; other paths likewise, without their root."""
    tail = re.sub(r"^.*?/api/v\d+/|^/zac/|^/engine-rest/", "", path)
    tail = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", tail)
    return re.sub(r"cases/\d+/[^/]+/", "cases/RSIN/ZAAK/", tail)


class World:
    """The stand-ins, as a case finds them."""

    def __init__(self, conf, zgw, smtp, exec_unit):
        self.conf, self.zgw, self.smtp, self.exec_unit = conf, zgw, smtp, exec_unit
        self.call = Caller(zgw)
        for plugin in "zac", "camunda_api":
            conf.section(f"plugin {plugin}")
        conf.use_engine(zgw.url + ENGINE)

    def prepare(self, case):
        """Everything as new; the variables of the case."""
        self.zgw.reset()
        self.smtp.reset()
        self.zgw.fault("POST", ENGINE, 200, {"id": "i-1"}, times=-1)
        more = {"objecttype": self.zgw.seed["objecttypen"]["startformulier"]} if "StartCamunda" in case.unit else {}
        self.conf.topic(case.unit, case.unit, **more)
        variables = case.variables(self)
        self.zgw.requests.clear()
        return variables

    def run(self, case, variables):
        """The outcome; a variable of value ... is left out."""
        outcome = self.exec_unit(case.unit, {name: value for name, value in variables.items() if value is not ...})
        assert not self.zgw.errors, self.zgw.errors
        return outcome

    @property
    def requests(self):
        return list(self.zgw.requests)

    def fault(self, number, **what):
        """What happens to the request with this number, and from there on if times is -1."""
        with self.zgw.lock:
            fault = self.zgw.fault(skip=number, **what)
            self.zgw.faults.all.remove(fault)
            self.zgw.faults.all.insert(0, fault)

    # ---- what cases are made of ----
    def zaaktype(self, name="main"):
        return self.zgw.seed["zaaktypen"][name]

    def zaak(self, **more):
        return self.call.zaak(**more)["url"]

    def add(self, kind, body):
        got = self.call("POST", self.zgw.zaken + kind, body)
        assert got.status == 201, got.body
        return got.body

    def resultaat(self, zaak, name="Afgehandeld"):
        return self.add("resultaten", {"zaak": zaak, "resultaattype": self.zaaktype()["resultaattypen"][name]})

    def document(self, zaak=None):
        found = self.zgw.seed["documents"][0]
        if zaak:
            self.add("zaakinformatieobjecten", {"zaak": zaak, "informatieobject": found})
        return found

    def rol(self, zaak, kind="Melder"):
        self.add("rollen", {"zaak": zaak, "roltype": self.zaaktype()["roltypen"][kind], "roltoelichting": "x", **PERSON})


PERSON = {"betrokkeneType": "natuurlijk_persoon", "betrokkeneIdentificatie": {"inpBsn": "111222333", "geslachtsnaam": "M"}}
USER = {"betrokkeneType": "medewerker", "betrokkeneIdentificatie": {"identificatie": "user:medewerker1"}}
NLX = {"NLXProcessId": "proces 1", "NLXSubjectIdentifier": "betrokkene 1"}


# ---- the variables of each case --------------------------------------------------------------------------------------

def create_zaak(world):
    return {"bptlAppId": APP, "organisatieRSIN": RSIN, "catalogusDomein": DOMEIN, "catalogusRSIN": RSIN,
            "zaaktypeIdentificatie": "ZAAKTYPE-TEST-2", "zaakDetails": {"omschrijving": "Lantaarnpaal"},
            "initialStatusRemarks": "Ontvangen", "initiator": PERSON, "Hoofdbehandelaar": USER, **NLX}


def lookup_zaak(world):
    return {"bptlAppId": APP, "identificatie": world.call.zaak()["identificatie"], "bronorganisatie": RSIN}


def create_status(world):
    return {"bptlAppId": APP, "zaakUrl": world.zaak(), "statusVolgnummer": 2, "toelichting": "Bezig"}


def create_resultaat(world):
    return {"bptlAppId": APP, "zaakUrl": world.zaak(), "omschrijving": "Afgehandeld", "toelichting": "Gedaan"}


def create_resultaat_again(world):
    variables = create_resultaat(world)
    world.resultaat(variables["zaakUrl"])
    return variables


def relate_document(world):
    return {"bptlAppId": APP, "zaakUrl": world.zaak(), "informatieobject": world.document()}


def relate_document_again(world):
    zaak = world.zaak()
    return {"bptlAppId": APP, "zaakUrl": zaak, "informatieobject": world.document(zaak)}


def close_zaak(world):
    return {"bptlAppId": APP, "zaakUrl": world.zaak(), "omschrijving": "Afgehandeld", "toelichting": "Gedaan",
            "statustoelichting": "Klaar"}


def close_zaak_again(world):
    variables = close_zaak(world)
    world.resultaat(variables["zaakUrl"])
    world.add("statussen", {"zaak": variables["zaakUrl"], "statustype": world.zaaktype()["statustypen"]["3"],
                            "datumStatusGezet": "2026-01-16T10:00:00Z"})
    return variables


def create_eigenschap(world):
    return {"bptlAppId": APP, "zaakUrl": world.zaak(), "eigenschap": {"naam": "kenteken", "waarde": "AB-12-CD"}, **NLX}


def change_eigenschap(world):
    variables = create_eigenschap(world)
    old = {"zaak": variables["zaakUrl"], "eigenschap": world.zaaktype()["eigenschappen"]["kenteken"], "waarde": "oud"}
    got = world.call("POST", variables["zaakUrl"] + "/zaakeigenschappen", old)
    assert got.status == 201, got.body
    return variables


def create_zaakobject(world):
    return {"bptlAppId": APP, "zaakUrl": world.zaak(), "objectUrl": world.zgw.seed["object"], "objectType": "overige",
            "objectTypeOverige": "boom", "relatieomschrijving": "Staat in de weg"}


def fetch_zaakobjecten(world):
    zaak = world.zaak()
    world.add("zaakobjecten", {"zaak": zaak, "object": world.zgw.seed["object"], "objectType": "overige",
                               "objectTypeOverige": "boom", "relatieomschrijving": ""})
    return {"bptlAppId": APP, "hoofdZaakUrl": zaak, **NLX}


def fetch_relaties(world):
    zaak = world.zaak(relevanteAndereZaken=[{"url": world.zaak(), "aardRelatie": "vervolg"}])
    return {"bptlAppId": APP, "hoofdZaakUrl": zaak, **NLX}


def relate_pand(world):
    return {"bptlAppId": APP, "zaakUrl": world.zaak(), "panden": ["https://bag.example.nl/panden/1"], **NLX}


def relate_zaak(world):
    return {"bptlAppId": APP, "hoofdZaakUrl": world.zaak(), "zaakUrl": world.zaak(), "aardRelatie": "vervolg",
            "aardRelatieOmgekeerdeRichting": "bijdrage", **NLX}


def lock_document(world):
    return {"bptlAppId": APP, "informatieobject": world.document()}


def unlock_document(world):
    world.zgw.state.locks[world.document()] = "a1"
    return {"bptlAppId": APP, "informatieobject": world.document(), "lockId": "a1"}


def unlock_document_again(world):
    world.zgw.force_unlock = False
    return {"bptlAppId": APP, "informatieobject": world.document(), "lockId": "a1"}


def set_gebruiksrecht(world):
    zaak = world.zaak()
    world.document(zaak)
    return {"bptlAppId": APP, "zaakUrl": zaak}


def start_process(world):
    zaak = world.zaak(omschrijving="Lantaarnpaal", toelichting="Brandt niet")
    world.rol(zaak)
    return {"bptlAppId": APP, "zaakUrl": zaak}


def send_email(world):
    return {"sender": {"name": "Afdeling Bouwen", "email": "bouwen@gemeente.test"},
            "receiver": {"name": "Kim van Test", "email": "kim@gemeente.test"},
            "email": {"subject": "Uw zaak", "content": "Eerste regel"}, "template": "generiek", "context": {}}


def call_activity(world):
    """Of a process instance: `bptl exec` has none."""
    return {"subprocessDefinition": "deel", "subprocessDefinitionVersion": "1", "variablesMapping": {"a": "b"}}


def user_details(world):
    return {"bptlAppId": APP, "usernames": ["user:medewerker1", "group:team-twee"]}


def zaak_detail_url(world):
    return {"bptlAppId": APP, "zaakUrl": world.zaak()}


def zaak_detail_url_last(world):
    return {**zaak_detail_url(world), "retry": 3}  # now a refusal is a failure


def vgu_reports(world):
    return {"bptlAppId": APP, "recipientList": ["beheer@gemeente.test"], "startPeriod": "2025-10-01",
            "endPeriod": "2025-10-31T23:59:59"}


# ---- the requests of each case ---------------------------------------------------------------------------------------

ZAAK = Step("GET", "zaken/UUID", "read the zaak")
STATUSTYPEN = Step("GET", "statustypen", "read the statustypen of the zaaktype")
RESULTAATTYPEN = Step("GET", "resultaattypen", "read the resultaattypen of the zaaktype")
STATUS = Step("POST", "statussen", "create the status")
RESULTAAT = Step("POST", "resultaten", "create the resultaat", again=True)
RESULTATEN = Step("GET", "resultaten", "read the resultaat of the zaak")
DOCUMENTEN = Step("GET", "zaakinformatieobjecten", "read the documents of the zaak")
RELATE_DOCUMENT = Step("POST", "zaakinformatieobjecten", "relate the document to the zaak", again=True)
EIGENSCHAPPEN = (ZAAK, Step("GET", "eigenschappen", "read the eigenschappen of the zaaktype"),
                 Step("GET", "zaken/UUID/zaakeigenschappen", "read the eigenschappen of the zaak"))
LOCK = Step("POST", "enkelvoudiginformatieobjecten/UUID/lock", "lock the document")
ADDRESS = Step("GET", "api/core/cases/RSIN/ZAAK/url", "ask the ZAC for the address of the zaak")
UNLOCK = Step("POST", "enkelvoudiginformatieobjecten/UUID/unlock", "unlock the document", again=True)

CASES = {
    "zgw.CreateZaakTask": Case("zgw.CreateZaakTask", create_zaak, (
        Step("GET", "catalogussen", "look up the catalogus"), Step("GET", "zaaktypen", "look up the zaaktype"), STATUSTYPEN,
        Step("GET", "roltypen", "read the roltypen of the zaaktype"),
        Step("POST", "api/core/rollen/medewerker/betrokkeneIdentificatie", "look up the medewerker", again=True),
        Step("POST", "zaken", "create the zaak"), STATUS, Step("POST", "rollen", "create the rol"),
    )),
    "zgw.LookupZaak": Case("zgw.LookupZaak", lookup_zaak, (Step("GET", "zaken", "look up the zaak"),)),
    "zgw.CreateStatusTask": Case("zgw.CreateStatusTask", create_status, (ZAAK, STATUSTYPEN, STATUS)),
    "zgw.CreateResultaatTask": Case("zgw.CreateResultaatTask", create_resultaat, (ZAAK, RESULTAATTYPEN, RESULTAAT)),
    "zgw.CreateResultaatTask, there already":
        Case("zgw.CreateResultaatTask", create_resultaat_again, (ZAAK, RESULTAATTYPEN, RESULTAAT, RESULTATEN), all_steps=False),
    "zgw.RelateDocumentToZaakTask": Case("zgw.RelateDocumentToZaakTask", relate_document, (RELATE_DOCUMENT,)),
    "zgw.RelateDocumentToZaakTask, there already":
        Case("zgw.RelateDocumentToZaakTask", relate_document_again, (RELATE_DOCUMENT, DOCUMENTEN), all_steps=False),
    "zgw.CloseZaakTask": Case("zgw.CloseZaakTask", close_zaak, (ZAAK, STATUSTYPEN, RESULTAATTYPEN, RESULTAAT, STATUS)),
    "zgw.CloseZaakTask, closed already": Case("zgw.CloseZaakTask", close_zaak_again, (
        ZAAK, STATUSTYPEN, RESULTAATTYPEN, Step("GET", "statussen/UUID", "read the status of the zaak"), RESULTATEN), all_steps=False),
    "zgw.CreateEigenschap": Case("zgw.CreateEigenschap", create_eigenschap, (
        *EIGENSCHAPPEN, Step("POST", "zaken/UUID/zaakeigenschappen", "create the eigenschap of the zaak"))),
    "zgw.CreateEigenschap, there already": Case("zgw.CreateEigenschap", change_eigenschap, (
        *EIGENSCHAPPEN, Step("PATCH", "zaken/UUID/zaakeigenschappen/UUID", "change the eigenschap of the zaak")), all_steps=False),
    "zgw.CreateZaakObject": Case("zgw.CreateZaakObject", create_zaakobject, (
        Step("POST", "zaakobjecten", "relate the object to the zaak"),)),
    "zgw.FetchZaakObjects": Case("zgw.FetchZaakObjects", fetch_zaakobjecten, (
        Step("GET", "zaakobjecten", "read the objects of the zaak"),)),
    "zgw.FetchZaakRelaties": Case("zgw.FetchZaakRelaties", fetch_relaties, (ZAAK,)),
    "zgw.RelatePand": Case("zgw.RelatePand", relate_pand, (
        Step("POST", "zaakobjecten", "relate the pand https://bag.example.nl/panden/1 to the zaak"),)),
    "zgw.RelateerZaak": Case("zgw.RelateerZaak", relate_zaak, (
        Step("GET", "zaken/UUID", "read the "),  # hoofdzaak or zaak: both are read at once
        Step("PATCH", "zaken/UUID", "relate the zaak"))),
    "zgw.LockDocument": Case("zgw.LockDocument", lock_document, (LOCK,)),
    "zgw.UnlockDocument": Case("zgw.UnlockDocument", unlock_document, (UNLOCK,)),
    "zgw.UnlockDocument, unlocked already": Case("zgw.UnlockDocument", unlock_document_again, (
        UNLOCK, Step("GET", "enkelvoudiginformatieobjecten/UUID", "read the document")), all_steps=False),
    "zgw.SetIndicatieGebruiksrecht": Case("zgw.SetIndicatieGebruiksrecht", set_gebruiksrecht, (
        DOCUMENTEN, LOCK, Step("PATCH", "enkelvoudiginformatieobjecten/UUID", "set indicatieGebruiksrecht of the document"),
        UNLOCK)),
    "zgw.StartCamundaProcessTask": Case("zgw.StartCamundaProcessTask", start_process, (
        ZAAK, Step("GET", "zaaktypen/UUID", "read the zaaktype"), Step("GET", "catalogussen/UUID", "read the catalogus"),
        Step("POST", "objects/search", "search the start form", again=True),
        Step("GET", "rollen", "read the rollen of the zaak"),
        Step("POST", "process-definition/key/vergunning/start", "start the process"))),
    "mail.SendEmailTask": Case("mail.SendEmailTask", send_email),
    "camunda_api.CallActivity": Case("camunda_api.CallActivity", call_activity),
    "zac.UserDetailsTask": Case("zac.UserDetailsTask", user_details, (
        Step("GET", "api/accounts/users", "read the users"),)),
    "zac.ZaakDetailURLTask": Case("zac.ZaakDetailURLTask", zaak_detail_url, (ZAAK, ADDRESS)),
    "zac.ZaakDetailURLTask, the last time": Case("zac.ZaakDetailURLTask", zaak_detail_url_last, (ZAAK, ADDRESS)),
    "zac.ZacEmailVGUReports": Case("zac.ZacEmailVGUReports", vgu_reports, (
        Step("POST", "api/search/vgu-reports/zaken", "ask for the report of zaken", again=True),
        Step("POST", "api/search/vgu-reports/informatieobjecten", "ask for the report of documents", again=True),
        Step("POST", "api/accounts/management/axes/logs", "ask for the report of users", again=True))),
}  # fmt: skip

UNITS = {name: case for name, case in CASES.items() if name == case.unit}
