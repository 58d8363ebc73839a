"""The callbackUrl of a task: an empty POST after the engine has taken the completion, only where the operator allows it, and
never of any consequence for the task."""
import time

import pytest
from workbench import PLACE
from probe import eventually

CALLED = "callbackUrl called: HTTP 200"


@pytest.fixture
def place(bench):
    """A callbackUrl that is allowed, and answers 200."""
    url = bench.zgw.url + "/terug/"
    bench.conf.section("host", callback_allow=f"https://elders.example.nl/ {url}")
    bench.zgw.fault("POST", "/terug/", status=200, body={}, times=-1)
    bench.topic("Echo").topic("Fail").topic("BpmnError").topic("Post")
    return url


def calls(bench):
    return bench.sent(path="/terug")


def test_it_is_called_once_after_the_engine_has_taken_the_completion(bench, host, place):
    running = host(bench.conf)
    task = bench.perform("Echo", {"callbackUrl": place + "zaak/1?token=abc", "text": "x"})
    running.wait_for(CALLED)
    [call] = calls(bench)
    assert call["path"] == "/terug/zaak/1"
    assert call["query"] == {"token": "abc"}
    assert call["body"] is None
    assert call["time"] > bench.told(task["id"], "completed")[0]["at"]
    assert "Authorization" not in call["headers"] and "Cookie" not in call["headers"]
    assert call["headers"].get("Content-Length", "0") == "0"
    assert "abc" not in running.text()


def test_it_is_not_called_while_the_engine_has_not_taken_the_completion(bench, host, place):
    running = host(bench.conf)
    bench.engine.fault("complete", "status", 2, status=500)
    task = bench.perform("Echo", {"callbackUrl": place})
    running.wait_for(CALLED)
    [call] = calls(bench)
    assert call["time"] > bench.told(task["id"], "completed")[0]["at"]


def test_it_is_called_when_an_earlier_try_turns_out_to_have_completed_the_task(bench, host, place):
    running = host(bench.conf)
    bench.engine.fault("complete", "status", after=True, status=500)
    bench.perform("Echo", {"callbackUrl": place})
    running.wait_for(CALLED)
    assert len(calls(bench)) == 1


@pytest.mark.parametrize("topic, state", [("Fail", "incident"), ("BpmnError", "error")])
def test_it_is_not_called_for_what_was_not_completed(bench, host, place, topic, state):
    host(bench.conf)
    bench.perform(topic, {"callbackUrl": place}, state)
    bench.perform("Echo")
    time.sleep(0.3)
    assert not calls(bench)


FAULTS = [{"status": 500}, {"status": 404}, {"kind": "close"}, {"kind": "garbage"}, {"kind": "html", "status": 502}]


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_callback_that_fails_is_tried_again_and_the_task_stays_completed(bench, host, place, fault):
    bench.fault(path="/terug/", times=2, **fault)
    running = host(bench.conf)
    task = bench.perform("Echo", {"callbackUrl": place})
    running.wait_for(CALLED, 10)
    assert len(calls(bench)) >= 2
    assert [entry["what"] for entry in task["history"]] == ["fetched", "completed"]
    requests = bench.engine.counts()["requests"]
    assert requests["complete"] == 1 and "failure" not in requests


def test_a_callback_that_never_works_is_given_up_and_the_task_stays_completed(bench, host, place):
    bench.fault(path="/terug/", status=500, times=-1)
    running = host(bench.conf)
    task = bench.perform("Echo", {"callbackUrl": place})
    running.wait_for("callbackUrl could not be called after 5 tries: HTTP 500", 20)
    assert len(calls(bench)) == 5
    assert bench.task(task["id"])["state"] == "completed"
    assert running.stop() == 0
    running = host(bench.conf)
    bench.perform("Echo")
    assert len(calls(bench)) == 5  # the journal knows that it is over


def test_a_redirect_is_not_followed(bench, host, place):
    bench.fault(path="/terug/", location=bench.zgw.url + "/terug/verder", status=307)
    running = host(bench.conf)
    bench.perform("Echo", {"callbackUrl": place})
    running.wait_for("callbackUrl .*HTTP 307")
    time.sleep(0.3)
    assert not [call for call in calls(bench) if "verder" in call["path"]]


