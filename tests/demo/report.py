"""What the demo tells: each step as it happens, the mail that arrived and the zaak as the API holds it."""
import json
import sys
import urllib.request

from settings import CASE

WIDTH = 96


def short(value):
    """A value on one line that fits the screen."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = " ".join(text.split())
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


class Report:
    """Prints steps and counts them."""

    def __init__(self, cases):
        self.cases = cases
        self.completed = self.failed = 0

    def say(self, line=""):
        print(line, flush=True)

    def step(self, case, topic, seconds, variables):
        """A task that was completed, and what it set."""
        self.completed += 1
        self.say(f"  ok      {self.name(case, topic)}  {CASE[topic][0]:<30} {seconds * 1000:6.0f} ms")
        for name, value in variables.items():
            self.say(f"            {name} = {short(value)}")

    def retry(self, case, topic, retries, message):
        self.say(f"  again   {self.name(case, topic)}  {CASE[topic][0]}: {short(message)} (tries left: {retries})")

    def failure(self, case, topic, message):
        """A task that failed for good: its case ends here."""
        self.failed += 1
        self.say(f"  FAILED  {self.name(case, topic)}  {CASE[topic][0]}")
        self.say(f"            {message}")

    def name(self, case, topic):
        return (f"case {case} " if self.cases > 1 else "") + f"{topic:<22}"

    def mail(self, subject, to, text):
        """A mail as it arrived."""
        self.say(f"\nThe mail that arrived\n  to       {to}\n  subject  {subject}")
        for line in [line for line in text.splitlines() if line.strip()][:6]:
            self.say(f"  | {short(line)}")

    def zaak(self, zgw, url):
        """The zaak as the Zaken API answers it, with the names of its status and resultaat."""
        def get(address):
            headers = {"Authorization": zgw.bearer(), "Accept-Crs": "EPSG:4326"}
            with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as answer:
                return json.load(answer)

        def type_of(address, kind):
            return get(get(address)[kind])["omschrijving"] if address else "none"

        zaak = get(url)
        documents = get(f"{zgw.zaken}zaakinformatieobjecten?zaak={url}")
        self.say("\nThe zaak as the Zaken API holds it")
        for name, value in (
            ("identificatie", zaak["identificatie"]), ("omschrijving", zaak["omschrijving"]),
            ("status", type_of(zaak["status"], "statustype")), ("resultaat", type_of(zaak["resultaat"], "resultaattype")),
            ("einddatum", zaak["einddatum"] or "none"), ("archiefactiedatum", zaak["archiefactiedatum"] or "none"),
            ("documenten", len(documents)), ("url", url),
        ):  # fmt: skip
            self.say(f"  {name:<18} {value}")

    def end(self):
        """The last line; the status of the program."""
        self.say(f"\n{self.completed} tasks completed, {self.failed} failed")
        sys.stdout.flush()
        return 1 if self.failed or not self.completed else 0
