"""`bptl tasks` and `bptl tasks show`: what the journal knows of a task is told to people, while the host runs and afterwards,
and reading it changes nothing."""
import json
import os
import re
import sqlite3
import stat

import pytest
from probe import eventually, probe_topic, run, use_probe
from workbench import PLACE

ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d"


def show(bptl, bench, task, *more, status=0):
    """The task as JSON."""
    done = run(bptl, "tasks", "show", "--json", "--conf", bench.conf.folder, *more, task)
    assert done.returncode == status, done
    return json.loads(done.stdout)


def told(bptl, bench, task, *more):
    """What people read."""
    done = run(bptl, "tasks", "show", "--conf", bench.conf.folder, *more, task)
    assert done.returncode == 0, done
    return done.stdout


def outlines(shown):
    return [(step["step"], step["method"], step.get("status"), step["outcome"], step["url"]) for step in shown["steps"]]


def folder_of(bench):
    """What is in the state folder: names, sizes and times of change."""
    return {file.name: (file.stat().st_size, file.stat().st_mtime_ns) for file in (bench.conf.folder / "state").iterdir()}


def test_a_task_that_runs_is_shown_with_the_steps_that_it_has_made(bptl, bench, host):
    bench.fault(status=201, body={"url": "x"}, skip=2, delay=2.5)
    host(bench.topic("Post").conf)
    task = bench.add("Post", {"url": PLACE, "count": 3}, businessKey="ZAAK-1")
    bench.wait_sent(3)
    url = bench.zgw.zaken + PLACE
    shown = show(bptl, bench, task)
    assert (shown["engine"], shown["topic"], shown["state"], shown["attempt"]) == ("main", "Post", "held", 1)
    assert shown["id"] == task and shown["processInstanceId"] == bench.instance(task)["id"]
    assert "message" not in shown and shown["unknown"] == 0
    assert outlines(shown) == [(1, "POST", 201, "done", url), (2, "POST", 201, "done", url), (3, "POST", None, "no answer yet", url)]
    assert [step["what"] for step in shown["steps"]] == ["post to the service"] * 3
    assert all("answer" not in step for step in shown["steps"])
    times = [step["time"] for step in shown["steps"]]
    assert times == sorted(times) and all(re.fullmatch(ISO, time) for time in [*times, shown["firstRun"], shown["changed"]])
    text = told(bptl, bench, task)
    assert re.search(rf"^ +1  {ISO}  POST +201  done +{re.escape(url)}  \(post to the service\)$", text, re.MULTILINE), text
    assert re.search(r"^state +held: queued, running, or to be resumed$", text, re.MULTILINE), text
    bench.wait(task)


def test_times_are_those_of_the_machines_own_zone(bptl, bench, host):
    host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE})["id"]
    found = {}
    for zone in "UTC", "EAST-3:30", "WEST9":
        done = run(bptl, "tasks", "show", "--json", "--conf", bench.conf.folder, task, env={**os.environ, "TZ": zone})
        found[zone] = json.loads(done.stdout)["changed"]
    assert [time[-6:] for time in found.values()] == ["+00:00", "+03:30", "-09:00"]
    assert len({time[14:23] for time in (found["UTC"], found["WEST9"])}) == 1


def test_answers_are_shown_only_when_asked_for_and_only_while_the_journal_keeps_them(bptl, bench, host):
    bench.fault(status=201, body={"naam": "Kim van Test"})
    bench.fault(status=503, skip=1)
    host(bench.topic("Post", retry_wait="1h").conf)
    task = bench.add("Post", {"url": PLACE, "count": 2})
    bench.wait_told(task, "failed")
    eventually(lambda: show(bptl, bench, task)["state"] == "failed")
    assert "Kim" not in told(bptl, bench, task) + json.dumps(show(bptl, bench, task))
    assert '"naam": "Kim van Test"' in told(bptl, bench, task, "--bodies")
    assert show(bptl, bench, task, "--bodies")["steps"][0]["answer"] == {"naam": "Kim van Test"}
    bench.engine.set_retries(task, 1)
    bench.engine.expire()
    bench.wait(task)
    eventually(lambda: show(bptl, bench, task)["state"] == "completed")
    text = told(bptl, bench, task, "--bodies")
    assert "Kim" not in text and text.count("(the journal no longer holds the answer)") == 2
    shown = show(bptl, bench, task, "--bodies")
    assert [(step["state"], step["status"], "answer" in step) for step in shown["steps"]] == [("done", 201, False)] * 2
    assert "message" not in shown and shown["attempt"] == 2


