"""Wherever there is TLS (a service, the place of its tokens, the engine, a mail server with TLS from the start or with STARTTLS),
a server that cannot be trusted, or does not speak what it should, is refused: it gets no request, no mail and no credential, and
the message says what is wrong and what to do."""
import contextlib
import ssl
import warnings

import pytest
from canary import canary
from odd import Authority, OddServer, reply, server_context
from probe import probe_topic, use_probe
from smtp import SmtpStandIn


@pytest.fixture(scope="module")
def ours(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ours"), "ours")


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("theirs"), "theirs")


# What is wrong with the server, and words of the message: the fault, and the remedy.
FAULTS = {
    "expired": ("expired", "new certificate"),
    "another name": ("127.0.0.1", "must have a name for which the certificate was made"),
    "self-signed": ("self-signed certificate", "ca_file"),
    "unknown CA": ("local issuer certificate", "ca_file"),
    "TLS 1.1": ("protocol version", "TLS 1.2 or newer"),
    "no TLS": ("wrong version number", "speak TLS on this port"),
    "client certificate": ("client_cert and client_key",),
}
BROKEN_OFF = ("broke off the handshake", "TLS 1.2 or newer")  # the stand-in of a mail server sends no alert


def context_of(fault, ours, theirs):
    """The server's TLS context with the fault; None: it speaks none."""
    if fault == "no TLS":
        return None
    if fault == "expired":
        return server_context(*ours.certificate("old", days=-1))
    if fault == "another name":
        return server_context(*ours.certificate("other", "DNS:zaken.example.nl"))
    if fault == "self-signed":
        certificate, key = theirs.folder / "self.pem", theirs.folder / "self.key"
        theirs.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3",
                       "-subj", "/CN=x", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
        return server_context(certificate, key)
    if fault == "unknown CA":
        return server_context(*theirs.certificate("server"))
    if fault == "TLS 1.1":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return server_context(*ours.certificate("server"), most=ssl.TLSVersion.TLSv1_1)
    return server_context(*ours.certificate("server"), client_ca=theirs.file)


@contextlib.contextmanager
def web(context):
    with OddServer(lambda request, body: reply(request, [] if request.command == "POST" else {}), tls=context) as server:
        yield server


@contextlib.contextmanager
def mail_server(tmp_path, ours, context, starttls):
    """A stand-in of a mail server that speaks with the given context; it needs a login."""
    server = SmtpStandIn(tmp_path / "mails", starttls=starttls and bool(context), tls=not starttls and bool(context), user="bptl",
                         password="x", certificate=ours.certificate("server"))
    if context:
        server._context = context
    server.start()
    try:
        yield server
    finally:
        server.stop()


def check_message(message, fault, port, secret):
    if fault == "client certificate" and "no whole answer came" in message:
        return  # with TLS 1.3 the server may say so only when the request is on its way, and its reset may overtake its words
    words = BROKEN_OFF if fault == "TLS 1.1" and "broke off" in message else FAULTS[fault]
    for word in words:
        assert word in message, message
    assert str(port) in message and secret not in message and "\n" not in message, message


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("place", ["service", "token"])
def test_a_service_that_cannot_be_trusted_gets_nothing(conf, build, exec_unit, ours, theirs, fault, place):
    secret = canary("tls")
    probe_topic(use_probe(conf, build), "Get", services="vreemd")
    with web(context_of(fault, ours, theirs)) as server, web(None) as good:
        url = f"https://127.0.0.1:{server.port}/"
        keys = {"root": url} if place == "service" else {"root": good.url, "token_url": url + "token"}
        auth = {"auth": "oauth2"} if place == "token" else {"auth": "zgw"}
        conf.section("service vreemd", type="zrc", client_id="bptl", secret_file=conf.secret("vreemd", secret),
                     ca_file=ours.file if place == "service" else None, timeout="5s", **keys, **auth)
        if place == "token":  # the CA belongs to the service, whose root has to be https then
            conf.section("service vreemd", root=url + "zaken/", ca_file=ours.file)
        outcome = exec_unit("get", {"url": "zaken"})
        assert outcome["outcome"] == "failed" and server.requests == [] and good.requests == [], outcome
        check_message(outcome["message"], fault, server.port, secret)


@pytest.mark.parametrize("fault", FAULTS)
def test_an_engine_that_cannot_be_trusted_gets_nothing(conf, build, host, ours, theirs, fault):
    secret = canary("tls")
    probe_topic(use_probe(conf, build), "Echo")
    with web(context_of(fault, ours, theirs)) as server:
        conf.use_engine(f"https://127.0.0.1:{server.port}/engine-rest/", auth="bearer", token_file=conf.secret("engine", secret),
                        ca_file=ours.file, timeout="3s", long_poll="2s")
        running = host()
        line = running.wait_for(r"^.*level=warning.*the poll for tasks failed.*$", 15)[0]
        assert server.requests == []
        check_message(line, fault, server.port, secret)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("starttls", [False, True], ids=["smtps", "STARTTLS"])
def test_a_mail_server_that_cannot_be_trusted_gets_neither_mail_nor_password(conf, build, exec_unit, ours, theirs, tmp_path, fault,
                                                                             starttls):
    secret = canary("mail")
    probe_topic(use_probe(conf, build), "Mail", services="brief")
    with mail_server(tmp_path, ours, context_of(fault, ours, theirs), starttls) as server:
        scheme = "smtp" if starttls else "smtps"
        more = {"starttls": "required"} if starttls else {}
        conf.section("service brief", {"from": "a@example.nl"}, type="smtp", root=f"{scheme}://127.0.0.1:{server.port}",
                     user="bptl", password_file=conf.secret("brief", secret), ca_file=ours.file, timeout="5s", **more)
        outcome = exec_unit("mail", {"to": "b@example.nl"})
        assert outcome["outcome"] == "failed" and server.mails == [] and server.attempts == 0, outcome
        if fault == "no TLS" and starttls:
            assert "does not offer STARTTLS: nothing was sent" in outcome["message"], outcome
        else:
            check_message(outcome["message"], fault, server.port, secret)
