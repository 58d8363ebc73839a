"""A bench for the host itself: the plugin `probe` at work for the stand-in of an engine, calling the stand-in of a service."""
import json
import os
import pathlib

from probe import eventually, use_probe
from rest import typed

PLACE = "proef"  # where under the service's root the units of these tests write; every request there is accepted


def variable(value):
    """A plain value as an engine's variable; what already is one stays."""
    return value if isinstance(value, dict) and "type" in value else typed(value)


class Bench:
    """Everything around one host; the test starts it with host()."""

    def __init__(self, conf, build, engine, zgw):
        self.conf, self.engine, self.zgw = conf, engine, zgw
        engine.record = True
        conf.use_engine(engine.url, long_poll="2s", timeout="2s")
        conf.section("service zaken", type="zrc", root=zgw.zaken, auth="zgw", client_id=zgw.client_id,
                     secret_file=conf.secret("zgw", zgw.secret), timeout="3s")
        use_probe(conf, build)
        zgw.fault(path=PLACE, status=201, body={"url": zgw.zaken + PLACE + "/1"}, times=-1)

    def topic(self, unit, name=None, **keys):
        """Binds a topic to a unit of the plugin; the topic is named like the unit."""
        keys = {"retry_wait": "500ms", **keys}
        if unit in ("Post", "Get"):
            keys.setdefault("services", "zaken")
        self.conf.section(f"topic {name or unit}", unit=f"probe.{unit}", **keys)
        return self

    # ---- the engine ----
    def add(self, topic, variables=None, **more):
        """Puts tasks on a topic; the id of the first."""
        order = {"topic": topic, "variables": {name: variable(value) for name, value in (variables or {}).items()}, **more}
        return self.engine.add(order)["tasks"][0]

    def instance(self, task_id):
        for instance in self.engine.instances():
            if any(task["id"] == task_id for task in instance["tasks"]):
                return instance
        raise AssertionError(f"the engine has no task {task_id}")

    def task(self, task_id):
        return next(task for task in self.instance(task_id)["tasks"] if task["id"] == task_id)

    def told(self, task_id, what):
        """What happened to a task at the engine: entries of its history of one kind."""
        return [entry for entry in self.task(task_id)["history"] if entry["what"] == what]

    def change(self, task_id, **variables):
        """Other values for variables of the task's process, as a person would give them."""
        def change():
            self.engine.state.find(task_id).instance.variables.update(
                {name: {**variable(value), "valueInfo": {}} for name, value in variables.items()})
        self.engine.call(change)

    def wait(self, task_id, *states, wait=15.0):
        """Waits until the task has one of these states (completed unless given), and returns it."""
        states = states or ("completed",)

        def there():
            task = self.task(task_id)
            return task if task["state"] in states else None
        return eventually(there, wait, lambda: f"still not {states}: {json.dumps(self.task(task_id), indent=1)}")

    def wait_told(self, task_id, what, times=1, wait=15.0):
        return eventually(lambda: (self.told(task_id, what) if len(self.told(task_id, what)) >= times else None), wait,
                          lambda: f"{what} not told {times} times: {json.dumps(self.task(task_id), indent=1)}")

    def perform(self, topic, variables=None, *states, **more):
        """Puts a task on a topic and waits until it has ended."""
        return self.wait(self.add(topic, variables, **more), *(states or ("completed",)))

    def completed(self, count, wait=30.0):
        """Waits until so many tasks are completed."""
        eventually(lambda: self.engine.counts()["completed"] >= count, wait, lambda: f"{self.engine.counts()}")
        return self.engine.counts()

    def clear_faults(self):
        self.engine.call(self.engine.faults.clear)

    def asked(self, kind):
        """The requests of one kind that the engine got, with their JSON."""
        kept = self.engine.call(lambda: list(self.engine.kept))
        return [{**one, "json": json.loads(one["body"] or "null")} for one in kept if one["kind"] == kind]

    # ---- the service ----
    def fault(self, method="POST", path=PLACE, **more):
        """A fault of the service that comes before those that are there."""
        with self.zgw.lock:
            fault = self.zgw.fault(method, path, **more)
            self.zgw.faults.all.remove(fault)
            self.zgw.faults.all.insert(0, fault)
        return fault

    def sent(self, method="POST", path=PLACE):
        return self.zgw.sent(method, path)

    def numbers(self):
        """Which numbers probe.Post has sent, in the order of their arrival."""
        return [one["body"]["number"] for one in self.sent()]

    def wait_sent(self, count, wait=10.0):
        eventually(lambda: len(self.sent()) >= count, wait, lambda: f"{len(self.sent())} requests, not {count}")

    def close(self):
        """What no test may leave behind."""
        assert not self.zgw.errors, self.zgw.errors
        assert not self.engine.counts()["broken"], self.engine.counts()["broken"]


def cpu_seconds(pid):
    """What a process has used of the processor."""
    user, system = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
