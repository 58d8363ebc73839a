"""The units FetchZaakRelaties and RelateerZaak against the stand-in of the ZGW APIs."""

import json

import pytest

NLX = {"NLXProcessId": "p-1", "NLXSubjectIdentifier": "s-1"}
KINDS = ["vervolg", "onderwerp", "bijdrage"]


def headers(run, request):
    names = "Accept-Crs", "X-NLX-Request-Process-Id", "X-NLX-Request-Subject-Identifier"
    return tuple(run.header(request, name) for name in names)


def relations(zgw, zaak):
    found = zgw.state.get("zaken", zaak)["relevanteAndereZaken"]
    return [(relation["url"], relation["aardRelatie"]) for relation in found]


# ---- FetchZaakRelaties -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["zaakUrl", "hoofdZaakUrl"])
def test_fetch_relaties_sets_both_names(run, name):
    first, second, third = run.zaak(), run.zaak(), run.zaak()
    run.done("RelateerZaak", hoofdZaakUrl=first, zaakUrl=second, aardRelatie="vervolg")
    run.done("RelateerZaak", hoofdZaakUrl=first, zaakUrl=third, aardRelatie="bijdrage")
    outcome = run("FetchZaakRelaties", **{name: first}, **NLX)
    assert outcome["outcome"] == "done", outcome
    wanted = [{"url": second, "aardRelatie": "vervolg"}, {"url": third, "aardRelatie": "bijdrage"}]
    for output in "relatieZaken", "zaakRelaties":
        assert outcome["variables"][output]["type"] == "Json"
        assert json.loads(outcome["variables"][output]["value"]) == wanted
    [request] = run.requests
    assert request["method"] == "GET" and headers(run, request) == ("EPSG:4326", "p-1", "s-1")


def test_fetch_relaties_reads_the_hoofdzaak_when_both_are_given(run):
    first, second = run.zaak(), run.zaak()
    run.done("FetchZaakRelaties", hoofdZaakUrl=first, zaakUrl=second)
    assert first.endswith(run.requests[0]["path"])


@pytest.mark.parametrize("found", [[], None])
def test_fetch_relaties_of_a_zaak_without_any_gives_an_empty_list(run, zgw, found):
    zaak = run.zaak()
    zgw.fault("GET", "/zaken/", 200, {"url": zaak, "relevanteAndereZaken": found})
    assert run.done("FetchZaakRelaties", zaakUrl=zaak) == {"relatieZaken": "[]", "zaakRelaties": "[]"}


def test_fetch_relaties_without_either_names_both(run):
    run.failed("FetchZaakRelaties", "zaakUrl", "hoofdZaakUrl", zaakUrl="", hoofdZaakUrl=None)
    assert run.requests == []


# ---- RelateerZaak ----------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["vervolg", "bijdrage"])
@pytest.mark.parametrize("reverse", [..., *KINDS])
def test_relateer_zaak_relates_in_both_directions(run, zgw, kind, reverse):
    hoofd, zaak = run.zaak(), run.zaak()
    given = {"hoofdZaakUrl": hoofd, "zaakUrl": zaak, "aardRelatie": kind, "aardRelatieOmgekeerdeRichting": reverse}
    assert run.done("RelateerZaak", **given, **NLX) == {}
    assert [request["method"] for request in run.requests] == ["GET", "GET", "PATCH", "PATCH"]
    back = "onderwerp" if reverse is ... else reverse
    assert [(request["path"].rsplit("/", 1)[1], request["body"]) for request in run.requests[2:]] == [
        (hoofd.rsplit("/", 1)[1], {"relevanteAndereZaken": [{"url": zaak, "aardRelatie": kind}]}),
        (zaak.rsplit("/", 1)[1], {"relevanteAndereZaken": [{"url": hoofd, "aardRelatie": back}]}),
    ]
    assert all(headers(run, request) == ("EPSG:4326", "p-1", "s-1") for request in run.requests)
    assert all(run.header(request, "Content-Crs") == "EPSG:4326" for request in run.requests[2:])
    assert (relations(zgw, hoofd), relations(zgw, zaak)) == ([(zaak, kind)], [(hoofd, back)])


def test_relateer_zaak_as_onderwerp_has_no_reverse_direction(run, zgw):
    hoofd, zaak = run.zaak(), run.zaak()
    run.done("RelateerZaak", hoofdZaakUrl=hoofd, zaakUrl=zaak, aardRelatie="onderwerp", aardRelatieOmgekeerdeRichting="vervolg")
    assert [request["method"] for request in run.requests] == ["GET", "PATCH"]
    assert (relations(zgw, hoofd), relations(zgw, zaak)) == ([(zaak, "onderwerp")], [])


