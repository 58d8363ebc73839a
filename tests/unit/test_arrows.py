"""The house rules that a machine can check: which folder knows which, which library is named where, and how files look. Every
check is a function of a file's path and text, and is itself tried on files that break its rule."""
import os
import pathlib
import re
import subprocess

import pytest
from testbed import ROOT

# Which rooms of host/ a room may include, besides itself. A new room is to be added here: that is a decision.
ROOMS = {
    "base": set(),
    "http": {"base"},
    "config": {"base", "http"},
    "engine": {"base", "http"},
    "runner": {"base", "http"},
    "web": {"base"},
    "core": {"base", "http", "config", "engine", "web"},
    "commands": {"base", "http", "config", "engine", "core", "runner"},
    "main.c": {"base", "commands", "runner"},
}

# Libraries: the headers, the names that stand for them in code, and the only places for both.
LIBRARIES = {
    "curl": (r"curl/", r"\bcurl_\w+|\bCURL\w*", r"host/http/"),
    "libltdl": (r"ltdl\.h", r"\blt_dl\w+", r"host/runner/"),
    "inih": (r"ini\.h", r"\bini_parse\w*", r"host/config/"),
    "SQLite": (r"sqlite3\.h", r"\bsqlite3_\w+|\bSQLITE_\w+", r"host/core/journal\w*\.[ch]|host/engine/local\w*\.c"),
    "libmicrohttpd": (r"microhttpd\.h", r"\bMHD_\w+", r"host/web/"),
    "libxlsxwriter": (r"xlsxwriter", r"\bworksheet_\w+|\bworkbook_\w+", r"plugins/"),
}

# What a plugin may include beside the SDK and the libraries above: jansson and the C library.
PLUGIN_HEADERS = set("""bptl/plugin.h jansson.h assert.h ctype.h dirent.h errno.h fcntl.h float.h inttypes.h iso646.h limits.h
    locale.h math.h pthread.h regex.h setjmp.h signal.h stdalign.h stdarg.h stdatomic.h stdbool.h stddef.h stdint.h stdio.h
    stdlib.h stdnoreturn.h string.h strings.h sys/stat.h sys/types.h sys/wait.h threads.h time.h uchar.h unistd.h wchar.h
    wctype.h""".split())

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
NOT_CODE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
LONG = 400
REASON = re.compile(r"\b(long|longer)\b(?! as\b)|\b400 lines\b", re.IGNORECASE)
# Places that only some machine has, and build folders outside the checkout.
MACHINE = re.compile(r"(?<![\w./:}$~-])/(?:home|root|work|Users|mnt|media|build)/\w|(?<!\w)/tmp/b-\w")
NO_TEXT = {".png", ".ico", ".gif", ".jpg", ".woff2", ".jar", ".pyc"}


def files():
    """Every file of the project, as its path below the root; not what was built, and nothing of tools."""
    for folder, folders, names in os.walk(ROOT):
        here = pathlib.Path(folder).relative_to(ROOT)
        folders[:] = sorted(name for name in folders if name not in ("__pycache__", "target", "corpus", ".git") and not (
            here == pathlib.Path(".") and name.startswith("build")) and (not name.startswith(".") or name == ".ci"))
        for name in sorted(names):
            yield (here / name).as_posix()


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def c_files(*folders):
    found = [path for path in files() if path.endswith((".c", ".h", ".inc")) and path.startswith(folders or ("host/", "plugins/",
                                                                                                       "sdk/", "tests/"))]
    assert found, folders
    return found


def room_of(path):
    """The room of a file of the host; main.c is one of its own."""
    return path.split("/")[1]


def wrong_host_includes(path, text):
    """Includes of a file of the host that its room may not have."""
    room = room_of(path)
    if room not in ROOMS:
        return [f"{path}: the room {room} has no arrows in this test"]
    wrong = []
    for kind, name in INCLUDE.findall(text):
        if kind == "<":
            if name.startswith("bptl/") and room == "base":
                wrong.append(f"{path}: <{name}>: host/base knows nothing of the SDK")
        elif not (ROOT / "host" / name).is_file():
            wrong.append(f"{path}: \"{name}\" is no header of the host")
        elif name.split("/")[0] not in ROOMS[room] | {room}:
            wrong.append(f"{path}: \"{name}\": host/{room} may not know host/{name.split('/')[0]}")
    return wrong


