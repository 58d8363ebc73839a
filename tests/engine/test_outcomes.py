"""How tasks end on real engines: variables of every type, BPMN errors, retries that the engine counts, incidents."""
import json
import urllib.request

import pytest
from bpmn import catch, process, task
from probe import eventually, use_probe
from rest import typed
from story import Story
from workbench import PLACE


@pytest.fixture
def probe(settings, real_engine, build, zgw, key, host):
    """probe(unit, start variables): the story of a process with one task for a unit of the tests' own plugin."""
    use_probe(settings, build)
    settings.section("engine main", long_poll="1s")  # a retry that becomes due does not wake a poll
    settings.section("service zaken", type="zrc", root=zgw.zaken, auth="zgw", client_id=zgw.client_id,
                     secret_file=settings.secret("zgw", zgw.secret))

    def begin(unit, variables=None, catching=("", ""), times=1, **keys):
        services = {"services": "zaken"} if unit == "Post" else {}
        settings.section(f"topic {key}", {**services, "retries": 0, "retry_wait": "100ms", **keys}, unit=f"probe.{unit}")
        real_engine.deploy(process(key, task("werk", key, times=times), catching=catching))
        host()
        return Story.begin(real_engine, key, {name: typed(value) for name, value in (variables or {}).items()})
    return begin


@pytest.fixture
def post(probe, zgw):
    """A story of a task that POSTs; the service refuses as the test says, then accepts."""
    def begin(status, times, body=None, **keys):
        zgw.fault("POST", PLACE, status, body or {"title": "Te druk"}, times=times)
        zgw.fault("POST", PLACE, 201, {"url": zgw.zaken + PLACE + "/1"}, times=-1)
        return probe("Post", {"url": zgw.zaken + PLACE}, **keys)
    return begin


def error_details(story, task):
    """Plain text, not JSON."""
    with urllib.request.urlopen(f"{story.rest.url}external-task/{task}/errorDetails", timeout=30) as answer:
        return answer.read().decode()


def test_each_type_arrives_in_the_history(probe):
    story = probe("Types").wait()
    found = story.held()
    assert found.pop("aJson")["value"].replace(" ", "") == '{"list":[1,2]}'
    long = found.pop("aLongText")
    assert (long["type"], json.loads(long["value"])) == ("Object", "x" * 5000), long
    assert {name: (one["type"], one["value"]) for name, one in found.items()} == {
        "aString": ("String", "tekst met één accent"), "aBoolean": ("Boolean", True), "anInteger": ("Integer", 42),
        "aShort": ("Short", 7), "aLong": ("Long", 9007199254740993), "aDouble": ("Double", 1.5),
        "aDate": ("Date", "2026-03-01T12:34:56.789+0000"), "aNull": ("Null", None)}  # fmt: skip
    everything = story.rest.get("history/variable-instance", processInstanceId=story.id, variableName="aLocal")
    assert [(one["value"], one["activityInstanceId"] == story.id) for one in everything] == [("binnen", False)]


def test_a_unit_reads_what_the_engine_holds_and_sets_the_same(probe):
    given = {"text": "één\n\"twee\" 💡", "integer": 2**53 + 1, "boolean": True, "any": [None, 1.5, {"é": ""}],
             "object": {"a": {}}, "list": [0]}  # fmt: skip
    story = probe("Echo", given)
    before = {name: (one["type"], one["value"]) for name, one in story.held().items()}
    story.wait()
    assert {name: value for name, (_, value) in story.variables().items()} == given
    after = {name: one["type"] for name, one in story.held().items()}
    assert after == {name: type for name, (type, _) in before.items()} and after["integer"] == "Long"
    assert set(story.set_by()["werk"]) == set(given)


def test_a_bpmn_error_is_caught_and_its_variables_are_there(probe):
    story = probe("BpmnError", catching=catch("werk", "TE_LAAT", "te-laat")).wait()
    assert story.activities()[-1] == "te-laat" and "einde" not in story.activities()
    assert story.variables() == {
        "reden": ("String", "te laat"), "foutcode": ("String", "TE_LAAT"),
        "foutmelding": ("String", "the request came too late")}  # fmt: skip
    assert not story.incidents()