def test_how_a_task_failed_stays_readable_and_during_its_next_attempt(bptl, bench, host):
    bench.fault(status=503, body={"detail": "even niet"}, skip=1)
    host(bench.topic("Post", retries=0).conf)
    task = bench.add("Post", {"url": PLACE, "count": 2})
    [failed] = bench.wait_told(task, "failed")
    shown = eventually(lambda: (one := show(bptl, bench, task))["state"] == "failed" and one)
    assert shown["message"] == failed["message"] and "answered HTTP 503" in shown["message"]
    assert outlines(shown) == [(1, "POST", 201, "done", bench.zgw.zaken + PLACE)]  # a refusal had no effect
    text = told(bptl, bench, task)
    assert f"failure     {failed['message']}\n" in text
    assert "state       failed: the engine was told, and may offer it again" in text
    bench.fault(status=201, body={}, delay=2.5)
    bench.engine.set_retries(task, 1)
    bench.wait_sent(3)
    again = show(bptl, bench, task)
    assert (again["state"], again["attempt"], again["message"]) == ("held", 2, failed["message"])
    bench.wait(task)


def test_a_bpmn_error_is_told_with_its_code(bptl, bench, host):
    host(bench.topic("BpmnError").conf)
    task = bench.perform("BpmnError", None, "error")["id"]
    shown = eventually(lambda: (one := show(bptl, bench, task))["state"] == "completed" and one)
    assert (shown["code"], shown["message"]) == ("TE_LAAT", "the request came too late")
    assert "BPMN error  TE_LAAT\nmessage     the request came too late\n" in told(bptl, bench, task)


def test_an_unknown_outcome_is_shown_as_the_incident_tells_it(bptl, bench, host):
    host(bench.topic("Post").conf)
    other = bench.perform("Post", {"url": PLACE})["id"]
    bench.fault(kind="close", skip=1)
    task = bench.add("Post", {"url": PLACE + "?geheim=1", "count": 2})
    incident = bench.wait(task, "incident")["errorMessage"]
    url = bench.zgw.zaken + PLACE
    assert f"POST {url} may have been carried out, its outcome is unknown" in incident and "check it, then grant a retry" in incident
    shown = eventually(lambda: (one := show(bptl, bench, task))["state"] == "failed" and one)
    assert shown["message"] == incident and shown["unknown"] == 1
    assert outlines(shown) == [(1, "POST", 201, "done", url), (2, "POST", None, "outcome unknown, reported", url)]
    assert "geheim" not in told(bptl, bench, task, "--bodies") + json.dumps(shown)
    listed = run(bptl, "tasks", "--unknown", "--conf", bench.conf.folder)
    assert task in listed.stdout and other not in listed.stdout
    assert re.search(rf"^{task} +main +Post +failed +1  {ISO}  1 of unknown outcome: .*outcome is unknown", listed.stdout, re.MULTILINE)
    bench.engine.set_retries(task, 1)
    bench.wait(task)
    eventually(lambda: show(bptl, bench, task)["state"] == "completed")
    assert outlines(show(bptl, bench, task))[1] == (2, "POST", 201, "done", url)
    assert task not in run(bptl, "tasks", "--unknown", "--conf", bench.conf.folder).stdout


def test_an_outcome_that_became_unknown_in_a_crash_is_shown_as_the_incident_tells_it(bptl, bench, host):
    bench.fault(status=201, body={}, skip=1, delay=1.5)
    running = host(bench.topic("Post").conf)
    task = bench.add("Post", {"url": PLACE, "count": 2})
    bench.wait_sent(2)
    running.kill()
    assert outlines(show(bptl, bench, task))[1][2:4] == (None, "no answer yet")
    host(bench.conf)
    incident = bench.wait(task, "incident")["errorMessage"]
    shown = eventually(lambda: (one := show(bptl, bench, task))["state"] == "failed" and one)
    assert shown["message"] == incident and f"POST {bench.zgw.zaken}{PLACE} was carried out" in incident
    assert outlines(shown)[1] == (2, "POST", None, "outcome unknown, reported", bench.zgw.zaken + PLACE)


def test_a_mismatch_is_shown_beside_the_step_that_the_journal_holds(bptl, bench, host):
    bench.fault(status=400, skip=1)
    host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE, "count": 2}, "incident")["id"]
    bench.change(task, url=PLACE + "/anders")
    bench.engine.set_retries(task, 1)
    bench.wait_told(task, "failed", 2)
    shown = eventually(lambda: (one := show(bptl, bench, task))["state"] == "failed" and one["attempt"] == 2 and one)
    url = bench.zgw.zaken + PLACE
    assert f"step 1 is now POST {url}/anders, but this task's journal holds POST {url}:" in shown["message"]
    assert "finish the task by hand" in shown["message"]
    assert outlines(shown) == [(1, "POST", 201, "done", url)]


