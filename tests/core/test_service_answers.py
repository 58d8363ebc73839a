"""What services answer when something is wrong: the message names the step, the request and the API's own words; what may be
retried is told apart from what may not, and what may have been carried out from what was not."""
import gzip
import json
import time

import pytest
from odd import OddServer, free_port, reply
from probe import probe_topic, use_probe

REPEATABLE_STATUS = {408, 409, 425, 429, 500, 501, 502, 503, 504, 507}
STATUSES = sorted(REPEATABLE_STATUS | {400, 401, 403, 404, 405, 406, 410, 412, 413, 415, 418, 422})


@pytest.fixture
def ask(conf, build, exec_unit):
    """ask(method, ...): the outcome of probe.Get, or of probe.Post with another method."""
    use_probe(conf, build).section("service zaken", timeout="600ms")
    probe_topic(conf, "Get", services="zaken")
    probe_topic(conf, "Post", services="zaken")

    def ask(method="GET", url="zaken?geheim=1", **more):
        if method == "GET":
            return exec_unit("get", {"url": url, **more})
        return exec_unit("post", {"url": url, "method": method, **more})

    return ask


def failed(outcome, permanent, *words):
    """A failure, one line, with the words; its details name the request and not its query."""
    assert outcome["outcome"] == "failed", outcome
    message, details = outcome["message"], outcome["details"]
    assert outcome["permanent"] is permanent, outcome
    for word in words:
        assert word in message, outcome
    assert "\n" not in message and len(message) < 1200, outcome
    assert "geheim" not in message and "geheim" not in details.partition("\n")[0], outcome
    assert len(details) < 10000, outcome
    return outcome


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("status", STATUSES)
def test_a_refusal_is_permanent_or_not_by_its_status(ask, zgw, status, method):
    zgw.fault(method, "/zaken", status, {"title": "Zo niet.", "detail": "Dit kan hier niet.", "status": status})
    outcome = ask(method)
    unknown = method == "POST" and status in (502, 504)
    if unknown:
        failed(outcome, True, "may have been carried out, its outcome is unknown", f"HTTP {status}", "grant a retry")
        assert outcome["unknown_step"] == 1
    else:
        failed(outcome, status not in REPEATABLE_STATUS, f"answered HTTP {status}: Zo niet.: Dit kan hier niet.")
    assert f"{method} http://127.0.0.1:{zgw.port}/zaken/api/v1/zaken " in outcome["message"]
    assert outcome["details"].startswith(f"{method} http://127.0.0.1:{zgw.port}/zaken/api/v1/zaken\nHTTP {status}\n")
    assert "Dit kan hier niet." in outcome["details"]
    assert len(zgw.requests) == 1


def test_the_names_and_reasons_of_invalid_params_are_in_the_message(ask, zgw):
    zgw.fault("POST", "/zaken", 400, {"title": "Invalid input.", "invalidParams": [
        {"name": "zaaktype", "code": "bad-url", "reason": "De URL bestaat niet."},
        {"name": "startdatum", "code": "required", "reason": "Dit veld is vereist."}]})
    failed(ask("POST"), True, "Invalid input.", "zaaktype: bad-url: De URL bestaat niet.",
           "startdatum: required: Dit veld is vereist.")


@pytest.mark.parametrize("after, least", [("2", 2000), ("120", 120000)])
def test_the_wait_that_a_service_asks_for_is_kept(ask, zgw, after, least):
    zgw.fault("GET", "/zaken", 429, kind="retry", retry_after=after)
    assert failed(ask(), False, "answered HTTP 429")["retry_after"] == least


def test_a_date_as_wait_is_understood_and_nonsense_is_not(ask, zgw):
    moment = time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + 60))
    zgw.fault("GET", "/zaken", 503, kind="retry", retry_after=moment)
    assert 55000 <= failed(ask(), False, "answered HTTP 503")["retry_after"] <= 61000
    for nonsense in "soon", "-5", "1e9", "Mon, 99 Foo 2026 00:00:00 GMT":
        zgw.fault("GET", "/zaken", 503, kind="retry", retry_after=nonsense)
        assert failed(ask(), False, "answered HTTP 503").get("retry_after", 0) == 0