def test_a_bpmn_error_that_nothing_catches_ends_the_instance(probe):
    """Without a word, on both engines: which is why the log says so."""
    story = probe("BpmnError", catching=catch("werk", "EEN_ANDERE", "iets-anders")).wait()
    assert not {"iets-anders", "einde"} & set(story.activities()) and not story.incidents()


def test_the_engine_counts_the_retries_down_until_the_service_is_well_again(post, zgw):
    story = post(503, times=3, retries=3).wait()
    assert [one["retries"] for one in story.log("failureLog")] == [None, 3, 2]  # before each failure
    assert all("503" in one["errorMessage"] and "Te druk" in one["errorMessage"] for one in story.log("failureLog"))
    assert len(story.log("successLog")) == 1 and len(zgw.sent("POST", PLACE)) == 4
    assert story.variables()["posted"] == ("Integer", 1) and not story.incidents()


def test_the_retries_that_are_left_are_seen_at_the_task(post):
    story = post(503, times=-1, retries=2)
    seen = []

    def counted():
        [one] = story.tasks()
        if one["retries"] not in seen:
            seen.append(one["retries"])
        return one["retries"] == 0
    eventually(counted)
    assert [number for number in seen if number is not None] == [2, 1, 0]
    assert "Te druk" in story.tasks()[0]["errorMessage"]


def test_a_retry_that_is_granted_after_an_incident_ends_the_case(post, zgw):
    story = post(503, times=2, retries=1)
    incident = story.wait_incident()
    [waiting] = story.tasks()
    assert (incident["incidentType"], incident["activityId"], incident["open"]) == ("failedExternalTask", "werk", True)
    assert incident["configuration"] == waiting["id"] and waiting["retries"] == 0
    assert "post to the service" in incident["incidentMessage"] and "503" in incident["incidentMessage"]
    story.rest.call("PUT", f"external-task/{waiting['id']}/retries", b'{"retries": 1}')
    assert story.wait().variables()["posted"] == ("Integer", 1)
    [incident] = story.incidents()
    assert incident["resolved"] and not incident["open"]
    assert len(zgw.sent("POST", PLACE)) == 3


def test_what_can_never_succeed_is_an_incident_at_once_with_the_words_of_the_service(post, zgw):
    refusal = {"title": "Ongeldige invoer.", "status": 400, "invalidParams": [
        {"name": "zaaktype", "code": "bad-url", "reason": "De URL is niet goed."}]}  # fmt: skip
    story = post(400, times=1, body=refusal, retries=5)
    message = story.wait_incident()["incidentMessage"]
    for words in "post to the service", "400", "Ongeldige invoer.", "zaaktype", "De URL is niet goed.":
        assert words in message, message
    [waiting] = story.tasks()
    assert waiting["retries"] == 0 and len(story.log("failureLog")) == 1 == len(zgw.sent("POST", PLACE))
    details = error_details(story, waiting["id"])
    assert f"POST {zgw.zaken}{PLACE}" in details and "bad-url" in details and zgw.secret not in details


@pytest.mark.parametrize("given, words", [({}, ["text"]), ({"text": "x"}, ["list"]), ({"text": "", "list": []}, ["text"]),
                                          ({"text": "x", "list": {"a": 1}}, ["list"])], ids=str)
def test_a_variable_that_is_missing_or_of_another_kind_is_named_by_the_incident(probe, given, words):
    story = probe("Required", given, retries=5)
    message = story.wait_incident()["incidentMessage"]
    for word in ["variable", *words]:
        assert word in message, message
    assert len(story.log("failureLog")) == 1


def test_a_crash_is_an_incident_that_names_plugin_unit_and_cause(probe):
    story = probe("Crash", retries=0)
    message = story.wait_incident()["incidentMessage"]
    assert message.startswith("probe.Crash:") and "signal 11" in message and "plugin probe" in message


def test_tasks_of_one_instance_that_end_at_once_are_all_completed(probe, zgw):
    """An engine refuses some of these completes, since others changed the same instance: they are said again."""
    zgw.fault("POST", PLACE, 201, {"url": zgw.zaken + PLACE + "/1"}, times=-1)
    story = probe("Post", {"url": zgw.zaken + PLACE}, times=40).wait()
    assert len(story.log("successLog")) == 40 and not story.log("failureLog") and not story.incidents()
    assert len(zgw.sent("POST", PLACE)) == 40
