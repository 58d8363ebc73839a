"""Where names lead: a link-local address (169.254.0.0/16, fe80::/10) is never called, however it is written, whatever a name
resolves to, and also past a proxy; and a name that leads to another machine meanwhile gives that machine nothing."""
import os
import re
import shutil

import pytest
from canary import canary
from collector import Collector
from odd import Authority, OddServer, reply, server_context
from probe import Desk, eventually, probe_topic, use_probe

NAME = "intern.example.test"


class Names:
    """Names and their addresses, for a host that was started with `env`."""

    def __init__(self, folder, library):
        folder.mkdir()
        self.library = shutil.copy(library, folder)
        self.file = folder / "names"

    def set(self, **addresses):
        self.file.write_text("".join(f"{name.replace('_', '.')} {address}\n" for name, address in addresses.items()))

    @property
    def env(self):
        options = os.environ.get("ASAN_OPTIONS", "")
        return {"LD_PRELOAD": self.library, "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0".lstrip(":")}


@pytest.fixture
def names(tmp_path, build):
    return Names(tmp_path / "resolver", build / "tests/security/names.so")


LINK_LOCAL = ["169.254.169.254", "169.254.0.1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::169.254.169.254",
              "64:ff9b::a9fe:a9fe", "fe80::1", "febf::1"]


def check_not_called(bench, host, urls, env):
    """A task for each callbackUrl, all of them allowed: none is called, and each is said."""
    bench.conf.section("host", callback_allow=" ".join(urls), drain="100ms")
    running = host(bench.topic("Echo").conf, env=env)
    for url in urls:
        bench.perform("Echo", {"callbackUrl": url + "latest", "text": "x"})
    found = re.compile(r"task=(\S+)")

    def refused():
        lines = [line for line in running.text().splitlines() if "this is a link-local address, which is never called" in line]
        return {found.search(line)[1] for line in lines}
    eventually(lambda: len(refused()) == len(urls), 15, lambda: running.text()[-3000:])
    assert "callbackUrl called" not in running.text()


def test_a_name_that_resolves_to_a_link_local_address_is_not_called(bench, host, names):
    names.set(**{f"n{number}_example_test": address for number, address in enumerate(LINK_LOCAL)})
    check_not_called(bench, host, [f"http://n{number}.example.test/" for number in range(len(LINK_LOCAL))], names.env)


def test_a_name_that_resolves_to_another_address_is_called(bench, host, names):
    """So it is the address that made the difference."""
    names.set(intern_example_test="127.0.0.1")
    with OddServer(lambda request, body: reply(request, {})) as server:
        bench.conf.section("host", callback_allow=f"http://{NAME}:{server.port}/")
        running = host(bench.topic("Echo").conf, env=names.env)
        bench.perform("Echo", {"callbackUrl": f"http://{NAME}:{server.port}/terug", "text": "x"})
        running.wait_for("callbackUrl called: HTTP 200", 10)
        assert [path for _, path, _, _ in server.requests] == ["/terug"]


WRITTEN = ["http://169.254.169.254/", "http://2852039166/", "http://0xa9fea9fe/", "http://0251.0376.0251.0376/",
           "http://169.254.43518/", "http://[::ffff:169.254.169.254]/", "http://[::ffff:a9fe:a9fe]/", "http://[fe80::1]/",
           "http://[64:ff9b::169.254.169.254]/", "http://[0:0:0:0:0:ffff:a9fe:a9fe]/"]


@pytest.mark.parametrize("proxy", [False, True], ids=["straight", "with a proxy"])
def test_a_link_local_address_is_not_called_although_it_is_allowed(bench, host, proxy):
    with Collector(("127.0.0.1", 0)) as collector:
        check_not_called(bench, host, WRITTEN, {"http_proxy": f"http://127.0.0.1:{collector.port()}/"} if proxy else {})
        assert collector.connections == 0


def test_a_service_at_a_link_local_address_is_not_called(conf, build, exec_unit):
    probe_topic(use_probe(conf, build), "Get", services="wolk")
    conf.section("service wolk", type="zrc", root="http://169.254.169.254/", auth="none")
    outcome = exec_unit("get", {"url": "latest"})
    assert outcome["outcome"] == "failed" and "link-local" in outcome["message"], outcome


def test_a_name_that_leads_to_another_machine_meanwhile_gives_it_nothing(conf, build, engine, host, names, tmp_path):
    """Rebinding: the name of the service leads to its server, then to one that has no certificate for it."""
    secret = canary("rebinding")
    ours, theirs = Authority(tmp_path / "ours", "ours"), Authority(tmp_path / "theirs", "theirs")

    def answer(request, body):
        reply(request, {"a": 1}, Connection="close")

    with OddServer(answer, tls=server_context(*ours.certificate("server", f"DNS:{NAME}"))) as server, \
            Collector(("127.0.0.2", server.port)) as plain:
        conf.use_engine(engine.url, long_poll="2s").section(
            "service intern", type="zrc", root=f"https://{NAME}:{server.port}/", auth="api_key", header="X-Key",
            value_file=conf.secret("intern", secret), ca_file=ours.file, timeout="3s")
        probe_topic(use_probe(conf, build), "Get", services="intern")
        names.set(intern_example_test="127.0.0.1")
        desk = Desk(engine)
        first = host(env=names.env)
        assert desk.perform("get", {"url": "x"})["state"] == "completed"
        assert [headers["X-Key"] for _, _, headers, _ in server.requests] == [secret]
        assert first.stop() == 0  # names are remembered for a minute
        names.set(intern_example_test="127.0.0.2")
        second = host(env=names.env)
        report = desk.perform("get", {"url": "x"})
        assert second.stop() == 0
        assert report["state"] == "incident" and NAME in report["errorMessage"], report
        eventually(lambda: plain.connections > 0)
        assert all(secret.encode() not in data for _, data in plain.heard) and len(server.requests) == 1
    theirs_context = server_context(*theirs.certificate("server", f"DNS:{NAME}"))
    with OddServer(answer, tls=theirs_context) as evil:
        conf.section("service intern", root=f"https://{NAME}:{evil.port}/")
        names.set(intern_example_test="127.0.0.1")
        host(env=names.env)
        report = desk.perform("get", {"url": "x"})
        assert report["state"] == "incident" and "certificate" in report["errorMessage"], report
        assert evil.requests == []
