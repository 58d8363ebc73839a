"""Locks of many units that run for many lock times, and locks that are taken away: a unit whose lock is gone makes no more
mutations, and nothing is reported of it."""
import time

import pytest
from probe import eventually
from workbench import PLACE

LOCK = 10  # seconds: the shortest that a topic can have
UNITS = 100


@pytest.mark.timeout(600)
def test_a_hundred_units_that_run_for_many_lock_times_keep_their_locks(bench, host, rounds, figure):
    times = rounds(2, 10)
    seconds = times * LOCK + LOCK // 2
    bench.conf.section("host", workers=UNITS)
    bench.conf.section("plugin probe", memory="16G")  # the address sanitizer keeps what was freed
    running = host(bench.topic("Nap", lock=f"{LOCK}s", time_limit="10m").conf)
    bench.engine.add({"topic": "Nap", "count": UNITS, "variables": {"ms": {"type": "Integer", "value": seconds * 1000}}})
    counts = bench.completed(UNITS, seconds + 60)
    assert not any(counts["seen"].values()), counts
    assert "failure" not in counts["requests"] and "unlock" not in counts["requests"]
    tasks = [instance["tasks"][0] for instance in bench.engine.instances()]
    assert all(task["fetched"] == 1 for task in tasks)
    extensions = counts["requests"]["extendLock"]
    assert UNITS * times <= extensions <= UNITS * (2 * times + 2), "a lock is extended when half of it is gone"
    assert "lock lost" not in running.text()
    figure(f"{UNITS} units of {seconds} s with locks of {LOCK} s: {extensions} extensions, none lost, none offered twice")


def told(bench, tasks):
    """{task: when the engine refused to extend its lock}."""
    refused = {}
    for one in bench.asked("extendLock"):
        task = one["path"].split("/")[-2]
        if task in tasks and one["at"] >= tasks[task]:
            refused.setdefault(task, one["at"])
    return refused


@pytest.mark.timeout(300)
def test_units_whose_locks_are_taken_away_are_stopped_before_their_next_mutation(bench, host, dice, rounds, figure):
    count = rounds(20, 40)
    bench.conf.section("host", workers=2 * count)
    running = host(bench.topic("Post", lock=f"{LOCK}s").conf)
    names = {bench.add("Post", {"url": f"{PLACE}/{number}", "count": 60, "ms": 300}): str(number) for number in range(2 * count)}
    bench.wait_sent(4 * count, 30)
    stolen = {}
    for task in dice.sample(sorted(names), count):
        time.sleep(dice.uniform(0, 2 / count))
        bench.engine.steal(task, seconds=600)
        stolen[task] = time.time()
    refused = eventually(lambda: told(bench, stolen) if len(told(bench, stolen)) == count else None, LOCK + 10)
    # the next mutation after the unit was told is never made; the frame and a nap of the unit take a moment
    late = 0.0
    eventually(lambda: running.text().count("lost: the unit was stopped, nothing is reported") == count, 20)
    counts = bench.completed(count, 60)
    for task, at in refused.items():
        times = [one["time"] for one in bench.sent(path=f"{PLACE}/{names[task]}") if one["path"].endswith(f"/{names[task]}")]
        late = max(late, max(times) - at)
        assert len(times) < 60
        happened = [entry["what"] for entry in bench.task(task)["history"]]
        assert "failed" not in happened and "completed" not in happened and "unlocked" not in happened, happened
    assert late < 0.5, f"a mutation was made {late:.2f} s after the lock was known to be lost"
    assert "failure" not in counts["requests"] and counts["completed"] == count
    assert counts["seen"]["not the holder"] == count, "each lost lock shows once, when it was to be extended"
    figure(f"{count} locks taken away: the last mutation came {late * 1000:.0f} ms after the engine had said so; 0 reports")
