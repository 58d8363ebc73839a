"""The unit SendEmailTask against the stand-in of a mail server."""
import email.utils
import re
import subprocess

import pytest

FULL = {
    "vraag": "Klopt de tekening?",
    "zaakIdentificatie": "ZAAK-2026-0000000001",
    "zaakOmschrijving": "Dakkapel",
    "doReviewUrl": "https://zac.example/review?uuid=1",
    "reviewType": "accordering",
    "zaakDetailUrl": "https://zac.example/zaak/1",
    "deadline": "2026-02-03",
}


def test_the_mail_has_the_right_headers(mailer):
    mail = mailer.sent("email.subject", "Uw café-vergunning: 5 € per stoel")
    headers = dict(mail["headers"])
    assert mail["to"] == ["kim@example.org"] and headers["To"] == "kim@example.org"
    assert mail["from"] == headers["From"] == "zaken@example.nl"
    assert headers["Reply-To"] == "bouwen@gemeente.example"
    assert mail["subject"] == "Uw café-vergunning: 5 € per stoel"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert re.fullmatch(r"<[^<>\s@]+@[^<>\s@]+>", headers["Message-ID"])
    assert email.utils.parsedate_to_datetime(headers["Date"]).tzinfo is not None
    assert mail["types"] == ["multipart/alternative", "text/plain", "text/html"] and mail["parts"] == []


def test_generiek_shows_the_content_and_keeps_its_lines(mailer):
    mail = mailer.sent()
    blocks = mail["text"].rstrip("\n").split("\n\n")
    assert blocks[0] == "Beste Kim van Test," and blocks[1] == "Eerste regel\nTweede regel"
    assert blocks[3] == "Afdeling Bouwen" and len(blocks) == 5
    assert "Eerste regel<br>\nTweede regel" in mail["html"]
    assert '<html lang="nl">' in mail["html"] and "<title>Uw zaak</title>" in mail["html"]
    assert not re.search(r"(src|href)=|url\(|@import", mail["html"]), "something is loaded from elsewhere"


def test_html_is_escaped_in_html_only(mailer):
    evil = "<script>alert('1 & 2')</script> \"q\""
    mail = mailer.sent("email.content", evil, "receiver.name", evil, "email.subject", evil)
    assert mail["text"].count(evil) == 2
    assert "<script>" not in mail["html"]
    assert mail["html"].count("&lt;script&gt;alert(&#39;1 &amp; 2&#39;)&lt;/script&gt; &quot;q&quot;") == 3


def test_a_blank_content_is_allowed(mailer):
    mail = mailer.sent("email.content", " \n ")
    assert "Kim van Test" in mail["text"] and "<p style=\"margin: 0 0 16px;\"></p>" not in mail["html"]


def test_values_are_trimmed_numbers_are_texts_and_unknown_members_are_passed_over(mailer):
    mail = mailer.sent("receiver.email", " kim@example.org\n", "receiver.name", "\u00a0Kim\u2003", "email.content", 12,
                       "email.extra", [1], "context.extra", None)
    assert mail["to"] == ["kim@example.org"]
    assert "Beste Kim,\n\n12\n" in mail["text"]


@pytest.mark.parametrize("template", ["accordering", "advies"])
def test_a_review_is_asked_for_with_links_and_deadline(mailer, template):
    mail = mailer.sent(template=template, context=FULL)
    link = "https://zac.example/review?uuid=1&assignee=user%3Akim"
    assert f"\n{link}\n" in mail["text"] and f'href="{link.replace("&", "&amp;")}"' in mail["html"]
    for part in mail["text"], mail["html"]:
        assert "03-02-2026" in part and "2026-02-03" not in part
        assert "https://zac.example/zaak/1" in part
        for word in "ZAAK-2026-0000000001", "Dakkapel", "accordering", "Klopt de tekening?", "Tweede regel":
            assert word in part


def test_nen2580_frames_the_content(mailer):
    mail = mailer.sent(template="nen2580")
    assert 0 < mail["text"].index("beoordeeld") < mail["text"].index("Tweede regel") < mail["text"].index("opnieuw aanleveren")


def test_verzoek_afgehandeld_points_to_the_zaak(mailer):
    mail = mailer.sent(template="verzoek_afgehandeld", context=FULL)
    assert "Klopt de tekening?" in mail["text"] and 'href="https://zac.example/zaak/1"' in mail["html"]


@pytest.mark.parametrize("template", ["generiek", "accordering", "advies", "nen2580", "verzoek_afgehandeld"])
def test_no_tag_is_left_in_any_template(mailer, template):
    mail = mailer.sent(template=template, context=FULL)
    assert not re.search(r"\{\{|\}\}", mail["text"] + mail["html"])
    assert not mail["text"].startswith("\n") and "\n\n\n" not in mail["text"]


@pytest.mark.parametrize("given, shown", [
    ("test.example?uuid=1", "test.example?uuid=1&assignee=user%3Akim"),
    ("https://zac.example:8443/r", "https://zac.example:8443/r?assignee=user%3Akim"),
    ("https://zac.example/r?", "https://zac.example/r?assignee=user%3Akim"),
    ("https://zac.example/r?a=1#deel", "https://zac.example/r?a=1&assignee=user%3Akim#deel"),
    ("//zac.example/r", "//zac.example/r?assignee=user%3Akim"),
    ("zac.example:8443/r#?", "zac.example:8443/r?assignee=user%3Akim#?"),
])
def test_the_assignee_becomes_a_query_parameter(mailer, given, shown):
    mail = mailer.sent(template="advies", context=FULL | {"doReviewUrl": given})
    assert f"\n{shown}\n" in mail["text"]
    href = shown if shown.startswith("http") else "https://" + shown.removeprefix("//")
    assert f'href="{href.replace("&", "&amp;")}"' in mail["html"]


