"""The engine, a service, a mail server and a token endpoint, each behind a proxy that breaks exchanges in every way that a line can:
afterwards every task is completed, or is the incident that the contract demands; no mutation was doubled, and no task is lost."""
from urllib.parse import urlsplit

import pytest
from odd import OddServer, reply
from probe import eventually
from proxy import FaultProxy
from smtp import SmtpStandIn
from workbench import PLACE

# before: the request never arrived; after: only its answer is lost
CASES = {
    "latency": {"do": "latency", "delay": 0.3, "jitter": 0.2},
    "drip": {"do": "drip", "bytes": 7, "tick": 0.005},
    "reset-before": {"do": "reset"},
    "reset-after": {"do": "reset", "after": True},
    "close-before": {"do": "close"},
    "close-after": {"do": "close", "after": True},
    "half-open-before": {"do": "half-open"},
    "half-open-after": {"do": "half-open", "after": True},
    "garbage-before": {"do": "garbage"},
    "garbage-after": {"do": "garbage", "after": True},
    "cut-in-the-status-line": {"do": "cut", "bytes": 5},
    "cut-in-the-body": {"do": "cut", "bytes": -3},
    "cut-headers": {"do": "headers"},
}
UNHARMED = ("latency", "drip")
ARRIVED = [name for name, case in CASES.items() if case.get("after") or case["do"] in ("latency", "drip", "cut", "headers")]
EACH = 3  # tasks that meet each fault


@pytest.fixture
def line():
    """line(port): a proxy in front of a port of this machine."""
    proxies = []

    def start(port):
        proxies.append(FaultProxy(port).start())
        return proxies[-1]

    yield start
    for proxy in proxies:
        proxy.stop()


def all_hit(faults):
    eventually(lambda: all(fault.count == 0 for fault in faults), 10,
               lambda: f"never met: {[(fault.do, fault.match, fault.count) for fault in faults if fault.count]}")


def behind(proxy, url):
    """The URL of a stand-in, by way of the proxy."""
    assert f":{proxy.target}/" in url
    return url.replace(f":{proxy.target}/", f":{proxy.port}/")


def service_line(bench, line, *methods):
    """The service behind a proxy that has each fault for requests to a path of its name."""
    proxy = line(bench.zgw.port)
    bench.conf.section("service zaken", root=behind(proxy, bench.zgw.zaken), timeout="2s").section("host", workers=150)
    path = urlsplit(bench.zgw.zaken).path + PLACE
    return [proxy.fault(match=f"{method} {path}/{name} ".encode(), count=EACH, **case)
            for name, case in CASES.items() for method in methods]


def add_posts(bench, method="POST"):
    """Tasks that meet each fault; {name: their ids}."""
    return {name: [bench.add("Post", {"url": f"{PLACE}/{name}", "method": method}) for _ in range(EACH)] for name in CASES}


def test_a_post_on_a_broken_line_is_never_sent_twice_and_an_unknown_outcome_names_its_request(bench, line, host):
    faults = service_line(bench, line, "POST")
    host(bench.topic("Post", retries=3).conf)
    tasks = add_posts(bench)
    for name, ids in tasks.items():
        for task_id in ids:
            task = bench.wait(task_id, "completed" if name in UNHARMED else "incident", wait=30)
            if name not in UNHARMED:
                assert "may have been carried out, its outcome is unknown" in task["errorMessage"], (name, task)
                assert f"/{PLACE}/{name}" in task["errorMessage"] and "POST" in task["errorMessage"], (name, task)
                assert [entry["retries"] for entry in bench.told(task_id, "failed")] == [0], (name, task)
    all_hit(faults)
    arrived = {name: len(bench.sent("POST", f"{PLACE}/{name}")) for name in CASES}
    assert arrived == {name: EACH if name in ARRIVED else 0 for name in CASES}
    # a person has looked at what did not arrive and grants a retry, which sends it
    missing = [task_id for name, ids in tasks.items() if name not in ARRIVED for task_id in ids]
    for task_id in missing:
        bench.engine.set_retries(task_id, 1)
    for task_id in missing:
        bench.wait(task_id)
    assert {name: len(bench.sent("POST", f"{PLACE}/{name}")) for name in CASES} == dict.fromkeys(CASES, EACH)


