"""The two units that send a mail, and a mail server that refuses, is busy, breaks off, or is not there: the message names the
unit, the step and the server's words, and says rightly whether a retry can help."""
import copy

import pytest
from cases import UNITS
from odd import free_port

STEPS = {"mail.SendEmailTask": "send the mail", "zac.ZacEmailVGUReports": "send the report"}
TO = {"mail.SendEmailTask": ("receiver", "email"), "zac.ZacEmailVGUReports": ("recipientList", 0)}
# Who gets the mail, the words, and whether a retry could do harm or not help.
TROUBLES = {"busy": ("later@gemeente.test", "451", False), "refused": ("refuse@gemeente.test", "550", True),
            "broken off": ("drop@gemeente.test", "unknown", True), "not there": ("kim@gemeente.test", "127.0.0.1", False)}  # fmt: skip


@pytest.mark.parametrize("trouble", list(TROUBLES))
@pytest.mark.parametrize("unit", list(STEPS))
def test_a_mail_that_is_not_taken_is_told_and_judged(world, conf, smtp, unit, trouble):
    receiver, word, permanent = TROUBLES[trouble]
    variables = copy.deepcopy(world.prepare(UNITS[unit]))
    variable, place = TO[unit]
    variables[variable][place] = receiver
    if trouble == "not there":
        conf.section("service post", root=f"smtp://127.0.0.1:{free_port()}")
    outcome = world.run(UNITS[unit], variables)
    assert outcome["outcome"] == "failed" and outcome["permanent"] is permanent, outcome
    message = outcome["message"]
    assert message.startswith(f"{unit}: ") and STEPS[unit] in message and word in message and "\n" not in message, outcome
    assert len(smtp.mails) == (trouble == "broken off")
