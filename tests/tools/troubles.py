"""What can go wrong with a request of a unit, and what is then to be said; and texts that are odd or very long."""
from dataclasses import dataclass

ODD = "Zij zei: \"ja\", 'nee' & \\ / <b>%s %n {{x}} ${y}\n\ttweede regel: \u00e9 \u4e2d\u6587 \U0001f600 e\u0301 \u2028 einde"
ONE_LINE = ODD.replace("\n\t", " ").replace("\u2028", "")
LONG = "\u00e9" * 9_999 + "!"

NO_GUESS = "may have been carried out, its outcome is unknown"
WORDS = "Dit is wat de API zegt"


def problem(status, **more):
    return {"type": "https://api.test/fout/", "code": "fout", "title": f"Fout {status}", "status": status, "detail": WORDS, **more}


PARAMS = [{"name": "veld.een", "code": "bad-value", "reason": "Dit deugt niet."},
          {"name": "veld.twee", "code": "required", "reason": "Dit veld is verplicht."}]


@dataclass(frozen=True)
class Trouble:
    """What a request gets instead of its answer, and what becomes of it. `read` and `once`: words of the message, and whether
    a retry helps, for what may be sent again, and for a POST that may have been carried out. None: no words are demanded."""

    fault: dict
    read: tuple
    once: tuple = None
    step: bool = True  # the message names the step, not the unit alone

    def expected(self, step):
        words, permanent = self.once if self.once and step.once else self.read
        return [step.what, *words] if self.step else list(words), permanent


TROUBLES = {
    "400": Trouble({"status": 400, "body": problem(400, invalidParams=PARAMS)}, (
        ["HTTP 400", "Fout 400", WORDS, "veld.een: bad-value: Dit deugt niet.", "veld.twee: required: Dit veld is verplicht."], True)),
    "403": Trouble({"status": 403, "body": problem(403)}, (["HTTP 403", "Fout 403", WORDS], True)),
    "404": Trouble({"status": 404, "body": problem(404)}, (["HTTP 404", "Fout 404", WORDS], True)),
    "500": Trouble({"status": 500, "body": problem(500)}, (["HTTP 500", "Fout 500", WORDS], False)),
    "timeout": Trouble({"kind": "status", "status": 200, "body": {}, "delay": 1.5, "times": -1},
                       (["got no answer", "127.0.0.1"], False), ([NO_GUESS, "127.0.0.1"], True)),
    "reset": Trouble({"kind": "reset", "times": -1}, (["got no answer", "127.0.0.1"], False), ([NO_GUESS, "127.0.0.1"], True)),
    "not JSON": Trouble({"status": 200, "body": "dit is geen JSON"}, (["HTTP 200", "not JSON"], False),
                        (["HTTP 200", "not JSON", "was carried out"], True)),
    "a list": Trouble({"status": 200, "body": []}, ([], True), step=False),
    "another object": Trouble({"status": 200, "body": {"unexpected": 1}}, ([], True), step=False),
}
