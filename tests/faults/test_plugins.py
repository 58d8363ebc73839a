"""Units that misbehave in every way we could think of: the host lives, the task fails with plugin, unit and cause in its message,
the other tasks of the plugin and those of another one go on in their usual time, and nothing is left behind."""
import os
import pathlib
import resource
import threading
import time

import pytest
from probe import Desk, alive, children, eventually, run, runner_of, use_probe

# A crash that is meant is nothing for a sanitizer to report; and it shall not keep what was freed, which looks like growth.
QUIET = {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0:allocator_may_return_null=1:detect_leaks=0:quarantine_size_mb=1:"
                         "thread_local_quarantine_size_kb=64"}
SEGV, ABORT = "crashed with signal 11 (Segmentation fault)", "crashed with signal 6 (Aborted)"
MEMORY = 500  # MiB that a plugin may have here; the address sanitizer's own share is in it
DESCRIPTORS = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
SAMPLES = 60  # tasks of the other plugin that are timed before, and at least as many during the misbehaviour
NOISE = 0.2  # s: below this a p99 says more about the machine than about the host


class Kind:
    """One kind of misbehaviour: a unit, its variables, and the words for it; None: the task completes."""

    def __init__(self, unit, words, variables=None, **more):
        self.unit, self.words, self.variables = unit, words, variables or {}
        self.plugin = unit.partition(".")[0]
        self.keys = more.get("keys", {})  # of the plugin
        self.replaced = more.get("replaced", words is not None)  # its process
        self.good = more.get("good", 3)  # tasks of the same plugin that run meanwhile


KINDS = {
    "crash": Kind("probe.ReadNull", f"the unit {SEGV}"),
    "abort": Kind("probe.Abort", f"the unit {ABORT}"),
    "exit": Kind("probe.Exit", "the unit called exit()"),
    "endless-loop": Kind("probe.Loop", "ran past its time limit of 1 s and does not return", keys={"time_limit": "1s"}),
    "huge-allocation": Kind("rogue.Hoard", f"MiB, over its limit (memory = {MEMORY}M), and was ended"),
    "impossible-allocation": Kind("rogue.AskTooMuch", "out of memory", replaced=False),
    "stack-overflow": Kind("probe.Overflow", f"the unit {SEGV}"),
    "descriptor-leak": Kind("rogue.LeakDescriptors", None, {"count": DESCRIPTORS}, replaced=True),
    "closes-descriptors": Kind("rogue.CloseAll", "does a unit close descriptors that are not its own?"),
    "fork": Kind("rogue.Fork", None, {"how": "sleep"}),
    "stdout": Kind("rogue.Print", None),
    "blocks-signals": Kind("rogue.BlockSignals", "ended with signal 11 (Segmentation fault)", {"crash": True}),
    "garbage-result": Kind("rogue.Forge", "sent a result that makes no sense", {"how": '"outcome":"done","variables":{"a":1}'}),
    "garbage-frame": Kind("rogue.Garbage", "over the limit of", {"how": "length", "ms": 2000}),
    "c++-exception": Kind("throws.Throw", "the unit let a C++ exception escape (std::runtime_error)"),
    # slow-leak and never-returns-from-fini have tests of their own below
}
# More ways to do the same; they need not be timed.
VARIANTS = {
    "fork-exit": Kind("rogue.Fork", None, {"how": "exit"}),
    "fork-crash": Kind("rogue.Fork", None, {"how": "crash"}),
    "fork-return": Kind("rogue.Fork", None, {"how": "return"}),
    "closes-and-stays": Kind("rogue.CloseAll", "does a unit close descriptors that are not its own?", {"ms": 60000}),
    "closes-the-pipe": Kind("rogue.ClosePipe", "does a unit close descriptors that are not its own?", {"ms": 60000}),
    "signals-stay-blocked": Kind("rogue.BlockSignals", None),
    "result-without-outcome": Kind("rogue.Forge", "sent a result that makes no sense", {"how": '"outcome":17'}),
    "result-without-words": Kind("rogue.Forge", "sent a result that makes no sense", {"how": '"outcome":"failed","message":{}'}),
    "value-in-a-circle": Kind("rogue.SetGarbage", "", {"how": "circle"}, replaced=False),
    "value-not-utf-8": Kind("rogue.SetGarbage", "text that is not UTF-8", {"how": "text"}, replaced=False),
    "type-not-utf-8": Kind("rogue.SetGarbage", "", {"how": "type"}, replaced=False),
    "frame-no-json": Kind("rogue.Garbage", "sent a frame that is not JSON", {"how": "text", "ms": 2000}),
    "frame-of-no-type": Kind("rogue.Garbage", "sent a frame of no known type", {"how": "type", "ms": 2000}),
    "note-of-nonsense": Kind("rogue.Garbage", "sent something about a task that it does not run", {"how": "note", "ms": 2000}),
    "flood": Kind("rogue.Garbage", "over the limit of", {"how": "flood", "ms": 2000}),
    "flood-of-the-pipe": Kind("rogue.Garbage", "wrote nonsense into the pipe", {"how": "pipe", "ms": 2000}),
    "flood-of-notes": Kind("rogue.Garbage", "wrote nonsense into the pipe", {"how": "lines", "ms": 2000}),
    "frame-never-whole": Kind("rogue.Garbage", "began a frame and did not end it", {"how": "half", "ms": 60000}, good=0),
    "broken-promise": Kind("throws.Promise", "the unit let a C++ exception escape (std::runtime_error)"),
}


