"""The unit CreateZaakTask against the stand-in of the ZGW APIs."""

import datetime
import json

import pytest

RSIN = "002564440"
EMPTY = [None, "", [], {}]
PERSON = {"inpBsn": "111222333", "geslachtsnaam": "Melder"}


def today():
    """The date in Amsterdam, which is one or two hours ahead of UTC: near midnight both are accepted."""
    now = datetime.datetime.now(datetime.timezone.utc)
    return {(now + datetime.timedelta(hours=hours)).date().isoformat() for hours in (1, 2)}


def test_create_zaak_finds_the_zaaktype_of_today_and_creates_zaak_and_status(run, zgw, main):
    out = run.done(
        "CreateZaakTask", organisatieRSIN=RSIN, catalogusDomein="TEST", zaaktypeIdentificatie="ZAAKTYPE-TEST-1"
    )  # fmt: skip
    assert run.lines == [
        ("GET", "catalogussen"),
        ("GET", "zaaktypen"),
        ("GET", "statustypen"),
        ("POST", "zaken"),
        ("POST", "statussen"),
    ]
    assert run.query(run.only("GET", "catalogussen")) == {"domein": "TEST", "rsin": RSIN}
    first = next(r for r in run.requests if run.resource(r["path"]) == "zaaktypen")
    assert run.query(first) == {"catalogus": zgw.seed["catalogus"], "identificatie": "ZAAKTYPE-TEST-1"}
    (_, zaak), (_, status) = run.writes
    assert zaak.pop("registratiedatum") in today()
    assert zaak.pop("startdatum") in today()
    assert zaak == {"zaaktype": main["zaaktype"], "bronorganisatie": RSIN, "verantwoordelijkeOrganisatie": RSIN}
    assert run.is_now(status.pop("datumStatusGezet"))
    assert status == {"zaak": out["zaakUrl"], "statustype": main["statustypen"]["1"], "statustoelichting": ""}
    assert set(out) == {"zaak", "zaakUrl", "zaakIdentificatie"}
    assert out["zaakIdentificatie"].startswith("ZAAK-")


def test_create_zaak_sets_the_created_zaak_as_json(run, main):
    outcome = run("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"])
    variables = outcome["variables"]
    assert variables["zaak"]["type"] == "Json"
    assert variables["zaakUrl"]["type"] == variables["zaakIdentificatie"]["type"] == "String"
    assert variables["zaakIdentificatie"]["value"] in str(variables["zaak"]["value"])


def test_create_zaak_with_a_zaaktype_looks_up_no_catalogus(run, main):
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], catalogusDomein="", zaakDetails=None)
    assert run.lines == [("GET", "statustypen"), ("POST", "zaken"), ("POST", "statussen")]


def test_create_zaak_looks_for_the_catalogus_of_another_rsin(run):
    run.failed(
        "CreateZaakTask", "catalogus", "TEST", "111222333", organisatieRSIN=RSIN, catalogusRSIN="111222333",
        catalogusDomein="TEST", zaaktypeIdentificatie="ZAAKTYPE-TEST-1",
    )  # fmt: skip
    assert run.query(run.only("GET", "catalogussen"))["rsin"] == "111222333"
    assert run.writes == []


def test_create_zaak_merges_zaakdetails_over_its_own_members(run, main):
    details = {"omschrijving": "Kapotte lantaarnpaal", "startdatum": "2026-01-02", "verantwoordelijkeOrganisatie": "111222333"}
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], zaakDetails=details)
    body = run.writes[0][1]
    assert {name: body[name] for name in details} == details
    assert body["bronorganisatie"] == RSIN


def test_create_zaak_takes_the_first_status_from_the_zaaktype_in_zaakdetails(run, main, roles):
    run.done(
        "CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], zaakDetails={"zaaktype": roles["zaaktype"]}
    )  # fmt: skip
    assert run.writes[0][1]["zaaktype"] == roles["zaaktype"]
    assert run.writes[1][1]["statustype"] == roles["statustypen"]["1"]


def test_create_zaak_sends_crs_and_nlx_headers_with_the_zaak_alone(run, main):
    run.done(
        "CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], NLXProcessId="p-1", NLXSubjectIdentifier="s-1"
    )  # fmt: skip
    zaak, status = run.only("POST", "zaken"), run.only("POST", "statussen")
    assert run.header(zaak, "Accept-Crs") == run.header(zaak, "Content-Crs") == "EPSG:4326"
    assert run.header(zaak, "X-NLX-Request-Process-Id") == "p-1"
    assert run.header(zaak, "X-NLX-Request-Subject-Identifier") == "s-1"
    assert run.header(status, "X-NLX-Request-Process-Id") is None


