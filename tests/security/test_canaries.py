"""A canary in every secret that there is, and one host for everything that can happen to it: services that send back what they
were sent in every way of writing, refusals, faults of the engine, TLS that fails, plugins that crash, a SIGKILL, and a drain. No
canary comes out anywhere: logs at their finest, all that the engine and the mail server got, every file of the state folder, the
command line and environment of every process, its metrics, and what the commands print."""
import base64
import contextlib
import html
import json
import os
import pathlib
import re
import socket
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest
from canary import canary, check_clean
from engine import EngineStandIn
from odd import OddServer, free_port, reply
from probe import children, eventually, probe_topic, run, use_probe
from rest import typed
from settings import APP

ODD = ' "\u00f6\\/+&%=\u20ac!'  # what JSON, URLs and HTML write differently; of no use in a token, which is ASCII
PLAIN_FORMS = {
    "json": lambda text, pairs: json.dumps(pairs).encode(),
    "utf8": lambda text, pairs: json.dumps(pairs, ensure_ascii=False).encode(),
    "json-in-json": lambda text, pairs: json.dumps({"detail": json.dumps(pairs), "title": text}).encode(),
    "text": lambda text, pairs: text.encode(),
    "repr": lambda text, pairs: repr(pairs).encode(),
    "url": lambda text, pairs: json.dumps({"detail": urllib.parse.quote(text, safe="")}).encode(),
    "form": lambda text, pairs: urllib.parse.urlencode(pairs).encode(),
    "html": lambda text, pairs: f"<html><title>{html.escape(text)}</title></html>".encode(),
    "base64": lambda text, pairs: json.dumps({"detail": base64.b64encode(text.encode()).decode()}).encode(),
    "base64-json": lambda text, pairs: json.dumps({"detail": base64.b64encode(json.dumps(pairs).encode()).decode()}).encode(),
    "base64-url": lambda text, pairs: json.dumps({"detail": base64.urlsafe_b64encode(text.encode()).decode()}).encode(),
    "opened": lambda text, pairs: json.dumps({"detail": opened(pairs)}).encode(),
    "engine": lambda text, pairs: json.dumps({"type": "Fout", "message": text}).encode(),
    "params": lambda text, pairs: json.dumps({"title": "x", "invalidParams": [
        {"name": text, "code": text, "reason": text}]}).encode(),
}


def opened(pairs):
    """What basic authentication holds, decoded; else what came."""
    word = pairs.get("Authorization", "").rpartition(" ")[2]
    try:
        return base64.b64decode(word).decode()
    except ValueError:
        return list(pairs.values())


class Echo:
    """A debug page left on in production: /SERVICE/FORM/STATUS sends back every header, and the body."""

    def __init__(self, token):
        self.token, self.sent, self.tokens = token, set(), 0

    def __call__(self, request, body):
        pairs = {name: value.encode("latin-1").decode("utf-8", "replace") for name, value in request.headers.items()}
        for name in "Authorization", "X-Key":
            if name in pairs:
                self.sent.add(pairs[name].removeprefix("Bearer ").removeprefix("Basic "))
        if request.path.startswith("/token"):
            return self.give_token(request, pairs, body)
        form, status = request.path.split("/")[2:4]
        text = "\n".join(f"{name}: {value}" for name, value in pairs.items())
        where = request.path.encode() + b"?" + urllib.parse.urlencode(pairs).encode()
        return reply(request, PLAIN_FORMS[form](text, {**pairs, "body": body.decode("utf-8", "replace")}), int(status),
                     Location=where.decode(), Content_Type="text/html" if form == "html" else "application/json",
                     X_Echo=urllib.parse.quote(text))

    def give_token(self, request, pairs, body):
        """Good, and each way of being wrong in turn for /token/bad."""
        if not request.path.endswith("bad"):
            return reply(request, {"access_token": self.token, "token_type": "Bearer", "expires_in": 3600})
        self.tokens += 1
        forms = list(PLAIN_FORMS.values())
        text = json.dumps({**pairs, "body": body.decode()})
        if self.tokens % 3 == 0:
            return reply(request, {"access_token": self.token, "token_type": "mac"}, 200)
        if self.tokens % 3 == 1:
            return reply(request, {"token": self.token}, 201)
        return reply(request, forms[self.tokens % len(forms)](text, pairs), 401)


