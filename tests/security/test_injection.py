"""What a process variable holds stays a value: in every text of every unit, line ends of all kinds, SMTP commands, and the
characters that structure a URL add no header, no receiver, no parameter and no other path to what leaves the host."""
import json
import re

import pytest
from canary import canary
from cases import UNITS, World
from odd import OddServer, reply
from probe import probe_topic, run, use_probe
from settings import Settings

LINES = "\r\nX-Injected: yes\r\nBcc: evil@example.nl\r\n\r\n.\r\nMAIL FROM:<evil@example.nl>\r\nRCPT TO:<evil@example.nl>\r\n"
UNICODE = ("\u2028X-Injected: yes\u2029Bcc: evil@example.nl\u0085X-Injected: yes\x0bX-Injected: yes\x0cX-Injected: yes"
           "\u560d\u560aX-Injected: yes")
STRUCTURE = "?injected=1&injected=2#injected=3;injected=4/../../injected/%2e%2e%2finjected%0d%0aX-Injected: yes"
PAYLOADS = {"line ends": LINES, "line ends of Unicode": UNICODE, "the structure of a URL": STRUCTURE}
MAIL_HEADERS = {"date", "from", "to", "reply-to", "subject", "message-id", "mime-version", "auto-submitted", "content-type"}


@pytest.fixture
def world(conf, zgw, smtp, exec_unit):
    return World(conf, zgw, smtp, exec_unit)


@pytest.fixture(scope="module")
def declared(bptl, tmp_path_factory):
    """{unit: the names of the texts that it reads}."""
    settings = Settings(tmp_path_factory.mktemp("units"))
    for plugin in "zgw", "mail", "camunda_api", "zac":
        settings.section(f"plugin {plugin}")
    done = run(bptl, "units", "--json", "--conf", settings.write())
    return {f"{plugin['name']}.{unit['name']}": [row["name"] for row in unit["in"] if row["type"] == "text"]
            for plugin in json.loads(done.stdout) for unit in plugin["units"]}


def leaves(value, path=()):
    """The paths of all texts inside of a value."""
    if isinstance(value, str):
        yield path
    for name, member in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []:
        yield from leaves(member, (*path, name))


def add_to(value, path, text):
    """The value with the text put behind the one at the path."""
    if not path:
        return (value or "") + text
    if isinstance(value, list):
        return [add_to(one, path[1:], text) if number == path[0] else one for number, one in enumerate(value)]
    return {**value, path[0]: add_to(value.get(path[0]), path[1:], text)}


def check_requests(world, where):
    for request in world.requests:
        assert not any(name.lower() in ("x-injected", "bcc") for name in request["headers"]), (where, request)
        assert "injected" not in request["query"] and "\r" not in request["path"] + request["query_string"], (where, request)
        # as one segment, if at all: what is behind it is part of it
        assert not re.search(r"/injected(/|$)", request["path"]), (where, request)


def check_mails(world, where, usual):
    for mail in world.smtp.mails:
        assert {name.lower() for name, _ in mail["headers"]} <= MAIL_HEADERS, (where, mail["headers"])
        assert len(mail["headers"]) == len({name.lower() for name, _ in mail["headers"]}), (where, mail["headers"])
        assert mail["to"] == usual["to"] and mail["from"] == usual["from"], (where, mail)
        assert len(mail["parts"]) == len(usual["parts"]), (where, mail["parts"])
    assert len(world.smtp.mails) <= 1, where


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.timeout(300)
def test_no_text_of_a_variable_becomes_more_than_a_value(world, declared, unit):
    case = UNITS[unit]
    variables = world.prepare(case)
    texts = sorted(leaves({name: value for name, value in variables.items() if value is not ...}), key=str)
    texts += [(name,) for name in declared[unit] if name not in variables]
    world.run(case, variables)
    usual = world.smtp.mails[0] if world.smtp.mails else None
    for path in texts:
        for name, payload in PAYLOADS.items():
            outcome = world.run(case, add_to(world.prepare(case), path, payload))
            where = f"{name} in {'.'.join(str(part) for part in path)}: {outcome}"
            check_requests(world, where)
            check_mails(world, where, usual)
            assert len((outcome.get("message") or "").splitlines()) <= 1, where


@pytest.mark.parametrize("field", ["to", "subject", "text"])
@pytest.mark.parametrize("name", PAYLOADS)
def test_no_text_of_a_mail_becomes_a_header_or_a_receiver(conf, build, exec_unit, smtp, field, name):
    probe_topic(use_probe(conf, build), "Mail", services="post")
    usual = {"to": ["b@example.nl"], "from": "zaken@example.nl", "parts": []}
    outcome = exec_unit("mail", {"to": "b@example.nl", field: "b@example.nl" + PAYLOADS[name]})
    world = type("world", (), {"smtp": smtp})
    check_mails(world, outcome, usual)
    assert (outcome["outcome"] == "done") == (len(smtp.mails) == 1), outcome
    if field == "to" or (field == "subject" and name != "the structure of a URL"):
        assert outcome["outcome"] == "failed" and outcome["permanent"] and smtp.mails == [], outcome
    else:
        assert len(smtp.mails) == 1, outcome


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_text_in_a_url_becomes_a_header_or_another_request(conf, build, exec_unit, name):
    probe_topic(use_probe(conf, build), "Get", services="open")
    with OddServer(lambda request, body: reply(request, {})) as server:
        conf.section("service open", type="zrc", root=server.url + "api/", auth="none")
        exec_unit("get", {"url": "zaken/x" + PAYLOADS[name]})
        exec_unit("get", {"url": "zaken?identificatie=x" + PAYLOADS[name]})
        assert all(path.startswith("/api/zaken") and "X-Injected" not in headers for _, path, headers, _ in server.requests)


@pytest.mark.parametrize("name", ["X-Key: a\tX-Injected", "X Key", "X-Key:", "X-K\u00e9y"])
def test_a_name_of_a_header_that_is_none_is_found_by_check(bptl, conf, name):
    conf.section("service open", type="orc", root="http://127.0.0.1:1/", auth="api_key", header=name,
                 value_file=conf.secret("key", canary("key")))
    done = run(bptl, "check", "--conf", conf.write())
    assert done.returncode == 78 and "expected the name of a header" in done.stderr, done