def test_what_may_be_repeated_is_sent_again_on_a_broken_line_until_it_is_heard(bench, line, host):
    methods = ("PUT", "PATCH", "DELETE")
    faults = service_line(bench, line, *methods)
    host(bench.topic("Post").conf)
    for method in methods:
        bench.zgw.fault(method=method, path=PLACE, status=200, body={}, times=-1)
        add_posts(bench, method)
    counts = bench.completed(EACH * len(CASES) * len(methods))
    assert counts["incident"] == 0
    all_hit(faults)
    for name in CASES:
        lost = EACH if name in ARRIVED and name not in UNHARMED else 0
        for method in methods:
            assert len(bench.sent(method, f"{PLACE}/{name}")) == EACH + lost, (method, name)


def test_a_read_on_a_broken_line_is_made_again(bench, line, host):
    bench.zgw.fault(method="GET", path=PLACE, status=200, body={"naam": "waarde"}, times=-1)
    faults = service_line(bench, line, "GET")
    host(bench.topic("Get").conf)
    tasks = [bench.add("Get", {"url": f"{PLACE}/{name}"}) for name in CASES for _ in range(EACH)]
    counts = bench.completed(len(tasks))
    assert counts["incident"] == 0
    all_hit(faults)


def engine_line(bench, line):
    proxy = line(bench.engine.port)
    bench.conf.section("engine main", url=behind(proxy, bench.engine.url)).section("host", workers=50)
    return proxy


def each_once(bench, count):
    """So many tasks are completed, each once, and what they wrote was written once."""
    counts = bench.completed(count, 60)
    assert counts["incident"] == 0
    told = [entry["what"] for instance in bench.engine.instances() for task in instance["tasks"] for entry in task["history"]]
    assert told.count("completed") == count
    assert "failed" not in told
    assert bench.numbers() == [0] * count


def test_completions_on_a_broken_line_are_said_until_they_are_heard_and_no_unit_runs_twice(bench, line, host):
    proxy = engine_line(bench, line)
    faults = [proxy.fault(match=b"/complete ", **case) for case in CASES.values()]
    host(bench.topic("Post").conf)
    bench.add("Post", {"url": PLACE}, count=40)
    each_once(bench, 40)
    all_hit(faults)


def test_failures_and_bpmn_errors_on_a_broken_line_are_said_until_they_are_heard(bench, line, host):
    proxy = engine_line(bench, line)
    faults = [proxy.fault(match=match, **case) for case in CASES.values() for match in (b"/failure ", b"/bpmnError ")]
    host(bench.topic("Fail").topic("BpmnError").conf)
    failing = [bench.add("Fail", {"text": "voorgoed"}) for _ in CASES]
    ending = [bench.add("BpmnError") for _ in CASES]
    for task_id in failing:
        assert bench.wait(task_id, "incident", wait=30)["errorMessage"] == "probe.Fail: voorgoed"
    for task_id in ending:
        bench.wait(task_id, "error", wait=30)
    all_hit(faults)


def test_lock_extensions_on_a_broken_line_are_made_again_and_no_lock_is_lost(bench, line, host):
    proxy = engine_line(bench, line)
    faults = [proxy.fault(match=b"/extendLock ", **case) for case in CASES.values()]
    host(bench.topic("Nap", lock="10s").conf)
    tasks = [bench.add("Nap", {"ms": 5500}) for _ in CASES]
    for task_id in tasks:
        bench.wait(task_id, wait=30)
        assert len(bench.told(task_id, "fetched")) == 1
    all_hit(faults)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case["do"] != "half-open"])  # see test_outage.py
