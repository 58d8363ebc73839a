"""Tests that a page of docs/ names as `tests/folder/file.py::name` or `...c::name`."""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NAMED = re.compile(r"`((?:tests|plugins)/[\w/]+\.(?:py|c))::(\w+)`")


def missing(text):
    """Those that are not there."""
    found = []
    for path, name in NAMED.findall(text):
        file = ROOT / path
        mark = rf"^TEST\({name}\)" if path.endswith(".c") else rf"^def {name}\("
        if not file.is_file() or not re.search(mark, file.read_text(encoding="utf-8"), re.MULTILINE):
            found.append(f"{path}::{name}")
    return found
