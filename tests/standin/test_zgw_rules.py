"""Rules of the stand-in of the ZGW services beyond the recorded case: pages, tokens, fields, closing, records, seed."""

import datetime
import json
import threading
import time
from urllib.parse import quote

import pytest
from zgw import ZgwStandIn
from zgw_client import Caller


@pytest.fixture
def zgw():
    with ZgwStandIn(page_size=2) as standin:
        yield standin
        assert not standin.errors


@pytest.fixture
def call(zgw):
    return Caller(zgw)


def moment(seconds=0):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)).isoformat()


def walk(call, url):
    """All results of a list, page by page, and the number of pages."""
    results, pages = [], 0
    while url:
        got = call("GET", url)
        assert got.status == 200, got.body
        results, url, pages = results + got.body["results"], got.body["next"], pages + 1
    return results, pages


def test_lists_are_read_page_by_page_with_their_filters(zgw, call):
    url = f"{zgw.catalogi}statustypen?zaaktype={quote(zgw.seed['zaaktype'], safe='')}"
    results, pages = walk(call, url)
    assert ([item["volgnummer"] for item in results], pages) == ([3, 2, 1], 2)
    second = call("GET", call("GET", url).body["next"]).body
    assert second["previous"] == url and second["next"] is None and second["count"] == 3


@pytest.mark.parametrize("page", ["0", "-1", "abc", "3", "1.5"])
def test_a_page_that_is_not_there_is_404(zgw, call, page):
    got = call("GET", f"{zgw.catalogi}statustypen?zaaktype={quote(zgw.seed['zaaktype'], safe='')}&page={page}")
    assert (got.status, got.body["detail"]) == (404, "Ongeldige pagina.")


def test_an_unknown_query_parameter_is_refused(zgw, call):
    got = call("GET", zgw.zaken + "zaken?identificati=x")
    assert (got.status, got.params()) == (400, [("nonFieldErrors", "unknown-parameters")])


def test_the_seed_has_an_ended_version_and_a_concept(zgw, call):
    root, seed = zgw.catalogi, zgw.seed
    found, _ = walk(
        call, f"{root}zaaktypen?catalogus={quote(seed['catalogus'], safe='')}&identificatie=ZAAKTYPE-TEST-1"
    )
    today = datetime.date.today().isoformat()
    assert len(found) == 2
    assert [z["url"] for z in found if not z["eindeGeldigheid"] or z["eindeGeldigheid"] >= today] == [seed["zaaktype"]]
    assert call("GET", f"{root}zaaktypen?identificatie=ZAAKTYPE-TEST-3").body["count"] == 0
    assert call("GET", f"{root}zaaktypen?identificatie=ZAAKTYPE-TEST-3&status=concept").body["count"] == 1


@pytest.mark.parametrize(
    "make, code",
    [
        (lambda z: None, "permission_denied"),
        (lambda z: "Token " + z.token, "permission_denied"),
        (lambda z: "Bearer no.token.here", "jwt-decode-error"),
        (lambda z: z.bearer("stranger", "x"), "invalid-client-identifier"),
        (lambda z: z.bearer(client_id=z.client_id, secret=z.app_secret), "invalid-jwt-signature"),
        (lambda z: z.bearer(issued=int(time.time()) + 30), "jwt-immature"),
        (lambda z: z.bearer(issued=int(time.time()) - 3700), "jwt-expired"),
        (lambda z: z.bearer(exp=int(time.time()) - 2), "jwt-expired"),
    ],
)
def test_a_token_that_is_not_right_is_403(zgw, call, make, code):
    for url in (zgw.seed["zaaktype"], zgw.seed["documents"][0], zgw.zaken + "zaken"):
        got = call("GET", url, auth=make(zgw))
        assert (got.status, got.body["code"]) == (403, code)


def test_leeway_accepts_a_clock_that_is_ahead(zgw, call):
    zgw.leeway = 60
    assert call("GET", zgw.seed["zaaktype"], auth=zgw.bearer(issued=int(time.time()) + 30)).status == 200


def test_a_signature_made_with_another_algorithm_is_refused(zgw, call):
    import base64

    claims = zgw.bearer().split(".")[1]
    none = base64.urlsafe_b64encode(b'{"typ":"JWT","alg":"none"}').rstrip(b"=").decode()
    assert call("GET", zgw.seed["zaaktype"], auth=f"Bearer {none}.{claims}.").status == 403


@pytest.mark.parametrize("path", ["objects/api/v2/objects", "zac/api/accounts/users"])
def test_objects_and_zac_answer_401(zgw, call, path):
    missing = call("GET", f"{zgw.url}/{path}", auth=None)
    wrong = call("GET", f"{zgw.url}/{path}", auth="Token nope")
    assert (missing.status, missing.body["code"]) == (401, "not_authenticated")
    assert (wrong.status, wrong.body["code"]) == (401, "authentication_failed")
    assert call("GET", f"{zgw.url}/{path}").status == 200


