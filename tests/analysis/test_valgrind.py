"""valgrind on a sample of what the sanitizers see in full: it also finds reads of memory that was never set, and it looks at
the program as users build it. C tests of each room, and units in `bptl exec`."""
import json
import subprocess

import pytest
from cases import UNITS, World

# Programs, or one test of a program that would take too long here
PROGRAMS = ["base_json", "config_reader", "core_journal steps_are_put_replaced_and_dropped_and_come_in_their_order",
            "core_journal on_a_full_disk_a_turn_waits_and_is_written_whole_when_there_is_room", "engine_camunda_wire", "http_url",
            "http_token", "mail_template", "runner_steps", "runner_variables", "zac_period"]
CASES = ["zgw.CreateZaakTask", "zgw.CreateStatusTask", "zgw.RelatePand", "mail.SendEmailTask", "zac.UserDetailsTask"]
VALGRIND = ["valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite,indirect",
            "--show-leak-kinds=definite,indirect", "--child-silent-after-fork=yes"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("program", PROGRAMS)
def test_the_c_tests_read_only_what_is_set_and_leak_nothing(plain, program):
    name, *tests = program.split()
    done = subprocess.run([*VALGRIND, plain / "tests" / name, *tests], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          errors="replace")
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "[  PASSED  ]" in done.stdout + done.stderr


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", CASES)
def test_a_unit_reads_only_what_is_set_and_leaks_nothing(plain, conf, zgw, smtp, tmp_path, name):
    world = World(conf.use_zgw(zgw).use_mail(smtp).use_case(), zgw, smtp, None)
    case = UNITS[name]
    variables = {key: value for key, value in world.prepare(case).items() if value is not ...}
    file = tmp_path / "variables.json"
    file.write_text(json.dumps(variables), encoding="utf-8")
    done = subprocess.run([*VALGRIND, plain / "bptl", "exec", case.unit, "--conf", conf.write(), "--vars", file],
                          stdin=subprocess.DEVNULL, capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert json.loads(done.stdout)["outcome"] == "done"


def test_valgrind_would_find_something(tmp_path):
    """It is on: a fault is found."""
    source = tmp_path / "bad.c"
    source.write_text("#include <stdlib.h>\nint main(void)\n{\n\tint *p = malloc(sizeof(*p));\n\treturn *p == 5;\n}\n", encoding="utf-8")
    subprocess.run(["gcc", "-g", "-o", tmp_path / "bad", source], check=True)
    done = subprocess.run([*VALGRIND, tmp_path / "bad"], capture_output=True, text=True)
    assert done.returncode == 99, done.stderr
