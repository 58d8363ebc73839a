"""Stopping a host, and state folders that it cannot use. The first SIGTERM lets running tasks finish within the drain time and
gives back the rest; the second one stops at once; the exit status is 0 each time."""
import os
import signal
import subprocess
import tempfile
import time

import pytest
from probe import Desk, alive, children, eventually, probe_topic, use_probe


@pytest.fixture
def desk(engine, conf, build):
    use_probe(conf.use_engine(engine.url, long_poll="20s"), build).section("host", drain="10s", workers=4)
    for unit in "Nap", "Echo", "Loop", "Fail":
        probe_topic(conf, unit)
    return Desk(engine)


def stop(running, wait=15, sig=signal.SIGTERM):
    """Sends the signal; (status, seconds until it had ended)."""
    before = time.monotonic()
    running.process.send_signal(sig)
    return running.process.wait(wait), time.monotonic() - before


def is_free(desk, task):
    """Was it given back, and is it locked by nobody? The poll that the host broke off may have taken it once more."""
    report = desk.report(task)
    return report["state"] == "open" and report["workerId"] is None and desk.happened(task, "unlocked") >= 1


@pytest.mark.parametrize("sig", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_host_stops_at_once(desk, host, engine, sig):
    running = host()
    eventually(lambda: engine.counts()["polls"] == 1)
    status, seconds = stop(running, sig=sig)
    assert status == 0 and seconds < 1
    assert "stopped: 0 tasks completed, 0 failed" in running.text()


def test_a_host_whose_engine_is_away_stops_at_once(desk, host, engine):
    for outage in "reset", "hang":
        engine.set_outage(outage)
        running = host()
        time.sleep(0.7)
        status, seconds = stop(running)
        assert status == 0 and seconds < (1.5 if outage == "reset" else 6), (outage, seconds)


def test_running_tasks_finish_and_no_new_ones_are_fetched(desk, host, engine):
    running = host()
    naps = [desk.add("nap", {"ms": 1200}) for _ in range(3)]
    eventually(lambda: running.text().count("running, attempt 1") == 3)
    running.process.send_signal(signal.SIGTERM)
    running.wait_for("no more tasks are fetched")
    late = desk.add("echo", {"text": "too late"})
    status = running.process.wait(10)
    assert status == 0
    assert all(desk.report(nap)["state"] == "completed" for nap in naps)
    # the engine may lock it for the poll that was broken off, but nobody runs it
    assert desk.report(late)["state"] == "open" and "topic=echo" not in running.text()
    assert "stopped: 3 tasks completed, 0 failed" in running.text()


def test_failures_during_the_drain_are_still_reported(desk, host, engine):
    running = host()
    engine.fault("failure", "status", 2)
    fail = desk.add("fail")
    running.wait_for("the failure was not taken by the engine")
    status, _ = stop(running)
    assert status == 0 and desk.report(fail)["state"] == "incident"


def test_what_runs_over_the_drain_time_is_given_back_and_done_by_the_next(desk, host, conf):
    conf.section("host", drain="500ms")
    running = host()
    nap = desk.add("nap", {"ms": 1500})
    loop = desk.add("loop")
    eventually(lambda: running.text().count("running, attempt 1") == 2)
    started = children(running.pid)
    status, seconds = stop(running)
    assert status == 0 and 0.4 < seconds < 4, seconds
    for task in nap, loop:
        assert is_free(desk, task), desk.report(task)
        assert desk.happened(task, "failed") == 0
    assert "the drain time is over" in running.text()
    eventually(lambda: not any(alive(pid) for pid in started), 5, lambda: f"left: {started}")
    host()
    assert desk.wait(nap, "completed")["state"] == "completed"


def test_a_plugins_process_that_does_not_move_is_not_waited_for_longer_than_the_drain_time(desk, host, conf):
    conf.section("host", drain="1s")
    running = host()
    pid, = children(running.pid)
    os.kill(pid, signal.SIGSTOP)  # as a machine that swaps does
    naps = [desk.add("nap", {"ms": 100}) for _ in range(2)]
    eventually(lambda: all(desk.happened(nap, "fetched") for nap in naps))
    status, seconds = stop(running)
    assert status == 0 and seconds < 5
    for nap in naps:
        assert is_free(desk, nap), desk.report(nap)
    eventually(lambda: not alive(pid), 5, lambda: f"{pid} is left")


def test_a_second_signal_stops_at_once_and_the_next_host_goes_on(desk, host):
    running = host()
    nap = desk.add("nap", {"ms": 1500})
    running.wait_for("running, attempt 1")
    started = children(running.pid)
    running.process.send_signal(signal.SIGTERM)
    running.wait_for("no more tasks are fetched")
    status, seconds = stop(running)
    assert status == 0 and seconds < 1.5
    assert "second signal" in running.text()
    assert desk.report(nap)["state"] == "open" and desk.happened(nap, "unlocked") == 0
    eventually(lambda: not any(alive(pid) for pid in started), 5, lambda: f"left: {started}")
    again = host()
    assert "taken up again after a restart" in again.text() or again.wait_for("taken up again after a restart")
    assert desk.wait(nap, "completed")["state"] == "completed" and desk.happened(nap, "fetched") == 1


def test_a_signal_while_plugins_are_loading_stops_too(conf, build, host):
    conf.section("plugin hanging_init", library=build / "tests/plugins/hanging_init.so")
    running = host(ready=None)
    eventually(lambda: children(running.pid), 5)
    time.sleep(0.2)
    status, seconds = stop(running)
    assert status == 0 and seconds < 5


def test_sighup_and_sigpipe_do_nothing(desk, host):
    running = host()
    for sig in signal.SIGHUP, signal.SIGPIPE, signal.SIGCHLD:
        running.process.send_signal(sig)
    assert desk.perform("echo", {"text": "still here"})["state"] == "completed"


# ---- the state folder ----
def refused(bptl, conf, *words, as_nobody=False):
    argv = [str(bptl), "run", "--conf", str(conf.write())]
    if as_nobody:
        argv = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", *argv]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=20, stdin=subprocess.DEVNULL)
    assert done.returncode == 73, done
    for word in words:
        assert word in done.stderr, done.stderr
    assert "ready:" not in done.stderr


def test_a_state_folder_is_made_for_its_owner_alone(desk, host, conf):
    host()
    assert (conf.folder / "state").stat().st_mode & 0o777 == 0o700
    for file in (conf.folder / "state").iterdir():
        assert file.stat().st_mode & 0o077 == 0, file


def test_a_state_folder_whose_parent_is_not_there_is_said(bptl, desk, conf, tmp_path):
    conf.section("host", state=tmp_path / "no" / "such")
    refused(bptl, conf, f"{tmp_path}/no/such: No such file or directory", "make the state folder")


def test_a_file_in_place_of_the_state_folder_is_said(bptl, desk, conf, tmp_path):
    (tmp_path / "file").touch()
    conf.section("host", state=tmp_path / "file")
    refused(bptl, conf, f"{tmp_path}/file is no folder", "state =")


@pytest.mark.parametrize("mode", [0o755, 0o701, 0o770, 0o702])
def test_a_state_folder_that_others_can_use_is_refused(bptl, desk, conf, tmp_path, mode):
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(mode)
    conf.section("host", state=folder)
    refused(bptl, conf, f"{folder} can be read or written by others", f"chmod 700 {folder}")


def test_a_journal_that_is_none_is_said_and_left_alone(bptl, desk, conf, tmp_path):
    folder = tmp_path / "state"
    folder.mkdir(mode=0o700)
    (folder / "journal.db").write_bytes(b"no database at all\n" * 1000)
    (folder / "journal.db").chmod(0o600)
    conf.section("host", state=folder)
    refused(bptl, conf, f"{folder}/journal.db")
    assert (folder / "journal.db").read_bytes() == b"no database at all\n" * 1000


def readable_by_nobody(path):
    """Can the user nobody look into this folder?"""
    return subprocess.run(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "test", "-x", path]).returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can run the host as another user")
def test_a_state_folder_of_another_user_is_said(bptl, engine, conf):
    with tempfile.TemporaryDirectory(prefix="bptl-", dir="/var/tmp") as folder:
        os.chmod(folder, 0o755)
        conf.folder = type(conf.folder)(folder)
        os.mkdir(f"{folder}/state", 0o700)
        conf.section("host", state=f"{folder}/state").use_engine(engine.url)
        if not readable_by_nobody(bptl.parent):
            pytest.skip(f"other users cannot reach {bptl}")
        refused(bptl, conf, f"{folder}/state", as_nobody=True)
