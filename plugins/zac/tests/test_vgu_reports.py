"""ZacEmailVGUReports against the stand-ins of the ZAC and of a mail server; the workbook is read with openpyxl."""
import base64
import datetime
import io
import os
import re
import subprocess
import zipfile
import zoneinfo

import openpyxl
import pytest
from settings import APP

UNIT = "ZacEmailVGUReports"
AMSTERDAM = zoneinfo.ZoneInfo("Europe/Amsterdam")
PATHS = ["/zac/api/search/vgu-reports/zaken", "/zac/api/search/vgu-reports/informatieobjecten",
         "/zac/api/accounts/management/axes/logs"]
OCTOBER = {"startPeriod": "2025-10-01", "endPeriod": "2025-10-31T23:59:59"}
TO = ["beheer@gemeente.test"]


@pytest.fixture
def reports(zgw):
    """What the ZAC answers; empty at first."""
    zgw.state.reports = {"zaken": [], "informatieobjecten": [], "logs": []}
    return zgw.state.reports


@pytest.fixture
def mailed(run, smtp):
    """Runs the unit and gives the one mail that came of it."""
    def send(**variables):
        assert run.done(UNIT, **{"recipientList": TO, **OCTOBER, **variables}) == {}
        assert len(smtp.mails) == 1
        return smtp.mails[0]
    return send


@pytest.fixture
def sheets(mailed):
    """The workbook that was mailed, and the values of its sheets without their titles."""
    def read(**variables):
        [part] = [part for part in mailed(**variables)["parts"] if part["disposition"] == "attachment"]
        book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(part["base64"])))
        return book, {sheet.title: [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)] for sheet in book}
    return read


def zaak(number, date="2025-10-02", **more):
    return {"identificatie": f"ZAAK-{number}", "omschrijving": "Lantaarnpaal", "zaaktype": "Melding", "registratiedatum": date,
            "initiator": "Inwoner", "objecten": [], "aantalInformatieobjecten": 0, **more}  # fmt: skip


def document(**more):
    return {"auteur": "balie", "bestandsnaam": "a.txt", "beschrijving": "Een brief", "informatieobjecttype": "Aanvraag",
            "creatiedatum": "2025-10-05", "gerelateerdeZaken": ["ZAAK-1: Melding"], **more}  # fmt: skip


def user(naam, **more):
    return {"naam": naam, "email": "a@b.test", "gebruikersnaam": "a", "totalLogins": 0, "loginsPerDay": {}, **more}


# ---- the requests ----------------------------------------------------------------------------------------------------

def test_the_zac_is_asked_three_times_with_the_same_body(run, mailed):
    mailed(recipientList=["a@gemeente.test", "b@gemeente.test"], startPeriod="2025-10-01T00:00:00Z")
    assert [(request["method"], request["path"]) for request in run.requests] == [("POST", path) for path in PATHS]
    body = {"recipientList": ["a@gemeente.test", "b@gemeente.test"], "startPeriod": "2025-10-01T02:00:00+02:00",
            "endPeriod": "2025-10-31T23:59:59+01:00"}
    assert [request["body"] for request in run.requests] == [body] * 3


