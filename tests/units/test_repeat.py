"""What each of the 21 units does when everything dies while a request of it is under way, and what is made twice then: the lines of
docs/guarantees.md. The stand-ins carry out what they get, hold the answer back, and count."""
import json
import os
import random
import re
import signal
import time
from collections import Counter

import pytest
from cases import CASES, UNITS, World, resource
from probe import Desk, eventually
from zgw_faults import Fault

HOLD = 8  # seconds that an answer is held back: long enough to kill everything meanwhile
# POST requests that only ask: they may be sent as often as one likes.
ASKING = {"objects/search", "api/core/rollen/medewerker/betrokkeneIdentificatie", "api/search/vgu-reports/zaken",
          "api/search/vgu-reports/informatieobjecten", "api/accounts/management/axes/logs"}
UNKNOWN, REFUSED = "it is not known whether", "answered HTTP 400"

# When each changing request loses its answer once: how often each kind is sent and taken by the service, and how often people are
# told that its outcome is unknown, whereupon they grant a retry. A kind is a resource, or "mail" or "process" (a start of one).
REPORTED = (2, 2, 1)  # not sent again until a person has looked and granted a retry
AGAIN = (2, 2, 0)     # sent again without asking: PUT, PATCH and the like, twice is as good as once
GUARDED = (2, 1, 0)   # sent again without asking, and the service takes it once
ASKED = (2, 1, 1)     # not sent again until a person has granted a retry, and then the service takes it once all the same
EXPECTED = {
    "zgw.CreateZaakTask": {"zaken": REPORTED, "statussen": ASKED, "rollen": (4, 4, 2)},
    "zgw.LookupZaak": {},
    "zgw.CreateStatusTask": {"statussen": ASKED},
    "zgw.CreateResultaatTask": {"resultaten": GUARDED},
    "zgw.CreateResultaatTask, there already": {"resultaten": (2, 0, 0)},
    "zgw.RelateDocumentToZaakTask": {"zaakinformatieobjecten": GUARDED},
    "zgw.RelateDocumentToZaakTask, there already": {"zaakinformatieobjecten": (2, 0, 0)},
    "zgw.CloseZaakTask": {"resultaten": GUARDED, "statussen": ASKED},
    "zgw.CloseZaakTask, closed already": {},
    "zgw.CreateEigenschap": {"zaken/UUID/zaakeigenschappen": REPORTED},
    "zgw.CreateEigenschap, there already": {"zaken/UUID/zaakeigenschappen/UUID": AGAIN},
    "zgw.CreateZaakObject": {"zaakobjecten": REPORTED},
    "zgw.FetchZaakObjects": {},
    "zgw.FetchZaakRelaties": {},
    "zgw.RelatePand": {"zaakobjecten": REPORTED},
    "zgw.RelateerZaak": {"zaken/UUID": (4, 4, 0)},
    # a document that is locked cannot be locked again: a person has to unlock it before the retry
    "zgw.LockDocument": {"enkelvoudiginformatieobjecten/UUID/lock": (3, 2, 1)},
    "zgw.UnlockDocument": {"enkelvoudiginformatieobjecten/UUID/unlock": AGAIN},
    "zgw.UnlockDocument, unlocked already": {"enkelvoudiginformatieobjecten/UUID/unlock": (2, 0, 0)},
    "zgw.SetIndicatieGebruiksrecht": {
        "enkelvoudiginformatieobjecten/UUID/lock": (3, 2, 1), "enkelvoudiginformatieobjecten/UUID": AGAIN,
        "enkelvoudiginformatieobjecten/UUID/unlock": AGAIN},
    "zgw.StartCamundaProcessTask": {"process": REPORTED},
    "mail.SendEmailTask": {"mail": REPORTED},
    "camunda_api.CallActivity": {"process": REPORTED},
    "zac.UserDetailsTask": {},
    "zac.ZaakDetailURLTask": {},
    "zac.ZaakDetailURLTask, the last time": {},
    "zac.ZacEmailVGUReports": {"mail": REPORTED},
}


def changes(record):
    return record["method"] not in ("GET", "HEAD") and resource(record["path"]) not in ASKING


class Hold(Fault):
    """Every changing request is carried out, and the answer held back the first time that the request is made."""

    def __init__(self, zgw, delay):
        super().__init__(kind="delay", delay=delay, times=-1, done=True)
        self.zgw, self.known = zgw, set()

    def matches(self, method, path):
        record = self.zgw.requests[-1]  # the one that this is about: the stand-in's lock is held
        key = (method, path, json.dumps(record["body"], sort_keys=True))
        if not changes(record) or key in self.known:
            return False
        self.known.add(key)
        return True


