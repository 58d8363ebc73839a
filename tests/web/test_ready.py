"""/healthz and /readyz: a host is ready while it can do its work, says why when it cannot, and recovers by itself."""
import resource
import signal

import pytest
from probe import eventually
from workbench import PLACE

LONG_POLL = 1  # s; the patience with an engine is three of them and five seconds
PATIENCE = 3 * LONG_POLL + 5


@pytest.fixture(autouse=True)
def short_polls(bench):
    bench.conf.section("engine main", long_poll=f"{LONG_POLL}s", timeout="1s")


def reasons(site):
    return [one["reason"] for one in site.ready()]


def test_a_host_that_polls_is_healthy_and_ready(bench, site):
    bench.topic("Echo")
    there = site()
    assert there.get("healthz")[::2] == (200, "ok\n")
    assert there.ready() == []


@pytest.mark.timeout(200)
def test_a_host_is_not_ready_while_its_engine_answers_no_polls_but_one_whose_places_are_all_busy_is(bench, second, site, long):
    """Two hosts, at the same time: neither has polled with success for as long as is allowed."""
    second.conf.section("engine main", long_poll=f"{LONG_POLL}s")
    bench.topic("Echo")
    second.topic("Nap")
    there = site()
    bench.perform("Echo")
    outages, limits = ("reset", "hang", "503"), (("host", "workers"), ("engine main", "max_tasks"), ("topic Nap", "parallel"))
    for outage, (section, key) in list(zip(outages, limits))[:3 if long else 1]:
        second.conf.section(section, {key: 1})
        busy = site(other=second)
        task = second.add("Nap", {"ms": (PATIENCE + 4) * 1000})
        # a poll of the host before it may have taken the task with it: that is noticed within some seconds
        busy.until("bptl_tasks_in_hand", 1, 20, engine="main", topic="Nap", state="running")
        bench.engine.set_outage(outage)
        assert there.ready() == []
        check_busy(second, busy, task)
        check_outage(bench, there)
        bench.engine.set_outage(None)
        eventually(lambda: not there.ready(), 40)  # the wait between failed polls has grown
        bench.perform("Echo")
        busy.running.stop()
        second.conf.section(section, {key: None})


def check_busy(bench, busy, task):
    def silent():
        metrics = busy.metrics()
        assert metrics.get("bptl_ready") == 1
        return metrics.get("bptl_poll_age_seconds", engine="main") > PATIENCE

    polls = busy.metrics().sum("bptl_polls_total")
    eventually(silent, PATIENCE + 5)
    assert busy.metrics().sum("bptl_polls_total") == polls and busy.ready() == []
    bench.wait(task, wait=20)
    for _ in range(5):
        assert busy.ready() == []


def check_outage(bench, there):
    [reason] = eventually(there.ready, PATIENCE + 6)
    assert reason["reason"] == "engine_not_polled" and reason["engine"] == "main"
    assert "engine main was not polled for tasks with success for" in reason["text"]
    metrics = there.metrics()
    assert metrics.get("bptl_ready") == 0 and metrics.get("bptl_poll_age_seconds", engine="main") > PATIENCE - 1
    assert there.get("healthz")[0] == 200


def test_it_is_not_ready_when_the_engine_has_never_answered(bench, site):
    bench.topic("Echo")
    bench.engine.set_outage("503")
    there = site()
    [reason] = eventually(there.ready, 5)
    assert reason["reason"] == "engine_not_polled" and "has not answered" in reason["text"]
    bench.engine.set_outage(None)
    eventually(lambda: not there.ready(), 20)


def test_one_engine_that_is_silent_is_named_and_the_other_is_not(bench, site):
    bench.topic("Echo", engine="main")
    bench.conf.section("engine weg", type="camunda", url="http://127.0.0.1:9/engine-rest/", long_poll="1s")
    bench.conf.section("topic ander", unit="probe.Echo", engine="weg")
    there = site()
    assert [one["engine"] for one in eventually(there.ready, 10)] == ["weg"]
    bench.perform("Echo")


