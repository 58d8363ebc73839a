"""The hardening of the files as users build them: what the flags in CMakeLists.txt promise is in the result."""
import re
import subprocess

import pytest

FILES = ["bptl", "plugins/zgw.so", "plugins/zac.so", "plugins/mail.so", "plugins/camunda_api.so"]


@pytest.fixture(params=FILES)
def built(request, plain):
    return plain / request.param


def readelf(option, file):
    return subprocess.run(["readelf", "-W", option, file], check=True, capture_output=True, text=True).stdout


def test_its_place_in_memory_is_random(built):
    assert re.search(r"Type:\s+DYN", readelf("-h", built))
    assert built.name != "bptl" or "PIE" in readelf("-d", built)


def test_its_stack_is_not_executable_and_no_segment_is_both_written_and_run(built):
    headers = readelf("-l", built)
    assert re.search(r"GNU_STACK .* RW +0x", headers)
    assert not re.search(r"^ +LOAD .* RWE ", headers, re.MULTILINE)


def test_its_tables_are_read_only_once_it_is_bound(built):
    assert "GNU_RELRO" in readelf("-l", built)
    dynamic = readelf("-d", built)
    assert "BIND_NOW" in dynamic
    assert not re.search(r"RPATH|RUNPATH", dynamic)


def test_its_stack_is_guarded(built):
    assert "__stack_chk_fail" in readelf("--dyn-syms", built)


def test_its_buffers_are_checked(plain):
    names = set(re.findall(r"UND (\w+)@", readelf("--dyn-syms", plain / "bptl")))
    assert {"__snprintf_chk", "__vsnprintf_chk", "__fprintf_chk"} <= names


def test_a_plugin_shows_nothing_but_its_entry(built):
    functions = {line.split()[-1] for line in readelf("--dyn-syms", built).splitlines()
                 if re.search(r"FUNC +(GLOBAL|WEAK) +DEFAULT +\d", line)}
    assert functions == (set() if built.name == "bptl" else {"bptl_describe"})