class Scene:
    """One host with the unit of a case, the stand-ins, and what they have counted."""

    def __init__(self, conf, zgw, smtp, engine, case):
        conf.use_zgw(zgw).use_mail(smtp)
        self.world = World(conf, zgw, smtp, None)
        self.conf, self.zgw, self.smtp, self.engine, self.case = conf, zgw, smtp, engine, case
        self.desk = Desk(engine)
        conf.use_engine(engine.url, long_poll="1s", timeout="20s")
        self.variables = self.world.prepare(case)
        for title in [title for title in conf.sections if title.startswith("plugin ")]:
            if title != f"plugin {case.unit.split('.')[0]}":
                conf.remove(title)
        conf.section("host", drain="1s")
        conf.section(f"topic {case.unit}", retry_wait="100ms")
        for key in "vergunning", "deel":
            engine.deploy(key)

    def hold(self, seconds):
        """Answers are held back from now on."""
        with self.zgw.lock:
            self.held = Hold(self.zgw, seconds)
            self.zgw.faults.all.insert(0, self.held)
        self.smtp.delay = seconds
        if self.case.unit == "camunda_api.CallActivity":
            self.engine.fault("other", "slow", 2)  # what it reads
        self.engine.fault("other", "slow", 1, delay=seconds)

    def holds(self):
        """How many have been held until now. Mails and starts of a process: the first one."""
        return self.held.hits + bool(self.smtp.mails) + bool(self.engine.started())

    def add(self):
        return self.desk.add(self.case.unit, {name: value for name, value in self.variables.items() if value is not ...})

    def sent(self):
        """What was sent, whatever came of it."""
        with self.zgw.lock:
            return Counter(resource(one["path"]) for one in self.zgw.requests if changes(one)) + self.others()

    def taken(self):
        """What was sent and accepted."""
        with self.zgw.lock:
            return Counter(resource(one["path"]) for one in self.zgw.requests
                           if changes(one) and one["status"] in range(200, 300)) + self.others()

    def others(self):
        return Counter(mail=len(self.smtp.mails)) + Counter(process=len(self.engine.started()))

    def grant(self, task):
        """A person looks, and grants a retry; the poll of a dead host would take the task."""
        eventually(lambda: self.engine.counts()["polls"] == 1)
        self.engine.set_retries(task, 1)


@pytest.fixture
def scene(conf, zgw, smtp, engine, request):
    scene = Scene(conf, zgw, smtp, engine, CASES[request.node.callspec.params["name"]])
    yield scene
    assert not zgw.errors, zgw.errors
    assert not engine.counts()["broken"], engine.counts()["broken"]


def next_state(scene, task, kills):
    """held: one more change is under way; else the state of the task when it has ended."""
    def look():
        if scene.holds() > kills:
            return "held"
        state = scene.desk.report(task)["state"]
        return state if state in ("completed", "incident") else None
    return eventually(look, 20, lambda: scene.desk.report(task))


def run_through_kills(scene, host):
    """Kills host and plugins each time that a change is under way. What people were told meanwhile."""
    running, told, kills = host(scene.conf), [], 0
    scene.hold(HOLD)
    task = scene.add()
    while (state := next_state(scene, task, kills)) != "completed":
        if state == "held":
            kills += 1
            running.kill()
            scene.smtp.delay = 0
            running = host(scene.conf)
            continue
        told.append(scene.desk.report(task)["errorMessage"])
        assert len(told) < 10, told
        if REFUSED in told[-1]:
            scene.zgw.state.locks.clear()  # a person unlocks the document that the message names
        scene.grant(task)
        eventually(lambda: scene.desk.report(task)["state"] != "incident")
    return told


def about(message):
    """The kind of request that an incident is about."""
    if "whether the mail (" in message:
        return "mail"
    path = re.search(r"whether \w+ http://[^/]+/(\S+) was carried out", message)[1]
    return "process" if path.endswith("/start") else resource(path)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("name", list(CASES))
def test_when_everything_dies_in_the_middle_of_a_change_it_is_guarded_repeated_or_reported_as_promised(scene, host, name):
    told = run_through_kills(scene, host)
    expected = EXPECTED[name]
    assert scene.sent() == Counter({kind: sent for kind, (sent, _, _) in expected.items()})
    assert scene.taken() == Counter({kind: taken for kind, (_, taken, _) in expected.items() if taken})
    assert len({mail["message_id"] for mail in scene.smtp.mails}) <= 1  # a mail that is there twice can be told from two mails
    unknown = [message for message in told if UNKNOWN in message]
    assert Counter(map(about, unknown)) == Counter({kind: count for kind, (*_, count) in expected.items() if count})
    assert all(message.startswith(f"{CASES[name].unit}: ") and "grant a retry" in message for message in unknown)
    refused = [message for message in told if UNKNOWN not in message]
    assert all("lock the document: POST" in message for message in refused) and len(refused) == sum(
        sent == 3 for sent, *_ in expected.values())


