"""The commands as a person at a terminal meets them: help, wrong usage, exit statuses, and what check, units, exec, submit and
tasks say and do."""
import json
import os
import re

import pytest
from probe import eventually, probe_topic, run, use_probe

COMMANDS = ["run", "check", "units", "exec", "submit", "tasks"]


@pytest.fixture
def local(conf, build):
    """A configuration with the embedded engine and some topics of probe."""
    use_probe(conf, build)
    for unit in "Echo", "Types", "Required", "Fail", "FailForNow", "BpmnError", "MinusOne", "Print", "Nap":
        probe_topic(conf, unit)
    return conf


# ---- usage ----
@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(bptl, command):
    done = run(bptl, command, "--help")
    assert done.returncode == 0 and done.stderr == "", done
    assert done.stdout.startswith(f"usage: bptl {command} ")
    assert "--conf PATH" in done.stdout and "Exit status: 0" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 120, [line for line in done.stdout.splitlines() if len(line) > 120]


def test_the_tool_lists_its_commands(bptl):
    for words in ["--help"], ["-h"], ["help"]:
        done = run(bptl, *words)
        assert done.returncode == 0
        for command in COMMANDS:
            assert re.search(rf"^  {command} +\S", done.stdout, re.MULTILINE), done.stdout


def test_the_version_of_tool_and_sdk_is_printed(bptl):
    done = run(bptl, "--version")
    assert done.returncode == 0 and re.fullmatch(r"bptl \d+\.\d+\.\d+, SDK \d+\.\d+\n", done.stdout), done


def test_no_command_and_an_unknown_one_are_wrong_usage(bptl):
    assert run(bptl).returncode == 64
    done = run(bptl, "chek")
    assert done.returncode == 64 and "unknown command chek" in done.stderr and "check" in done.stderr


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("words", [["--colour"], ["--conf"], ["-z"]])
def test_an_unknown_option_or_one_without_its_value_is_wrong_usage(bptl, command, words):
    done = run(bptl, command, *words)
    assert done.returncode == 64 and done.stdout == "" and "usage: bptl" in done.stderr, done


@pytest.mark.parametrize("words", [["run", "x"], ["check", "x"], ["units", "a", "b"], ["exec"], ["exec", "a", "b"], ["submit"],
                                   ["submit", "a", "b"], ["tasks", "x"], ["tasks", "--state", "lost"], ["tasks", "--most", "0"],
                                   ["tasks", "--most", "x"], ["tasks", "--retry", "x", "--retries", "0"],
                                   ["submit", "--priority", "high", "echo"], ["submit", "--priority", "", "echo"]])
def test_arguments_that_do_not_fit_are_wrong_usage(bptl, local, words):
    command, *rest = words
    done = run(bptl, command, "--conf", local.write(), *rest)
    assert done.returncode == 64 and done.stdout == "" and done.stderr, done


# ---- check ----
def test_check_is_content_with_a_good_configuration(bptl, local):
    done = run(bptl, "check", "--conf", local.write())
    assert (done.returncode, done.stdout, done.stderr) == (
        0, "configuration is good: 1 engines, 0 services, 0 apps, 1 plugins, 9 topics\n", ""), done


def test_the_environment_names_the_folder_when_no_option_does(bptl, local):
    done = run(bptl, "check", env={**os.environ, "BPTL_CONF": str(local.write())})
    assert done.returncode == 0, done


def test_check_shows_every_problem_with_file_and_line_in_their_order(bptl, local, tmp_path):
    folder = local.write()
    (folder / "a.ini").write_text("[service zaken]\ntype = zrc\nroot = ftp://x/\ncolour = blue\n\n[topic extra]\nunit = Echo\n")
    done = run(bptl, "check", "--conf", folder)
    assert done.returncode == 78 and done.stdout == "", done
    *lines, last = done.stderr.splitlines()
    places = [re.match(rf"{re.escape(str(folder))}/a\.ini:(\d+): ", line) for line in lines]
    assert all(places), done.stderr
    numbers = [int(place[1]) for place in places]
    assert numbers == sorted(numbers) and {1, 3, 4, 7} == set(numbers), done.stderr
    assert last == f"{len(lines)} problems in the configuration"


@pytest.mark.parametrize("command", ["run", "check", "units", "submit echo", "tasks", "exec echo"])
def test_a_configuration_that_is_not_there_is_said_by_every_command(bptl, tmp_path, command):
    name, *rest = command.split()
    done = run(bptl, name, "--conf", tmp_path / "nowhere", *rest)
    assert done.returncode == 78 and f"{tmp_path}/nowhere" in done.stderr, done


def test_an_empty_folder_is_no_configuration(bptl, tmp_path):
    done = run(bptl, "check", "--conf", tmp_path)
    assert done.returncode == 78 and "no *.ini" in done.stderr.replace("is no", "no"), done


