"""CallActivity: a running host, the stand-in engine; and once a real engine, whose types count."""
import base64
import subprocess
import time
import uuid

import pytest
from settings import APP

UNIT = "camunda_api.CallActivity"
OURS = {"subprocessDefinition": "deel", "bptlAppId": APP, "callbackUrl": "https://elders.test/terug"}
TYPES = {
    "aString": {"type": "String", "value": "tekst", "valueInfo": {}},
    "aLong": {"type": "Long", "value": 5, "valueInfo": {}},
    "aShort": {"type": "Short", "value": 7, "valueInfo": {}},
    "anInteger": {"type": "Integer", "value": 0, "valueInfo": {}},
    "aDouble": {"type": "Double", "value": 2.5, "valueInfo": {}},
    "aBoolean": {"type": "Boolean", "value": False, "valueInfo": {}},
    "aDate": {"type": "Date", "value": "2026-03-01T12:34:56.789+0000", "valueInfo": {}},
    "aNull": {"type": "Null", "value": None, "valueInfo": {}},
    "aJson": {"type": "Json", "value": '{"b": 1, "a": [2]}', "valueInfo": {}},
    "someBytes": {"type": "Bytes", "value": base64.b64encode(b"\x00\xff").decode(), "valueInfo": {}},
    "anObject": {"type": "Object", "value": "[1, 2]", "valueInfo": {
        "objectTypeName": "java.util.ArrayList", "serializationDataFormat": "application/json"}},
}  # fmt: skip
FILE = {"type": "File", "value": base64.b64encode(b"inhoud").decode(), "valueInfo": {
    "filename": "a.txt", "mimeType": "text/plain"}}  # fmt: skip


def names(made):
    return set(made["body"]["variables"])


def test_without_a_mapping_everything_goes_along_as_the_engine_holds_it(call, engine):
    engine.deploy("deel")
    newest = engine.deploy("deel")
    made = call.started(**OURS, **TYPES)
    assert made["definition"] == newest
    assert (made["body"]["businessKey"], made["body"]["withVariablesInReturn"]) == (None, False)
    variables = made["body"]["variables"]
    assert {name: variables[name] for name in TYPES} == TYPES
    assert names(made) == {*TYPES, *OURS}


@pytest.mark.parametrize("mapping", ["", "{}", "null"], ids=repr)
def test_an_empty_mapping_means_everything(call, engine, mapping):
    engine.deploy("deel")
    given = {**OURS, "variablesMapping": {"type": "Json", "value": mapping or "{}"}, "x": "1"}
    assert names(call.started(**given)) == {*given}


def test_a_mapping_renames_what_it_names_and_leaves_out_the_rest(call, engine):
    engine.deploy("deel")
    mapping = {"type": "Json", "value": '{"aLong": "lang", "anObject": "anObject", "ontbreekt": "weg", "bptlAppId": "bptlAppId"}'}
    made = call.started(**OURS, **TYPES, variablesMapping=mapping)
    assert made["body"]["variables"] == {
        "lang": TYPES["aLong"], "anObject": TYPES["anObject"], "bptlAppId": {"type": "String", "value": APP, "valueInfo": {}},
    }  # fmt: skip


def test_a_mapping_may_be_a_plain_string(call, engine):
    engine.deploy("deel")
    assert names(call.started(**OURS, variablesMapping='{"callbackUrl": "terug"}')) == {"terug"}


@pytest.mark.parametrize("mapping", ['{"a": ""}', '{"a": null}', '{"a": 5}', '["a"]', "geen json"])
def test_a_mapping_that_maps_to_no_name_is_refused_before_anything_is_asked(call, engine, mapping):
    engine.deploy("deel")
    call.failed("variablesMapping", **OURS, variablesMapping=mapping)
    assert "other" not in engine.counts()["requests"]


def test_files_stay_behind(call, engine):
    engine.deploy("deel")
    assert names(call.started(**OURS, bijlage=FILE)) == {*OURS}
    assert names(call.started(**OURS, bijlage=FILE, variablesMapping='{"bijlage": "b", "callbackUrl": "c"}')) == {"c"}


def test_bookkeeping_stays_behind_when_the_topic_says_so(call, engine):
    engine.deploy("deel")
    call.options = {"without_bookkeeping": "yes"}
    assert names(call.started(**OURS, x="1")) == {"subprocessDefinition", "x"}
    assert names(call.started(**OURS, variablesMapping='{"bptlAppId": "bptlAppId"}')) == {"bptlAppId"}


def test_the_business_key_goes_along_when_the_topic_says_so(call, engine):
    engine.deploy("deel")
    call.options = {"with_business_key": "yes"}
    assert call.started(business_key="ZAAK-1", **OURS)["body"]["businessKey"] == "ZAAK-1"
    assert call.started(**OURS)["body"]["businessKey"] is None


