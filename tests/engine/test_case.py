"""The case of tests/processes/zaak.bpmn from beginning to end, with everything real but the APIs and the mail server: the
same programs that ./quickstart shows."""
import uuid

import chain
import instance
import pytest
from demo import start_variables
from report import Report
from settings import CASE

CASES = 3


@pytest.fixture
def settings(conf, zgw, smtp):
    return conf.use_zgw(zgw).use_mail(smtp)


@pytest.fixture
def suffix():
    """Makes the topics the test's own: an engine may give a task to the open poll of a host that is gone."""
    return f"-{uuid.uuid4().hex[:8]}"


def check(report, found, zgw, smtp):
    """All tasks are done, and each zaak and each mail was made once."""
    assert (report.completed, report.failed) == (CASES * len(CASE), 0)
    assert len({variables["zaakUrl"] for variables in found}) == CASES
    for variables in found:
        assert variables["einddatum"] and variables["statusUrl"] and variables["resultaatUrl"]
    for write, times in ("zaken", 1), ("statussen", 3), ("zaakinformatieobjecten", 1), ("resultaten", 1):
        assert zgw.accepted[f"POST {write}"] == CASES * times, zgw.accepted
    assert sorted(mail["to"][0] for mail in smtp.mails) == [f"bewoner{number}@example.nl" for number in range(1, CASES + 1)]
    assert sorted(mail["subject"] for mail in smtp.mails) == sorted(
        f"Uw zaak {variables['zaakIdentificatie']} is afgehandeld" for variables in found)  # fmt: skip


def test_cases_run_to_their_end_on_a_real_engine(real_engine, host, settings, zgw, smtp, suffix):
    settings.use_engine(real_engine.url).use_case(suffix)
    host()
    report = Report(CASES)
    found = instance.run_cases(real_engine, [start_variables(zgw, number + 1) for number in range(CASES)], report, suffix)
    check(report, found, zgw, smtp)


def test_cases_run_to_their_end_on_the_embedded_engine(bptl, host, settings, zgw, smtp):
    settings.use_case()
    host()
    report = Report(CASES)
    found = chain.run_cases(bptl, settings.folder, [start_variables(zgw, number + 1) for number in range(CASES)], report)
    check(report, found, zgw, smtp)


def test_a_failure_becomes_an_incident_that_says_why(real_engine, host, settings, zgw, suffix):
    settings.use_engine(real_engine.url).use_case(suffix)
    host()
    report = Report(1)
    domein = f"nergens{suffix}"
    [found] = instance.run_cases(real_engine, [{**start_variables(zgw, 1), "catalogusDomein": domein}], report, suffix)
    assert (report.completed, report.failed, found) == (0, 1, {})
    [incident] = [one for one in real_engine.get("incident") if domein in one["incidentMessage"]]
    real_engine.call("DELETE", f"process-instance/{incident['processInstanceId']}")
