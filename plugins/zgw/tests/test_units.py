"""The other units of the plugin zgw, and what all of them demand, against the stand-in of the ZGW APIs."""

import pytest

RSIN = "002564440"
EMPTY = [None, "", [], {}]

# ---- what all units demand -------------------------------------------------------------------------------------------

REQUIRED = {
    "CreateZaakTask": {"organisatieRSIN": RSIN, "zaaktype": "https://openzaak.test/catalogi/api/v1/zaaktypen/1"},
    "LookupZaak": {"identificatie": "ZAAK-1", "bronorganisatie": RSIN},
    "CreateStatusTask": {"zaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1", "statusVolgnummer": 2},
    "CreateResultaatTask": {"zaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1", "omschrijving": "Afgehandeld"},
    "RelateDocumentToZaakTask": {"zaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1", "informatieobject": "https://d.test/1"},
    "CloseZaakTask": {"zaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1"},
    "CreateEigenschap": {
        "zaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1", "eigenschap": {"naam": "kenteken", "waarde": "AB"},
    },
    "CreateZaakObject": {
        "objectUrl": "https://o.test/1", "objectType": "pand", "zaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1",
    },
    "FetchZaakObjects": {"hoofdZaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1"},
    "FetchZaakRelaties": {"hoofdZaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1"},
    "RelatePand": {"zaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1", "panden": ["https://bag.test/panden/1"]},
    "RelateerZaak": {
        "hoofdZaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1", "zaakUrl": "https://openzaak.test/zaken/api/v1/zaken/2",
        "aardRelatie": "vervolg",
    },
    "LockDocument": {"informatieobject": "https://openzaak.test/documenten/api/v1/enkelvoudiginformatieobjecten/1"},
    "UnlockDocument": {
        "informatieobject": "https://openzaak.test/documenten/api/v1/enkelvoudiginformatieobjecten/1", "lockId": "a1",
    },
    "SetIndicatieGebruiksrecht": {"zaakUrl": "https://openzaak.test/zaken/api/v1/zaken/1"},
}  # fmt: skip
OPTIONAL = [("CreateZaakObject", "zaakUrl")]
DEMANDED = [
    (unit, name)
    for unit, names in REQUIRED.items()
    for name in ("bptlAppId", *names)
    if name not in ("zaaktype", "statusVolgnummer", "omschrijving")
    and (unit, name) not in [("RelateDocumentToZaakTask", "informatieobject"), *OPTIONAL]
]


@pytest.mark.parametrize("unit, name", DEMANDED)
def test_a_required_variable_that_is_missing_fails_before_anything_is_sent(run, unit, name):
    run.failed(unit, name, **{**REQUIRED[unit], name: ...})
    assert run.requests == []


@pytest.mark.parametrize("unit, name", DEMANDED)
@pytest.mark.parametrize("empty", EMPTY, ids=repr)
def test_a_required_variable_that_is_empty_fails_before_anything_is_sent(run, unit, name, empty):
    run.failed(unit, name, **{**REQUIRED[unit], name: empty})
    assert run.requests == []


@pytest.mark.parametrize("unit, name", [d for d in DEMANDED if d[1] != "bptlAppId"] + OPTIONAL)
def test_a_required_variable_of_the_wrong_type_fails_before_anything_is_sent(run, unit, name):
    run.failed(unit, name, **{**REQUIRED[unit], name: {"a": 1}})
    assert run.requests == []


@pytest.mark.parametrize(
    "unit",
    [
        "CreateStatusTask", "CreateResultaatTask", "CloseZaakTask", "CreateEigenschap", "FetchZaakRelaties", "RelateerZaak",
        "LockDocument", "UnlockDocument",
    ],
)  # fmt: skip
def test_a_url_outside_the_configured_services_is_never_called(run, unit):
    run.failed(unit, **REQUIRED[unit])
    assert run.requests == []


@pytest.mark.parametrize(
    "unit, name",
    [
        ("CreateZaakTask", "initialStatusRemarks"),
        ("CreateStatusTask", "toelichting"),
        ("CreateResultaatTask", "toelichting"),
        ("CloseZaakTask", "toelichting"),
        ("CloseZaakTask", "statustoelichting"),
    ],
)
def test_an_explanation_over_1000_characters_is_refused_before_anything_is_sent(run, unit, name):
    run.failed(unit, name, "1000", **{**REQUIRED[unit], name: "é" * 1001})
    assert run.requests == []


