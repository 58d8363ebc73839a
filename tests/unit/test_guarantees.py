"""docs/guarantees.md names tests and units: the tests must be there, and the units must be those that there are."""
import json
import re
import subprocess

import pytest
from named import NAMED, missing
from testbed import ROOT

REPEAT = "tests/units/test_repeat.py"


def page():
    return (ROOT / "docs/guarantees.md").read_text(encoding="utf-8")


def rows(text):
    """Each row of the tables, as its cells; their heads left out."""
    lines = [line.strip().strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    return [line for number, line in enumerate(cells) if not set("".join(line)) <= set("-") and not (
        number + 1 < len(cells) and set("".join(cells[number + 1])) == set("-"))]


def unproven(text):
    """Rows of promises and limits that name no test."""
    return [row[0] for row in rows(text.partition("## The units")[0]) if not NAMED.search(row[-1])]


def units_of(text):
    """The units that the table of units has, in their order."""
    return [row[0].strip("`") for row in rows(text.partition("## The units")[2]) if row[0]]


def test_each_test_that_the_page_names_is_there():
    assert len(NAMED.findall(page())) > 20
    assert missing(page()) == []


def test_each_promise_and_each_limit_names_its_test():
    assert len(rows(page().partition("## The units")[0])) > 10
    assert unproven(page()) == []


def test_the_table_has_each_unit_once(bptl, tmp_path):
    conf = tmp_path / "units.ini"
    plugins = "".join(f"[plugin {name}]\n" for name in ("zgw", "zac", "camunda_api", "mail"))
    conf.write_text(f"[host]\nstate = {tmp_path}/state\n{plugins}")
    done = subprocess.run([bptl, "units", "--json", "--conf", conf], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    there = [f"{plugin['name']}.{unit['name']}" for plugin in json.loads(done.stdout) for unit in plugin["units"]]
    assert sorted(units_of(page())) == sorted(there)
    assert len(there) == 21


def test_each_unit_is_killed_by_the_test_that_the_table_stands_for():
    """Its parameters are the cases of the units, and each case says what is expected."""
    source = (ROOT / REPEAT).read_text(encoding="utf-8")
    assert '@pytest.mark.parametrize("name", list(CASES))\ndef test_when_everything_dies_in_the_middle_of_a_change' in source
    expected = set(re.findall(r'^    "(\w+\.\w+)[^"]*": \{', source, re.MULTILINE))
    assert set(units_of(page())) == expected


def says(unit, words):
    """What the page says of a unit's changes, all of its rows."""
    found, current = [], None
    for row in rows(page().partition("## The units")[2]):
        current = row[0].strip("`") or current
        if current == unit:
            found.append(row[2])
    return [word for word in words if any(cell.startswith(word) for cell in found)]


@pytest.mark.parametrize("word, wrong", [("REPORTED", "guarded"), ("GUARDED", "may repeat"), ("AGAIN", "may repeat")])
def test_what_the_table_says_is_what_the_test_expects(word, wrong):
    """Units of whose changes the test expects one kind only."""
    source = (ROOT / REPEAT).read_text(encoding="utf-8")
    only = re.findall(rf'^    "(\w+\.\w+)": \{{"[^"]+": {word}\}},', source, re.MULTILINE)
    assert only
    right = {"REPORTED": "may repeat", "GUARDED": "guarded", "AGAIN": "idempotent"}[word]
    several = {"zgw.CreateEigenschap"}  # two rows: one for each case
    assert [unit for unit in only if not says(unit, [right]) or (says(unit, [wrong]) and unit not in several)] == []


@pytest.mark.parametrize("text, rule", [
    ("`tests/unit/test_guarantees.py::test_that_nobody_wrote`", missing), ("`tests/none.py::test_a`", missing),
    ("| Promise | Shown by |\n|---|---|\n| **A** | nothing |\n", unproven)])
def test_a_page_that_breaks_the_rule_is_found(text, rule):
    assert len(rule(text)) == 1