def test_an_effect_of_a_units_own_is_a_step_like_others(bptl, bench, host, tmp_path):
    host(bench.topic("Step").conf)
    task = bench.perform("Step", {"file": str(tmp_path / "lines"), "failing": str(tmp_path / "none")})["id"]
    [step] = show(bptl, bench, task)["steps"]
    assert (step["method"], step["what"], step["outcome"]) == ("STEP", "append a line", "done")


def test_a_secret_that_an_answer_repeats_is_masked(bptl, bench, host):
    bench.fault(status=201, body={"echo": [f"client secret {bench.zgw.secret}"]})
    bench.fault(status=503, skip=1)
    host(bench.topic("Post", retry_wait="1h").conf)
    task = bench.add("Post", {"url": PLACE, "count": 2})
    bench.wait_told(task, "failed")
    for more in [], ["--json"]:
        done = run(bptl, "tasks", "show", "--bodies", "--conf", bench.conf.folder, *more, task)
        assert "client secret ***" in done.stdout and bench.zgw.secret not in done.stdout, done


def test_the_beginning_of_an_id_is_enough_when_only_one_task_begins_so(bptl, bench, host):
    host(bench.topic("Post").conf)
    bench.add("Post", {"url": PLACE}, count=17)  # of 17 ids two begin with the same digit
    bench.completed(17)
    ids = sorted(task["id"] for instance in bench.engine.instances() for task in instance["tasks"])
    first, second = next(pair for pair in zip(ids, ids[1:]) if pair[0][0] == pair[1][0])
    length = next(n for n in range(1, len(first)) if first[:n] != second[:n])
    many = run(bptl, "tasks", "show", "--conf", bench.conf.folder, first[:length - 1])
    fitting = [one for one in ids if one.startswith(first[:length - 1])]
    assert many.returncode == 1 and f"fits {len(fitting)} tasks: give more of the id" in many.stderr
    assert all(one in many.stdout for one in fitting)
    assert show(bptl, bench, first[:-1])["id"] == first


def test_of_one_id_at_two_engines_one_is_chosen_by_the_name_of_its_engine(bptl, bench, host):
    running = host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE})["id"]
    assert running.stop() == 0
    with sqlite3.connect(bench.conf.folder / "state/journal.db") as journal:
        journal.execute("INSERT INTO task SELECT 'other', id, 11, 3, first_run, changed, topic, task, result FROM task")
    journal.close()
    bench.conf.section("engine other", type="camunda", url=bench.engine.url).section("topic Post", engine="main").write()
    done = run(bptl, "tasks", "show", "--conf", bench.conf.folder, task)
    assert done.returncode == 1 and f"{task} fits 2 tasks: say which with --engine" in done.stderr
    assert [show(bptl, bench, task, "--engine", name)["state"] for name in ("main", "other")] == ["completed", "failed"]


def test_a_task_that_nobody_knows_is_said_to_be_unknown(bptl, bench, host):
    host(bench.topic("Post").conf)
    bench.perform("Post", {"url": PLACE})
    done = run(bptl, "tasks", "show", "--conf", bench.conf.folder, "geen-taak")
    assert done.returncode == 1 and not done.stdout
    assert f"bptl tasks show: the journal in {bench.conf.folder}/state knows no task geen-taak: " in done.stderr


@pytest.mark.parametrize("words", [["show"], ["show", "a", "b"], ["show", "--nonsense", "a"], ["show", ""]])
def test_show_with_wrong_words_says_how_it_is_used(bptl, bench, words):
    done = run(bptl, "tasks", *words)
    assert done.returncode == 64 and "usage: bptl tasks show" in done.stderr, done


def test_the_tasks_of_an_engine_are_listed_from_the_journal(bptl, bench, host):
    host(bench.topic("Post").topic("Fail").conf)
    done = bench.perform("Post", {"url": PLACE})["id"]
    failed = bench.perform("Fail", {"text": "voorgoed"}, "incident")["id"]
    eventually(lambda: show(bptl, bench, failed)["state"] == "failed")

    def listed(*more):
        ran = run(bptl, "tasks", "--json", "--conf", bench.conf.folder, *more)
        assert ran.returncode == 0, ran
        return [task["id"] for task in json.loads(ran.stdout)]
    assert listed() == [failed, done]
    assert listed("--most", "1") == [failed]
    assert listed("--state", "completed") == [done]
    assert listed("--state", "failed", "--engine", "main") == [failed]
    assert listed("--state", "lost") == []
    table = run(bptl, "tasks", "--conf", bench.conf.folder).stdout
    assert re.search(rf"^{failed} +main +Fail +failed +1  {ISO}  probe\.Fail: voorgoed$", table, re.MULTILINE), table
    wrong = run(bptl, "tasks", "--conf", bench.conf.folder, "--state", "waiting")
    assert wrong.returncode == 64 and "in the journal no task is waiting: held performed failing" in wrong.stderr
    wrong = run(bptl, "tasks", "--conf", bench.conf.folder, "--engine", "other")
    assert wrong.returncode == 78 and "[engine other]" in wrong.stderr


