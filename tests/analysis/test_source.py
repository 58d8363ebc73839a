"""What static analysis says of the code: clang-tidy (.clang-tidy says what it looks for) and cppcheck."""
import os
import subprocess

import pytest
from testbed import ROOT

ROOMS = sorted(path.relative_to(ROOT).as_posix() for pattern in ("host/*", "plugins/*") for path in ROOT.glob(pattern)
               if any(path.glob("*.c")))
# jansson's loops, for a tool that reads no system headers
LOOPS = ["-Djson_array_foreach(a,i,v)=for(i=0;(v=json_array_get(a,i));i++)",
         '-Djson_object_foreach(o,k,v)=for(k="";(v=json_object_get(o,k));)']
# readdir() of glibc is safe for streams that threads do not share; the other does not know that mem_out() never returns
NO_FAULTS = ["readdirCalled", "nullPointerRedundantCheck"]


@pytest.fixture(scope="module")
def database(tmp_path_factory):
    """How clang would compile each file."""
    folder = tmp_path_factory.mktemp("analysis")
    subprocess.run(["cmake", "-S", ROOT, "-B", folder, "-DCMAKE_C_COMPILER=clang"], check=True, capture_output=True)
    return folder


@pytest.mark.timeout(600)
@pytest.mark.parametrize("room", [*ROOMS, "host/main.c"])
def test_clang_tidy_finds_nothing(database, room):
    files = sorted((ROOT / room).rglob("*.c")) if (ROOT / room).is_dir() else [ROOT / room]
    files = [str(path) for path in files if "tests" not in path.relative_to(ROOT).parts]
    done = subprocess.run(["xargs", "-P", str(os.cpu_count()), "-n", "3", "clang-tidy", "-p", database, "--quiet"],
                          input="\n".join(files), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]


def test_clang_tidy_would_find_something(database, tmp_path):
    """The checks are on: a fault is found."""
    bad = tmp_path / "bad.c"
    bad.write_text("#include <stdlib.h>\nint main(void)\n{\n\tint *p = malloc(4);\n\tfree(p);\n\treturn *p;\n}\n", encoding="utf-8")
    done = subprocess.run(["clang-tidy", f"--config-file={ROOT / '.clang-tidy'}", "--quiet", bad, "--"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "Use of memory after it is freed" in done.stdout


@pytest.mark.timeout(300)
def test_cppcheck_finds_nothing():
    done = subprocess.run(["cppcheck", "--std=c11", "--enable=warning,performance,portability", "--inline-suppr", "--quiet",
                           "-j", str(os.cpu_count()), "--error-exitcode=1", "--library=posix", "-Ihost", "-Isdk/include", *LOOPS,
                           *(f"--suppress={name}" for name in NO_FAULTS), "host", "plugins"],
                          cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-6000:]
