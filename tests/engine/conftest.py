"""For tests on real engines: keys of the test's own, and a host that works for the engine."""
import uuid

import pytest


@pytest.fixture
def key():
    """Begins the names of the test's processes and topics: an engine may give a task to the open poll of a host that is gone,
    and other tests have their processes on the same engine."""
    return f"e{uuid.uuid4().hex[:8]}"


@pytest.fixture
def settings(conf, real_engine):
    """A configuration for the real engine."""
    return conf.use_engine(real_engine.url)
