"""A credential goes to its own service and nowhere else, whatever URL a process variable, a page's `next` link, a redirect or a
callbackUrl holds: some 900 tricks, each in each of these places, against one running host. What listens elsewhere hears nothing
at all; what the service hears lies under its root even for a server that decodes and joins paths as carelessly as it can."""
import itertools
import json
import re
import threading

import pytest
from collector import Collector
from odd import OddServer, reply
from probe import eventually, use_probe
from tricks import PASSWORD, ROOT, lenient, tricks

REDIRECTS = (301, 302, 303, 307, 308)
REFUSED = re.compile(r"the URL|lies under the root of no configured service|the variable url cannot be read: a text holds a NUL")


class Service:
    """The service `zaken`, with `objects` under another path of the same server; it knows all tricks by number."""

    def __init__(self):
        self.tricks = []
        self.numbers = itertools.count()
        self.lock = threading.Lock()

    def __call__(self, request, body):
        page = re.fullmatch(r"/zaken/api/v1/(pages|redirect)/(\d+)(\?.*)?", request.path)
        if not page:
            return reply(request, {"url": "x", "results": [], "next": None})
        what, number = page[1], int(page[2])
        if what == "pages":  # only the query of `next` is taken, so each trick gets one
            link = None if page[3] else self.tricks[number][1] + "?page=2"
            return reply(request, {"count": 2, "next": link, "results": [{"a": 1}]})
        with self.lock:
            status = REDIRECTS[next(self.numbers) % len(REDIRECTS)]
        location = self.tricks[number][1].encode("utf-8", "replace").replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
        return reply(request, {}, status, Location=location.decode("latin-1"))


@pytest.fixture
def places(bench, build, host):
    """The service, what listens elsewhere, the tricks that belong to their ports, and a host that knows the service."""
    answer = Service()
    with OddServer(answer) as server:
        elsewhere = [("127.0.0.2", server.port), ("::1", server.port), ("127.0.0.1", 0), ("127.0.0.2", 0)]
        with Collector(*elsewhere) as collector:
            answer.tricks = tricks(server.port, collector.port(2))
            places = Places(bench, host, server, collector, answer.tricks)
            yield places
            assert collector.connections == 0 and collector.heard == []


class Places:
    def __init__(self, bench, host, server, collector, found):
        self.bench, self.host, self.server, self.collector, self.tricks = bench, host, server, collector, found
        conf = bench.conf
        conf.section("host", workers=16, callback_allow=f"http://127.0.0.1:{server.port}{ROOT}", log_level="info")
        for title in [title for title in conf.sections if title.startswith(("service", "topic"))]:
            conf.remove(title)
        conf.section("service zaken", type="zrc", root=f"http://127.0.0.1:{server.port}{ROOT}", auth="zgw", client_id="bptl",
                     secret_file=conf.secret("zgw", "zgw-geheim-0123456789"))
        conf.section("service objects", type="orc", root=f"http://127.0.0.1:{server.port}/objects/api/v2/", auth="api_key",
                     header="X-Key", value_file=conf.secret("key", "objects-sleutel-0123456789"))
        for unit in "Get", "Post":
            bench.topic(unit, services="zaken, objects", retries=0)
        bench.topic("Echo")

    def perform(self, topic, orders, wait=240):
        """Runs one task for each dict of variables: what became of each, as the engine's reports of the tasks."""
        running = self.host(self.bench.conf)
        ids = [self.bench.add(topic, order) for order in orders]

        def ended():
            counts = self.bench.engine.counts()
            return counts["incident"] + counts["completed"] >= len(ids)
        eventually(ended, wait, lambda: f"{self.bench.engine.counts()}\n{running.text()[-2000:]}")
        tasks = {task["id"]: task for instance in self.bench.engine.instances() for task in instance["tasks"]}
        return [tasks[one] for one in ids], running

    def check_heard(self, authorized=True):
        """What the service heard lies under the root of the service whose credential came with it."""
        for method, path, headers, _ in self.server.requests:
            where = lenient(path)
            if "X-Key" in headers:
                assert where.startswith("/objects/api/v2"), (method, path)
                assert "Authorization" not in headers, headers
            else:
                assert (where + "/").startswith(ROOT), (method, path)
                assert ("Authorization" in headers) == authorized, (method, path, headers)
            assert headers["Host"] == f"127.0.0.1:{self.server.port}", headers
            assert "Cookie" not in headers and "Referer" not in headers


