"""The limits that docs/guarantees.md tells: what happens there, so that the page says the truth."""
from probe import eventually
from settings import Settings
from workbench import PLACE


def test_a_host_with_another_state_folder_begins_a_task_at_the_start(bench, host, tmp_path):
    bench.fault(status=503, skip=1)
    running = host(bench.topic("Post", retry_wait="1s").conf)
    task = bench.add("Post", {"url": PLACE, "count": 2})
    bench.wait_told(task, "failed")
    assert running.stop() == 0
    assert bench.numbers() == [0, 1]
    other = Settings(tmp_path / "other")
    other.sections = {**bench.conf.sections, "host": {"state": tmp_path / "other/state"}}
    host(other)
    bench.wait(task)
    assert bench.numbers() == [0, 1, 0, 1]


def test_a_callback_is_called_again_when_its_answer_was_not_heard(bench, host):
    place = bench.zgw.url + "/terug/"
    bench.conf.section("host", callback_allow=place)
    bench.zgw.fault("POST", "/terug/", status=200, body={}, times=-1)
    bench.fault(path="/terug/", status=200, body={}, delay=5)
    running = host(bench.topic("Echo").conf)
    bench.perform("Echo", {"callbackUrl": place})
    eventually(lambda: bench.sent(path="/terug/"))
    running.kill()
    running = host(bench.conf)
    running.wait_for("callbackUrl called: HTTP 200")
    assert len(bench.sent(path="/terug/")) == 2