@pytest.fixture
def place(engine, conf, build):
    """A configuration with the plugins, and the desk where tasks are put on it."""
    use_probe(conf.use_engine(engine.url, long_poll="2s", timeout="2s"), build)
    for name in "rogue", "calm", "throws":
        conf.section(f"plugin {name}", library=build / f"tests/plugins/{name}.so")
    conf.section("plugin rogue", memory=f"{MEMORY}M")
    conf.section("topic hello", unit="calm.Hello")
    conf.section("topic nap", unit="probe.Nap", retries=0)
    return Desk(engine)


def use_kind(conf, kind):
    """Binds the topics `bad`, and `good` to a harmless unit of the same plugin."""
    conf.section(f"plugin {kind.plugin}", kind.keys)
    conf.section("topic bad", unit=kind.unit, retries=0)
    good = {"probe": "probe.Nap", "rogue": "rogue.Nap", "throws": "throws.Throw"}[kind.plugin]
    conf.section("topic good", unit=good, retries=0)
    for name in "rogue", "throws", "probe":
        if name != kind.plugin:
            conf.remove(f"plugin {name}")
    if kind.plugin != "probe":
        conf.remove("topic nap")


def seconds(desk, tasks):
    """How long each took, by the engine's clock."""
    took = []
    for task in tasks:
        report = desk.wait(task, "completed", wait=30)
        instance = desk.engine.state.instances[desk.instances[task]]
        took += [one["at"] - instance.tasks[0].created for one in report["history"] if one["what"] == "completed"]
    return took