@pytest.mark.parametrize("value", [..., *EMPTY], ids=repr)
def test_create_zaak_sends_no_nlx_header_without_a_value(run, main, value):
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], NLXProcessId=value, NLXSubjectIdentifier=value)
    zaak = run.only("POST", "zaken")
    assert run.header(zaak, "X-NLX-Request-Process-Id") is run.header(zaak, "X-NLX-Request-Subject-Identifier") is None


def test_create_zaak_refuses_a_header_value_with_a_line_break(run, main):
    run.failed("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], NLXProcessId="p\r\nX-Evil: 1")
    assert run.writes == []


def test_create_zaak_gives_the_first_status_its_remarks(run, main):
    remarks = "é" * 1000
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], initialStatusRemarks=remarks)
    assert run.writes[1][1]["statustoelichting"] == remarks


@pytest.mark.parametrize(
    "given, named",
    [
        ({}, "catalogusDomein"),
        ({"zaaktype": ""}, "catalogusDomein"),
        ({"catalogusDomein": "TEST"}, "zaaktypeIdentificatie"),
        ({"zaaktypeIdentificatie": "ZAAKTYPE-TEST-1", "catalogusDomein": None}, "catalogusDomein"),
    ],
)
def test_create_zaak_without_a_zaaktype_sends_nothing(run, given, named):
    run.failed("CreateZaakTask", named, "zaaktype", organisatieRSIN=RSIN, **given)
    assert run.requests == []


WRONG = [(name, wrong) for name in ("zaakDetails", "initiator", "Hoofdbehandelaar") for wrong in ("geen json", [1], 5, True)]
WRONG.remove(("initiator", "geen json"))  # may be the id of a user: see below


@pytest.mark.parametrize("name, wrong", WRONG)
def test_create_zaak_refuses_what_is_no_object(run, main, name, wrong):
    run.failed("CreateZaakTask", name, organisatieRSIN=RSIN, zaaktype=main["zaaktype"], **{name: wrong})
    assert run.requests == []


def test_create_zaak_with_an_unknown_identificatie_writes_nothing(run):
    run.failed(
        "CreateZaakTask", "ZAAKTYPE-NIET", organisatieRSIN=RSIN, catalogusDomein="TEST", zaaktypeIdentificatie="ZAAKTYPE-NIET"
    )  # fmt: skip
    assert run.writes == []


def zaaktypen(*periods):
    """The answer to a search of zaaktypen: one version for each (name, begin, end)."""
    results = [{"url": f"https://ztc.test/{n}", "beginGeldigheid": begin, "eindeGeldigheid": end} for n, begin, end in periods]
    return {"count": len(results), "next": None, "previous": None, "results": results}


def day(offset):
    return (datetime.date.today() + datetime.timedelta(days=offset)).isoformat()


@pytest.mark.parametrize(
    "periods, chosen",
    [
        ([("old", day(-900), day(-500)), ("new", day(-499), None)], "new"),
        ([("new", day(-499), None), ("future", day(400), None)], "new"),
        ([("ends", day(-900), day(300)), ("open", day(-400), None)], "open"),
        ([("sooner", day(-900), day(300)), ("later", day(-900), day(301))], "later"),
        ([("blank", day(-900), "")], "blank"),
        ([("today", min(today()), max(today()))], "today"),
    ],
)
def test_create_zaak_chooses_the_version_that_is_valid_today(run, zgw, periods, chosen):
    zgw.fault("GET", "/zaaktypen", 200, zaaktypen(*periods))
    run("CreateZaakTask", organisatieRSIN=RSIN, catalogusDomein="TEST", zaaktypeIdentificatie="X")
    asked = next(r for r in run.requests if run.resource(r["path"]) == "statustypen")
    assert run.query(asked)["zaaktype"] == f"https://ztc.test/{chosen}"


@pytest.mark.parametrize(
    "periods, words",
    [
        ([("old", day(-900), day(-5))], "is valid on"),
        ([("future", day(5), None)], "is valid on"),
        ([("one", day(-9), None), ("two", day(-8), None)], "exactly one"),
        ([("one", day(-9), day(9)), ("two", day(-8), day(9))], "exactly one"),
    ],
)
def test_create_zaak_needs_exactly_one_valid_version(run, zgw, periods, words):
    zgw.fault("GET", "/zaaktypen", 200, zaaktypen(*periods))
    run.failed("CreateZaakTask", words, organisatieRSIN=RSIN, catalogusDomein="TEST", zaaktypeIdentificatie="X")
    assert run.writes == []