@pytest.mark.parametrize(
    "change, expected",
    [
        ({"bronorganisatie": "123456789"}, [("bronorganisatie", "invalid")]),
        ({"bronorganisatie": ""}, [("bronorganisatie", "blank")]),
        ({"bronorganisatie": "0025644400"}, [("bronorganisatie", "invalid"), ("bronorganisatie", "max_length")]),
        ({"bronorganisatie": None}, [("bronorganisatie", "null")]),
        ({"startdatum": "15-01-2026"}, [("startdatum", "invalid")]),
        ({"omschrijving": "x" * 81}, [("omschrijving", "max_length")]),
        ({"omschrijving": ["x"]}, [("omschrijving", "invalid")]),
        ({"zaaktype": "geen url"}, [("zaaktype", "bad-url")]),
        ({"zaaktype": "https://elsewhere.test/zaaktypen/1"}, [("zaaktype", "unknown-service")]),
        ({"vertrouwelijkheidaanduiding": "niks"}, [("vertrouwelijkheidaanduiding", "invalid_choice")]),
        ({"kenmerken": [{"kenmerk": "a"}]}, [("kenmerken.0.bron", "required")]),
        ({"relevanteAndereZaken": {}}, [("relevanteAndereZaken.nonFieldErrors", "not_a_list")]),
    ],
)
def test_a_zaak_with_a_wrong_member_is_refused(zgw, call, change, expected):
    body = {"zaaktype": zgw.seed["zaaktype"], "bronorganisatie": zgw.seed["rsin"], "startdatum": "2026-01-15", **change}
    got = call("POST", zgw.zaken + "zaken", body)
    assert (got.status, got.params()) == (400, expected)
    assert zgw.accepted == {}


def test_a_concept_zaaktype_and_a_used_identificatie_are_refused(zgw, call):
    zaak = call.zaak(identificatie="EIGEN-1")
    body = {"zaaktype": zaak["zaaktype"], "bronorganisatie": zgw.seed["rsin"], "startdatum": "2026-01-15"}
    again = call("POST", zgw.zaken + "zaken", dict(body, identificatie="EIGEN-1"))
    concept = call("POST", zgw.zaken + "zaken", dict(body, zaaktype=zgw.seed["zaaktypen"]["concept"]["zaaktype"]))
    assert again.params() == [("identificatie", "identificatie-niet-uniek")]
    assert concept.params() == [("zaaktype", "not-published")]


@pytest.mark.parametrize(
    "resource, member, kind",
    [
        ("statussen", "statustype", "statustypen"),
        ("resultaten", "resultaattype", "resultaattypen"),
        ("rollen", "roltype", "roltypen"),
    ],
)
def test_a_type_of_another_zaaktype_is_refused(zgw, call, resource, member, kind):
    other = next(iter(zgw.seed["zaaktypen"]["roles"][kind].values()))
    body = {"zaak": call.zaak()["url"], member: other, "datumStatusGezet": moment(), "betrokkeneType": "medewerker",
            "roltoelichting": "x", "betrokkeneIdentificatie": {"identificatie": "1"}}  # fmt: skip
    got = call("POST", zgw.zaken + resource, body)
    assert (got.status, got.params()) == (400, [("nonFieldErrors", "zaaktype-mismatch")])


@pytest.mark.parametrize("resource", ["statussen", "resultaten", "rollen", "zaakobjecten", "zaakinformatieobjecten"])
def test_an_unknown_zaak_and_missing_members_are_refused(zgw, call, resource):
    got = call("POST", zgw.zaken + resource, {"zaak": zgw.zaken + "zaken/00000000-0000-4000-8000-000000000000"})
    if resource == "zaakobjecten":
        assert got.params() == [("objectType", "required"), ("zaak", "does_not_exist")]
    else:
        assert ("zaak", "does_not_exist") in got.params() and {code for _, code in got.params()} == {
            "required",
            "does_not_exist",
        }


def test_a_status_may_not_be_in_the_future_nor_twice_at_one_moment(zgw, call):
    body = {"zaak": call.zaak()["url"], "statustype": zgw.seed["statustypen"]["1"]}
    assert call("POST", zgw.zaken + "statussen", {**body, "datumStatusGezet": moment(3600)}).status == 400
    same = {**body, "datumStatusGezet": moment(-5)}
    assert call("POST", zgw.zaken + "statussen", same).status == 201
    assert call("POST", zgw.zaken + "statussen", same).params() == [("nonFieldErrors", "unique")]


