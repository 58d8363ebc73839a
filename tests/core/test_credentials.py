"""Who a request says it is: the app's credentials or the service's own, on the wire; every way of authentication; and what
happens when the credentials, or the place that gives out tokens, are no good."""
import base64
import hashlib
import hmac
import json
import time
from urllib.parse import parse_qs

import pytest
from odd import OddServer, free_port, reply
from probe import Desk, eventually, probe_topic, use_probe
from settings import APP

ZAKEN = "/zaken/api/v1/zaken"


@pytest.fixture
def get(conf, build, exec_unit):
    """get(**variables): the outcome of probe.Get of the service zaken."""
    probe_topic(use_probe(conf, build), "Get", services="zaken, objects")
    return lambda **variables: exec_unit("get", {"url": "zaken", **variables})


def refused(outcome, permanent, *words):
    assert outcome["outcome"] == "failed" and outcome["permanent"] is permanent, outcome
    for word in words:
        assert word in outcome["message"], outcome


def test_the_credentials_of_the_app_go_along_and_else_those_of_the_service(get, zgw):
    get(bptlAppId=APP)
    get()
    get(url=zgw.objects + "objects", byUrl=True, bptlAppId=APP)
    get(url=zgw.objects + "objects", byUrl=True)
    assert [one["client"] for one in zgw.requests] == ["app", "bptl", "app", "bptl"]


def test_an_app_without_credentials_for_a_service_uses_those_of_the_service(get, conf, zgw):
    conf.section("app demo", {"zaken.client_id": None, "zaken.secret_file": None})
    get(bptlAppId=APP)
    get(url=zgw.objects + "objects", byUrl=True, bptlAppId=APP)
    assert [one["client"] for one in zgw.requests] == ["bptl", "app"]


@pytest.mark.parametrize("app", ["https://elders.example/applicaties/1", APP + "/", APP.upper(), APP[:-1]])
def test_an_unknown_app_is_refused_before_anything_is_sent(get, zgw, app):
    refused(get(bptlAppId=app), True, app, "[app]", "unknown_app = default")
    assert zgw.requests == []


def test_an_unknown_app_can_be_let_through_with_the_credentials_of_the_services(get, conf, zgw):
    conf.section("host", unknown_app="default")
    get(bptlAppId="https://elders.example/applicaties/1")
    assert [one["client"] for one in zgw.requests] == ["bptl"]


@pytest.mark.parametrize("app", [7, ["x"], {"a": 1}, True])
def test_an_app_id_that_is_no_text_is_refused(get, zgw, app):
    outcome = get(bptlAppId=app)
    assert outcome["outcome"] == "failed" and "bptlAppId" in outcome["message"], outcome
    assert zgw.requests == []


def test_a_wrong_secret_is_an_incident_with_the_words_of_the_service(get, conf, zgw):
    conf.section("service zaken", secret_file=conf.secret("wrong", "not-the-secret"))
    refused(get(), True, "answered HTTP 403", "Client credentials zijn niet geldig")
    conf.section("service zaken", client_id=zgw.no_rights, secret_file=conf.secret("none", zgw.no_rights_secret))
    refused(get(), True, "answered HTTP 403", "Je hebt geen toestemming")


