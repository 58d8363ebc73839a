"""Locks: kept while a unit runs, missed before it runs, and taken away in the middle."""
import time

from workbench import PLACE
from probe import eventually


def test_the_lock_of_a_unit_that_runs_for_more_than_two_lock_times_is_extended_and_the_task_completed(bench, host):
    host(bench.topic("Nap", lock="10s").conf)
    start = time.time()
    task = bench.wait(bench.add("Nap", {"ms": 23000}), wait=40)
    extensions = [entry["at"] - start for entry in task["history"] if entry["what"] == "extended"]
    assert 4 <= len(extensions) <= 5
    assert all(4 < later - earlier < 6 for earlier, later in zip([0, *extensions], extensions))
    assert task["fetched"] == 1


def test_a_unit_whose_lock_is_taken_away_is_stopped_at_its_next_call_and_nothing_is_reported(bench, host):
    running = host(bench.topic("Post", lock="10s").conf)
    task = bench.add("Post", {"url": PLACE, "count": 40, "ms": 300})
    bench.wait_sent(2)
    bench.engine.steal(task, seconds=600)
    running.wait_for("lock lost .HTTP 400.*: the unit is stopped at its next call", 8)
    running.wait_for("lost: the unit was stopped, nothing is reported", 2)
    sent = len(bench.sent())
    time.sleep(1)
    assert len(bench.sent()) == sent < 25
    requests = bench.engine.counts()["requests"]
    assert "complete" not in requests and "failure" not in requests
    assert [entry["what"] for entry in bench.task(task)["history"]] == ["fetched", "stolen"]


def test_a_task_that_another_host_has_taken_meanwhile_is_not_run_after_a_restart(bench, host):
    running = host(bench.topic("Post", lock="10s").conf)
    task = bench.add("Post", {"url": PLACE, "count": 2, "ms": 60000})
    bench.wait_sent(1)
    running.kill()
    bench.engine.steal(task, seconds=600)
    again = host(bench.conf)
    again.wait_for("TaskExpired: the lock ran out before the unit was run and cannot be extended .HTTP 400", 5)
    assert bench.numbers() == [0]
    assert "failure" not in bench.engine.counts()["requests"]


def test_a_task_whose_lock_ran_out_while_the_host_was_down_comes_back_and_goes_on_where_it_was(bench, host):
    running = host(bench.topic("Post", lock="10s").conf)
    task = bench.add("Post", {"url": PLACE, "count": 3, "ms": 300})
    bench.wait_sent(2)
    running.kill()
    bench.engine.expire()
    again = host(bench.conf)
    bench.wait(task)
    again.wait_for("TaskExpired")
    assert bench.numbers() == [0, 1, 2]
    assert not bench.told(task, "failed")


def test_no_mutation_is_started_while_little_of_the_lock_is_left(bench, host):
    host(bench.topic("Post", lock="10s").conf)
    bench.engine.fault("extendLock", "status", 3, status=503)
    task = bench.add("Post", {"url": PLACE, "count": 20, "ms": 350})
    bench.wait(task, wait=25)
    [extended, *_] = [entry["at"] for entry in bench.told(task, "extended")]
    refused = [one["at"] for one in bench.asked("extendLock") if one["at"] < extended - 0.05]
    assert len(refused) == 3
    assert not [one for one in bench.sent() if refused[0] + 0.2 < one["time"] < extended]
    assert bench.numbers() == list(range(20))


def test_a_lock_that_is_lost_and_comes_back_while_the_unit_still_stops_leads_to_a_new_run_and_no_failure(bench, host):
    bench.conf.section("engine main", long_poll="1s")
    running = host(bench.topic("Post", lock="10s").conf)
    task = bench.add("Post", {"url": PLACE, "ms": 7500})
    bench.wait_told(task, "fetched")
    time.sleep(4.4)
    bench.engine.steal(task, seconds=0.8)
    running.wait_for("lock lost", 3)
    bench.wait_told(task, "fetched", 2, wait=4)
    bench.wait(task, wait=20)
    assert not bench.told(task, "failed")
    assert bench.numbers() == [0]


def test_a_lock_that_ran_out_at_the_engine_and_is_given_to_us_again_disturbs_nothing(bench, host):
    running = host(bench.topic("Nap", lock="10s").conf)
    task = bench.add("Nap", {"ms": 3000})
    bench.wait_told(task, "fetched")
    bench.engine.expire()
    bench.wait(task)
    running.wait_for("the engine offers this task again while we still hold it")
    assert not bench.told(task, "failed")
    assert running.text().count("running, attempt") == 1


def test_locks_of_tasks_whose_answer_never_came_are_given_back(bench, host):
    bench.topic("Echo")
    tasks = bench.engine.add({"topic": "Echo", "count": 3})["tasks"]
    bench.engine.fault("fetchAndLock", "close", after=True)
    running = host(bench.conf)
    bench.completed(3, 5)
    assert len(running.wait_for("the engine holds this task locked for us, and its answer never came: unlocked")[0])
    assert all(len(bench.told(task, "unlocked")) == 1 for task in tasks)


def test_a_task_that_a_dead_hosts_poll_still_locks_is_given_back(bench, host):
    running = host(bench.topic("Echo").conf)
    eventually(lambda: bench.engine.counts()["polls"] == 1)
    running.kill()
    again = host(bench.conf)
    eventually(lambda: bench.engine.counts()["polls"] == 2)
    task = bench.add("Echo")  # the engine gives it to the poll that was there first
    bench.wait(task, wait=8)
    assert "the engine holds this task locked for us, and its answer never came" in again.text()


def test_tasks_that_are_held_are_not_given_back_after_a_poll_without_an_answer(bench, host):
    running = host(bench.topic("Nap").conf)
    task = bench.add("Nap", {"ms": 1500})
    bench.wait_told(task, "fetched")
    eventually(lambda: bench.engine.counts()["polls"])
    bench.engine.set_outage("reset")
    running.wait_for("the poll for tasks failed")
    bench.engine.set_outage(None)
    bench.wait(task)
    assert not bench.told(task, "unlocked")
    assert bench.asked("list")
