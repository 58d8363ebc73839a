"""What the host asks an engine for: no more than it can do, of what it can do, and only what units read."""
import time

import pytest
from workbench import PLACE, cpu_seconds
from probe import eventually


def topics_of(poll):
    return {topic["topicName"]: topic for topic in poll["json"]["topics"]}


def most_at_once(bench, seconds):
    """How many tasks were in hand at once, when each is for at least so many seconds."""
    moments = []
    for instance in bench.engine.instances():
        for task in instance["tasks"]:
            start = next(entry["at"] for entry in task["history"] if entry["what"] == "fetched")
            moments += [(start, 1), (start + seconds, -1)]
    most = now = 0
    for _, change in sorted(moments):
        now += change
        most = max(most, now)
    return most


def test_only_variables_that_the_unit_declares_are_fetched_with_the_callback_and_the_app(bench, host):
    host(bench.topic("Post").topic("Types").conf)
    bench.perform("Types")
    topics = topics_of(bench.asked("fetchAndLock")[0])
    declared = {"url", "method", "count", "ms", "repeatable", "numbered"}
    assert set(topics["Post"]["variables"]) == declared | {"callbackUrl", "bptlAppId"}
    assert sorted(topics["Types"]["variables"]) == ["bptlAppId", "callbackUrl"]


def test_other_names_that_a_variable_may_have_are_fetched_too(bench, host):
    host(bench.topic("Echo").conf)
    task = bench.perform("Echo", {"tekst": "onder de andere naam"})
    assert {"text", "tekst"} <= set(topics_of(bench.asked("fetchAndLock")[0])["Echo"]["variables"])
    assert bench.instance(task["id"])["variables"]["text"]["value"] == "onder de andere naam"


def test_never_more_tasks_are_asked_for_than_there_are_free_places(bench, host):
    bench.conf.section("host", workers=3)
    bench.topic("Nap")
    bench.engine.add({"topic": "Nap", "count": 12, "variables": {"ms": {"type": "Integer", "value": 300}}})
    host(bench.conf)
    bench.completed(12)
    polls = [poll["json"]["maxTasks"] for poll in bench.asked("fetchAndLock")]
    assert 1 <= min(polls) and max(polls) == 3
    assert most_at_once(bench, 0.28) == 3


def test_never_more_of_a_topic_run_at_once_than_its_parallel_says(bench, host):
    bench.conf.section("host", workers=10)
    bench.topic("Nap", parallel=2).topic("Echo")
    bench.engine.add({"topic": "Nap", "count": 8, "variables": {"ms": {"type": "Integer", "value": 300}}})
    host(bench.conf)
    other = bench.add("Echo")
    bench.wait(other, wait=1.2)
    bench.completed(9)
    assert most_at_once(bench, 0.28) <= 3  # two naps and the other
    for poll in bench.asked("fetchAndLock"):
        assert "Nap" not in topics_of(poll) or poll["json"]["maxTasks"] <= 2


def test_an_engine_is_never_asked_for_more_than_its_own_limit(bench, host):
    bench.conf.section("engine main", max_tasks=2)
    bench.topic("Nap")
    bench.engine.add({"topic": "Nap", "count": 6, "variables": {"ms": {"type": "Integer", "value": 300}}})
    host(bench.conf)
    bench.completed(6)
    assert max(poll["json"]["maxTasks"] for poll in bench.asked("fetchAndLock")) == 2
    assert most_at_once(bench, 0.28) == 2


def test_the_options_of_a_topic_arrive_as_configured(bench, host):
    bench.topic("Echo", "een", topic="Naam met spaties", lock="30s", process_definition_keys="intake, bezwaar",
                business_key="ZAAK 1", tenants="west, oost", local_variables="yes", extension_properties="yes",
                process_variables='{"soort": "intake", "spoed": true, "aantal": 3}')  # fmt: skip
    bench.topic("Nap", without_tenant="yes")
    host(bench.conf)
    poll = eventually(lambda: bench.asked("fetchAndLock"))[0]["json"]
    topics = {topic["topicName"]: topic for topic in poll["topics"]}
    variables = topics["Naam met spaties"].pop("variables")
    assert "text" in variables
    assert topics["Naam met spaties"] == {
        "topicName": "Naam met spaties", "lockDuration": 30000, "deserializeValues": False,
        "processDefinitionKeyIn": ["intake", "bezwaar"], "businessKey": "ZAAK 1", "tenantIdIn": ["west", "oost"],
        "processVariables": {"soort": "intake", "spoed": True, "aantal": 3}, "localVariables": True,
        "includeExtensionProperties": True}  # fmt: skip
    assert topics["Nap"]["withoutTenantId"] is True
    assert topics["Nap"]["lockDuration"] == 60000
    assert set(topics["Nap"]) == {"topicName", "lockDuration", "deserializeValues", "variables", "withoutTenantId"}
    assert poll["usePriority"] is True
    assert poll["asyncResponseTimeout"] == 2000
    assert "sorting" not in poll


