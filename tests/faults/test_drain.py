"""SIGTERM at random moments: the host ends with status 0 within its drain time and one second, the engine holds no lock of
it any more, and the next start finds nothing lost and nothing to do twice."""
import pathlib
import re
import signal
import subprocess
import time

import pytest
from ledger import Ledger
from probe import eventually
from workbench import PLACE

DRAIN = 0.5  # seconds
AT_WORK = 12  # tasks that are under way at any time


def takes_signals(pid):
    """Has the host begun? Before it takes its signals itself, a SIGTERM ends it as it ends any program."""
    blocked = re.search(r"^SigBlk:\s*(\w+)$", pathlib.Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(blocked[1], 16) & 1 << signal.SIGTERM - 1


class Stops:
    """A host that is stopped again and again, and what it has to do: chains of two tasks that POST, and units that may
    take longer than the drain time."""

    def __init__(self, bench, start, dice):
        self.bench, self.start, self.dice = bench, start, dice
        self.ledger = Ledger(bench.zgw)
        self.wanted = set()
        self.longest = 0.0
        self.chains = 0

    def configure(self):
        bench = self.bench
        bench.conf.section("host", workers=AT_WORK, drain=f"{DRAIN * 1000:.0f}ms")
        bench.conf.section("service zaken", timeout="20s").section("engine main", timeout="20s", long_poll="1s")
        bench.topic("Post", lock="30s").topic("Nap", lock="30s")
        [fault] = bench.zgw.faults.all
        fault.delay = 0.03

    def open_tasks(self):
        state = self.bench.engine.state
        return self.bench.engine.call(lambda: {task.id: task.report() for task in state.tasks.values()})

    def fill(self):
        for _ in range(AT_WORK - len(self.open_tasks())):
            if self.dice.random() < 0.3:
                self.bench.add("Nap", {"ms": self.dice.randrange(1200)})
                continue
            self.chains += 1
            name, count = f"d{self.chains}", self.dice.randint(1, 4)
            variables = {"url": f"{PLACE}/{name}", "count": count, "ms": self.dice.randrange(80), "numbered": True}
            self.bench.add("Post", variables, steps=[{"topic": "Post"}, {"topic": "Nap"}])
            self.wanted |= {(name, str(number)) for number in range(count)}

    def stop(self, running):
        """Status 0, and in time."""
        before = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        try:
            status = running.process.wait(DRAIN + 10)
        except subprocess.TimeoutExpired:
            pytest.fail(f"still there 10 s after the drain time:\n{running.text()[-4000:]}")
        seconds = time.monotonic() - before
        self.longest = max(self.longest, seconds)
        assert status == 0, running.text()[-4000:]
        assert seconds <= DRAIN + 1, f"the stop took {seconds:.2f} s:\n{running.text()[-4000:]}"

    def check_locks(self, running):
        now = time.time()
        held = self.bench.engine.call(lambda: [task.report() for task in self.bench.engine.state.tasks.values()
                                               if task.worker and task.lock_until > now])
        assert not held, f"locked by a host that has stopped: {held}\n{running.text()[-6000:]}"

    def round(self):
        # a poll that was broken off lives on in the engine: what is new from now on would be locked for it
        eventually(lambda: self.bench.engine.counts()["polls"] == 0, 5)
        self.fill()
        if self.dice.random() < 0.2:
            running = self.start(ready=None)
            eventually(lambda: takes_signals(running.pid))
            time.sleep(self.dice.uniform(0, 0.5))
        else:
            running = self.start()
            time.sleep(self.dice.uniform(0, 0.8))
            self.fill()
        self.stop(running)
        self.check_locks(running)


@pytest.mark.timeout(3600)
def test_a_stop_at_any_moment_is_in_order_in_time_and_leaves_no_lock(bench, host, dice, rounds, figure):
    stops, count = Stops(bench, host, dice), rounds(25, 200)
    stops.configure()
    start = time.monotonic()
    for _ in range(count):
        stops.round()
    bench.conf.section("host", drain="30s")
    host(bench.conf)
    eventually(lambda: not stops.open_tasks(), 60, lambda: f"left: {stops.open_tasks()}")
    counts = bench.engine.counts()
    assert counts["finished"] == counts["instances"] and counts["incident"] == 0
    assert "failure" not in counts["requests"], counts
    assert counts["seen"]["not the holder"] == counts["seen"]["offered again"] == 0, counts
    stops.ledger.read()
    assert set(stops.ledger.arrived) == stops.wanted
    assert not stops.ledger.doubled()
    figure(f"{count} stops, the longest {stops.longest:.2f} s with a drain time of {DRAIN} s; {counts['completed']} "
           f"tasks, {len(stops.wanted)} mutations, 0 locks left, 0 doubled, 0 lost, {time.monotonic() - start:.0f} s")