def test_check_makes_no_state_folder_and_calls_nobody(bptl, local, zgw):
    local.use_zgw(zgw).use_engine(zgw.url + "/engine-rest/")
    assert run(bptl, "check", "--conf", local.write()).returncode == 0
    assert not (local.folder / "state").exists() and zgw.requests == []


# ---- units ----
def test_units_lists_every_unit_with_one_line(bptl, local):
    done = run(bptl, "units", "--conf", local.write())
    assert done.returncode == 0, done
    assert re.search(r"^probe\.Echo +Sets what it reads$", done.stdout, re.MULTILINE)
    assert len(done.stdout.splitlines()) == len([line for line in done.stdout.splitlines() if line.startswith("probe.")])


def test_units_tells_everything_of_one(bptl, local, zgw):
    done = run(bptl, "units", "--conf", local.write(), "probe.Post")
    assert done.returncode == 0, done
    for words in "POSTs", "url", "required", "where to", "optional", "zrc", "what it calls":
        assert words in done.stdout
    done = run(bptl, "units", "--conf", local.write(), "probe.Option")
    assert "colour" in done.stdout and "size" in done.stdout
    assert "also read as tekst" in run(bptl, "units", "--conf", local.write(), "probe.Required").stdout


def test_units_as_json_holds_the_declarations(bptl, local):
    done = run(bptl, "units", "--json", "--conf", local.write())
    plugin, = json.loads(done.stdout)
    units = {unit["name"]: unit for unit in plugin["units"]}
    assert done.returncode == 0 and plugin["name"] == "probe"
    assert {row["name"]: row["type"] for row in units["Echo"]["in"]}["object"] == "object"


def test_units_of_an_unknown_name_is_wrong_usage(bptl, local):
    done = run(bptl, "units", "--conf", local.write(), "probe.Nothing")
    assert done.returncode == 64 and "probe.Nothing" in done.stderr, done


# ---- exec ----
def outcome(done):
    return json.loads(done.stdout)


@pytest.mark.parametrize("topic, status, expected", [
    ("echo", 0, {"outcome": "done", "variables": {"text": {"type": "String", "value": "hallo"}}}),
    ("fail", 1, {"outcome": "failed", "permanent": True, "message": "probe.Fail: hallo"}),
    ("failfornow", 1, {"outcome": "failed", "permanent": False, "message": "probe.FailForNow: not now"}),
    ("bpmnerror", 3, {"outcome": "bpmn-error", "code": "TE_LAAT", "message": "the request came too late",
                      "variables": {"reden": {"type": "String", "value": "te laat"}}}),
    ("required", 1, {"outcome": "failed", "permanent": True}),
    ("minusone", 1, {"outcome": "failed"}),
])
def test_exec_prints_the_outcome_and_ends_with_its_status(bptl, local, topic, status, expected):
    done = run(bptl, "exec", topic, "--conf", local.write(), "--vars", "-", input='{"text": "hallo"}')
    assert done.returncode == status, done
    result = outcome(done)
    assert {name: result.get(name) for name in expected} == expected


def test_exec_finds_a_topic_by_its_own_name_too(bptl, local):
    local.section("topic other", unit="probe.Echo", topic="Een topic met spaties")
    assert run(bptl, "exec", "Een topic met spaties", "--conf", local.write()).returncode == 0


def test_exec_of_an_unknown_topic_is_wrong_usage(bptl, local):
    done = run(bptl, "exec", "nothing", "--conf", local.write())
    assert done.returncode == 64 and "[topic nothing]" in done.stderr, done


def test_what_a_unit_prints_does_not_mix_with_the_outcome(bptl, local):
    done = run(bptl, "exec", "print", "--conf", local.write())
    assert done.returncode == 0 and outcome(done)["variables"]["printed"]["value"] == "yes"
    assert "this goes to stdout" in done.stderr and "and this to the log" in done.stderr


@pytest.mark.parametrize("command", ["exec", "submit"])
@pytest.mark.parametrize("text, words", [
    ("", "not valid JSON"), ("{", "not valid JSON"), ("[1]", "must hold a JSON object"), ('"x"', "must hold a JSON object"),
    ('{"a": 1, "a": 2}', "not valid JSON"), ('{"a": {"type": "Strange", "value": 1}}', "Strange"),
    ('{"text": {"type": "Integer", "value": "x"}}', "text"), ("[" * 3000, "not valid JSON")])
def test_variables_that_are_no_good_are_refused(bptl, local, tmp_path, command, text, words):
    file = tmp_path / "variables.json"
    file.write_text(text)
    done = run(bptl, command, "echo", "--conf", local.write(), "--vars", file)
    assert done.returncode == 66 and words in done.stderr and done.stdout == "", done


def test_a_file_of_variables_that_is_not_there_is_said(bptl, local, tmp_path):
    for command in "exec", "submit":
        done = run(bptl, command, "echo", "--conf", local.write(), "--vars", tmp_path / "nowhere.json")
        assert done.returncode == 66 and f"{tmp_path}/nowhere.json: No such file or directory" in done.stderr, done


