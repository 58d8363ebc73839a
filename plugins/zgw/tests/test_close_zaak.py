"""The unit CloseZaakTask against the stand-in of the ZGW APIs."""

import re

import pytest


@pytest.mark.parametrize("name", ["zaakUrl", "zaak"])
def test_close_zaak_creates_resultaat_and_end_status(run, main, name):
    zaak = run.zaak()
    out = run.done(
        "CloseZaakTask", omschrijving="afgehandeld", toelichting="Gedaan", statustoelichting="Klaar", **{name: zaak}
    )  # fmt: skip
    (first, resultaat), (second, status) = run.writes
    assert (first, second) == ("resultaten", "statussen")
    assert resultaat == {"zaak": zaak, "resultaattype": main["resultaattypen"]["Afgehandeld"], "toelichting": "Gedaan"}
    assert run.is_now(status.pop("datumStatusGezet"))
    assert status == {"zaak": zaak, "statustype": main["statustypen"]["3"], "statustoelichting": "Klaar"}
    assert set(out) == {"einddatum", "archiefnominatie", "archiefactiedatum"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", out["einddatum"]) and out["archiefnominatie"] == "vernietigen"
    assert all(run.header(r, "Accept-Crs") == "EPSG:4326" for r in run.requests if run.resource(r["path"]) == "zaken/UUID")


def test_close_zaak_prefers_the_resultaattype(run, main):
    wanted = main["resultaattypen"]["Geweigerd"]
    run.done("CloseZaakTask", zaakUrl=run.zaak(), resultaattype=wanted, omschrijving="Bestaat niet")
    assert run.writes[0][1]["resultaattype"] == wanted
    assert ("GET", "resultaattypen") not in run.lines


def test_close_zaak_leaves_an_explanation_of_the_status_out(run):
    run.done("CloseZaakTask", zaakUrl=run.zaak(), omschrijving="Afgehandeld", statustoelichting="")
    assert "statustoelichting" not in run.writes[1][1]


def test_close_zaak_gives_null_for_what_the_zaak_does_not_have(run):
    outcome = run("CloseZaakTask", zaakUrl=run.zaak(), omschrijving="Verleend")
    assert outcome["outcome"] == "done", outcome
    assert outcome["variables"]["archiefnominatie"]["value"] == "blijvend_bewaren"
    assert outcome["variables"]["archiefactiedatum"] == {"type": "Null", "value": None}


def test_close_zaak_closes_with_the_resultaat_that_is_there(run, main):
    zaak = run.zaak()
    run.done("CreateResultaatTask", zaakUrl=zaak, resultaattype=main["resultaattypen"]["Afgehandeld"])
    run.done("CloseZaakTask", zaakUrl=zaak)
    assert [name for name, _ in run.writes] == ["statussen"]


def test_close_zaak_keeps_an_equal_resultaat(run, main):
    zaak = run.zaak()
    run.done("CreateResultaatTask", zaakUrl=zaak, resultaattype=main["resultaattypen"]["Afgehandeld"])
    run.done("CloseZaakTask", zaakUrl=zaak, omschrijving="Afgehandeld")
    assert [name for name, _ in run.writes] == ["statussen"]


def test_close_zaak_with_another_resultaat_writes_nothing(run, main):
    zaak = run.zaak()
    run.done("CreateResultaatTask", zaakUrl=zaak, resultaattype=main["resultaattypen"]["Geweigerd"])
    run.failed("CloseZaakTask", "resultaat", zaakUrl=zaak, omschrijving="Afgehandeld")
    assert run.writes == []


def test_close_zaak_goes_on_where_it_stopped(run, zgw):
    zaak = run.zaak()
    zgw.fault("POST", "/statussen", 500, {"title": "Stuk"})
    run.failed("CloseZaakTask", "create the status", permanent=False, zaakUrl=zaak, omschrijving="Afgehandeld")
    assert [name for name, _ in run.writes] == ["resultaten", "statussen"]
    out = run.done("CloseZaakTask", zaakUrl=zaak, omschrijving="Afgehandeld")
    assert [name for name, _ in run.writes] == ["statussen"]
    assert out["einddatum"]


def test_close_zaak_leaves_a_closed_zaak_as_it_is(run):
    zaak = run.zaak()
    first = run.done("CloseZaakTask", zaakUrl=zaak, omschrijving="Afgehandeld")
    assert run.done("CloseZaakTask", zaakUrl=zaak, omschrijving="Afgehandeld") == first
    assert run.writes == []
    assert run.done("CloseZaakTask", zaakUrl=zaak) == first
    assert run.writes == []


def test_close_zaak_without_any_resultaat_tells_the_words_of_the_refusal(run):
    run.failed("CloseZaakTask", "create the status", "400", "Zaak has no resultaat", zaakUrl=run.zaak())
    assert [name for name, _ in run.writes] == ["statussen"]


def test_close_zaak_with_an_unknown_omschrijving_writes_nothing(run):
    run.failed("CloseZaakTask", "Bestaat niet", zaakUrl=run.zaak(), omschrijving="Bestaat niet")
    assert run.writes == []


def test_close_zaak_without_an_end_statustype_writes_nothing(run, zgw):
    zaak = run.zaak()
    only = {"url": "https://ztc.test/1", "volgnummer": 1, "isEindstatus": False}
    zgw.fault("GET", "/statustypen", 200, {"count": 1, "next": None, "previous": None, "results": [only]})
    run.failed("CloseZaakTask", "end status", zaakUrl=zaak, omschrijving="Afgehandeld")
    assert run.writes == []


def test_close_zaak_of_a_zaak_that_does_not_exist(run):
    zaak = re.sub(r"[^/]+$", "00000000-0000-4000-8000-000000000000", run.zaak())
    run.failed("CloseZaakTask", "read the zaak", "404", zaakUrl=zaak, omschrijving="Afgehandeld")
    assert run.writes == []


def test_close_zaak_tells_a_refusal_as_not_unique_when_the_zaak_has_no_such_status(run, zgw):
    zaak = run.zaak()
    params = [{"name": "nonFieldErrors", "code": "unique", "reason": "Dit moment is bezet."}]
    zgw.fault("POST", "statussen", 400, {"title": "Ongeldig", "status": 400, "invalidParams": params})
    run.failed("CloseZaakTask", "create the status: POST ", "Dit moment is bezet.", zaakUrl=zaak, omschrijving="Afgehandeld")
    assert [name for name, _ in run.writes] == ["resultaten", "statussen"]
