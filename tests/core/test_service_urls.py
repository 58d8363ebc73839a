"""A request goes only under the root of a configured service: what a process says is checked before anything is sent, and no
redirect is followed."""
import pytest
from odd import OddServer, reply
from probe import probe_topic, use_probe

PASSWORD = "hunter2hunter2"


@pytest.fixture
def get(conf, build, exec_unit):
    """get(url, by_url): the outcome of probe.Get."""
    probe_topic(use_probe(conf, build), "Get", services="zaken, objects")

    def get(url, by_url=False, **more):
        return exec_unit("get", {"url": url, "byUrl": by_url, **more})

    return get


# What a process may say in place of {zaken}zaken. {base} is the server without its port, {port} its port.
BAD = {
    "another host": "http://127.0.0.2:{port}/zaken/api/v1/zaken",
    "another name of the same host": "http://localhost:{port}/zaken/api/v1/zaken",
    "a dot behind the host": "http://127.0.0.1.:{port}/zaken/api/v1/zaken",
    "another port": "http://127.0.0.1:1/zaken/api/v1/zaken",
    "no port": "http://127.0.0.1/zaken/api/v1/zaken",
    "https in place of http": "https://127.0.0.1:{port}/zaken/api/v1/zaken",
    "user info": "http://user:" + PASSWORD + "@127.0.0.1:{port}/zaken/api/v1/zaken",
    "a host behind user info": "http://127.0.0.1:{port}@127.0.0.2:{port}/zaken/api/v1/zaken",
    "dots": "http://127.0.0.1:{port}/zaken/api/v1/../../objects/api/v2/objects",
    "dots at the end": "http://127.0.0.1:{port}/zaken/api/v1/..",
    "encoded dots": "http://127.0.0.1:{port}/zaken/api/v1/%2e%2E/%2e%2e/zac/",
    "an encoded slash": "http://127.0.0.1:{port}/zaken/api/v1/..%2f..%2fzac",
    "an encoded backslash": "http://127.0.0.1:{port}/zaken/api/v1/..%5c..%5czac",
    "dots with parameters": "http://127.0.0.1:{port}/zaken/api/v1/..;a=b/zac",
    "dots encoded twice": "http://127.0.0.1:{port}/zaken/api/v1/%252e%252e%252fzac",
    "a backslash": "http://127.0.0.1:{port}\\@127.0.0.2/zaken/api/v1/zaken",
    "a path that only begins like the root": "http://127.0.0.1:{port}/zaken/api/v10/zaken",
    "a path beside the root": "http://127.0.0.1:{port}/zaken/api/v1.evil/zaken",
    "above the root": "http://127.0.0.1:{port}/zaken/",
    "a newline": "http://127.0.0.1:{port}/zaken/api/v1/zaken\r\nHost: evil",
    "a tab": "http://127.0.0.1:{port}/zaken/api/v1/za\tken",
    "a space": "http://127.0.0.1:{port}/zaken/api/v1/zaken HTTP/1.1",
    "a fragment": "http://127.0.0.1:{port}/zaken/api/v1/zaken#x",
    "a file": "file:///etc/passwd",
    "another scheme": "gopher://127.0.0.1:{port}/zaken/api/v1/zaken",
    "no scheme": "//127.0.0.2:{port}/zaken/api/v1/zaken",
    "three slashes": "http:///127.0.0.1:{port}/zaken/api/v1/zaken",
    "an IPv6 address with a zone": "http://[fe80::1%25eth0]:{port}/zaken/api/v1/zaken",
    "the metadata of a cloud": "http://169.254.169.254/latest/meta-data",
    "a very long one": "http://127.0.0.1:{port}/zaken/api/v1/zaken?x=" + "y" * 9000,
    "a letter that is not encoded": "http://127.0.0.1:{port}/zaken/api/v1/zaak-\u00e9\u00e9n",
}


@pytest.mark.parametrize("by_url", [False, True], ids=["by type", "by URL"])
@pytest.mark.parametrize("name", BAD)
def test_a_url_outside_of_the_services_is_refused_before_anything_is_sent(get, zgw, name, by_url):
    url = BAD[name].replace("{port}", str(zgw.port))
    outcome = get(url, by_url)
    assert outcome["outcome"] == "failed" and outcome["permanent"] is True, outcome
    assert "the URL" in outcome["message"] or "lies under the root of no configured service" in outcome["message"], outcome
    assert zgw.requests == []
    assert PASSWORD not in str(outcome) and len(outcome["message"]) < 700 and "\n" not in outcome["message"], outcome


