"""Each request that a unit makes goes wrong in each way, one at a time: the message names the unit, the step, the status and
the API's own words, and says rightly whether a retry can help. What a unit does otherwise stands in EXCEPTIONS."""
import pytest
from cases import CASES
from troubles import TROUBLES

SLOW = "400ms"  # the timeout of services in the cases that need one
SHAPES, REFUSALS = ("a list", "another object"), ("400", "403", "404")
# Why the unit ends well all the same: reason, troubles, and {case: steps}.
EXCEPTIONS = [
    ("the unit needs nothing of what was made: that it was accepted is enough", SHAPES, {
        "zgw.CreateZaakTask": ["create the status", "create the rol"],
        "zgw.CloseZaakTask": ["create the status"],
        "zgw.CreateEigenschap": ["create the eigenschap of the zaak"],
        "zgw.CreateEigenschap, there already": ["change the eigenschap of the zaak"],
        "zgw.RelatePand": ["relate the pand https://bag.example.nl/panden/1 to the zaak"],
        "zgw.RelateerZaak": ["relate the zaak"],
        "zgw.UnlockDocument": ["unlock the document"],
        "zgw.SetIndicatieGebruiksrecht": ["set indicatieGebruiksrecht of the document", "unlock the document"],
        "zgw.StartCamundaProcessTask": ["start the process"],
    }),
    ("a list without pages is a list, and an empty one may well be true", ["a list"], {
        "zgw.LookupZaak": ["look up the zaak"],
        "zgw.CreateEigenschap": ["read the eigenschappen of the zaaktype", "read the eigenschappen of the zaak"],
        "zgw.FetchZaakObjects": ["read the objects of the zaak"],
        "zgw.SetIndicatieGebruiksrecht": ["read the documents of the zaak"],
        "zgw.StartCamundaProcessTask": ["search the start form", "read the rollen of the zaak"],
        "zac.UserDetailsTask": ["read the users"],
        "zac.ZacEmailVGUReports": [step.what for step in CASES["zac.ZacEmailVGUReports"].steps],
    }),
    ("a lock that was not given back is given back in a second try, and then nothing has failed",
     [*REFUSALS, "500", "not JSON"], {"zgw.SetIndicatieGebruiksrecht": ["unlock the document"]}),
    ("the ZAC may learn of a zaak a little later: the unit sets error and retry, and the process comes back (BPTL_TOLERATE)",
     REFUSALS, {"zac.ZaakDetailURLTask": ["read the zaak", "ask the ZAC for the address of the zaak"]}),
]  # fmt: skip
ENDS_WELL = {(name, what, trouble): reason for reason, troubles, cases in EXCEPTIONS for trouble in troubles
             for name, whats in cases.items() for what in whats}
# RelatePand tells all panden that were refused in one message of its own, without the URL of the API, and without details.
ONE_MESSAGE = {"zgw.RelatePand"}


@pytest.fixture(scope="session")
def numbers():
    """{case: [(number of a request, its step)]}: the first request of each step, filled by the tests."""
    return {}


def find_numbers(world, name):
    """Runs the case as it should be. What another case of the unit has tried already is passed over."""
    case = CASES[name]
    known = set() if case.all_steps else set(CASES[case.unit].steps)
    assert world.run(case, world.prepare(case))["outcome"] == "done"
    found = {}
    for number, request in enumerate(world.requests):
        [step] = [step for step in case.steps if step.made(request)]
        found.setdefault(step, number)
    assert set(found) == set(case.steps)
    return [(number, step) for step, number in found.items() if step not in known]


def tell(outcome, name, step, trouble):
    """What is wrong with the outcome; None when all is well."""
    reason = ENDS_WELL.get((name, step.what, trouble))
    if reason:
        return None if outcome["outcome"] == "done" else f"{step.what}: expected to end well, since {reason}: {outcome}"
    words, permanent = TROUBLES[trouble].expected(step)
    if outcome["outcome"] != "failed" or outcome["permanent"] is not permanent:
        return f"{step.what}: expected a failure, permanent {permanent}: {outcome}"
    message, details = outcome["message"], outcome.get("details") or ""
    missing = [word for word in words if word not in message]
    if TROUBLES[trouble].step and "http://127.0.0.1:" not in message and CASES[name].unit not in ONE_MESSAGE:
        missing.append("the URL")
    if missing or "\n" in message or not message.startswith(f"{CASES[name].unit}: "):
        return f"{step.what}: the message lacks {missing}: {message}"
    if TROUBLES[trouble].step and f"{step.method} http" not in details and CASES[name].unit not in ONE_MESSAGE:
        return f"{step.what}: the details have no request line: {details!r}"
    return None


@pytest.mark.parametrize("trouble", list(TROUBLES))
@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.steps])
def test_a_request_that_goes_wrong_is_told_and_judged(world, numbers, name, trouble):
    case = CASES[name]
    if name not in numbers:
        numbers[name] = find_numbers(world, name)
    assert numbers[name]
    if trouble == "timeout":
        for title in [title for title in world.conf.sections if title.startswith("service ") and "post" not in title]:
            world.conf.section(title, timeout=SLOW)
        world.conf.section("engine main", timeout=SLOW)
    wrong = []
    for number, step in numbers[name]:
        variables = world.prepare(case)
        world.fault(number, **TROUBLES[trouble].fault)
        outcome = world.run(case, variables)
        assert step.made(world.requests[number]), world.requests
        wrong.append(tell(outcome, name, step, trouble))
    assert not any(wrong), "\n".join(filter(None, wrong))


def test_every_exception_is_about_a_request_that_is_tried():
    tried = {(name, step.what, trouble) for name, case in CASES.items() for trouble in TROUBLES for step in case.steps
             if case.all_steps or step not in CASES[case.unit].steps}
    assert set(ENDS_WELL) <= tried
