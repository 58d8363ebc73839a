"""The units LockDocument, UnlockDocument and SetIndicatieGebruiksrecht against the stand-in of the ZGW APIs."""

import json
import subprocess
import time

import pytest
from settings import APP
from zgw import ZgwStandIn


@pytest.fixture
def strict(zgw):
    """An API that unlocks with the right id only."""
    zgw.force_unlock = False
    return zgw


@pytest.fixture
def documents(zgw):
    """Two documents that the zaaktypen allow."""
    return zgw.seed["documents"][:2]


def uuid_of(document):
    return document.rsplit("/", 1)[1]


def indicaties(zgw, documents):
    return [zgw.state.get("enkelvoudiginformatieobjecten", document)["indicatieGebruiksrecht"] for document in documents]


def operations(run):
    """The requests to the Documenten API: what was done to which document."""
    found = []
    for request in run.requests:
        if "/enkelvoudiginformatieobjecten/" in request["path"]:
            tail = request["path"].split("/enkelvoudiginformatieobjecten/")[1].split("/")
            found.append((request["method"], tail[1] if len(tail) > 1 else "", tail[0]))
    return found


# ---- LockDocument and UnlockDocument ---------------------------------------------------------------------------------

def test_lock_and_unlock_a_document(run, strict, documents):
    document = documents[0]
    out = run.done("LockDocument", informatieobject=document)
    assert out == {"lockId": strict.state.locks[document]}
    assert [(r["method"], r["path"], r["body"]) for r in run.requests] == [
        ("POST", document.removeprefix(strict.url) + "/lock", {})
    ]  # fmt: skip
    assert run.done("UnlockDocument", informatieobject=document, lockId=out["lockId"]) == {}
    assert [(r["method"], r["path"], r["body"]) for r in run.requests] == [
        ("POST", document.removeprefix(strict.url) + "/unlock", {"lock": out["lockId"]})
    ]  # fmt: skip
    assert strict.state.locks == {}


@pytest.mark.parametrize("unit", ["LockDocument", "UnlockDocument"])
def test_the_documenten_api_is_found_by_the_url_and_the_credentials_of_the_app_are_used(run, strict, conf, documents, unit):
    conf.topic(f"zgw.{unit}", f"zgw.{unit}", "zaken")
    strict.state.locks.update({documents[0]: "a1"} if unit == "UnlockDocument" else {})
    run.done(unit, informatieobject=documents[0], lockId="a1")
    assert [request["client"] for request in run.requests] == [strict.app_id_client]


def test_of_two_roots_the_longest_that_is_a_prefix_is_used(run, zgw, conf, documents):
    conf.section("service breed", type="drc", root=zgw.url + "/documenten/", auth="none")
    conf.section("service ernaast", type="drc", root=zgw.documenten + "enkelvoudiginformatieobjecten/0", auth="none")
    conf.topic("zgw.LockDocument", "zgw.LockDocument", "zaken")
    run.done("LockDocument", informatieobject=documents[0])


def test_lock_of_a_locked_document_tells_the_words_of_the_refusal(run, strict, documents):
    strict.state.locks[documents[0]] = "a1"
    run.failed("LockDocument", "lock the document", "400", "Het document is al geblokkeerd", informatieobject=documents[0])


def test_unlock_with_another_id_tells_the_words_of_the_refusal(run, strict, documents):
    strict.state.locks[documents[0]] = "a1"
    run.failed(
        "UnlockDocument", "unlock the document", "400", "Het lock ID is niet geldig", informatieobject=documents[0], lockId="b2"
    )  # fmt: skip
    assert strict.state.locks == {documents[0]: "a1"}


def test_unlock_that_was_carried_out_though_its_answer_was_lost_can_run_again(run, strict, documents):
    strict.state.locks[documents[0]] = "a1"
    strict.fault("POST", "/unlock", kind="close", done=True, times=-1)
    run.failed("UnlockDocument", "unlock the document", permanent=False, informatieobject=documents[0], lockId="a1")
    strict.faults.clear()
    assert strict.state.locks == {}
    assert run.done("UnlockDocument", informatieobject=documents[0], lockId="a1") == {}
    assert [request["method"] for request in run.requests] == ["POST", "GET"]


@pytest.mark.parametrize("status, permanent", [(403, True), (404, True), (500, False)])
def test_unlock_that_is_refused_for_another_reason_fails(run, strict, documents, status, permanent):
    strict.fault("POST", "/unlock", status, {"title": "Mag niet"}, times=-1)
    run.failed(
        "UnlockDocument", "unlock the document", str(status), "Mag niet", permanent=permanent, informatieobject=documents[0],
        lockId="a1",
    )  # fmt: skip


def test_lock_is_never_sent_again_when_it_may_have_been_carried_out(run, zgw, documents):
    zgw.fault("POST", "/lock", kind="close", done=True)
    run.failed("LockDocument", "may have been carried out", informatieobject=documents[0])
    assert len(run.requests) == 1


