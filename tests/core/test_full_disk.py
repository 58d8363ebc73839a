"""A disk that is full, or may not be written: the host waits with what depends on the journal, and loses nothing. The disk
is made full for the one process, by a limit on the size of its files."""
import os
import resource
import signal
import sqlite3
import time

from probe import children, eventually
from workbench import PLACE, cpu_seconds


def fill(bench, running):
    """No file of the host can grow any more: as large as its journal is now, so that not one page fits."""
    wal = bench.conf.folder / "state/journal.db-wal"
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (wal.stat().st_size, resource.RLIM_INFINITY))


def make_room(running):
    resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def is_blocked(running):
    return eventually(lambda: "the journal cannot be written" in running.text(), 10, running.text)


def start(bench, host, **keys):
    """A host that has done one task, so that there is a journal."""
    bench.conf.section("engine main", long_poll="1s")
    running = host(bench.topic("Post", lock="10s", **keys).topic("Echo").conf)
    bench.perform("Post", {"url": PLACE})
    return running


def test_on_a_full_disk_the_host_lives_fetches_nothing_and_goes_on_when_there_is_room(bench, host):
    running = start(bench, host)
    fill(bench, running)
    first = bench.add("Post", {"url": PLACE, "count": 3})
    is_blocked(running)
    assert f"Make room in {bench.conf.folder}/state" in running.text()
    polls = len(bench.asked("fetchAndLock"))
    later = [bench.add("Post", {"url": PLACE}) for _ in range(2)]
    used = cpu_seconds(running.pid)
    eventually(lambda: bench.told(first, "extended"), 10, running.text)  # its lock is kept
    assert len(bench.asked("fetchAndLock")) == polls
    assert cpu_seconds(running.pid) - used < 1
    assert [task["state"] for task in map(bench.task, [first, *later])] == ["open", "open", "open"], running.text()
    assert bench.numbers() == [0]
    make_room(running)
    for task in (first, *later):
        bench.wait(task)
    assert sorted(bench.numbers()) == [0, 0, 0, 0, 1, 2]
    assert "the journal can be written again after" in running.text()


def test_a_unit_whose_answer_cannot_be_kept_waits_with_it_and_ends_well(bench, host):
    running = start(bench, host)
    bench.fault(delay=1.0, status=201, body={"url": bench.zgw.zaken + PLACE + "/1"}, times=1)
    task = bench.add("Post", {"url": PLACE, "count": 2})
    bench.wait_sent(2)
    fill(bench, running)  # the first request is under way: its answer comes to a full disk
    is_blocked(running)
    assert bench.numbers() == [0, 0]
    make_room(running)
    bench.wait(task)
    assert bench.numbers() == [0, 0, 1]


def test_what_a_unit_did_without_the_journal_is_told_to_the_engine_while_the_disk_is_full(bench, host):
    running = start(bench.topic("Nap"), host)
    task = bench.add("Nap", {"ms": 3000})
    running.wait_for("running, attempt 1.*topic=Nap")
    fill(bench, running)
    bench.wait(task)
    is_blocked(running)
    make_room(running)
    bench.perform("Post", {"url": PLACE})
    assert running.stop() == 0
    with sqlite3.connect(bench.conf.folder / "state/journal.db") as journal:
        assert journal.execute("SELECT state FROM task WHERE id = ?", [task]).fetchone() == (10,)


def test_a_host_that_is_stopped_while_the_disk_is_full_says_so_and_the_next_one_finishes_its_tasks(bench, host):
    bench.conf.section("host", drain="1s")
    running = start(bench, host)
    bench.fault(delay=1.0, status=201, body={"url": bench.zgw.zaken + PLACE + "/1"}, times=1)
    task = bench.add("Post", {"url": PLACE, "count": 2})
    bench.wait_sent(2)
    fill(bench, running)
    is_blocked(running)
    running.expected = False
    assert running.stop(wait=10) == 74
    assert "what came last is not in it" in running.text()
    # the plugin's process, which had the answer, left it in the state folder
    host(bench.conf)
    bench.wait(task)
    assert bench.numbers() == [0, 0, 1]


def test_a_journal_that_is_deleted_under_a_running_host_ends_it_after_its_tasks(bench, host):
    running = start(bench.topic("Nap"), host)
    running.expected = False
    task = bench.add("Nap", {"ms": 1500})
    running.wait_for("running, attempt 1.*topic=Nap")
    for file in (bench.conf.folder / "state").glob("journal.db*"):
        file.unlink()
    late = bench.add("Post", {"url": PLACE})
    bench.wait(task)
    bench.wait_told(late, "unlocked")
    assert bench.numbers() == [0]
    assert running.process.wait(20) == 74
    assert "was moved or deleted while the host runs" in running.text()



def test_a_mutation_that_waited_for_room_when_its_process_died_was_not_sent_and_leaves_no_open_question(bench, host):
    running = start(bench, host)
    task = bench.add("Post", {"url": PLACE, "count": 2, "ms": 2000})
    bench.wait_sent(2)
    time.sleep(0.5)  # the answer is in the journal by now, and the unit sleeps
    fill(bench, running)
    is_blocked(running)  # with the intent of its second request
    for pid in children(running.pid):
        os.kill(pid, signal.SIGKILL)
    running.wait_for("while it ran this task")
    make_room(running)
    bench.wait(task)
    assert bench.numbers() == [0, 0, 1]


def test_a_unit_is_not_late_because_the_disk_was_full(bench, host):
    running = start(bench, host, time_limit="4s", retries=0)
    bench.fault(delay=1.0, status=201, body={"url": bench.zgw.zaken + PLACE + "/1"}, times=1)
    task = bench.add("Post", {"url": PLACE, "count": 2})
    bench.wait_sent(2)
    fill(bench, running)
    is_blocked(running)
    blocked = time.monotonic()
    eventually(lambda: time.monotonic() - blocked > 7, 10)  # longer than the unit's limit
    make_room(running)
    bench.wait(task)
    assert bench.numbers() == [0, 0, 1]
