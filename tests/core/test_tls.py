"""TLS: a service is called only when its certificate is that of its name, from a CA that the configuration trusts; a client
certificate goes along when one is configured; old versions are refused. Nothing is sent otherwise."""
import socket
import ssl

import pytest
from odd import Authority, OddServer, reply, server_context
from probe import eventually, probe_topic, run, use_probe

SECRET = "never-without-tls"


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("theirs"), "theirs")


@pytest.fixture
def get(conf, build, exec_unit):
    """get(server, ...): the outcome of probe.Get, or of another unit, with the server as service."""
    probe_topic(use_probe(conf, build), "Get", services="zaken")
    probe_topic(conf, "Post", services="zaken")

    def get(server, unit="get", host="127.0.0.1", **keys):
        conf.section("app demo", {"zaken.client_id": None, "zaken.secret_file": None})
        conf.section("service zaken", {name: None for name in conf.sections["service zaken"]})
        conf.section("service zaken", type="zrc", root=f"https://{host}:{server.port}/", auth="api_key", header="X-Key",
                     value_file=conf.secret("key", SECRET), timeout="5s", **keys)
        return exec_unit(unit, {"url": "zaken"})

    return get


def serve(*context, **more):
    return OddServer(lambda request, body: reply(request, {"a": 1}), tls=server_context(*context, **more))


def test_a_certificate_of_a_trusted_ca_is_taken(get, ours):
    with serve(*ours.certificate("server")) as server:
        assert get(server, ca_file=ours.file)["outcome"] == "done"
        assert server.requests[0][2]["X-Key"] == SECRET


def not_called(outcome, server, *words):
    assert outcome["outcome"] == "failed" and outcome["permanent"] is False, outcome
    assert "got no answer" in outcome["message"] and str(server.port) in outcome["message"], outcome
    for word in words:
        assert word in outcome["message"], outcome
    assert server.requests == [] and SECRET not in str(outcome)


@pytest.mark.parametrize("unit", ["get", "post"])
def test_a_certificate_of_an_unknown_ca_is_refused(get, ours, theirs, unit):
    with serve(*ours.certificate("server")) as server:
        not_called(get(server, unit), server, "certificate")
        not_called(get(server, unit, ca_file=theirs.file), server, "certificate")


def test_a_certificate_of_another_name_is_refused(get, ours):
    for names in "DNS:zaken.example.nl", "IP:127.0.0.2", "DNS:127.0.0.1":
        with serve(*ours.certificate("other", names)) as server:
            not_called(get(server, ca_file=ours.file), server, "127.0.0.1")
    with serve(*ours.certificate("localhost", "DNS:localhost")) as server:
        assert get(server, host="localhost", ca_file=ours.file)["outcome"] == "done"


def test_a_certificate_that_is_over_is_refused(get, ours):
    with serve(*ours.certificate("old", days=-1)) as server:
        not_called(get(server, ca_file=ours.file), server, "certificate has expired")


def test_a_server_that_demands_a_client_certificate_gets_the_configured_one(get, ours, theirs):
    certificate, key = ours.certificate("client", "DNS:bptl")
    foreign, foreign_key = theirs.certificate("client", "DNS:bptl")
    with serve(*ours.certificate("server"), client_ca=ours.file) as server:
        assert get(server, ca_file=ours.file)["outcome"] == "failed"
        assert get(server, ca_file=ours.file, client_cert=foreign, client_key=foreign_key)["outcome"] == "failed"
        assert server.requests == []
        assert get(server, ca_file=ours.file, client_cert=certificate, client_key=key)["outcome"] == "done"


@pytest.mark.parametrize("most", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
def test_a_server_that_speaks_old_tls_only_is_refused(get, ours, most):
    with pytest.warns(DeprecationWarning):
        server = serve(*ours.certificate("server"), most=most)
        lenient = ssl.create_default_context(cafile=ours.file)
        lenient.set_ciphers("ALL:@SECLEVEL=0")
        lenient.minimum_version = most
    with server:
        with lenient.wrap_socket(socket.create_connection(("127.0.0.1", server.port)), server_hostname="127.0.0.1") as good:
            assert good.version() in ("TLSv1", "TLSv1.1")  # so it is not the server that refuses
        not_called(get(server, ca_file=ours.file), server)


def test_a_server_that_speaks_tls_1_2_is_good(get, ours):
    with serve(*ours.certificate("server"), most=ssl.TLSVersion.TLSv1_2) as server:
        assert get(server, ca_file=ours.file)["outcome"] == "done"


def test_a_server_that_speaks_no_tls_is_refused(get, ours):
    with OddServer(lambda request, body: reply(request, {})) as server:
        not_called(get(server, ca_file=ours.file), server)


def test_a_redirect_from_https_to_http_is_not_followed(get, ours):
    with OddServer(lambda request, body: reply(request, {})) as plain:
        tls = server_context(*ours.certificate("server"))
        with OddServer(lambda request, body: reply(request, {}, 302, Location=plain.url), tls=tls) as server:
            outcome = get(server, ca_file=ours.file)
        assert outcome["permanent"] and "a redirect" in outcome["message"], outcome
        assert plain.requests == []


def test_a_ca_file_that_is_none_is_said_and_nothing_is_sent(get, ours, tmp_path):
    rubbish = tmp_path / "ca.pem"
    rubbish.write_text("no certificate\n")
    with serve(*ours.certificate("server")) as server:
        outcome = get(server, ca_file=rubbish)
        assert outcome["outcome"] == "failed" and str(server.port) in outcome["message"], outcome
        assert server.requests == []


def test_a_ca_file_that_is_not_there_is_found_by_check(bptl, conf, build, zgw, tmp_path):
    conf.use_zgw(zgw).section("service zaken", root="https://127.0.0.1:1/", ca_file=tmp_path / "nowhere.pem")
    done = run(bptl, "check", "--conf", conf.write())
    assert done.returncode == 78 and f"{tmp_path}/nowhere.pem" in done.stderr and "service.ini:7" in done.stderr, done


def test_a_key_that_others_can_read_is_found_by_check(bptl, conf, zgw, ours):
    certificate, key = ours.certificate("open", "DNS:bptl")
    key.chmod(0o644)
    conf.use_zgw(zgw).section("service zaken", root="https://127.0.0.1:1/", client_cert=certificate, client_key=key)
    done = run(bptl, "check", "--conf", conf.write())
    assert done.returncode == 78 and str(key) in done.stderr and "chmod" in done.stderr, done


def test_an_engine_behind_tls_is_called_only_with_a_good_certificate(conf, ours, host, build):
    def poll(request, body):
        reply(request, [])

    probe_topic(use_probe(conf, build), "Echo")
    with OddServer(poll, tls=server_context(*ours.certificate("server"))) as server:
        conf.use_engine(server.url + "engine-rest/", auth="bearer", token_file=conf.secret("engine", SECRET), ca_file=ours.file)
        host()
        eventually(lambda: server.requests)
        assert server.requests[0][1].startswith("/engine-rest/external-task")
        assert server.requests[0][2]["Authorization"] == "Bearer " + SECRET
    with OddServer(poll, tls=server_context(*ours.certificate("server"))) as server:
        conf.section("host", state=conf.folder / "state-2")
        conf.use_engine(server.url + "engine-rest/", auth="bearer", token_file=conf.secret("engine", SECRET))
        running = host()
        running.wait_for("level=warning.*certificate")
        assert server.requests == [] and SECRET not in running.text()
