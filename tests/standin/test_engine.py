"""The stand-in engine answers like the real ones: statuses, types and messages below are what Camunda 7.24.0 and Operaton
1.0.3 said to the same requests. Its faults and its admin door do what they promise."""
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from engine import FAULTS, EngineStandIn  # noqa: E402


@pytest.fixture
def engine():
    with EngineStandIn() as standin:
        yield standin


def send(url, body=None, method="POST", **headers):
    """Status and body of an answer, as JSON when it is."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Content-Type": "application/json", **headers}
    request = urllib.request.Request(url, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            status, text = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, text = error.code, error.read()
    try:
        return status, json.loads(text) if text else None
    except ValueError:
        return status, text


def say(engine, task, verb, **body):
    return send(f"{engine.url}external-task/{task}/{verb}", body)


def fetch(engine, most=1, lock=60000, worker="w", topic=None, **more):
    body = {"workerId": worker, "maxTasks": most, "topics": [{"topicName": "a", "lockDuration": lock, **(topic or {})}],
            **more}
    return send(engine.url + "external-task/fetchAndLock", body)


def test_the_refusals_are_those_of_the_real_engines(engine):
    ids = engine.add({"topic": "a", "count": 3})["tasks"]
    assert len(fetch(engine, 3)[1]) == 3
    mine = ids[0]
    wrong = f"External Task {mine} cannot be completed by worker 'v'. It is locked by worker 'w'."
    gone = "External task with id nope does not exist"
    rows = [
        (mine, "complete", {"workerId": "v"}, 400, "RestException", wrong),
        (mine, "failure", {"workerId": "v", "retries": 1}, 400, "RestException",
         f"Failure of External Task {mine} cannot be reported by worker 'v'. It is locked by worker 'w'."),
        (mine, "extendLock", {"workerId": "v", "newDuration": 1000}, 400, "RestException",
         f"The lock of the External Task {mine} cannot be extended by worker 'v''. It is locked by worker 'w'."),
        (mine, "bpmnError", {"workerId": "v", "errorCode": "x"}, 400, "RestException",
         f"Bpmn error of External Task {mine} cannot be reported by worker 'v'. It is locked by worker 'w'."),
        (mine, "bpmnError", {"workerId": "w", "errorCode": ""}, 500, "ProcessEngineException", "Error Code is empty"),
        (mine, "failure", {"workerId": "w", "retries": -1}, 500, "ProcessEngineException",
         "retries is not greater than or equal to 0"),
        (mine, "complete", {"workerId": "w", "variables": {"x": {"type": "Foo", "value": 1}}}, 400, "RestException",
         "Unsupported value type 'Foo'"),
        (mine, "complete", {"workerId": "w", "variables": {"x": {"type": "Integer", "value": "q"}}}, 400,
         "InvalidRequestException", "Cannot convert value 'q' of type 'Integer' to java type java.lang.Integer"),
        ("nope", "complete", {"workerId": "v"}, 404, "RestException", gone),
        ("nope", "extendLock", {"workerId": "v", "newDuration": 5}, 404, "RestException", gone),
        ("nope", "failure", {"workerId": "v"}, 404, "RestException", gone),
        ("nope", "unlock", {}, 404, "RestException", gone),
    ]
    for task, verb, body, status, kind, message in rows:
        got, answer = say(engine, task, verb, **body)
        assert (got, answer["type"], answer["message"]) == (status, kind, message)
    assert engine.counts()["locked"] == 3


def test_a_text_that_is_too_long_is_a_500_with_a_code(engine):
    task = engine.add({"topic": "a"})["tasks"][0]
    fetch(engine)
    for size, status in ((4001, 500), (4000, 204)):
        got, answer = say(engine, task, "complete", workerId="w", variables={"y": {"type": "String", "value": "q" * size}})
        assert got == status
        assert status == 204 or (answer["code"] == 10002 and answer["type"] == "ProcessEnginePersistenceException")


def test_an_expired_lock_is_not_extended_but_completes(engine):
    task = engine.add({"topic": "a"})["tasks"][0]
    fetch(engine, lock=20)
    time.sleep(0.05)
    status, answer = say(engine, task, "extendLock", workerId="w", newDuration=1000)
    assert status == 400 and answer["message"].startswith("Cannot extend a lock that expired")
    assert say(engine, task, "complete", workerId="w")[0] == 204
    assert say(engine, task, "complete", workerId="w")[0] == 404


def test_a_failed_task_is_listed_as_locked_until_its_retry_and_can_still_be_completed(engine):
    task = engine.add({"topic": "a"})["tasks"][0]
    fetch(engine)
    assert say(engine, task, "failure", workerId="w", errorMessage="m", retries=1, retryTimeout=60000)[0] == 204
    assert fetch(engine)[1] == []
    _, listed = send(engine.url + "external-task?workerId=w&locked=true", method="GET")
    assert [(entry["id"], entry["errorMessage"]) for entry in listed] == [(task, "m")]
    assert say(engine, task, "complete", workerId="w")[0] == 204


def test_no_retries_left_is_an_incident_until_new_ones_are_granted(engine):
    task = engine.add({"topic": "a"})["tasks"][0]
    fetch(engine)
    say(engine, task, "failure", workerId="w", errorMessage="m", errorDetails="d", retries=0, retryTimeout=0)
    assert engine.counts()["incident"] == 1 and fetch(engine)[1] == []
    engine.set_retries(task, 2)
    status, tasks = fetch(engine)
    assert status == 200 and tasks[0]["retries"] == 2 and tasks[0]["errorDetails"] == "d"


def test_a_chain_of_topics_carries_its_variables_along(engine):
    engine.add({"variables": {"x": {"value": 1}}, "steps": [{"topic": "a"}, {"topic": "b"}]})
    first = fetch(engine)[1][0]
    say(engine, first["id"], "complete", workerId="w", variables={"y": {"value": True}})
    second = fetch(engine, topic={"topicName": "b"})[1][0]
    assert second["processInstanceId"] == first["processInstanceId"]
    assert {name: value["type"] for name, value in second["variables"].items()} == {"x": "Integer", "y": "Boolean"}
    say(engine, second["id"], "complete", workerId="w")
    assert engine.instances()[0]["state"] == "completed"


def test_order_and_filters_are_honoured(engine):
    for priority, key in ((1, "k1"), (9, "k2"), (5, "k3")):
        engine.add({"topic": "a", "priority": priority, "businessKey": key, "variables": {"n": {"value": priority}}})
    asked = {"lock": 1, "most": 9}

    def keys(topic=None, **more):
        time.sleep(0.01)
        return [task["businessKey"] for task in fetch(engine, topic=topic, **asked, **more)[1]]
    assert keys(usePriority=True) == ["k2", "k3", "k1"]
    assert keys(sorting=[{"sortBy": "createTime", "sortOrder": "desc"}]) == ["k3", "k2", "k1"]
    assert keys(sorting=[{"sortBy": "createTime", "sortOrder": "asc"}]) == ["k1", "k2", "k3"]
    assert keys({"businessKey": "k3"}) == ["k3"]
    assert keys({"processVariables": {"n": 9}}) == ["k2"]
    assert keys({"tenantIdIn": ["t"]}) == [] and len(keys({"withoutTenantId": True})) == 3
    assert keys({"processDefinitionKeyIn": ["other"]}) == []


def test_a_long_poll_is_woken_by_a_new_task_and_not_by_a_retry(engine):
    threading.Timer(0.3, engine.add, ({"topic": "a"},)).start()
    start = time.monotonic()
    task = fetch(engine, asyncResponseTimeout=5000)[1][0]["id"]
    assert 0.2 < time.monotonic() - start < 2
    say(engine, task, "failure", workerId="w", errorMessage="m", retries=1, retryTimeout=100)
    start = time.monotonic()
    assert fetch(engine, asyncResponseTimeout=600) == (200, [])
    assert time.monotonic() - start >= 0.55
    assert len(fetch(engine)[1]) == 1


def test_what_no_careful_client_sends_is_refused_and_remembered(engine):
    assert fetch(engine, foo=1)[0] == 400
    assert fetch(engine, topic={"lockDuration": "60"})[0] == 400
    assert fetch(engine, asyncResponseTimeout=1800001)[0] == 400
    assert say(engine, "x", "failure", workerId="w", errorDetail="d")[0] == 400
    assert send(engine.url + "external-task/fetchAndLock", {}, **{"Content-Type": "text/plain"})[0] == 415
    assert len(engine.counts()["broken"]) == 4


@pytest.mark.parametrize("do", FAULTS)
def test_every_fault_happens_once_and_then_all_is_well(engine, do):
    engine.add({"topic": "a", "count": 3})
    engine.fault("fetchAndLock", do, status=503 if do == "status" else 200, delay=0.2, bytes=1000)
    body = json.dumps({"workerId": "w", "maxTasks": 1, "topics": [{"topicName": "a", "lockDuration": 60000}]}).encode()
    head = f"POST /engine-rest/external-task/fetchAndLock HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    start = time.monotonic()
    with socket.create_connection(("127.0.0.1", engine.port), 5) as client:
        client.settimeout(1)
        client.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)
        try:
            answer = client.recv(65536)
        except ConnectionResetError:
            answer = "reset"
        except TimeoutError:
            answer = "silence"
    assert time.monotonic() - start >= 0.19
    expected = {"reset": "reset", "hang": "silence", "close": b""}
    if do in expected:
        assert answer == expected[do]
    elif do == "status":
        assert answer.startswith(b"HTTP/1.1 503 ")
    elif do == "nonsense":
        assert answer and not answer.startswith(b"HTTP/1.1")
    else:
        assert answer.startswith(b"HTTP/1.1 200 ")
        whole = answer.partition(b"\r\n\r\n")[2]
        if do == "slow":
            assert len(json.loads(whole)) == 1
        elif do != "large":
            with pytest.raises(ValueError):
                json.loads(whole.decode("latin-1"))
    assert fetch(engine)[0] == 200 and len(fetch(engine)[1]) == 1


def test_a_fault_after_the_deed_loses_only_the_answer(engine):
    task = engine.add({"topic": "a"})["tasks"][0]
    fetch(engine)
    engine.fault("complete", "status", status=502, body="lost", after=True)
    assert say(engine, task, "complete", workerId="w") == (502, b"lost")
    assert engine.counts()["completed"] == 1


def test_a_fault_can_be_for_a_share_of_the_requests(engine):
    engine.fault("list", "status", count=10**6, share=0.3, seed=1, status=503)
    answers = [send(engine.url + "external-task", method="GET")[0] for _ in range(200)]
    assert set(answers) == {200, 503} and 35 < answers.count(503) < 85


def test_what_a_careful_worker_avoids_is_counted(engine):
    kept, given_back, lost, failed = engine.add({"topic": "a", "count": 4})["tasks"]
    assert len(fetch(engine, 4)[1]) == 4
    assert say(engine, given_back, "unlock")[0] == 204
    assert say(engine, failed, "failure", workerId="w", retries=1)[0] == 204
    assert len(fetch(engine, 4)[1]) == 2  # neither was neglected
    assert not any(engine.counts()["seen"].values())
    engine.expire()
    assert say(engine, lost, "extendLock", workerId="w", newDuration=1000)[0] == 400
    assert say(engine, kept, "complete", workerId="w")[0] == 204  # in time, for nobody else had it
    assert len(fetch(engine, 4, worker="v")[1]) == 3
    assert say(engine, lost, "complete", workerId="w")[0] == 400
    assert say(engine, kept, "complete", workerId="w")[0] == 404
    assert engine.counts()["seen"] == {"offered again": 3, "not the holder": 1, "gone": 1, "ran out": 1}


def test_an_outage_ends_connections_and_itself(engine):
    poll = threading.Thread(target=lambda: pytest.raises(OSError, fetch, engine, asyncResponseTimeout=9000))
    poll.start()
    while engine.counts()["polls"] == 0:
        time.sleep(0.01)
    engine.set_outage("reset")
    poll.join(3)
    assert not poll.is_alive()
    with pytest.raises(OSError):
        fetch(engine)
    engine.set_outage(None)
    assert fetch(engine) == (200, [])


def test_the_password_or_token_is_demanded():
    with EngineStandIn(token="t0ken") as engine:
        assert send(engine.url + "engine", method="GET")[0] == 401
        assert send(engine.url + "engine", method="GET", Authorization="Bearer t0ken")[0] == 200


def test_the_program_says_its_port_and_ends_on_sigterm():
    program = subprocess.Popen([sys.executable, os.path.join(HERE, "engine.py")], stdout=subprocess.PIPE, text=True)
    try:
        port = int(program.stdout.readline().removeprefix("engine ready "))
        admin = f"http://127.0.0.1:{port}/admin/"
        task = send(admin + "tasks", {"topic": "a", "count": 2})[1]["tasks"][0]
        assert send(admin + "counts", method="GET")[1]["waiting"] == 2
        assert send(admin + f"cancel/{task}")[0] == 200
        assert send(admin + f"tasks/{task}", method="GET")[1]["state"] == "cancelled"
        assert send(admin + "tasks", {"topik": "a"})[0] == 400
        assert send(admin + "reset")[0] == 200
        assert send(admin + "counts", method="GET")[1]["instances"] == 0
    finally:
        program.terminate()
        assert program.wait(5) == 0
        program.stdout.close()
