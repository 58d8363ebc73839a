"""For tests on real engines: keys of the test's own, and a host that works for the engine."""
import uuid

import pytest


@pytest.fixture
def key(real_engine):
    """Begins the names of the test's processes and topics: an engine may give a task to the open poll of a host that is gone,
    and other tests have their processes on the same engine. What still runs of them is ended after the test."""
    key = f"e{uuid.uuid4().hex[:8]}"
    yield key
    for definition in real_engine.get("process-definition", keyLike=f"{key}%"):
        for instance in real_engine.get("process-instance", processDefinitionId=definition["id"]):
            real_engine.call("DELETE", f"process-instance/{instance['id']}")


@pytest.fixture
def settings(conf, real_engine):
    """A configuration for the real engine."""
    return conf.use_engine(real_engine.url)