def test_a_closed_zaak_is_opened_again_by_another_status(zgw, call):
    seed, zaak = zgw.seed, call.zaak()["url"]
    call("POST", zgw.zaken + "resultaten", {"zaak": zaak, "resultaattype": seed["resultaattypen"]["Verleend"]})
    end = {"zaak": zaak, "statustype": seed["statustypen"]["3"], "datumStatusGezet": moment(-3)}
    assert call("POST", zgw.zaken + "statussen", end).status == 201
    closed = call("GET", zaak).body
    assert closed["einddatum"] and (closed["archiefnominatie"], closed["archiefactiedatum"]) == (
        "blijvend_bewaren",
        None,
    )
    again = {"zaak": zaak, "statustype": seed["statustypen"]["2"], "datumStatusGezet": moment()}
    assert call("POST", zgw.zaken + "statussen", again).status == 201
    assert call("GET", zaak).body["einddatum"] is None


def test_a_document_whose_type_the_zaaktype_lacks_is_refused(zgw, call):
    body = {"zaak": call.zaak()["url"], "informatieobject": zgw.seed["documents"][2]}
    got = call("POST", zgw.zaken + "zaakinformatieobjecten", body)
    assert got.params() == [("nonFieldErrors", "missing-zaaktype-informatieobjecttype-relation")]


def test_a_document_that_is_not_locked_does_not_change_and_a_wrong_id_does_not_always_unlock(zgw, call):
    document = zgw.seed["documents"][0]
    assert call("PATCH", document, {"titel": "x", "lock": "y"}).params() == [("nonFieldErrors", "unlocked")]
    zgw.force_unlock = False
    lock = call("POST", document + "/lock", {}).body["lock"]
    assert call("POST", document + "/unlock", {"lock": "y"}).params() == [("nonFieldErrors", "incorrect-lock-id")]
    assert call("POST", document + "/unlock", {"lock": lock}).status == 204
    assert call("GET", document + "/download").raw == b"Inhoud van document 1.\n"


def test_zaken_are_searched_with_zoek(zgw, call):
    zaken = [call.zaak() for _ in range(3)]
    body = {"uuid__in": [zaken[0]["uuid"], zaken[2]["uuid"]]}
    got = call("POST", zgw.zaken + "zaken/_zoek", body)
    assert [zaak["url"] for zaak in got.body["results"]] == [zaken[2]["url"], zaken[0]["url"]]
    assert call("POST", zgw.zaken + "zaken/_zoek", body, crs=False).status == 412
    assert call("POST", zgw.zaken + "zaken/_zoek", {}).params() == [("nonFieldErrors", "empty_search_body")]


def test_objects_are_searched_by_their_data(zgw, call):
    kind = zgw.seed["objecttypen"]["startformulier"]
    filters = "zaaktypeIdentificaties__icontains__ZAAKTYPE-TEST-1,zaaktypeCatalogus__exact__TEST"
    got = call("POST", zgw.objects + "objects/search?pageSize=100", {"type": kind, "data_attrs": filters})
    assert got.body["count"] == 2  # ZAAKTYPE-TEST-10 has ZAAKTYPE-TEST-1 in it, as with the real server
    record = {"typeVersion": 1, "startAt": "2026-01-01", "data": {"soort": "es"}}
    body = {"type": zgw.seed["objecttypen"]["boom"], "record": record}
    made = call("POST", zgw.objects + "objects", body)
    changed = call("PATCH", made.body["url"], {"record": {"data": {"hoog": 3}}})
    assert (made.status, changed.body["record"]["data"]) == (201, {"soort": "es", "hoog": 3})
    assert call("POST", zgw.objects + "objects", body, crs=False).status == 412


def test_the_zac_knows_users_links_and_reports(zgw, call):
    users = call("GET", zgw.zac + "api/accounts/users?include_username=medewerker1&include_username=medewerker3").body
    assert [user["username"] for user in users["results"]] == ["medewerker1", "medewerker3"]
    assert call("GET", zgw.zac + "api/accounts/users?include_groups=team-een").body["count"] == 2
    assert call("GET", zgw.zac + "api/accounts/users?include_email=medewerker2%40gemeente.test").body["count"] == 1
    zaak = call.zaak()
    link = f"{zgw.zac}api/core/cases/{zaak['bronorganisatie']}/{zaak['identificatie']}/url"
    assert call("GET", link).body["zaakDetailUrl"].endswith(zaak["identificatie"])
    assert call("GET", link.replace("ZAAK-", "WEG-")).status == 404
    who = {"betrokkeneIdentificatie": {"identificatie": "user:medewerker1"}}
    got = call("POST", zgw.zac + "api/core/rollen/medewerker/betrokkeneIdentificatie", who).body
    assert got["betrokkeneIdentificatie"]["achternaam"] == "Medewerker"
    period = {
        "recipientList": ["a@b.test"],
        "startPeriod": "2026-01-01T00:00:00+01:00",
        "endPeriod": "2026-01-31T23:59:59+01:00",
    }
    for path in ("search/vgu-reports/zaken", "search/vgu-reports/informatieobjecten", "accounts/management/axes/logs"):
        assert isinstance(call("POST", f"{zgw.zac}api/{path}", period).body, list)
        assert call("POST", f"{zgw.zac}api/{path}", {}).status == 400


