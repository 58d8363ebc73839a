"""An engine, or a service, that is away for a while, behind a proxy: while it is away it is asked less than once a second and the
host sleeps; when it is back, work goes on within a minute, and everything is done once. And a poll whose line went half-open."""
import time

import pytest
from probe import eventually
from engine import EngineStandIn
from proxy import FaultProxy
from workbench import PLACE, cpu_seconds

RESUME = 60  # seconds within which work must go on
LOAD = 12
MODES = ("refuse", "reset", "silent")
FAILED = ("the poll for tasks failed", "was not taken by the engine", "the lock could not be extended")


@pytest.fixture
def away(long):
    """How long an outage is, in seconds."""
    return 120 if long else 10


@pytest.fixture
def line():
    """line(url): a proxy in front of a stand-in's port, and the URL through it."""
    proxies = []

    def start(port, url):
        proxies.append(FaultProxy(port).start())
        return proxies[-1], url.replace(f":{port}/", f":{proxies[-1].port}/")

    yield start
    for proxy in proxies:
        proxy.stop()


@pytest.fixture
def engines():
    """An engine for each way to be away."""
    servers = {mode: EngineStandIn().start() for mode in MODES}
    yield servers
    for server in servers.values():
        broken = server.counts()["broken"]
        server.stop()
        assert not broken


def text(value):
    return {"type": "String", "value": value}


def number(value):
    return {"type": "Integer", "value": value}


def failures(running, engine):
    """How many requests to this engine the host says to have failed."""
    lines = [one for one in running.text().splitlines() if f"engine={engine} " in f"{one} "]
    return sum(any(words in one for words in FAILED) for one in lines)


def requests(running, proxies):
    """{engine: how many were made}; the proxy does not see those that found nobody listening."""
    return {mode: failures(running, mode) if mode == "refuse" else len(proxy.attempts) for mode, proxy in proxies.items()}


@pytest.mark.timeout(400)
def test_engines_that_were_away_get_their_results_and_were_not_flooded(bench, line, engines, host, away, figure):
    proxies = {}
    bench.conf.remove("engine main").section("host", workers=6 * LOAD)
    for mode, engine in engines.items():
        proxies[mode], url = line(engine.port, engine.url)
        bench.conf.section(f"engine {mode}", type="camunda", url=url, timeout="2s", long_poll="1s")
        bench.topic("Post", f"write-{mode}", engine=mode, lock="30s").topic("Nap", f"nap-{mode}", engine=mode, lock="30s")
    running = host(bench.conf)
    for mode, engine in engines.items():
        engine.add({"topic": f"write-{mode}", "count": LOAD,
                    "variables": {"url": text(f"{PLACE}/{mode}"), "count": number(2), "ms": number(1500)}})
        engine.add({"topic": f"nap-{mode}", "count": LOAD, "variables": {"ms": number(3000)}})
    bench.wait_sent(len(MODES) * LOAD)
    for mode, proxy in proxies.items():
        proxy.outage(mode)
    # what is under way comes to its end and finds nobody
    eventually(lambda: all(failures(running, mode) >= LOAD / 2 for mode in MODES), 15, running.text)
    for mode, engine in engines.items():
        engine.add({"topic": f"write-{mode}", "count": LOAD, "variables": {"url": text(f"{PLACE}/{mode}"), "count": number(2)}})
    before = requests(running, proxies)
    worked, start = cpu_seconds(running.pid), time.monotonic()
    time.sleep(away)
    took, busy = time.monotonic() - start, cpu_seconds(running.pid) - worked
    asked = {mode: count - before[mode] for mode, count in requests(running, proxies).items()}
    for proxy in proxies.values():
        proxy.outage(None)
    back = time.monotonic()
    for mode, engine in engines.items():
        eventually(lambda engine=engine: engine.counts()["completed"] > 0, RESUME)
        figure(f"engine away for {took:.0f} s ({mode}): {asked[mode] / took:.2f} requests a second; work went on "
               f"{time.monotonic() - back:.1f} s after its return")
    figure(f"core, {len(MODES)} engines away for {took:.0f} s: {1000 * busy / took:.1f} ms CPU a second")
    for mode, engine in engines.items():
        eventually(lambda engine=engine: engine.counts()["completed"] == 3 * LOAD, RESUME, lambda engine=engine: f"{engine.counts()}")
        assert asked[mode] < took, mode
        assert engine.counts()["incident"] == 0
        sent = [one["body"]["number"] for one in bench.sent("POST", f"{PLACE}/{mode}")]
        assert sorted(sent) == [0] * 2 * LOAD + [1] * 2 * LOAD, mode
    assert busy < 0.05 * took


