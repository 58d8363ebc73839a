"""Process variables, in and out: every type of the engine, and those that are missing, empty, or not what the unit reads."""
import json

import pytest

OBJECT = {"objectTypeName": "java.util.ArrayList", "serializationDataFormat": "application/json"}


def echo(bench, variables):
    """What probe.Echo made of variables: (type, value) by name."""
    task = bench.perform("Echo", variables)
    return told(bench, task)


def told(bench, task):
    [entry] = bench.told(task["id"], "completed")
    return {name: (one["type"], one["value"]) for name, one in entry["variables"].items()}


def refusal(bench, topic, variables):
    """The message of the incident that these variables lead to."""
    task = bench.perform(topic, variables, "incident")
    assert len(bench.told(task["id"], "failed")) == 1
    return task["errorMessage"]


def names(rows):
    """A name for each row of a table of variables."""
    return [f"{name}-{given['type']}-{at}" for at, (name, given, _) in enumerate(rows)]


GOOD = [
    ("text", {"type": "String", "value": "één accent, een \" en een \\"}, ("String", "één accent, een \" en een \\")),
    ("text", {"type": "String", "value": "regel 1\nregel 2\t🙂"}, ("String", "regel 1\nregel 2\t🙂")),
    ("text", {"type": "Integer", "value": 12}, ("String", "12")),
    ("text", {"type": "Json", "value": '"een tekst als JSON"'}, ("String", "een tekst als JSON")),
    ("integer", {"type": "Integer", "value": -5}, ("Integer", -5)),
    ("integer", {"type": "Short", "value": 7}, ("Integer", 7)),
    ("integer", {"type": "Long", "value": 9007199254740993}, ("Long", 9007199254740993)),
    ("integer", {"type": "Long", "value": 2**63 - 1}, ("Long", 2**63 - 1)),
    ("integer", {"type": "String", "value": "42"}, ("Integer", 42)),
    ("integer", {"type": "Integer", "value": 0}, ("Integer", 0)),
    ("boolean", {"type": "Boolean", "value": True}, ("Boolean", True)),
    ("boolean", {"type": "Boolean", "value": False}, ("Boolean", False)),
    ("any", {"type": "Double", "value": 1.5}, ("Double", 1.5)),
    ("any", {"type": "Date", "value": "2026-03-01T12:34:56.789+0000"}, ("String", "2026-03-01T12:34:56.789+0000")),
    ("any", {"type": "Json", "value": "[1, 2.5, true, null]"}, ("Json", [1, 2.5, True, None])),
    ("any", {"type": "Object", "value": '["a"]', "valueInfo": OBJECT}, ("Json", ["a"])),
    ("object", {"type": "Json", "value": '{"a": {"b": [1, "é"]}}'}, ("Json", {"a": {"b": [1, "é"]}})),
    ("object", {"type": "String", "value": '{"als": "tekst"}'}, ("Json", {"als": "tekst"})),
    ("object", {"type": "Object", "value": '{"naam": "x"}', "valueInfo": OBJECT}, ("Json", {"naam": "x"})),
    ("list", {"type": "Json", "value": "[[], {}]"}, ("Json", [[], {}])),
]


@pytest.mark.parametrize("name, given, expected", GOOD, ids=names(GOOD))
def test_a_unit_reads_every_type_and_sets_what_it_read(bench, host, name, given, expected):
    host(bench.topic("Echo").conf)
    kind, value = echo(bench, {name: given})[name]
    if kind == "Json":
        value = json.loads(value)
    assert (kind, value) == expected


NOTHING = [None, {"type": "Null", "value": None}, {"type": "String", "value": None}, {"type": "String", "value": ""},
           {"type": "Json", "value": "null"}, {"type": "Json", "value": None}]  # fmt: skip


@pytest.mark.parametrize("given", NOTHING, ids=str)
def test_what_is_absent_null_or_empty_counts_as_not_there(bench, host, given):
    host(bench.topic("Echo").conf)
    names = ["text", "integer", "boolean", "any", "object", "list"]
    assert echo(bench, {name: given for name in names} if given else {}) == {}


def test_a_unit_sets_every_type(bench, host):
    host(bench.topic("Types").conf)
    task = bench.perform("Types")
    result = told(bench, task)
    text, json_text = result.pop("aLongText"), result.pop("aJson")
    assert result == {
        "aString": ("String", "tekst met één accent"), "aBoolean": ("Boolean", True), "anInteger": ("Integer", 42),
        "aShort": ("Short", 7), "aLong": ("Long", 9007199254740993), "aDouble": ("Double", 1.5),
        "aDate": ("Date", "2026-03-01T12:34:56.789+0000"), "aNull": ("Null", None)}  # fmt: skip
    assert json_text[0] == "Json" and json.loads(json_text[1]) == {"list": [1, 2]}
    assert text[0] == "Object" and json.loads(text[1]) == "x" * 5000
    [entry] = bench.told(task["id"], "completed")
    info = entry["variables"]["aLongText"]["valueInfo"]
    assert info == {"objectTypeName": "java.lang.String", "serializationDataFormat": "application/json"}


@pytest.mark.parametrize("length", [3999, 4000, 4001, 100_000])
def test_texts_of_every_length_go_in_and_out(bench, host, length):
    host(bench.topic("Echo").conf)
    text = "é" * length
    given = {"type": "Json", "value": json.dumps(text)} if length > 4000 else {"type": "String", "value": text}
    kind, value = echo(bench, {"text": given})["text"]
    assert (kind, value) == ("String", text) if length <= 4000 else (kind == "Object" and json.loads(value) == text)


