"""Variables on their way through instances that start each other on real engines: what a unit set arrives unchanged."""
from bpmn import process, task
from probe import use_probe
from story import Story

OBJECT = {"type": "Object", "value": '["a",1,{"b":null}]', "valueInfo": {
    "objectTypeName": "java.util.ArrayList", "serializationDataFormat": "application/json"}}  # fmt: skip


def test_variables_are_the_same_in_three_instances_that_call_each_other(real_engine, settings, build, host, key):
    """The first gets its variables from a unit and from the start; each instance then starts the next with all of them."""
    first, second, third = (f"{key}-{name}" for name in ("een", "twee", "drie"))
    call = f"{key}-aanroepen"
    use_probe(settings, build).section("plugin camunda_api")
    settings.section(f"topic {key}-soorten", unit="probe.Types")
    settings.section(f"topic {call}", unit="camunda_api.CallActivity", with_business_key="yes")
    real_engine.deploy(
        process(first, task("soorten", f"{key}-soorten"), task("aanroep", call, {"subprocessDefinition": second})),
        process(second, task("aanroep", call, {"subprocessDefinition": third})), process(third))  # fmt: skip
    host()
    story = Story.begin(real_engine, first, {"anObject": OBJECT}, business_key="ZAAK-7").wait()
    held, definitions = [story.held()], [story.instance()["processDefinitionKey"]]
    while "processInstanceId" in held[-1]:
        story = Story(real_engine, held[-1].pop("processInstanceId")["value"])
        assert story.wait().instance()["businessKey"] == "ZAAK-7"
        held.append(story.held())
        definitions.append(story.instance()["processDefinitionKey"])
    assert definitions == [first, second, third]
    assert held[0] == held[1] == held[2]
    assert {name: one["type"] for name, one in held[2].items()} == {
        "anObject": "Object", "aLong": "Long", "aDate": "Date", "aShort": "Short", "anInteger": "Integer", "aDouble": "Double",
        "aBoolean": "Boolean", "aString": "String", "aNull": "Null", "aJson": "Json", "aLongText": "Object"}  # fmt: skip
    assert (held[2]["anObject"]["value"], held[2]["anObject"]["valueInfo"]) == (OBJECT["value"], OBJECT["valueInfo"])
    assert held[2]["aLong"]["value"] == 9007199254740993 and held[2]["aDate"]["value"] == "2026-03-01T12:34:56.789+0000"


def test_a_mapping_renames_and_leaves_out(real_engine, settings, build, host, key):
    use_probe(settings, build).section("plugin camunda_api")
    settings.section(f"topic {key}-soorten", unit="probe.Types")
    settings.section(f"topic {key}", unit="camunda_api.CallActivity")
    mapping = '{"aLong": "lang", "anObject": "lijst", "aDate": "aDate", "ontbreekt": "weg"}'
    real_engine.deploy(
        process(key, task("soorten", f"{key}-soorten"), task("aanroep", key, {
            "subprocessDefinition": f"{key}-deel", "subprocessDefinitionVersion": "1", "variablesMapping": mapping})),
        process(f"{key}-deel"))  # fmt: skip
    host()
    story = Story.begin(real_engine, key, {"anObject": OBJECT}).wait()
    ours = story.held()
    called = Story(real_engine, ours["processInstanceId"]["value"]).wait()
    assert called.held() == {"lang": ours["aLong"], "lijst": ours["anObject"], "aDate": ours["aDate"]}
    assert called.instance()["processDefinitionVersion"] == 1


def test_a_process_that_is_not_there_is_an_incident_in_the_words_of_the_engine(real_engine, settings, host, key):
    settings.section("plugin camunda_api").section(f"topic {key}", unit="camunda_api.CallActivity")
    real_engine.deploy(process(key, task("aanroep", key, {"subprocessDefinition": f"{key}-nergens"})))
    host()
    story = Story.begin(real_engine, key)
    message = story.wait_incident()["incidentMessage"]
    assert "start the process" in message and "404" in message and f"{key}-nergens" in message, message