def test_without_an_assignee_the_link_stays_as_it_is(mailer):
    mail = mailer.sent("receiver.assignee", ..., template="advies", context=FULL)
    assert "\nhttps://zac.example/review?uuid=1\n" in mail["text"]


@pytest.mark.parametrize("path", ["sender.name", "sender.email", "receiver.name", "receiver.email", "email.subject",
                                  "email.content"])
def test_a_missing_member_is_named(mailer, path):
    message = mailer.failed(path, ...)
    assert all(word in message for word in path.split(".")), message


@pytest.mark.parametrize("path", ["sender.name", "sender.email", "receiver.name", "receiver.email", "receiver.assignee",
                                  "email.subject", "context.vraag", "context.deadline", "context.doReviewUrl"])
@pytest.mark.parametrize("value", ["", " \t\n", None, True, {"a": 1}, ["a"]])
def test_a_blank_or_wrong_member_is_named(mailer, path, value):
    message = mailer.failed(path, value)
    assert all(word in message for word in path.split(".")), message


@pytest.mark.parametrize("address", ["kim", "kim@", "@x.example", "kim@x", "a@b@x.example", "a b@x.example",
                                     "kim@x.example\r\nBcc: c@d.example", "Kim <kim@x.example>", "a,b@x.example",
                                     ".kim@x.example", "k..m@x.example", "kim.@x.example", "kim@-x.example", "kim@x..example",
                                     "kim@x.example.", "k\u00ecm@x.example", "a" * 65 + "@x.example"])
@pytest.mark.parametrize("path", ["sender.email", "receiver.email"])
def test_an_address_that_is_none_is_refused(mailer, path, address):
    message = mailer.failed(path, address)
    assert all(word in message for word in path.split(".")) and "Bcc" not in message


@pytest.mark.parametrize("path", ["email.subject", "receiver.name", "sender.name"])
@pytest.mark.parametrize("value", ["a\r\nBcc: x@y.example", "a\nb", "a\x07b"])
def test_control_characters_are_refused_where_one_line_is_meant(mailer, path, value):
    assert "control character" in mailer.failed(path, value)


@pytest.mark.parametrize("date", ["03-02-2026", "2026-2-3", "2026-02-30", "2025-02-29", "2026-13-01", "2026-00-10",
                                  "2026-02-03T10:00:00", "morgen", 20260203])
def test_a_deadline_that_is_no_date_is_refused(mailer, date):
    assert "deadline" in mailer.failed("context.deadline", date)


@pytest.mark.parametrize("url", ["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "https://x.example/a b",
                                 "https://x.example/\"onclick=", "file:///etc/passwd", "https://", "mailto:a@b.example", "/zaak/1", "?a=1", "//", "///a"])
@pytest.mark.parametrize("name", ["doReviewUrl", "zaakDetailUrl"])
def test_a_link_that_is_no_web_address_is_refused(mailer, name, url):
    assert name in mailer.failed(f"context.{name}", url)


@pytest.mark.parametrize("template", ["accordering", "advies"])
@pytest.mark.parametrize("name", sorted(FULL))
def test_a_review_needs_all_of_its_context(mailer, template, name):
    message = mailer.failed(f"context.{name}", ..., template=template, context=FULL)
    assert name in message and template in message


def test_an_unknown_template_is_refused_with_those_that_exist(mailer):
    message = mailer.failed(template="herinnering")
    assert "herinnering" in message and "accordering, advies, generiek, nen2580, verzoek_afgehandeld" in message
    assert "template" in mailer.failed(template="../generiek")
    assert "template" in mailer.failed(template="frame")


@pytest.mark.parametrize("variable", ["sender", "receiver", "email", "template"])
@pytest.mark.parametrize("value", [..., None])
def test_every_variable_is_required(mailer, variable, value):
    assert variable in mailer.failed(variable, value)


def test_the_context_must_be_there_but_may_be_empty(mailer):
    assert "context" in mailer.failed("context", ...)
    assert "context" in mailer.failed("context", ["a"])
    mailer.sent(context={})


def test_a_folder_of_ones_own_replaces_the_templates(mailer, conf, tmp_path):
    folder = tmp_path / "eigen"
    folder.mkdir()
    (folder / "herinnering.txt").write_text("Dag {{receiver.name}} {{#vraag}}{{vraag}}{{/vraag}}\n")
    (folder / "herinnering.html").write_text("<p>{{receiver.name}}</p>\n")
    conf.section("plugin mail", templates=folder)
    mail = mailer.sent(template="herinnering")
    assert mail["text"].strip() == "Dag Kim van Test" and mail["html"].strip() == "<p>Kim van Test</p>"


@pytest.mark.parametrize("name, text, word", [
    ("x.txt", "{{receiver.nam}}", "receiver.nam"),
    ("x.html", "{{{vraag}}}", "not allowed in HTML"),
    ("x.html", b"caf\xe9", "UTF-8"),
    ("frame.txt", "no mark", "{{body}}"),
    ("y.txt", "alone", "y.html"),
])
def test_a_wrong_template_stops_the_start_and_is_named(mailer, conf, tmp_path, bptl, name, text, word):
    (tmp_path / "x.txt").write_text("a")
    (tmp_path / "x.html").write_text("a")
    (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    conf.section("plugin mail", templates=tmp_path)
    done = subprocess.run([bptl, "check", "--conf", conf.write()], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60)
    assert done.returncode != 0
    assert word in done.stdout + done.stderr and name.split(".")[0] in done.stdout + done.stderr