def test_without_dates_it_is_about_last_month(run, mailed):
    before = datetime.datetime.now(AMSTERDAM)
    mailed(startPeriod=..., endPeriod=None)
    end = before.replace(day=1, hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - datetime.timedelta(seconds=1)
    start = end.replace(day=1, hour=0, minute=0, second=0)
    if datetime.datetime.now(AMSTERDAM).month != before.month:
        pytest.skip("the month ended meanwhile")
    body = run.requests[0]["body"]
    assert body["startPeriod"] == start.replace(tzinfo=AMSTERDAM).isoformat()
    assert body["endPeriod"] == end.replace(tzinfo=AMSTERDAM).isoformat()


def test_one_date_is_enough(run, smtp):
    run.done(UNIT, recipientList=TO, endPeriod="2025-10-20")
    assert run.requests[0]["body"]["startPeriod"] == "2025-10-01T00:00:00+02:00"
    run.done(UNIT, recipientList=TO, startPeriod={"type": "Date", "value": "2026-01-05T00:00:00.000+0100"})
    assert run.requests[0]["body"]["startPeriod"] == "2026-01-05T00:00:00+01:00"
    end = datetime.datetime.fromisoformat(run.requests[0]["body"]["endPeriod"])
    assert abs((datetime.datetime.now(AMSTERDAM) - end).total_seconds()) < 60


@pytest.mark.parametrize("app, client", [(..., "bptl"), (APP, "app")], ids=["without", "with"])
def test_the_credentials_are_the_apps_when_there_is_one(run, mailed, app, client):
    mailed(bptlAppId=app)
    assert {request["client"] for request in run.requests} == {client}


# ---- the sheets ------------------------------------------------------------------------------------------------------

def test_the_sheets_have_titles_in_bold_that_stay_filters_and_fitting_columns(sheets, reports):
    reports["zaken"] = [zaak(1, omschrijving="Eerste regel\nEen tweede regel die langer is")]
    book, _ = sheets()
    assert book.sheetnames == ["Zaken", "Informatieobjecten", "Gebruikers"]
    titles = {sheet.title: [cell.value for cell in sheet[1]] for sheet in book}
    assert titles["Zaken"] == ["Identificatie", "Omschrijving", "Zaaktype", "Registratiedatum", "Initiator", "Object",
                               "Objecttype", "Aantal Informatieobjecten"]
    assert titles["Informatieobjecten"] == ["Auteur", "Bestandsnaam", "Beschrijving", "Informatieobjecttype", "Creatiedatum",
                                            "Gerelateerde Zaken", "Zaaktype"]
    assert titles["Gebruikers"] == ["Naam", "Email", "Gebruikersnaam", "Totaal"] + [
        f"2025-10-{day:02d}" for day in range(1, 32)]  # fmt: skip
    for sheet in book:
        assert all(cell.font.bold for cell in sheet[1])
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref.startswith("A1")
    assert book["Zaken"].auto_filter.ref == "A1:H2"
    # a width counts in the digits of the font, of which the file holds a little more for the margins
    widths = {column: book["Zaken"].column_dimensions[column].width for column in "ABDF"}
    for column, text in ("A", "Identificatie"), ("B", "Een tweede regel die langer is"), ("D", "Registratiedatum"), ("F", "N.v.t."):
        assert len(text) + 2 <= widths[column] < len(text) + 3, widths


def test_a_zaak_has_a_row_for_each_of_its_objects(sheets, reports):
    reports["zaken"] = [
        zaak(1, objecten=[{"object": "Paal 1", "objecttype": "paal"}, {"object": "Paal 2", "objecttype": None}]),
        zaak(2, objecten=[]), zaak(3, objecten=None), zaak(4, objecten="Een boom"), zaak(5, objecten=["Bank", 7]),
        zaak(6, objecten=""),
    ]  # fmt: skip
    _, found = sheets()
    assert [(row[0], row[5], row[6]) for row in found["Zaken"]] == [
        ("ZAAK-1", "Paal 1", "paal"), ("ZAAK-1", "Paal 2", None), ("ZAAK-2", "N.v.t.", "N.v.t."),
        ("ZAAK-3", "N.v.t.", "N.v.t."), ("ZAAK-4", "Een boom", None), ("ZAAK-5", "Bank", None), ("ZAAK-5", "7", None),
        ("ZAAK-6", "N.v.t.", "N.v.t."),
    ]  # fmt: skip


def test_zaken_come_in_the_order_of_their_dates_and_without_one_last(sheets, reports):
    reports["zaken"] = [
        zaak(1, "onbekend"), zaak(2, "2025-10-03"), zaak(3, "2025-10-01T23:30:00-02:00"), zaak(4, None), zaak(5, "2025-10-01"),
        zaak(6, "2025-10-01T00:30:00+02:00"), zaak(7, "2025-10-03"),
    ]  # fmt: skip
    book, found = sheets()
    day = datetime.datetime
    assert [(row[0], row[3]) for row in found["Zaken"]] == [
        ("ZAAK-6", day(2025, 9, 30)), ("ZAAK-5", day(2025, 10, 1)), ("ZAAK-3", day(2025, 10, 2)), ("ZAAK-2", day(2025, 10, 3)),
        ("ZAAK-7", day(2025, 10, 3)), ("ZAAK-1", "onbekend"), ("ZAAK-4", None),
    ]  # fmt: skip
    assert book["Zaken"]["D2"].number_format == "yyyy-mm-dd"


def test_the_count_of_documents_may_have_either_name(sheets, reports):
    reports["zaken"] = [zaak(1, aantalInformatieobjecten=3), zaak(2, aantalInformatieobjecten=None, aantal_informatieobjecten=4),
                        {"identificatie": "ZAAK-3"}]  # fmt: skip
    _, found = sheets()
    assert [row[7] for row in found["Zaken"]] == [3, 4, 0]


def test_a_document_has_a_row_for_each_of_its_zaken(sheets, reports):
    reports["informatieobjecten"] = [document(gerelateerdeZaken=["ZAAK-2:  Vergunning: bouw", "ZAAK-1"]),
                                     document(auteur="zonder", gerelateerdeZaken=[])]  # fmt: skip
    _, found = sheets()
    date = datetime.datetime(2025, 10, 5)
    assert found["Informatieobjecten"] == [
        ["balie", "a.txt", "Een brief", "Aanvraag", date, "ZAAK-2:  Vergunning: bouw", "Vergunning: bouw"],
        ["balie", "a.txt", "Een brief", "Aanvraag", date, "ZAAK-1", "ZAAK-1"],
        ["zonder", "a.txt", "Een brief", "Aanvraag", date, None, None],
    ]  # fmt: skip


def test_documents_are_sorted_by_date_type_name_author_and_zaaktype(sheets, reports):
    reports["informatieobjecten"] = [
        document(beschrijving="9", creatiedatum=None), document(beschrijving="8", creatiedatum="ooit", informatieobjecttype="a"),
        document(beschrijving="7", informatieobjecttype="besluit"), document(beschrijving="5", auteur="Ébert"),
        document(beschrijving="3", gerelateerdeZaken=["ZAAK-1: zand"]),
        document(beschrijving="2", gerelateerdeZaken=["ZAAK-9: Water"]), document(beschrijving="6", bestandsnaam="B.txt"),
        document(beschrijving="4", auteur="ébart"), document(beschrijving="1", creatiedatum="2025-10-04", informatieobjecttype="z"),
    ]  # fmt: skip
    _, found = sheets()
    assert [row[2] for row in found["Informatieobjecten"]] == ["1", "2", "3", "4", "5", "6", "7", "8", "9"]
    assert [row[4] for row in found["Informatieobjecten"]][-2:] == ["ooit", None]


def test_users_are_sorted_by_name_with_a_number_for_each_day(sheets, reports):
    reports["logs"] = [user("bakker"), user("Élise", totalLogins=2),
                       user("Aerts", totalLogins=5, loginsPerDay={"2025-10-26": 4, "2025-10-01": 1, "2025-11-01": 9})]  # fmt: skip
    _, found = sheets(startPeriod="2025-10-01T22:00:00Z", endPeriod="2025-10-26T23:30:00Z")
    assert [row[0] for row in found["Gebruikers"]] == ["Aerts", "bakker", "Élise"]
    aerts = found["Gebruikers"][0]
    # from 2 to 27 October, as the clocks of Amsterdam have it
    assert len(aerts) == 4 + 26 and aerts[3] == 5
    assert aerts[4:] == [0] * 24 + [4, 0]


def test_odd_values_are_shown_and_formulas_stay_text(sheets, reports):
    reports["zaken"] = [zaak(1, omschrijving="=1+1", zaaktype={"omschrijving": "x"}, initiator=12.5),
                        zaak(2, omschrijving="x" * 40000, zaaktype="\U0001f600" * 20000, initiator="a\x01b")]  # fmt: skip
    book, found = sheets()
    assert book["Zaken"]["B2"].data_type == "s" and found["Zaken"][0][1] == "=1+1"
    assert (found["Zaken"][0][2], found["Zaken"][0][4]) == ('{"omschrijving": "x"}', "12.5")
    assert found["Zaken"][1][1] == "x" * 32767 and found["Zaken"][1][2] == "\U0001f600" * 16383


def test_a_large_report_is_complete(sheets, reports):
    reports["zaken"] = [zaak(number, objecten=[{"object": str(n), "objecttype": "x"} for n in range(3)]) for number in range(5000)]
    _, found = sheets()
    assert len(found["Zaken"]) == 15000


def test_a_period_with_more_days_than_a_sheet_has_columns_is_a_failure(run, smtp, reports):
    run.failed(UNIT, "shorter period", recipientList=TO, startPeriod="1970-01-01", endPeriod="2025-10-31")
    assert not smtp.mails


# ---- the mail --------------------------------------------------------------------------------------------------------

def test_the_mail_goes_to_all_with_the_workbook(mailed):
    mail = mailed(recipientList=["a@gemeente.test", "b@gemeente.test"])
    assert mail["to"] == ["a@gemeente.test", "b@gemeente.test"]
    assert dict(mail["headers"])["To"].replace(" ", "") == "a@gemeente.test,b@gemeente.test"
    assert mail["subject"] == "Rapport gebruik VIL"
    for part in mail["text"], re.sub("<.*?>", "", mail["html"]):
        for words in "Beste collega", "in de periode 01-10-2025 tot en met 31-10-2025.", "De beheerders van VIL", "niet beantwoorden":
            assert words in part
    [attached] = [part for part in mail["parts"] if part["disposition"] == "attachment"]
    assert attached["name"] == "vgurapport_2025-10-01-2025-10-31.xlsx"
    assert attached["type"] == "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    assert zipfile.ZipFile(io.BytesIO(base64.b64decode(attached["base64"]))).testzip() is None


def inline(mail):
    return [part for part in mail["parts"] if part["disposition"] == "inline"]


def test_the_crest_is_in_the_mail(mailed):
    mail = mailed()
    [crest] = inline(mail)
    assert (crest["type"], crest["content_id"]) == ("image/svg+xml", "<wapen_utrecht_cid>")
    assert b"<svg" in base64.b64decode(crest["base64"])
    assert 'src="cid:wapen_utrecht_cid"' in mail["html"]


def test_a_deployment_has_a_crest_of_its_own(conf, run, mailed, tmp_path):
    own = '<svg xmlns="http://www.w3.org/2000/svg"/>'
    (tmp_path / "eigen.svg").write_text(own)
    conf.section("plugin zac", crest=tmp_path / "eigen.svg")
    assert base64.b64decode(inline(mailed())[0]["base64"]).decode() == own


def test_without_a_crest_no_image_is_shown(conf, run, mailed, build, tmp_path):
    (tmp_path / "zac.so").write_bytes((build / "plugins" / "zac.so").read_bytes())
    conf.section("plugin zac", library=tmp_path / "zac.so")
    mail = mailed()
    assert inline(mail) == [] and "cid:" not in mail["html"]


@pytest.mark.parametrize("text", [None, "geen plaatje", "<svg" + " " * 1024 * 1024], ids=["absent", "text", "large"])
def test_a_crest_that_cannot_be_used_is_found_at_the_start(bptl, conf, run, tmp_path, text):
    if text is not None:
        (tmp_path / "eigen.svg").write_text(text)
    conf.section("plugin zac", crest=tmp_path / "eigen.svg").topic("rapport", f"zac.{UNIT}")
    done = subprocess.run([bptl, "check", "--conf", conf.write()], capture_output=True, text=True, timeout=60)
    assert done.returncode == 78 and str(tmp_path / "eigen.svg") in done.stdout + done.stderr


# ---- what fails ------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("empty", [..., None, "", []], ids=repr)
def test_no_recipient_fails_before_anything_is_sent(run, smtp, empty):
    run.failed(UNIT, "recipientList", recipientList=empty)
    assert run.requests == [] and not smtp.mails


@pytest.mark.parametrize("wrong", ["geen adres", "a@b.test, c@d.test", "a@b.test\r\nBcc: c@d.test", "", None, 5], ids=repr)
def test_one_address_that_is_none_fails_before_anything_is_sent(run, smtp, wrong):
    run.failed(UNIT, "recipientList", "entry 2", recipientList=["a@gemeente.test", wrong])
    assert run.requests == [] and not smtp.mails


@pytest.mark.parametrize("name", ["startPeriod", "endPeriod"])
@pytest.mark.parametrize("value", ["vorige week", "2025-02-30", "2999-01-01", 5, ["2025-01-01"]], ids=repr)
def test_a_wrong_date_fails_before_anything_is_sent(run, smtp, name, value):
    run.failed(UNIT, name, recipientList=TO, **{**OCTOBER, name: value})
    assert run.requests == [] and not smtp.mails


def test_a_period_that_ends_before_it_begins_fails_before_anything_is_sent(run, smtp):
    run.failed(UNIT, "startPeriod", recipientList=TO, startPeriod="2025-10-02", endPeriod="2025-10-01")
    assert run.requests == [] and not smtp.mails


@pytest.mark.parametrize("path", PATHS)
def test_a_refused_report_fails_and_nothing_is_mailed(run, smtp, zgw, path):
    zgw.fault("POST", path, 403)
    run.failed(UNIT, "403", recipientList=TO, **OCTOBER)
    assert not smtp.mails


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 502}, {"kind": "reset"}], ids=repr)
def test_trouble_with_a_report_is_tried_again_and_nothing_is_mailed(run, smtp, zgw, path, fault):
    zgw.fault("POST", path, **fault, times=-1)
    run.failed(UNIT, permanent=False, recipientList=TO, **OCTOBER)
    assert not smtp.mails


@pytest.mark.parametrize("answer", [{"results": []}, ["x"], [[]], None], ids=repr)
def test_an_answer_of_another_shape_fails_and_nothing_is_mailed(run, smtp, zgw, answer):
    zgw.fault("POST", PATHS[1], 200, answer if answer is not None else "null")
    run.failed(UNIT, "ask for the report of documents", recipientList=TO, **OCTOBER)
    assert not smtp.mails


def test_a_folder_for_the_workbook_that_is_not_there_is_tried_again_later(run, smtp, monkeypatch):
    monkeypatch.setenv("TMPDIR", "/nergens")
    run.failed(UNIT, "/nergens", permanent=False, recipientList=TO, **OCTOBER)
    assert not smtp.mails


def test_no_file_is_left_behind(mailed, monkeypatch, tmp_path):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    mailed()
    assert os.listdir(folder) == []
