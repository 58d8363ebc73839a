"""A host that is killed again and again while cases run on a real engine: every case ends, and nothing is done twice."""
import os
import random
import signal
import time

import pytest
from demo import start_variables
from programs import HOST_READY
from testbed import ROOT

INSTANCES = 200
KILLS = 10


def finished(rest):
    return rest.get("history/process-instance/count", processDefinitionKey="zaak", completed="true")["count"]


def incidents(rest):
    return [one["incidentMessage"] for one in rest.get("incident")]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("real_engine", ["operaton"], indirect=True)
def test_two_hundred_cases_survive_ten_kills_and_nothing_is_done_twice(real_engine, conf, zgw, smtp, host):
    conf.use_zgw(zgw).use_mail(smtp).use_case().use_engine(real_engine.url)
    conf.section("host", log_level="info")
    for title in [title for title in conf.sections if title.startswith("topic ")]:
        conf.section(title, lock="10s", retry_wait="1s")
    real_engine.deploy(ROOT / "tests" / "processes" / "zaak.bpmn")
    before = finished(real_engine)
    for number in range(INSTANCES):
        real_engine.start("zaak", start_variables(zgw, number))
    chance = random.Random(20261124)
    kills = 0
    running = host()
    until = time.monotonic() + 500
    while finished(real_engine) - before < INSTANCES and time.monotonic() < until and not incidents(real_engine):
        # A part of what is left each time, so that all kills happen while there is work
        time.sleep(chance.uniform(0.1, 0.6))
        if kills < KILLS:
            running.expected = False
            os.kill(running.pid, signal.SIGKILL)
            running.process.wait()
            kills += 1
            running = host(ready=HOST_READY)
    assert not incidents(real_engine)
    assert finished(real_engine) - before == INSTANCES
    assert kills == KILLS
    writes = dict(zgw.accepted)
    once = ("zaken", "zaakeigenschappen", "zaakobjecten", "zaakinformatieobjecten", "resultaten")
    for resource, times in {**dict.fromkeys(once, 1), "statussen": 3}.items():
        assert writes[f"POST {resource}"] == INSTANCES * times, f"{resource}: {writes}"
    assert len(smtp.mails) == INSTANCES
    assert len({mail["message_id"] for mail in smtp.mails}) == INSTANCES
