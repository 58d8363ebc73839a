"""What the tests over all units share: what the units declare, and the stand-ins as their cases need them."""
import json
import subprocess

import pytest
from cases import World
from settings import Settings

PLUGINS = ("zgw", "mail", "camunda_api", "zac")


@pytest.fixture(scope="session")
def declared(bptl, tmp_path_factory):
    """{unit: what it declares} of all plugins, as `bptl units --json` has it."""
    settings = Settings(tmp_path_factory.mktemp("units"))
    for plugin in PLUGINS:
        settings.section(f"plugin {plugin}")
    done = subprocess.run([bptl, "units", "--json", "--conf", settings.write()], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return {f"{plugin['name']}.{unit['name']}": unit for plugin in json.loads(done.stdout) for unit in plugin["units"]}


@pytest.fixture
def world(conf, zgw, smtp, exec_unit):
    """The stand-ins; the one of the ZGW services also plays the engine."""
    return World(conf, zgw, smtp, exec_unit)
