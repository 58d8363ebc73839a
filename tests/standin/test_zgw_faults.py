"""The faults of the stand-in of the ZGW services, its admin interface, TLS, and the stand-in as a program."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest
from zgw import ZgwStandIn
from zgw_auth import make_token
from zgw_client import Caller

HERE = os.path.dirname(os.path.abspath(__file__))


@pytest.fixture
def zgw():
    with ZgwStandIn() as standin:
        yield standin
        assert not standin.errors


@pytest.fixture
def call(zgw):
    return Caller(zgw)


def get(zgw, call, **more):
    return call("GET", zgw.seed["zaaktype"], **more)


def test_a_status_with_a_body_happens_so_often_and_only_where_it_matches(zgw, call):
    zgw.fault("GET", "/zaaktypen/", 503, {"detail": "even niet"}, times=2)
    assert call("GET", zgw.seed["catalogus"]).status == 200
    answers = [get(zgw, call) for _ in range(3)]
    assert [got.status for got in answers] == [503, 503, 200]
    assert answers[0].body == {"detail": "even niet"}
    assert [record["fault"] for record in zgw.requests] == [None, "status", "status", None]


def test_a_fault_without_a_body_is_a_problem_document(zgw, call):
    zgw.fault("GET", "zaaktypen", 500)
    got = get(zgw, call)
    assert (got.status, got.body["code"], got.body["status"]) == (500, "error", 500)


def test_requests_can_pass_before_the_fault(zgw, call):
    zgw.fault("GET", "zaaktypen", 502, skip=2)
    assert [get(zgw, call).status for _ in range(4)] == [200, 200, 502, 200]


def test_an_html_page_and_a_retry_and_a_redirect(zgw, call):
    zgw.fault(path="zaaktypen", kind="html")
    zgw.fault(path="zaaktypen", kind="retry", retry_after=7)
    zgw.fault(path="zaaktypen", location="http://127.0.0.1:9/elsewhere")
    page, later, moved = (get(zgw, call) for _ in range(3))
    assert (page.status, page.headers["Content-Type"], page.body) == (502, "text/html", None)
    assert (later.status, later.headers["Retry-After"]) == (429, "7")
    assert (moved.status, moved.headers["Location"]) == (302, "http://127.0.0.1:9/elsewhere")


def test_half_an_answer(zgw, call):
    zgw.fault(path="zaaktypen", kind="truncated")
    half = get(zgw, call)
    assert half.status == 200 and half.body is None and half.raw.startswith(b"{")
    zgw.fault(path="zaaktypen", kind="cut")
    with pytest.raises(http.client.IncompleteRead):
        get(zgw, call)


def test_no_answer_at_all(zgw, call):
    for kind, error in (
        ("close", http.client.RemoteDisconnected), ("reset", ConnectionResetError), ("garbage",
            http.client.BadStatusLine),
    ):  # fmt: skip
        zgw.fault(path="zaaktypen", kind=kind)
        with pytest.raises(error):
            get(zgw, call)
    assert get(zgw, call).status == 200


def test_an_answer_of_twenty_megabytes(zgw, call):
    zgw.fault(path="zaaktypen", kind="huge")
    got = get(zgw, call)
    assert (got.status, len(got.raw)) == (200, 20_000_000) and got.body["count"] == 1


def test_a_delay_comes_before_the_real_answer(zgw, call):
    zgw.fault(path="zaaktypen", delay=0.3)
    begin = time.monotonic()
    assert get(zgw, call).status == 200 and time.monotonic() - begin >= 0.3
    zgw.fault(path="zaaktypen", delay=5)
    with pytest.raises(TimeoutError):
        get(zgw, call, timeout=0.2)
    zgw.latency = 0.2
    begin = time.monotonic()
    assert get(zgw, call).status == 200 and time.monotonic() - begin >= 0.2


def test_a_slow_answer_arrives_byte_by_byte(zgw, call):
    zgw.fault("GET", "/catalogussen/", kind="slow", delay=0.0002)
    got = call("GET", zgw.seed["catalogus"])
    assert got.status == 200 and got.body["domein"] == "TEST"


@pytest.mark.parametrize("kind", ["close", "reset", "status", "cut"])
def test_a_write_can_be_carried_out_although_its_answer_is_lost(zgw, call, kind):
    zgw.fault("POST", "/zaken", kind=kind, done=True, status=504 if kind == "status" else None)
    if kind == "status":
        with pytest.raises(AssertionError):
            call.zaak()
    else:
        with pytest.raises((http.client.HTTPException, ConnectionError)):
            call.zaak()
    assert zgw.accepted == {"POST zaken": 1}


def test_a_write_that_was_not_carried_out_is_not_counted(zgw, call):
    zgw.fault("POST", "/zaken", kind="reset")
    with pytest.raises(ConnectionError):
        call.zaak()
    assert zgw.accepted == {} and zgw.requests[0]["status"] is None


def test_an_unknown_kind_of_fault_is_refused(zgw):
    with pytest.raises(ValueError, match="expected one of"):
        zgw.fault(kind="flood")


def test_the_admin_interface_does_what_python_does(zgw, call):
    admin = zgw.url + "/admin/"
    fault = {"method": "GET", "path": "zaaktypen", "status": 503, "times": 1}
    assert call("POST", admin + "faults", fault).body["kind"] == "status"
    assert call("GET", admin + "faults").body[0]["status"] == 503
    assert get(zgw, call).status == 503
    zaak = call.zaak()
    assert call("GET", admin + "accepted").body == {
        "all": {"POST zaken": 1}, "per_zaak": {zaak["url"]: {"POST zaken": 1}}
    }  # fmt: skip
    assert [record["method"] for record in call("GET", admin + "requests").body] == ["GET", "POST"]
    assert call("PUT", admin + "settings", {"page_size": 2}).body["page_size"] == 2
    assert len(call("GET", zgw.catalogi + "resultaattypen").body["results"]) == 2
    assert call("GET", admin + "seed").body["zaaktype"] == zgw.seed["zaaktype"]
    call("DELETE", admin + "requests")
    assert zgw.requests == []
    assert call("POST", admin + "reset").status == 200 and zgw.accepted == {}
    assert call("POST", admin + "faults", {"kind": "flood"}).status == 400
    assert call("GET", admin + "nothing").status == 404


def test_a_connection_is_kept_and_used_again(zgw):
    connection = http.client.HTTPConnection("127.0.0.1", zgw.port, timeout=10)
    for _ in range(3):
        connection.request("GET", "/catalogi/api/v1/zaaktypen", headers={"Authorization": zgw.bearer()})
        answer = connection.getresponse()
        assert answer.status == 200 and answer.read()
        socket_used = connection.sock
        assert socket_used is not None
    connection.close()


def test_stopping_ends_open_connections_at_once():
    standin = ZgwStandIn().start()
    idle = socket.create_connection(("127.0.0.1", standin.port))
    idle.settimeout(5)
    idle.sendall(b"GET /admin/settings HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle.recv(12) == b"HTTP/1.1 200"
    begin = time.monotonic()
    standin.stop()
    while idle.recv(4096):
        pass
    idle.close()
    assert time.monotonic() - begin < 2


def test_https_with_a_given_certificate(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True, timeout=60,
    )  # fmt: skip
    with ZgwStandIn(tls=(str(certificate), str(key))) as standin:
        assert standin.zaken.startswith("https://127.0.0.1:")
        call = Caller(standin, ca_file=str(certificate))
        assert call.zaak()["url"].startswith(standin.url)
        standin.fault(path="zaaktypen", kind="reset")
        with pytest.raises(OSError):
            call("GET", standin.seed["zaaktype"])
        assert call("GET", standin.seed["zaaktype"]).status == 200


def test_as_a_program_it_says_its_seed_and_port_and_ends_at_sigterm():
    program = subprocess.Popen(
        [sys.executable, os.path.join(HERE, "zgw.py"), "--seed"], stdout=subprocess.PIPE, text=True
    )
    try:
        seed, ready = json.loads(program.stdout.readline()), program.stdout.readline().split()
        assert ready[:2] == ["zgw", "ready"] and seed["url"].endswith(":" + ready[2])
        connection = http.client.HTTPConnection("127.0.0.1", int(ready[2]), timeout=10)
        headers = {"Authorization": "Bearer " + make_token(seed["client_id"], seed["secret"])}
        connection.request("GET", seed["zaaktype"][len(seed["url"]) :], headers=headers)
        assert json.load(connection.getresponse())["identificatie"] == "ZAAKTYPE-TEST-1"
        connection.close()
        program.send_signal(signal.SIGTERM)
        assert program.wait(timeout=10) == 0
    finally:
        program.kill()
        program.wait()
        program.stdout.close()
