"""Runs cases on the embedded engine. It knows no processes: this program gives it the tasks of zaak.bpmn one after the
other, each with what the earlier ones set."""
import json
import subprocess
import time

from settings import CASE

PATIENCE = 90  # seconds without any progress
ENDED = {"completed", "incident", "error"}  # error: a BPMN error


class Case:
    """One case: which task it is at and the variables so far."""

    def __init__(self, number, variables):
        self.number = number
        self.given = variables
        self.set = {}  # by its tasks
        self.topics = list(CASE)
        self.task = None
        self.began = 0.0
        self.tried = None  # the retries that were last told


def extra(topic, known):
    """What the process gives to one task alone; see the input parameters in zaak.bpmn."""
    if topic == "status-zetten":
        return {"statusVolgnummer": 2}
    if topic == "zaak-opzoeken":
        return {"identificatie": known.get("zaakIdentificatie"), "bronorganisatie": known["organisatieRSIN"]}
    if topic == "object-koppelen":
        return {"objectType": "overige", "objectTypeOverige": "lantaarnpaal"}
    if topic == "objecten-ophalen":
        return {"hoofdZaakUrl": known.get("zaakUrl")}
    if topic == "mail-versturen":
        zaak = known.get("zaakIdentificatie")
        return {"email": {"subject": f"Uw zaak {zaak} is afgehandeld",
                          "content": f"Uw aanvraag is op {known.get('einddatum')} afgehandeld onder nummer {zaak}."}}  # fmt: skip
    return {}


def plain(variable):
    """A variable as the engine holds it, as a plain value."""
    value = variable["value"]
    return json.loads(value) if variable["type"] == "Json" and isinstance(value, str) else value


class Chain:
    """Submits tasks and looks how they went, through the tool itself."""

    def __init__(self, bptl, folder, report):
        self.bptl, self.folder, self.report = bptl, folder, report

    def call(self, *words, text=None):
        done = subprocess.run([self.bptl, *words, "--conf", self.folder], input=text, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"bptl {' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def submit(self, case):
        """Gives the engine the next task of a case."""
        topic = case.topics[0]
        known = {**case.given, **case.set}
        text = json.dumps({**known, **extra(topic, known)})
        case.began = time.monotonic()
        case.tried = None
        case.task = self.call("submit", topic, "--vars", "-", text=text).strip()

    def look(self, case, task):
        """Tells what is new about a case's task. True when something is."""
        topic = case.topics[0]
        if task["state"] not in ENDED:
            if not task.get("error") or task.get("retries") in (None, case.tried):
                return False
            case.tried = task["retries"]
            self.report.retry(case.number, topic, case.tried, task["error"])
            return True
        if task["state"] != "completed":
            self.report.failure(case.number, topic, task.get("error") or "no reason is given; see bptl.log")
            case.topics.clear()
            return True
        new = {name: plain(value) for name, value in (task.get("outcome") or {}).items()}
        case.set.update(new)
        self.report.step(case.number, topic, time.monotonic() - case.began, new)
        del case.topics[0]
        if case.topics:
            self.submit(case)
        return True

    def run(self, cases):
        """Until every case has ended or failed. Returns the variables that the tasks set, case by case."""
        for case in cases:
            self.submit(case)
        last = time.monotonic()
        while any(case.topics for case in cases):
            tasks = {task["id"]: task for task in json.loads(self.call("tasks", "--json", "--most", "1000000"))}
            for case in cases:
                if case.topics and self.look(case, tasks[case.task]):
                    last = time.monotonic()
            if time.monotonic() - last > PATIENCE:
                for case in [case for case in cases if case.topics]:
                    self.report.failure(case.number, case.topics[0], f"nothing happened for {PATIENCE} s; see bptl.log")
                break
            time.sleep(0.03)
        return [case.set for case in cases]


def run_cases(bptl, folder, cases, report):
    """Runs one case for each set of variables."""
    return Chain(bptl, folder, report).run([Case(number, variables) for number, variables in enumerate(cases, 1)])