# ---- LookupZaak ------------------------------------------------------------------------------------------------------

def test_lookup_finds_a_zaak(run, main):
    made = run.done("CreateZaakTask", organisatieRSIN=RSIN, zaaktype=main["zaaktype"])
    out = run.done("LookupZaak", identificatie=made["zaakIdentificatie"], bronorganisatie=RSIN)
    assert out == {"zaakUrl": made["zaakUrl"]}
    request = run.only("GET", "zaken")
    assert run.query(request) == {"bronorganisatie": RSIN, "identificatie": made["zaakIdentificatie"]}
    assert run.header(request, "Accept-Crs") == "EPSG:4326"
    assert len(run.requests) == 1


def test_lookup_of_an_unknown_zaak_gives_null(run):
    outcome = run("LookupZaak", identificatie="BESTAAT-NIET", bronorganisatie=RSIN)
    assert outcome["outcome"] == "done"
    assert outcome["variables"]["zaakUrl"]["type"] == "Null"
    assert outcome["variables"]["zaakUrl"]["value"] is None


def test_lookup_reads_an_identificatie_of_digits(run):
    run.done("LookupZaak", identificatie=12, bronorganisatie=RSIN)
    assert run.query(run.only("GET", "zaken"))["identificatie"] == "12"


# ---- CreateStatusTask ------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("number", [2, "2"], ids=repr)
def test_create_status_by_volgnummer(run, main, number):
    zaak = run.zaak()
    out = run.done("CreateStatusTask", zaakUrl=zaak, statusVolgnummer=number, statustype="https://ignored.test/1")
    assert run.lines == [("GET", "zaken/UUID"), ("GET", "statustypen"), ("POST", "statussen")]
    assert run.header(run.only("GET", "zaken/UUID"), "Accept-Crs") == "EPSG:4326"
    body = run.writes[0][1]
    assert run.is_now(body.pop("datumStatusGezet"))
    assert body == {"zaak": zaak, "statustype": main["statustypen"]["2"], "statustoelichting": ""}
    assert list(out) == ["statusUrl"] and "/statussen/" in out["statusUrl"]


@pytest.mark.parametrize("number", [..., *EMPTY], ids=repr)
def test_create_status_by_statustype_when_there_is_no_volgnummer(run, main, number):
    zaak = run.zaak()
    run.done(
        "CreateStatusTask", zaakUrl=zaak, statusVolgnummer=number, statustype=main["statustypen"]["2"], toelichting="Bezig"
    )  # fmt: skip
    assert run.lines == [("POST", "statussen")]
    assert run.writes[0][1]["statustype"] == main["statustypen"]["2"]
    assert run.writes[0][1]["statustoelichting"] == "Bezig"


@pytest.mark.parametrize("number", [..., *EMPTY], ids=repr)
def test_create_status_without_either_names_both(run, number):
    run.failed("CreateStatusTask", "statusVolgnummer", "statustype", zaakUrl=run.zaak(), statusVolgnummer=number)
    assert run.requests == []


@pytest.mark.parametrize("number", [0, 4, -1])
def test_create_status_with_an_unknown_volgnummer_writes_nothing(run, number):
    run.failed("CreateStatusTask", "volgnummer", str(number), zaakUrl=run.zaak(), statusVolgnummer=number)
    assert run.writes == []


@pytest.mark.parametrize("number", ["twee", "2b", True, 2.5, {"a": 1}], ids=repr)
def test_create_status_refuses_a_volgnummer_that_is_no_whole_number(run, number):
    run.failed("CreateStatusTask", "statusVolgnummer", zaakUrl=run.zaak(), statusVolgnummer=number)
    assert run.requests == []


def test_create_status_tells_the_words_of_a_refusal(run, main):
    run.failed(
        "CreateStatusTask", "create the status", "400", "Zaak has no resultaat", zaakUrl=run.zaak(),
        statustype=main["statustypen"]["3"],
    )  # fmt: skip


# ---- CreateResultaatTask ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["zaakUrl", "zaak"])
def test_create_resultaat_by_resultaattype(run, main, name):
    zaak = run.zaak()
    wanted = main["resultaattypen"]["Afgehandeld"]
    out = run.done("CreateResultaatTask", resultaattype=wanted, omschrijving="Geweigerd", toelichting="Klaar", **{name: zaak})
    assert run.lines == [("POST", "resultaten")]
    assert run.writes[0][1] == {"zaak": zaak, "resultaattype": wanted, "toelichting": "Klaar"}
    assert list(out) == ["resultaatUrl"] and "/resultaten/" in out["resultaatUrl"]