def test_engines_take_turns_when_there_are_fewer_places_than_engines(bench, second, site):
    bench.conf.section("host", workers=1)
    bench.conf.section("engine ander", type="camunda", url=second.engine.url, long_poll=f"{LONG_POLL}s")
    bench.topic("Echo", engine="main").topic("Nap", engine="ander")
    there = site()
    there.until("bptl_polls_total", 2, engine="main", result="empty")
    there.until("bptl_polls_total", 2, engine="ander", result="empty")
    second.perform("Nap", {"ms": 10})
    bench.perform("Echo")


def test_an_engine_without_topics_needs_no_polls(bench, site):
    bench.topic("Echo", engine="main")
    bench.conf.section("engine weg", type="camunda", url="http://127.0.0.1:9/engine-rest/", long_poll="1s")
    there = site()
    there.until("bptl_polls_total", 0, engine="weg", result="failed")
    bench.perform("Echo")
    assert there.ready() == []


def test_it_is_not_ready_while_results_pile_up_that_the_engine_does_not_take(bench, site, long):
    """No place is busy then, and still there are no polls. The short form sees that they stop, and go on."""
    bench.conf.section("host", workers=1)
    bench.topic("Echo")
    there = site()
    bench.engine.fault("complete", "status", 1000, status=500)
    bench.engine.add({"topic": "Echo", "count": 6})
    there.until("bptl_tasks_in_hand", 4, engine="main", topic="Echo", state="reporting")
    if long:
        [reason] = eventually(there.ready, PATIENCE + 20)
        assert reason["reason"] == "engine_not_polled"
    assert there.metrics().get("bptl_places_busy") == 0
    bench.clear_faults()
    bench.completed(6, 40)
    eventually(lambda: not there.ready(), 20)


def test_it_is_not_ready_while_it_stops(bench, site):
    bench.topic("Nap")
    there = site()
    task = bench.add("Nap", {"ms": 2500})
    there.until("bptl_tasks_in_hand", 1, engine="main", topic="Nap", state="running")
    there.running.process.send_signal(signal.SIGTERM)
    eventually(lambda: reasons(there) == ["stopping"], 2)
    assert there.get("healthz")[0] == 200
    assert there.running.process.wait(20) == 0
    assert bench.task(task)["state"] == "completed"


def test_it_is_not_ready_while_it_starts(bench, site, build):
    bench.topic("Echo")
    bench.conf.section("plugin hanging_init", library=build / "tests/plugins/hanging_init.so")
    there = site(ready=r"listening on \S+ for /healthz")
    assert reasons(there) == ["starting"]
    assert there.get("healthz")[0] == 200
    assert there.metrics().get("bptl_ready") == 0
    there.running.kill()


def test_it_is_not_ready_while_its_journal_cannot_be_written(bench, site):
    """No file of the host can grow, as on a full disk; a limit of the process does it."""
    bench.topic("Post")
    there = site()
    bench.perform("Post", {"url": PLACE})
    size = (bench.conf.folder / "state/journal.db-wal").stat().st_size
    resource.prlimit(there.running.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    task = bench.add("Post", {"url": PLACE, "count": 3})
    assert eventually(lambda: reasons(there), 10) == ["journal_blocked"]
    assert there.metrics().get("bptl_journal_blocked") == 1
    resource.prlimit(there.running.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    bench.wait(task)
    assert there.ready() == []


def test_a_plugin_that_no_longer_loads_is_a_reason(bench, site, tmp_path, build):
    library = tmp_path / "probe.so"
    library.write_bytes((build / "tests/plugins/probe.so").read_bytes())
    bench.conf.section("plugin probe", library=library)
    bench.topic("Post").topic("Vanish", retries=0)
    there = site()
    bench.perform("Post", {"url": PLACE})
    library.unlink()
    library.write_text("no library")
    bench.add("Vanish")
    eventually(lambda: "plugin_unusable" in reasons(there), 15)
    [reason] = [one for one in there.ready() if one["reason"] == "plugin_unusable"]
    assert reason["plugin"] == "probe"
    assert there.metrics().get("bptl_plugin_ready", plugin="probe") == 0
