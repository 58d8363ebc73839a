"""SIGKILL at random moments: of the host, of the processes of its plugins, of everything, at startup and while it stops. No
task is lost, no request that was accepted is sent again, and what nobody can know is an incident that names the request."""
import os
import signal
import time
from collections import Counter

import pytest
from cases import DOMEIN, PERSON, RSIN
from ledger import Ledger
from probe import children, eventually
from settings import APP
from workbench import PLACE

KINDS = ("host", "plugin", "all", "startup", "stopping")
AT_WORK = 16  # tasks that are under way at any time
RETRIES = 100  # a process that is killed while it runs one task costs that task a retry
POSTS, ANSWER = (2, 5), 0.04  # of a task; seconds until the service answers one
STEPS = {"z": ("zaken", "statussen", "rollen"), "m": ("mail",)}  # mutations of a task by the first letter of its name
PLUGINS = {"t": "probe", "m": "probe", "z": "zgw"}
ARRIVES = 0.5  # seconds after which a request whose sender is dead has arrived, if it ever will


class Siege:
    """A host that is killed again and again, what it has to do, and a person who looks after incidents."""

    def __init__(self, bench, smtp, start, dice):
        self.bench, self.start_host, self.dice = bench, start, dice
        self.ledger = Ledger(bench.zgw, smtp)
        self.running = None
        self.tasks = {}  # id: its name
        self.mutations = {}  # name: its mutations
        self.kills = []  # (time, plugin whose process was killed)
        self.spared = 0  # kills of a plugin's process since the host was started
        self.cycles = Counter()
        self.unknown = Counter()  # incidents of unknown outcome: that had arrived, that had not

    def configure(self, smtp):
        bench, zgw = self.bench, self.bench.zgw
        bench.conf.use_zgw(zgw).use_mail(smtp).remove("plugin mail")
        for plugin in "probe", "zgw":  # it is not the plugins' fault, and shall not bring them into quarantine
            bench.conf.section(f"plugin {plugin}", crashes=0)
        bench.conf.section("service zaken", timeout="20s").section("service catalogi", timeout="20s")
        bench.conf.section("engine main", timeout="20s", long_poll="1s").section("host", workers=AT_WORK, drain="1s")
        keys = {"lock": "10s", "retries": RETRIES, "retry_wait": "100ms", "retry_wait_most": "1s"}
        bench.topic("Post", **keys).topic("Mail", services="post", **keys)
        bench.conf.topic("zaak", "zgw.CreateZaakTask", "zaken, catalogi", **keys)
        zgw.latency = 0.01
        [fault] = zgw.faults.all
        fault.delay = ANSWER

    # ---- work ----
    def open_tasks(self):
        """Those that the engine still has, by id: (state, message, when it failed last)."""
        def look():
            return {task.id: (task.state, task.error,
                              max([one["at"] for one in task.history if one["what"] == "failed"], default=0))
                    for task in self.bench.engine.state.tasks.values()}
        return self.bench.engine.call(look)

    def add(self):
        name = f"{self.dice.choice('tttzm')}{len(self.tasks)}"
        if name[0] == "t":
            count = self.dice.randint(*POSTS)
            variables = {"url": f"{PLACE}/{name}", "count": count, "ms": self.dice.randrange(60), "numbered": True}
            topic, steps = "Post", [str(number) for number in range(count)]
        elif name[0] == "m":
            topic, variables, steps = "Mail", {"to": "burger@example.nl", "subject": name}, STEPS["m"]
        else:
            topic, steps = "zaak", STEPS["z"]
            variables = {"organisatieRSIN": RSIN, "catalogusDomein": DOMEIN, "zaaktypeIdentificatie": "ZAAKTYPE-TEST-2",
                         "zaakDetails": {"omschrijving": name}, "initiator": PERSON, "bptlAppId": APP}
        self.tasks[self.bench.add(topic, variables, businessKey=name)] = name
        self.mutations[name] = [(name, step) for step in steps]

    def fill(self):
        """So that there is always something to lose. Incidents do not count."""
        busy = sum(state == "open" for state, _, _ in self.open_tasks().values())
        for _ in range(AT_WORK - busy):
            self.add()

    # ---- the person ----
    def look_after(self):
        """Checks what incidents name, and grants the retry."""
        incidents = {task: (message, at) for task, (state, message, at) in self.open_tasks().items() if state == "incident"}
        due = {task: found for task, found in incidents.items() if time.time() - found[1] > ARRIVES}
        self.ledger.read()
        assert not self.ledger.doubled()
        for task, (message, at) in due.items():
            name = self.tasks[task]
            mutation = self.ledger.named_by(name, message)
            assert mutation in self.mutations[name], f"an incident of {name} that none should be: {message}"
            self.was_killed(mutation, at)
            arrived = self.ledger.is_there(mutation)
            if arrived:
                self.ledger.again[mutation] += 1
                self.undo(*mutation)
            self.unknown["arrived" if arrived else "not arrived"] += 1
            self.bench.engine.set_retries(task, RETRIES)
        return incidents

    def undo(self, name, what):
        """A second status of the same moment is refused, so whoever wants the first sent again takes it away before."""
        if what == "statussen":
            with self.bench.zgw.lock:
                state = self.bench.zgw.state
                for status in list(state.all("statussen")):
                    if state.get("zaken", status["zaak"])["omschrijving"] == name:
                        state.remove("statussen", status["url"])

    def was_killed(self, mutation, incident):
        """The one window left: the very process that had sent was killed before it heard the answer. A host that dies
        alone leaves no unknown outcome."""
        name, _ = mutation
        kills = [at for at, plugin in self.kills if plugin == PLUGINS[name[0]] and at < incident]
        sent = self.ledger.last.get(mutation)
        if sent and name[0] != "m":  # the arrival of a mail is not known as exactly
            kills = [at for at in kills if -1 < at - sent < 2]
        assert kills, f"{mutation} is said to be unknown, and no process of its plugin was killed then: {self.kills[-10:]}"

    # ---- the siege ----
    def start(self, ready=True):
        self.running = self.start_host() if ready else self.start_host(ready=None)
        self.spared = 0

    def kill(self, plugins=()):
        """The host dies; with it, or a moment later, these plugins' processes."""
        self.running.expected = False
        orphans = {pid: line.split()[-1] for pid, line in children(self.running.pid).items() if line.startswith("bptl runner")}
        os.kill(self.running.pid, signal.SIGKILL)
        self.running.process.wait()
        if plugins:
            time.sleep(self.dice.choice([0, 0, self.dice.uniform(0, 0.05)]))
            self.kill_plugins({pid: plugin for pid, plugin in orphans.items() if plugin in plugins})
        self.running = None

    def kill_plugins(self, processes):
        for pid, plugin in processes.items():
            self.kills.append((time.time(), plugin))
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # an orphan that had nothing to hear out

    def whom(self):
        """All plugins' processes die with the host, or none."""
        return self.dice.choice([("probe", "zgw"), ()])

    def wait(self, most):
        time.sleep(self.dice.uniform(0, most))

    def cycle(self, kind):
        if kind == "plugin" and self.spared == 3:
            kind = "host"  # a plugin whose process dies again and again is started after growing waits
        self.cycles[kind] += 1
        self.fill()
        if kind == "startup":
            if self.running:
                self.kill()
            self.start(ready=False)
            self.wait(0.8)
            self.kill(self.whom())
            return
        if not self.running:
            self.start()
        self.wait(0.7)
        if kind == "plugin":
            plugin = self.dice.choice(["probe", "zgw"])
            found = {pid: plugin for pid, line in children(self.running.pid).items() if line == f"bptl runner {plugin}"}
            self.kill_plugins(found)
            self.spared += 1
        elif kind == "stopping":
            self.running.process.send_signal(signal.SIGTERM)
            self.wait(1.2)
            self.kill(self.whom())
        else:
            self.kill(("probe", "zgw") if kind == "all" else ())

    def finish(self):
        """Peace: everything must come to its end."""
        if not self.running:
            self.start()

        def done():
            self.look_after()
            return not self.open_tasks()
        eventually(done, 90, lambda: f"lost: {[(self.tasks[task], found) for task, found in self.open_tasks().items()]}")
        self.ledger.read()

    def check(self):
        counts = self.bench.engine.counts()
        assert counts["completed"] == len(self.tasks) == counts["instances"], counts
        assert counts["seen"]["not the holder"] == 0, counts
        wanted = {mutation for mutations in self.mutations.values() for mutation in mutations}
        assert set(self.ledger.arrived) == wanted
        assert not self.ledger.doubled()


@pytest.mark.timeout(4 * 3600)
def test_nothing_is_lost_or_done_twice_when_anything_is_killed_at_any_moment(bench, smtp, host, dice, rounds, figure):
    siege = Siege(bench, smtp, host, dice)
    siege.configure(smtp)
    start = time.monotonic()
    kinds = [KINDS[number % len(KINDS)] for number in range(rounds(50, 1000))]
    dice.shuffle(kinds)
    for kind in kinds:
        siege.cycle(kind)
        siege.look_after()
    siege.finish()
    seconds = time.monotonic() - start
    siege.check()
    cycles = ", ".join(f"{count} {kind}" for kind, count in sorted(siege.cycles.items()))
    unknown = ", ".join(f"{count} {how}" for how, count in sorted(siege.unknown.items()))
    figure(f"{sum(siege.cycles.values())} kills ({cycles}), {len(siege.tasks)} tasks, {sum(siege.ledger.arrived.values())} "
           f"mutations, {sum(siege.unknown.values())} incidents of unknown outcome ({unknown}), 0 doubled, 0 lost, "
           f"engine {dict(bench.engine.counts()['seen'])}, {seconds:.0f} s")