GOOD = {
    "relative": "zaken?identificatie=x",
    "relative with a slash": "/zaken?identificatie=x",
    "absolute": "{zaken}zaken?identificatie=x",
    "capitals in scheme": "HTTP://127.0.0.1:{port}/zaken/api/v1/zaken?identificatie=x",
    "dots inside of a name": "{zaken}zaken?identificatie=x&page=1&a=..",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_url_under_the_root_is_called(get, zgw, name):
    outcome = get(GOOD[name].replace("{port}", str(zgw.port)).replace("{zaken}", zgw.zaken))
    assert [one["path"] for one in zgw.requests] == ["/zaken/api/v1/zaken"], outcome
    assert "x" in zgw.requests[0]["query"]["identificatie"]


def test_the_service_of_a_url_is_the_one_with_the_longest_root(conf, get, zgw):
    conf.section("service deep", type="orc", root=zgw.zaken + "zaken/", auth="api_key", header="X-Deep",
                 value_file=conf.secret("deep", "the-deep-key"))
    conf.section("topic get", services="zaken, deep")
    get(zgw.zaken + "zaken/123", by_url=True)
    get(zgw.zaken + "statussen/123", by_url=True)
    get(zgw.zaken + "zaken", by_url=True)
    assert [("X-Deep" in one["headers"], "Authorization" in one["headers"]) for one in zgw.requests] == [
        (True, False), (False, True), (False, True)]


def test_a_relative_url_needs_a_service_by_name(get, zgw):
    assert "lies under the root of no configured service" in get("zaken", by_url=True)["message"]
    assert zgw.requests == []


@pytest.mark.parametrize("unit, more", {
    "CreateStatusTask": {"statusVolgnummer": 2},
    "CreateResultaatTask": {"omschrijving": "Afgehandeld"},
    "CloseZaakTask": {"omschrijving": "Afgehandeld"},
}.items())
@pytest.mark.parametrize("zaak", ["http://127.0.0.2:{port}/zaken/api/v1/zaken/1",
                                  "http://127.0.0.1:{port}/objects/api/v2/objects/1",
                                  "{zaken}../../../zac/1"])
def test_a_zaak_at_a_foreign_address_is_refused_by_every_unit_that_reads_it(conf, exec_unit, zgw, unit, more, zaak):
    def fill(text):
        return text.replace("{port}", str(zgw.port)).replace("{zaken}", zgw.zaken).replace("{documenten}", zgw.documenten)

    variables = {name: fill(value) if isinstance(value, str) else value for name, value in more.items()}
    outcome = exec_unit(f"zgw.{unit}", {"bptlAppId": "https://autorisaties.example.nl/api/v1/applicaties/demo",
                                        "zaakUrl": fill(zaak), **variables})
    assert outcome["outcome"] == "failed" and outcome["permanent"] is True, outcome
    assert "the URL" in outcome["message"], outcome
    foreign = [one for one in zgw.requests if "/zac/" in one["path"] or "/objects/" in one["path"]]
    assert foreign == [] and [one for one in zgw.requests if one["method"] != "GET"] == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(get, zgw, status):
    with OddServer(lambda request, body: reply(request, {})) as elsewhere:
        zgw.fault("GET", "/zaken/", status=status, kind="redirect", location=elsewhere.url + "stolen")
        outcome = get("zaken")
        assert elsewhere.requests == []
    assert outcome["outcome"] == "failed" and outcome["permanent"] is True
    assert f"answered HTTP {status}, a redirect" in outcome["message"], outcome
    assert len(zgw.requests) == 1


@pytest.mark.parametrize("next_page", ["http://127.0.0.2:1/elsewhere?page=2", "//evil.example/zaken?page=2", "?page=2"])
def test_a_next_page_elsewhere_is_read_from_the_service_itself(get, zgw, next_page):
    zgw.fault("GET", "/zaken/", 200, {"count": 2, "next": next_page, "results": [{"a": 1}]})
    zgw.fault("GET", "/zaken/", 200, {"count": 2, "next": None, "results": [{"a": 2}]})
    outcome = get("zaken", pages=True)
    assert outcome["outcome"] == "done", outcome
    assert [one["path"] for one in zgw.requests] == ["/zaken/api/v1/zaken"] * 2
    assert zgw.requests[1]["query"] == {"page": "2"}