@pytest.mark.parametrize("option", ["without_bookkeeping", "with_business_key"])
def test_an_option_that_is_neither_yes_nor_no_is_a_failure(call, engine, option):
    engine.deploy("deel")
    call.options = {option: "soms"}
    call.failed(option, "soms", **OURS)


@pytest.mark.parametrize("version", ["1", {"type": "Integer", "value": 1}, {"type": "Long", "value": 1}], ids=repr)
def test_a_version_is_started_by_its_id(call, engine, version):
    first = engine.deploy("deel")
    engine.deploy("deel")
    assert call.started(**OURS, subprocessDefinitionVersion=version)["definition"] == first


@pytest.mark.parametrize("version", ["latest", "", {"type": "Null", "value": None}], ids=repr)
def test_latest_is_the_newest_version(call, engine, version):
    engine.deploy("deel")
    newest = engine.deploy("deel")
    assert call.started(**OURS, subprocessDefinitionVersion=version)["definition"] == newest


@pytest.mark.parametrize("version, words", [("3", ["deel", "version 3", "0 definitions"]), ("Latest", ["subprocessDefinitionVersion"]),
                                            ("1.0", ["subprocessDefinitionVersion"])])  # fmt: skip
def test_a_version_that_is_not_there_is_a_failure(call, engine, version, words):
    engine.deploy("deel")
    call.failed(*words, **OURS, subprocessDefinitionVersion=version)


def test_an_unknown_process_is_a_failure_in_the_words_of_the_engine(call):
    call.failed("start the process", "404", "No matching process definition with key: deel", **OURS)


def test_a_process_key_is_required(call):
    call.failed("subprocessDefinition", x="1")


def test_a_start_whose_outcome_is_unknown_is_not_repeated(call, engine):
    engine.deploy("deel")
    call(**OURS)  # so that the host runs
    before = len(engine.started())
    engine.fault("other", "status", 1, status=200, body={})  # the variables: none
    engine.fault("other", "close", 1, after=True)
    task = call(**OURS)["tasks"][0]
    assert task["state"] == "incident" and "start the process" in task["errorMessage"], task
    assert "outcome is unknown" in task["errorMessage"]
    assert len(engine.started()) == before + 1


def test_the_embedded_engine_is_refused_at_the_start(bptl, conf):
    conf.section("plugin camunda_api").section("topic aanroepen", unit=UNIT)
    done = subprocess.run([bptl, "check", "--conf", conf.write()], capture_output=True, text=True, timeout=60)
    assert done.returncode == 78 and "CallActivity" in done.stdout + done.stderr


BPMN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
 xmlns:camunda="http://camunda.org/schema/1.0/bpmn" targetNamespace="t" id="d">
<bpmn:process id="{key}" isExecutable="true" camunda:historyTimeToLive="P1D"><bpmn:startEvent id="s"/>
<bpmn:sequenceFlow id="a" sourceRef="s" targetRef="t"/>{task}</bpmn:process></bpmn:definitions>"""
EXTERNAL = ('<bpmn:serviceTask id="t" camunda:type="external" camunda:topic="{key}"/>'
            '<bpmn:sequenceFlow id="b" sourceRef="t" targetRef="u"/><bpmn:userTask id="u"/>')


@pytest.mark.parametrize("version", ["latest", "1"])
def test_a_real_engine_takes_what_it_gave(real_engine, conf, host, version):
    """Types and values are the same in both instances; only the file is missing."""
    key = f"aanroep-{uuid.uuid4().hex[:8]}"
    real_engine.deploy((f"{key}.bpmn", BPMN.format(key=key, task=EXTERNAL.format(key=key))))
    real_engine.deploy((f"deel-{key}.bpmn", BPMN.format(key=f"deel-{key}", task='<bpmn:userTask id="t"/>')))
    conf.use_engine(real_engine.url).section("plugin camunda_api").section(f"topic {key}", unit=UNIT)
    variables = {**TYPES, "bijlage": FILE, "subprocessDefinition": {"type": "String", "value": f"deel-{key}"},
                 "subprocessDefinitionVersion": {"type": "String", "value": version}}  # fmt: skip
    host()
    ours = real_engine.post(f"process-definition/key/{key}/start", {"variables": variables})["id"]
    held, deadline = {}, time.monotonic() + 60
    while "processInstanceId" not in held and time.monotonic() < deadline:
        held = real_engine.get(f"process-instance/{ours}/variables", deserializeValues="false")
        time.sleep(0.1)
    theirs = held.pop("processInstanceId")["value"]
    assert held.pop("bijlage")["type"] == "File"
    assert real_engine.get(f"process-instance/{theirs}/variables", deserializeValues="false") == held
    assert {name: held[name] for name in TYPES} == TYPES
    assert real_engine.get(f"process-instance/{theirs}")["definitionId"].startswith(f"deel-{key}:1:")
    for instance in ours, theirs:
        real_engine.call("DELETE", f"process-instance/{instance}")
