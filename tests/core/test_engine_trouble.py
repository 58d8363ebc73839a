"""An engine that is down, comes back, or answers what it should not: nothing is lost, nothing is done twice, and the engine
is not flooded."""
import socket
import time

import pytest
from workbench import PLACE, cpu_seconds
from engine import EngineStandIn
from probe import eventually
from settings import Settings

ODD = [
    {"do": "garbage"},
    {"do": "truncated"},
    {"do": "html"},
    {"do": "empty"},
    {"do": "nonsense"},
    {"do": "cut"},
    {"do": "close"},
    {"do": "reset"},
    {"do": "large"},
    {"do": "status", "status": 200, "body": {"not": "a list"}},
    {"do": "status", "status": 200, "body": [1, None, {}, {"id": "x"}, {"id": "../../x", "topicName": "Echo"}]},
    {"do": "html", "status": 404},
    {"do": "html", "status": 502},
    {"do": "status", "status": 401, "body": {"type": "AuthenticationException", "message": "Unauthorized"}},
    {"do": "status", "status": 404, "body": "no such page"},
    {"do": "status", "status": 429, "body": "slow down"},
    {"do": "status", "status": 500},
    {"do": "status", "status": 503, "body": "unavailable"},
]


# Answers that are no yes to a report: a yes is 2xx without a body.
NO_YES = [one for one in ODD if one["do"] not in ("empty", "cut")]


def name_of(fault):
    return f"{fault['do']}-{fault.get('status', '')}{'-body' if 'body' in fault else ''}"


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def test_a_host_that_starts_before_its_engine_works_once_that_is_up(bench, host):
    port = free_port()
    bench.conf.use_engine(f"http://127.0.0.1:{port}/engine-rest/")
    running = host(bench.topic("Echo").conf)
    running.wait_for("the poll for tasks failed", 5)
    with EngineStandIn(port) as late:
        task = late.add({"topic": "Echo", "variables": {"text": {"type": "String", "value": "laat"}}})["instances"][0]
        eventually(lambda: late.counts()["completed"] == 1, 10, lambda: running.text())
        [instance] = [one for one in late.instances() if one["id"] == task]
        assert instance["variables"]["text"]["value"] == "laat"
        assert running.stop() == 0


def test_work_that_runs_and_results_that_wait_survive_an_outage_and_nothing_is_sent_twice(bench, host):
    bench.topic("Post", lock="10s").topic("Nap", lock="10s")
    running = host(bench.conf)
    bench.add("Post", {"url": PLACE, "count": 3, "ms": 400}, count=4)
    bench.add("Nap", {"ms": 2000}, count=4)
    bench.wait_sent(4)
    bench.engine.set_outage("reset")
    running.wait_for("the completion was not taken by the engine", 10)
    time.sleep(1.5)
    late = bench.engine.add({"topic": "Post", "variables": {"url": {"type": "String", "value": PLACE}}})["tasks"][0]
    bench.engine.set_outage(None)
    counts = bench.completed(9)
    assert counts["incident"] == 0
    assert sorted(bench.numbers()) == sorted([0, 1, 2] * 4 + [0])
    assert not bench.told(late, "failed")
    assert all(len(bench.told(task["id"], "fetched")) == 1 for one in bench.engine.instances() for task in one["tasks"])


@pytest.mark.parametrize("how", ["reset", "503"])
def test_an_engine_that_is_down_gets_fewer_than_one_request_a_second(bench, host, how):
    running = host(bench.topic("Echo").conf)
    eventually(lambda: bench.engine.counts()["polls"] == 1)
    bench.engine.set_outage(how)
    running.wait_for("the poll for tasks failed", 5)
    time.sleep(1)
    before = sum(bench.engine.counts()["requests"].values())
    time.sleep(4)
    assert sum(bench.engine.counts()["requests"].values()) - before < 4
    bench.engine.set_outage(None)
    bench.perform("Echo")
    assert "the engine answers again after" in running.text()


