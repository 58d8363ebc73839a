"""The SDK's header alone: it compiles without a warning as C11, C17 and C++17 with gcc and clang, and so does a unit that
uses it; and its formats are checked by the compiler."""
import re
import shlex
import subprocess

import pytest
from testbed import ROOT

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
COMPILERS = [(compiler, standard) for compiler, standards in {
    "gcc": ("c11", "c17"), "g++": ("c++17",), "clang": ("c11", "c17"), "clang++": ("c++17",)}.items() for standard in standards]

# Twice, because a header of the plugin's own may include it, too.
ALONE = "#include <bptl/plugin.h>\n#include <bptl/plugin.h>\n"

# What C and C++ have in common; every kind of call once.
UNIT = ALONE + """
static struct bptl_request new_request(void);
static struct bptl_request new_request(void)
{
	struct bptl_request request;

	request.what = "create it";
	request.method = "POST";
	request.service = "zrc";
	request.headers = NULL;
	request.body = json_object();
	request.flags = BPTL_TOLERATE | BPTL_READ;
	request.status = 0;
	request.answer = NULL;
	request.error = NULL;
	request.step = 0;
	return request;
}

static json_t *effect(struct bptl_task *t, void *arg)
{
	(void)arg;
	return bptl_keep(t, json_true());
}

int run(struct bptl_task *t);
int run(struct bptl_task *t)
{
	struct bptl_request request = new_request();
	const char *url = bptl_path(t, "zaken?a=%s&b=%d", bptl_text_or(t, "a", ""), 1);

	request.url = url;
	if (bptl_has(t, "n") && bptl_integer(t, "n") > 5 && bptl_boolean(t, "b"))
		return bptl_fail(t, "%s is too much", bptl_text(t, "n"));
	if (bptl_time_left(t) < 1000)
		return bptl_fail_retry(t, "no time");
	if (!bptl_step(t, "do it", effect, NULL, BPTL_REPEATABLE))
		return bptl_bpmn_error(t, "CODE", "%d", 1);
	bptl_log(t, BPTL_INFO, "%s at %s", bptl_today(t), bptl_now(t));
	(void)bptl_set(t, "x", json_integer(1));
	return bptl_set_text(t, "y", bptl_member_text(t, bptl_send(t, &request), "url"));
}
"""

# Only C has designated initialisers in these standards.
DESCRIPTION = ALONE + """
static int run(struct bptl_task *t)
{
	return bptl_set(t, "x", json_true());
}

static const struct bptl_variable out[] = {
	{"x", BPTL_BOOLEAN, BPTL_OPTIONAL, "always true", NULL},
	{NULL, BPTL_ANY, BPTL_OPTIONAL, NULL, NULL},
};
static const struct bptl_unit unit = {.name = "U", .summary = "s", .run = run, .out = out};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {BPTL_HANDSHAKE, .name = "p", .version = "1", .summary = "s", .units = units};

const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
"""

WRONG = {
    "a format of bptl_fail": 'return bptl_fail(t, "%s", 5);',
    "a format of bptl_path": '(void)bptl_path(t, "%d", "a"); return 0;',
    "a format of bptl_log": 'bptl_log(t, BPTL_INFO, "%s"); return 0;',
    "a format of bptl_bpmn_error": 'return bptl_bpmn_error(t, "C", "%d", "a");',
}


def compile_source(compiler, standard, source, folder):
    """What the compiler said; None when it had nothing to say."""
    jansson = shlex.split(subprocess.run(["pkg-config", "--cflags", "jansson"], check=True, capture_output=True, text=True).stdout)
    file = folder / ("source.cpp" if standard.startswith("c++") else "source.c")
    file.write_text(source, encoding="utf-8")
    done = subprocess.run([compiler, f"-std={standard}", *WARNINGS, f"-I{ROOT / 'sdk/include'}", *jansson, "-O1", "-c", file,
                           "-o", folder / "source.o"], capture_output=True, text=True, timeout=60)
    return None if done.returncode == 0 and not done.stderr else done.stderr or f"status {done.returncode}"


@pytest.mark.parametrize("compiler, standard", COMPILERS)
def test_the_header_compiles_alone(compiler, standard, tmp_path):
    assert compile_source(compiler, standard, ALONE, tmp_path) is None


@pytest.mark.parametrize("compiler, standard", COMPILERS)
def test_a_unit_compiles(compiler, standard, tmp_path):
    assert compile_source(compiler, standard, UNIT, tmp_path) is None


@pytest.mark.parametrize("compiler, standard", [(compiler, standard) for compiler, standard in COMPILERS if "+" not in standard])
def test_a_description_compiles(compiler, standard, tmp_path):
    assert compile_source(compiler, standard, DESCRIPTION, tmp_path) is None


@pytest.mark.parametrize("compiler, standard", COMPILERS)
@pytest.mark.parametrize("what", WRONG)
def test_a_wrong_format_is_found(compiler, standard, what, tmp_path):
    source = f"{ALONE}\nint run(struct bptl_task *t);\nint run(struct bptl_task *t)\n{{\n\t{WRONG[what]}\n}}\n"
    said = compile_source(compiler, standard, source, tmp_path)
    assert said and re.search(r"-W(error=)?format\b", said), said
