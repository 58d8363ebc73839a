"""What the tests of the plugin mail share: valid variables, and running the unit with some of them changed."""
import copy
import datetime

import pytest

VALID = {
    "sender": {"name": "Afdeling Bouwen", "email": "bouwen@gemeente.example"},
    "receiver": {"name": "Kim van Test", "email": "kim@example.org", "assignee": "user:kim"},
    "email": {"subject": "Uw zaak", "content": "Eerste regel\nTweede regel"},
    "template": "generiek",
    "context": {},
}
CONTEXT = {
    "vraag": "Klopt de tekening?",
    "zaakIdentificatie": "ZAAK-2026-0000000001",
    "zaakOmschrijving": "Dakkapel",
    "doReviewUrl": "https://zac.example/review?uuid=1",
    "reviewType": "accordering",
    "zaakDetailUrl": "https://zac.example/zaak/1",
    "deadline": str(datetime.date(2026, 2, 3)),
}


class Mailer:
    """mailer("email.subject", "x") runs the unit with one member changed; ... takes the member or variable away."""

    def __init__(self, exec_unit, server):
        self.exec_unit, self.server = exec_unit, server

    def __call__(self, *changes, **variables):
        given = copy.deepcopy(VALID) | variables
        for path, value in zip(changes[::2], changes[1::2]):
            holder = given
            *way, last = path.split(".")
            for name in way:
                holder[name] = dict(holder[name])
                holder = holder[name]
            holder[last] = value
            if value is ...:
                del holder[last]
        return self.exec_unit("mail.SendEmailTask", given)

    def sent(self, *changes, **variables):
        """The one mail that came of it."""
        outcome = self(*changes, **variables)
        assert outcome["outcome"] == "done" and not outcome["variables"], outcome
        assert len(self.server.mails) == 1
        return self.server.mails[0]

    def failed(self, *changes, permanent=True, **variables):
        """Why nothing was sent."""
        outcome = self(*changes, **variables)
        assert outcome["outcome"] == "failed" and outcome["permanent"] is permanent, outcome
        assert "\n" not in outcome["message"]
        assert not self.server.mails
        return outcome["message"]


@pytest.fixture
def mailer(exec_unit, smtp):
    return Mailer(exec_unit, smtp)
