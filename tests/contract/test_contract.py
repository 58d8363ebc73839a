"""What the units of the plugins zgw and zac send, and what the stand-in answers, against the OpenAPI files of the APIs.
BPTL_SPECS names the folder that has them, under the names in contract_specs.py."""
import copy
import json
import os

import pytest

SPECS = os.environ.get("BPTL_SPECS")
pytestmark = pytest.mark.skipif(not SPECS, reason=(
    "BPTL_SPECS names no folder with the OpenAPI files, which their projects publish: Open Zaak 1.30.0 (Zaken, Catalogi and "
    "Documenten API), the Catalogi API 1.2.0 of VNG-Realisatie, the Objects API 2.7.0, the zaakafhandelcomponent of "
    "GemeenteUtrecht; tests/contract/contract_specs.py has the names of the files"))  # fmt: skip

from contract_cases import APP, CASES, DONE, EXCEPTIONS, NEEDS, World, cause, exception_of  # noqa: E402
from contract_specs import answer_faults, operation, request_faults  # noqa: E402

FORBIDDEN = [(unit, needed) for unit, operations in NEEDS.items() for needed in operations]


@pytest.fixture(scope="module")
def exchanges():
    """What was recorded, by case: a case runs once, for whichever test asks first."""
    return {}


@pytest.fixture
def drive(exec_unit, conf, zgw, engine, exchanges):
    """drive(number, operation=None): the records of a case; with an operation its first request is answered with a 403."""
    def run(number, forbidden=None):
        if (number, forbidden) not in exchanges:
            unit, _, _, variables = CASES[number]
            exchanges[number, forbidden] = begin(unit, variables, forbidden)
        return exchanges[number, forbidden]

    def begin(unit, variables, forbidden):
        zgw.reset()
        zgw.page_size = 2
        zgw.force_unlock = False
        conf.section("plugin zac").use_engine(engine.url)
        options = {"objecttype": zgw.seed["objecttypen"]["startformulier"]} if "StartCamunda" in unit else {}
        conf.topic(unit, unit, **options)
        for key in ("vergunning", "melding"):
            engine.deploy(key)
        given = {"bptlAppId": APP, **variables(World(zgw))}
        before, zgw.keep_answers = len(zgw.requests), True
        if forbidden:
            zgw.fault(forbidden.split(" ")[1], cause(forbidden), 403)
        outcome = exec_unit(unit, given)
        assert zgw.errors == []
        return outcome, list(zgw.requests)[before:]

    run.begin = begin
    return run


def lines(record):
    """What the file has against an exchange, one line each, to which the patterns of EXCEPTIONS are held."""
    name = operation(record)
    return [f"request {name}: {fault}" for fault in request_faults(record)] + [
        f"answer {record['status']} {name}: {fault}" for fault in answer_faults(record)]  # fmt: skip


def objections(records):
    """Those of them that no exception lets pass."""
    return list(dict.fromkeys(line for record in records for line in lines(record) if not exception_of(line)))


def check(records):
    found = objections(records)
    assert not found, "\n" + "\n".join(found)


def case_with(drive, unit, needed):
    """The first case of the unit that ends well and in which the operation succeeds."""
    for number, (name, _, expected, _) in enumerate(CASES):
        if name == unit and expected == DONE and any(
                operation(record) == needed and record["status"] < 300 for record in drive(number)[1]):
            return number
    pytest.fail(f"no case of {unit} has {needed} succeed")


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{unit}-{what.replace(' ', '-')}" for unit, what, *_ in CASES])
def test_what_a_unit_sends_and_gets_is_as_the_files_say(drive, number):
    outcome, records = drive(number)
    assert outcome["outcome"] == CASES[number][2], outcome
    assert records
    check(records)


@pytest.mark.parametrize("unit, needed", FORBIDDEN)
def test_an_operation_that_is_forbidden_is_told_as_the_files_say(drive, unit, needed):
    outcome, records = drive(case_with(drive, unit, needed), needed)
    refused = [record for record in records if record["fault"]]
    assert [operation(record) for record in refused] == [needed]
    assert refused[0]["answer"]["status"] == 403
    check(records)
    # These two go on: the one tells a refusal in a variable, the other unlocks once more.
    assert outcome["outcome"] == ("done" if unit == "zac.ZaakDetailURLTask" or needed.endswith("/unlock") and "Set" in unit
                                  else "failed"), outcome  # fmt: skip


@pytest.fixture
def everything(drive):
    """All records of all cases by unit."""
    found = {}
    for number, (unit, *_) in enumerate(CASES):
        found.setdefault(unit, []).extend(drive(number)[1])
    for unit, needed in FORBIDDEN:
        found[unit].extend(drive(case_with(drive, unit, needed), needed)[1])
    return found


def test_each_operation_of_a_unit_was_seen_to_succeed_and_to_be_refused(everything):
    def seen(unit, least, most):
        return sorted({operation(record) for record in everything[unit] if least <= record["answer"]["status"] < most})

    wanted = {unit: sorted(operations) for unit, operations in NEEDS.items()}
    assert {unit: seen(unit, 200, 300) for unit in everything} == wanted
    assert {unit: seen(unit, 400, 500) for unit in everything} == wanted


