"""What an engine may say to a report: that the task is another's by now, that it is gone, that it will not have it. Nothing is
reported in its place, nothing is done twice, and the log says what became of the work."""
import os
import shutil
import signal

import pytest
from probe import run, runner_of
from workbench import PLACE


def refusal(status, message, kind="BadUserRequestException"):
    return {"do": "status", "status": status, "body": {"type": kind, "message": message, "code": 0}}


ANOTHERS = refusal(400, "Cannot complete External Task x by worker 'y'. It is locked by worker 'z'.")
GONE = refusal(404, "External task with id x does not exist", "RestException")


def test_a_completion_for_which_the_lock_is_anothers_is_no_failure_and_the_work_is_not_done_again(bench, host):
    running = host(bench.topic("Post").conf)
    bench.engine.fault("complete", **ANOTHERS)
    task = bench.add("Post", {"url": PLACE})
    running.wait_for("lost: another worker holds the lock, the result is not taken .HTTP 400: .*It is locked by worker 'z'")
    bench.engine.expire()  # the other one gives it up
    bench.wait(task)
    assert bench.numbers() == [0]
    assert not bench.told(task, "failed")


def test_a_failure_of_a_task_that_is_gone_is_said_in_the_log_alone(bench, host):
    running = host(bench.topic("Fail").conf)
    bench.engine.fault("failure", **GONE)
    bench.add("Fail", {"text": "voorgoed"})
    running.wait_for("the engine no longer has this task: its failure is not reported")
    assert bench.engine.counts()["requests"]["failure"] == 1


@pytest.mark.parametrize("fault, words", [(GONE, "its failure is not reported"), (ANOTHERS, "lost: the engine does not take the failure")],
                         ids=["gone", "anothers"])  # fmt: skip
def test_a_bpmn_error_of_a_task_that_is_gone_or_anothers_is_said_once(bench, host, fault, words):
    running = host(bench.topic("BpmnError").conf)
    bench.engine.fault("bpmnError", **fault)
    task = bench.add("BpmnError")
    running.wait_for(words)
    assert bench.engine.counts()["requests"]["bpmnError"] == 1
    assert not bench.told(task, "failed")


def test_a_bpmn_error_that_the_engine_will_not_have_is_an_incident_with_its_words(bench, host):
    host(bench.topic("BpmnError").conf)
    bench.engine.fault("bpmnError", **refusal(400, "a code it does not know", "InvalidRequestException"))
    task = bench.perform("BpmnError", {}, "incident")
    assert "the engine refuses the BPMN error TE_LAAT: HTTP 400: InvalidRequestException: a code it does not know" in task["errorMessage"]


@pytest.mark.parametrize("count, words", [(1, "unlocked: given back unfinished"), (3, "could not be unlocked")])
def test_a_task_that_is_given_back_is_tried_three_times_and_looked_for_at_the_end(bench, host, count, words):
    bench.conf.section("host", drain="1s")
    running = host(bench.topic("Loop").conf)
    task = bench.add("Loop")
    running.wait_for("running, attempt 1")
    bench.engine.fault("unlock", "status", count, status=503)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(30) == 0
    assert words in running.text()
    assert bench.told(task, "unlocked")


def test_a_task_that_is_anothers_when_it_is_given_back_is_left_to_it(bench, host):
    bench.conf.section("host", drain="1s")
    running = host(bench.topic("Loop").conf)
    bench.add("Loop")
    running.wait_for("running, attempt 1")
    bench.engine.fault("unlock", **GONE)
    running.process.send_signal(signal.SIGTERM)
    assert running.process.wait(30) == 0
    assert "not unlocked: the engine says that it is not ours (HTTP 404: " in running.text()


def test_an_engine_that_does_not_say_which_tasks_we_hold_is_polled_all_the_same(bench, host):
    bench.engine.fault("fetchAndLock", "close", after=True)
    bench.engine.fault("list", **refusal(400, "no such query", "InvalidRequestException"))
    task = bench.add("Echo")
    running = host(bench.topic("Echo", lock="10s").conf)
    running.wait_for("the engine does not say which tasks we hold .HTTP 400: InvalidRequestException: no such query.: those "
                     "whose answer never came return when their lock ends")
    other = bench.add("Echo")
    bench.wait(other)
    bench.engine.expire()
    bench.wait(task)


