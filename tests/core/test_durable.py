"""Durable work: whatever dies in the middle, what a service has accepted is never sent again, nothing is lost, and what nobody
can know is said to people."""
import os
import signal
import time

import pytest
from workbench import PLACE
from probe import eventually, runner_of

UNKNOWN = "may have been carried out, its outcome is unknown"


def kill_alone(running):
    """The host dies; its plugin processes live on and hear out what they have under way."""
    running.expected = False
    os.kill(running.pid, signal.SIGKILL)
    running.process.wait()


def kill_all(running):
    """The machine dies."""
    running.kill()


KILLS = pytest.mark.parametrize("kill", [kill_alone, kill_all])


@KILLS
def test_steps_that_were_answered_are_not_sent_again_after_a_kill_and_the_time_of_the_task_stays(bench, host, kill):
    running = host(bench.topic("Post").conf)
    task = bench.add("Post", {"url": PLACE, "count": 4, "ms": 400})
    for count in 1, 2, 3:
        bench.wait_sent(count)
        time.sleep(0.25)  # the answer is in the journal and the unit dozes
        kill(running)
        time.sleep(0.3)
        running = host(bench.conf)
        running.wait_for("taken up again after a restart")
    bench.wait(task)
    assert bench.numbers() == [0, 1, 2, 3]
    assert len({one["body"]["now"] for one in bench.sent()}) == 1
    assert not bench.told(task, "failed")


def test_many_tasks_survive_many_kills_and_no_request_is_made_twice(bench, host):
    running = host(bench.topic("Post").conf)
    bench.add("Post", {"url": PLACE, "count": 3, "ms": 150}, count=30)
    for _ in range(4):
        time.sleep(0.5)
        kill_alone(running)
        running = host(bench.conf)
    counts = bench.completed(30, 20)
    assert counts["incident"] == 0
    assert sorted(bench.numbers()) == [0] * 30 + [1] * 30 + [2] * 30


def test_a_post_under_way_when_everything_is_killed_is_an_incident_and_a_granted_retry_sends_it(bench, host):
    bench.fault(status=201, body={}, skip=1, delay=1.5)
    running = host(bench.topic("Post").conf)
    task = bench.add("Post", {"url": PLACE, "count": 3})
    bench.wait_sent(2)
    running.kill()
    running = host(bench.conf)
    incident = bench.wait(task, "incident")
    url = bench.zgw.zaken + PLACE
    assert f"probe.Post: post to the service: it is not known whether POST {url} was carried out" in incident["errorMessage"]
    assert "grant a retry" in incident["errorMessage"]
    assert bench.numbers() == [0, 1]
    eventually(lambda: bench.engine.counts()["polls"] == 1)  # that of the dead host is over
    bench.engine.set_retries(task, 1)
    bench.wait(task)
    assert bench.numbers() == [0, 1, 1, 2]


def test_a_post_under_way_when_only_the_host_is_killed_is_heard_out_and_the_work_goes_on(bench, host):
    bench.fault(status=201, body={}, skip=1, delay=1.5)
    running = host(bench.topic("Post").conf)
    task = bench.add("Post", {"url": PLACE, "count": 3})
    bench.wait_sent(2)
    kill_alone(running)
    running = host(bench.conf)
    bench.wait(task)
    assert "a plugin process heard an answer after the host had stopped" in running.text()
    assert bench.numbers() == [0, 1, 2]
    assert not bench.told(task, "failed")


LOST_ANSWERS = [{"kind": "close"}, {"kind": "reset"}, {"kind": "cut"}, {"kind": "garbage"}, {"status": 201, "delay": 20},
                {"status": 502, "body": "no upstream"}, {"kind": "html", "status": 504}]  # fmt: skip


@pytest.mark.parametrize("fault", LOST_ANSWERS, ids=lambda fault: "-".join(str(value) for value in fault.values()))
def test_a_post_whose_answer_is_lost_is_an_incident_at_once_and_a_granted_retry_sends_it(bench, host, fault):
    bench.conf.section("service zaken", timeout="1s")
    bench.fault(skip=1, **fault)
    host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE, "count": 3}, "incident")
    assert f"POST {bench.zgw.zaken}{PLACE} {UNKNOWN}" in task["errorMessage"]
    assert len(bench.told(task["id"], "failed")) == 1
    assert bench.numbers() == [0, 1]
    bench.engine.set_retries(task["id"], 1)
    bench.wait(task["id"])
    assert bench.numbers() == [0, 1, 1, 2]


