"""One process that uses every unit of all plugins, on real engines: what each unit sets, and with which type, is looked up
in the engine's history."""
import json

import pytest
from bpmn import process, task, wait
from probe import run
from settings import APP
from story import Story
from rest import typed
from zgw_objects import add_object

PANDEN = [f"https://bag.test/api/v2/panden/034410000000{number}" for number in range(1, 4)]
ALL = "zaken, catalogi, documenten, objects, zac, post"

# Each step: the unit; the activity's input mapping; what the unit sets, with the engine's type.
STEPS = {
    "hoofdzaak": ("zgw.CreateZaakTask", {}, {"zaak": "Json", "zaakUrl": "String", "zaakIdentificatie": "String"}),
    "zaak-maken": ("zgw.CreateZaakTask", {"initiator": "${melder}"},
                   {"zaak": "Json", "zaakUrl": "String", "zaakIdentificatie": "String"}),
    "opzoeken": ("zgw.LookupZaak", {"identificatie": "${zaakIdentificatie}", "bronorganisatie": "${organisatieRSIN}"},
                 {"zaakUrl": "String"}),
    "status": ("zgw.CreateStatusTask", {"statusVolgnummer": "${2}"}, {"statusUrl": "String"}),
    "document": ("zgw.RelateDocumentToZaakTask", {}, {"zaakinformatieobject": "String"}),
    "eigenschap-zetten": ("zgw.CreateEigenschap", {}, {}),
    "zaakobject": ("zgw.CreateZaakObject", {"objectType": "overige", "objectTypeOverige": "boom"}, {"zaakObjectUrl": "String"}),
    "panden-koppelen": ("zgw.RelatePand", {}, {}),
    "objecten": ("zgw.FetchZaakObjects", {"hoofdZaakUrl": "${zaakUrl}"}, {"zaakObjects": "Json"}),
    "relateren": ("zgw.RelateerZaak", {"aardRelatie": "vervolg"}, {}),
    "relaties": ("zgw.FetchZaakRelaties", {}, {"relatieZaken": "Json", "zaakRelaties": "Json"}),
    "slot": ("zgw.LockDocument", {}, {"lockId": "String"}),
    "van-slot": ("zgw.UnlockDocument", {}, {}),
    "gebruiksrecht": ("zgw.SetIndicatieGebruiksrecht", {}, {}),
    "proces": ("zgw.StartCamundaProcessTask", {}, {}),
    "aanroep": ("camunda_api.CallActivity", {}, {"processInstanceId": "String"}),
    "mensen": ("zac.UserDetailsTask", {}, {"userData": "Json"}),
    "adres": ("zac.ZaakDetailURLTask", {}, {"zaakDetailUrl": "String"}),
    "resultaat": ("zgw.CreateResultaatTask", {}, {"resultaatUrl": "String"}),
    "sluiten": ("zgw.CloseZaakTask", {}, {"einddatum": "String", "archiefnominatie": "String", "archiefactiedatum": "Null"}),
    "mailen": ("mail.SendEmailTask", {}, {}),
    "rapport": ("zac.ZacEmailVGUReports", {}, {}),
}


def given(zgw, key):
    """The variables with which the process starts."""
    people = {"name": "Gemeente Voorbeeld", "email": "balie@example.nl"}
    plain = {
        "bptlAppId": APP, "organisatieRSIN": zgw.seed["rsin"], "zaaktype": zgw.seed["zaaktypen"]["main"]["zaaktype"],
        "zaakDetails": {"omschrijving": "Lamp “kapot” — één 💡"}, "informatieobject": zgw.seed["documents"][0],
        "melder": {"betrokkeneType": "medewerker", "betrokkeneIdentificatie": {"identificatie": "user-1", "achternaam": "M"}},
        "eigenschap": {"naam": "kenteken", "waarde": "AB-12-CD"}, "objectUrl": zgw.seed["object"], "panden": PANDEN,
        "subprocessDefinition": f"{key}-aangeroepen", "variablesMapping": {"zaakIdentificatie": "nummer", "zaak": "zaak"},
        "usernames": ["user:medewerker1"], "omschrijving": "Verleend",
        "sender": people, "receiver": {"name": "Bewoner", "email": "bewoner@example.nl"},
        "email": {"subject": "Uw zaak", "content": "Klaar"}, "template": "generiek", "context": {},
        "recipientList": ["beheer@example.nl"],
    }  # fmt: skip
    return {name: typed(value) for name, value in plain.items()}