@pytest.mark.timeout(400)
def test_tasks_of_services_that_were_away_are_done_once_when_they_are_back(bench, line, host, away, figure):
    modes = ("refuse", "silent")
    proxies = {}
    bench.zgw.fault(method="PUT", path=PLACE, status=200, body={}, times=-1)
    keys = bench.conf.sections["service zaken"]
    for mode in modes:
        proxies[mode], root = line(bench.zgw.port, bench.zgw.zaken)
        bench.conf.section(f"service {mode}", {**keys, "root": root, "timeout": "2s"})
        # more retries than by default, which are over within a minute or so
        bench.topic("Post", mode, services=mode, retries=100, retry_wait="1s", retry_wait_most="4s")
    host(bench.topic("Echo").conf.section("host", workers=3 * LOAD))
    for mode in modes:
        proxies[mode].outage(mode)
    tasks = {mode: bench.add(mode, {"url": f"{PLACE}/{mode}", "method": "PUT"}, count=LOAD) for mode in modes}
    for mode in modes:
        bench.wait_told(tasks[mode], "failed")
    slowest, start = 0, time.monotonic()
    while time.monotonic() < start + away:
        before = time.monotonic()
        bench.perform("Echo")  # other topics do not feel it
        slowest = max(slowest, time.monotonic() - before)
        time.sleep(0.5)
    for proxy in proxies.values():
        proxy.outage(None)
    back = time.monotonic()
    for mode in modes:
        eventually(lambda mode=mode: bench.told(tasks[mode], "completed"), RESUME)
        figure(f"service away for {away} s ({mode}): work went on {time.monotonic() - back:.1f} s after its return; "
               f"the slowest task of another topic took {1000 * slowest:.0f} ms meanwhile")
    for mode in modes:
        eventually(lambda mode=mode: len(bench.sent("PUT", f"{PLACE}/{mode}")) == LOAD, RESUME)
    assert bench.engine.counts()["incident"] == 0
    eventually(lambda: not [1 for instance in bench.engine.instances() for task in instance["tasks"] if task["state"] != "completed"])
    assert len(bench.sent("PUT")) == len(modes) * LOAD


@pytest.mark.timeout(200)
def test_a_poll_whose_line_went_half_open_is_found_in_time_and_its_tasks_come_back(bench, line, host, figure):
    """The worst kind: nobody closes anything, the engine still answers the old poll, and gives its tasks to nobody."""
    proxy, url = line(bench.engine.port, bench.engine.url)
    poll = 2
    bench.conf.section("engine main", url=url, long_poll=f"{poll}s")
    host(bench.topic("Post", lock="10m").conf)
    bench.perform("Post", {"url": PLACE})
    eventually(lambda: bench.engine.counts()["polls"] == 1)
    start = time.monotonic()
    assert proxy.freeze() > 0
    first = bench.add("Post", {"url": PLACE}, count=8)
    bench.wait_told(first, "fetched")  # locked for ten minutes, and nobody knows
    bench.wait_told(first, "unlocked", wait=poll + 30)
    found = time.monotonic() - start
    counts = bench.completed(9, 20)
    figure(f"a half-open poll of {poll} s was found after {found:.1f} s, its tasks were done after {time.monotonic() - start:.1f} s")
    assert found <= poll + 15 + 2, "2 s for a busy machine"
    assert counts["incident"] == 0
    assert bench.numbers() == [0] * 9
