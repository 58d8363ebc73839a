"""The folder with the journal: for one host at a time, and never used by a host that does not know its form."""
import sqlite3
import stat
import time

from workbench import PLACE
from probe import run


def test_a_second_host_on_the_same_state_folder_is_refused_and_the_first_works_on(bptl, bench, host):
    host(bench.topic("Post").conf)
    second = run(bptl, "run", "--conf", bench.conf.folder)
    assert second.returncode == 73
    assert f"{bench.conf.folder}/state is in use by another bptl run: one host per state folder" in second.stderr
    bench.perform("Post", {"url": PLACE})


def test_a_journal_of_a_newer_host_is_refused_and_not_touched(bptl, bench, host):
    running = host(bench.topic("Post").conf)
    bench.perform("Post", {"url": PLACE})
    assert running.stop() == 0
    file = bench.conf.folder / "state/journal.db"
    with sqlite3.connect(file) as journal:
        journal.execute("PRAGMA user_version = 999")
    refused = run(bptl, "run", "--conf", bench.conf.write())
    assert refused.returncode == 73
    assert "journal.db: the journal has schema 999, this host knows" in refused.stderr
    assert "upgrade, or use another state folder" in refused.stderr
    with sqlite3.connect(file) as journal:
        assert journal.execute("PRAGMA user_version").fetchone() == (999,)
        assert journal.execute("SELECT count(*) FROM task").fetchone() == (1,)


def test_a_journal_that_is_no_database_is_refused(bptl, bench):
    folder = bench.conf.folder / "state"
    folder.mkdir(mode=0o700)
    (folder / "journal.db").write_bytes(b"this is no database, but it is long enough to look like a file of some kind" * 20)
    refused = run(bptl, "run", "--conf", bench.topic("Echo").conf.write())
    assert refused.returncode == 73
    assert "journal.db: journal: file is not a database: the file is damaged; put it back from a backup, or move" in refused.stderr


def test_a_journal_that_is_damaged_inside_is_refused_and_no_task_of_it_is_forgotten_silently(bptl, bench, host):
    running = host(bench.topic("Post").conf)
    bench.add("Post", {"url": PLACE, "count": 2, "ms": 5000}, count=16)
    bench.wait_sent(16)
    running.kill()
    file = bench.conf.folder / "state/journal.db"
    with sqlite3.connect(file) as journal:
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = journal.execute("PRAGMA page_size").fetchone()[0]
        root = journal.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'task'").fetchone()[0]
    journal.close()
    data = bytearray(file.read_bytes())
    data[(root - 1) * size:root * size] = b"\xff" * size
    file.write_bytes(data)
    refused = run(bptl, "run", "--conf", bench.conf.folder)
    assert refused.returncode in (73, 74)
    assert "the file is damaged; put it back from a backup, or move the state folder away" in refused.stderr
    shown = run(bptl, "tasks", "--conf", bench.conf.folder)
    assert shown.returncode == 73 and "the file is damaged" in shown.stderr and not shown.stdout
    assert bench.numbers() == [0] * 16


def test_all_files_in_the_state_folder_are_for_the_host_alone(bench, host):
    host(bench.topic("Post").conf)
    bench.perform("Post", {"url": PLACE})
    folder = bench.conf.folder / "state"
    modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert "journal.db" in modes
    assert set(modes.values()) == {0o600}, modes
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_journal_keeps_no_bodies_of_tasks_that_are_over(bench, host):
    running = host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE, "count": 2})
    assert running.stop() == 0
    with sqlite3.connect(bench.conf.folder / "state/journal.db") as journal:
        steps = journal.execute("SELECT step, method, url, status, answer, error FROM step ORDER BY step").fetchall()
        [row] = journal.execute("SELECT id, topic, task, result FROM task").fetchall()
    url = bench.zgw.zaken + PLACE
    assert steps == [(1, "POST", url, 201, None, None), (2, "POST", url, 201, None, None)]
    assert row == (task["id"], "Post", None, None)


def test_ended_tasks_leave_the_journal_after_the_time_that_they_are_kept(bench, host):
    bench.conf.section("host", keep="1s")
    running = host(bench.topic("Post").conf)
    bench.perform("Post", {"url": PLACE})
    assert running.stop() == 0
    time.sleep(1.1)
    running = host(bench.conf)
    bench.perform("Post", {"url": PLACE})
    assert running.stop() == 0
    with sqlite3.connect(bench.conf.folder / "state/journal.db") as journal:
        assert journal.execute("SELECT count(*) FROM task").fetchone() == (1,)
        assert journal.execute("SELECT count(*) FROM step").fetchone() == (1,)
