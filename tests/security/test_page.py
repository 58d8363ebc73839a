"""docs/security.md names tests: they must be there, and each promise must name one."""
from named import NAMED, missing
from testbed import ROOT


def page():
    return (ROOT / "docs/security.md").read_text(encoding="utf-8")


def test_each_test_that_the_page_names_is_there():
    assert len(NAMED.findall(page())) > 20
    assert missing(page()) == []
    assert missing("`tests/security/test_page.py::test_of_nothing`") == ["tests/security/test_page.py::test_of_nothing"]


def test_each_promise_names_its_test():
    section = page().partition("## What is promised")[2].partition("## ")[0]
    promises = [line for line in section.splitlines() if line.startswith("| **")]
    assert len(promises) > 10
    assert [line for line in promises if not NAMED.search(line.rpartition(" | ")[2] if " | " in line else line)] == []


def test_the_contact_is_left_to_the_owner():
    section = page().partition("## Reporting a vulnerability")[2]
    assert section.count("**(the owner's") == 4 and "@" not in section