@pytest.mark.parametrize("name", ["zgw.RelateerZaak"])
def test_a_patch_that_is_sent_again_overwrites_what_another_wrote_meanwhile(scene, host, name):
    running = host(scene.conf)
    scene.hold(HOLD)
    task = scene.add()
    eventually(scene.holds)
    running.kill()
    with scene.zgw.lock:
        scene.zgw.faults.clear()
    zaak = scene.variables["hoofdZaakUrl"]
    relations = scene.zgw.state.get("zaken", zaak)["relevanteAndereZaken"]
    more = [*relations, {"url": scene.world.zaak(), "aardRelatie": "vervolg"}]
    assert scene.world.call("PATCH", zaak, {"relevanteAndereZaken": more}).status == 200
    host(scene.conf)
    scene.desk.wait(task, "completed", wait=20)
    assert scene.zgw.state.get("zaken", zaak)["relevanteAndereZaken"] == relations


# ---- all units at once, and only the host dies ----

class Desks(World):
    """All units side by side: each gets documents of its own."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.current = 0

    def document(self, zaak=None):
        found = self.zgw.seed["documents"][self.current]
        if zaak:
            self.add("zaakinformatieobjecten", {"zaak": zaak, "informatieobject": found})
        return found


DOCUMENT_OF = {"zgw.LockDocument": 1, "zgw.UnlockDocument": 2}


@pytest.mark.timeout(1800)
def test_when_only_the_host_dies_at_random_moments_every_unit_makes_each_change_exactly_once(conf, zgw, smtp, engine, host, long, figure):
    rounds, seed = (40 if long else 1), random.randrange(1 << 32)
    dice, kills = random.Random(seed), 0
    conf.use_zgw(zgw).use_mail(smtp)
    world, desk = Desks(conf, zgw, smtp, None), Desk(engine)
    conf.use_engine(engine.url, long_poll="1s", timeout="20s").section("host", workers=50)
    calm = Counter()
    for name in UNITS:
        for kind, (sent, *_) in EXPECTED[name].items():
            calm[kind] += sent // 2
    for _ in range(rounds):
        kills += one_round(world, desk, host, dice, calm, seed)
    figure(f"{rounds * len(UNITS)} tasks of {len(UNITS)} units, {kills} kills of the host, 0 changes lost, 0 made twice (seed {seed})")


def put_tasks(world, desk):
    """One task for each unit, prepared while nothing is slow."""
    world.zgw.reset()
    world.smtp.reset()
    tasks, orders = {}, {}
    for name, case in UNITS.items():
        world.current = DOCUMENT_OF.get(name, 0)
        more = {"objecttype": world.zgw.seed["objecttypen"]["startformulier"]} if "StartCamunda" in name else {}
        world.conf.topic(name, name, **more)
        orders[name] = {key: value for key, value in case.variables(world).items() if value is not ...}
    for key in "vergunning", "deel":
        desk.engine.deploy(key)
    with world.zgw.lock:
        world.zgw.requests.clear()
    world.zgw.latency = world.smtp.delay = 0.15
    desk.engine.fault("other", "slow", 1000, delay=0.15)
    before = len(desk.engine.started())
    for name, variables in orders.items():
        tasks[desk.add(name, variables)] = name
    return tasks, before


def one_round(world, desk, host, dice, calm, seed):
    tasks, started = put_tasks(world, desk)
    running, kills = host(world.conf), 0
    while not all(desk.report(task)["state"] == "completed" for task in tasks):
        time.sleep(dice.uniform(0.05, 0.5))
        running.expected = False
        os.kill(running.pid, signal.SIGKILL)  # its plugins live on, and hear what they have asked
        running.process.wait()
        kills += 1
        running = host(world.conf)
        assert not [one for one in map(desk.report, tasks) if one["state"] == "incident"], seed
        if kills > 12:  # enough: it may finish
            for task in tasks:
                desk.wait(task, "completed", wait=30)
    with world.zgw.lock:
        sent = Counter(resource(one["path"]) for one in world.zgw.requests if changes(one))
    sent += Counter(mail=len(world.smtp.mails), process=len(desk.engine.started()) - started)
    assert sent == calm, seed
    assert not [task for task in tasks if desk.happened(task, "failed")], seed
    assert running.stop() == 0
    return kills
