"""For tests of the host itself, with stand-ins of the engine and of the service."""
import pytest
from workbench import Bench


@pytest.fixture
def bench(conf, build, engine, zgw):
    """The host's surroundings; see Bench."""
    bench = Bench(conf, build, engine, zgw)
    yield bench
    bench.close()
