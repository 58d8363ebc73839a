"""What every test can ask for: the built tool, stand-ins, engines, a configuration folder, and running hosts."""
import json
import os
import pathlib
import subprocess

import pytest
from canary import canary, check_clean, check_folder
from programs import HOST_READY, Program
from rest import ENGINES, Rest
from sanitizers import check_sanitizers
from settings import Settings
from workbench import Bench

ROOT = pathlib.Path(__file__).resolve().parent.parent


def build_folder():
    """Where tests/run built with ASan and UBSan; BPTL_BUILD names another folder."""
    return pathlib.Path(os.environ.get("BPTL_BUILD", ROOT / "build-tests")).resolve()


@pytest.fixture(scope="session")
def build():
    """The build folder: plugins are in plugins/, C tests in tests/."""
    return build_folder()


@pytest.fixture(scope="session")
def plain():
    """The folder of a build without sanitizers, as users make it."""
    folder = pathlib.Path(os.environ.get("BPTL_BUILD_PLAIN", ROOT / "build-plain")).resolve()
    assert (folder / "bptl").is_file(), f"{folder}/bptl is not there: tests/run builds it"
    return folder


@pytest.fixture(scope="session")
def bptl(build):
    """The path of the built tool."""
    path = build / "bptl"
    assert path.is_file(), f"{path} is not there: tests/run builds it"
    return path


@pytest.fixture(scope="session")
def long():
    """Does this run take the long forms (tests/run --long)?"""
    return os.environ.get("BPTL_LONG") == "yes"


@pytest.fixture
def figure(request):
    """figure(text): a measured figure with its name and unit, which the run prints at its end."""
    lines = request.config.__dict__.setdefault("figures", [])

    def add(text):
        lines.append(f"{request.node.name}: {text}")

    return add


@pytest.fixture(scope="session")
def zgw_server():
    from zgw import ZgwStandIn

    server = ZgwStandIn()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def zgw(zgw_server):
    """The stand-in of the ZGW services, as new for every test."""
    zgw_server.reset()
    return zgw_server


@pytest.fixture(scope="session")
def smtp_server(tmp_path_factory):
    from smtp import SmtpStandIn

    server = SmtpStandIn(tmp_path_factory.mktemp("mail"), starttls=True, user="bptl", password=canary("mail"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def smtp(smtp_server):
    """The stand-in of a mail server, empty for every test."""
    smtp_server.reset()
    return smtp_server


@pytest.fixture
def engine():
    """The stand-in of a Camunda engine, a new one for every test."""
    from engine import EngineStandIn

    server = EngineStandIn()
    server.start()
    yield server
    server.stop()


@pytest.fixture
def bench(conf, build, engine, zgw):
    """For tests of the host itself: its surroundings, made of the stand-ins of an engine and of a service; see Bench."""
    bench = Bench(conf, build, engine, zgw)
    yield bench
    bench.close()


@pytest.fixture(scope="session", params=["camunda", "operaton"])
def real_engine(request, tmp_path_factory):
    """The REST interface of a real engine; each is started once. Use keys and topics that no other test has."""
    log = tmp_path_factory.mktemp(request.param) / "engine.log"
    program = Program([ENGINES / "start", request.param], log, ready=r"^engine ready (\d+)$", wait=300)
    rest = Rest(f"http://127.0.0.1:{program.match[1]}/engine-rest/")
    rest.name = request.param
    yield rest
    program.stop()


@pytest.fixture
def conf(tmp_path):
    """A configuration folder with the embedded engine; what else is in it the test adds."""
    return Settings(tmp_path / "conf")


@pytest.fixture
def exec_unit(bptl, conf, zgw, smtp, tmp_path):
    """exec_unit(topic, variables): runs `bptl exec` against the stand-ins and returns the outcome. A topic that is not
    configured yet is the name of a unit, such as zgw.CloseZaakTask, and gets every service."""
    conf.use_zgw(zgw).use_mail(smtp).use_case()

    def run(topic, variables):
        if f"topic {topic}" not in conf.sections:
            conf.topic(topic, topic)
        file = tmp_path / "variables.json"
        file.write_text(json.dumps(variables), encoding="utf-8")
        done = subprocess.run([bptl, "exec", topic, "--conf", conf.write(), "--vars", file], stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
        check_sanitizers(done.stderr)
        check_clean(done.stdout + done.stderr, conf.secrets, "bptl exec")
        try:
            return json.loads(done.stdout)
        except ValueError:
            pytest.fail(f"bptl exec {topic} ended with {done.returncode} and printed no outcome:\n{done.stdout}{done.stderr}")

    return run


class Host(Program):
    """A running `bptl run`."""

    def __init__(self, bptl, folder, log, env, ready):
        self.expected = True  # must still run, or end with status 0, when the test is over
        super().__init__([bptl, "run", "--conf", folder], log, ready=ready, env=env)

    def kill(self):
        self.expected = False
        return super().kill()


@pytest.fixture
def host(bptl, conf, tmp_path, request):
    """host(): starts `bptl run` with the written configuration and waits until it is ready. At the end of the test it
    must stop in order, with status 0, no sanitizer may have complained, and no secret of its configuration may stand in
    its log, in its state folder, or in what the stand-ins of an engine and a mail server have got."""
    hosts, used = [], []
    heard = {name: request.getfixturevalue(name) for name in ("engine", "smtp") if name in request.fixturenames}

    def start(settings=None, env=None, ready=HOST_READY):
        log = tmp_path / f"host-{len(hosts) + 1}.log"
        used.append(settings or conf)
        hosts.append(Host(bptl, used[-1].write(), log, env, ready))
        return hosts[-1]

    yield start
    statuses = [(one, one.stop()) for one in hosts]
    for one, status in statuses:
        check_sanitizers(one.text())
        assert status == 0 or not one.expected, f"bptl run ended with {status}:\n{one.text()[-4000:]}"
    known = {name: text for settings in used for name, text in settings.secrets.items()}
    for one in hosts:
        check_clean(one.text(), known, "the log")
    for settings in used:
        check_folder(settings.sections["host"].get("state", settings.folder / "state"), known)
    if "engine" in heard:
        server = heard["engine"]
        check_clean(server.instances(), known, "the engine")
        check_clean(server.call(lambda: list(server.kept)), known, "a request to the engine")
    if "smtp" in heard:
        check_clean(heard["smtp"].mails, known, "a mail")
