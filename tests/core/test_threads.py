"""The runner's threads under the thread sanitizer: many tasks at once that read, write, fail, crash and are stopped."""
import os
import pathlib

import pytest
from probe import eventually
from sanitizers import check_sanitizers
from workbench import PLACE

pytestmark = pytest.mark.skipif("BPTL_BUILD_THREAD" not in os.environ,
                                reason="BPTL_BUILD_THREAD names no build with the thread sanitizer (tests/run makes one)")


@pytest.fixture(scope="module")
def build():
    """In place of the build with the address sanitizer."""
    return pathlib.Path(os.environ["BPTL_BUILD_THREAD"]).resolve()


@pytest.fixture(scope="module")
def bptl(build):
    return build / "bptl"


def test_many_tasks_at_once_race_for_nothing(bench, host):
    for unit in "Post", "Get", "Nap", "Fail", "BpmnError", "Echo":
        bench.topic(unit)
    running = host(bench.conf)
    for number in range(40):
        bench.add("Post", {"url": PLACE, "count": 3})
        bench.add("Get", {"url": PLACE})
        bench.add("Nap", {"ms": 20 * (number % 5)})
        bench.add("Echo", {"text": "x" * 90 * number, "object": {"a": [number]}})
    for _ in range(5):
        bench.add("Fail", {"text": "for good"})
        bench.add("BpmnError")
    wanted = {"completed": 160, "incident": 5, "error": 5}
    eventually(lambda: wanted.items() <= bench.engine.counts().items(), 60, lambda: f"{bench.engine.counts()}")
    check_sanitizers(running.text())


def test_a_crash_and_lost_locks_amid_others_race_for_nothing(bench, host):
    for unit in "Crash", "Nap", "Post":
        bench.topic(unit, lock="10s", retries=0)
    running = host(bench.conf)
    naps = [bench.add("Nap", {"ms": 600}) for _ in range(6)]
    bench.add("Crash", {"ms": 200})
    for _ in range(10):
        bench.add("Post", {"url": PLACE, "count": 2, "ms": 50})
    wanted = {"incident": 1, "completed": len(naps) + 10}
    eventually(lambda: wanted.items() <= bench.engine.counts().items(), 60, lambda: f"{bench.engine.counts()}")
    check_sanitizers(running.text())
