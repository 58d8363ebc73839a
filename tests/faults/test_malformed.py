"""Ten thousand answers of engines that are nearly right, for every call that the host makes: no crash, no memory lost, polling goes
on, and good tasks are done afterwards. The runners' side of the same is in tests/unit/core/test_frames.c and test_frames.py."""
import asyncio
import json
import pathlib
import random
import re
import subprocess
import threading
import time
from collections import Counter

import pytest
from mutants import Mutator
from probe import eventually
from testbed import ROOT, build_folder

ENGINES = 120
TOPICS = ("Echo", "Echo", "Fail", "FailForNow", "BpmnError", "Nap")
VERBS = ("fetchAndLock", "complete", "failure", "bpmnError", "extendLock", "unlock", "list")
STREAK = 3    # broken polls of one engine in a row, so that no engine waits long for its next
GROWTH = 10   # MiB of memory that the core may keep
KEPT = 40     # the same with ASan, which keeps for a while what was freed; it finds leaks by itself
ROUND = 0.15  # seconds that a poll without tasks waits
FORGETFUL = {"ASAN_OPTIONS": "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"}  # else ASan keeps what was freed


class Storm:
    """Engines that hand out tasks without end and answer everything so that it is broken as often as not."""

    def __init__(self, seed):
        self.rng = random.Random(seed)
        self.mutator = Mutator(self.rng)
        self.calm = False      # every answer is good now
        self.broken = Counter()  # answers by what was asked
        self.asked = Counter()
        self.streaks, self.polled = Counter(), {}
        self.wanted = {}       # engine: the task that it hands out next
        self.completed = {}    # task: what was said of it
        self.number = 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=512), self.loop).result(10)
        self.port = server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        async def end():
            rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def reached(self, count, running):
        """Waits until so many answers were broken, or until the host has ended, which it must not."""
        eventually(lambda: self.broken.total() >= count or running.process.poll() is not None, 100 + count / 40, lambda: f"{self.broken}")
        assert running.process.poll() is None, running.text()[-4000:]

    def url(self, engine):
        return f"http://127.0.0.1:{self.port}/{engine}/"

    async def serve(self, reader, writer):
        try:
            while await self.exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        writer.close()

    async def exchange(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        body = await reader.readexactly(int(length[1])) if length else b""
        engine, _, *rest = head.split(b" ")[1].decode().lstrip("/").split("?")[0].split("/")
        verb = rest[-1] if len(rest) > 0 else "list"
        self.asked[verb] += 1
        if verb == "fetchAndLock":
            await asyncio.sleep(ROUND)
        status, value = self.answer(engine, verb, rest, json.loads(body or b"null"))
        if not self.is_broken(engine, verb):
            text = json.dumps(value).encode() if value is not None else b""
            writer.write(b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\n%s\r\n%s"
                         % (status, b"Content-Length: %d\r\n" % len(text) if status != 204 else b"", text))
            return True
        self.broken[verb] += 1
        data, goes_on = self.mutator.mutate(status, value)
        writer.write(data)
        await writer.drain()
        return goes_on

    def is_broken(self, engine, verb):
        broken = not self.calm and self.rng.random() < 0.6
        if verb in ("fetchAndLock", "list"):
            broken = broken and self.streaks[engine] < STREAK
            self.streaks[engine] = self.streaks[engine] + broken if broken or verb == "list" else 0
        return broken

    # ---- good answers ----
    def answer(self, engine, verb, rest, body):
        if verb == "fetchAndLock":
            self.polled[engine] = time.monotonic()
            return 200, [self.task(body) for _ in range(min(body["maxTasks"], self.rng.randrange(4)))] if not self.calm else self.last(engine, body)
        if verb == "list":  # tasks that nobody has are unlocked
            return 200, [] if self.calm else [{**self.task(None), "id": f"vreemd-{self.rng.randrange(10**9)}"} for _ in range(self.rng.randrange(3))]
        if verb == "complete":
            self.completed[rest[0]] = body.get("variables")
        return 204, None

    def last(self, engine, body):
        """The one task of the calm after the storm."""
        task = self.wanted.pop(engine, None)
        return [{**self.task(body), "id": task, "topicName": "Echo"}] if task else []

    def task(self, _body):
        self.number += 1
        return {"activityId": "doe", "activityInstanceId": f"doe:{self.number}", "errorMessage": None, "executionId": f"e-{self.number}",
                "id": f"taak-{self.number}", "lockExpirationTime": "2030-01-01T00:00:00.000+0000", "createTime": None,
                "processDefinitionId": "p:1:1", "processDefinitionKey": "p", "processInstanceId": f"p-{self.number}", "retries": None,
                "suspended": False, "workerId": "w", "topicName": self.rng.choice(TOPICS), "tenantId": None, "priority": 0,
                "businessKey": f"zaak-{self.number}", "variables": {
                    "text": {"type": "String", "value": "hallo", "valueInfo": {}},
                    "integer": {"type": "Integer", "value": self.number, "valueInfo": {}},
                    "object": {"type": "Json", "value": "{\"a\":[1,2,{\"b\":null}]}", "valueInfo": {}},
                    "ms": {"type": "Integer", "value": 5200 if self.number % 4 == 0 else 10, "valueInfo": {}}}}


def memory(pid, what="VmRSS"):
    """What a process holds of the machine's memory, in MiB; VmHWM: the most that it ever held."""
    return int(re.search(rf"{what}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1]) / 1024


@pytest.fixture(scope="module")
def build(long):
    """The long form measures a host without sanitizers."""
    if not long:
        return build_folder()
    subprocess.run([ROOT / "tests/tools/build", "build-plain", "-DBPTL_TESTS=ON"], check=True, timeout=1200)
    return ROOT / "build-plain"


@pytest.fixture(scope="module")
def bptl(build):
    return build / "bptl"


@pytest.mark.timeout(2400)
def test_malformed_answers_of_engines_cost_neither_the_host_nor_memory_nor_polls(bench, host, long, figure):
    wanted, warm = (50000, 10000) if long else (10000, 3000)
    with Storm(seed=20261) as storm:
        bench.conf.remove("engine main").section("host", workers=200, drain="2s", log_level="error")
        for engine in range(ENGINES):
            bench.conf.section(f"engine e{engine}", type="camunda", url=storm.url(f"e{engine}"), timeout="2s", long_poll="1s")
            for unit in set(TOPICS):
                bench.topic(unit, f"{unit}-{engine}", topic=unit, engine=f"e{engine}", lock="10s")
        running = host(bench.conf, env=FORGETFUL, ready=None)
        start = time.monotonic()
        storm.reached(warm, running)
        before = memory(running.pid, "VmHWM")
        storm.reached(wanted, running)
        took = time.monotonic() - start
        storm.calm = True
        storm.wanted = {f"e{engine}": f"goed-{engine}" for engine in range(ENGINES)}
        for engine in range(ENGINES):
            done = eventually(lambda engine=engine: storm.completed.get(f"goed-{engine}"), 60, lambda: f"{storm.wanted}")
            assert done["text"]["value"] == "hallo"
        grown = memory(running.pid) - before
        figure(f"{storm.broken.total()} malformed answers in {took:.0f} s ({', '.join(f'{verb} {storm.broken[verb]}' for verb in VERBS)}); "
               f"the core grew by {grown:.1f} MiB to {before + grown:.0f} MiB")
        assert all(storm.broken[verb] > 20 for verb in VERBS), storm.broken
        assert grown < (GROWTH if long else KEPT)
        assert running.stop() == 0
