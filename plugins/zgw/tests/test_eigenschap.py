"""The unit CreateEigenschap against the stand-in of the ZGW APIs."""

import pytest

NOTHING = [None, "", [], {}]


def test_create_eigenschap_creates_a_value(run, main):
    zaak = run.zaak()
    out = run.done("CreateEigenschap", zaakUrl=zaak, eigenschap={"naam": "kenteken", "waarde": "AB-12-CD"})
    assert out == {}
    assert run.lines == [
        ("GET", "zaken/UUID"),
        ("GET", "eigenschappen"),
        ("GET", "zaken/UUID/zaakeigenschappen"),
        ("POST", "zaken/UUID/zaakeigenschappen"),
    ]
    body = {"zaak": zaak, "eigenschap": main["eigenschappen"]["kenteken"], "waarde": "AB-12-CD"}
    assert run.writes == [("zaken/UUID/zaakeigenschappen", body)]
    assert run.query(run.only("GET", "eigenschappen")) == {"zaaktype": main["zaaktype"]}
    assert run.header(run.only("GET", "zaken/UUID"), "Accept-Crs") == "EPSG:4326"


def test_create_eigenschap_replaces_a_value(run, zgw):
    zaak = run.zaak()
    for naam, waarde in ("kenteken", "AB-12-CD"), ("bedrag", "12"), ("kenteken", "XY-99-ZZ"):
        run.done("CreateEigenschap", zaakUrl=zaak, eigenschap={"naam": naam, "waarde": waarde})
    assert run.writes == [("zaken/UUID/zaakeigenschappen/UUID", {"waarde": "XY-99-ZZ"})]
    assert run.requests[-1]["method"] == "PATCH"
    found = {item["naam"]: item["waarde"] for item in zgw.state.of("zaakeigenschappen", "zaak", zaak)}
    assert found == {"kenteken": "XY-99-ZZ", "bedrag": "12"}


def test_create_eigenschap_replaces_the_last_of_several_values(run, zgw):
    zaak = run.zaak()
    values = [{"url": f"{zaak}/zaakeigenschappen/{n}", "naam": "kenteken", "waarde": n} for n in ("first", "last")]
    zgw.fault("GET", "/zaakeigenschappen", 200, values)
    run("CreateEigenschap", zaakUrl=zaak, eigenschap={"naam": "kenteken", "waarde": "AB"})
    assert run.requests[-1]["path"].endswith("/zaakeigenschappen/last")


def test_create_eigenschap_finds_the_eigenschap_on_a_later_page(run, zgw, main):
    zaak = run.zaak()
    zgw.page_size = 1
    for naam in main["eigenschappen"]:
        run.done("CreateEigenschap", zaakUrl=zaak, eigenschap={"naam": naam, "waarde": "1"})
        assert run.writes[0][1]["eigenschap"] == main["eigenschappen"][naam]


def test_create_eigenschap_takes_the_zaaktype_from_the_variable(run, main):
    run.done("CreateEigenschap", zaakUrl=run.zaak(), eigenschap={"naam": "kenteken", "waarde": "1"}, zaaktype=main["zaaktype"])
    assert ("GET", "zaken/UUID") not in run.lines
    assert run.query(run.only("GET", "eigenschappen")) == {"zaaktype": main["zaaktype"]}


@pytest.mark.parametrize("other", [None, "", 5, {"url": "https://ztc.test/1"}], ids=repr)
def test_create_eigenschap_reads_the_zaaktype_when_the_variable_is_no_text(run, main, other):
    run.done("CreateEigenschap", zaakUrl=run.zaak(), eigenschap={"naam": "kenteken", "waarde": "1"}, zaaktype=other)
    assert ("GET", "zaken/UUID") in run.lines
    assert len(run.writes) == 1


def test_create_eigenschap_sends_nlx_headers_with_the_write_alone(run):
    zaak, more = run.zaak(), {"NLXProcessId": "p-1", "NLXSubjectIdentifier": "s-1"}
    for waarde in "AB", "CD":
        run.done("CreateEigenschap", zaakUrl=zaak, eigenschap={"naam": "kenteken", "waarde": waarde}, **more)
        for request in run.requests:
            wanted = ("p-1", "s-1") if request["method"] != "GET" else (None, None)
            names = "X-NLX-Request-Process-Id", "X-NLX-Request-Subject-Identifier"
            assert tuple(run.header(request, name) for name in names) == wanted


@pytest.mark.parametrize("waarde", NOTHING, ids=repr)
def test_create_eigenschap_without_a_value_does_nothing(run, waarde):
    assert run.done("CreateEigenschap", zaakUrl=run.zaak(), eigenschap={"naam": "kenteken", "waarde": waarde}) == {}
    assert run.requests == []


@pytest.mark.parametrize("waarde", [0, 5, 1.5, False], ids=repr)
def test_create_eigenschap_takes_numbers_and_false_for_values(run, zgw, waarde):
    zaak = run.zaak()
    zgw.fault("POST", "/zaakeigenschappen", 201, {"url": f"{zaak}/zaakeigenschappen/1"})
    run.done("CreateEigenschap", zaakUrl=zaak, eigenschap={"naam": "bedrag", "waarde": waarde})
    sent = run.writes[0][1]["waarde"]
    assert (sent, type(sent)) == (waarde, type(waarde))


@pytest.mark.parametrize(
    "given, word",
    [
        ({"waarde": "AB"}, "naam"),
        ({"naam": "", "waarde": "AB"}, "naam"),
        ({"naam": None, "waarde": "AB"}, "naam"),
        ({"naam": 5, "waarde": "AB"}, "naam"),
        ({"naam": "kenteken"}, "waarde"),
        ({"naam": "kenteken", "waarde": [1]}, "waarde"),
        ({"naam": "kenteken", "waarde": {"a": 1}}, "waarde"),
    ],
)
def test_create_eigenschap_refuses_what_is_incomplete_before_anything_is_sent(run, given, word):
    run.failed("CreateEigenschap", "eigenschap", word, zaakUrl=run.zaak(), eigenschap=given)
    assert run.requests == []


@pytest.mark.parametrize("naam", ["Kenteken", "kleur"])
def test_create_eigenschap_that_the_zaaktype_does_not_have_writes_nothing(run, log, naam):
    assert run.done("CreateEigenschap", zaakUrl=run.zaak(), eigenschap={"naam": naam, "waarde": "AB"}) == {}
    assert run.writes == []
    assert any("warning" in line.lower() and f"no eigenschap {naam}" in line for line in log().splitlines())


def test_create_eigenschap_tells_the_words_of_a_refusal(run, zgw):
    zaak = run.zaak()
    zgw.fault("POST", "/zaakeigenschappen", 400, run.refusal(("waarde", "max_length", "Te lang.")))
    run.failed("CreateEigenschap", "create the eigenschap", "400", "Te lang.", zaakUrl=zaak,
               eigenschap={"naam": "kenteken", "waarde": "AB"})  # fmt: skip


def test_create_eigenschap_never_sends_again_what_may_have_been_carried_out(run, zgw):
    zaak = run.zaak()
    zgw.fault("POST", "/zaakeigenschappen", kind="close", done=True)
    run.failed("CreateEigenschap", "may have been carried out", zaakUrl=zaak, eigenschap={"naam": "kenteken", "waarde": "AB"})
    assert len(run.writes) == 1
