"""What the tests of the plugin camunda_api share: a process with one task for the unit, on the stand-in engine."""
import time

import pytest
from settings import APP

UNIT = "camunda_api.CallActivity"


def text(value):
    return {"type": "String", "value": value, "valueInfo": {}}


class Call:
    """Runs the unit for a process that has these variables (envelopes, or texts)."""

    def __init__(self, conf, engine, host):
        self.conf, self.engine, self.host, self.running = conf, engine, host, False
        self.options = {}

    def __call__(self, business_key=None, **variables):
        """The task when it is over."""
        if not self.running:
            self.conf.use_engine(self.engine.url).section("plugin camunda_api").section("app demo", id=APP)
            self.conf.section("topic aanroepen", unit=UNIT, retries=1, **self.options)
            self.host()
            self.running = True
        order = {"topic": "aanroepen", "variables": {n: v if isinstance(v, dict) else text(v) for n, v in variables.items()}}
        if business_key:
            order["businessKey"] = business_key
        [made] = self.engine.add(order)["instances"]
        for _ in range(400):
            [instance] = [one for one in self.engine.instances() if one["id"] == made]
            task = instance["tasks"][0]
            if task["state"] != "open":
                return instance
            time.sleep(0.05)
        pytest.fail(f"the task is not over: {task}")

    def started(self, **variables):
        """What was started: the body of the request. The task must have ended well, with the id of the instance."""
        before = len(self.engine.started())
        instance = self(**variables)
        assert instance["state"] == "completed", instance
        [made] = self.engine.started()[before:]
        assert instance["variables"]["processInstanceId"] == text(made["instance"])
        return made

    def failed(self, *words, **variables):
        """The task must have become an incident, and nothing was started."""
        before = len(self.engine.started())
        instance = self(**variables)
        task = instance["tasks"][0]
        assert task["state"] == "incident", task
        for word in words:
            assert word in task["errorMessage"], task["errorMessage"]
        assert len(self.engine.started()) == before
        return task


@pytest.fixture
def call(conf, engine, host):
    return Call(conf, engine, host)
