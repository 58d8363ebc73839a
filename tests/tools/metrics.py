"""A strict reader of the text format of Prometheus, version 0.0.4, for tests: what it lets through, Prometheus reads."""
import math
import re
import urllib.error
import urllib.request

NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')
SAMPLE = re.compile(rf"({NAME.pattern})(?:\{{({LABEL.pattern}(?:,{LABEL.pattern})*)\}})? (\S+)")
VALUE = re.compile(r"[0-9]+(\.[0-9]+)?")
UNITS = ("_seconds", "_bytes")


class Metrics:
    """What one answer of /metrics holds: {name: type}, {name: help} and {(name, labels): value}."""

    def __init__(self, text):
        self.text, self.types, self.helps, self.samples = text, {}, {}, {}
        assert text.endswith("\n"), "the last line has no end"
        self.open = None  # the metric whose samples may come now
        for line in text[:-1].split("\n"):
            self.read(line)
        for name, kind in self.types.items():
            self.check(name, kind)

    def read(self, line):
        if line.startswith("# "):
            word, name, rest = line[2:].split(" ", 2)
            assert NAME.fullmatch(name), line
            if word == "HELP":
                assert name not in self.helps and rest.endswith(".") and "\\" not in rest, line
                self.helps[name] = rest
            else:
                assert word == "TYPE" and rest in ("counter", "gauge", "histogram"), line
                assert name not in self.types and name in self.helps, line
                self.types[name] = rest
                self.open = name
            return
        match = SAMPLE.fullmatch(line)
        assert match, f"no sample: {line!r}"
        name, labels, value = match[1], match[2], match[match.re.groups]
        pairs = [(key, re.sub(r"\\(.)", lambda one: "\n" if one[1] == "n" else one[1], text))
                 for key, text in LABEL.findall(labels or "")]
        assert VALUE.fullmatch(value), line
        assert len(dict(pairs)) == len(pairs) and all(text for _, text in pairs), line
        assert self.base(name) == self.open, f"not below its own TYPE: {line}"
        key = (name, frozenset(pairs))
        assert key not in self.samples, f"twice: {line}"
        self.samples[key] = float(value)

    def base(self, name):
        """The metric that a sample belongs to."""
        if self.open and self.types[self.open] == "histogram":
            return next((name[:-len(end)] for end in ("_bucket", "_sum", "_count") if name.endswith(end)), name)
        return name

    def check(self, name, kind):
        """The conventions: what a counter is called, and that buckets add up."""
        assert (kind == "counter") == name.endswith("_total"), name
        assert name.startswith("bptl_") or name.startswith("process_"), name
        mine = {key: value for key, value in self.samples.items() if key[0] in (name, name + "_bucket", name + "_sum", name + "_count")}
        assert mine, f"{name} has no samples"
        if any(word in name for word in ("duration", "age", "time", "cpu")):
            assert "_seconds" in name, name
        if kind != "histogram":
            return
        series = {}
        for (sample, labels), value in mine.items():
            if sample == name + "_bucket":
                series.setdefault(frozenset(pair for pair in labels if pair[0] != "le"), []).append(
                    (float(dict(labels)["le"]), value))
        for labels, buckets in series.items():
            assert buckets == sorted(buckets) and buckets[-1][0] == math.inf, (name, buckets)
            assert [value for _, value in buckets] == sorted(value for _, value in buckets), (name, buckets)
            assert buckets[-1][1] == self.samples[name + "_count", labels], name
            assert (name + "_sum", labels) in self.samples, name

    def get(self, name, **labels):
        """The value of one sample."""
        return self.samples[name, frozenset(labels.items())]

    def sum(self, name, **labels):
        """Of all samples that have these labels."""
        return sum(value for (sample, pairs), value in self.samples.items() if sample == name and labels.items() <= dict(pairs).items())


def fetch(url, method="GET", timeout=5):
    """(status, headers, text) of an answer, also of one that says no."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=timeout) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read().decode()
