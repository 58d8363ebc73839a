"""Quarantine: a plugin that loses process after process is not started again for a while. Its topics are not fetched, its tasks
wait at the engine with all their retries, and every other plugin goes on."""
import json
import re
import time
import urllib.error
import urllib.request

import pytest
from probe import Desk, children, eventually, use_probe

QUIET = {"ASAN_OPTIONS": "handle_segv=0:handle_abort=0"}  # a crash that is meant is nothing for a sanitizer to report
BEGINS = r"^.*level=error .*quarantine: the plugin lost (\d+) process(?:es)? within ([\w ]+), the last one: (.*)\. Its topics \((.*)\).*plugin=probe.*$"


@pytest.fixture
def desk(engine, conf, build):
    """Three losses within a minute bring probe into quarantine; calm is beside it."""
    use_probe(conf.use_engine(engine.url, long_poll="1s", timeout="2s"), build, crashes=3, crash_window="1m")
    conf.section("plugin calm", library=build / "tests/plugins/calm.so").section("topic hello", unit="calm.Hello")
    for unit in "Crash", "Vanish", "Loop", "Nap", "Echo":
        conf.section(f"topic {unit.lower()}", unit=f"probe.{unit}", retries=0)
    conf.section("topic loop", time_limit="1s")
    return Desk(engine)


def crash(desk, count, topic="crash"):
    """So many processes are lost, one after the other."""
    for _ in range(count):
        assert desk.perform(topic, states=("incident",), wait=20)["state"] == "incident"


def test_a_plugin_that_crashes_again_and_again_is_put_in_quarantine_visibly(desk, host, engine):
    running = host(env=QUIET)
    crash(desk, 3)
    line = running.wait_for(BEGINS)
    assert line[1] == "3" and line[2] == "1 min"
    assert line[3].startswith("probe.Crash: the unit crashed with signal 11 (Segmentation fault)")
    assert line[4] == "crash, vanish, loop, nap, echo"
    assert "other plugins go on" in line[0] and "restart the host" in line[0] and "tried again in 10 min" in line[0]
    assert len(re.findall("quarantine: ", running.text())) == 1

    echo = desk.add("echo", {"text": "patience"})
    for _ in range(20):
        assert desk.perform("hello")["state"] == "completed"
    eventually(lambda: list(children(running.pid).values()) == ["bptl runner calm"], 15)
    report = desk.report(echo)
    assert report["state"] == "open" and report["retries"] is None and report["fetched"] <= 1
    assert running.stop() == 0
    assert re.search(r'"stopped: \d+ tasks completed, 3 failed; in quarantine: plugin probe"', running.text())


