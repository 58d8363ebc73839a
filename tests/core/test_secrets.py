"""No secret of any kind comes out: not in the log at its finest, in messages and details at the engine, in the journal or
anything else in the state folder, in the outcome of `bptl exec`, or in what the commands print, not even when the services send
them back."""
import json
import pathlib
import re

import pytest
from odd import OddServer, reply
from probe import Desk, children, probe_topic, run, use_probe
from settings import APP

OWN = [f"{name}-0123456789" for name in ("zgw-secret", "api-key", "oauth-secret", "basic-password", "engine-token", "app-secret",
                                         "app-key", "mail-password", "access-token", "env-secret")]
TOKEN = re.compile(r"eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}")


class Echo:
    """An API that sends back what it was sent, headers and all, in its refusals: a debug page left on in production."""

    def __init__(self):
        self.authorizations = []

    def __call__(self, request, body):
        if request.path == "/token":
            return reply(request, {"access_token": "access-token-0123456789", "expires_in": 3600})
        headers = dict(request.headers)
        self.authorizations += [headers[name] for name in ("Authorization", "X-Key") if name in headers]
        text = json.dumps(headers)
        status = 200 if "good" in request.path else 400
        if "html" in request.path:
            return reply(request, f"<html><title>{text}</title>{text}</html>".encode(), status, Content_Type="text/html")
        return reply(request, {"title": text, "detail": text, "headers": headers, "invalidParams": [
            {"name": "x", "code": "x", "reason": text}]}, status)


@pytest.fixture
def echo():
    answer = Echo()
    with OddServer(answer) as server:
        answer.url = server.url
        yield answer


@pytest.fixture
def settings(conf, build, echo):
    """A configuration with a secret of each kind; the topic of a kind is named after it."""
    use_probe(conf, build).section("host", log_level="trace")
    kinds = {
        "zgw": {"auth": "zgw", "client_id": "bptl", "secret_file": conf.secret("zgw", OWN[0])},
        "api": {"auth": "api_key", "header": "X-Key", "value_file": conf.secret("api", OWN[1])},
        "oauth": {"auth": "oauth2", "client_id": "bptl",
                  "secret_file": conf.secret("oauth", OWN[2]), "token_url": echo.url + "token"},
        "basic": {"auth": "basic", "user": "bptl", "password_file": conf.secret("basic", OWN[3])},
        "env": {"auth": "zgw", "client_id": "bptl", "secret_env": "BPTL_TEST_SECRET"},
    }
    for name, keys in kinds.items():
        conf.section(f"service {name}", type="zrc", root=f"{echo.url}{name}/", **keys)
        probe_topic(conf, "Get", services=name, topic=f"get-{name}")
        probe_topic(conf, "Post", services=name, topic=f"post-{name}")
    conf.section("service post", type="smtp", root="smtp://127.0.0.1:1", **{"from": "a@example.nl"}, starttls="off", user="bptl",
                 password_file=conf.secret("mail", OWN[7]), timeout="500ms")
    probe_topic(conf, "Mail", services="post")
    conf.section("app demo", {"id": APP, "zgw.client_id": "app", "zgw.secret_file": conf.secret("app", OWN[5]),
                              "api.header": "X-Key", "api.value_file": conf.secret("app-key", OWN[6])})
    conf.kinds = list(kinds)
    return conf


def check_clean(text, where, echo):
    """No secret and no token in this text."""
    for secret in OWN:
        assert secret not in text, f"{where} holds {secret}: {text[max(0, text.index(secret) - 200):][:400]}"
    for sent in echo.authorizations:
        value = sent.rpartition(" ")[2]
        assert value not in text, f"{where} holds the credential of a request: {text[max(0, text.index(value) - 300):][:500]}"
    found = TOKEN.search(text)
    assert not found, f"{where} holds a token: {text[max(0, found.start() - 300):][:500]}"