def test_create_zaak_without_a_first_statustype_writes_nothing(run, zgw, main):
    zgw.fault("GET", "/statustypen", 200, {"count": 0, "next": None, "previous": None, "results": []})
    run.failed("CreateZaakTask", "volgnummer 1", organisatieRSIN=RSIN, zaaktype=main["zaaktype"])
    assert run.writes == []


def test_initiator_becomes_a_rol_of_the_generic_initiator(run, main):
    given = {"betrokkeneIdentificatie": PERSON}
    out = run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], initiator=given)
    assert [name for name, _ in run.writes] == ["zaken", "statussen", "rollen"]
    assert run.writes[2][1] == {
        "zaak": out["zaakUrl"], "betrokkene": "", "betrokkeneType": "natuurlijk_persoon",
        "roltype": main["roltypen"]["Melder"], "roltoelichting": "initiator", "indicatieMachtiging": "",
        "betrokkeneIdentificatie": PERSON,
    }  # fmt: skip


def test_initiator_keeps_what_it_gives_itself(run, main):
    given = {
        "betrokkeneType": "natuurlijk_persoon", "roltoelichting": "Melder aan de balie", "indicatieMachtiging": "gemachtigde",
        "betrokkeneIdentificatie": PERSON, "afwijkendeNaamBetrokkene": "M.",
    }  # fmt: skip
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], initiator=given)
    body = run.writes[2][1]
    assert {name: body[name] for name in given} == given


def test_initiator_may_be_an_object_in_a_text(run, main):
    given = json.dumps({"betrokkeneIdentificatie": PERSON})
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], initiator=given)
    assert run.writes[2][1]["betrokkeneIdentificatie"] == PERSON


@pytest.mark.parametrize("user", ["demo", "12", "medewerker1@gemeente.test", "[1]", '"demo"', "{half"])
def test_an_initiator_that_is_the_id_of_a_user_is_left_out_with_a_warning(run, main, log, user):
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], initiator=user)
    assert [name for name, _ in run.writes] == ["zaken", "statussen"]
    assert ("GET", "roltypen") not in run.lines
    [line] = [line for line in log().splitlines() if "variable initiator" in line]
    assert "warning" in line.lower() and "no rol" in line


def test_the_id_of_a_user_leaves_the_initiator_to_hoofdbehandelaar(run, roles):
    run.done(
        "CreateZaakTask", organisatieRSIN=RSIN, zaaktype=roles["zaaktype"], initiator="demo",
        Hoofdbehandelaar={"betrokkeneType": "organisatorische_eenheid", "betrokkeneIdentificatie": {"identificatie": "team"}},
    )  # fmt: skip
    bodies = [body for name, body in run.writes if name == "rollen"]
    assert [b["roltype"] for b in bodies] == [roles["roltypen"]["Initiator"], roles["roltypen"]["Hoofdbehandelaar"]]


def test_hoofdbehandelaar_becomes_a_rol_of_every_roltype_with_the_exact_name(run, roles):
    given = {"betrokkeneType": "organisatorische_eenheid", "betrokkeneIdentificatie": {"identificatie": "team"}, "extra": 1}
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=roles["zaaktype"], Hoofdbehandelaar=given)
    bodies = [body for name, body in run.writes if name == "rollen"]
    assert [b["roltype"] for b in bodies] == [roles["roltypen"]["Initiator"], roles["roltypen"]["Hoofdbehandelaar"]]
    assert [b["roltoelichting"] for b in bodies] == ["initiator", "behandelaar"]
    assert all("extra" not in b for b in bodies)


def test_initiator_and_hoofdbehandelaar_together_make_one_initiator(run, roles):
    run.done(
        "CreateZaakTask", organisatieRSIN=RSIN, zaaktype=roles["zaaktype"], initiator={"betrokkeneIdentificatie": PERSON},
        Hoofdbehandelaar={"betrokkeneType": "organisatorische_eenheid", "betrokkeneIdentificatie": {"identificatie": "team"}},
    )  # fmt: skip
    bodies = [body for name, body in run.writes if name == "rollen"]
    assert [b["roltype"] for b in bodies] == [roles["roltypen"]["Initiator"], roles["roltypen"]["Hoofdbehandelaar"]]
    assert [b["betrokkeneType"] for b in bodies] == ["natuurlijk_persoon", "organisatorische_eenheid"]