@pytest.mark.parametrize("omschrijving", ["Afgehandeld", "afGEHANDELD"])
def test_create_resultaat_by_omschrijving_in_any_case(run, main, omschrijving):
    zaak = run.zaak()
    run.done("CreateResultaatTask", zaakUrl=zaak, omschrijving=omschrijving, resultaattype="")
    assert run.lines == [("GET", "zaken/UUID"), ("GET", "resultaattypen"), ("POST", "resultaten")]
    wanted = main["resultaattypen"]["Afgehandeld"]
    assert run.writes[0][1] == {"zaak": zaak, "resultaattype": wanted, "toelichting": ""}


@pytest.mark.parametrize("empty", [..., *EMPTY], ids=repr)
def test_create_resultaat_without_either_names_both(run, empty):
    run.failed(
        "CreateResultaatTask", "resultaattype", "omschrijving", zaakUrl=run.zaak(), resultaattype=empty, omschrijving=empty
    )  # fmt: skip
    assert run.requests == []


def resultaattypen(*names):
    results = [{"url": f"https://ztc.test/{i}", "omschrijving": name} for i, name in enumerate(names)]
    return {"count": len(results), "next": None, "previous": None, "results": results}


@pytest.mark.parametrize(
    "names, words",
    [
        ([], "no resultaattypen"),
        (["Verleend"], "no resultaattype with omschrijving"),
        (["Gereed", "GEREED"], "exactly one"),
        (["Gereed ", "Gereedschap", None], "no resultaattype with omschrijving"),
    ],
)
def test_create_resultaat_needs_exactly_one_match(run, zgw, names, words):
    zaak = run.zaak()
    zgw.fault("GET", "/resultaattypen", 200, resultaattypen(*names))
    run.failed("CreateResultaatTask", words, zaakUrl=zaak, omschrijving="gereed")
    assert run.writes == []


def test_create_resultaat_matches_letters_beyond_ascii(run, zgw):
    zaak = run.zaak()
    zgw.fault("GET", "/resultaattypen", 200, resultaattypen("Verleend", "GEÏNFORMEERD"))
    zgw.fault("POST", "/resultaten", 201, {"url": "https://zrc.test/resultaten/1"})
    run.done("CreateResultaatTask", zaakUrl=zaak, omschrijving="geïnformeerd")
    assert run.writes[0][1]["resultaattype"] == "https://ztc.test/1"


def test_create_resultaat_keeps_an_equal_one(run, main):
    zaak = run.zaak()
    wanted = main["resultaattypen"]["Afgehandeld"]
    first = run.done("CreateResultaatTask", zaakUrl=zaak, resultaattype=wanted)
    assert run.done("CreateResultaatTask", zaakUrl=zaak, resultaattype=wanted) == first
    assert run.lines == [("POST", "resultaten"), ("GET", "resultaten")]
    assert run.query(run.only("GET", "resultaten")) == {"zaak": zaak}


def test_create_resultaat_refuses_a_second_one_of_another_type(run, main):
    zaak = run.zaak()
    run.done("CreateResultaatTask", zaakUrl=zaak, resultaattype=main["resultaattypen"]["Afgehandeld"])
    run.failed(
        "CreateResultaatTask", "create the resultaat", "400", "Er bestaat al een resultaat", zaakUrl=zaak,
        resultaattype=main["resultaattypen"]["Geweigerd"],
    )  # fmt: skip


def test_create_resultaat_does_not_look_further_after_another_refusal(run, zgw, main):
    zaak = run.zaak()
    zgw.fault("POST", "/resultaten", 400, run.refusal(("resultaattype", "does_not_exist", "Onbekend type.")))
    run.failed(
        "CreateResultaatTask", "400", "Onbekend type.", zaakUrl=zaak, resultaattype=main["resultaattypen"]["Afgehandeld"]
    )  # fmt: skip
    assert run.lines == [("POST", "resultaten")]


