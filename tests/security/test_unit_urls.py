"""The same tricks in every URL that a unit of ours reads: nothing is asked of anybody else, and of no service what belongs to
another one."""
import pytest
from cases import UNITS, World
from collector import Collector
from tricks import PASSWORD, lenient, tricks

SHORT = 16  # tricks for each URL in the short form; another part of them for each


@pytest.fixture
def world(conf, zgw, smtp, exec_unit):
    return World(conf, zgw, smtp, exec_unit)


def urls(value, base, path=()):
    """The paths of all texts that are a URL of the stand-in."""
    if isinstance(value, str) and value.startswith(base):
        yield path
    for name, member in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else []:
        yield from urls(member, base, (*path, name))


def put(value, path, text):
    """The value with the text in place of the one at the path."""
    if not path:
        return text
    if isinstance(value, list):
        return [put(one, path[1:], text) if number == path[0] else one for number, one in enumerate(value)]
    return {**value, path[0]: put(value[path[0]], path[1:], text)}


def is_spoiled(text):
    """exec reads its variables as JSON, which knows no NUL."""
    return "\0" in text


WITHOUT = {"zgw.CreateZaakTask", "zgw.LookupZaak", "mail.SendEmailTask", "camunda_api.CallActivity", "zac.UserDetailsTask",
           "zac.ZacEmailVGUReports"}  # units whose case has no URL


@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit not in WITHOUT])
@pytest.mark.timeout(1800)
def test_a_trick_in_a_url_of_a_unit_leads_it_nowhere_else(world, zgw, unit, long, figure):
    case, count, refused = UNITS[unit], 0, 0
    places = sorted(urls(world.prepare(case), zgw.url), key=str)
    assert places
    with Collector(("127.0.0.2", zgw.port), ("::1", zgw.port), ("127.0.0.1", 0)) as collector:
        known = [(what, url) for what, url in tricks(zgw.port, collector.port(2)) if not is_spoiled(url)]
        for number, path in enumerate(places):
            for what, url in known if long else known[number * 7::len(known) // SHORT]:
                outcome = world.run(case, put(world.prepare(case), path, url))
                where = (path, what, url, outcome)
                count += 1
                refused += outcome["outcome"] == "failed"
                assert PASSWORD not in outcome.get("message", ""), where
                for request in world.requests:
                    assert lenient(request["path"]).split("/")[1] == request["path"].split("/")[1], (where, request)
                    assert request["headers"].get("Host") == f"127.0.0.1:{zgw.port}", (where, request)
                assert collector.connections == 0, where
    figure(f"{count} tricks in {len(places)} URLs, {refused} of them failed the task, 0 requests elsewhere")
