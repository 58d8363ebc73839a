"""/metrics: every metric is there, moves by the right number, is told about in docs/monitoring.md, and holds no secret."""
import re

import pytest
from metrics import Metrics
from probe import eventually
from testbed import ROOT
from workbench import PLACE

HERE = {"engine": "main"}


def of(topic):
    return {**HERE, "topic": topic}


def told(metrics, topic, **labels):
    """{value of the label: count} of a metric of a topic, without zeros."""
    [(name, label)] = labels.items()
    found = {dict(pairs)[label]: value for (sample, pairs), value in metrics.samples.items()
             if sample == name and dict(pairs).get("topic") == topic}
    assert found, (name, topic)
    return {key: value for key, value in found.items() if value}


def test_every_metric_is_in_the_page_of_monitoring_with_its_type_and_labels(bench, site):
    bench.topic("Echo")
    metrics = site().metrics()
    page = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|([^|]*)\| [^|]+ \|$", page, re.MULTILINE)
    documented = {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}
    assert len(documented) == len(rows)
    shown = {}
    for name, kind in metrics.types.items():
        labels = {label for (sample, pairs) in metrics.samples for label, _ in pairs
                  if sample == name or (kind == "histogram" and sample.startswith(name + "_"))}
        shown[name] = (kind, labels - {"le"})
    assert documented == shown


def test_every_value_of_a_label_is_in_the_page_of_monitoring(bench, site):
    bench.topic("Echo")
    metrics = site().metrics()
    page = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    values = {(label, value) for _, pairs in metrics.samples for label, value in pairs
              if label in ("outcome", "cause", "state", "result", "report", "status")}
    assert len(values) > 25
    assert not {value for _, value in values if f"`{value}`" not in page}


@pytest.fixture(autouse=True)
def short_polls(bench):
    bench.conf.section("engine main", long_poll="1s")


def test_polls_are_counted_by_their_result(bench, site):
    bench.topic("Echo")
    there = site()
    there.until("bptl_polls_total", 1, result="empty", **HERE)
    bench.perform("Echo")
    there.until("bptl_polls_total", 1, result="tasks", **HERE)
    bench.engine.fault("fetchAndLock", "status", 1, status=500)
    metrics = there.until("bptl_polls_total", 1, result="failed", **HERE)
    assert metrics.get("bptl_poll_age_seconds", **HERE) < 5
    assert metrics.get("bptl_polls_total", result="tasks", **HERE) == 1


def test_outcomes_and_causes_are_counted_by_topic(bench, site):
    bench.conf.section("plugin probe", time_limit="1s")
    for unit in ("Echo", "Fail", "FailForNow", "BpmnError", "Crash", "Loop", "Post"):
        bench.topic(unit, retries=1, retry_wait="500ms")
    bench.conf.section("service zaken", timeout="1s")
    there = site()
    for _ in range(3):
        bench.perform("Echo")
    bench.perform("Fail", None, "incident")
    bench.perform("FailForNow", None, "incident")  # fails, and again
    bench.perform("BpmnError", None, "error")
    bench.perform("Crash", None, "incident")
    bench.fault(kind="close")
    bench.perform("Post", {"url": PLACE}, "incident")
    loop = bench.add("Loop")
    bench.wait_told(loop, "failed")
    metrics = there.until("bptl_tasks_total", 1, outcome="failed", **of("Loop"))
    outcomes = {topic: told(metrics, topic, bptl_tasks_total="outcome") for topic in
                ("Echo", "Fail", "FailForNow", "BpmnError", "Crash", "Post")}
    assert outcomes == {
        "Echo": {"completed": 3}, "Fail": {"incident": 1}, "FailForNow": {"failed": 1, "incident": 1}, "BpmnError": {"bpmn_error": 1},
        "Crash": {"failed": 1, "incident": 1}, "Post": {"incident": 1}}  # fmt: skip
    causes = {topic: told(metrics, topic, bptl_task_failures_total="cause") for topic in
              ("Echo", "Fail", "FailForNow", "BpmnError", "Crash", "Post")}
    assert causes == {"Echo": {}, "Fail": {"unit": 1}, "FailForNow": {"unit": 2}, "BpmnError": {}, "Crash": {"crash": 2},
                      "Post": {"unknown_outcome": 1}}
    assert told(metrics, "Loop", bptl_task_failures_total="cause") == {"time_limit": 1}
    assert metrics.get("bptl_tasks_fetched_total", **of("Echo")) == 3
    assert metrics.get("bptl_tasks_fetched_total", **of("FailForNow")) == 2
    assert metrics.get("bptl_topic_info", plugin="probe", unit="Echo", **of("Echo")) == 1
    assert metrics.get("bptl_plugin_restarts_total", plugin="probe") >= 2
    for topic, runs in (("Echo", 3), ("FailForNow", 2), ("Crash", 2), ("Post", 1)):
        assert metrics.get("bptl_task_duration_seconds_count", **of(topic)) == runs


