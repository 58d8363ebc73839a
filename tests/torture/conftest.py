"""The stages on which the host is tortured: each with its own engine, services and mail server, so that several are used at once."""
import contextlib
import os
import queue
import re
import shutil
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from engine import EngineStandIn
from probe import eventually
from programs import Program
from sanitizers import SANITIZER
from settings import Settings
from shim import Shim
from smtp import SmtpStandIn
from workbench import PLACE, Bench
from zgw import ZgwStandIn

STAGES = 4
UNKNOWN = re.compile(r"it is not known whether|its outcome is unknown|may have been|no answer is kept")


class Life:
    """One state folder, the hosts that live in it one after the other, and the tasks that they must bring to an end."""

    def __init__(self, stage, folder):
        self.stage, self.folder, self.hosts = stage, folder, []
        self.bench = Bench(Settings(folder / "conf"), stage.build, stage.engine, stage.zgw)
        self.shim = Shim(stage.build, folder / "shim")
        bench, zgw = self.bench, stage.zgw
        zgw.fault("POST", "/terug/", status=200, body={}, times=-1)
        # whichever page is asked for first has a next one; after it comes the last
        zgw.fault("GET", "lijst", status=200, times=1, body={
            "count": 2, "next": zgw.zaken + "lijst?page=2", "previous": None, "results": [{"nummer": 1}]})
        zgw.fault("GET", "lijst", status=200, times=-1,
                  body={"count": 2, "next": None, "previous": None, "results": [{"nummer": 2}]})
        bench.conf.section("host", callback_allow=zgw.url + "/terug/", drain="10s", log_level="info")
        bench.conf.section("service post", {"from": "zaken@example.nl"}, type="smtp", starttls="off",
                           root=f"smtp://127.0.0.1:{stage.smtp.port}")
        for unit in "Post", "Get", "Fail", "BpmnError", "Nap", "Echo":
            bench.topic(unit, lock="20s")
        bench.topic("Mail", services="post", lock="20s")
        bench.conf.section("engine main", long_poll="1s")
        self.flag = folder / "failing"  # while this file is there, when the plan says so
        self.granted = set()  # names of tasks whose outcome was unknown, and reported so
        self.failing_since = None
        self.tasks = {}  # name: (id, the states in which it may end)

    # ---- tasks ----
    def add(self, name, topic, variables=None, states=("completed",), **more):
        self.tasks[name] = (self.bench.add(topic, variables, **more), states)

    def post(self, name, count=1, **variables):
        self.add(name, "Post", {"url": f"{PLACE}/{name}", "count": count, **variables})

    def state(self, name):
        return self.bench.task(self.tasks[name][0])["state"]

    def over(self):
        """Are all tasks at their end? Does on the way what a person does about one whose outcome is unknown, and said to be so."""
        for name, (task_id, states) in self.tasks.items():
            task = self.bench.task(task_id)
            if task["state"] == "incident" and "incident" not in states:
                known = name in self.granted or UNKNOWN.search(task["errorMessage"] or "")
                assert known, f"{name}: {task['errorMessage']}\n{self.words()}"
                self.granted.add(name)
                if self.bench.engine.counts()["polls"] <= 1:  # not before that of a host that was killed is over
                    self.bench.engine.set_retries(task_id, 1)
        return all(self.state(name) in states for name, (_, states) in self.tasks.items())

    def numbers(self, name):
        """Which numbers a task of probe.Post has sent."""
        return [one["body"]["number"] for one in self.bench.sent(path=f"{PLACE}/{name}")]

    # ---- hosts ----
    def start(self, env=None):
        log = self.folder / f"host-{len(self.hosts)}.log"
        self.hosts.append(Program([self.stage.build / "bptl", "run", "--conf", self.bench.conf.write()], log, env=env))
        return self.hosts[-1]

    def ended(self):
        return self.hosts[-1].process.poll() is not None

    def text(self):
        return "".join(host.text() for host in self.hosts)

    def mend(self):
        """What fails while the flag is there has failed long enough for two tries of the host: no more."""
        if self.flag.exists() and self.shim.failed:
            self.failing_since = self.failing_since or time.monotonic()
            if time.monotonic() - self.failing_since > 2.5:
                self.flag.unlink()

    def wait(self, check, wait=40):
        """Waits until it is so, or the host has ended."""
        def there():
            self.mend()
            return check() or self.ended()
        return eventually(there, wait, self.words)

    def check(self):
        """What no host may have done, whatever failed."""
        assert not SANITIZER.search(self.text()), self.words()
        for word in "crashed with signal", "ended with signal 11", "ended with signal 6", "ended with signal 7":
            assert word not in self.text(), self.words()

    def words(self):
        states = {name: self.bench.task(task)["state"] for name, (task, _) in self.tasks.items()}
        return f"{self.folder}: {states}\n{self.text()[-6000:]}\n{self.shim.where()[:3000]}\n"

    def stop(self):
        for host in self.hosts:
            host.kill()


class Stage:
    """What a life needs around it; made once, used by one life after the other."""

    def __init__(self, build, folder):
        self.build, self.folder, self.count = build, folder, 0
        self.engine, self.zgw = EngineStandIn().start(), ZgwStandIn()
        self.smtp = SmtpStandIn(folder / "mail")
        self.zgw.start()
        self.smtp.start()

    @contextlib.contextmanager
    def life(self):
        self.engine.call(self.engine.clear)
        self.zgw.reset()
        self.smtp.reset()
        self.count += 1
        life = Life(self, self.folder / f"life-{self.count}")
        try:
            yield life
        finally:
            life.stop()
        life.bench.close()
        shutil.rmtree(life.folder)

    def close(self):
        self.engine.stop()
        self.zgw.stop()
        self.smtp.stop()


class Theatre:
    """All stages."""

    def __init__(self, build, folder):
        self.build, self.folder, self.lock, self.free = build, folder, threading.Lock(), queue.SimpleQueue()
        self.stages = []

    def play(self, scene, items):
        """scene(life, item) for each, several at once; the results in their order. The first that fails ends it."""
        def one(item):
            with self.lock:
                if self.free.empty():
                    self.stages.append(Stage(self.build, self.folder / f"stage-{len(self.stages)}"))
                    self.free.put(self.stages[-1])
                stage = self.free.get()
            try:
                with stage.life() as life:
                    return scene(life, item)
            finally:
                self.free.put(stage)

        with ThreadPoolExecutor(STAGES) as pool:
            futures = [pool.submit(one, item) for item in items]
            try:
                return [future.result() for future in futures]
            finally:
                pool.shutdown(cancel_futures=True)

    def close(self):
        for stage in self.stages:
            stage.close()


@pytest.fixture(scope="session")
def theatre(build, tmp_path_factory):
    theatre = Theatre(build, tmp_path_factory.mktemp("torture"))
    yield theatre
    theatre.close()
