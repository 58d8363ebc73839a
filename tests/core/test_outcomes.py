"""What becomes of a task: done, failed for now or for good, a BPMN error, or one of the contract's three names; and how it
is said to the engine."""
import time

import pytest
from workbench import PLACE
from probe import eventually


def test_a_failure_for_good_is_an_incident_at_once(bench, host):
    host(bench.topic("Fail", retries=5).conf)
    task = bench.perform("Fail", {"text": "de zaak bestaat niet"}, "incident")
    assert task["errorMessage"] == "probe.Fail: de zaak bestaat niet"
    assert task["retries"] == 0
    assert len(bench.told(task["id"], "failed")) == 1


def test_a_failure_for_now_counts_the_retries_down_with_growing_waits_to_an_incident(bench, host):
    bench.conf.section("engine main", long_poll="1s")
    host(bench.topic("FailForNow", retries=3, retry_wait="200ms").conf)
    task = bench.perform("FailForNow", None, "incident")
    failures = bench.told(task["id"], "failed")
    assert [one["retries"] for one in failures] == [3, 2, 1, 0]
    waits = [one["wait"] for one in failures]
    assert all(low <= wait <= high for wait, low, high in zip(waits, [100, 200, 400, 0], [200, 400, 800, 0]))
    runs = [one["at"] for one in bench.told(task["id"], "fetched")]
    for failure, run in zip(failures, runs[1:]):
        # A poll that waits at the engine already does not see that the task may be had again
        assert failure["wait"] / 1000 - 0.05 <= run - failure["at"] < failure["wait"] / 1000 + 1.5


def test_the_engines_own_number_of_retries_is_what_is_counted_down(bench, host):
    host(bench.topic("FailForNow", retries=3, retry_wait="100ms").conf)
    task = bench.perform("FailForNow", None, "incident", retries=2)
    assert [one["retries"] for one in bench.told(task["id"], "failed")] == [1, 0]
    bench.engine.set_retries(task["id"], 2)
    bench.wait_told(task["id"], "failed", 4)
    assert [one["retries"] for one in bench.told(task["id"], "failed")] == [1, 0, 1, 0]


def test_a_topic_without_retries_makes_an_incident_of_the_first_failure(bench, host):
    host(bench.topic("FailForNow", retries=0).conf)
    task = bench.perform("FailForNow", None, "incident")
    assert len(bench.told(task["id"], "failed")) == 1


def test_waits_do_not_grow_beyond_the_longest(bench, host):
    bench.conf.section("engine main", long_poll="1s")
    host(bench.topic("FailForNow", retries=4, retry_wait="100ms", retry_wait_most="150ms").conf)
    task = bench.perform("FailForNow", None, "incident")
    assert all(50 <= one["wait"] <= 150 for one in bench.told(task["id"], "failed")[:-1])


def test_a_unit_that_fails_without_a_word_is_an_incident_that_says_so(bench, host):
    host(bench.topic("MinusOne").conf)
    task = bench.perform("MinusOne", None, "incident")
    assert task["errorMessage"] == "probe.MinusOne: the unit returned -1 without saying why"


def test_a_bpmn_error_reaches_the_engine_with_its_code_message_and_variables(bench, host):
    host(bench.topic("BpmnError").conf)
    task = bench.perform("BpmnError", None, "error")
    [told] = bench.told(task["id"], "bpmnError")
    assert told["code"] == "TE_LAAT"
    assert told["message"] == "the request came too late"
    assert {name: (one["type"], one["value"]) for name, one in told["variables"].items()} == {"reden": ("String", "te laat")}


def test_a_bpmn_error_is_said_again_until_the_engine_takes_it(bench, host):
    host(bench.topic("BpmnError").conf)
    bench.engine.fault("bpmnError", "status", 2, status=503)
    bench.perform("BpmnError", None, "error")
    assert bench.engine.counts()["requests"]["bpmnError"] == 3


def test_the_retry_after_of_a_service_is_honoured(bench, host):
    bench.fault(retry_after=3)
    host(bench.topic("Post", retry_wait="100ms").conf)
    task = bench.perform("Post", {"url": PLACE})
    [failed] = bench.told(task["id"], "failed")
    assert failed["wait"] == 3000
    first, second = bench.sent()
    assert 2.9 < second["time"] - first["time"] < 4.5


def test_a_retry_after_that_is_a_date_is_honoured(bench, host):
    date = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 3))
    bench.fault(status=503, headers={"Retry-After": date})
    host(bench.topic("Post", retry_wait="100ms").conf)
    task = bench.perform("Post", {"url": PLACE})
    [failed] = bench.told(task["id"], "failed")
    assert 1000 <= failed["wait"] <= 3000


def test_a_retry_after_shorter_than_the_topics_own_wait_does_not_shorten_it(bench, host):
    bench.fault(retry_after=0)
    host(bench.topic("Post", retry_wait="1s").conf)
    task = bench.perform("Post", {"url": PLACE})
    assert bench.told(task["id"], "failed")[0]["wait"] >= 500