# ---- what is on the wire ----
def decoded(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def seen(conf, get, **keys):
    """The headers of one request to a server that looks at them."""
    with OddServer(lambda request, body: reply(request, {})) as server:
        conf.section("service zaken", {name: None for name in conf.sections["service zaken"]})
        conf.section("app demo", {"zaken.client_id": None, "zaken.secret_file": None})
        conf.section("service zaken", type="zrc", root=server.url, **keys)
        outcome = get()
        assert outcome["outcome"] == "done", outcome
        assert len(server.requests) == 1
        return server.requests[0][2]


def test_a_zgw_token_has_the_claims_and_a_signature_that_is_right(conf, get):
    secret = "geheim \u00e9\u00e9n"
    header = seen(conf, get, auth="zgw", client_id="zac", secret_file=conf.secret("own", secret), user_id="u1",
                  user_representation="Zaakafhandeling", token_leeway="20s")["Authorization"]
    scheme, _, token = header.partition(" ")
    first, second, third = token.split(".")
    assert scheme == "Bearer" and decoded(first) == {"alg": "HS256", "typ": "JWT"}
    claims = decoded(second)
    assert 15 <= time.time() - claims.pop("iat") <= 30
    assert claims == {"iss": "zac", "client_id": "zac", "user_id": "u1", "user_representation": "Zaakafhandeling"}
    proof = hmac.digest(secret.encode(), f"{first}.{second}".encode(), hashlib.sha256)
    assert base64.urlsafe_b64encode(proof).rstrip(b"=").decode() == third


def test_an_api_key_goes_in_its_own_header(conf, get):
    headers = seen(conf, get, auth="api_key", header="X-Api-Key", value_file=conf.secret("own", "the key = 1"))
    assert headers["X-Api-Key"] == "the key = 1" and "Authorization" not in headers


def test_a_user_and_password_go_as_basic_authentication(conf, get):
    headers = seen(conf, get, auth="basic", user="bptl", password_file=conf.secret("own", "pass:w\u00f6rd"))
    assert headers["Authorization"] == "Basic " + base64.b64encode("bptl:pass:w\u00f6rd".encode()).decode()


def test_a_service_without_authentication_gets_no_credential(conf, get):
    assert "Authorization" not in seen(conf, get, auth="none")


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\tb", "a\x7fb", "\x01"])
def test_a_header_with_control_characters_is_refused_and_nothing_is_written(conf, exec_unit, zgw, value):
    outcome = exec_unit("zgw.CreateZaakTask", {"bptlAppId": APP, "organisatieRSIN": zgw.seed["rsin"], "NLXProcessId": value,
                                               "zaaktype": zgw.seed["zaaktypen"]["main"]["zaaktype"]})
    refused(outcome, True, "X-NLX-Request-Process-Id", "control character")
    assert zgw.sent("POST") == []


# ---- OAuth2 ----
class TokenPlace:
    """Gives out tokens, and the API for which they are."""

    def __init__(self):
        self.given, self.revoked, self.lives, self.fault, self.bad_requests = 0, set(), 3600, None, []

    def __call__(self, request, body):
        if request.path == "/token":
            self.token(request, body)
        else:
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if token.startswith("token-") and token not in self.revoked:
                reply(request, {"token": token})
            else:
                reply(request, {"title": "Unauthorized", "detail": "token is not good"}, 401)

    def token(self, request, body):
        expected = "Basic " + base64.b64encode(b"bptl:oauth-secret").decode()
        asked = parse_qs(body.decode())
        if request.headers.get("Authorization") != expected or asked != {"grant_type": ["client_credentials"], "scope": ["zaken"]}:
            self.bad_requests.append((dict(request.headers), body))
        if self.fault:
            return self.fault(request)
        self.given += 1
        reply(request, {"access_token": f"token-{self.given}", "token_type": "Bearer", "expires_in": self.lives})


@pytest.fixture
def place(conf, get):
    """A service with OAuth2, and where its tokens come from."""
    place = TokenPlace()
    with OddServer(place) as server:
        place.server = server
        conf.section("service zaken", {name: None for name in conf.sections.get("service zaken", {})})
        conf.section("app demo", {"zaken.client_id": None, "zaken.secret_file": None})
        conf.section("service zaken", type="zrc", root=server.url + "api/", auth="oauth2", client_id="bptl",
                     secret_file=conf.secret("oauth", "oauth-secret"), token_url=server.url + "token", scope="zaken")
        yield place
    assert place.bad_requests == []


def test_a_token_is_fetched_and_goes_along(get, place):
    outcome = get()
    assert outcome["outcome"] == "done" and '"token-1"' in outcome["variables"]["answer"]["value"], outcome


FAULTS = {
    "refuses": ({"value": {"error": "invalid_client", "error_description": "onbekend"}, "status": 401}, "invalid_client: onbekend"),
    "is in trouble": ({"value": b"<html><title>Storing</title></html>", "status": 503, "Content_Type": "text/html"}, "Storing"),
    "answers HTML": ({"value": b"<html><title>Inloggen</title></html>", "Content_Type": "text/html"}, "no token from"),
    "gives no token": ({"value": {"token_type": "Bearer"}}, "no token from"),
    "gives a token with a newline": ({"value": {"access_token": "a\r\nX-Evil: 1"}}, "no token from"),
    "gives a number": ({"value": {"access_token": 7}}, "no token from"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_place_of_tokens_fails(get, place, name):
    answer, words = FAULTS[name]
    place.fault = lambda request: reply(request, **answer)
    outcome = get()
    refused(outcome, False, words, f"{place.server.url}token")
    assert "oauth-secret" not in str(outcome)
    assert [path for _, path, _, _ in place.server.requests if path != "/token"] == []


def test_the_place_of_tokens_does_not_listen(get, conf, place):
    port = free_port()
    conf.section("service zaken", token_url=f"http://127.0.0.1:{port}/token")
    refused(get(), False, f"127.0.0.1:{port}/token")


def running(conf, engine, host):
    conf.use_engine(engine.url, long_poll="2s")
    conf.section("topic get", services="zaken")
    host()
    return Desk(engine)


def test_one_token_serves_many_tasks_until_it_is_nearly_over(conf, engine, host, place):
    place.lives = 32  # used until 30 s before its end
    desk = running(conf, engine, host)
    for task in [desk.add("get", {"url": "zaken"}) for _ in range(20)]:
        assert desk.wait(task, "completed", "incident")["state"] == "completed", desk.report(task)
    assert 1 <= place.given <= 2
    before = place.given
    time.sleep(2.1)
    assert desk.perform("get", {"url": "zaken"})["state"] == "completed"
    assert place.given == before + 1


def test_a_token_that_was_revoked_is_replaced_once(conf, engine, host, place):
    desk = running(conf, engine, host)
    assert desk.perform("get", {"url": "zaken"})["state"] == "completed"
    place.revoked.add("token-1")
    assert desk.perform("get", {"url": "zaken"})["state"] == "completed"
    assert place.given == 2
    place.revoked.update(f"token-{n}" for n in range(100))
    report = desk.perform("get", {"url": "zaken"})
    assert report["state"] == "incident" and "answered HTTP 401" in report["errorMessage"], report
    assert place.given == 3, "a token was fetched again and again"


def test_tasks_that_wait_for_a_token_share_one_request(conf, engine, host, place):
    desk = running(conf, engine, host)
    place.fault = lambda request: (time.sleep(0.5), setattr(place, "given", place.given + 1), reply(
        request, {"access_token": f"token-{place.given}", "expires_in": 3600}))
    tasks = [desk.add("get", {"url": "zaken"}) for _ in range(8)]
    eventually(lambda: all(desk.report(task)["state"] == "completed" for task in tasks))
    assert place.given == 1