@pytest.mark.parametrize("empty", [None, "", [], {}], ids=repr)
def test_relateer_zaak_has_no_reverse_direction_when_it_is_given_empty(run, zgw, empty):
    hoofd, zaak = run.zaak(), run.zaak()
    run.done("RelateerZaak", hoofdZaakUrl=hoofd, zaakUrl=zaak, aardRelatie="vervolg", aardRelatieOmgekeerdeRichting=empty)
    assert [request["method"] for request in run.requests] == ["GET", "PATCH"]
    assert (relations(zgw, hoofd), relations(zgw, zaak)) == ([(zaak, "vervolg")], [])


def test_relateer_zaak_keeps_the_relations_that_are_there(run):
    hoofd, first, second = run.zaak(), run.zaak(), run.zaak()
    run.done("RelateerZaak", hoofdZaakUrl=hoofd, zaakUrl=first, aardRelatie="vervolg")
    run.done("RelateerZaak", hoofdZaakUrl=hoofd, zaakUrl=second, aardRelatie="onderwerp")
    assert run.writes[0][1]["relevanteAndereZaken"] == [
        {"url": first, "aardRelatie": "vervolg", "overigeRelatie": "", "toelichting": ""},
        {"url": second, "aardRelatie": "onderwerp"},
    ]


def test_relateer_zaak_adds_nothing_twice(run, zgw):
    hoofd, zaak = run.zaak(), run.zaak()
    given = {"hoofdZaakUrl": hoofd, "zaakUrl": zaak, "aardRelatie": "vervolg"}
    run.done("RelateerZaak", **given)
    run.done("RelateerZaak", **given)
    assert run.writes == []
    run.done("RelateerZaak", **given, aardRelatieOmgekeerdeRichting="bijdrage")
    assert len(run.writes) == 1
    assert relations(zgw, zaak) == [(hoofd, "onderwerp"), (hoofd, "bijdrage")]


def test_relateer_zaak_goes_on_where_it_stopped(run, zgw):
    hoofd, zaak = run.zaak(), run.zaak()
    given = {"hoofdZaakUrl": hoofd, "zaakUrl": zaak, "aardRelatie": "vervolg"}
    zgw.fault("PATCH", zaak.rsplit("/", 1)[1], 500, {"title": "Stuk"})
    run.failed("RelateerZaak", "relate the zaak", "500", permanent=False, **given)
    assert relations(zgw, hoofd) == [(zaak, "vervolg")]
    run.done("RelateerZaak", **given)
    assert [request["method"] for request in run.requests] == ["GET", "GET", "PATCH"]
    assert (relations(zgw, hoofd), relations(zgw, zaak)) == ([(zaak, "vervolg")], [(hoofd, "onderwerp")])


@pytest.mark.parametrize("name", ["aardRelatie", "aardRelatieOmgekeerdeRichting"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", ["overig", "Vervolg", "0", " "])
def test_relateer_zaak_refuses_another_kind_before_anything_is_sent(run, name, kind, wrong):
    given = {"hoofdZaakUrl": run.zaak(), "zaakUrl": run.zaak(), "aardRelatie": kind, name: wrong}
    run.failed("RelateerZaak", f"variable {name} is", f'"{wrong}"', *KINDS, **given)
    assert run.requests == []


def test_relateer_zaak_does_not_relate_a_zaak_to_itself(run):
    zaak = run.zaak()
    run.failed("RelateerZaak", "hoofdZaakUrl", "zaakUrl", hoofdZaakUrl=zaak, zaakUrl=zaak, aardRelatie="vervolg")
    assert run.requests == []


@pytest.mark.parametrize("unknown", ["hoofdZaakUrl", "zaakUrl"])
def test_relateer_zaak_with_a_zaak_that_does_not_exist_changes_neither(run, zgw, unknown):
    zaak = run.zaak()
    given = {"hoofdZaakUrl": zaak, "zaakUrl": zaak, unknown: zgw.zaken + "zaken/00000000-0000-4000-8000-000000000000"}
    run.failed("RelateerZaak", "read the", "404", aardRelatie="vervolg", **given)
    assert run.writes == []


def test_relateer_zaak_tells_the_words_of_a_refusal_and_leaves_the_other_alone(run, zgw):
    hoofd, zaak = run.zaak(), run.zaak()
    zgw.fault("PATCH", "/zaken/", 400, run.refusal(("relevanteAndereZaken.0.url", "bad-url", "Deze zaak mag niet.")))
    given = {"hoofdZaakUrl": hoofd, "zaakUrl": zaak, "aardRelatie": "vervolg"}
    run.failed("RelateerZaak", "relate the zaak", "Deze zaak mag niet.", **given)
    assert len(run.writes) == 1
