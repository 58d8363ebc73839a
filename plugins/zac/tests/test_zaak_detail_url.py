"""ZaakDetailURLTask against the stand-ins of the Zaken API and the ZAC."""
import urllib.parse

import pytest
from settings import APP

UNIT = "ZaakDetailURLTask"


def test_the_address_of_a_zaak_is_set(run, zaak, zgw):
    url, identificatie = zaak
    out = run.done(UNIT, bptlAppId=APP, zaakUrl=url, error="van de vorige keer", retry=2)
    rsin = zgw.seed["rsin"]
    assert out == {"zaakDetailUrl": f"{zgw.url}/zac/ui/zaken/{rsin}/{identificatie}"}
    first, second = run.requests
    assert (first["method"], run.header(first, "Accept-Crs")) == ("GET", "EPSG:4326")
    assert second["path"] == f"/zac/api/core/cases/{rsin}/{identificatie}/url"
    assert [request["client"] for request in run.requests] == ["app", "app"]


def test_an_identificatie_is_encoded(run, zaak, zgw):
    body = {"bronorganisatie": "1", "identificatie": "A B?é"}
    zgw.fault("GET", "/zaken/", 200, body)
    zgw.fault("GET", "/cases/", 200, {"zaakDetailUrl": "https://zac.test/1"})
    assert run.done(UNIT, bptlAppId=APP, zaakUrl=zaak[0]) == {"zaakDetailUrl": "https://zac.test/1"}
    assert urllib.parse.unquote(run.requests[1]["path"]) == "/zac/api/core/cases/1/A B?é/url"


@pytest.mark.parametrize("retry, after", [(..., 1), (None, 1), (0, 1), ("1", 2), (2, 3)], ids=repr)
@pytest.mark.parametrize("part", ["/zaken/", "/cases/"])
def test_a_zaak_that_is_not_found_ends_well_with_error_and_retry(run, zaak, zgw, retry, after, part):
    zgw.fault("GET", part, 404, {"detail": "Niet gevonden.", "code": "not_found"})
    outcome = run(UNIT, bptlAppId=APP, zaakUrl=zaak[0], retry=retry)
    assert outcome["outcome"] == "done", outcome
    assert outcome["variables"] == {
        "error": {"type": "String", "value": '{"detail": "Niet gevonden.", "code": "not_found"}'},
        "retry": {"type": "Integer", "value": after},
    }


@pytest.mark.parametrize("retry", [3, 4, "3"], ids=repr)
@pytest.mark.parametrize("part", ["/zaken/", "/cases/"])
def test_the_third_retry_is_the_last(run, zaak, zgw, retry, part):
    zgw.fault("GET", part, 404, {"detail": "Niet gevonden."})
    run.failed(UNIT, "404", "Niet gevonden", bptlAppId=APP, zaakUrl=zaak[0], retry=retry)


@pytest.mark.parametrize("fault", [{"kind": "html"}, {"body": ""}], ids=["html", "nothing"])
def test_a_404_without_json_gets_words_of_our_own(run, zaak, zgw, fault):
    zgw.fault("GET", "/cases/", 404, **fault)
    assert run.done(UNIT, bptlAppId=APP, zaakUrl=zaak[0]) == {"error": "The zaak was not found in the ZAC.", "retry": 1}


def test_another_refusal_is_told_with_its_status_and_words(run, zaak, zgw):
    zgw.fault("GET", "/cases/", 403, {"detail": "Geen toegang tot deze zaak."})
    out = run.done(UNIT, bptlAppId=APP, zaakUrl=zaak[0])
    assert out["retry"] == 1
    assert "403" in out["error"] and "Geen toegang tot deze zaak." in out["error"]


def test_a_very_long_refusal_is_cut_to_what_an_engine_takes(run, zaak, zgw):
    zgw.fault("GET", "/cases/", 404, {"detail": "é" * 9000})
    outcome = run(UNIT, bptlAppId=APP, zaakUrl=zaak[0])
    assert outcome["variables"]["error"]["type"] == "String"
    assert 1000 < len(outcome["variables"]["error"]["value"]) <= 4000


@pytest.mark.parametrize("part", ["/zaken/", "/cases/"])
@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 503}, {"kind": "reset"}], ids=repr)
def test_trouble_is_tried_again_by_the_engine(run, zaak, zgw, part, fault):
    zgw.fault("GET", part, **fault, times=-1)
    run.failed(UNIT, permanent=False, bptlAppId=APP, zaakUrl=zaak[0])


@pytest.mark.parametrize("value", ["", "geen adres", "javascript:alert(1)", "https://", "https://a b", None, 12], ids=repr)
def test_an_answer_that_is_no_web_address_is_a_failure(run, zaak, zgw, value):
    zgw.fault("GET", "/cases/", 200, {"zaakDetailUrl": value})
    run.failed(UNIT, bptlAppId=APP, zaakUrl=zaak[0])


@pytest.mark.parametrize("name", ["bptlAppId", "zaakUrl"])
@pytest.mark.parametrize("empty", [..., None, ""], ids=repr)
def test_a_required_variable_that_is_missing_fails_before_anything_is_sent(run, zgw, name, empty):
    given = {"bptlAppId": APP, "zaakUrl": zgw.zaken + "zaken/1"}
    run.failed(UNIT, name, **{**given, name: empty})
    assert run.requests == []


def test_a_zaak_of_another_server_is_never_asked_for(run, zgw):
    run.failed(UNIT, bptlAppId=APP, zaakUrl="https://elders.test/zaken/api/v1/zaken/1")
    assert run.requests == []
