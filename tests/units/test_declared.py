"""What all units declare, and that each does in its good case what it declares."""
import json

import pytest
from cases import CASES, UNITS, resource

NAMES = """
    zgw.CreateZaakTask zgw.LookupZaak zgw.CreateStatusTask zgw.CreateResultaatTask zgw.RelateDocumentToZaakTask
    zgw.CloseZaakTask zgw.CreateEigenschap zgw.CreateZaakObject zgw.FetchZaakObjects zgw.FetchZaakRelaties zgw.RelatePand
    zgw.RelateerZaak zgw.LockDocument zgw.UnlockDocument zgw.SetIndicatieGebruiksrecht zgw.StartCamundaProcessTask
    mail.SendEmailTask camunda_api.CallActivity
    zac.UserDetailsTask zac.ZaakDetailURLTask zac.ZacEmailVGUReports
""".split()
ENGINE_TYPES = {"text": {"String", "Null"}, "integer": {"Integer"}, "object": {"Json"}, "list": {"Json"}}


def test_the_units_are_exactly_those_that_are_documented(declared):
    assert len(NAMES) == len(set(NAMES)) == 21
    assert sorted(declared) == sorted(NAMES)


def test_every_unit_has_a_case(declared):
    assert sorted(UNITS) == sorted(declared)


@pytest.mark.parametrize("unit", NAMES)
def test_everything_that_is_declared_says_what_it_is(declared, unit):
    about = declared[unit]
    assert about["summary"].strip() and about["doc"].strip()
    for list_of in "in", "out", "needs", "options":
        for row in about[list_of]:
            assert row["doc"].strip(), (list_of, row)
            assert row["doc"] == row["doc"].strip() and "\n" not in row["doc"], (list_of, row)
    for list_of in "in", "out":
        names = [row["name"] for row in about[list_of]]
        assert len(names) == len(set(names)), names


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.unit != "camunda_api.CallActivity"])
def test_a_good_case_sets_what_is_declared_and_asks_what_its_table_says(world, declared, name):
    case = CASES[name]
    outcome = world.run(case, world.prepare(case))
    assert outcome["outcome"] == "done", outcome
    out = {row["name"]: row for row in declared[case.unit]["out"]}
    assert set(outcome["variables"]) <= set(out) and not outcome["local"]
    assert {row["name"] for row in out.values() if row["need"] == "required"} <= set(outcome["variables"])
    for variable, envelope in outcome["variables"].items():
        assert envelope["type"] in ENGINE_TYPES[out[variable]["type"]], (variable, envelope)
        if out[variable]["type"] in ("object", "list"):
            value = json.loads(envelope["value"]) if isinstance(envelope["value"], str) else envelope["value"]
            assert isinstance(value, dict if out[variable]["type"] == "object" else list), (variable, envelope)
    asked = {(request["method"], resource(request["path"])) for request in world.requests}
    assert asked == {(step.method, step.resource) for step in case.steps}
    assert len(world.smtp.mails) == (case.unit in ("mail.SendEmailTask", "zac.ZacEmailVGUReports"))
