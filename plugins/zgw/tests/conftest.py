"""What the tests of the plugin zgw share: running a unit, and looking at what the stand-in was asked."""

import datetime
import re
import subprocess
import urllib.parse

import pytest
from settings import APP


class Run:
    """Runs units, and knows what the stand-in was asked since the last began. A variable of value ... is left out."""

    def __init__(self, exec_unit, zgw):
        self.exec_unit, self.zgw, self.begin = exec_unit, zgw, 0

    def __call__(self, unit, **variables):
        self.begin = len(self.zgw.requests)
        given = {"bptlAppId": APP, **variables}
        return self.exec_unit(f"zgw.{unit}", {k: v for k, v in given.items() if v is not ...})

    def done(self, unit, **variables):
        outcome = self(unit, **variables)
        assert outcome["outcome"] == "done", outcome
        return {name: variable["value"] for name, variable in outcome["variables"].items()}

    def failed(self, unit, *words, permanent=True, **variables):
        outcome = self(unit, **variables)
        assert outcome["outcome"] == "failed", outcome
        assert outcome["permanent"] is permanent, outcome
        for word in words:
            assert word in outcome["message"], outcome
        return outcome

    def zaak(self, **more):
        """The URL of a new zaak."""
        zaaktype = self.zgw.seed["zaaktypen"]["main"]["zaaktype"]
        return self.done("CreateZaakTask", organisatieRSIN=self.zgw.seed["rsin"], zaaktype=zaaktype, **more)["zaakUrl"]

    @property
    def requests(self):
        return list(self.zgw.requests)[self.begin :]

    @property
    def lines(self):
        """Method and resource of all requests, each once, in the order in which they came first."""
        return list(dict.fromkeys((r["method"], self.resource(r["path"])) for r in self.requests))

    @property
    def writes(self):
        return [(self.resource(r["path"]), r["body"]) for r in self.requests if r["method"] != "GET"]

    def only(self, method, name):
        found = [r for r in self.requests if r["method"] == method and self.resource(r["path"]) == name]
        assert len(found) == 1, self.lines
        return found[0]

    @staticmethod
    def resource(path):
        """zaken/api/v1/zaken/<uuid> is zaken/UUID; other paths likewise, without their root."""
        tail = re.sub(r"^.*?/api/v\d+/|^/zac/", "", path)
        return re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}", "UUID", tail)

    @staticmethod
    def query(request):
        given = request["query"]
        if isinstance(given, str):
            given = urllib.parse.parse_qs(given.lstrip("?"), keep_blank_values=True)
        return {name: value[0] if isinstance(value, list) else value for name, value in given.items()}

    @staticmethod
    def header(request, name):
        return {key.lower(): value for key, value in request["headers"].items()}.get(name.lower())

    @staticmethod
    def is_now(text):
        moment = datetime.datetime.fromisoformat(text)
        return text.endswith("+00:00") and abs((datetime.datetime.now(datetime.timezone.utc) - moment).total_seconds()) < 60

    @staticmethod
    def refusal(*params):
        """A 400 as the Zaken API words it."""
        named = [{"name": name, "code": code, "reason": reason} for name, code, reason in params]
        title = "Ongeldige invoer."
        return {"code": "invalid", "title": title, "status": 400, "detail": title, "invalidParams": named}


@pytest.fixture
def run(exec_unit, zgw):
    return Run(exec_unit, zgw)


@pytest.fixture
def main(zgw):
    return zgw.seed["zaaktypen"]["main"]


@pytest.fixture
def roles(zgw):
    return zgw.seed["zaaktypen"]["roles"]


@pytest.fixture
def log(monkeypatch):
    """log(): what the last run of a unit wrote to the log."""
    texts, run_program = [], subprocess.run

    def keep(*arguments, **more):
        done = run_program(*arguments, **more)
        texts.append(done.stderr)
        return done

    monkeypatch.setattr(subprocess, "run", keep)
    return lambda: texts[-1]