class EchoMail:
    """A mail server that refuses every login and says why, with the login."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.logins, self.over = 0, False
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over = True
        socket.create_connection(("127.0.0.1", self.port)).close()
        self.thread.join()
        self.listener.close()

    def run(self):
        while True:
            connection, _ = self.listener.accept()
            with connection, connection.makefile("rwb") as stream:
                if self.over:
                    return
                with contextlib.suppress(OSError):  # a runner that crashes takes its connections along
                    self.talk(stream)

    def talk(self, stream):
        def say(line):
            stream.write(line + b"\r\n")
            stream.flush()
        say(b"220 echo")
        for line in stream:
            line = line.strip()
            if line.upper().startswith(b"EHLO"):
                say(b"250-echo\r\n250 AUTH PLAIN")
            elif line.upper().startswith(b"AUTH"):
                self.logins += 1
                word = line.rpartition(b" ")[2]
                login = base64.b64decode(word).replace(b"\0", b" ")
                say(b"535 5.7.8 not with " + (word if self.logins % 2 else login))
            elif line.upper().startswith(b"QUIT"):
                say(b"221 bye")
                return
            else:
                say(b"503 5.5.1 log in first")


KINDS = ("zgw", "api", "oauth", "basic", "env", "credential", "badtoken")


class World:
    """The configuration with a canary in each of its secrets."""

    def __init__(self, conf, build, engine, echo, mail, tmp_path):
        self.conf, self.engine, self.echo, self.port = conf, engine, echo, free_port()
        use_probe(conf, build, crashes=0).section("host", log_level="trace", drain="3s", workers=16,
                                               listen=f"127.0.0.1:{self.port}")
        conf.use_engine(engine.url, long_poll="2s", timeout="2s", auth="basic", user="bptl", password_file=self.file("engine"))
        (tmp_path / "credentials").mkdir()
        (tmp_path / "credentials" / "zgw").write_text(self.known("credential"))
        self.env = {"BPTL_CANARY": self.known("environment"), "CREDENTIALS_DIRECTORY": str(tmp_path / "credentials")}
        for kind, keys in self.kinds().items():
            conf.section(f"service {kind}", type="zrc", root=f"{echo.url}{kind}/", timeout="3s", **keys)
            for unit in "Get", "Post":
                probe_topic(conf, unit, services=kind, topic=f"{unit}-{kind}")
        conf.section("service tls", type="zrc", root=echo.url.replace("http:", "https:"), auth="api_key", header="X-Key",
                     value_file=self.file("tls"), timeout="3s")
        probe_topic(conf, "Get", services="tls", topic="Get-tls")
        conf.section("service post", type="smtp", root=f"smtp://127.0.0.1:{mail.port}", **{"from": "a@example.nl"}, starttls="off",
                     user="bptl", password_file=self.file("mail"), timeout="3s")
        probe_topic(conf, "Mail", services="post", topic="Mail")
        conf.section("app demo", {
            "id": APP, "zgw.client_id": "app", "zgw.secret_file": self.file("app-zgw"), "api.header": "X-Key",
            "api.value_file": self.file("app-api"), "oauth.client_id": "app", "oauth.secret_file": self.file("app-oauth")})
        for unit in "Echo", "Crash", "Abort", "Vanish", "ReadNull", "Nap", "Print", "Fail":
            probe_topic(conf, unit, topic=unit)

    def kinds(self):
        return {
            "zgw": {"auth": "zgw", "client_id": "bptl", "secret_file": self.file("zgw")},
            "api": {"auth": "api_key", "header": "X-Key", "value_file": self.file("api")},
            "oauth": {"auth": "oauth2", "client_id": "bptl", "secret_file": self.file("oauth"),
                      "token_url": self.echo.url + "token"},
            "badtoken": {"auth": "oauth2", "client_id": "bptl", "secret_file": self.file("badtoken"),
                         "token_url": self.echo.url + "token/bad"},
            "basic": {"auth": "basic", "user": "bptl", "password_file": self.file("basic")},
            "env": {"auth": "zgw", "client_id": "bptl", "secret_env": "BPTL_CANARY"},
            "credential": {"auth": "basic", "user": "bptl", "password_credential": "zgw"},
        }

    def known(self, name):
        """A canary that no file holds."""
        self.conf.secrets[name] = canary(name) + ODD
        return self.conf.secrets[name]

    def file(self, name):
        return self.conf.secret(name, canary(name) + ODD)

    def everything(self):
        """All that must not come out: the secrets, the tokens, and the credentials that were really sent."""
        sent = {f"sent {number}": text for number, text in enumerate(sorted(self.echo.sent))}
        return {**self.conf.secrets, "the token": self.echo.token, **sent}

    def add(self, topic, **variables):
        return self.engine.add({"topic": topic, "variables": {name: typed(value) for name, value in variables.items()}})["tasks"][0]

    def add_calls(self, forms, statuses):
        """A task for each service, method, form, status and app."""
        count = 0
        for kind in KINDS:
            for number, form in enumerate(forms):
                for status in statuses:
                    app = {"bptlAppId": APP} if number % 2 else {}
                    self.add(f"{'Post' if number % 3 == 0 else 'Get'}-{kind}", url=f"{form}/{status}", **app)
                    count += 1
        return count

    def wait_ended(self, running, count, wait=120):
        def ended():
            counts = self.engine.counts()
            return counts["completed"] + counts["incident"] >= count
        eventually(ended, wait, lambda: f"{self.engine.counts()}: {running.text()[-3000:]}")

    def check_processes(self, running):
        """Command line and environment of the core and of every runner."""
        for pid in [running.pid, *children(running.pid)]:
            for name in "cmdline", "environ":
                try:
                    check_clean((pathlib.Path("/proc") / str(pid) / name).read_bytes(), self.everything(), f"{name} of {pid}")
                except (FileNotFoundError, ProcessLookupError):
                    continue  # a runner that has just crashed

    def check_web(self):
        """What anybody can ask the host for."""
        for page in "metrics", "healthz", "readyz":
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{page}", timeout=10) as answer:
                    data = answer.read()
            except urllib.error.HTTPError as error:
                data = error.read()
            assert data
            check_clean(data, self.everything(), page)

    def check_all(self, *logs):
        known = self.everything()
        for log in logs:
            check_clean(log, known, "the log")
        check_clean(self.engine.instances(), known, "the engine")
        check_clean(self.engine.call(lambda: list(self.engine.kept)), known, "a request to the engine")
        state = pathlib.Path(self.conf.sections["host"]["state"])
        files = [file for file in state.rglob("*") if file.is_file()]
        assert any(file.name == "journal.db" for file in files), files
        for file in files:
            check_clean(file.read_bytes(), known, file)


@pytest.fixture
def world(conf, build, tmp_path):
    echo = Echo("kanarie-access-token-0123456789abcdef")
    with OddServer(echo) as server, EchoMail() as mail, EngineStandIn(user="bptl", password="x", record=True) as engine:
        echo.url = server.url
        made = World(conf, build, engine, echo, mail, tmp_path)
        login = f"bptl:{made.conf.secrets[next(name for name in conf.secrets if name.startswith('engine'))]}"
        engine.auth = "Basic " + base64.b64encode(login.encode()).decode()
        made.mail = mail
        yield made


@pytest.mark.timeout(300)
def test_no_secret_comes_out_whatever_happens(world, host, bptl, tmp_path, figure, long):
    statuses = (200, 201, 302, 400, 401, 403, 404, 409, 429, 500, 502, 503) if long else (200, 302, 400, 401, 500)
    running = host(world.conf, env=world.env)
    world.check_processes(running)
    count = world.add_calls(PLAIN_FORMS, statuses)
    for topics in ("Get-tls", "Mail", "Mail", "Mail", "Print", "Fail"), ("Crash", "Abort", "ReadNull", "Vanish"):
        for topic in topics:
            world.add(topic, url="x", to="b@example.nl", text="x")
            count += 1
        world.wait_ended(running, count)
    assert world.mail.logins >= 3 and world.echo.tokens >= 3 and len(world.echo.sent) >= 8
    world.check_processes(running)
    world.check_web()
    # the engine itself: it lets nobody in, breaks, and is away
    good, world.engine.auth = world.engine.auth, "Basic another"
    running.wait_for("level=warning.*401")
    world.check_web()
    world.engine.auth = good
    for fault in {"do": "status", "status": 500, "body": {"message": good}}, {"do": "html"}, {"do": "reset"}:
        world.engine.fault("any", **fault)
    world.add("Echo", text="x")
    world.wait_ended(running, count + 1)
    # killed in the middle of much, and started again
    count += 1 + world.add_calls(["json", "base64"], (200, 500))
    eventually(lambda: world.engine.counts()["completed"] > 20)
    running.kill()
    world.check_all(running.text())
    again = host(world.conf, env=world.env)
    world.check_processes(again)
    world.wait_ended(again, count)
    # and a drain that comes too early for what still runs
    world.add("Nap", ms=20000)
    eventually(lambda: any(task["workerId"] for one in world.engine.instances() for task in one["tasks"]
                           if task["topicName"] == "Nap"))
    assert again.stop() == 0
    world.check_all(running.text(), again.text())
    assert re.search("level=debug", running.text()) and "***" in running.text()
    figure(f"{count} tasks, {len(world.everything())} secrets, tokens and credentials sent: 0 hits in log, engine, mails, metrics, "
           "state folder, command lines and environments")


@pytest.mark.parametrize("form", PLAIN_FORMS)
def test_exec_prints_no_secret(world, bptl, form, tmp_path):
    variables = tmp_path / "variables.json"
    folder = world.conf.write()
    for kind, status in ("api", 400), ("basic", 200), ("oauth", 401), ("badtoken", 200):
        variables.write_text(json.dumps({"url": f"{form}/{status}", "bptlAppId": APP}))
        done = run(bptl, "exec", f"Get-{kind}", "--conf", folder, "--vars", variables, env={**os.environ, **world.env})
        assert json.loads(done.stdout)["outcome"] in ("done", "failed")
        check_clean(done.stdout + done.stderr, world.everything(), f"exec of {kind}")
    assert len(world.echo.sent) >= 3


@pytest.mark.parametrize("words", [["check"], ["units"], ["units", "--json"], ["run"]], ids=" ".join)
def test_commands_that_find_something_wrong_print_no_secret(world, bptl, words):
    """Also where a secret stands in a place that is wrong for it."""
    wrong = world.known("in-the-clear")
    for title in "service zgw", "service basic", "engine main", "app demo":
        world.conf.section(title, {"secret": wrong, "password": wrong, "zgw.secret": wrong})
    world.conf.section("service api", value_file=world.conf.folder / "nowhere")
    done = run(bptl, *words, "--conf", world.conf.write(), env={**os.environ, **world.env})
    assert done.returncode == 78 and "has no place in an INI file" in done.stderr, done
    check_clean(done.stdout + done.stderr, world.everything(), " ".join(words))
