"""What the tests of the plugin mail share: valid variables, and running the unit with some of them changed."""
import copy

import pytest

VALID = {
    "sender": {"name": "Afdeling Bouwen", "email": "bouwen@gemeente.example"},
    "receiver": {"name": "Kim van Test", "email": "kim@example.org", "assignee": "user:kim"},
    "email": {"subject": "Uw zaak", "content": "Eerste regel\nTweede regel"},
    "template": "generiek",
    "context": {},
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