def test_durations_go_into_the_right_buckets(bench, site):
    bench.topic("Nap")
    there = site()
    bench.perform("Nap", {"ms": 1200})
    metrics = there.until("bptl_task_duration_seconds_count", 1, **of("Nap"))
    assert 1.2 <= metrics.get("bptl_task_duration_seconds_sum", **of("Nap")) < 30
    assert metrics.get("bptl_task_duration_seconds_bucket", le="1", **of("Nap")) == 0
    assert metrics.get("bptl_task_duration_seconds_bucket", le="30", **of("Nap")) == 1


def test_places_and_tasks_in_hand_are_what_is_there_now(bench, site):
    bench.conf.section("host", workers=2)
    bench.topic("Nap")
    there = site()
    metrics = there.metrics()
    assert metrics.get("bptl_places") == 2 and metrics.get("bptl_places_busy") == 0
    bench.engine.add({"topic": "Nap", "count": 2, "variables": {"ms": {"type": "Integer", "value": 1500}}})
    metrics = there.until("bptl_tasks_in_hand", 2, state="running", **of("Nap"))
    assert metrics.get("bptl_places_busy") == 2 and metrics.get("bptl_places_reserved") == 0
    bench.completed(2)
    metrics = there.until("bptl_tasks_in_hand", 0, state="running", **of("Nap"))
    assert metrics.get("bptl_places_busy") == 0
    there.until("bptl_places_reserved", 2)


def test_locks_are_counted_when_extended_and_when_lost(bench, site):
    bench.topic("Post", lock="10s")
    there = site()
    kept, stolen = (bench.add("Post", {"url": PLACE, "count": 35, "ms": 200}) for _ in range(2))
    there.until("bptl_tasks_in_hand", 2, state="running", **of("Post"))
    bench.engine.steal(stolen, seconds=600)
    bench.wait(kept)
    metrics = there.until("bptl_tasks_total", 1, outcome="completed", **of("Post"))
    assert told(metrics, "Post", bptl_tasks_total="outcome") == {"completed": 1, "lost": 1}
    assert metrics.get("bptl_lock_extensions_total", result="extended", **HERE) in (1, 2)
    assert metrics.get("bptl_lock_extensions_total", result="lost", **HERE) == 1
    assert metrics.get("bptl_lock_extensions_total", result="unanswered", **HERE) == 0


def test_completions_that_are_said_again_are_counted(bench, site):
    bench.topic("Echo").topic("Fail")
    there = site()
    bench.engine.fault("complete", "status", 2, status=500)
    bench.perform("Echo")
    bench.engine.fault("failure", "status", 1, status=500)
    bench.perform("Fail", None, "incident")
    metrics = there.until("bptl_tasks_total", 1, outcome="incident", **of("Fail"))
    assert metrics.get("bptl_report_retries_total", report="completion", **HERE) == 2
    assert metrics.get("bptl_report_retries_total", report="failure", **HERE) == 1
    assert told(metrics, "Echo", bptl_tasks_total="outcome") == {"completed": 1}


def test_a_completion_that_the_engine_refuses_is_a_failure_of_its_own_cause(bench, site):
    bench.topic("Echo", retries=0)
    there = site()
    bench.engine.fault("complete", "status", 1, status=400, body={"type": "RestException", "message": "geen geldige variabele"})
    bench.perform("Echo", None, "incident")
    metrics = there.until("bptl_tasks_total", 1, outcome="incident", **of("Echo"))
    assert told(metrics, "Echo", bptl_task_failures_total="cause") == {"engine": 1}


def test_callbacks_are_counted_by_their_result(bench, site):
    url = bench.zgw.url + "/terug/"
    bench.conf.section("host", callback_allow=url)
    bench.zgw.fault("POST", "/terug/", status=200, body={}, times=-1)
    bench.topic("Echo")
    there = site()
    bench.perform("Echo", {"callbackUrl": url})
    there.until("bptl_callbacks_total", 1, result="called")
    bench.perform("Echo", {"callbackUrl": "https://elders.example.nl/"})
    there.until("bptl_callbacks_total", 1, result="refused")
    bench.fault(path="/terug/", status=500, body={}, times=1)
    bench.perform("Echo", {"callbackUrl": url})
    metrics = there.until("bptl_callbacks_total", 2, result="called")
    assert metrics.get("bptl_callbacks_total", result="retried") == 1
    assert metrics.get("bptl_callbacks_total", result="given_up") == 0


def test_requests_of_units_are_counted_by_service_and_status(bench, site):
    bench.topic("Post", retries=0).topic("EngineVersion")
    there = site()
    bench.perform("Post", {"url": PLACE, "count": 3})
    bench.fault(status=404, body={"title": "Niet gevonden"}, times=1)
    bench.perform("Post", {"url": PLACE}, "incident")
    bench.fault(status=503, body={}, times=1)
    bench.perform("Post", {"url": PLACE}, "incident")
    bench.fault(kind="close", times=1)
    bench.perform("Post", {"url": PLACE}, "incident")
    bench.perform("EngineVersion")
    there.until("bptl_service_requests_total", 1, service="engine:main", status="2xx")
    metrics = there.until("bptl_service_requests_total", 1, service="zaken", status="none")
    expected = {"1xx": 0, "2xx": 3, "3xx": 0, "4xx": 1, "5xx": 1, "none": 1}
    assert {status: metrics.get("bptl_service_requests_total", service="zaken", status=status) for status in expected} == expected


