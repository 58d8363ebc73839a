"""Memory that runs out, at every place that asks for it: once, and from there on. Out of memory, the core ends with its message and the
next host brings every task to its end; a plugin's process costs what it was doing, and that is said; nothing is sent twice."""
import json
import os
import subprocess

import pytest
from sanitizers import SANITIZER
from scenes import SCENES, check_sent, finish, play
from shim import spread
from workbench import PLACE

SEED = 5
EXIT = 70  # with which the tool ends for want of memory
OUT_OF_MEMORY = "bptl: out of memory: the process ends"


# Nine of ten places are in OpenSSL's own start, which goes on without what it did not get, or lets a connection fail.
WITHOUT = {"without": "libcrypto"}


def number(whole, long, short):
    """How many of the places of a whole run are tried; TORTURE_COUNT says otherwise."""
    return int(os.environ.get("TORTURE_COUNT", 0)) or (whole["seen"] if long else short)


# ---- hosts ----

def torture(life, plan):
    """One life in which the n-th fails."""
    scene, role, nth, mode = plan
    play(scene, life, life.shim.plan(role, "memory", nth, mode=mode, sites=1, **WITHOUT))
    status = finish(life, (0, EXIT) if role == "core" else (0,))
    if status == EXIT:
        assert OUT_OF_MEMORY in life.text(), life.words()
    check_sent(life)
    return {"seen": life.shim.seen, "failed": life.shim.failed, "status": status, "granted": len(life.granted)}


@pytest.mark.timeout(4 * 3600)
@pytest.mark.parametrize("role", ["core", "runner"])
@pytest.mark.parametrize("scene", SCENES)
def test_a_host_that_runs_out_of_memory_loses_nothing_and_does_nothing_twice(theatre, scene, role, long, figure):
    [whole] = theatre.play(torture, [(scene, role, 0, "once")])
    assert whole["status"] == 0 and whole["seen"] > 100
    plans = [(scene, role, nth, mode) for mode in ("once", "from") for nth in spread(whole["seen"], number(whole, long, 8), SEED)]
    results = theatre.play(torture, plans)
    failed = sum(one["failed"] > 0 for one in results)
    assert failed > len(plans) / 2
    ends = sum(one["status"] == EXIT for one in results)
    figure(f"{failed} failing allocations of {whole['seen']} places, once and from there on (seed {SEED}): {ends} cores ended with their "
           f"message, 0 crashes, 0 tasks lost, 0 mutations doubled, {sum(one['granted'] for one in results)} reported as unknown")


# ---- commands that end by themselves ----

# words of the command, its statuses when nothing fails, and what it has sent then
COMMANDS = {
    "check": (["check"], {}),
    "exec-post": (["exec", "Post"], {"url": PLACE + "/exec", "count": 2}),
    "exec-pages": (["exec", "Get"], {"url": "lijst", "pages": True}),
    "exec-mail": (["exec", "Mail"], {"to": "iemand@example.nl", "text": "inhoud"}),
}


def command(life, plan):
    """One command in which the n-th fails."""
    name, role, nth, mode = plan
    words, variables = COMMANDS[name]
    env = life.shim.plan(role, "memory", nth, mode=mode, sites=1, **WITHOUT)
    if variables:
        file = life.folder / "variables.json"
        file.write_text(json.dumps(variables), encoding="utf-8")
        words = [*words, "--vars", file]
    done = subprocess.run([life.stage.build / "bptl", *words, "--conf", life.bench.conf.write()], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, env={**os.environ, **env})
    about = f"{plan}: {done.returncode}\n{done.stdout}{done.stderr}{life.shim.where()[:3000]}"
    assert not SANITIZER.search(done.stderr), about
    assert done.returncode in ((0, EXIT) if role == "tool" else (0, 78)), about
    if done.returncode == EXIT:
        assert OUT_OF_MEMORY in done.stderr, about
    elif role == "runner" and done.returncode:
        assert "out of memory" in done.stderr, about
    elif variables:
        assert json.loads(done.stdout)["outcome"] == "done", about
    numbers = life.numbers("exec")
    assert numbers == [0, 1][:len(numbers)] and (numbers == [0, 1] or done.returncode or name != "exec-post"), about
    return {"seen": life.shim.seen, "failed": life.shim.failed, "status": done.returncode}


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name, role", [*((name, "tool") for name in COMMANDS), ("check", "runner")])
def test_a_command_that_runs_out_of_memory_ends_with_its_message_and_leaks_nothing(theatre, name, role, long, figure):
    [whole] = theatre.play(command, [(name, role, 0, "once")])
    assert whole["status"] == 0 and whole["seen"] > 100
    plans = [(name, role, nth, mode) for mode in ("once", "from") for nth in spread(whole["seen"], number(whole, long, 15), SEED)]
    results = theatre.play(command, plans)
    failed = sum(one["failed"] > 0 for one in results)
    assert failed > len(plans) / 2
    figure(f"{failed} failing allocations of {whole['seen']} places, once and from there on (seed {SEED}): "
           f"{sum(one['status'] != 0 for one in results)} ended with a message, 0 crashes, 0 leaks")
