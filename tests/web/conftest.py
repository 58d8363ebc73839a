"""A bench whose host serves its state over HTTP."""
import json
import re

import pytest
from engine import EngineStandIn
from metrics import Metrics, fetch
from probe import eventually
from settings import Settings
from workbench import Bench


class Site:
    """The HTTP server of a running host."""

    def __init__(self, running):
        self.running = running
        self.url = re.search(r"listening on (http://\S+/) for /healthz", running.text())[1]
        self.port = int(self.url.rstrip("/").rpartition(":")[2])

    def get(self, path, method="GET"):
        return fetch(self.url + path, method)

    def metrics(self):
        status, headers, text = self.get("metrics")
        assert status == 200 and headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        return Metrics(text)

    def ready(self):
        """The reasons for which the host is not ready."""
        status, headers, text = self.get("readyz")
        answer = json.loads(text)
        assert headers["Content-Type"] == "application/json"
        assert set(answer) == {"ready", "reasons"}
        assert (status, answer["ready"]) in ((200, True), (503, False))
        assert answer["ready"] == (not answer["reasons"])
        return answer["reasons"]

    def until(self, name, value, wait=10.0, **labels):
        """Waits until a sample has this value, and returns all metrics."""
        def there():
            metrics = self.metrics()
            return metrics if metrics.get(name, **labels) == value else None
        return eventually(there, wait, lambda: f"{name} {labels} is not {value}:\n{self.get('metrics')[2]}")


@pytest.fixture
def site(bench, host):
    """site(): starts the host of the bench, or of another one, with the HTTP server on a free port."""
    def start(listen="127.0.0.1:0", other=None, **more):
        conf = (other or bench).conf
        conf.section("host", listen=listen)
        return Site(host(conf, **more))
    return start


@pytest.fixture
def second(tmp_path, build, zgw):
    """Another bench with an engine of its own, for what takes long and can go on at the same time."""
    with EngineStandIn() as engine:
        bench = Bench(Settings(tmp_path / "second"), build, engine, zgw)
        yield bench
        bench.close()
