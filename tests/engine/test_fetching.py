"""Which tasks of a real engine are taken, and in which order: priorities, time of creation, and the filters of a topic."""
import time
import uuid

import pytest
from bpmn import process, task
from probe import eventually, use_probe
from rest import typed
from story import Story
from workbench import PLACE


@pytest.fixture
def probe(settings, build):
    return use_probe(settings, build)


def deploy(rest, file, tenant):
    """Deploys one process for a tenant."""
    boundary, (name, text) = uuid.uuid4().hex, file
    parts = (('name="tenant-id"', tenant), (f'name="{name}"; filename="{name}"', text))
    body = "".join(f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{value}\r\n" for head, value in parts)
    rest.call("POST", "deployment/create", f"{body}--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}")


@pytest.mark.parametrize("use_priority, order, wanted", [
    ("yes", "asc", ["laat-1", "laat-2", "vroeg-1", "vroeg-2"]), ("yes", "desc", ["laat-2", "laat-1", "vroeg-2", "vroeg-1"]),
    ("no", "asc", ["vroeg-1", "laat-1", "vroeg-2", "laat-2"]), ("no", "desc", ["laat-2", "vroeg-2", "laat-1", "vroeg-1"]),
])  # fmt: skip
def test_tasks_are_done_by_priority_and_then_in_order(real_engine, probe, host, zgw, key, use_priority, order, wanted):
    """Those named laat are made after those named vroeg, one by one, and have the higher priority."""
    zgw.fault("POST", PLACE, 201, {"url": zgw.zaken + PLACE + "/1"}, times=-1)
    real_engine.deploy(process(key, task("werk", key, taskPriority="${voorrang}")))
    for name, priority in ("vroeg-1", 5), ("laat-1", 50), ("vroeg-2", 5), ("laat-2", 50):
        Story.begin(real_engine, key, {"voorrang": typed(priority), "url": typed(f"{zgw.zaken}{PLACE}/{name}")})
        time.sleep(0.02)
    probe.section("service zaken", type="zrc", root=zgw.zaken, auth="none")
    probe.section("engine main", max_tasks=1, use_priority=use_priority, order=order)
    probe.section(f"topic {key}", unit="probe.Post", services="zaken")
    host()
    eventually(lambda: len(zgw.sent("POST", PLACE)) == 4, what=lambda: zgw.sent("POST", PLACE))
    assert [sent["path"].rsplit("/", 1)[1] for sent in zgw.sent("POST", PLACE)] == wanted
    eventually(lambda: real_engine.get("process-instance/count", processDefinitionKey=key)["count"] == 0)


# A filter's value, and what differs between a task that it lets through and one that it does not.
FILTERS = {
    "process_definition_keys": ("{key}-deze, {key}-geen", {}, {"name": "andere"}),
    "business_key": ("ZAAK-1", {"business_key": "ZAAK-1"}, {"business_key": "ZAAK-2"}),
    "tenants": ("west, noord", {"tenant": "west"}, {"tenant": "oost"}),
    "without_tenant": ("yes", {}, {"tenant": "oost"}),
    "process_variables": ('{"soort": "intake"}', {"variables": {"soort": typed("intake")}},
                          {"variables": {"soort": typed("bezwaar")}}),
}


@pytest.mark.parametrize("filter", FILTERS)
def test_a_topic_takes_only_the_tasks_that_its_filter_lets_through(real_engine, probe, host, key, filter):
    """Both tasks wait before the host begins, so a poll without the filter would take both."""
    def begin(name="deze", tenant=None, **more):
        file = process(f"{key}-{name}", task("werk", key))
        deploy(real_engine, file, tenant) if tenant else real_engine.deploy(file)
        return Story.begin(real_engine, f"{key}-{name}", tenant=tenant, **more)

    value, ours, theirs = FILTERS[filter]
    left, taken = begin(**theirs), begin(**ours)
    probe.section(f"topic {key}", {filter: value.replace("{key}", key)}, unit="probe.Echo")
    host()
    taken.wait()
    time.sleep(0.3)
    [waiting] = left.tasks()
    assert (waiting["topicName"], waiting["workerId"], waiting["lockExpirationTime"]) == (key, None, None)


@pytest.mark.parametrize("local, sets", [("yes", {}), ("no", {"integer": "Integer"})])
def test_a_topic_may_read_the_variables_of_the_activity_alone(real_engine, probe, host, key, local, sets):
    real_engine.deploy(process(key, task("werk", key, {"text": "binnen"}, {"gelezen": "${text}"})))
    probe.section(f"topic {key}", unit="probe.Echo", local_variables=local)
    host()
    story = Story.begin(real_engine, key, {"text": typed("buiten"), "integer": typed(5)}).wait()
    assert story.variables() == {"text": ("String", "buiten"), "integer": ("Integer", 5), "gelezen": ("String", "binnen")}
    assert story.set_by().get("werk", {}) == sets


def test_two_hosts_share_the_work_without_doing_any_of_it_twice(real_engine, conf, probe, host, zgw, key, tmp_path):
    """Two hosts with worker ids of their own on one topic."""
    zgw.fault("POST", PLACE, 201, {"url": zgw.zaken + PLACE + "/1"}, times=-1)
    real_engine.deploy(process(key, task("werk", key, times=30)))
    probe.section("service zaken", type="zrc", root=zgw.zaken, auth="none")
    probe.section(f"topic {key}", unit="probe.Post", services="zaken")
    probe.section("engine main", max_tasks=3)
    for number in 1, 2:
        probe.section("host", state=tmp_path / f"state-{number}", worker_id=f"host-{number}")
        host()
    story = Story.begin(real_engine, key, {"url": typed(zgw.zaken + PLACE), "ms": typed(20)}).wait()
    assert len(zgw.sent("POST", PLACE)) == 30 and not story.log("failureLog")
    assert {one["workerId"] for one in story.log("successLog")} == {"host-1", "host-2"}