def test_each_exception_is_still_needed(everything):
    used = {exception_of(line) for records in everything.values() for record in records for line in lines(record)}
    assert [pattern for pattern in EXCEPTIONS if pattern not in used] == []


# ---- faults that are planted, to see that they are found ----

def created(drive):
    """The exchange in which a zaak was created; a copy."""
    [found] = [record for record in drive(0)[1] if operation(record) == "zaken POST /zaken"]
    return copy.deepcopy(found)


def listed(drive):
    """The exchange in which a zaak was looked up; a copy."""
    number = next(number for number, (unit, *_) in enumerate(CASES) if unit == "zgw.LookupZaak")
    return copy.deepcopy(drive(number)[1][0])


def users(drive):
    """The exchange in which the members of a group were read; a copy."""
    number = next(number for number, (unit, *_) in enumerate(CASES) if unit == "zac.UserDetailsTask")
    return copy.deepcopy(next(record for record in drive(number)[1] if "include_groups" in record["query_string"]))


def change_answer(record, **members):
    record["answer"]["body"] = json.dumps({**json.loads(record["answer"]["body"]), **members}).encode()


PLANTED = [
    ("a member that is missing", created, lambda r: r["body"].pop("zaaktype"), "request", "'zaaktype' is a required property"),
    ("a member of another type", created, lambda r: r["body"].update(omschrijving=5), "request", "omschrijving: 5 is not of type"),
    ("a member that is too long", created, lambda r: r["body"].update(omschrijving="x" * 81), "request", "is too long"),
    ("a text that is no date", created, lambda r: r["body"].update(startdatum="morgen"), "request", "startdatum"),
    ("a text that is no choice", created, lambda r: r["body"].update(archiefstatus="weg"), "request", "archiefstatus"),
    ("an unknown member", created, lambda r: r["body"].update(omschriving="x"), "request", "Unknown member: omschriving"),
    ("an unknown member within", created, lambda r: r["body"].update(verlenging={"reden": "x", "duur": "P1D", "dur": 1}), "request",
     "Unknown member: verlenging.dur"),
    ("no body", created, lambda r: r.update(body=None), "request", "body"),
    ("a header that is missing", created, lambda r: drop(r["headers"], "Content-Crs"), "request", "Content-Crs"),
    ("another kind of body", created, lambda r: r["headers"].update({"Content-Type": "text/plain"}), "request", "text/plain"),
    ("no credentials", created, lambda r: drop(r["headers"], "Authorization"), "request", "Security not found"),
    ("an unknown query", listed, lambda r: r.update(query_string="identificate=1"), "request", "Unknown query parameter: identificate"),
    ("a query that is sent twice", users, lambda r: r.update(query_string="include_groups=a&include_groups=b"), "request",
     "Repeated query parameter: include_groups"),
    ("a query of another type", listed, lambda r: r.update(query_string="page=een"), "request", "page"),
    ("an unknown path", listed, lambda r: r.update(path=r["path"] + "/x/y"), "request", "no such operation"),
    ("an unknown method", listed, lambda r: r.update(method="DELETE"), "request", "no such operation"),
    ("an answer with a wrong member", created, lambda r: change_answer(r, zaaktype=None), "answer", "zaaktype: None"),
    ("an answer with a wrong list", listed, lambda r: change_answer(r, results={}), "answer", "results"),
    ("an answer without its count", listed, lambda r: r["answer"].update(body=b'{"results": []}'), "answer", "'count' is a required"),
    ("an answer of another status", created, lambda r: r["answer"].update(status=200), "answer", "status: 200"),
    ("an answer of another kind", created, lambda r: r["answer"]["headers"].update({"Content-Type": "text/html"}), "answer", "text/html"),
    ("an answer that is no JSON", created, lambda r: r["answer"].update(body=b"<html>"), "answer", ""),
]  # fmt: skip


def drop(headers, name):
    """Headers are kept as they were sent, in any case."""
    del headers[next(sent for sent in headers if sent.lower() == name.lower())]


@pytest.mark.parametrize("exchange, plant, side, words", [planted[1:] for planted in PLANTED], ids=[name for name, *_ in PLANTED])
def test_a_fault_that_is_planted_is_found(drive, exchange, plant, side, words):
    record = exchange(drive)
    assert objections([record]) == []
    plant(record)
    assert [line for line in objections([record]) if line.startswith(side) and words in line], objections([record])


def test_a_wrong_body_that_a_unit_sends_is_found(drive):
    _, records = drive.begin("zgw.CreateZaakTask", lambda w: {**w.own, "zaakDetails": {"omschrijving": 5, "omschriving": "x"}}, None)
    found = "\n".join(objections(records))
    assert "InvalidRequestBody omschrijving: 5 is not of type 'string'" in found and "Unknown member: omschriving" in found
