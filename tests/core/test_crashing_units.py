"""Units that crash, end their process or never return: the task fails with plugin, unit and cause; every other task goes on, in
this plugin and in others; the plugin works again; no process is left behind."""
import os
import shutil
import signal
import time

import pytest
from probe import Desk, alive, children, eventually, probe_topic, run, runner_of, use_probe
from settings import APP

QUIET = {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0"}  # a crash that is meant is nothing for a sanitizer to report
# What a unit does to its process, and the words for it in the message.
BAD = {
    "Crash": "crashed with signal 11 (Segmentation fault)",
    "Abort": "crashed with signal 6 (Aborted)",
    "Exit": "called exit()",
    "Vanish": "ended with status 4",
}
# These crash by a real fault of the processor.
FAULTS = {"ReadNull": "crashed with signal 11 (Segmentation fault)", "Overflow": "crashed with signal 11 (Segmentation fault)"}


@pytest.fixture
def desk(engine, conf, build, zgw):
    """A host's configuration with two plugins on the stand-in engine, and the desk where tasks are put on it."""
    use_probe(conf.use_engine(engine.url, long_poll="2s"), build).use_zgw(zgw)
    for unit in (*BAD, *FAULTS, "Loop", "Nap", "Echo", "FailForNow"):
        probe_topic(conf, unit)
    conf.topic("lookup", "zgw.LookupZaak", services="zaken, catalogi")
    return Desk(engine)


@pytest.mark.parametrize("unit", BAD)
def test_a_unit_that_ends_its_process_fails_its_own_task_alone(desk, host, zgw, unit):
    running = host(env=QUIET)
    other = runner_of(running, "zgw")
    naps = [desk.add("nap", {"ms": 700}) for _ in range(3)]
    eventually(lambda: running.text().count("running, attempt 1") == 3)
    zgw.fault("GET", "/zaken", kind="delay", delay=0.7)
    lookup = desk.add("lookup", {"identificatie": "ZAAK-1", "bronorganisatie": zgw.seed["rsin"], "bptlAppId": APP})
    eventually(lambda: running.text().count("running, attempt 1") == 4)
    before = runner_of(running, "probe")

    report = desk.perform(unit.lower())
    assert report["state"] == "incident" and report["retries"] == 0
    assert f"probe.{unit}: " in report["errorMessage"] and BAD[unit] in report["errorMessage"], report
    assert "plugin probe" in report["errorMessage"], report

    for nap in naps:  # finished or resumed, and completed once
        assert desk.wait(nap, "completed") and desk.happened(nap, "completed") == 1
    assert desk.wait(lookup, "completed")["state"] == "completed"
    assert len(zgw.sent("GET", "/zaken")) == 1, "the other plugin's task was run again"
    assert runner_of(running, "zgw") == other
    assert desk.perform("echo", {"text": "again"})["state"] == "completed"
    eventually(lambda: not alive(before), what=lambda: "the process of the crashed unit is still there")
    assert sorted(children(running.pid).values()) == ["bptl runner probe", "bptl runner zgw"]


@pytest.mark.parametrize("unit", FAULTS)
def test_a_fault_of_the_processor_fails_its_own_task_alone(desk, host, unit):
    running = host(env=QUIET)
    nap = desk.add("nap", {"ms": 500})
    report = desk.perform(unit.lower())
    assert report["state"] == "incident", report
    assert f"probe.{unit}: the unit {FAULTS[unit]}" in report["errorMessage"], report
    assert desk.wait(nap, "completed")["state"] == "completed"
    assert desk.perform("echo", {"text": "again"})["state"] == "completed"
    assert sorted(children(running.pid).values()) == ["bptl runner probe", "bptl runner zgw"]


def test_a_unit_that_never_returns_is_ended_at_its_time_limit(desk, host, conf):
    probe_topic(conf, "Loop", time_limit="1s")
    running = host()
    stuck = runner_of(running, "probe")
    loop = desk.add("loop")
    naps = [desk.add("nap", {"ms": 4000}) for _ in range(2)]  # longer than the loop is borne with
    report = desk.wait(loop, "incident", wait=8)
    assert "probe.Loop: the unit ran past its time limit of 1 s and does not return" in report["errorMessage"], report
    assert "plugin probe is restarted" in report["errorMessage"]
    assert desk.perform("echo", {"text": "meanwhile"})["state"] == "completed"
    for nap in naps:
        assert desk.wait(nap, "completed") and desk.happened(nap, "completed") == 1
    eventually(lambda: not alive(stuck), 5, lambda: "the process of the endless loop is still there")
    assert sorted(children(running.pid).values()) == ["bptl runner probe", "bptl runner zgw"]


def test_a_crash_is_retried_as_often_as_the_topic_says(desk, host, conf):
    probe_topic(conf, "Crash", retries=2, retry_wait="100ms")
    host(env=QUIET)
    report = desk.perform("crash", states=("incident",), wait=20)
    failures = [one for one in report["history"] if one["what"] == "failed"]
    assert [one["retries"] for one in failures] == [2, 1, 0], report


def test_many_crashes_at_once_fail_one_by_one_and_nothing_else(desk, host):
    host(env=QUIET)
    crashes = [desk.add("crash", {"ms": 20 * n}) for n in range(5)]
    echoes = [desk.add("echo", {"text": str(n)}) for n in range(10)]
    for crash in crashes:
        assert "probe.Crash: " in desk.wait(crash, "incident", wait=20)["errorMessage"]
    for n, echo in enumerate(echoes):
        assert desk.wait(echo, "completed", wait=20)["state"] == "completed"
        assert desk.variables(echo)["text"] == str(n)


def test_the_log_names_plugin_unit_topic_and_task_of_a_crash(desk, host):
    running = host(env=QUIET)
    crash = desk.perform("crash")
    line = running.wait_for(r"^.*level=error.*the unit crashed with signal 11.*$")[0]
    for words in "plugin=probe", "unit=Crash", "topic=crash", f"task={crash['id']}", f"process={crash['processInstanceId']}":
        assert words in line, line


def test_a_process_that_is_killed_from_outside_is_replaced(desk, host):
    running = host()
    nap = desk.add("nap", {"ms": 800})
    eventually(lambda: "running, attempt 1" in running.text())
    os.kill(runner_of(running, "probe"), signal.SIGKILL)
    # it ran nothing else, so this task is what is thought to have done it
    report = desk.wait(nap, "incident", "completed")
    assert "probe.Nap: the process of plugin probe ended with signal 9 (Killed) while it ran this task" in report["errorMessage"]
    assert desk.perform("echo", {"text": "again"})["state"] == "completed"


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_no_process_is_left_when_the_host_ends(desk, host, end):
    running = host()
    desk.add("nap", {"ms": 300})
    running.wait_for("running, attempt")
    started = children(running.pid)
    assert len(started) == 2
    getattr(running, end)()
    eventually(lambda: not any(alive(pid) for pid in started), 5, lambda: f"left: {started}")


def test_a_task_that_the_poll_of_a_killed_host_took_is_soon_free_again(desk, host, engine):
    """The engine goes on with a poll that nobody hears any more, and locks what comes for a minute."""
    running = host()
    eventually(lambda: engine.counts()["polls"] == 1)
    running.kill()
    host()
    eventually(lambda: engine.counts()["polls"] == 2)
    echo = desk.add("echo", {"text": "early"})
    assert desk.wait(echo, "completed", wait=15)["state"] == "completed"
    assert desk.happened(echo, "unlocked") == 1


def test_a_plugin_that_cannot_be_loaded_again_is_said_in_the_log_and_tried_again(desk, host, conf, build, tmp_path):
    library = tmp_path / "probe.so"
    shutil.copy(build / "tests/plugins/probe.so", library)
    library.chmod(0o755)
    conf.section("plugin probe", library=library)
    running = host(env=QUIET)
    library.rename(tmp_path / "away.so")
    desk.perform("crash")
    running.wait_for(r"level=error.*the plugin cannot be used any more: .*probe.so: No such file.*plugin=probe")
    echo = desk.add("echo", {"text": "patience"})
    time.sleep(0.5)
    assert desk.report(echo)["state"] != "completed"
    (tmp_path / "away.so").rename(library)
    assert desk.wait(echo, "completed", wait=15)["state"] == "completed"


def test_exec_runs_a_crashing_unit_in_its_own_process(conf, build, bptl):
    probe_topic(use_probe(conf, build), "Vanish")
    assert run(bptl, "exec", "vanish", "--conf", conf.write()).returncode == 4