NOT_ALLOWED = ["/elders/", "/terug", "/terug/../elders/", "/terug/%2e%2e/elders/", "/terugweg/"]


@pytest.mark.parametrize("path", NOT_ALLOWED)
def test_what_lies_under_no_allowed_root_is_not_called(bench, host, place, path):
    running = host(bench.conf)
    task = bench.perform("Echo", {"callbackUrl": bench.zgw.url + path + "?geheim=1"})
    running.wait_for("callbackUrl .* is not called: ")
    assert not bench.sent(path="/")
    assert bench.task(task["id"])["state"] == "completed"
    assert "geheim" not in running.text()


ODD = ["http://gebruiker:wachtwoord@{host}/terug/", "ftp://{host}/terug/", "file:///etc/passwd", "{host}/terug/",
       "terug", "http://", "http://{host}@elders.example.nl/terug/", "http://{host}\r\nX: y/terug/", " ",
       "http://localhost:{port}/terug/"]  # fmt: skip


@pytest.mark.parametrize("url", ODD)
def test_an_url_that_is_none_or_tries_to_mislead_is_not_called(bench, host, place, url):
    running = host(bench.conf)
    task = bench.perform("Echo", {"callbackUrl": url.format(host=f"127.0.0.1:{bench.zgw.port}", port=bench.zgw.port)})
    running.wait_for("callbackUrl .* is not called: ")
    assert not bench.sent(path="/")
    assert bench.task(task["id"])["state"] == "completed"
    assert "wachtwoord" not in running.text()


def test_without_allowed_roots_nothing_is_called(bench, host, place):
    bench.conf.section("host", callback_allow=None)
    running = host(bench.conf)
    bench.perform("Echo", {"callbackUrl": place})
    running.wait_for("it lies under none of the roots in callback_allow")
    assert not calls(bench)


def test_a_link_local_address_is_not_called_although_it_is_allowed(bench, host):
    bench.conf.section("host", callback_allow="http://169.254.169.254/", drain="1s")
    running = host(bench.topic("Echo").conf)
    start = time.monotonic()
    task = bench.perform("Echo", {"callbackUrl": "http://169.254.169.254/latest/meta-data"})
    running.wait_for("callbackUrl .*link-local", 5)
    assert time.monotonic() - start < 3
    assert bench.task(task["id"])["state"] == "completed"


@pytest.mark.parametrize("value", [None, "", {"type": "String", "value": None}], ids=str)
def test_an_empty_callback_is_none(bench, host, place, value):
    running = host(bench.conf)
    bench.perform("Echo", {"callbackUrl": value})
    running.wait_for("completed")
    time.sleep(0.2)
    assert "callbackUrl" not in running.text()


@pytest.mark.parametrize("value", [12, True, {"type": "Json", "value": '{"url": "x"}'}, ["a"]], ids=str)
def test_a_callback_that_is_no_text_is_not_called_and_changes_nothing(bench, host, place, value):
    running = host(bench.conf)
    task = bench.perform("Echo", {"callbackUrl": value})
    running.wait_for("callbackUrl .* is not called: ")
    assert bench.task(task["id"])["state"] == "completed"


def test_a_callback_that_was_due_when_the_host_was_killed_is_made_after_the_restart(bench, host, place):
    bench.fault(path="/terug/", status=503)
    running = host(bench.conf)
    bench.perform("Post", {"url": PLACE, "callbackUrl": place})
    running.wait_for("callbackUrl answered HTTP 503 .*: tried again")
    running.kill()
    running = host(bench.conf)
    running.wait_for(CALLED)
    assert len(calls(bench)) == 2
    assert bench.numbers() == [0]


def test_callbacks_that_wait_take_no_places_from_other_tasks(bench, host, place):
    bench.conf.section("host", workers=2)
    bench.fault(path="/terug/", status=200, delay=3, times=4)
    running = host(bench.conf)
    bench.add("Echo", {"callbackUrl": place}, count=4)
    bench.completed(4, 2)
    bench.perform("Echo")
    eventually(lambda: running.text().count(CALLED) == 4)