def check_files(folder, echo):
    for file in pathlib.Path(folder).rglob("*"):
        if file.is_file():
            assert file.stat().st_mode & 0o077 == 0, f"{file} can be read by others"
            check_clean(file.read_bytes().decode("utf-8", "replace"), file, echo)


@pytest.fixture
def environment(monkeypatch):
    monkeypatch.setenv("BPTL_TEST_SECRET", OWN[9])


def test_a_running_host_keeps_its_secrets(settings, engine, host, echo, environment):
    settings.use_engine(engine.url, long_poll="2s", auth="bearer", token_file=settings.secret("engine", OWN[4]))
    engine.auth = "Bearer " + OWN[4]
    running = host()
    desk = Desk(engine)
    tasks = [desk.add(f"{method}-{kind}", {"url": url, "bptlAppId": app}) for kind in settings.kinds for method in ("get", "post")
             for url in ("bad", "html", "good") for app in ((APP, None) if kind in ("zgw", "api") else (None,))]
    tasks.append(desk.add("mail", {"to": "b@example.nl"}))
    failed = 0
    for task in tasks:
        report = desk.wait(task, "completed", "incident", wait=20)
        failed += report["state"] == "incident"
        for what in "errorMessage", "errorDetails":
            check_clean(report[what] or "", what, echo)
    assert failed > 25 and len(echo.authorizations) > 30
    engine.auth = "Bearer another"  # what is said of an engine that lets nobody in
    engine.set_outage("reset")
    engine.set_outage(None)
    running.wait_for("level=warning.*401")
    assert "level=trace" in running.text() or "level=debug" in running.text()
    check_clean(running.text(), "the log", echo)
    running.stop()
    # what services answered well is kept for the units until the task is over, as it came
    check_files(settings.folder / "state", echo)


def test_exec_keeps_its_secrets(settings, bptl, echo, environment, tmp_path):
    file = tmp_path / "variables.json"
    for kind in settings.kinds:
        for url in "bad", "html":
            file.write_text(json.dumps({"url": url, "bptlAppId": APP}))
            done = run(bptl, "exec", f"get-{kind}", "--conf", settings.write(), "--vars", file)
            assert done.returncode == 1, done
            check_clean(done.stdout + done.stderr, f"exec of {kind}", echo)
    assert len(echo.authorizations) == 2 * len(settings.kinds)


@pytest.mark.parametrize("words", [["check"], ["units"], ["units", "--json"], ["--help"]])
def test_commands_print_no_secret(settings, bptl, echo, environment, words):
    conf = ["--conf", settings.write()] if words != ["--help"] else []
    done = run(bptl, *words, *conf)
    assert done.returncode == 0, done
    check_clean(done.stdout + done.stderr, words, echo)


def test_a_configuration_with_problems_is_told_without_its_secrets(settings, bptl, echo, environment):
    settings.section("service zgw", secret=OWN[0]).section("service api", colour="blue")
    done = run(bptl, "check", "--conf", settings.write())
    assert done.returncode == 78 and "has no place in an INI file" in done.stderr
    check_clean(done.stderr, "check", echo)


def test_no_secret_stands_on_the_command_line_or_in_the_environment_of_a_plugins_process(settings, host, echo, environment):
    running = host()
    started = children(running.pid)
    assert list(started.values()) == ["bptl runner probe"]
    for pid in started:
        check_clean(pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode(), "the environment", echo)
        check_clean(pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode(), "the command line", echo)


def test_a_runner_knows_only_the_services_of_its_own_topics(settings, engine, host, echo, environment, zgw):
    """A unit that asks for a URL of a service that no topic of its plugin lists gets no credential for it."""
    settings.use_engine(engine.url, long_poll="2s")
    settings.section("service hidden", type="orc", root=zgw.objects, auth="api_key", header="X-Hidden",
                     value_file=settings.secret("hidden", "hidden-key-0123456789"))
    host()
    report = Desk(engine).perform("get-zgw", {"url": zgw.objects + "objects", "byUrl": True})
    assert report["state"] == "incident" and "lies under the root of no configured service" in report["errorMessage"]
    assert zgw.requests == []