@pytest.fixture
def units(settings, zgw, smtp, key):
    """Topics for all units, named like the steps."""
    settings.use_zgw(zgw).use_mail(smtp).section("plugin zac").section("plugin camunda_api")
    for step, (unit, *_) in STEPS.items():
        settings.topic(f"{key}-{step}", unit, ALL, retries=0)
    settings.section(f"topic {key}-proces", objecttype=zgw.seed["objecttypen"]["startformulier"])
    return settings


def test_the_process_uses_every_unit_that_there_is(bptl, units):
    done = run(bptl, "units", "--json", "--conf", units.write())
    assert done.returncode == 0, done.stderr
    there = {f"{plugin['name']}.{unit['name']}" for plugin in json.loads(done.stdout) for unit in plugin["units"]}
    assert {unit for unit, *_ in STEPS.values()} == there


def test_every_unit_does_its_work_for_a_real_engine(real_engine, host, units, zgw, smtp, key):
    started = f"{key}-gestart"
    add_object(zgw.state, zgw.seed["objecttypen"]["startformulier"], {
        "zaaktypeIdentificaties": ["ZAAKTYPE-TEST-1"], "zaaktypeCatalogus": zgw.seed["domein"],
        "camundaProcessDefinitionKey": started}, "2026-01-01")  # fmt: skip
    outputs = {"hoofdzaak": {"hoofdZaakUrl": "${zaakUrl}"}}
    steps = [task(step, f"{key}-{step}", inputs, outputs.get(step)) for step, (_, inputs, _) in STEPS.items()]
    real_engine.deploy(process(key, *steps), process(started, wait()), process(f"{key}-aangeroepen", wait()))
    host()
    story = Story.begin(real_engine, key, given(zgw, key)).wait()

    assert story.activities() == ["start", *STEPS, "einde"]
    assert story.set_by() == {step: sets for step, (*_, sets) in STEPS.items() if sets}

    found = {name: value for name, (_, value) in story.variables().items()}
    zaak = zgw.state.get("zaken", found["zaakUrl"])
    assert found["zaak"]["url"] == zaak["url"]
    assert found["zaak"]["omschrijving"] == zaak["omschrijving"] == "Lamp “kapot” — één 💡"
    assert (found["zaakIdentificatie"], found["einddatum"]) == (zaak["identificatie"], zaak["einddatum"])
    assert (found["archiefnominatie"], found["archiefactiedatum"]) == ("blijvend_bewaren", None)
    assert {one["object"] for one in found["zaakObjects"]} == {zgw.seed["object"], *PANDEN}
    assert found["hoofdZaakUrl"] != found["zaakUrl"]
    assert found["relatieZaken"] == found["zaakRelaties"] == [{"url": found["zaakUrl"], "aardRelatie": "vervolg"}]
    assert [one["username"] for one in found["userData"]] == ["medewerker1"]
    assert found["zaakDetailUrl"].endswith(found["zaakIdentificatie"])
    assert zgw.state.get("enkelvoudiginformatieobjecten", zgw.seed["documents"][0])["indicatieGebruiksrecht"] is False
    assert zgw.state.locks == {}
    assert sorted(address for mail in smtp.mails for address in mail["to"]) == ["beheer@example.nl", "bewoner@example.nl"]

    called = Story(real_engine, found["processInstanceId"])
    assert called.instance()["processDefinitionKey"] == f"{key}-aangeroepen"
    assert {name: value for name, (_, value) in called.variables().items()} == {
        "nummer": found["zaakIdentificatie"], "zaak": found["zaak"]}  # fmt: skip
    [other] = real_engine.get("history/process-instance", processDefinitionKey=started)
    variables = Story(real_engine, other["id"]).variables()
    assert other["businessKey"] is None
    assert {name: held for name, held in variables.items() if name != "zaakDetails"} == {
        "bptlAppId": ("String", APP), "zaakUrl": ("String", found["zaakUrl"]), "initiator": ("String", "user-1"),
        "zaakIdentificatie": ("String", found["zaakIdentificatie"])}  # fmt: skip
    assert variables["zaakDetails"][0] == "Json" and variables["zaakDetails"][1]["omschrijving"] == zaak["omschrijving"]