def test_the_details_of_a_failure_hold_the_request_line_the_status_and_the_body_but_no_secret(bench, host):
    secret = bench.zgw.secret
    bench.fault(status=400, body={"code": "invalid", "title": "Ongeldige invoer.", "detail": f"sleutel {secret}",
                                  "invalidParams": [{"name": "number", "code": "max", "reason": "te groot"}]})  # fmt: skip
    host(bench.topic("Post").conf)
    task = bench.perform("Post", {"url": PLACE + "?sleutel=geheim"}, "incident")
    outline = f"POST {bench.zgw.zaken}{PLACE}"
    first, second, body = task["errorDetails"].split("\n", 2)
    assert first == outline
    assert second == "HTTP 400"
    assert "te groot" in body and "invalidParams" in body
    assert f"post to the service: {outline} answered HTTP 400" in task["errorMessage"]
    assert "number: max: te groot" in task["errorMessage"]
    for text in task["errorMessage"], task["errorDetails"]:
        assert secret not in text and "geheim" not in text


def test_long_messages_and_details_are_cut_to_what_the_engine_keeps(bench, host):
    bench.fault(status=400, body="é" * 100000)
    host(bench.topic("Post").topic("Fail").conf)
    task = bench.perform("Post", {"url": PLACE}, "incident")
    assert len(task["errorDetails"]) > 1000
    task = bench.perform("Fail", {"text": "ë" * 3000}, "incident")
    assert 600 < len(task["errorMessage"]) <= 666


def test_a_task_whose_topic_is_no_longer_bound_is_nocallback(bench, host):
    running = host(bench.topic("Nap").topic("Echo").conf)
    task = bench.add("Nap", {"ms": 60000})
    bench.wait_told(task, "fetched")
    running.wait_for("running, attempt")
    running.kill()
    bench.conf.remove("topic Nap")
    host(bench.conf)
    incident = bench.wait(task, "incident")
    assert incident["errorMessage"] == "NoCallback: no unit is bound to topic Nap of this engine"


def test_a_task_that_was_performed_before_a_kill_is_only_completed_and_not_run_again(bench, host):
    running = host(bench.topic("Post").conf)
    bench.engine.fault("complete", "status", 1000, status=503)
    task = bench.add("Post", {"url": PLACE})
    running.wait_for("the completion was not taken by the engine")
    running.kill()
    bench.clear_faults()
    running = host(bench.conf)
    bench.wait(task)
    assert "TaskPerformed" in running.text()
    assert "running, attempt" not in running.text()
    assert bench.numbers() == [0]
    assert bench.instance(task)["variables"]["posted"]["value"] == 1
    assert not bench.told(task, "failed")


def test_a_performed_task_that_the_engine_offers_again_is_only_completed(bench, host):
    running = host(bench.topic("Post", lock="10s").conf)
    bench.engine.fault("complete", "status", 1000, status=503)
    task = bench.add("Post", {"url": PLACE})
    running.wait_for("the completion was not taken by the engine")
    running.kill()
    bench.engine.expire()
    eventually(lambda: bench.engine.counts()["polls"] == 0)
    running = host(bench.conf)
    running.wait_for("the completion was not taken by the engine")
    bench.clear_faults()
    bench.wait(task)
    assert "running, attempt" not in running.text()
    assert bench.numbers() == [0]


def test_local_variables_of_a_unit_stay_with_the_task(bench, host):
    host(bench.topic("Types").conf)
    task = bench.perform("Types")
    assert task["localVariables"]["aLocal"]["value"] == "binnen"
    assert "aLocal" not in bench.instance(task["id"])["variables"]


def test_what_a_unit_sets_is_there_for_the_next_task_of_the_process(bench, host):
    host(bench.topic("Post").topic("Echo").conf)
    made = bench.engine.add({"steps": [{"topic": "Post"}, {"topic": "Echo"}], "variables": {
        "url": {"type": "String", "value": PLACE}, "text": {"type": "String", "value": "tekst"}}})
    bench.completed(2)
    [instance] = [one for one in bench.engine.instances() if one["id"] == made["instances"][0]]
    assert instance["state"] == "completed"
    assert instance["variables"]["posted"]["value"] == 1


def test_hundreds_of_tasks_are_all_done_once(bench, host):
    host(bench.topic("Post").conf)
    start = time.monotonic()
    bench.add("Post", {"url": PLACE}, count=300)
    bench.completed(300)
    assert time.monotonic() - start < 25
    assert len(bench.sent()) == 300


@pytest.mark.parametrize("level", ["debug", "trace"])
def test_no_credential_is_in_the_log(bench, host, level):
    bench.conf.section("host", log_level=level)
    running = host(bench.topic("Post").conf)
    bench.perform("Post", {"url": PLACE})
    text = running.text()
    assert bench.zgw.secret not in text
    assert "Bearer " not in text
