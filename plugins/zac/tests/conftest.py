"""What the tests of the plugin zac share: running a unit, and looking at what the stand-in was asked."""
import urllib.parse

import pytest
from settings import APP


class Run:
    """Runs units, and knows what the stand-in was asked since the last began. A variable of value ... is left out."""

    def __init__(self, exec_unit, zgw):
        self.exec_unit, self.zgw, self.begin = exec_unit, zgw, 0

    def __call__(self, unit, **variables):
        self.begin = len(self.zgw.requests)
        return self.exec_unit(f"zac.{unit}", {name: value for name, value in variables.items() if value is not ...})

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
        assert "\n" not in outcome["message"]
        return outcome

    @property
    def requests(self):
        return list(self.zgw.requests)[self.begin:]

    @property
    def queries(self):
        """Resource and query of each request."""
        return [(request["path"].removeprefix("/zac/"), self.query(request)) for request in self.requests]

    @staticmethod
    def query(request):
        """Each name with the list of its values."""
        given = request["query"]
        if isinstance(given, str):
            given = urllib.parse.parse_qs(given.lstrip("?"), keep_blank_values=True)
        return {name: value if isinstance(value, list) else [value] for name, value in given.items()}

    @staticmethod
    def header(request, name):
        return {key.lower(): value for key, value in request["headers"].items()}.get(name.lower())


@pytest.fixture
def run(exec_unit, conf, zgw):
    conf.section("plugin zac")
    return Run(exec_unit, zgw)


@pytest.fixture
def zaak(exec_unit, conf, zgw):
    """The URL and the identificatie of a zaak that the ZAC knows."""
    conf.topic("zaak-aanmaken", "zgw.CreateZaakTask")
    zaaktype = zgw.seed["zaaktypen"]["main"]["zaaktype"]
    outcome = exec_unit("zaak-aanmaken", {"bptlAppId": APP, "organisatieRSIN": zgw.seed["rsin"], "zaaktype": zaaktype})
    return outcome["variables"]["zaakUrl"]["value"], outcome["variables"]["zaakIdentificatie"]["value"]