@pytest.mark.parametrize(
    "body, headers, status, code",
    [(b"{", {}, 400, "parse_error"), (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
     ([], {}, 400, "invalid"), (None, {}, 415, "unsupported_media_type")],
)  # fmt: skip
def test_a_body_that_is_no_object_is_refused(zgw, call, body, headers, status, code):
    got = call("POST", zgw.zaken + "zaken", body, headers=headers)
    assert (got.status, got.body["code"]) == (status, code)


def test_what_breaks_in_the_stand_in_is_a_500_that_a_test_can_see():
    with ZgwStandIn() as standin:
        standin.state.reports = None
        body = {
            "recipientList": ["a@b.test"],
            "startPeriod": "2026-01-01T00:00:00Z",
            "endPeriod": "2026-01-31T00:00:00Z",
        }
        assert Caller(standin)("POST", standin.zac + "api/search/vgu-reports/zaken", body).status == 500
        assert len(standin.errors) == 1 and "TypeError" in standin.errors[0]


def test_methods_that_a_resource_lacks_are_405(zgw, call):
    assert call("DELETE", zgw.zaken + "zaken").status == 405
    assert call("PUT", zgw.documenten + "enkelvoudiginformatieobjecten", {}).status == 405
    assert call("GET", zgw.seed["documents"][0] + "/lock").status == 405
    assert call("POST", zgw.catalogi + "zaaktypen", {}).status == 403  # the client has no right to write there
    assert call("GET", zgw.zaken + "niets").status == 404
    head = call("HEAD", zgw.seed["zaaktype"])
    assert (head.status, head.raw) == (200, b"") and int(head.headers["Content-Length"]) > 500


def test_every_request_is_recorded_without_its_secret(zgw, call):
    call("GET", zgw.zaken + "zaken?bronorganisatie=002564440", headers={"X-NLX-Request-Process-Id": "12"})
    call("GET", zgw.objects + "objecttypes", auth="Token " + zgw.app_token)
    call("GET", zgw.zaken + "zaken", auth=zgw.bearer("app", zgw.app_secret))
    first, second, third = zgw.requests
    assert (first["method"], first["path"], first["status"]) == ("GET", "/zaken/api/v1/zaken", 200)
    assert first["query"] == {"bronorganisatie": "002564440"} and first["headers"]["x-nlx-request-process-id"] == "12"
    assert first["headers"]["Authorization"] == "Bearer (bptl)"
    assert [record["client"] for record in (first, second, third)] == ["bptl", "app", "app"]
    kept = json.dumps(zgw.requests)
    assert zgw.app_token not in kept and zgw.secret not in kept and "eyJ" not in kept


def test_accepted_writes_are_counted_and_refused_ones_are_not(zgw, call):
    zaak = call.zaak()["url"]
    body = {"zaak": zaak, "resultaattype": zgw.seed["resultaattypen"]["Afgehandeld"]}
    for _ in range(2):
        call("POST", zgw.zaken + "resultaten", body)
    call("PATCH", zaak, {"toelichting": "meer"})
    assert zgw.accepted == {"POST zaken": 1, "POST resultaten": 1, "PATCH zaken": 1}
    assert zgw.accepted_per_zaak[zaak] == zgw.accepted


def test_many_at_once_make_one_resultaat_and_numbers_of_their_own(zgw):
    """One lock: of several threads that write the same, one is accepted."""
    call = Caller(zgw)
    zaak, answers, numbers = call.zaak()["url"], [], []

    def work():
        body = {"zaak": zaak, "resultaattype": zgw.seed["resultaattypen"]["Afgehandeld"]}
        answers.append(call("POST", zgw.zaken + "resultaten", body).status)
        numbers.extend(call.zaak()["identificatie"] for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [201] + [400] * 11
    assert len(set(numbers)) == 120 and zgw.accepted["POST zaken"] == 121


def test_reset_keeps_the_seeded_urls_and_forgets_the_rest(zgw, call):
    before, zaak = dict(zgw.seed), call.zaak()["url"]
    zgw.fault("GET", "zaken", 500)
    zgw.reset()
    assert zgw.seed == before and zgw.requests == [] and zgw.accepted == {}
    assert call("GET", zaak).status == 404 and call("GET", before["zaaktype"]).status == 200
