"""Variables that a unit needs and does not get, and variables of another type than it declares: the task fails for good, the
message names the unit and the variable, and nothing has been sent."""
import pytest
from cases import UNITS

EMPTY = {"text": "", "list": [], "object": {}, "integer": "", "number": "", "boolean": "", "date": ""}
WRONG = {"text": [True, {"a": 1}, 1.5], "list": [{"a": 1}, "geen lijst", 5], "object": [["a"], "geen object", 5, '["a"]'],
         "integer": ["veel", 1.5, True], "number": ["veel", True], "boolean": ["ja", 1], "date": ["gisteren", 5, True]}
# Units of which one of several variables must be there: what happens when none is.
NONE_OF = {
    "zgw.CreateZaakTask": ["zaaktype", "catalogusDomein", "zaaktypeIdentificatie"],
    "zgw.CreateStatusTask": ["statusVolgnummer", "statustype"],
    "zgw.CreateResultaatTask": ["resultaattype", "omschrijving"],
    "zac.UserDetailsTask": ["usernames", "emailaddresses"],
}
# Variables that must exist, and may be empty.
PRESENT = {"zgw.RelateDocumentToZaakTask": ("informatieobject", ""), "mail.SendEmailTask": ("context", {})}
BY_NAME = pytest.mark.parametrize("unit", list(UNITS))


def refused(world, unit, name, value):
    """What is wrong with the outcome when the variable has this value; None when all is well."""
    case = UNITS[unit]
    outcome = world.run(case, {**world.prepare(case), name: value})
    message = outcome.get("message", "")
    said = "absent" if value is ... else repr(value)
    if outcome["outcome"] != "failed" or outcome["permanent"] is not True:
        return f"{name} {said}: {outcome}"
    if not message.startswith(f"{unit}: ") or name not in message or "\n" in message:
        return f"{name} {said}: the message names not both: {message}"
    if world.requests or world.smtp.mails or world.smtp.attempts or outcome["variables"]:
        return f"{name} {said}: something happened all the same: {world.requests} {outcome}"
    return None


def check(world, unit, rows):
    """rows: (name, value) that must be refused."""
    wrong = [fault for fault in (refused(world, unit, name, value) for name, value in rows) if fault]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit != "zac.UserDetailsTask"])
def test_a_required_variable_without_a_value_is_named_and_nothing_is_sent(world, declared, unit):
    rows = [(row["name"], value) for row in declared[unit]["in"] if row["need"] == "required"
            for value in (..., None, EMPTY[row["type"]])]
    assert rows
    check(world, unit, rows)


def test_the_variables_that_must_be_there_but_may_be_empty_are_known(declared):
    found = {unit: [row["name"] for row in about["in"] if row["need"] == "present"] for unit, about in declared.items()}
    assert {unit: names for unit, names in found.items() if names} == {unit: [name] for unit, (name, _) in PRESENT.items()}


@pytest.mark.parametrize("unit", list(PRESENT))
def test_a_variable_that_must_be_there_may_be_empty_but_not_absent(world, unit):
    name, empty = PRESENT[unit]
    check(world, unit, [(name, ...)])
    case = UNITS[unit]
    outcome = world.run(case, {**world.prepare(case), name: empty})
    assert outcome["outcome"] == "done", outcome


@BY_NAME
def test_a_value_of_another_type_is_refused_and_nothing_is_sent(world, declared, unit):
    """Required or not: what a unit cannot read, it does not pass over."""
    check(world, unit, [(row["name"], value) for row in declared[unit]["in"] if row["type"] != "any" for value in WRONG[row["type"]]])


def test_the_units_that_need_one_of_several_variables_are_known(declared):
    found = {unit: [row["name"] for row in about["in"] if row["need"] == "either"] for unit, about in declared.items()}
    assert {unit: names for unit, names in found.items() if names} == NONE_OF


@pytest.mark.parametrize("unit", list(NONE_OF))
@pytest.mark.parametrize("empty", [..., None, ""], ids=["absent", "null", "empty"])
def test_none_of_several_variables_is_refused_and_nothing_is_sent(world, unit, empty):
    case = UNITS[unit]
    outcome = world.run(case, {**world.prepare(case), **{name: empty for name in NONE_OF[unit]}})
    assert outcome["outcome"] == "failed" and outcome["permanent"] is True, outcome
    assert outcome["message"].startswith(f"{unit}: ") and any(name in outcome["message"] for name in NONE_OF[unit]), outcome
    assert not world.requests and not world.smtp.mails


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit != "camunda_api.CallActivity"])  # see call_activity()
def test_an_optional_variable_may_be_absent_null_or_empty(world, declared, unit):
    """All of them at once, but for those whose emptiness says something of its own."""
    case = UNITS[unit]
    for empty in ..., None, "":
        variables = world.prepare(case)
        variables |= {row["name"]: empty for row in declared[unit]["in"] if row["need"] == "optional"}
        if unit == "zgw.CloseZaakTask":
            world.resultaat(variables["zaakUrl"])  # without resultaattype and omschrijving it takes what is there
        outcome = world.run(case, variables)
        assert outcome["outcome"] == "done", (empty, outcome)