# ---- the embedded engine ----
def submit(bptl, conf, topic, variables=None, *more):
    done = run(bptl, "submit", topic, "--conf", conf.folder, "--vars", "-", *more, input=json.dumps(variables or {}))
    assert done.returncode == 0 and re.fullmatch(r"[0-9a-f-]{36}\n", done.stdout), done
    return done.stdout.strip()


def tasks(bptl, conf, *more):
    done = run(bptl, "tasks", "--json", "--conf", conf.folder, *more)
    assert done.returncode == 0, done
    return {task["id"]: task for task in json.loads(done.stdout)}


def state(bptl, conf, task, *states):
    return eventually(lambda: (one := tasks(bptl, conf)[task])["state"] in states and one, 10,
                      lambda: f"not {states}: {tasks(bptl, conf)[task]}")


@pytest.mark.parametrize("words", [["submit", "caf\udce9"], ["submit", "--business-key", "caf\udce9", "echo"]])
def test_a_topic_or_a_key_that_is_no_utf8_is_not_put_into_the_engine(bptl, local, words):
    """No answer in JSON could name it."""
    done = run(bptl, *words, "--conf", local.write())
    assert (done.returncode, done.stdout, done.stderr) == (
        64, "", "bptl submit: the topic or the business key is not valid UTF-8\n"), done


def test_submitted_tasks_are_performed_and_shown(bptl, local, host):
    (local.write() / "state").mkdir(mode=0o700)
    early = submit(bptl, local, "echo", {"text": "vroeg", "object": {"a": [1]}}, "--business-key", "ZAAK-1", "--priority", "7")
    assert tasks(bptl, local)[early]["state"] == "waiting"
    host()
    done = state(bptl, local, early, "completed")
    assert done["outcome"]["text"] == {"type": "String", "value": "vroeg"} and done["outcome"]["object"]["type"] == "Json", done
    late = submit(bptl, local, "fail")
    assert state(bptl, local, late, "incident")["error"] == "probe.Fail: for good"
    assert submit(bptl, local, "bpmnerror") and eventually(lambda: tasks(bptl, local, "--state", "error"))
    assert list(tasks(bptl, local, "--state", "incident")) == [late]
    assert len(tasks(bptl, local, "--most", "1")) == 1
    table = run(bptl, "tasks", "--conf", local.folder)
    row = re.search(rf"^{late} .*$", table.stdout, re.MULTILINE)[0]
    assert table.returncode == 0 and re.fullmatch(r"\S+  fail +incident +0 .*probe\.Fail: for good", row), row


def test_a_retry_is_granted_to_an_incident_and_to_nothing_else(bptl, local, host, tmp_path):
    probe_topic(local, "Step")
    file, failing = tmp_path / "lines", tmp_path / "failing"
    failing.touch()
    host()
    task = submit(bptl, local, "step", {"file": str(file), "failing": str(failing)})
    assert "failing, as asked" in state(bptl, local, task, "incident")["error"]
    failing.unlink()
    granted = run(bptl, "tasks", "--conf", local.folder, "--retry", task, "--retries", "2")
    assert granted.returncode == 0 and granted.stdout == f"{task} has 2 retries\n", granted
    state(bptl, local, task, "completed")
    assert file.read_text() == "done\n", "the step was made again"
    for which in task, "00000000-0000-0000-0000-000000000000", "":
        done = run(bptl, "tasks", "--conf", local.folder, "--retry", which)
        assert done.returncode == 1 and done.stderr.startswith("bptl tasks: "), done


def test_commands_of_the_embedded_engine_say_when_there_is_none(bptl, local, zgw):
    local.use_engine(zgw.url + "/engine-rest/")
    for words in ["submit", "echo"], ["tasks", "--retry", "x"]:
        done = run(bptl, *words, "--conf", local.write())
        assert done.returncode == 78 and "no engine of type local is configured" in done.stderr, done


def test_one_of_several_embedded_engines_is_chosen_by_name(bptl, local):
    for title in [title for title in local.sections if title.startswith("topic")]:
        local.section(title, engine="main")
    (local.section("engine second", type="local").write() / "state").mkdir(mode=0o700)
    done = run(bptl, "submit", "echo", "--conf", local.folder)
    assert done.returncode == 78 and "--engine" in done.stderr, done
    submit(bptl, local, "echo", {}, "--engine", "second")
    assert len(tasks(bptl, local, "--engine", "second")) == 1
    done = run(bptl, "tasks", "--conf", local.folder, "--engine", "third")
    assert done.returncode == 78 and "[engine third]" in done.stderr, done


def test_tasks_before_there_is_a_database_says_so(bptl, local):
    done = run(bptl, "tasks", "--conf", local.write())
    assert done.returncode == 73 and "main.db" in done.stderr, done