def wrong_plugin_includes(path, text):
    """A plugin knows its own folder, the SDK, jansson, the C library, and the libraries that plugins may have."""
    own = pathlib.PurePosixPath(path).parent
    wrong = []
    for kind, name in INCLUDE.findall(text):
        if kind == '"' and ("/" in name or not (ROOT / own / name).is_file()):
            wrong.append(f"{path}: \"{name}\" is not in the plugin's own folder")
        if kind == "<" and name not in PLUGIN_HEADERS and not any(
                re.match(header, name) and re.match(place, path) for header, _, place in LIBRARIES.values()):
            wrong.append(f"{path}: <{name}>: a plugin uses the SDK, jansson and the C library")
    return wrong


def wrong_libraries(path, text):
    """Libraries that the file names but that are not to be known there. Words in comments and texts do not count."""
    included = [name for kind, name in INCLUDE.findall(text) if kind == "<"]
    code = NOT_CODE.sub(" ", text)
    return [f"{path}: {library} is not to be known here" for library, (header, words, place) in LIBRARIES.items()
            if not re.match(place, path) and (any(re.match(header, name) for name in included) or re.search(words, code))]


def wrong_head(path, text):
    """The first comment names the file; that of a long file says why it is long."""
    name = pathlib.PurePosixPath(path).name
    if not re.match(rf"/\* (?:bptl/)?{re.escape(name)}: \S", text):
        return [f"{path}: does not begin with a comment of the form /* {name}: what it is for"]
    lines = text.count("\n")
    if lines > LONG and not REASON.search(text[:text.index("*/")]):
        return [f"{path}: has {lines} lines, over {LONG}, and its first comment does not say why it is so long"]
    return []


def wrong_docstring(path, text):
    """The same for Python."""
    match = re.match(r'(?:#![^\n]*\n)?"""(\S.*?)"""', text, re.DOTALL)
    if not match:
        return [f"{path}: does not begin with a docstring that says what it is"]
    lines = text.count("\n")
    if lines > LONG and not REASON.search(match[1]):
        return [f"{path}: has {lines} lines, over {LONG}, and its docstring does not say why it is so long"]
    return []


def wrong_paths(path, text):
    return [f"{path}: {match[0]}... is a path of one machine" for match in MACHINE.finditer(text)]


def check(found):
    assert not found, "\n" + "\n".join(found)


def all_of(rule, paths):
    return [wrong for path in paths for wrong in rule(path, read(path))]


# ---- the rules, held against the project ----

def test_each_room_of_the_host_knows_only_what_it_may():
    check(all_of(wrong_host_includes, c_files("host/")))


def test_the_build_links_no_room_to_one_that_it_may_not_know():
    rooms = re.findall(r"^room\((\w+)([^)]*)\)", read("CMakeLists.txt"), re.MULTILINE)
    assert {room_of(path) for path in c_files("host/")} - {"main.c"} <= {room for room, _ in rooms}
    check([f"CMakeLists.txt: room({room}) links to bptl_{other}" for room, rest in rooms
           for other in re.findall(r"\bbptl_(\w+)", rest) if other not in ROOMS[room]])


def test_the_rooms_form_no_circle():
    left = {room: set(known) for room, known in ROOMS.items()}
    while left:
        free = [room for room, known in left.items() if not known & set(left)]
        assert free, f"a circle among {sorted(left)}"
        for room in free:
            del left[room]


def test_plugins_know_only_the_sdk():
    check(all_of(wrong_plugin_includes, [path for path in c_files("plugins/") if "/tests/" not in path]))


def test_the_sdk_includes_only_jansson_and_c_headers():
    found = {name for path in c_files("sdk/include/") for _, name in INCLUDE.findall(read(path))}
    assert found and found <= PLUGIN_HEADERS - {"bptl/plugin.h"}


def test_a_library_is_known_only_in_its_place():
    check(all_of(wrong_libraries, c_files("host/", "plugins/", "sdk/include/")))


def test_every_c_file_says_what_it_is_for_and_a_long_one_why_it_is_long():
    check(all_of(wrong_head, c_files()))


def test_every_python_file_says_what_it_is_and_a_long_one_why_it_is_long():
    paths = [path for path in files() if path.endswith(".py")]
    assert paths
    check(all_of(wrong_docstring, paths))


def test_no_path_of_a_machine_is_written_down():
    paths = [path for path in files() if pathlib.PurePosixPath(path).suffix not in NO_TEXT]
    assert len(paths) > 100
    check(all_of(wrong_paths, paths))


def test_c_files_are_formatted():
    done = subprocess.run(["clang-format", "--dry-run", "-Werror", *c_files()], cwd=ROOT, capture_output=True, text=True, timeout=100)
    lines = [line for line in done.stderr.splitlines() if "error:" in line]
    assert done.returncode == 0, "\n" + "\n".join(lines[:40] or [done.stderr])