TOO_LARGE = "the answer is larger than 16777216 bytes"
# kind of fault: what it does to a GET, and to a POST
BROKEN = {
    "truncated": ((False, "answered HTTP 200 with something that is not JSON"),
                  (True, "was carried out, but its answer (HTTP 200) cannot be read")),
    "cut": ((False, "got no answer"), (True, "may have been carried out")),
    "reset": ((False, "got no answer"), (True, "may have been carried out")),
    "close": ((False, "got no answer"), (True, "may have been carried out")),
    "garbage": ((False, "got no answer"), (True, "may have been carried out")),
    "huge": ((True, TOO_LARGE), (True, "may have been carried out")),
}


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
@pytest.mark.parametrize("kind", BROKEN)
def test_an_answer_that_breaks_off_or_is_no_answer(ask, zgw, kind, method):
    zgw.fault(method, "/zaken", 200 if kind in ("truncated", "cut") else None, kind=kind)
    outcome = failed(ask(method), *BROKEN[kind][method == "POST"])
    assert len(zgw.requests) == 1, "it was sent again by itself"
    assert outcome.get("unknown_step") == (1 if method == "POST" else None), outcome


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_service_that_is_too_slow_is_given_up_after_its_timeout(ask, zgw, method):
    zgw.fault(method, "/zaken", kind="delay", delay=3)
    before = time.monotonic()
    outcome = ask(method)
    assert time.monotonic() - before < 2.5
    if method == "GET":
        failed(outcome, False, "got no answer", "no whole answer within")
    else:
        failed(outcome, True, "may have been carried out, its outcome is unknown", "no whole answer within")


def test_a_service_that_sends_one_byte_at_a_time_is_given_up_after_its_timeout(ask, zgw):
    zgw.fault("GET", "/zaken", kind="slow", delay=0.2)
    before = time.monotonic()
    failed(ask(), False, "got no answer")
    assert time.monotonic() - before < 2.5


def test_a_service_that_does_not_listen_is_said_and_may_be_retried(conf, ask, exec_unit, zgw):
    port = free_port()
    conf.section("service zaken", root=f"http://127.0.0.1:{port}/")
    for method in "GET", "POST":
        failed(ask(method), False, "got no answer", f"127.0.0.1:{port}" if method == "GET" else "127.0.0.1")


def test_a_service_whose_name_does_not_exist_is_said_and_may_be_retried(conf, ask):
    conf.section("service zaken", root="https://nergens.invalid/")
    failed(ask("POST"), False, "got no answer", "nergens.invalid")


