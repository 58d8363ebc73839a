"""The units CreateZaakObject, FetchZaakObjects and RelatePand against the stand-in of the ZGW APIs."""

import json
import time

import pytest

EMPTY = [None, "", [], {}]
PANDEN = [f"https://bag.test/api/v2/panden/0344100000{number:06d}" for number in range(1, 6)]
NLX = {"NLXProcessId": "p-1", "NLXSubjectIdentifier": "s-1"}


def nlx(run, request):
    return tuple(run.header(request, f"X-NLX-Request-{name}") for name in ("Process-Id", "Subject-Identifier"))


# ---- CreateZaakObject ------------------------------------------------------------------------------------------------

def test_create_zaakobject(run, zgw):
    zaak, boom = run.zaak(), zgw.seed["object"]
    out = run.done(
        "CreateZaakObject", zaakUrl=zaak, objectUrl=boom, objectType="overige", objectTypeOverige="boom",
        relatieomschrijving="de boom",
    )  # fmt: skip
    assert run.writes == [
        ("zaakobjecten", {
            "zaak": zaak, "object": boom, "objectType": "overige", "objectTypeOverige": "boom",
            "relatieomschrijving": "de boom",
        }),
    ]  # fmt: skip
    assert len(run.requests) == 1
    assert list(out) == ["zaakObjectUrl"] and "/zaakobjecten/" in out["zaakObjectUrl"]


@pytest.mark.parametrize("empty", [..., *EMPTY], ids=repr)
def test_create_zaakobject_sends_empty_texts_for_what_is_not_given(run, empty):
    run.done(
        "CreateZaakObject", zaakUrl=run.zaak(), objectUrl=PANDEN[0], objectType="pand", objectTypeOverige=empty,
        relatieomschrijving=empty,
    )  # fmt: skip
    body = run.writes[0][1]
    assert (body["objectTypeOverige"], body["relatieomschrijving"]) == ("", "")


@pytest.mark.parametrize("zaak", [..., *EMPTY], ids=repr)
def test_create_zaakobject_without_a_zaak_does_nothing(run, zaak):
    assert run.done("CreateZaakObject", zaakUrl=zaak, objectUrl=PANDEN[0], objectType="pand") == {}
    assert run.requests == []


def test_create_zaakobject_tells_the_words_of_a_refusal(run, zgw):
    missing = zgw.objects + "panden/1234"
    run.failed(
        "CreateZaakObject", "relate the object", "400", f"De URL {missing} gaf als antwoord HTTP 404", zaakUrl=run.zaak(),
        objectUrl=missing, objectType="pand",
    )  # fmt: skip


def test_create_zaakobject_never_sends_again_what_may_have_been_carried_out(run, zgw):
    zaak = run.zaak()
    zgw.fault("POST", "/zaakobjecten", kind="close", done=True)
    run.failed("CreateZaakObject", "may have been carried out", zaakUrl=zaak, objectUrl=PANDEN[0], objectType="pand")
    assert len(run.writes) == 1


# ---- FetchZaakObjects ------------------------------------------------------------------------------------------------

def test_fetch_zaakobjects_gives_all_pages_as_the_api_has_them(run, zgw):
    zaak, other = run.zaak(), run.zaak()
    run.done("RelatePand", zaakUrl=zaak, panden=PANDEN)
    run.done("RelatePand", zaakUrl=other, panden=PANDEN[:1])
    zgw.page_size = 2
    outcome = run("FetchZaakObjects", hoofdZaakUrl=zaak, **NLX)
    assert outcome["outcome"] == "done", outcome
    assert outcome["variables"]["zaakObjects"]["type"] == "Json"
    found = json.loads(outcome["variables"]["zaakObjects"]["value"])
    assert found == zgw.state.of("zaakobjecten", "zaak", zaak)[::-1]
    assert len(found) == 5 and set(found[0]) >= {"url", "zaak", "object", "objectType", "relatieomschrijving"}
    assert [run.query(request).get("page") for request in run.requests] == [None, "2", "3"]
    assert all(run.query(request)["zaak"] == zaak for request in run.requests)
    assert all(nlx(run, request) == ("p-1", "s-1") for request in run.requests)


def test_fetch_zaakobjects_of_a_zaak_without_objects_gives_an_empty_list(run):
    outcome = run("FetchZaakObjects", hoofdZaakUrl=run.zaak())
    assert outcome["variables"]["zaakObjects"]["type"] == "Json"
    assert outcome["variables"]["zaakObjects"]["value"] == "[]"
    assert nlx(run, run.requests[0]) == (None, None)


# ---- RelatePand ------------------------------------------------------------------------------------------------------