def test_a_text_that_the_host_has_set_as_an_object_is_read_as_a_text_again(bench, host):
    host(bench.topic("Echo").conf)
    info = {"objectTypeName": "java.lang.String", "serializationDataFormat": "application/json"}
    kind, value = echo(bench, {"text": {"type": "Object", "value": json.dumps("y" * 5000), "valueInfo": info}})["text"]
    assert kind == "Object" and json.loads(value) == "y" * 5000


def test_bad_variables_that_a_unit_does_not_use_disturb_nothing(bench, host):
    host(bench.topic("Nap").conf)
    task = bench.perform("Nap", {
        "ms": 1, "bijlage": {"type": "File", "value": None, "valueInfo": {"filename": "a.pdf"}},
        "ruw": {"type": "Bytes", "value": "AAEC"}, "kapot": {"type": "Json", "value": '{"a": '},
        "opgeslagen": {"type": "Object", "value": "rO0AB", "valueInfo": {
            "objectTypeName": "nl.Zaak", "serializationDataFormat": "application/x-java-serialized-object"}}})  # fmt: skip
    assert told(bench, task) == {"napped": ("String", "yes")}


BAD = [
    ("any", {"type": "File", "value": None, "valueInfo": {"filename": "a.pdf"}},
     "variable any is of type File, whose content a unit cannot read"),
    ("any", {"type": "Bytes", "value": "AAEC"}, "variable any is of type Bytes, whose content a unit cannot read"),
    ("any", {"type": "Xml", "value": "<a/>"}, "variable any is of type Xml, whose content a unit cannot read"),
    ("text", {"type": "Bytes", "value": "AAEC"}, "variable text is of type Bytes, whose content a unit cannot read"),
    ("any", {"type": "Json", "value": '{"a": '}, "variable any is no valid JSON: "),
    ("object", {"type": "Json", "value": "[1]"}, "variable object is a list, expected a JSON object"),
    ("object", {"type": "String", "value": "geen JSON"}, "variable object is no valid JSON: "),
    ("object", {"type": "Json", "value": "{}} "}, "variable object is no valid JSON: "),
    ("object", {"type": "Object", "value": "rO0AB",
                "valueInfo": {"serializationDataFormat": "application/x-java-serialized-object"}},
     "variable object is an Object serialised as application/x-java-serialized-object: only application/json can be read"),
    ("list", {"type": "Json", "value": '{"a": 1}'}, "variable list is an object, expected a JSON list"),
    ("list", {"type": "Boolean", "value": True}, "variable list is true, expected a JSON list"),
    ("text", {"type": "Boolean", "value": True}, "variable text is true, expected a text"),
    ("text", {"type": "Json", "value": '{"a": 1}'}, "variable text is an object, expected a text"),
    ("integer", {"type": "String", "value": "twaalf"}, 'variable integer: "twaalf" is no whole number'),
    ("integer", {"type": "String", "value": "99999999999999999999"},
     'variable integer: "99999999999999999999" is no whole number'),
    ("integer", {"type": "Double", "value": 1.5}, "variable integer is a number, expected a whole number"),
    ("boolean", {"type": "String", "value": "ja"}, "variable boolean is a text, expected true or false"),
    ("number", {"type": "String", "value": "1.5"}, "variable number is a text, expected a number"),
    ("date", {"type": "Integer", "value": 20260301}, "variable date is a whole number, expected a date"),
]


@pytest.mark.parametrize("name, given, words", BAD, ids=names(BAD))
def test_a_variable_that_is_not_what_the_unit_reads_is_refused_by_name(bench, host, name, given, words):
    host(bench.topic("Echo").conf)
    message = refusal(bench, "Echo", {name: given})
    assert message.startswith("probe.Echo: " + words)


def test_a_variable_that_is_too_long_is_refused_by_name(bench, host):
    host(bench.topic("Echo").conf)
    message = refusal(bench, "Echo", {"any": {"type": "Json", "value": json.dumps("x" * 5_000_000)}})
    assert message == "probe.Echo: variable any is 5000002 bytes long, over the limit of 4194304"


def test_json_that_is_too_deep_is_refused_by_name(bench, host):
    host(bench.topic("Echo").conf)
    message = refusal(bench, "Echo", {"any": {"type": "Json", "value": "[" * 100_000 + "]" * 100_000}})
    assert message.startswith("probe.Echo: variable any is no valid JSON: ")


REQUIRED = [
    ({}, "required variable text is missing"),
    ({"text": None}, "required variable text is empty"),
    ({"text": ""}, "required variable text is empty"),
    ({"text": {"type": "Json", "value": "null"}}, "required variable text is empty"),
    ({"text": True}, "variable text is true, expected a text"),
    ({"text": "a"}, "required variable list is missing"),
    ({"text": "a", "list": {"type": "Json", "value": '{"b": 1}'}}, "variable list is an object, expected a JSON list"),
]


@pytest.mark.parametrize("variables, words", REQUIRED, ids=str)
def test_a_required_variable_that_is_absent_null_empty_or_wrong_is_named_with_the_unit(bench, host, variables, words):
    host(bench.topic("Required").conf)
    message = refusal(bench, "Required", variables)
    assert message.startswith("probe.Required: " + words)


THERE = [{"text": "a", "list": []}, {"text": "a", "list": None}, {"tekst": "a", "list": [1]},
         {"text": "", "tekst": "a", "list": []}]  # fmt: skip


@pytest.mark.parametrize("variables", THERE, ids=str)
def test_required_variables_that_are_there_let_the_unit_run(bench, host, variables):
    host(bench.topic("Required").conf)
    task = bench.perform("Required", variables)
    assert told(bench, task)["text"] == ("String", "a")