HTML = "<!DOCTYPE html><html><head><title>Onderhoud &amp; beheer</title></head><body><script>x</script></body></html>"
BODIES = {
    "HTML": (HTML, "something that is not JSON"),
    "nothing but spaces": ("   ", "something that is not JSON"),
    "two values": ("{}{}", "something that is not JSON"),
    "half a text": ('{"a": "b', "something that is not JSON"),
    "not a number": ('{"a": NaN}', "something that is not JSON"),
    "a number that is too large": ('{"a": 1e999}', "something that is not JSON"),
    "very deep": ("[" * 5000 + "]" * 5000, "something that is not JSON"),
    "a key twice": ('{"a": 1, "a": 2}', "something that is not JSON"),
    "NUL in a text": ('{"a": "x\\u0000y"}', "something that is not JSON"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_good_status_with_a_body_that_is_no_good_json_fails(ask, zgw, name):
    body, words = BODIES[name]
    zgw.fault("GET", "/zaken", 200, body)
    failed(ask(), False, "answered HTTP 200 with " + words)


def test_a_page_of_html_with_an_error_gives_its_title(ask, zgw):
    zgw.fault("GET", "/zaken", 500, HTML, kind="html")
    outcome = failed(ask(), False, "answered HTTP 500: Onderhoud")
    assert "<" not in outcome["message"]


@pytest.mark.parametrize("answer, expected", [(b"\xff\xfe{}", ...), (b"\xef\xbb\xbf{}", ...), (b'{"a": "\xe9"}', ...), (b"", None),
                                              (b"7", 7), (b'"x"', "x"), (b"[1]", "[1]")])
def test_bytes_that_are_no_utf8_fail_and_any_json_value_is_taken(conf, ask, answer, expected):
    with OddServer(lambda request, body: reply(request, answer)) as server:
        conf.section("service zaken", root=server.url)
        outcome = ask()
    if expected is ...:
        failed(outcome, False, "something that is not JSON")
    else:
        assert outcome["variables"]["answer"]["value"] == expected, outcome


def test_a_small_answer_that_unpacks_to_a_large_one_is_refused(conf, ask):
    bomb = gzip.compress(b'{"a": "' + b"x" * 40_000_000 + b'"}', 9)
    with OddServer(lambda request, body: reply(request, bomb, Content_Encoding="gzip")) as server:
        conf.section("service zaken", root=server.url, timeout="5s")
        failed(ask(), True, TOO_LARGE)


def test_an_answer_without_end_is_refused_at_the_limit(conf, ask):
    def endless(request, body):
        request.send_response(200)
        request.send_header("Content-Type", "application/json")
        request.end_headers()
        while True:
            request.wfile.write(b" " * 65536)

    with OddServer(endless) as server:
        conf.section("service zaken", root=server.url, timeout="5s")
        failed(ask(), True, TOO_LARGE)


def test_headers_without_end_are_refused(conf, ask):
    def endless(request, body):
        request.send_response(200)
        while True:
            request.wfile.write(b"X-Filler: " + b"y" * 5000 + b"\r\n")

    with OddServer(endless) as server:
        conf.section("service zaken", root=server.url, timeout="5s")
        before = time.monotonic()
        failed(ask(), False, "got no answer")
        assert time.monotonic() - before < 4


def test_words_of_a_service_cannot_forge_lines_or_hide_the_rest(conf, ask):
    words = "eerste\nlevel=error msg=\"vervalst\"\r\n\x1b[2Jtweede " + "lang " * 5000
    with OddServer(lambda request, body: reply(request, {"title": words}, 400)) as server:
        conf.section("service zaken", root=server.url)
        outcome = failed(ask(), True, "read from the service: GET ", "answered HTTP 400: eerste")
    assert "\x1b" not in outcome["message"] and "\r" not in outcome["message"]


# ---- pages ----
def test_all_pages_of_a_list_are_read(conf, ask, zgw):
    zgw.page_size = 2
    conf.section("service zaken", root=zgw.catalogi)
    whole = ask(url="statustypen?status=alles", pages=True)
    statustypen = json.loads(whole["variables"]["answer"]["value"])
    assert len(statustypen) > 4 and len({one["url"] for one in statustypen}) == len(statustypen)
    assert len(zgw.requests) == (len(statustypen) + 1) // 2
    assert [one["query"].get("page") for one in zgw.requests][:3] == [None, "2", "3"]


def test_pages_that_go_round_in_a_circle_end_as_a_failure(ask, zgw):
    zgw.fault("GET", "/zaken", 200, {"next": zgw.zaken + "zaken?page=2", "results": [1]})
    zgw.fault("GET", "/zaken", 200, {"next": zgw.zaken + "zaken?page=3", "results": [2]})
    zgw.fault("GET", "/zaken", 200, {"next": zgw.zaken + "zaken?page=2", "results": [3]})
    outcome = ask(pages=True)
    assert outcome["permanent"] and "the pages of the list go round in a circle" in outcome["message"], outcome
    assert len(zgw.requests) == 3


def test_pages_without_end_are_given_up_at_the_limit(conf, ask):
    def page(request, body):
        number = int(request.path.rpartition("page=")[2]) if "page=" in request.path else 1
        reply(request, {"next": f"http://x/?page={number + 1}", "results": []})

    with OddServer(page) as server:
        conf.section("service zaken", root=server.url)
        outcome = ask(pages=True)
        assert outcome["permanent"] and "the list has more than 1000 pages" in outcome["message"], outcome
        assert len(server.requests) == 1000


def test_a_page_that_fails_in_the_middle_fails_the_whole(ask, zgw):
    zgw.fault("GET", "/zaken", 200, {"next": zgw.zaken + "zaken?page=2", "results": [1]})
    zgw.fault("GET", "/zaken", 503)
    failed(ask(pages=True), False, "answered HTTP 503")


def test_a_list_that_is_none_is_said(ask, zgw):
    for body in {"next": None}, {"next": None, "results": {}}, "x", 3:
        zgw.fault("GET", "/zaken", 200, json.dumps(body))
        assert "member results is missing" in ask(pages=True)["message"]
