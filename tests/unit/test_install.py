"""What `cmake --install` puts where, and that a stranger can build a plugin with it: by CMake, by pkg-config, with nothing of the
source tree."""
import subprocess

import pytest

PLUGIN = """
#include <bptl/plugin.h>

static int greet(struct bptl_task *t)
{
	return bptl_set_text(t, "greeting", bptl_format(t, "hallo %s", bptl_text(t, "name")));
}

static const struct bptl_variable in[] = {{"name", BPTL_TEXT, BPTL_REQUIRED, "whom to greet", NULL}, {0}};
static const struct bptl_unit unit = {.name = "Greet", .summary = "Greets", .run = greet, .in = in};
static const struct bptl_unit *const units[] = {&unit, NULL};
static const struct bptl_plugin plugin = {
	BPTL_HANDSHAKE, .name = "hello", .version = "1", .summary = "The first plugin", .units = units};

BPTL_EXPORT const struct bptl_plugin *bptl_describe(void)
{
	return &plugin;
}
"""

CMAKE = """
cmake_minimum_required(VERSION 3.20)
project(hello C)
find_package(bptl 1.0 REQUIRED CONFIG)
find_package(PkgConfig REQUIRED)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
add_library(hello MODULE hello.c)
target_link_libraries(hello PRIVATE bptl::sdk PkgConfig::JANSSON)
set_target_properties(hello PROPERTIES PREFIX "")
message(STATUS "plugins go to ${BPTL_PLUGIN_DIR}")
"""


def run(*words, **more):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=110, **more)
    assert done.returncode == 0, f"{words}:\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(build, tmp_path_factory):
    """A folder with everything that is installed."""
    place = tmp_path_factory.mktemp("installed")
    run("cmake", "--install", build, "--prefix", place)
    return place


@pytest.fixture
def source(tmp_path):
    (tmp_path / "hello.c").write_text(PLUGIN)
    (tmp_path / "CMakeLists.txt").write_text(CMAKE)
    return tmp_path


def greets(bptl, conf, library):
    """`bptl exec` with the plugin; the tool of the test build, whose sanitizers the library does not need."""
    conf.section("plugin hello", library=library).section("topic greet", unit="hello.Greet")
    out = run(bptl, "exec", "greet", "--conf", conf.write(), "--vars", "-", input='{"name": "wereld"}')
    assert '"hallo wereld"' in out


def test_tool_plugins_header_and_configuration_are_in_their_places(installed):
    there = {str(path.relative_to(installed)) for path in installed.rglob("*") if path.is_file()}
    libraries = {path for path in there if path.startswith("lib")}
    assert {"bin/bptl", "include/bptl/plugin.h"} <= there
    for name in "zgw.so", "mail.so", "zac.so", "camunda_api.so", "mail/templates/generiek.html":
        assert any(path.endswith(f"/bptl/{name}") for path in libraries), name
    for name in "cmake/bptl/bptl-config.cmake", "cmake/bptl/bptl-config-version.cmake", "pkgconfig/bptl-plugin.pc":
        assert any(path.endswith(name) for path in libraries), name
    assert [path for path in there if path.endswith(".h")] == ["include/bptl/plugin.h"], "a private header was installed"
    assert any(path.endswith("conf.d/host.ini") for path in there)


def test_a_plugin_is_built_with_cmake(installed, source, bptl, conf):
    said = run("cmake", "-S", source, "-B", source / "build", f"-DCMAKE_PREFIX_PATH={installed}")
    assert f"plugins go to {installed}" in said
    run("cmake", "--build", source / "build")
    greets(bptl, conf, source / "build" / "hello.so")


def test_a_plugin_is_built_with_pkg_config(installed, source, bptl, conf):
    folder = next(installed.rglob("bptl-plugin.pc")).parent
    flags = run("pkg-config", f"--define-variable=prefix={installed}", f"--define-variable=includedir={installed}/include",
                "--cflags", "--libs", "bptl-plugin", env={"PKG_CONFIG_PATH": str(folder), "PATH": "/usr/bin:/bin"})
    run("cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fPIC", "-shared", "-o", source / "hello.so",
        source / "hello.c", *flags.split())
    greets(bptl, conf, source / "hello.so")


def test_a_plugin_that_asks_for_another_major_version_of_the_sdk_does_not_find_it(installed, source):
    (source / "CMakeLists.txt").write_text(CMAKE.replace("bptl 1.0", "bptl 2.0"))
    done = subprocess.run(["cmake", "-S", source, "-B", source / "build", f"-DCMAKE_PREFIX_PATH={installed}"],
                          capture_output=True, text=True, timeout=110)
    assert done.returncode != 0 and "requested version" in done.stderr
