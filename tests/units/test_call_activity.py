"""CallActivity as the other units are tested: its requests go to the engine that holds the task, so that a host must run, and
the engine is the stand-in of one."""
import pytest
from cases import UNITS, Step
from probe import Desk, eventually
from troubles import LONG, ODD, ONE_LINE, TROUBLES

UNIT = "camunda_api.CallActivity"
STEPS = (Step("GET", "process-definition", "look up the version of the process"),
         Step("GET", "process-instance/ID/variables", "read the variables of the process instance"),
         Step("POST", "process-definition/ID/start", "start the process"))  # fmt: skip
FAULTS = {"timeout": "hang", "reset": "reset"}  # the others are answers


@pytest.fixture
def desk(conf, engine, host, request):
    """A running host with the unit on a topic: a failure that a retry can mend is seen as such, and not tried again."""
    trouble = request.node.callspec.params.get("trouble") if hasattr(request.node, "callspec") else None
    engine.record = True
    conf.use_engine(engine.url, timeout="400ms" if trouble == "timeout" else "5s", long_poll="2s").section("plugin camunda_api")
    conf.section("topic aanroepen", unit=UNIT, retries=1, retry_wait="1h")
    engine.deploy("deel")
    host()
    return Desk(engine)


def failed(desk, **variables):
    """The task after its first failure, and whether that was for good."""
    task = desk.add("aanroepen", {**UNITS[UNIT].variables(None), **variables})
    eventually(lambda: desk.happened(task, "failed") or desk.report(task)["state"] == "completed", 15, lambda: desk.report(task))
    report = desk.report(task)
    return report, report["retries"] == 0


@pytest.mark.parametrize("trouble", list(TROUBLES))
def test_a_request_that_goes_wrong_is_told_and_judged(desk, engine, trouble):
    definition = engine.deploy("deel")
    wrong = []
    for number, step in enumerate(STEPS):
        for body in ([{"id": definition}], {})[:number]:
            engine.fault("other", "status", 1, status=200, body=body)
        engine.fault("other", FAULTS.get(trouble, "status"), 9 if trouble in FAULTS else 1, **{
            name: value for name, value in TROUBLES[trouble].fault.items() if name in ("status", "body")})
        before = len(engine.started())
        report, for_good = failed(desk)
        engine.call(engine.faults.clear)
        words, permanent = TROUBLES[trouble].expected(step)
        message = report["errorMessage"] or ""
        if [word for word in words if word not in message] or not message.startswith(f"{UNIT}: ") or for_good is not permanent:
            wrong.append(f"{step.what}: expected {words}, permanent {permanent}: {for_good} {message}")
        if len(engine.started()) != before:  # what a fault answers is not carried out
            wrong.append(f"{step.what}: the process was started all the same")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("text", [ODD, ONE_LINE, LONG], ids=["odd", "one line", "long"])
def test_a_text_arrives_as_it_is_or_is_refused_in_words(desk, engine, text):
    """The process and its version are names; a variable may hold anything, and so may the name of one. More than 4000
    characters do not fit into an engine's String, nor more than 255 into a name."""
    text, called = text[:4000], text[:255]
    for name in "subprocessDefinition", "subprocessDefinitionVersion":
        report, for_good = failed(desk, **{name: text})
        assert for_good and report["errorMessage"].startswith(f"{UNIT}: "), report
    engine.deploy("deel")
    variables = {**UNITS[UNIT].variables(None), "variablesMapping": {"a": "b", "c": called}, "a": text, "c": "d"}
    task = desk.add("aanroepen", variables)
    eventually(lambda: desk.report(task)["state"] == "completed" or desk.happened(task, "failed"), 15, lambda: desk.report(task))
    [started] = engine.started()
    assert started["body"]["variables"]["b"]["value"] == text
    assert started["body"]["variables"][called]["value"] == "d"
