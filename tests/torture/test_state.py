"""A state folder that was damaged, before the start or under a running host: a clear message, no crash, and nothing sent twice."""
import os
import random
import sqlite3

import pytest
from probe import eventually, run
from workbench import PLACE

SEED = 11


def some_work(bench, host):
    """A host that was killed with a task half done and others complete; its journal, in one file."""
    bench.conf.section("engine main", long_poll="1s")
    running = host(bench.topic("Post", lock="20s").topic("Echo").conf)
    for number in range(5):
        bench.perform("Post", {"url": f"{PLACE}/af/{number}", "count": 2})
    task = bench.add("Post", {"url": PLACE + "/half", "count": 2, "ms": 400})
    bench.wait_sent(11)
    eventually(lambda: "done" in steps_of(bench, task))
    running.kill()
    with sqlite3.connect(journal_of(bench)) as journal:
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    journal.close()
    return task


def journal_of(bench):
    return bench.conf.folder / "state/journal.db"


def steps_of(bench, task):
    with sqlite3.connect(journal_of(bench)) as journal:
        return [state for state, in journal.execute("SELECT state FROM step WHERE id = ? ORDER BY step", [task])]


def damage(file, how, choice):
    """Spoils a file; every kind leaves something to be found."""
    size = file.stat().st_size
    if how == "empty":
        file.write_bytes(b"")
    elif how == "half":
        os.truncate(file, size // 2)
    elif how == "cut":
        os.truncate(file, size - 1000)
    elif how == "head":
        with open(file, "r+b") as out:
            out.write(choice.randbytes(100))
    else:  # every page but the first
        with open(file, "r+b") as out:
            out.seek(4096)
            out.write(choice.randbytes(size - 4096))


@pytest.mark.parametrize("how", ["half", "cut", "head", "pages"])
def test_a_journal_that_was_damaged_is_refused_with_its_name_and_what_to_do(bptl, bench, host, how):
    some_work(bench, host)
    damage(journal_of(bench), how, random.Random(SEED))
    refused = run(bptl, "run", "--conf", bench.conf.write())
    assert refused.returncode in (73, 74), refused.stderr
    assert str(journal_of(bench)) in refused.stderr, refused.stderr
    assert "the file is damaged; put it back from a backup" in refused.stderr, refused.stderr
    assert bench.numbers().count(0) == 6


def test_a_journal_that_was_emptied_is_a_new_one_and_the_host_works(bench, host):
    """Nobody can tell it from a first start: docs/configuration.md says that the folder must outlive the host."""
    some_work(bench, host)
    damage(journal_of(bench), "empty", None)
    eventually(lambda: bench.engine.counts()["polls"] == 0)  # that of the dead host, which had another worker id, is over
    host(bench.conf)
    bench.perform("Post", {"url": PLACE + "/nieuw"})


@pytest.mark.parametrize("how", ["half", "head", "pages"])
def test_a_journal_that_is_damaged_under_a_running_host_ends_it_with_a_message_or_not_at_all(bench, host, how):
    bench.conf.section("engine main", long_poll="1s")
    running = host(bench.topic("Post", lock="20s").conf)
    bench.perform("Post", {"url": PLACE + "/eerst"})
    with sqlite3.connect(journal_of(bench)) as journal:  # what is in the WAL goes into the file, which is then read
        journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    journal.close()
    damage(journal_of(bench), how, random.Random(SEED))
    running.expected = False
    bench.add("Post", {"url": PLACE + "/dan", "count": 2}, count=10)
    eventually(lambda: bench.engine.counts()["completed"] == 11 or running.process.poll() is not None, 20, running.text)
    status = running.stop()
    assert status in (0, 74), running.text()
    if status:
        assert "level=error" in running.text() and "the journal cannot be" in running.text(), running.text()
    numbers = [one["body"]["number"] for one in bench.sent(path=PLACE + "/dan")]
    assert numbers.count(0) <= 10 and numbers.count(1) <= 10


LINES = {
    "binary": bytes(range(256)) * 40 + b"\n",
    "cut": b'{"type": "note", "key": "main/x", "put": [{"step": 1, "wh\n',
    "no-key": b'{"put": []}\n',
    "no-rows": b'{"key": "main/%s", "put": [{"step": "one"}, 5, null], "drop": ["x", {}], "forget": [1]}\n',
    "odd-row": b'{"key": "main/%s", "put": [{"step": 1, "what": 1, "method": [], "url": {}, "digest": null, "state": 3}]}\n',
    "odd-task": b'{"key": "elders/onbekend", "put": []}\n',
    "deep": b"[" * 100000 + b"\n",
    "long": b'{"key": "' + b"x" * 2000000 + b'"}\n',
}


@pytest.mark.parametrize("line", LINES)
def test_a_damaged_line_of_a_late_file_is_left_out_with_a_word_and_the_others_are_read(bench, host, line):
    task = some_work(bench, host)
    with sqlite3.connect(journal_of(bench)) as journal:  # as if the answer had come when the host was gone
        rows = journal.execute("SELECT what, method, url, digest, status, answer FROM step WHERE id = ? AND step = 1", [task])
        [(what, method, url, digest, status, answer)] = rows.fetchall()
        journal.execute("UPDATE step SET state = 'intent', status = NULL, answer = NULL WHERE id = ?", [task])
    journal.close()
    row = (f'{{"step": 1, "what": "{what}", "method": "{method}", "url": "{url}", "digest": "{digest}", "state": "done", '
           f'"status": {status}, "answer": {answer}}}')
    late = bench.conf.folder / "state/late-1.jsonl"
    late.write_bytes(LINES[line].replace(b"%s", task.encode()) + f'{{"key": "main/{task}", "put": [{row}]}}\n'.encode())
    late.chmod(0o600)
    running = host(bench.conf)
    bench.wait(task)
    numbers = [one["body"]["number"] for one in bench.sent(path=PLACE + "/half")]
    assert numbers == [0, 1], running.text()[-3000:]
    assert line == "odd-task" or f"{late} has a line that cannot be read: left out" in running.text()
    assert not late.exists()