def page(url):
    """What a page of the host says, whatever its status."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_quarantine_is_seen_in_readiness_and_metrics(desk, host, conf):
    conf.section("host", listen="127.0.0.1:0").section("plugin probe", crashes=2, quarantine="3s")
    running = host(env=QUIET)
    url = running.wait_for(r"listening on (http://[^ ]+)")[1].rstrip("/")
    crash(desk, 2)
    running.wait_for(BEGINS)
    status, text = page(url + "/readyz")
    assert status == 503
    assert [(one["reason"], one["plugin"]) for one in json.loads(text)["reasons"]] == [("plugin_quarantined", "probe")]
    metrics = page(url + "/metrics")[1].splitlines()
    assert {'bptl_plugin_quarantined{plugin="probe"} 1', 'bptl_plugin_quarantined{plugin="calm"} 0',
            'bptl_plugin_losses_total{plugin="probe"} 2', 'bptl_plugin_losses_total{plugin="calm"} 0'} <= set(metrics)
    memory = [line for line in metrics if line.startswith('bptl_plugin_memory_bytes{plugin="calm"} ')]
    assert int(memory[0].split()[-1]) > 1_000_000
    running.wait_for("quarantine is over for a trial")
    eventually(lambda: page(url + "/readyz")[0] == 200)


def test_tasks_in_hand_are_finished_or_go_back_with_all_their_retries(desk, host, conf):
    conf.section("host", workers=3)  # more tasks than places
    conf.section("plugin probe", crashes=1, quarantine="3s")
    running = host(env=QUIET)
    naps = [desk.add("nap", {"ms": 1500}) for _ in range(2)]
    eventually(lambda: running.text().count("running, attempt 1") == 2)
    desk.add("crash", {"ms": 300})
    waiting = [desk.add("nap", {"ms": 1}) for _ in range(5)]
    running.wait_for(BEGINS)
    for nap in naps:  # of the last process: they finish
        assert desk.wait(nap, "completed")["fetched"] == 1
    for nap in waiting:
        report = desk.report(nap)
        assert report["state"] == "open" and report["retries"] is None and desk.happened(nap, "failed") == 0
    for nap in waiting:  # and after the quarantine nothing is lost
        assert desk.wait(nap, "completed", wait=20) and desk.happened(nap, "completed") == 1


def test_tasks_that_were_fetched_and_not_begun_are_unlocked(desk, host, conf, engine):
    """Four end their process together and wait to be run alone; the first to do so ends the last process."""
    conf.section("plugin probe", crashes=2)
    running = host(env=QUIET)
    order = {"topic": "vanish", "variables": {"ms": {"type": "Integer", "value": 700}}, "count": 4}  # one poll gets them all
    added = engine.add(order)
    tasks = added["tasks"]
    desk.instances.update(zip(tasks, added["instances"]))
    running.wait_for(BEGINS)
    eventually(lambda: sum(desk.happened(task, "unlocked") >= 1 for task in tasks) == 3, 10)
    # a poll that was open when it happened may fetch them once more, even before the host has heard that they are unlocked
    eventually(lambda: not engine.counts()["locked"], 15)
    assert sorted(desk.happened(task, "failed") for task in tasks) == [0, 0, 0, 1]
    assert {desk.report(task)["fetched"] for task in tasks} <= {1, 2}
    assert desk.perform("hello")["state"] == "completed"


@pytest.mark.parametrize("topic", ["vanish", "loop"])
def test_other_ways_to_lose_a_process_count_as_well(desk, host, conf, topic):
    conf.section("plugin probe", crashes=1)
    running = host(env=QUIET)
    crash(desk, 1, topic)
    line = running.wait_for(BEGINS, wait=5)
    assert line[1] == "1" and {"vanish": "ended with status 4", "loop": "ran past its time limit"}[topic] in line[3]


def test_many_crashes_of_one_process_are_one_loss(desk, host):
    running = host(env=QUIET)
    naps = [desk.add("nap", {"ms": 3000}) for _ in range(2)]
    crashes = [desk.add("crash", {"ms": 300}) for _ in range(6)]
    for task in crashes:
        desk.wait(task, "incident", wait=20)
    for task in naps:
        desk.wait(task, "completed", wait=20)
    assert "quarantine" not in running.text()
    assert desk.perform("echo", {"text": "still here"})["state"] == "completed"


def test_crashes_that_are_older_than_the_window_do_not_count(desk, host, conf):
    conf.section("plugin probe", crashes=2, crash_window="1s")
    running = host(env=QUIET)
    for _ in range(3):
        crash(desk, 1)
        time.sleep(1.1)  # the window itself
    assert "quarantine" not in running.text()
    assert desk.perform("echo", {"text": "still here"})["state"] == "completed"


def test_after_the_quarantine_a_trial_succeeds(desk, host, conf):
    conf.section("plugin probe", crashes=2, quarantine="2s")
    running = host(env=QUIET)
    crash(desk, 2)
    running.wait_for(BEGINS)
    echo = desk.add("echo", {"text": "patience"})
    assert desk.perform("hello")["state"] == "completed"
    assert desk.report(echo)["state"] == "open"
    running.wait_for(r"level=warning .*quarantine is over for a trial: the plugin is started again; if it loses a process within 1 min")
    assert desk.wait(echo, "completed", wait=10)["state"] == "completed"
    assert desk.perform("echo", {"text": "again"})["state"] == "completed"
    running.stop()
    assert "in quarantine" not in running.text().splitlines()[-1]


def test_a_crash_during_the_trial_brings_it_back_at_once(desk, host, conf):
    conf.section("plugin probe", crashes=2, quarantine="1s")
    running = host(env=QUIET)
    crash(desk, 2)
    running.wait_for("quarantine is over for a trial")
    crash(desk, 1)
    eventually(lambda: len(re.findall(BEGINS, running.text(), re.MULTILINE)) == 2, 10)


def test_without_a_number_of_crashes_there_is_no_quarantine(desk, host, conf):
    conf.section("plugin probe", crashes=0)
    running = host(env=QUIET)
    crash(desk, 3)
    assert desk.perform("echo", {"text": "still here"}, wait=20)["state"] == "completed"
    assert "quarantine" not in running.text()


def test_five_crashes_are_enough_when_nothing_is_configured(desk, host, conf):
    conf.section("plugin probe", crashes=None, crash_window=None)
    running = host(env=QUIET)
    crash(desk, 4)
    assert "quarantine" not in running.text()
    crash(desk, 1)
    line = running.wait_for(BEGINS)
    assert line[1] == "5" and line[2] == "10 min"