def p99(took):
    return sorted(took)[max(0, -(-99 * len(took) // 100) - 1)]


class Stream:
    """Tasks for the other plugin, one after the other, from a thread of its own, until it is stopped."""

    def __init__(self, desk):
        self.desk, self.tasks, self.over = desk, [], threading.Event()
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self):
        while not self.over.is_set() or len(self.tasks) < SAMPLES:
            self.tasks.append(self.desk.add("hello"))
            time.sleep(0.015)  # the pace of the stream

    def stop(self):
        self.over.set()
        self.thread.join()
        return seconds(self.desk, self.tasks)


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident(pid):
    """MiB."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def left_behind(bptl):
    """Processes of plugins that somebody forgot: by their name and by what they run."""
    found = []
    for one in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if (one / "exe").resolve() == bptl and b"bptl\0runner" in (one / "cmdline").read_bytes() and alive(int(one.name)):
                found.append(int(one.name))
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return found


def misbehave(desk, host_running, kind):
    """Runs the bad task among good ones of its plugin; its report."""
    before = runner_of(host_running, kind.plugin)
    variables = {"caught": True} if kind.plugin == "throws" else {"ms": 500}
    good = [desk.add("good", variables) for _ in range(kind.good)]
    bad = desk.add("bad", kind.variables)
    report = desk.wait(bad, "completed" if kind.words is None else "incident", wait=20)
    if kind.words is not None:
        message = report["errorMessage"]
        assert message.startswith(f"{kind.unit}: ") and kind.words in message, report
        assert "\n" not in message, message
        assert not kind.replaced or f"plugin {kind.plugin} " in message and "tell its maker" in message, message
    for task in good:
        assert desk.wait(task, "completed", wait=20) and desk.happened(task, "completed") == 1
    if kind.replaced:
        eventually(lambda: not alive(before), 15, lambda: f"the process of the bad unit lives on: {host_running.text()[-2000:]}")
    assert desk.perform("good", variables, wait=20)["state"] == "completed"
    return report


def in_order(running, kind):
    """Only the processes of the configured plugins are there."""
    wanted = sorted(["bptl runner calm", f"bptl runner {kind.plugin}"])
    eventually(lambda: sorted(children(running.pid).values()) == wanted, 15, lambda: f"{children(running.pid)}")


@pytest.mark.parametrize("name", KINDS)
def test_a_misbehaving_unit_costs_its_own_task_and_nobody_else_anything(place, conf, host, bptl, figure, name):
    kind = KINDS[name]
    use_kind(conf, kind)
    running = host(env=QUIET)
    seconds(place, [place.add("hello") for _ in range(20)])  # threads, connections: what is made once
    before = Stream(place).stop()
    eventually(lambda: not place.engine.counts()["locked"])
    fds, size = descriptors(running.pid), resident(running.pid)

    for attempt in 1, 2:  # what another program on this machine did does not happen twice
        stream = Stream(place)
        misbehave(place, running, kind)
        during = stream.stop()
        normal, meanwhile = p99(before), p99(during)
        figure(f"p99 of another plugin {1000 * meanwhile:.0f} ms, normally {1000 * normal:.0f} ms")
        if meanwhile <= 2 * max(normal, NOISE):
            break
        assert attempt == 1, f"p99 {meanwhile:.3f} s of {len(during)}, normally {normal:.3f} s"
    in_order(running, kind)
    # a process that is being replaced counts twice for a moment
    eventually(lambda: descriptors(running.pid) <= fds, 10, lambda: f"{descriptors(running.pid)} descriptors, {fds} before")
    assert resident(running.pid) - size < 24, "the core grew"
    assert running.process.poll() is None
    assert running.stop() == 0
    assert not left_behind(bptl.resolve())


@pytest.mark.parametrize("name", VARIANTS)
def test_another_way_to_misbehave(place, conf, host, bptl, name):
    kind = VARIANTS[name]
    kind.good = min(kind.good, 1)
    use_kind(conf, kind)
    running = host(env=QUIET)
    misbehave(place, running, kind)
    in_order(running, kind)
    assert running.stop() == 0
    assert not left_behind(bptl.resolve())


def test_a_slow_leak_is_cured_before_it_costs_a_task(place, conf, host, bptl):
    use_kind(conf, Kind("rogue.Leak", None))
    running = host(env=QUIET)
    first = runner_of(running, "rogue")
    good = place.add("good", {"ms": 2500})
    bad = [place.perform("bad", {"count": 32}, wait=20) for _ in range(30)]  # twice the limit in all
    assert {one["state"] for one in bad} == {"completed"}
    assert place.wait(good, "completed") and place.happened(good, "completed") == 1
    assert {one["fetched"] for one in bad} == {1}
    line = running.wait_for(r"level=warning .*the plugin's process holds \d+ MiB, near its limit \(memory = 500M\).*plugin=rogue")[0]
    assert "a new one takes over" in line and "the plugin leaks" in line
    eventually(lambda: not alive(first), 5)
    eventually(lambda: "fini of rogue" in running.text(), 5)  # it was not killed
    assert "level=error" not in running.text()
    in_order(running, Kind("rogue.Leak", None))


def test_a_task_is_not_blamed_for_the_memory_that_others_took(place, conf, host):
    """All at once and too fast for a warning: the limit is reached while one task is left, which took nothing."""
    use_kind(conf, Kind("rogue.Leak", None))
    running = host(env=QUIET)
    good = place.add("good", {"ms": 1500})
    running.wait_for("running, attempt 1")
    bad = place.add("bad", {"count": MEMORY + 50})
    assert place.wait(good, "completed", wait=20) and place.happened(good, "failed") == 0
    running.wait_for(r"level=error .*the plugin's process grew to \d+ MiB, over its limit")
    place.wait(bad, "incident", "completed", wait=20)  # it was faster than the look at its size, or not


def test_a_process_that_needs_much_from_the_start_is_not_taken_for_a_leak(place, conf, host, engine):
    use_kind(conf, Kind("rogue.Leak", None))
    running = host(env=QUIET)
    size = resident(runner_of(running, "rogue"))
    running.stop()
    eventually(lambda: not engine.counts()["polls"])
    conf.section("plugin rogue", memory=f"{max(64, int(size / 0.78))}M")  # more than three quarters are in use
    running = host(env=QUIET)
    first = runner_of(running, "rogue")
    for _ in range(2):
        assert place.perform("good", {"ms": 400})["state"] == "completed"
    assert runner_of(running, "rogue") == first
    assert "near its limit" not in running.text()


def test_descriptors_that_leak_one_by_one_cost_no_task(place, conf, host):
    use_kind(conf, Kind("rogue.LeakDescriptors", None))
    running = host(env=QUIET)
    first = runner_of(running, "rogue")
    for _ in range(8):
        report = place.perform("bad", {"count": DESCRIPTORS // 6}, wait=20)
        assert report["state"] == "completed" and report["fetched"] == 1
    running.wait_for(r"level=warning .*the plugin's process has about \d+ descriptors open: a new one takes over.*plugin=rogue")
    eventually(lambda: not alive(first), 5)
    assert place.perform("good")["state"] == "completed"
    assert "level=error" not in running.text()


def test_a_plugin_whose_fini_does_not_return_is_ended_and_holds_up_no_other(place, conf, host, bptl):
    use_kind(conf, Kind("rogue.Leak", None, keys={"end": "never"}))
    running = host(env=QUIET)
    assert place.perform("good")["state"] == "completed"
    assert place.perform("hello")["state"] == "completed"
    began = time.monotonic()
    assert running.stop() == 0
    assert time.monotonic() - began < 8
    assert "the plugin's fini function does not return within 2 s: its process was ended" in running.text()
    assert not left_behind(bptl.resolve())


def test_fini_that_never_returns_does_not_keep_a_leaking_process(place, conf, host, bptl):
    use_kind(conf, Kind("rogue.Leak", None, keys={"end": "never"}))
    running = host(env=QUIET)
    first = runner_of(running, "rogue")
    for _ in range(16):
        assert place.perform("bad", {"count": 32}, wait=20)["state"] == "completed"
    running.wait_for("a new one takes over")
    eventually(lambda: not alive(first), 10)
    assert "the plugin's fini function does not return within 2 s: its process was ended" in running.text()
    assert "level=error" not in running.text()
    running.stop()
    assert not left_behind(bptl.resolve())


def test_a_crash_in_fini_is_said_and_ends_the_host_in_order(place, conf, host, bptl):
    use_kind(conf, Kind("rogue.Leak", None, keys={"end": "crash"}))
    running = host(env=QUIET)
    assert running.stop() == 0
    assert "the plugin's process ended with signal 6 (Aborted) in its fini function" in running.text()
    assert not left_behind(bptl.resolve())


def test_a_child_made_with_fork_ends_with_the_process_that_made_it(place, conf, host, bptl):
    use_kind(conf, Kind("rogue.Fork", None))
    conf.section("topic crash", unit="rogue.Crash", retries=0)
    running = host(env=QUIET)
    assert place.perform("bad", {"how": "sleep"})["state"] == "completed"
    assert place.perform("crash", states=("incident",))["state"] == "incident"
    running.wait_for(r"level=warning .*a unit of the plugin left a process behind \(\d+, made with fork\(\)\): it is ended.*plugin=rogue")
    in_order(running, Kind("rogue.Fork", None))
    eventually(lambda: len(left_behind(bptl.resolve())) == 2)