def check_refusals(results, least):
    """Most tricks are refused for good, with a message that an operator understands."""
    refused = [(trick, task) for trick, task in results if task["state"] == "incident"]
    assert len(refused) >= least, f"only {len(refused)} of {len(results)} were refused"
    for (what, url), task in refused:
        message = task["errorMessage"]
        assert task["retries"] == 0 and REFUSED.search(message), (what, url, message)
        assert PASSWORD not in json.dumps(task["errorMessage"]) + (task["errorDetails"] or ""), (what, message)
        assert "\n" not in message and len(message) < 700 and len(message.splitlines()) == 1, (what, message)
    return refused


@pytest.mark.parametrize("topic, by_url", [("Get", False), ("Get", True), ("Post", False)], ids=["by type", "by URL", "a POST"])
@pytest.mark.timeout(300)
def test_a_trick_in_a_variable_leads_no_credential_astray(places, topic, by_url, figure):
    more = {"byUrl": True} if by_url else {}
    tasks, _ = places.perform(topic, [{"url": url, **more} for _, url in places.tricks])
    results = list(zip(places.tricks, tasks, strict=True))
    refused = check_refusals(results, 500)
    places.check_heard()
    sent = len(places.server.requests)
    assert 0 < sent == len(tasks) - len(refused)
    figure(f"{len(tasks)} tricks: {len(refused)} refused, {sent} asked of the service itself, 0 elsewhere")


@pytest.mark.timeout(300)
def test_a_trick_in_a_next_link_is_read_from_the_service_itself(places, figure):
    tasks, _ = places.perform("Get", [{"url": f"pages/{number}", "pages": True} for number in range(len(places.tricks))])
    places.check_heard()
    for method, path, _, _ in places.server.requests:
        assert method == "GET" and re.fullmatch(r"/zaken/api/v1/pages/\d+(\?.*)?", path), path
    read = [path for _, path, _, _ in places.server.requests if "?" in path]
    assert len(read) > 700
    for trick, task in zip(places.tricks, tasks, strict=True):
        assert PASSWORD not in (task["errorMessage"] or ""), trick
    figure(f"{len(tasks)} next links: {len(read)} second pages were asked of the service itself, 0 elsewhere")


@pytest.mark.timeout(300)
def test_a_trick_in_a_redirect_is_not_followed(places, figure):
    tasks, _ = places.perform("Get", [{"url": f"redirect/{number}"} for number in range(len(places.tricks))])
    places.check_heard()
    assert len(places.server.requests) == len(tasks)
    for trick, task in zip(places.tricks, tasks, strict=True):
        assert task["state"] == "incident" and "a redirect" in task["errorMessage"], (trick, task)
        assert PASSWORD not in task["errorMessage"] + (task["errorDetails"] or ""), (trick, task)
    figure(f"{len(tasks)} redirects: 0 followed")


@pytest.mark.timeout(300)
def test_a_trick_in_a_callback_url_is_called_only_where_that_is_allowed_and_without_a_credential(places, figure):
    tasks, running = places.perform("Echo", [{"text": "x", "callbackUrl": url} for _, url in places.tricks])
    fine = [trick for trick in places.tricks if "\0" not in trick[1]]  # a NUL is no text for any variable
    assert [task["state"] for task in tasks].count("completed") == len(fine)
    ended = re.compile(r"callbackUrl (.* is not called|called)")
    eventually(lambda: len(ended.findall(running.text())) >= len(fine), 60, lambda: running.text()[-2000:])
    places.check_heard(authorized=False)
    called = running.text().count("callbackUrl called")
    assert PASSWORD not in running.text()
    assert 0 < called == len(places.server.requests) < len(tasks) - 500
    assert all(method == "POST" and body == b"" for method, _, _, body in places.server.requests)
    figure(f"{len(tasks)} callbackUrls: {called} called, 0 elsewhere")