def test_an_engine_that_is_down_is_not_flooded_by_waiting_results_and_gets_them_soon_after_it_is_back(bench, host):
    running = host(bench.topic("Post", lock="10s").conf)
    bench.add("Post", {"url": PLACE, "ms": 500}, count=16)
    bench.wait_sent(16)
    bench.engine.set_outage("reset")
    running.wait_for("the completion was not taken by the engine")
    time.sleep(1.5)
    before, worked = sum(bench.engine.counts()["requests"].values()), cpu_seconds(running.pid)
    time.sleep(5)
    assert sum(bench.engine.counts()["requests"].values()) - before <= 5
    assert cpu_seconds(running.pid) - worked < 0.3
    bench.engine.set_outage(None)
    counts = bench.completed(16, 15)
    assert bench.numbers() == [0] * 16
    assert counts["incident"] == 0


@pytest.mark.parametrize("fault", ODD, ids=name_of)
def test_a_poll_that_is_answered_oddly_is_made_again_and_says_what_came(bench, host, fault):
    bench.engine.fault("fetchAndLock", **fault)
    running = host(bench.topic("Echo").conf)
    bench.perform("Echo", {"text": "hier"})
    odd_entries = isinstance(fault.get("body"), list)
    running.wait_for("entry 0 of the fetched tasks is left out" if odd_entries else "the poll for tasks failed .1 in a row.: .")


@pytest.mark.parametrize("fault", NO_YES, ids=name_of)
def test_a_completion_that_is_answered_oddly_is_said_again_and_the_unit_is_not_run_again(bench, host, fault):
    host(bench.topic("Post").conf)
    bench.engine.fault("complete", **fault)
    task = bench.perform("Post", {"url": PLACE})
    assert bench.numbers() == [0]
    assert len(bench.told(task["id"], "fetched")) == 1
    assert not bench.told(task["id"], "failed")
    eventually(lambda: bench.engine.counts()["requests"]["complete"] == 2)


def test_a_completion_that_the_engine_refuses_is_an_incident_and_a_retry_completes_without_running_again(bench, host):
    host(bench.topic("Post").conf)
    bench.engine.fault("complete", "status", status=400, body={"type": "InvalidRequestException", "message": "a wrong value"})
    task = bench.perform("Post", {"url": PLACE}, "incident")
    assert "the engine refuses the completion: HTTP 400: InvalidRequestException: a wrong value" in task["errorMessage"]
    bench.engine.set_retries(task["id"], 1)
    bench.wait(task["id"])
    assert bench.numbers() == [0]


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_is_refused_for_a_moment_costs_no_result(bench, host, status):
    host(bench.topic("Post").conf)
    bench.engine.fault("complete", "status", status=status, body={"type": "AuthenticationException", "message": "no"})
    bench.wait(bench.add("Post", {"url": PLACE}))
    assert bench.engine.counts()["requests"]["complete"] == 2
    assert bench.numbers() == [0]


@pytest.mark.parametrize("fault", NO_YES, ids=name_of)
def test_a_failure_that_is_answered_oddly_is_said_again(bench, host, fault):
    host(bench.topic("Fail").conf)
    bench.engine.fault("failure", **fault)
    task = bench.perform("Fail", {"text": "voorgoed"}, "incident")
    assert task["errorMessage"] == "probe.Fail: voorgoed"
    times = 2 if fault["do"] == "truncated" else 1  # that answer comes after the failure was taken
    bench.wait_told(task["id"], "failed", times)
    assert len(bench.told(task["id"], "failed")) == times


def test_a_task_that_is_offered_again_before_the_answer_to_its_failure_comes_is_not_held_until_its_lock_ends(bench, host):
    """The engine took the failure and a person granted a retry at once: the next poll brings the task to a host that still
    waits to hear of the failure, so nobody would work on it for as long as the new lock lasts."""
    bench.fault(kind="close")
    bench.conf.section("engine main", timeout="10s")
    bench.engine.fault("failure", "slow", after=True, delay=3)
    running = host(bench.topic("Post", lock="60s").conf)
    task = bench.add("Post", {"url": PLACE})
    bench.wait(task, "incident")
    bench.engine.set_retries(task, 1)
    running.wait_for("offers this task again while we still hold it")
    bench.wait(task, wait=20)
    assert bench.numbers() == [0, 0]
    assert len(bench.told(task, "failed")) == 1 and len(bench.told(task, "unlocked")) == 1


@pytest.mark.parametrize("do", ["reset", "hang", "html", "garbage", "status"])
def test_a_lock_extension_without_an_answer_is_made_again_while_the_unit_runs_on(bench, host, do):
    running = host(bench.topic("Nap", lock="10s").conf)
    bench.engine.fault("extendLock", do)
    task = bench.perform("Nap", {"ms": 5500})
    running.wait_for("the lock could not be extended")
    assert len(bench.told(task["id"], "fetched")) == 1


