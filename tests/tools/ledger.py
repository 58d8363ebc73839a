"""What a test had done at the services, counted: each mutation has a name, and may be there once."""
import re
import time
from collections import Counter
from urllib.parse import urlsplit

from workbench import PLACE

UNKNOWN = re.compile(r"it is not known whether (?:POST (\S+) was carried out|the mail \(.* Message-ID (\S+)\) was sent)"
                     r".*grant a retry")


class Ledger:
    """Takes the records out of the stand-ins, which keep only so many, and counts them.

    A mutation's name is (task, what), where a task is called by its business key: for probe.Post with `numbered`
    ("t7", "3") is its fourth POST; for zgw.CreateZaakTask there are ("z7", "zaken"), ("z7", "statussen") and
    ("z7", "rollen"); for a mail, whose subject is its task's name, ("m7", "mail")."""

    def __init__(self, zgw, smtp=None):
        self.zgw, self.smtp = zgw, smtp
        self.arrived = Counter()
        self.last = {}  # mutation: when it arrived last
        self.again = Counter()  # how often a person let it be sent again, though it had arrived

    def read(self):
        """Counts what has arrived since the last time."""
        with self.zgw.lock:
            records = list(self.zgw.requests)
            self.zgw.requests.clear()
        for record in records:
            # None: it was taken, and its answer is still delayed
            if record["method"] == "POST" and record["status"] in (None, 201):
                self.count(self.name(record), record["time"])
        for mail in self.smtp.take() if self.smtp else []:
            self.count((mail["subject"], "mail"), time.time())

    def name(self, record):
        parts = record["path"].strip("/").split("/")
        if PLACE in parts:
            return parts[-2], parts[-1]
        if parts[-1] == "zaken":
            return record["body"]["omschrijving"], "zaken"
        with self.zgw.lock:
            return self.zgw.state.get("zaken", record["body"]["zaak"])["omschrijving"], parts[-1]

    def count(self, name, at):
        self.arrived[name] += 1
        self.last[name] = at

    def named_by(self, task, message):
        """The mutation that the message of an incident says is of unknown outcome, or None."""
        found = UNKNOWN.search(message or "")
        if not found:
            return None
        if found[2]:
            return task, "mail"
        parts = urlsplit(found[1]).path.split("/")
        assert PLACE not in parts or parts[-2] == task, f"the incident of {task} names another's request: {message}"
        return task, parts[-1]

    def is_there(self, name):
        """What a person looks up before a retry is granted: was it carried out since it was last asked for?"""
        found = self.arrived[name] - self.again[name]
        assert found in (0, 1), f"{name} arrived {self.arrived[name]} times, people asked for {self.again[name]} of them"
        return found == 1

    def doubled(self):
        """Mutations that are there more often than once and than people asked for."""
        return {name: count for name, count in self.arrived.items() if count > 1 + self.again[name]}