@pytest.mark.parametrize("unit", ["LockDocument", "UnlockDocument"])
@pytest.mark.parametrize("tail", ["/", "?versie=1", "/lock", "0", "x"])
def test_a_url_that_does_not_end_in_a_uuid_is_refused_before_anything_is_sent(run, documents, unit, tail):
    run.failed(unit, "UUID", informatieobject=documents[0] + tail, lockId="a1")
    assert run.requests == []


@pytest.mark.parametrize("unit", ["LockDocument", "UnlockDocument"])
def test_a_document_under_no_configured_root_is_refused(run, unit):
    document = "https://elders.test/documenten/api/v1/enkelvoudiginformatieobjecten/00000000-0000-4000-8000-000000000000"
    run.failed(unit, "no configured service", informatieobject=document, lockId="a1")
    assert run.requests == []


# ---- SetIndicatieGebruiksrecht ---------------------------------------------------------------------------------------

@pytest.fixture
def zaak(run, strict, documents):
    """A zaak with both documents."""
    zaak = run.zaak()
    for document in documents:
        run.done("RelateDocumentToZaakTask", zaakUrl=zaak, informatieobject=document)
    return zaak


def test_set_indicatie_locks_all_then_changes_all_then_unlocks_all(run, strict, zaak, documents):
    assert run.done("SetIndicatieGebruiksrecht", zaakUrl=zaak) == {}
    first = run.requests[0]
    assert (first["method"], run.resource(first["path"]), run.query(first)) == ("GET", "zaakinformatieobjecten", {"zaak": zaak})
    found = operations(run)
    both = {uuid_of(document) for document in documents}
    assert [operation[:2] for operation in found] == [("POST", "lock")] * 2 + [("PATCH", "")] * 2 + [("POST", "unlock")] * 2
    assert all({name for _, _, name in found[begin : begin + 2]} == both for begin in (0, 2, 4))
    given = {r["path"].split("/")[-1]: r["body"] for r in run.requests if r["method"] == "PATCH"}
    back = {r["path"].split("/")[-2]: r["body"] for r in run.requests if r["path"].endswith("/unlock")}
    for name in both:
        assert given[name] == {"indicatieGebruiksrecht": False, "lock": back[name]["lock"]}
        assert set(back[name]) == {"lock"}
    assert (indicaties(strict, documents), strict.state.locks) == ([False, False], {})
    assert {r["client"] for r in run.requests} == {strict.app_id_client}


def test_set_indicatie_sends_each_phase_at_once(run, zgw, zaak, documents):
    zgw.latency = 0.4
    begin = time.monotonic()
    run.done("SetIndicatieGebruiksrecht", zaakUrl=zaak)
    assert time.monotonic() - begin < 0.4 * len(run.requests)


def test_set_indicatie_of_a_zaak_without_documents_changes_nothing(run):
    assert run.done("SetIndicatieGebruiksrecht", zaakUrl=run.zaak()) == {}
    assert run.lines == [("GET", "zaakinformatieobjecten")]


def test_set_indicatie_in_several_documenten_apis(run, strict, conf, zaak, documents):
    with ZgwStandIn() as other:
        other.force_unlock = False
        conf.section(
            "service elders", type="drc", root=other.documenten, auth="zgw", client_id=other.client_id,
            secret_file=conf.secret("elders", other.secret),
        )  # fmt: skip
        conf.topic("zgw.SetIndicatieGebruiksrecht", "zgw.SetIndicatieGebruiksrecht", "zaken")
        there = other.seed["documents"][0]
        both = [{"url": zaak + "/1", "informatieobject": documents[0]}, {"url": zaak + "/2", "informatieobject": there}]
        strict.fault("GET", "/zaakinformatieobjecten", 200, both)
        run.done("SetIndicatieGebruiksrecht", zaakUrl=zaak)
        assert indicaties(strict, documents[:1]) == indicaties(other, [there]) == [False]
        assert strict.state.locks == other.state.locks == {}
        assert [(r["method"], r["client"]) for r in other.requests] == [(m, other.client_id) for m in ("POST", "PATCH", "POST")]


def test_set_indicatie_with_a_document_under_no_configured_root_locks_nothing(run, strict, zaak, documents):
    there = "https://elders.test/api/v1/enkelvoudiginformatieobjecten/00000000-0000-4000-8000-000000000000"
    strict.fault("GET", "/zaakinformatieobjecten", 200, [{"informatieobject": documents[0]}, {"informatieobject": there}])
    run.failed("SetIndicatieGebruiksrecht", "no configured service", zaakUrl=zaak)
    assert operations(run) == []