def test_an_unknown_outcome_that_could_not_be_reported_is_not_sent_again_without_a_person(bench, host):
    bench.fault(kind="close")
    words = "Failure of External Task x cannot be reported by worker 'y'. It is locked by worker 'z'."
    bench.engine.fault("failure", "status", status=400, body={"type": "BadUserRequestException", "message": words})
    running = host(bench.topic("Post", lock="10s").conf)
    task = bench.add("Post", {"url": PLACE})
    running.wait_for("lost: the engine does not take the failure")
    assert not bench.told(task, "failed")
    bench.engine.expire()  # the engine offers the task again, of its own accord
    bench.wait(task, "incident")
    assert bench.numbers() == [0]
    bench.engine.set_retries(task, 1)
    bench.wait(task)
    assert bench.numbers() == [0, 0]


REPEATABLE = pytest.mark.parametrize("how", [{"method": "PUT"}, {"method": "PATCH"}, {"method": "DELETE"}, {"repeatable": True}],
                                     ids=lambda how: str(list(how.values())[0]))  # fmt: skip


@REPEATABLE
def test_what_may_be_sent_twice_is_sent_again_when_its_answer_is_lost(bench, host, how):
    bench.fault(method=None, kind="close")
    host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE, "count": 2, **how})
    [failed] = bench.told(task["id"], "failed")
    assert failed["retries"] == 3
    assert "got no answer" in failed["message"]
    assert [one["body"]["number"] for one in bench.sent(method=None)] == [0, 0, 1]


@REPEATABLE
def test_what_may_be_sent_twice_is_sent_again_after_a_kill(bench, host, how):
    bench.fault(method=None, status=200, body={}, skip=1, delay=1.5)
    running = host(bench.topic("Post").conf)
    task = bench.add("Post", {"url": PLACE, "count": 3, **how})
    eventually(lambda: len(bench.sent(method=None)) == 2)
    running.kill()
    host(bench.conf)
    bench.wait(task)
    assert [one["body"]["number"] for one in bench.sent(method=None)] == [0, 1, 1, 2]
    assert not bench.told(task, "failed")


@pytest.mark.parametrize("status", [500, 503, 429, 409])
def test_a_post_that_was_refused_for_now_is_sent_anew_by_the_retry(bench, host, status):
    bench.fault(status=status, skip=1)
    host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE, "count": 3})
    [failed] = bench.told(task["id"], "failed")
    assert f"answered HTTP {status}" in failed["message"]
    assert bench.numbers() == [0, 1, 1, 2]


@pytest.mark.parametrize("status", [400, 403, 404])
def test_a_post_that_was_refused_for_good_is_an_incident_and_sent_anew_by_a_granted_retry(bench, host, status):
    bench.fault(status=status, skip=1)
    host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE, "count": 3}, "incident")
    assert f"answered HTTP {status}" in task["errorMessage"]
    bench.engine.set_retries(task["id"], 1)
    bench.wait(task["id"])
    assert bench.numbers() == [0, 1, 1, 2]


def test_a_unit_that_asks_for_something_else_than_before_ends_in_an_incident_that_shows_both(bench, host):
    bench.fault(status=400, skip=1)
    host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE, "count": 2}, "incident")["id"]
    bench.change(task, url=PLACE + "/anders")
    bench.engine.set_retries(task, 1)
    bench.wait_told(task, "failed", 2)
    root = bench.zgw.zaken
    words = bench.task(task)["errorMessage"]
    assert f"step 1 is now POST {root}{PLACE}/anders, but this task's journal holds POST {root}{PLACE}:" in words
    assert bench.numbers() == [0, 1]
    bench.change(task, url=PLACE, method="PUT")
    bench.engine.set_retries(task, 1)
    bench.wait_told(task, "failed", 3)
    words = bench.task(task)["errorMessage"]
    assert f"step 1 is now PUT {root}{PLACE}, but this task's journal holds POST {root}{PLACE}:" in words
    bench.change(task, method="POST")
    bench.engine.set_retries(task, 1)
    bench.wait(task)
    assert bench.numbers() == [0, 1, 1]