def test_tasks_of_the_embedded_engine_are_listed_and_shown_from_both_sides(bptl, conf, build, host):
    use_probe(conf, build)
    probe_topic(conf, "Echo")
    (conf.write() / "state").mkdir(mode=0o700)
    task = run(bptl, "submit", "echo", "--conf", conf.folder).stdout.strip()
    before = run(bptl, "tasks", "show", "--conf", conf.folder, task[:13])
    assert before.returncode == 0 and f"task        {task}\n" in before.stdout
    assert "waiting: the embedded engine has it, and the journal nothing of it" in before.stdout
    assert not (conf.folder / "state/journal.db").exists()
    host(conf)

    def shown():
        done = run(bptl, "tasks", "show", "--json", "--conf", conf.folder, task)
        return done.returncode == 0 and json.loads(done.stdout).get("firstRun") and json.loads(done.stdout)["state"] == "completed"
    eventually(shown)
    assert "no request that changes anything was made" in run(bptl, "tasks", "show", "--conf", conf.folder, task).stdout
    engine, journal = (json.loads(run(bptl, "tasks", "--json", "--conf", conf.folder, *more).stdout) for more in ([], ["--journal"]))
    assert [(one["id"], one["state"]) for one in engine] == [(one["id"], one["state"]) for one in journal] == [(task, "completed")]
    assert "outcome" in engine[0] and "attempt" in journal[0]
    wrong = run(bptl, "tasks", "--conf", conf.folder, "--state", "lost")
    assert wrong.returncode == 64 and "in the embedded engine no task is lost: waiting locked" in wrong.stderr


# ---- reading changes nothing ----

def test_reading_changes_nothing_and_makes_no_file_while_the_host_runs_when_it_stopped_and_when_it_was_killed(bptl, bench, host):
    running = host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE})["id"]
    eventually(lambda: show(bptl, bench, task)["state"] == "completed")
    for end in lambda: None, running.stop, None:
        if end:
            end()
        else:
            running = host(bench.conf)
            bench.perform("Post", {"url": PLACE})
            running.kill()
        before = folder_of(bench)
        assert show(bptl, bench, task)["state"] == "completed"
        assert task in run(bptl, "tasks", "--conf", bench.conf.folder).stdout
        after = folder_of(bench)
        if end:  # the host may write of its own accord while it runs
            assert set(after) == set(before)
        if running.process.poll() is not None:
            assert after == before


def test_a_folder_that_cannot_be_written_can_be_read(bptl, bench, host, tmp_path):
    running = host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE})["id"]
    eventually(lambda: show(bptl, bench, task)["state"] == "completed")
    running.kill()
    folder = bench.conf.folder / "state"
    for file in folder.iterdir():
        file.chmod(stat.S_IRUSR)
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        assert show(bptl, bench, task)["state"] == "completed"
    finally:
        folder.chmod(0o700)


def test_a_reader_does_not_keep_the_host_from_working(bptl, bench, host):
    running = host(bench.topic("Post").conf)
    bench.add("Post", {"url": PLACE, "count": 2}, count=10)
    for _ in range(10):
        assert run(bptl, "tasks", "--conf", bench.conf.folder).returncode == 0
    bench.completed(10)
    assert "journal cannot be written" not in running.text()


def test_a_journal_that_is_not_there_newer_or_damaged_is_refused_in_words(bptl, bench, host):
    bench.topic("Post").conf.write()

    def refused():
        for words in ["tasks"], ["tasks", "show", "x"]:
            done = run(bptl, *words, "--conf", bench.conf.folder)
            assert done.returncode == 73 and not done.stdout and "state/journal.db" in done.stderr, done
        return done.stderr
    assert "is not there: no bptl run has used this state folder yet" in refused()
    file = bench.conf.folder / "state/journal.db"
    file.parent.mkdir(mode=0o700)
    file.touch()
    assert "is empty: no bptl run has used this state folder yet" in refused()
    file.unlink()
    running = host(bench.conf)
    bench.perform("Post", {"url": PLACE})
    assert running.stop() == 0
    with sqlite3.connect(file) as journal:
        journal.execute("PRAGMA user_version = 999")
    journal.close()
    assert "has schema 999, this bptl reads 1" in refused()
    file.write_bytes(b"this is no database " * 400)
    assert "the file is damaged" in refused()