def test_a_poll_that_hangs_is_given_up_and_made_again(bench, host):
    """A half-open connection: the engine is gone without a word. The poll has a deadline of its own."""
    bench.conf.section("engine main", long_poll="1s")
    bench.engine.fault("fetchAndLock", "hang")
    running = host(bench.topic("Echo").conf)
    task = bench.add("Echo")
    bench.wait(task, wait=30)
    assert "the poll for tasks failed" in running.text()


@pytest.mark.parametrize("do", ["hang", "half-open"])
def test_a_completion_that_hangs_is_given_up_and_said_again(bench, host, do):
    host(bench.topic("Post").conf)
    bench.engine.fault("complete", do)
    bench.perform("Post", {"url": PLACE})
    assert bench.numbers() == [0]


def test_a_failure_that_hangs_is_given_up_and_said_again(bench, host):
    host(bench.topic("Fail").conf)
    bench.engine.fault("failure", "hang")
    assert bench.perform("Fail", {"text": "voorgoed"}, "incident")["errorMessage"] == "probe.Fail: voorgoed"


def test_when_a_third_of_the_completions_fail_all_tasks_are_completed_without_an_incident(bench, host):
    bench.conf.section("host", workers=20)
    host(bench.topic("Post").conf)
    for _ in range(15):  # as optimistic locking of a busy engine
        bench.engine.fault("complete", "slow", 2)
        bench.engine.fault("complete", "status", 1, status=500)
    bench.add("Post", {"url": PLACE}, count=50)
    counts = bench.completed(50)
    assert counts["incident"] == 0
    assert len(bench.sent()) == 50
    assert "failure" not in counts["requests"]


@pytest.mark.parametrize("how", [{"do": "status", "status": 500}, {"do": "close"}, {"do": "cut"}, {"do": "hang"}],
                         ids=["500", "close", "cut", "timeout"])
def test_a_completion_that_was_taken_although_it_looked_failed_is_no_failure(bench, host, how):
    running = host(bench.topic("Post").conf)
    bench.engine.fault("complete", after=True, **how)
    task = bench.perform("Post", {"url": PLACE})
    running.wait_for("the engine no longer has this task: an earlier try completed it")
    assert bench.numbers() == [0]
    assert "failure" not in bench.engine.counts()["requests"]
    assert len(bench.told(task["id"], "completed")) == 1


def test_a_task_that_was_cancelled_while_it_ran_ends_quietly(bench, host):
    running = host(bench.topic("Nap").conf)
    task = bench.add("Nap", {"ms": 600})
    bench.wait_told(task, "fetched")
    bench.engine.cancel(task)
    running.wait_for("the engine no longer has this task: it was completed before, or cancelled")
    assert "failure" not in bench.engine.counts()["requests"]


def test_an_engine_that_is_down_does_not_hold_up_another_engine(bench, host):
    with EngineStandIn() as second:
        bench.conf.section("engine second", type="camunda", url=second.url)
        bench.topic("Post", engine="main").topic("Echo", engine="second")
        running = host(bench.conf)
        bench.add("Post", {"url": PLACE, "ms": 500}, count=8)
        bench.wait_sent(8)
        bench.engine.set_outage("reset")
        running.wait_for("the completion was not taken by the engine")
        start = time.monotonic()
        second.add({"topic": "Echo", "count": 100})
        eventually(lambda: second.counts()["completed"] == 100)
        assert time.monotonic() - start < 5
        bench.engine.set_outage(None)
        bench.completed(8)
        assert not second.counts()["broken"]
        assert running.stop() == 0


def test_two_hosts_share_the_tasks_of_an_engine_and_each_is_done_once(bench, host, tmp_path):
    other = Settings(tmp_path / "other")
    bench.topic("Post")
    other.sections = {title: dict(keys) for title, keys in bench.conf.sections.items()}
    other.section("host", state=tmp_path / "other/state")
    for settings in bench.conf, other:
        host(settings.section("host", workers=2))
    bench.add("Post", {"url": PLACE, "ms": 50}, count=60)
    bench.completed(60)
    assert len(bench.sent()) == 60
    workers = {bench.told(task["id"], "completed")[0]["worker"] for one in bench.engine.instances() for task in one["tasks"]}
    assert len(workers) == 2