@pytest.mark.parametrize("which", [0, 1])
def test_when_one_lock_is_refused_nothing_is_changed_and_the_others_are_given_back(run, strict, zaak, documents, which):
    strict.state.locks[documents[which]] = "somebody"
    run.failed(
        "SetIndicatieGebruiksrecht", "lock the document", uuid_of(documents[which]), "Het document is al geblokkeerd",
        zaakUrl=zaak,
    )  # fmt: skip
    assert strict.state.locks == {documents[which]: "somebody"}
    assert indicaties(strict, documents) == [None, None]


@pytest.mark.parametrize("fault", [{"status": 500}, {"kind": "close"}, {"kind": "reset"}, {"kind": "garbage"}], ids=repr)
@pytest.mark.parametrize("which", [0, 1])
def test_when_one_lock_falls_over_the_others_are_given_back(run, strict, zaak, documents, which, fault):
    strict.fault("POST", uuid_of(documents[which]) + "/lock", times=-1, **fault)
    outcome = run("SetIndicatieGebruiksrecht", zaakUrl=zaak)
    assert outcome["outcome"] == "failed" and "lock the document" in outcome["message"], outcome
    assert strict.state.locks == {}
    assert indicaties(strict, documents) == [None, None]


@pytest.mark.parametrize("status, permanent", [(400, True), (403, True), (500, False), (503, False)])
@pytest.mark.parametrize("which", [0, 1])
def test_when_one_change_is_refused_nothing_stays_locked(run, strict, zaak, documents, which, status, permanent):
    strict.fault("PATCH", uuid_of(documents[which]), status, {"title": "Mag niet"})
    run.failed(
        "SetIndicatieGebruiksrecht", "set indicatieGebruiksrecht", str(status), "Mag niet", permanent=permanent, zaakUrl=zaak
    )  # fmt: skip
    assert strict.state.locks == {}
    assert sorted(operations(run))[-2:] == sorted(("POST", "unlock", uuid_of(document)) for document in documents)
    run.done("SetIndicatieGebruiksrecht", zaakUrl=zaak)
    assert indicaties(strict, documents) == [False, False]


@pytest.mark.parametrize("kind", ["close", "reset", "garbage", "truncated"])
@pytest.mark.parametrize("done", [False, True])
def test_when_the_answer_to_a_change_is_lost_nothing_stays_locked(run, strict, zaak, documents, kind, done):
    strict.fault("PATCH", uuid_of(documents[0]), kind=kind, done=done, times=-1)
    outcome = run("SetIndicatieGebruiksrecht", zaakUrl=zaak)
    assert outcome["outcome"] == "failed" and "set indicatieGebruiksrecht" in outcome["message"], outcome
    assert strict.state.locks == {}


def test_when_a_change_takes_too_long_nothing_stays_locked(run, strict, conf, zaak, documents):
    conf.section("service documenten", timeout="500ms")
    strict.fault("PATCH", uuid_of(documents[0]), kind="delay", delay=2, times=-1)
    run.failed("SetIndicatieGebruiksrecht", "set indicatieGebruiksrecht", permanent=False, zaakUrl=zaak)
    assert strict.state.locks == {}


def test_a_refused_unlock_is_tried_once_more_and_then_nothing_has_failed(run, strict, zaak, documents):
    strict.fault("POST", "/unlock", 400, {"title": "Nu niet"})
    run.done("SetIndicatieGebruiksrecht", zaakUrl=zaak)
    assert strict.state.locks == {}
    assert indicaties(strict, documents) == [False, False]


@pytest.mark.parametrize("which", [0, 1])
def test_an_unlock_that_is_always_refused_leaves_no_other_document_locked(run, strict, zaak, documents, which):
    strict.fault("POST", uuid_of(documents[which]) + "/unlock", 400, {"title": "Nooit"}, times=-1)
    run.failed("SetIndicatieGebruiksrecht", "unlock the document", uuid_of(documents[which]), "Nooit", zaakUrl=zaak)
    assert list(strict.state.locks) == [documents[which]]


@pytest.mark.parametrize("which", [0, 1])
def test_a_retry_goes_on_with_the_lock_that_could_not_be_given_back(bptl, conf, host, run, strict, zaak, documents, which):
    """What was unlocked is locked anew; the lock that stayed is known from the journal, and is given back in the end."""
    strict.fault("POST", uuid_of(documents[which]) + "/unlock", 503, times=2)
    conf.topic("rechten", "zgw.SetIndicatieGebruiksrecht", "zaken", retry_wait="1s")
    host()
    variables = json.dumps({"bptlAppId": APP, "zaakUrl": zaak})
    subprocess.run([bptl, "submit", "rechten", "--conf", conf.folder, "--vars", "-"], input=variables, text=True, check=True, timeout=30)
    deadline = time.monotonic() + 20
    while (strict.state.locks or indicaties(strict, documents) != [False, False]) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert strict.state.locks == {}
    asked = [r["path"].rsplit("/", 2)[-2] for r in strict.sent("POST", "/lock")]
    assert sorted(map(asked.count, map(uuid_of, documents))) == [1, 2] and asked.count(uuid_of(documents[which])) == 1
