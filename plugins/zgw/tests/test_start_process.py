"""The unit StartCamundaProcessTask against the stand-ins of the ZGW APIs and of an engine, and against real engines."""

import json
import urllib.parse
import uuid

import pytest
from engine import EngineStandIn
from settings import APP
from zgw_objects import add_object

UNIT = "zgw.StartCamundaProcessTask"
DOMEIN, RSIN = "TEST", "002564440"
STARTED = {"id": "i-1", "links": [{"method": "GET", "href": "http://engine.test/process-instance/i-1", "rel": "self"}]}
PROCESS = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
	targetNamespace="tests">
	<bpmn:process id="{key}" isExecutable="true" camunda:historyTimeToLive="P1D">
		<bpmn:startEvent id="start"/>
		<bpmn:sequenceFlow id="to-wait" sourceRef="start" targetRef="wait"/>
		<bpmn:userTask id="wait"/>
	</bpmn:process>
</bpmn:definitions>
"""


@pytest.fixture
def engine():
    with EngineStandIn(record=True) as server:
        yield server


@pytest.fixture
def topic(run, conf, zgw, engine):
    """The unit on a topic of an engine that starts what it is asked to start."""
    conf.use_engine(engine.url)
    engine.fault("other", do="status", status=200, body=STARTED)
    return conf.topic(UNIT, UNIT, objecttype=zgw.seed["objecttypen"]["startformulier"])


@pytest.fixture
def forms(zgw):
    """Adds a start form, newest first in the answers of the API."""

    def add(identificaties, key="eigen", domein=DOMEIN):
        data = {"zaaktypeIdentificaties": identificaties, "zaaktypeCatalogus": domein, "camundaProcessDefinitionKey": key}
        return add_object(zgw.state, zgw.seed["objecttypen"]["startformulier"], data, "2026-01-01")

    return add


def starts(engine):
    return [(kept["method"], kept["path"], json.loads(kept["body"])) for kept in list(engine.kept)]


def text(value):
    return {"type": "String", "value": value}


def initiator(engine):
    [(_, _, body)] = starts(engine)
    return body["variables"].get("initiator")


def zaak_of(run, zaaktype, **more):
    return run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=zaaktype["zaaktype"], **more)


def medewerker(name):
    return {"betrokkeneType": "medewerker", "betrokkeneIdentificatie": {"identificatie": name, "achternaam": "M"}}


def test_start_process_starts_what_the_form_names(run, zgw, engine, topic, main):
    details = {"omschrijving": "Één \"boom\"", "toelichting": "Groot"}
    zaak = zaak_of(run, main, zaakDetails=details)
    assert run.done("StartCamundaProcessTask", zaakUrl=zaak["zaakUrl"]) == {}
    assert run.lines == [
        ("GET", "zaken/UUID"),
        ("GET", "zaaktypen/UUID"),
        ("GET", "catalogussen/UUID"),
        ("POST", "objects/search"),
        ("GET", "rollen"),
    ]
    assert run.header(run.only("GET", "zaken/UUID"), "Accept-Crs") == "EPSG:4326"
    search = run.only("POST", "objects/search")
    assert (run.query(search), search["body"]) == ({"pageSize": "100"}, {
        "type": zgw.seed["objecttypen"]["startformulier"],
        "data_attrs": "zaaktypeIdentificaties__icontains__ZAAKTYPE-TEST-1,zaaktypeCatalogus__exact__TEST",
    })  # fmt: skip
    assert run.header(search, "Content-Crs") == "EPSG:4326"
    assert run.header(search, "Content-Type").startswith("application/json")
    [(method, path, body)] = starts(engine)
    assert (method, path) == ("POST", "/engine-rest/process-definition/key/vergunning/start")
    sent = body["variables"].pop("zaakDetails")
    assert sent["type"] == "Json"
    assert json.loads(sent["value"]) == {**details, "zaaktypeOmschrijving": "Melding openbare ruimte"}
    assert body == {
        "businessKey": None, "withVariablesInReturn": False,
        "variables": {
            "bptlAppId": text(APP), "zaakUrl": text(zaak["zaakUrl"]), "zaakIdentificatie": text(zaak["zaakIdentificatie"]),
        },
    }  # fmt: skip


def test_start_process_takes_the_form_that_lists_exactly_this_zaaktype(run, zgw, engine, topic, forms, log):
    """ZAAKTYPE-TEST-1 is a part of ZAAKTYPE-TEST-10, which the server therefore finds, too."""
    zaak = zaak_of(run, zgw.seed["zaaktypen"]["bare"])
    run.done("StartCamundaProcessTask", zaakUrl=zaak["zaakUrl"])
    assert starts(engine)[0][1].endswith("/key/melding/start")
    assert "first is used" not in log()


def test_start_process_reads_all_pages_of_forms(run, zgw, engine, topic, forms, main):
    zaak = run.zaak()
    for number in range(120):
        forms([f"ZAAKTYPE-TEST-1{number}", "zaaktype-test-1"])
    run.done("StartCamundaProcessTask", zaakUrl=zaak)
    pages = [run.query(r).get("page") for r in run.requests if run.resource(r["path"]) == "objects/search"]
    assert pages == [None, "2"]
    assert starts(engine)[0][1].endswith("/key/vergunning/start")


@pytest.mark.parametrize("identificaties", [["ZAAKTYPE-TEST-30"], ["zaaktype-test-3"], "ZAAKTYPE-TEST-3", None, []], ids=repr)
def test_start_process_without_a_form_starts_nothing(run, zgw, engine, topic, forms, log, roles, identificaties):
    zgw.state.get("zaaktypen", roles["zaaktype"])["identificatie"] = "ZAAKTYPE-TEST-3"
    forms(identificaties)
    forms(["ZAAKTYPE-TEST-3"], domein="ANDER")
    zaak = zaak_of(run, roles)
    assert run.done("StartCamundaProcessTask", zaakUrl=zaak["zaakUrl"]) == {}
    assert starts(engine) == []
    assert any("no start form" in line and "ZAAKTYPE-TEST-3" in line and "TEST" in line for line in log().splitlines())


def test_start_process_of_several_forms_uses_the_first_with_a_warning(run, engine, topic, forms, log):
    zaak = run.zaak()
    form = forms(["ZAAKTYPE-TEST-1"], key="nieuwste")
    run.done("StartCamundaProcessTask", zaakUrl=zaak)
    assert starts(engine)[0][1].endswith("/key/nieuwste/start")
    [line] = [line for line in log().splitlines() if "first is used" in line]
    assert "warning" in line.lower() and "2 start forms" in line and form["url"] in line


@pytest.mark.parametrize("key", [None, "", 5], ids=repr)
def test_start_process_with_a_form_without_a_process_fails(run, engine, topic, forms, key):
    zaak = run.zaak()
    form = forms(["ZAAKTYPE-TEST-1"], key=key)
    run.failed("StartCamundaProcessTask", "camundaProcessDefinitionKey", form["url"], zaakUrl=zaak)
    assert starts(engine) == []


def test_start_process_escapes_the_key_of_the_process(run, engine, topic, forms):
    zaak = run.zaak()
    forms(["ZAAKTYPE-TEST-1"], key="a b?c#d")
    run.done("StartCamundaProcessTask", zaakUrl=zaak)
    [kept] = list(engine.kept)
    path = "/engine-rest/process-definition/key/a%20b%3Fc%23d/start"
    assert (kept["path"] in (path, urllib.parse.unquote(path)), bool(kept["query"])) == (True, False)


def test_start_process_passes_the_initiator_on(run, engine, topic, main):
    zaak = zaak_of(run, main, initiator=medewerker("user-1"))
    run.done("StartCamundaProcessTask", zaakUrl=zaak["zaakUrl"], initiator="user:iemand")
    assert initiator(engine) == text("user:iemand")
    assert ("GET", "rollen") not in run.lines


def test_start_process_refuses_an_initiator_of_another_kind_before_anything_is_sent(run, engine, topic):
    run.failed("StartCamundaProcessTask", "initiator", zaakUrl=run.zaak(), initiator=["user-1"])
    assert (run.requests, starts(engine)) == ([], [])


@pytest.mark.parametrize("empty", [..., None, "", medewerker("user-3")], ids=repr)
def test_start_process_finds_the_initiator_among_the_rollen(run, zgw, engine, topic, roles, empty):
    zaak = zaak_of(run, roles, initiator=medewerker("user-1"), Hoofdbehandelaar=medewerker("user-2"))
    zgw.page_size = 1
    run.done("StartCamundaProcessTask", zaakUrl=zaak["zaakUrl"], initiator=empty)
    assert initiator(engine) == text("user-1")
    asked = [run.query(r) for r in run.requests if run.resource(r["path"]) == "rollen"]
    assert [(query["zaak"], query.get("page")) for query in asked] == [(zaak["zaakUrl"], None), (zaak["zaakUrl"], "2")]


def test_start_process_gives_no_initiator_when_the_rol_has_no_identificatie(run, engine, topic, main):
    zaak = zaak_of(run, main, initiator={"betrokkeneIdentificatie": {"inpBsn": "111222333"}})
    run.done("StartCamundaProcessTask", zaakUrl=zaak["zaakUrl"])
    assert initiator(engine) is None


def test_start_process_tells_the_words_of_the_engine(run, engine, topic):
    zaak = run.zaak()
    engine.call(engine.faults.clear)
    words = "No matching process definition with key: vergunning and no tenant-id"
    engine.fault("other", do="status", status=404, body={"type": "RestException", "message": words})
    run.failed("StartCamundaProcessTask", "start the process", "404", words, zaakUrl=zaak)


@pytest.mark.parametrize("do", ["close", "reset"])
def test_start_process_never_starts_again_what_may_have_been_started(run, engine, topic, do):
    zaak = run.zaak()
    engine.call(engine.faults.clear)
    engine.fault("other", do=do)
    run.failed("StartCamundaProcessTask", "start the process", "may have been carried out", zaakUrl=zaak)
    assert len(starts(engine)) == 1


@pytest.mark.parametrize("status, permanent", [(401, True), (500, False)])
def test_start_process_takes_a_failed_search_for_a_failure(run, zgw, engine, topic, status, permanent):
    zaak = run.zaak()
    zgw.fault("POST", "/objects/search", status, {"title": "Stuk"}, times=-1)
    run.failed("StartCamundaProcessTask", "search the start form", str(status), "Stuk", permanent=permanent, zaakUrl=zaak)
    assert starts(engine) == []


@pytest.mark.parametrize("name", ["bptlAppId", "zaakUrl"])
@pytest.mark.parametrize("empty", [..., None, "", [], {}], ids=repr)
def test_start_process_demands_its_variables_before_anything_is_sent(run, engine, topic, name, empty):
    given = {"zaakUrl": run.zaak(), name: empty}
    run.failed("StartCamundaProcessTask", name, **given)
    assert (run.requests, starts(engine)) == ([], [])


def test_a_real_engine_gets_the_variables_with_their_types(run, zgw, conf, topic, forms, main, real_engine):
    key = f"start-{uuid.uuid4().hex[:8]}"
    real_engine.deploy((f"{key}.bpmn", PROCESS.format(key=key)))
    conf.use_engine(real_engine.url)
    zaak = zaak_of(run, main, zaakDetails={"omschrijving": "Een boom"}, initiator=medewerker("user-1"))
    forms(["ZAAKTYPE-TEST-1"], key=key)
    run.done("StartCamundaProcessTask", zaakUrl=zaak["zaakUrl"])
    [instance] = real_engine.get("process-instance", processDefinitionKey=key)
    assert instance["businessKey"] is None
    found = real_engine.get(f"process-instance/{instance['id']}/variables", deserializeValues="false")
    details = found.pop("zaakDetails")
    assert details["type"] == "Json"
    assert json.loads(details["value"]) == {
        "omschrijving": "Een boom", "zaaktypeOmschrijving": "Melding openbare ruimte", "toelichting": "",
    }  # fmt: skip
    assert {name: (held["type"], held["value"]) for name, held in found.items()} == {
        "bptlAppId": ("String", APP), "zaakUrl": ("String", zaak["zaakUrl"]), "initiator": ("String", "user-1"),
        "zaakIdentificatie": ("String", zaak["zaakIdentificatie"]),
    }  # fmt: skip
