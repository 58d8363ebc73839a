"""Completions that the engine does not take, or takes without saying so: each task is completed all the same, no failure
is reported, and its callbackUrl is called once."""
import pytest
from workbench import PLACE
from probe import eventually

SHARE = 0.3  # of all completions
# What becomes of a completion: the engine fails before it does anything, or its answer is lost after it has done it.
FAULTS = {
    "500": {"do": "status", "status": 500},
    "503": {"do": "status", "status": 503, "body": "unavailable"},
    "reset": {"do": "reset"},
    "500 after": {"do": "status", "status": 500, "after": True},
    "reset after": {"do": "reset", "after": True},
    "close after": {"do": "close", "after": True},
    "html after": {"do": "html", "status": 502, "after": True},
    "cut after": {"do": "cut", "after": True},
}


@pytest.fixture
def desk(bench, zgw):
    """Tasks of one POST each, with a callback of their own."""
    bench.conf.section("host", callback_allow=zgw.url, workers=30)
    bench.conf.section("engine main", timeout="10s")
    bench.topic("Post", lock="30s")
    zgw.fault(path="/callback", status=204, body="", times=-1)
    return bench


def add(desk, zgw, count):
    for number in range(count):
        desk.add("Post", {"url": f"{PLACE}/{number}", "callbackUrl": f"{zgw.url}/callback/{number}"})


def check(desk, count):
    """Everything happened once: at the service, at the engine, and at whoever waits for the callback."""
    desk.completed(count, 60)
    eventually(lambda: len(desk.sent(path="/callback")) >= count, 90)
    counts = desk.engine.counts()
    assert counts["incident"] == 0 and "failure" not in counts["requests"], counts
    for path in PLACE + "/", "/callback/":
        numbers = sorted(int(one["path"].rpartition("/")[2]) for one in desk.sent(path=path))
        assert numbers == list(range(count)), path
    for instance in desk.engine.instances():
        [task] = instance["tasks"]
        happened = [one["what"] for one in task["history"]]
        assert happened.count("completed") == 1 and happened.count("fetched") == 1, happened
    return counts


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", FAULTS)
def test_all_complete_when_a_third_of_the_completions_go_wrong(desk, zgw, host, dice, rounds, figure, name):
    count = rounds(25, 2000)
    running = host(desk.conf)
    desk.engine.fault("complete", count=10**9, share=SHARE, seed=dice.randrange(1000), **FAULTS[name])
    add(desk, zgw, count)
    counts = check(desk, count)
    tries = counts["requests"]["complete"]
    assert tries > count, "no completion went wrong"
    if FAULTS[name].get("after"):
        extensions = counts["requests"].get("extendLock", 0)  # of the lock of a task that is completed already
        assert tries - count <= counts["seen"]["gone"] <= tries - count + extensions
        assert 0 < running.text().count("an earlier try completed it, or it was cancelled") <= tries - count
    figure(f"{count} tasks, {tries} completions, all completed, no incident, each callback once")


def test_a_completion_that_was_taken_before_a_kill_is_no_failure_and_the_callback_is_made_once(desk, zgw, host):
    """The 404 comes to the next host, which cannot know of the first try."""
    desk.engine.fault("complete", "hang", count=10**9, after=True)
    running = host(desk.conf)
    add(desk, zgw, 10)
    eventually(lambda: desk.engine.counts()["completed"] == 10)
    running.kill()
    assert not desk.sent(path="/callback")
    desk.clear_faults()
    again = host(desk.conf)
    check(desk, 10)
    assert again.text().count("TaskPerformed: the journal says that the work is done") == 10


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_instance_that_is_cancelled_while_its_completion_fails_is_gone_and_no_failure(desk, host, moment):
    desk.engine.fault("complete", "status", count=1 if moment == "before" else 2, status=500)
    running = host(desk.conf)
    task = desk.add("Post", {"url": PLACE})
    running.wait_for("the completion was not taken by the engine")
    desk.engine.cancel(task)
    running.wait_for("the engine no longer has this task")
    counts = desk.engine.counts()
    assert counts["cancelled"] == 1 and "failure" not in counts["requests"]
    assert desk.perform("Post", {"url": PLACE})["state"] == "completed"