def test_an_effect_of_a_units_own_happens_once(bench, host, tmp_path):
    lines, failing = tmp_path / "lines", tmp_path / "failing"
    failing.touch()
    running = host(bench.topic("Step", retries=20).conf)
    task = bench.add("Step", {"file": str(lines), "failing": str(failing)})
    bench.wait_told(task, "failed", 2)
    running.kill()
    host(bench.conf)
    bench.wait_told(task, "failed", 3)
    failing.unlink()
    bench.wait(task)
    assert lines.read_text() == "done\n"
    assert bench.instance(task)["variables"]["kept"]["value"] == "appended"


def test_a_runner_that_is_killed_costs_its_only_task_a_retry_and_nothing_is_sent_twice(bench, host):
    running = host(bench.topic("Post").conf)
    task = bench.add("Post", {"url": PLACE, "count": 3, "ms": 500})
    bench.wait_sent(2)
    time.sleep(0.2)
    os.kill(runner_of(running, "probe"), signal.SIGKILL)
    bench.wait(task)
    [failed] = bench.told(task, "failed")
    assert "the process of plugin probe ended with signal 9 (Killed) while it ran this task" in failed["message"]
    assert bench.numbers() == [0, 1, 2]


def test_when_a_runner_with_several_tasks_is_killed_they_are_resumed_and_nothing_is_sent_twice(bench, host):
    running = host(bench.topic("Post").conf)
    bench.add("Post", {"url": PLACE, "count": 3, "ms": 300}, count=4)
    bench.wait_sent(8)
    time.sleep(0.15)
    os.kill(runner_of(running, "probe"), signal.SIGKILL)
    counts = bench.completed(4)
    assert "failure" not in counts["requests"]
    assert sorted(bench.numbers()) == [0] * 4 + [1] * 4 + [2] * 4


def test_a_runner_that_is_killed_with_a_post_under_way_leaves_an_incident_that_names_it(bench, host):
    bench.fault(status=201, body={}, delay=1.5)
    running = host(bench.topic("Post").conf)
    task = bench.add("Post", {"url": PLACE})
    bench.wait_sent(1)
    os.kill(runner_of(running, "probe"), signal.SIGKILL)
    incident = bench.wait(task, "incident")
    assert f"it is not known whether POST {bench.zgw.zaken}{PLACE} was carried out" in incident["errorMessage"]
    assert bench.numbers() == [0]


def test_a_retry_after_a_failure_goes_on_where_the_last_run_stopped_also_after_a_restart(bench, host):
    bench.fault(status=503, skip=1)
    running = host(bench.topic("Post", retry_wait="2s").conf)
    task = bench.add("Post", {"url": PLACE, "count": 3})
    bench.wait_told(task, "failed")
    assert running.stop() == 0
    host(bench.conf)
    bench.wait(task)
    assert bench.numbers() == [0, 1, 1, 2]
    assert len({one["body"]["now"] for one in bench.sent()}) == 1


def test_a_failure_that_was_not_yet_reported_when_the_host_was_killed_is_reported_after_the_restart(bench, host):
    running = host(bench.topic("Fail").conf)
    bench.engine.fault("failure", "status", 1000, status=503)
    task = bench.add("Fail", {"text": "voorgoed"})
    running.wait_for("the failure was not taken by the engine")
    running.kill()
    bench.clear_faults()
    running = host(bench.conf)
    assert bench.wait(task, "incident")["errorMessage"] == "probe.Fail: voorgoed"
    assert "running, attempt" not in running.text()


def test_a_task_that_a_restored_engine_offers_again_is_not_run_again(bench, host):
    running = host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE})["id"]

    def restore():
        """As if the engine's database were set back."""
        state = bench.engine.state
        [again] = [one for instance in state.instances.values() for one in instance.tasks if one.id == task]
        again.state, again.worker, again.lock_until = "open", None, None
        again.instance.state, again.instance.at = "active", 0
        state.tasks[task] = again
        state.offer(again)
    bench.engine.call(restore)
    incident = bench.wait(task, "incident")
    assert "TaskPerformed: this host has completed this task before" in incident["errorMessage"]
    assert bench.numbers() == [0]
    assert running.process.poll() is None
