"""A plugin that writes nonsense down the socket between its process and the core: its process is ended, its task says why, it is started
again, and nothing else is touched. The 10,000 frames of the same kind are in tests/unit/core/test_frames.c."""
import json
import random

import pytest
from workbench import PLACE

SOCKET, LINES = 3, 4  # what a plugin's process holds, see host/core/process.c


def frame(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return len(text).to_bytes(4, "big") + text


def row(**more):
    return {"step": 1, "what": "x", "method": "POST", "url": "http://127.0.0.1/", "digest": "x", "state": "done", **more}


# What is written, by the key of a task of another plugin; and what the failure says of it.
NONSENSE = {
    "no frames at all": (SOCKET, lambda key: random.Random(1).randbytes(1500), "sent a frame "),
    "no JSON": (SOCKET, lambda key: frame(b"this is no JSON"), "sent a frame that is not JSON"),
    "deep JSON": (SOCKET, lambda key: frame(b"[" * 1900), "sent a frame that is not JSON"),
    "no UTF-8": (SOCKET, lambda key: frame(b'{"type":"\xff"}'), "sent a frame that is not JSON"),
    "a length over the limit": (SOCKET, lambda key: b"\xff\xff\xff\xff", "sent a frame of 4294967295 bytes, over the limit"),
    "half a frame": (SOCKET, lambda key: (120).to_bytes(4, "big") + b'{"type":', "sent a frame that is not JSON"),
    "an unknown type": (SOCKET, lambda key: frame({"type": "credentials"}), "sent a frame of no known type"),
    "a second description": (SOCKET, lambda key: frame({"type": "ready", "name": "writing", "version": "2", "units": []}),
                             "sent a second description of itself"),
    "another's steps": (SOCKET, lambda key: frame({"type": "note", "key": key, "put": [row(step=2)], "drop": [1]}),
                        "sent something about a task that it does not run"),
    "another's result": (SOCKET, lambda key: frame({"type": "result", "key": key, "outcome": "done"}),
                         "sent something about a task that it does not run"),
    "a line without an end": (LINES, lambda key: b"\0" * 1024, "wrote nonsense into the pipe for notes about crashes"),
}
TIMES = {"a line without an end": 64}


@pytest.mark.parametrize("name", NONSENSE)
def test_a_process_that_says_nonsense_costs_its_own_task_and_nobody_elses(bench, build, host, name):
    descriptor, nonsense, words = NONSENSE[name]
    bench.conf.section("plugin writing", library=build / "tests/plugins/writing.so")
    bench.conf.section("topic Write", unit="writing.Write", retries=0)
    running = host(bench.topic("Post").conf)
    other = bench.add("Post", {"url": PLACE, "count": 2, "ms": 700})
    bench.wait_sent(1)
    task = bench.perform("Write", {"fd": descriptor, "hex": nonsense(f"main/{other}").hex(), "times": TIMES.get(name, 1)}, "incident")
    assert f"the process of plugin writing {words}" in task["errorMessage"]
    assert "while it ran this task" in task["errorMessage"]
    running.wait_for("the plugin's process .* while it ran 1 tasks")
    bench.perform("Write", {"fd": descriptor})  # it was started again
    bench.wait(other)
    assert bench.numbers() == [0, 1]
    assert len(bench.told(other, "fetched")) == 1