@pytest.mark.parametrize("status", [408, 409, 425, 429, 500, 503])
def test_create_resultaat_can_be_retried_after_a_passing_refusal(run, zgw, main, status):
    zaak = run.zaak()
    zgw.fault("POST", "/resultaten", status, {"title": "Even niet"})
    run.failed(
        "CreateResultaatTask", str(status), permanent=False, zaakUrl=zaak, resultaattype=main["resultaattypen"]["Afgehandeld"]
    )  # fmt: skip


@pytest.mark.parametrize("status", [403, 404])
def test_create_resultaat_is_failed_for_good_by_a_page_that_is_not_json(run, zgw, main, status):
    zaak = run.zaak()
    zgw.fault("POST", "/resultaten", status, "<html>nee</html>")
    run.failed("CreateResultaatTask", str(status), zaakUrl=zaak, resultaattype=main["resultaattypen"]["Afgehandeld"])
    assert run.lines == [("POST", "resultaten")]


@pytest.mark.parametrize(
    "unit, name, more",
    [
        ("CreateResultaatTask", "resultaten", lambda seed: {"resultaattype": seed["resultaattypen"]["Afgehandeld"]}),
        ("RelateDocumentToZaakTask", "zaakinformatieobjecten", lambda seed: {"informatieobject": seed["documents"][0]}),
    ],
)
def test_what_exists_only_once_is_sent_again_when_its_answer_was_lost(run, zgw, unit, name, more):
    variables = {"zaakUrl": run.zaak(), **more(zgw.seed)}
    zgw.fault("POST", "/" + name, kind="close", done=True)
    outcome = run(unit, **variables)
    if outcome["outcome"] == "failed":
        assert outcome["permanent"] is False, outcome
        outcome = run(unit, **variables)
    assert outcome["outcome"] == "done", outcome
    assert zgw.accepted["POST " + name] == 1


# ---- RelateDocumentToZaakTask ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["zaakUrl", "zaak"])
def test_relate_document(run, zgw, name):
    zaak, document = run.zaak(), zgw.seed["documents"][0]
    out = run.done("RelateDocumentToZaakTask", informatieobject=document, **{name: zaak})
    assert run.lines == [("POST", "zaakinformatieobjecten")]
    assert run.writes == [("zaakinformatieobjecten", {"zaak": zaak, "informatieobject": document})]
    assert list(out) == ["zaakinformatieobject"] and "/zaakinformatieobjecten/" in out["zaakinformatieobject"]


@pytest.mark.parametrize("empty", [None, ""], ids=repr)
def test_relate_document_without_a_document_does_nothing(run, empty):
    assert run.done("RelateDocumentToZaakTask", zaakUrl=run.zaak(), informatieobject=empty) == {}
    assert run.requests == []


def test_relate_document_demands_that_the_variable_exists(run):
    run.failed("RelateDocumentToZaakTask", "informatieobject", zaakUrl=run.zaak())
    assert run.requests == []


def test_relate_document_keeps_a_relation_that_is_there(run, zgw):
    zaak, document = run.zaak(), zgw.seed["documents"][0]
    first = run.done("RelateDocumentToZaakTask", zaakUrl=zaak, informatieobject=document)
    assert run.done("RelateDocumentToZaakTask", zaakUrl=zaak, informatieobject=document) == first
    assert run.lines == [("POST", "zaakinformatieobjecten"), ("GET", "zaakinformatieobjecten")]
    assert run.query(run.only("GET", "zaakinformatieobjecten")) == {"zaak": zaak, "informatieobject": document}


def test_relate_document_tells_the_words_of_a_refusal(run, zgw):
    zaak = run.zaak()
    zgw.fault("POST", "/zaakinformatieobjecten", 400, run.refusal(("informatieobject", "bad-url", "Dit document bestaat niet.")))
    run.failed(
        "RelateDocumentToZaakTask", "relate the document", "400", "Dit document bestaat niet.", zaakUrl=zaak,
        informatieobject=zgw.seed["documents"][0],
    )  # fmt: skip
    assert run.lines == [("POST", "zaakinformatieobjecten")]


def test_relate_document_fails_when_the_relation_that_is_said_to_be_there_is_not(run, zgw):
    zaak = run.zaak()
    zgw.fault("POST", "/zaakinformatieobjecten", 400, run.refusal(("nonFieldErrors", "unique", "Moet uniek zijn.")))
    run.failed("RelateDocumentToZaakTask", "Moet uniek zijn.", zaakUrl=zaak, informatieobject=zgw.seed["documents"][0])