def test_shell_scripts_have_no_known_faults():
    scripts = [path for path in files() if (ROOT / path).open("rb").readline() in (b"#!/usr/bin/env bash\n", b"#!/bin/bash\n",
                                                                                  b"#!/bin/sh\n", b"#!/usr/bin/env sh\n")]
    assert "tests/run" in scripts
    done = subprocess.run(["shellcheck", *scripts], cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, "\n" + done.stdout + done.stderr


# ---- the rules, tried on what breaks them ----

HEAD = "/* {}: what it is for. */\n"
BREAKS = [
    (wrong_host_includes, "host/base/text.c", '#include "http/url.h"\n'),
    (wrong_host_includes, "host/base/text.c", "#include <bptl/plugin.h>\n"),
    (wrong_host_includes, "host/http/url.c", '#include "config/config.h"\n'),
    (wrong_host_includes, "host/engine/task.c", '  #  include "core/core.h"\n'),
    (wrong_host_includes, "host/runner/task.c", '#include "core/journal.h"\n'),
    (wrong_host_includes, "host/core/core.c", '#include "runner/task.h"\n'),
    (wrong_host_includes, "host/core/core.c", '#include "../plugins/zgw/units.h"\n'),
    (wrong_host_includes, "host/web/metrics.c", '#include "core/core.h"\n'),
    (wrong_host_includes, "host/attic/old.c", ""),
    (wrong_plugin_includes, "plugins/zgw/plugin.c", '#include "base/text.h"\n'),
    (wrong_plugin_includes, "plugins/zgw/plugin.c", '#include "../mail/template.h"\n'),
    (wrong_plugin_includes, "plugins/zgw/plugin.c", "#include <curl/curl.h>\n"),
    (wrong_plugin_includes, "plugins/zgw/plugin.c", "#include <openssl/evp.h>\n"),
    (wrong_libraries, "host/core/core.c", "#include <curl/curl.h>\n"),
    (wrong_libraries, "host/core/core.c", "void f(void) { curl_global_init(0); }\n"),
    (wrong_libraries, "host/core/late.c", "static sqlite3_stmt *s;\n"),
    (wrong_libraries, "host/engine/camunda.c", "#include <sqlite3.h>\n"),
    (wrong_libraries, "host/core/core.c", "#include <microhttpd.h>\n"),
    (wrong_libraries, "host/commands/run.c", "lt_dlinit();\n"),
    (wrong_libraries, "host/commands/run.c", "#include <ini.h>\n"),
    (wrong_head, "host/core/core.c", "#include <stdio.h>\n"),
    (wrong_head, "host/core/core.c", HEAD.format("tasks.c")),
    (wrong_head, "host/core/core.c", "/* core.c: as long as it belongs here. */\n" + "\n" * LONG),
    (wrong_docstring, "tests/a.py", "import os\n"),
    (wrong_docstring, "tests/a.py", '"""What it is."""\n' + "\n" * LONG),
    (wrong_paths, "a", f"see /{'home'}/somebody/file"),
    (wrong_paths, "a", f"-B /{'tmp'}/b-mine"),
    (wrong_paths, "a", f"'/{'work'}/main'"),
]
KEEPS = [
    (wrong_host_includes, "host/core/core.c", '#include "core/core.h"\n#include "engine/engine.h"\n#include <jansson.h>\n'),
    (wrong_plugin_includes, "plugins/zgw/plugin.c", '#include "units.h"\n#include <bptl/plugin.h>\n#include <time.h>\n'),
    (wrong_libraries, "host/core/core.c", '/* libcurl\'s curl_multi_poll */\nsay("sqlite3_open");\n'),
    (wrong_libraries, "host/core/journal_open.c", "#include <sqlite3.h>\nsqlite3_open(p, &db);\n"),
    (wrong_head, "host/core/core.c", HEAD.format("core.c") + "\n" * (LONG - 1)),
    (wrong_head, "host/core/core.c", "/* core.c: the loop. Longer than most, because. */\n" + "\n" * LONG),
    (wrong_docstring, "tests/a.py", '#!/usr/bin/env python3\n"""What it is.\n\nLong, because."""\n' + "\n" * LONG),
    (wrong_paths, "a", "http://127.0.0.1/{}/a $HOME/{}/a /usr/share/a ./build/x".format("root", "work")),
]


@pytest.mark.parametrize("rule, path, text", BREAKS)
def test_a_file_that_breaks_the_rule_is_found(rule, path, text):
    assert len(rule(path, text)) == 1


@pytest.mark.parametrize("rule, path, text", KEEPS)
def test_a_file_that_keeps_the_rule_is_let_through(rule, path, text):
    assert rule(path, text) == []
