"""The C tests as pytest items: every test of every program in build-tests/tests runs in a process of its own, and
again in one that was built with the thread sanitizer."""
import os
import pathlib
import subprocess

import pytest
from testbed import ROOT, build_folder

OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:abort_on_error=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1",
    "BPTL_TESTS": str(ROOT / "tests"),
}
SECONDS = 60


def programs():
    """The programs of both builds, with the names that their tests get."""
    folders = {build_folder(): ""}
    folders.setdefault(pathlib.Path(os.environ.get("BPTL_BUILD_THREAD", ROOT / "build-thread")).resolve(), "thread:")
    for folder, prefix in folders.items():
        for path in sorted((folder / "tests").glob("*_*")):
            if path.is_file() and os.access(path, os.X_OK):
                yield prefix + path.name, path


def cases():
    """One case for each test that a program names."""
    for name, path in programs():
        listed = subprocess.run([path, "--list"], capture_output=True, text=True, timeout=SECONDS, env={**os.environ, **OPTIONS})
        tests = listed.stdout.split()
        assert listed.returncode == 0 and tests, f"{path} --list names no test: {listed.stderr}"
        for test in tests:
            yield pytest.param(path, test, id=f"{name}:{test}")


@pytest.mark.parametrize("path, test", cases())
def test_c(path, test):
    """Runs one test; it must have run, passed and left no complaint of a sanitizer."""
    done = subprocess.run([path, test], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace",
                          timeout=SECONDS, env={**os.environ, **OPTIONS})
    ran = "[  PASSED  ] 1 test(s)." in done.stdout + done.stderr
    if done.returncode != 0 or not ran:
        pytest.fail(f"status {done.returncode}\n{done.stdout}{done.stderr}", pytrace=False)