@pytest.mark.parametrize("name, kind", [("initiator", "bare"), ("Hoofdbehandelaar", "main"), ("Hoofdbehandelaar", "bare")])
def test_a_rol_without_a_roltype_is_found_before_the_first_write(run, zgw, name, kind):
    zaaktype = zgw.seed["zaaktypen"][kind]["zaaktype"]
    given = {"betrokkeneIdentificatie": PERSON}
    run.failed("CreateZaakTask", name, "roltype", organisatieRSIN=RSIN, zaaktype=zaaktype, **{name: given})
    assert run.writes == []


@pytest.mark.parametrize("name", ["initiator", "Hoofdbehandelaar"])
@pytest.mark.parametrize(
    "given, words",
    [
        ({"betrokkeneType": "burger", "betrokkeneIdentificatie": PERSON}, "burger"),
        ({"betrokkeneType": 3, "betrokkeneIdentificatie": PERSON}, "betrokkeneType"),
        ({"betrokkeneType": "medewerker"}, "betrokkeneIdentificatie"),
        ({"betrokkeneIdentificatie": "111222333"}, "betrokkeneIdentificatie"),
        ({"betrokkeneIdentificatie": PERSON, "roltoelichting": 3}, "roltoelichting"),
    ],
)
def test_a_wrong_rol_is_found_before_the_first_write(run, roles, name, given, words):
    run.failed("CreateZaakTask", name, words, organisatieRSIN=RSIN, zaaktype=roles["zaaktype"], **{name: given})
    assert run.writes == []


def test_a_medewerker_known_by_user_name_alone_gets_a_name_from_the_zac(run, main):
    given = {"betrokkeneType": "medewerker", "betrokkeneIdentificatie": {"identificatie": "user:medewerker1"}}
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], initiator=given)
    asked, rol = run.writes[0], run.writes[-1]
    assert asked[0].endswith("core/rollen/medewerker/betrokkeneIdentificatie")
    assert asked[1] == {"betrokkeneIdentificatie": {"identificatie": "user:medewerker1"}}
    assert rol[0] == "rollen"
    assert rol[1]["betrokkeneIdentificatie"]["achternaam"] == "Medewerker"


@pytest.mark.parametrize(
    "kind, person",
    [
        ("medewerker", {"identificatie": "user:medewerker1", "achternaam": "Bekend"}),
        ("medewerker", {"identificatie": "user:medewerker1", "voorvoegsel_achternaam": "van"}),
        ("medewerker", {"identificatie": "medewerker1"}),
        ("organisatorische_eenheid", {"identificatie": "user:medewerker1"}),
    ],
)
def test_the_zac_is_not_asked_for_anybody_else(run, zgw, main, kind, person):
    zgw.fault("POST", "/rollen", 201, {"url": "https://zrc.test/rollen/1"})
    given = {"betrokkeneType": kind, "betrokkeneIdentificatie": person}
    run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], initiator=given)
    assert [name for name, _ in run.writes] == ["zaken", "statussen", "rollen"]
    assert run.writes[2][1]["betrokkeneIdentificatie"] == person


def test_a_zac_that_refuses_stops_the_unit_before_the_first_write(run, zgw, main):
    zgw.fault("POST", "/betrokkeneIdentificatie", 400, {"title": "Onbekende gebruiker"})
    given = {"betrokkeneType": "medewerker", "betrokkeneIdentificatie": {"identificatie": "user:niemand"}}
    run.failed("CreateZaakTask", "medewerker", "400", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], initiator=given)
    assert [name for name, _ in run.writes if name == "zaken"] == []


def test_a_refused_zaak_is_failed_with_the_words_of_the_api(run, main):
    run.failed(
        "CreateZaakTask", "create the zaak", "400", "Onjuist RSIN nummer", organisatieRSIN="123", zaaktype=main["zaaktype"]
    )  # fmt: skip
    assert [name for name, _ in run.writes] == ["zaken"]


@pytest.mark.parametrize("name", ["zaken", "statussen", "rollen"])
def test_create_zaak_never_sends_again_what_may_have_been_carried_out(run, zgw, main, name):
    zgw.fault("POST", "/v1/" + name, kind="close", done=True)
    given = {"initiator": {"betrokkeneIdentificatie": PERSON}}
    run.failed("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"], **given)
    assert [kind for kind, _ in run.writes].count(name) == 1
