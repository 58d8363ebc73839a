"""Odd and very long texts in every text that a unit reads: it ends well, and then the same text has arrived, or with a refusal
in words; never with a crash (see exec_unit) and never with something that a retry is to mend."""
import copy
import urllib.parse

import pytest
from cases import UNITS
from troubles import LONG, ODD, ONE_LINE

# Texts inside of objects and lists, as paths; "usernames.0=user:" puts user: before the text.
INSIDE = {
    "zgw.CreateZaakTask": ["zaakDetails.omschrijving", "zaakDetails.toelichting", "initiator.roltoelichting",
                           "initiator.betrokkeneIdentificatie.geslachtsnaam", "Hoofdbehandelaar.roltoelichting"],
    "zgw.CreateEigenschap": ["eigenschap.naam", "eigenschap.waarde", "zaaktype"],
    "zgw.RelatePand": ["panden.0"],
    "zgw.StartCamundaProcessTask": ["initiator"],
    "mail.SendEmailTask": ["sender.name", "sender.email", "receiver.name", "receiver.email", "email.subject", "email.content"],
    "zac.UserDetailsTask": ["usernames.0=user:", "usernames.1=group:"],
    "zac.ZacEmailVGUReports": ["recipientList.0"],
}
# Texts that no service gets to see although the unit ends well.
NOT_SENT = {
    ("zgw.CreateStatusTask", "statustype"): "statusVolgnummer goes before it",
    ("zgw.CreateEigenschap", "eigenschap.naam"): "an eigenschap that the zaaktype does not have is left out",
}


def put(variables, path, text):
    """The variables with the text in this place, and the text with what is put before it."""
    path, _, before = path.partition("=")
    *way, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    variables = holder = copy.deepcopy(variables)
    for part in way:
        holder = holder[part]
    holder[last] = before + text
    return variables


def strings(value):
    """All texts in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for one in value.values() if isinstance(value, dict) else value:
            yield from strings(one)


def arrived(world, text):
    """Whether a service, the engine or a receiver has got exactly this text."""
    for request in world.requests:
        headers = [value.encode("latin-1", "replace").decode("utf-8", "replace") for value in request["headers"].values()]
        if text in [*strings(request["body"]), *strings(request["query"]), *headers] or text in urllib.parse.unquote(request["path"]):
            return True
    return any(text in (mail["text"] or "") or text == mail["subject"] for mail in world.smtp.mails)


def places(declared, unit):
    """Every text that the unit reads."""
    return [row["name"] for row in declared[unit]["in"] if row["type"] == "text"] + INSIDE.get(unit, [])


@pytest.mark.parametrize("text", [ODD, ONE_LINE, LONG], ids=["odd", "one line", "long"])
@pytest.mark.parametrize("unit", [unit for unit in UNITS if unit != "camunda_api.CallActivity"])  # see test_call_activity.py
def test_a_text_arrives_as_it_is_or_is_refused_in_words(world, declared, unit, text):
    case, wrong = UNITS[unit], []
    assert places(declared, unit)
    for path in places(declared, unit):
        outcome = world.run(case, put(world.prepare(case), path, text))
        if outcome["outcome"] == "done":
            if arrived(world, text) == ((unit, path) in NOT_SENT):
                wrong.append(f"{path}: done, and arrived is {arrived(world, text)}: {outcome}")
        elif outcome["outcome"] != "failed" or not outcome["permanent"]:
            wrong.append(f"{path}: {outcome}")
        elif not outcome["message"].startswith(f"{unit}: ") or set("\r\n\0") & set(outcome["message"]):
            wrong.append(f"{path}: no message on one line: {outcome}")
    assert not wrong, "\n".join(wrong)


def test_the_texts_that_may_hold_anything_are_taken(world):
    """That a refusal is always allowed above must not hide that one of these is refused."""
    for unit, path, text in [
        ("zgw.CreateZaakTask", "initialStatusRemarks", ODD), ("zgw.CreateZaakTask", "zaakDetails.toelichting", LONG[:1000]),
        ("zgw.CreateStatusTask", "toelichting", ODD), ("zgw.CreateResultaatTask", "toelichting", ODD),
        ("zgw.CloseZaakTask", "toelichting", ODD), ("zgw.CloseZaakTask", "statustoelichting", ODD),
        ("zgw.CreateEigenschap", "eigenschap.waarde", ODD), ("zgw.CreateEigenschap", "NLXProcessId", "caf\u00e9 \"x\""),
        ("zgw.CreateZaakObject", "relatieomschrijving", ODD), ("zgw.LookupZaak", "identificatie", ODD),
        ("zgw.StartCamundaProcessTask", "initiator", LONG), ("mail.SendEmailTask", "email.content", LONG),
        ("mail.SendEmailTask", "email.subject", ONE_LINE), ("zac.UserDetailsTask", "usernames.0=user:", ODD),
    ]:  # fmt: skip
        outcome = world.run(UNITS[unit], put(world.prepare(UNITS[unit]), path, text))
        assert outcome["outcome"] == "done" and arrived(world, text), (unit, path, outcome)