def test_relate_pand_relates_all(run, zgw):
    zaak = run.zaak()
    assert run.done("RelatePand", zaakUrl=zaak, panden=PANDEN, **NLX) == {}
    assert len(run.requests) == len(PANDEN)
    bodies = {body["object"]: body for _, body in run.writes}
    assert bodies == {
        pand: {"zaak": zaak, "object": pand, "objectType": "pand", "relatieomschrijving": ""} for pand in PANDEN
    }  # fmt: skip
    assert all(nlx(run, request) == ("p-1", "s-1") for request in run.requests)


def test_relate_pand_sends_all_at_once(run, zgw):
    zaak = run.zaak()
    zgw.latency = 0.5
    begin = time.monotonic()
    run.done("RelatePand", zaakUrl=zaak, panden=PANDEN)
    assert time.monotonic() - begin < 0.5 * len(PANDEN)


@pytest.mark.parametrize(
    "given, sent",
    [
        ("?geldigOp=2020-01-01", ""),
        ("?geldigOp=2020-01-01&expand=true", "?expand=true"),
        ("?a=1&geldigOp=2020-01-01&b=x%20y", "?a=1&b=x%20y"),
        ("?a=&b=2&c", "?b=2"),
        ("?geldigop=1", "?geldigop=1"),
        ("?a=1#geldigOp=2", "?a=1#geldigOp=2"),
        ("?", ""),
    ],
)
def test_relate_pand_leaves_the_date_out_of_the_url(run, given, sent):
    run.done("RelatePand", zaakUrl=run.zaak(), panden=[PANDEN[0] + given])
    assert run.writes[0][1]["object"] == PANDEN[0] + sent


def test_relate_pand_names_every_pand_that_was_refused_and_relates_the_others(run, zgw, log):
    zaak, bad = run.zaak(), [zgw.objects + f"panden/{number}" for number in (7, 8)]
    outcome = run.failed(
        "RelatePand", "2 of 4", bad[0], bad[1], f"De URL {bad[0]} gaf als antwoord HTTP 404",
        f"De URL {bad[1]} gaf als antwoord HTTP 404", "400", zaakUrl=zaak, panden=[bad[0], PANDEN[0], bad[1], PANDEN[1]],
    )  # fmt: skip
    assert outcome["message"].index(bad[0]) < outcome["message"].index(bad[1])
    assert not any(pand in outcome["message"] for pand in PANDEN)
    assert {item["object"] for item in zgw.state.of("zaakobjecten", "zaak", zaak)} == set(PANDEN[:2])
    assert all(any(pand in line for line in log().splitlines()) for pand in bad)


def test_relate_pand_that_may_do_better_later_is_tried_again(run, zgw):
    zaak = run.zaak()
    zgw.fault("POST", "/zaakobjecten", 429, {"title": "Te druk"}, times=-1)
    run.failed("RelatePand", "429", "Te druk", permanent=False, zaakUrl=zaak, panden=PANDEN[:2])


def test_relate_pand_names_the_pand_whose_request_fell_over_and_logs_the_refused(run, zgw, log):
    zaak, bad = run.zaak(), zgw.objects + "panden/7"
    zgw.fault("POST", "/zaakobjecten", 500, {"title": "Stuk"})
    outcome = run.failed("RelatePand", "500", "Stuk", permanent=False, zaakUrl=zaak, panden=[bad])
    assert bad in outcome["message"]
    assert any(bad in line and "Stuk" in line for line in log().splitlines())


@pytest.mark.parametrize("panden", [PANDEN[0], {"a": PANDEN[0]}, 5, True], ids=repr)
def test_relate_pand_refuses_what_is_no_list(run, panden):
    run.failed("RelatePand", "panden", zaakUrl=run.zaak(), panden=panden)
    assert run.requests == []


@pytest.mark.parametrize("wrong", [None, "", 5, [], {}], ids=repr)
def test_relate_pand_refuses_a_list_with_anything_but_urls_before_anything_is_sent(run, wrong):
    run.failed("RelatePand", "panden", "number 2", zaakUrl=run.zaak(), panden=[PANDEN[0], wrong])
    assert run.requests == []


def test_relate_pand_takes_a_list_in_a_text(run):
    run.done("RelatePand", zaakUrl=run.zaak(), panden=f'["{PANDEN[0]}"]')
    assert run.writes[0][1]["object"] == PANDEN[0]


def test_relate_pand_never_sends_again_what_may_have_been_carried_out(run, zgw):
    zaak = run.zaak()
    zgw.fault("POST", "/zaakobjecten", kind="close", done=True)
    run.failed("RelatePand", "may have been carried out", zaakUrl=zaak, panden=PANDEN[:1])
    assert len(run.writes) == 1