# ---- what changes between two lives of a host ----
def test_tasks_of_an_engine_that_is_no_longer_configured_wait_in_the_journal_until_it_is(bench, host):
    running = host(bench.topic("Post").conf)
    bench.engine.fault("complete", "status", 1000, status=503)
    task = bench.add("Post", {"url": PLACE})
    running.wait_for("the completion was not taken")
    running.kill()
    sections = bench.conf.sections
    sections["engine other"] = sections.pop("engine main")
    without = host(bench.conf)
    without.wait_for(r"the journal holds this task, but no section \[engine main\] is configured: it waits until there is one")
    assert without.stop() == 0
    sections["engine main"] = sections.pop("engine other")
    bench.clear_faults()
    host(bench.conf)
    bench.wait(task)
    assert bench.numbers() == [0]


def test_a_plugin_that_is_replaced_while_the_host_runs_is_said_when_its_process_is_started_anew(bench, host, tmp_path):
    library = tmp_path / "lib/probe.so"
    library.parent.mkdir(mode=0o755)
    shutil.copy(bench.conf.sections["plugin probe"]["library"], library)
    bench.conf.section("plugin probe", library=library)
    running = host(bench.topic("Echo").conf)
    other = library.with_suffix(".new")
    other.write_bytes(library.read_bytes().replace(b"Sets what it reads\0", b"Sets what it READS\0"))
    other.chmod(0o755)
    other.rename(library)
    os.kill(runner_of(running, "probe"), signal.SIGKILL)
    running.wait_for("was changed while the host runs, and declares other things than before: restart the host")
    bench.perform("Echo", {"text": "hier"})


def test_a_plugin_that_is_gone_when_its_process_is_started_anew_is_tried_until_it_is_back(bench, host, tmp_path):
    library = tmp_path / "lib/probe.so"
    library.parent.mkdir(mode=0o755)
    shutil.copy(bench.conf.sections["plugin probe"]["library"], library)
    bench.conf.section("plugin probe", library=library)
    running = host(bench.topic("Echo").conf)
    library.rename(library.with_suffix(".away"))
    os.kill(runner_of(running, "probe"), signal.SIGKILL)
    running.wait_for(f"the plugin cannot be used any more: .*{library}.*; it is tried again in")
    task = bench.add("Echo", {"text": "hier"})
    library.with_suffix(".away").rename(library)
    bench.wait(task, wait=30)


# ---- commands ----
def test_a_state_folder_that_cannot_be_used_is_said_by_submit(bptl, conf, tmp_path):
    (tmp_path / "file").write_text("")
    done = run(bptl, "submit", "echo", "--conf", conf.section("host", state=tmp_path / "file").write())
    assert done.returncode == 73 and done.stdout == "" and f"bptl submit: {tmp_path}/file" in done.stderr, done


def test_exec_says_which_plugin_cannot_be_used_and_which_section_names_it(bptl, build, conf):
    conf.section("plugin failing_init", library=build / "tests/plugins/failing_init.so").section("topic a", unit="failing_init.U")
    done = run(bptl, "exec", "a", "--conf", conf.write())
    assert done.returncode == 78 and done.stdout == "", done
    assert f"{conf.folder}/plugin.ini:1: plugin failing_init cannot be used" in done.stderr, done
    assert "make one with keygen" in done.stderr, done


def test_exec_refuses_a_topic_that_does_not_fit_its_unit(bptl, build, conf):
    conf.section("plugin probe", library=build / "tests/plugins/probe.so").section("topic a", unit="probe.Nothing")
    done = run(bptl, "exec", "a", "--conf", conf.write())
    assert done.returncode == 78 and done.stdout == "" and "topic.ini:" in done.stderr and "Nothing" in done.stderr, done


def test_a_table_of_an_engine_that_is_not_the_embedded_one_is_asked_for_by_its_name(bptl, bench, host):
    done = run(bptl, "tasks", "--engine", "main", "--retry", "x", "--conf", bench.topic("Echo").conf.write())
    assert done.returncode == 78 and done.stdout == "" and "bptl" in done.stderr, done


def test_the_beginning_of_an_id_finds_a_waiting_task_as_json_too(bptl, conf, build):
    (conf.write() / "state").mkdir(mode=0o700)
    task = run(bptl, "submit", "echo", "--conf", conf.folder).stdout.strip()
    done = run(bptl, "tasks", "show", "--json", "--conf", conf.folder, task[:20])
    assert done.returncode == 0 and f'"{task}"' in done.stdout and '"waiting"' in done.stdout, done
    done = run(bptl, "tasks", "show", "--conf", conf.folder, "0" * 20)
    assert done.returncode == 73 and done.stdout == "" and "journal.db is not there: no bptl run has used" in done.stderr, done
