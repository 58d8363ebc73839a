"""How a host proves to an engine who it is: basic, bearer, OAuth2 with a cached token, a CA of its own, a client certificate; and
what it says when that is not good enough."""
import urllib.error
import urllib.request

import pytest
from engine import EngineStandIn
from odd import Authority, OddServer, reply, server_context
from probe import eventually, use_probe

TOKEN = "engine-token-1"


@pytest.fixture
def login(conf, build):
    """login(engine, **keys): a configuration for that engine with one topic."""
    def configure(engine, url=None, **keys):
        conf.use_engine(url or engine.url, long_poll="2s", timeout="2s", **keys)
        use_probe(conf, build)
        conf.section("topic Echo", unit="probe.Echo")
        return conf
    return configure


def completes(engine):
    """A task is fetched and completed."""
    before = engine.counts()["completed"]
    engine.add({"topic": "Echo", "variables": {"text": {"type": "String", "value": "hallo"}}})
    eventually(lambda: engine.counts()["completed"] == before + 1)


def test_basic_authentication_opens_the_engine(login, host, conf):
    with EngineStandIn(user="bptl", password="geheim wachtwoord").start() as engine:
        login(engine, auth="basic", user="bptl", password_file=conf.secret("engine", "geheim wachtwoord"))
        host()
        completes(engine)


def test_a_bearer_token_opens_the_engine(login, host, conf):
    with EngineStandIn(token=TOKEN).start() as engine:
        login(engine, auth="bearer", token_file=conf.secret("engine", TOKEN))
        host()
        completes(engine)


def test_a_wrong_password_is_said_and_not_shown(login, host, conf):
    with EngineStandIn(user="bptl", password="the right one").start() as engine:
        login(engine, auth="basic", user="bptl", password_file=conf.secret("engine", "the wrong one"))
        running = host()
        running.wait_for(r"401")
        assert "the wrong one" not in running.text()


def token_place(request, _body):
    reply(request, {"access_token": TOKEN, "token_type": "Bearer", "expires_in": 300})


def test_an_oauth2_token_is_fetched_once_and_used_for_all_calls(login, host, conf):
    with EngineStandIn(token=TOKEN).start() as engine, OddServer(token_place) as place:
        login(engine, auth="oauth2", client_id="bptl", secret_file=conf.secret("engine", "oauth secret"),
              token_url=place.url + "token", scope="engine")
        running = host()
        completes(engine)
        completes(engine)
        assert [(method, path) for method, path, _, _ in place.requests] == [("POST", "/token")]
        assert b"grant_type=client_credentials" in place.requests[0][3] and b"scope=engine" in place.requests[0][3]
        assert TOKEN not in running.text() and "oauth secret" not in running.text()


def forward_to(engine):
    """A TLS front of the engine."""
    def answer(request, body):
        onward = urllib.request.Request(f"http://127.0.0.1:{engine.port}{request.path}", data=body or None, method=request.command,
                                        headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(onward, timeout=20) as got:
                request.send_response(got.status)
                data = got.read()
        except urllib.error.HTTPError as error:
            request.send_response(error.code)
            data = error.read()
        if data:
            request.send_header("Content-Type", "application/json")
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)
    return answer


def test_a_ca_file_and_a_client_certificate_open_an_engine_that_demands_them(login, host, tmp_path, engine):
    authority = Authority(tmp_path / "ca")
    mine, my_key = authority.certificate("bptl")
    with OddServer(forward_to(engine), tls=server_context(*authority.certificate("engine"), client_ca=authority.file)) as front:
        login(engine, url=front.url + "engine-rest", ca_file=authority.file, client_cert=mine, client_key=my_key)
        host()
        completes(engine)


def test_an_engine_with_a_certificate_of_an_unknown_ca_is_refused_with_the_reason(login, host, tmp_path, engine):
    authority = Authority(tmp_path / "ca")
    with OddServer(forward_to(engine), tls=server_context(*authority.certificate("engine"))) as front:
        login(engine, url=front.url + "engine-rest")
        running = host()
        assert "certificate" in running.wait_for(r"the poll for tasks failed.*").group(0) or "certificate" in running.text()
        assert engine.counts()["requests"] == {}