def test_tasks_of_a_poll_on_a_broken_line_are_done_all_the_same(bench, line, host, name):
    proxy = engine_line(bench, line)
    host(bench.topic("Post").conf)
    eventually(lambda: bench.engine.counts()["polls"] == 1)
    faults = [proxy.fault(match=b"/fetchAndLock ", **CASES[name]), proxy.fault(match=b"GET /engine-rest/external-task?", **CASES[name])]
    bench.add("Post", {"url": PLACE}, count=5)
    eventually(lambda: faults[0].count == 0)
    bench.add("Post", {"url": PLACE}, count=5)
    each_once(bench, 10)
    # a poll that failed is followed by the question which tasks we hold
    assert name in UNHARMED or faults[1].count == 0


def test_mails_on_a_broken_line_arrive_once_or_are_reported_as_unknown(bench, line, host):
    with SmtpStandIn() as smtp:
        proxy = line(smtp.port)
        bench.conf.use_mail(smtp).remove("plugin mail").section("host", workers=50)
        bench.conf.section("service post", root=f"smtp://127.0.0.1:{proxy.port}", timeout="2s")
        bench.topic("Mail", services="post", retries=5)
        # by name of the receiver what precedes the mail, by subject the mail itself and the answer to it
        faults = [proxy.fault(match=f"RCPT TO:<{name}@".encode(), **case) for name, case in CASES.items()]
        faults += [proxy.fault(match=f"Subject: {name}\r\n".encode(), **case) for name, case in CASES.items()]
        host(bench.conf)
        early = {name: bench.add("Mail", {"to": f"{name}@example.nl", "subject": "Begin"}) for name in CASES}
        late = {name: bench.add("Mail", {"to": "einde@example.nl", "subject": name}) for name in CASES}
        for task_id in early.values():
            bench.wait(task_id, wait=30)
        for name, task_id in late.items():
            task = bench.wait(task_id, *(("completed",) if name in UNHARMED else ("incident", "completed")), wait=30)
            arrived = len([mail for mail in smtp.mails if mail["subject"] == name])
            if task["state"] == "completed":
                assert arrived == 1, (name, task, [f.hits for f in faults if f.do == "garbage"])
            else:
                assert "may have arrived; look for Message-ID <" in task["errorMessage"], (name, task)
                assert arrived == (1 if name in ARRIVED else 0), name
        all_hit(faults)
        assert sorted(mail["to"][0] for mail in smtp.mails if mail["subject"] == "Begin") == sorted(f"{name}@example.nl" for name in CASES)


def test_a_token_endpoint_on_a_broken_line_costs_no_task_and_doubles_nothing(bench, line, host):
    posted = []

    def answer(request, body):
        if request.path == "/token":
            return reply(request, {"access_token": "kort-geldig-token", "token_type": "Bearer", "expires_in": 1})
        assert request.headers["Authorization"] == "Bearer kort-geldig-token"
        posted.append(request.path)
        return reply(request, {"url": "http://127.0.0.1/1"}, 201)

    with OddServer(answer) as server:
        proxy = line(server.port)
        for number in range(4):  # each has a token of its own
            bench.conf.section(
                f"service dienst-{number}", type="zrc", root=f"{server.url}api/", auth="oauth2", client_id="bptl", timeout="1s",
                secret_file=bench.conf.secret("oauth", "geheim van de dienst"), token_url=f"http://127.0.0.1:{proxy.port}/token")
            bench.topic("Post", f"post-{number}", services=f"dienst-{number}", retries=20, retry_wait="100ms", retry_wait_most="300ms")
        host(bench.conf)
        faults = [proxy.fault(match=b"POST /token ", **case) for case in CASES.values()]
        for number in range(4):
            bench.add(f"post-{number}", {"url": PLACE}, count=5)
        counts = bench.completed(20)
        assert counts["incident"] == 0
        assert len(posted) == 20
        all_hit(faults)