def test_only_tasks_that_a_topics_options_ask_for_are_done(bench, host):
    bench.topic("Echo", business_key="wel", tenants="west", process_definition_keys="intake",
                process_variables='{"soort": "a"}')  # fmt: skip
    good = {"businessKey": "wel", "tenantId": "west", "processDefinitionKey": "intake"}
    host(bench.conf)
    others = [bench.add("Echo", {"soort": "a"}, **{**good, **other})
              for other in ({"businessKey": "niet"}, {"tenantId": "oost"}, {"processDefinitionKey": "bezwaar"})]
    others.append(bench.add("Echo", {"soort": "b"}, **good))
    bench.perform("Echo", {"soort": "a"}, **good)
    assert all(bench.task(task)["fetched"] == 0 for task in others)


@pytest.mark.parametrize("order, first", [("asc", "oud"), ("desc", "nieuw")])
def test_tasks_come_by_priority_and_then_by_age_as_configured(bench, host, order, first):
    bench.conf.section("engine main", order=order).section("host", workers=1)
    bench.topic("Echo")
    ids = {name: bench.add("Echo", priority=priority) for name, priority in (("oud", 1), ("nieuw", 1), ("spoed", 9))}
    host(bench.conf)
    bench.completed(3)
    done = sorted(ids, key=lambda name: bench.told(ids[name], "fetched")[0]["at"])
    assert done[0] == "spoed"
    assert done[1] == first
    assert bench.asked("fetchAndLock")[0]["json"]["sorting"] == [{"sortBy": "createTime", "sortOrder": order}]


def test_priority_can_be_left_out_of_account(bench, host):
    bench.conf.section("engine main", use_priority="no")
    host(bench.topic("Echo").conf)
    bench.perform("Echo")
    assert bench.asked("fetchAndLock")[0]["json"]["usePriority"] is False


def test_an_idle_host_polls_once_for_each_long_poll(bench, host):
    host(bench.topic("Echo").conf)
    eventually(lambda: len(bench.asked("fetchAndLock")) >= 3, 8)
    times = [one["at"] for one in bench.asked("fetchAndLock")]
    assert all(later - earlier > 1.9 for earlier, later in zip(times, times[1:]))
    # What an earlier life may have left locked: at the start, and once its last poll must be over at the engine
    assert len(bench.asked("list")) <= 2


def test_an_idle_host_uses_no_processor_time(bench, host):
    running = host(bench.topic("Echo").conf)
    bench.perform("Echo")
    used = cpu_seconds(running.pid)
    time.sleep(4)
    assert cpu_seconds(running.pid) - used < 0.1


def test_a_retry_that_is_due_does_not_wait_for_a_long_poll_to_end(bench, host):
    """It wakes no poll that is open: while tasks run, which may fail, polls are short."""
    bench.conf.section("engine main", long_poll="30s")
    host(bench.topic("FailForNow", retries=1, retry_wait="500ms").conf)
    start = time.monotonic()
    bench.perform("FailForNow", None, "incident")
    assert time.monotonic() - start < 9


def test_a_task_is_fetched_at_once_by_the_waiting_poll(bench, host):
    host(bench.topic("Post").conf)
    eventually(lambda: bench.engine.counts()["polls"] == 1)
    task = bench.perform("Post", {"url": PLACE})
    moments = {entry["what"]: entry["at"] for entry in task["history"]}
    assert moments["completed"] - moments["fetched"] < 1


def test_a_task_that_the_last_poll_of_an_earlier_host_has_locked_is_noticed_and_done(bench, host):
    """The engine does not see that the poll was aborted, and gives it the task while the next host is polling already."""
    bench.conf.section("engine main", long_poll="1s")
    running = host(bench.topic("Echo").conf)
    eventually(lambda: len(bench.asked("fetchAndLock")) >= 2)
    running.stop()
    running = host(bench.conf)
    task = bench.add("Echo")
    bench.wait(task, wait=20)  # its lock is for 60 s
    if bench.task(task)["fetched"] > 1:
        assert "its answer never came: unlocked" in running.text()


def test_the_worker_id_is_made_once_and_kept_or_as_configured(bench, host):
    running = host(bench.topic("Echo").conf)
    bench.perform("Echo")
    running.stop()
    running = host(bench.conf)
    bench.perform("Echo")
    running.stop()
    bench.conf.section("host", worker_id="gekozen-1")
    host(bench.conf)
    eventually(lambda: bench.asked("fetchAndLock")[-1]["json"]["workerId"] == "gekozen-1")
    ids = [poll["json"]["workerId"] for poll in bench.asked("fetchAndLock")]
    assert len(set(ids)) == 2
    assert ids[0].startswith("bptl-") and ids[-1] == "gekozen-1"


def test_a_try_that_is_offered_before_the_failure_of_the_last_one_is_answered_is_given_back_and_made(bench, host):
    bench.engine.fault("failure", "status", status=204, body="", after=True, delay=1.0)
    host(bench.topic("Fail", lock="60s").conf)
    task = bench.add("Fail", {"text": "voorgoed"})
    bench.wait_told(task, "failed")
    bench.engine.set_retries(task, 1)
    bench.wait_told(task, "unlocked")
    bench.wait_told(task, "failed", 2)