def test_steps_that_the_journal_answers_are_no_requests(bench, site):
    """A retry repeats the run from the journal: only what is sent counts."""
    bench.topic("Post", retries=1)
    there = site()
    bench.fault(skip=1, status=503, body={}, times=1)
    bench.perform("Post", {"url": PLACE, "count": 2})
    metrics = there.until("bptl_service_requests_total", 1, service="zaken", status="5xx")
    metrics = there.until("bptl_service_requests_total", 2, service="zaken", status="2xx")
    assert len(bench.sent()) == 3


def test_the_journal_and_the_plugins_are_shown(bench, site):
    bench.topic("Post")
    there = site()
    before = there.metrics()
    bench.perform("Post", {"url": PLACE})
    metrics = there.until("bptl_tasks_total", 1, outcome="completed", **of("Post"))
    assert metrics.get("bptl_journal_commit_duration_seconds_count") > before.get("bptl_journal_commit_duration_seconds_count")
    assert metrics.get("bptl_journal_commit_duration_seconds_sum") > before.get("bptl_journal_commit_duration_seconds_sum")
    assert metrics.get("bptl_journal_size_bytes") >= 4096
    assert metrics.get("bptl_journal_blocked") == 0
    assert metrics.get("bptl_plugin_info", plugin="probe", version="1") == 1
    assert metrics.get("bptl_plugin_ready", plugin="probe") == 1
    assert metrics.get("bptl_plugin_restarts_total", plugin="probe") == 0
    assert metrics.get("bptl_ready") == 1
    assert metrics.get("process_resident_memory_bytes") > 1e6
    assert metrics.get("process_cpu_seconds_total") > 0
    assert metrics.get("process_start_time_seconds") > 1.7e9


def test_an_idle_host_commits_nothing(bench, site):
    bench.topic("Echo")
    there = site()
    bench.perform("Echo")
    before = there.until("bptl_tasks_total", 1, outcome="completed", **of("Echo"))
    polls = before.sum("bptl_polls_total")
    after = eventually(lambda: (lambda now: now if now.sum("bptl_polls_total") >= polls + 2 else None)(there.metrics()), 15)
    assert after.get("bptl_journal_commit_duration_seconds_count") == before.get("bptl_journal_commit_duration_seconds_count")


def test_ids_and_values_of_tasks_are_no_labels_and_no_secret_is_shown(bench, site):
    bench.topic("Post", retries=0).topic("Echo", 'raar', topic='een "raar" \\ topic')
    there = site()
    task = bench.perform("Post", {"url": PLACE}, businessKey="ZAAK-2026-0001")
    bench.perform('een "raar" \\ topic', {"text": "waarde-van-een-zaak"})
    bench.perform("Post", {"url": "https://elders.example.nl/?geheim=1"}, "incident")
    metrics = there.until("bptl_tasks_total", 1, outcome="completed", **of('een "raar" \\ topic'))
    count = len(metrics.samples)
    secrets = [bench.zgw.secret, task["id"], "ZAAK-2026", "waarde-van", "elders", "geheim", bench.engine.url]
    for text in (metrics.text, there.get("readyz")[2], there.get("healthz")[2]):
        assert not [secret for secret in secrets if secret in text]
    for _ in range(3):
        bench.perform("Post", {"url": PLACE})
    assert len(there.until("bptl_tasks_total", 4, outcome="completed", **of("Post")).samples) == count


@pytest.mark.parametrize("text", [
    "a 1\n", "# HELP bptl_a A.\n# TYPE bptl_a gauge\nbptl_a 1", "# HELP bptl_a A.\n# TYPE bptl_a gauge\nbptl_a 1\nbptl_a 2\n",
    "# HELP bptl_a A.\n# TYPE bptl_a gauge\nbptl_b 1\n", "# HELP bptl_a A.\n# TYPE bptl_a counter\nbptl_a 1\n",
    "# HELP bptl_a A.\n# TYPE bptl_a gauge\nbptl_a{b=\"c\"d\"} 1\n", "# HELP bptl_a A.\n# TYPE bptl_a gauge\nbptl_a -1,5\n",
    "# HELP bptl_a A.\n# TYPE bptl_a gauge\nbptl_a{b=\"\"} 1\n", "# HELP bptl_a A.\n# TYPE bptl_a gauge\n"])  # fmt: skip
def test_the_tests_own_reader_refuses_what_prometheus_would(text):
    with pytest.raises((AssertionError, KeyError)):
        Metrics(text)
