"""Plugins that cannot be used, and topics that do not fit what plugins declare: `bptl check` and `bptl run` refuse them with
status 78, and say where in the configuration, which file, what is wrong, and what to do."""
import os
import shutil

import pytest
from probe import probe_topic, run, use_probe

# What breaks: words that the message must have. The last says what to do.
BAD = {
    "no_entry": ["has no function bptl_describe", "declare it with BPTL_EXPORT"],
    "null_entry": ["bptl_describe() returned NULL", "return the plugin's description"],
    "no_magic": ["returns no plugin description", "fill it with BPTL_HANDSHAKE"],
    "wrong_major": ["is built for SDK 2.0, this host has 1.0", "rebuild it against 1.x"],
    "newer_minor": ["is built for SDK 1.99, this host has 1.0", "upgrade the host, or rebuild the plugin against 1.0 or older"],
    "short_struct": ["its structs are shorter", "unit 8", "rebuild it with the SDK of this host"],
    "missing_symbol": ["bptl_test_function_that_exists_nowhere", "build it again for this machine"],
    "failing_init": ["the key file is missing: make one with keygen"],
    "silent_init": ["its init function failed without saying why", "bptl_refuse"],
    "doubled_unit": ["has two units named U", "give one of them another name"],
    "no_run": ["unit U lacks its name, its summary or its run function", "fill in its struct bptl_unit"],
    "other_name": ["calls itself somebody_else", "name the section [plugin somebody_else]"],
    "odd_frame": ["declares what cannot be used: unit U: row 1 of \"options\" has no text \"name\"", "not its own"],
    "crashing_init": ["ended with signal 6 (Aborted) while it was loaded", "run `bptl exec` under a debugger"],
    "exiting_init": ["ended with status 7 while it was loaded", "run `bptl exec` under a debugger"],
}


def refused(bptl, conf, env=None):
    """The lines of the problems of a configuration that is no good."""
    done = run(bptl, "check", "--conf", conf.write(), env=env)
    assert done.returncode == 78, done
    assert done.stdout == "", done
    *lines, last = done.stderr.splitlines()
    assert last == f"{len(lines)} problem{'' if len(lines) == 1 else 's'} in the configuration", done.stderr
    return lines


def only_problem(bptl, conf, file, line, *words, env=None):
    """The one problem, at this line of this file, with these words."""
    lines = refused(bptl, conf, env)
    assert len(lines) == 1, lines
    assert lines[0].startswith(f"{conf.folder}/{file}:{line}: "), lines[0]
    for word in words:
        assert word in lines[0], lines[0]
    return lines[0]


@pytest.mark.parametrize("name", BAD)
def test_a_bad_plugin_is_refused_with_its_line_its_file_and_the_remedy(bptl, build, conf, name):
    library = build / f"tests/plugins/{name}.so"
    conf.section(f"plugin {name}", library=library)
    only_problem(bptl, conf, "plugin.ini", 1, f"plugin {name} cannot be used", str(library), *BAD[name])


def test_a_plugin_whose_texts_are_no_utf8_is_used_with_question_marks_in_them(bptl, build, conf):
    conf.section("plugin latin_text", library=build / "tests/plugins/latin_text.so")
    done = run(bptl, "units", "latin_text.U", "--conf", conf.write())
    assert done.returncode == 0, done
    for words in "Voor het caf?", "Re?el.", "na?ef", "de zaken co?rdinaten", "de kleur van het caf?":
        assert words in done.stdout, done.stdout


def test_a_plugin_whose_start_hangs_is_given_up(bptl, build, conf):
    library = build / "tests/plugins/hanging_init.so"
    conf.section("plugin hanging_init", library=library)
    only_problem(bptl, conf, "plugin.ini", 1, "plugin hanging_init cannot be used", str(library), "not ready after 20 s",
                 "init function")


def test_every_bad_plugin_is_shown_and_not_only_the_first(bptl, build, conf):
    for name in BAD:
        conf.section(f"plugin {name}", library=build / f"tests/plugins/{name}.so")
    lines = refused(bptl, conf)
    assert len(lines) == len(BAD)
    for number, (name, line) in enumerate(zip(BAD, lines)):
        assert line.startswith(f"{conf.folder}/plugin.ini:{1 + 3 * number}: plugin {name} cannot be used"), line


def test_run_refuses_a_bad_plugin_with_the_same_words_and_starts_nothing(bptl, build, conf):
    library = build / "tests/plugins/newer_minor.so"
    conf.section("plugin newer_minor", library=library)
    done = run(bptl, "run", "--conf", conf.write())
    assert done.returncode == 78, done
    assert f"{conf.folder}/plugin.ini:1: plugin newer_minor cannot be used" in done.stderr
    assert "upgrade the host" in done.stderr and "1 problem in the configuration" in done.stderr
    assert "ready:" not in done.stderr


def test_a_plugin_that_is_not_there_is_named_with_the_place_where_it_was_looked_for(bptl, conf, tmp_path):
    conf.section("plugin nowhere", library=tmp_path / "nowhere.so")
    only_problem(bptl, conf, "plugin.ini", 1, f"{tmp_path}/nowhere.so: No such file or directory", "library =")


def test_a_file_that_is_no_library_is_refused(bptl, conf, tmp_path):
    (tmp_path / "text.so").write_text("This is no library.\n" * 100)
    conf.section("plugin text", library=tmp_path / "text.so")
    only_problem(bptl, conf, "plugin.ini", 1, f"{tmp_path}/text.so", "does not load", "build it again for this machine")


def test_a_part_of_a_library_is_refused(bptl, build, conf, tmp_path):
    whole = (build / "tests/plugins/probe.so").read_bytes()
    # the end of it may be nothing but what debuggers read
    (tmp_path / "probe.so").write_bytes(whole[:len(whole) // 16])
    conf.section("plugin probe", library=tmp_path / "probe.so")
    only_problem(bptl, conf, "plugin.ini", 1, "plugin probe cannot be used", f"{tmp_path}/probe.so",
                 env={**os.environ, "ASAN_OPTIONS": "handle_segv=0:handle_sigbus=0"})  # the loader may well crash


def test_a_folder_in_place_of_a_library_is_refused(bptl, conf, tmp_path):
    conf.section("plugin folder", library=tmp_path)
    only_problem(bptl, conf, "plugin.ini", 1, f"{tmp_path} is not a file")


def copy_of_probe(build, folder):
    folder.mkdir(mode=0o755, exist_ok=True)
    library = folder / "probe.so"
    shutil.copy(build / "tests/plugins/probe.so", library)
    library.chmod(0o755)
    return library


def test_a_library_that_others_can_write_is_refused(bptl, build, conf, tmp_path):
    library = copy_of_probe(build, tmp_path / "plugins")
    library.chmod(0o757)
    conf.section("plugin probe", library=library)
    only_problem(bptl, conf, "plugin.ini", 1, f"{library} can be written by other users", f"chmod go-w {library}")


def test_a_library_in_a_folder_that_others_can_write_is_refused(bptl, build, conf, tmp_path):
    library = copy_of_probe(build, tmp_path / "plugins")
    library.parent.chmod(0o777)
    conf.section("plugin probe", library=library)
    only_problem(bptl, conf, "plugin.ini", 1, f"{library.parent} can be written by other users", f"chmod go-w {library.parent}")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_library_of_another_user_is_refused(bptl, build, conf, tmp_path):
    library = copy_of_probe(build, tmp_path / "plugins")
    os.chown(library, 12345, 12345)
    conf.section("plugin probe", library=library)
    only_problem(bptl, conf, "plugin.ini", 1, f"{library} belongs to another user (uid 12345)", "must belong to root")


def test_the_folder_of_plugins_can_be_configured(bptl, build, conf, tmp_path):
    copy_of_probe(build, tmp_path / "plugins")
    conf.section("host", plugins=tmp_path / "plugins").section("plugin probe")
    done = run(bptl, "check", "--conf", conf.write())
    assert done.returncode == 0, done


def test_a_plugin_refuses_its_own_settings_in_its_own_words(bptl, build, conf):
    use_probe(conf, build, mood="bad")
    only_problem(bptl, conf, "plugin.ini", 1, "probe.so: the mood is bad: set mood = good")


def test_a_setting_that_a_plugin_needs_and_that_is_missing_is_named_with_what_it_is(bptl, build, conf):
    conf.section("plugin required_key", library=build / "tests/plugins/required_key.so")
    only_problem(bptl, conf, "plugin.ini", 1, "the key address is missing in [plugin required_key]: where the office is")


def test_what_a_plugin_says_while_it_starts_is_in_the_log_under_its_name(bptl, build, conf, host):
    library = build / "tests/plugins/required_key.so"
    conf.section("plugin required_key", library=library, address="Stadhuisplein 1")
    running = host(conf.section("topic a", unit="required_key.U"))
    running.wait_for(r'level=debug msg="looked for the address".* plugin=required_key')
    running.wait_for(rf'level=warn\w* msg="the address is Stadhuisplein 1, the folder {library.with_suffix("")}" plugin=required_key')


def test_an_unknown_setting_of_a_plugin_is_refused(bptl, build, conf):
    use_probe(conf, build, moot="good")
    only_problem(bptl, conf, "plugin.ini", 1, "unknown key moot", "mood")


# ---- topics ----
def test_a_topic_bound_to_an_unknown_unit_names_those_that_exist(bptl, build, conf):
    probe_topic(use_probe(conf, build), "Ecco")
    line = only_problem(bptl, conf, "topic.ini", 3, "plugin probe has no unit Ecco")
    for unit in "Echo", "Nap", "Post", "NeedsZac":
        assert unit in line.split("Ecco", 1)[1], line


def test_a_topic_without_the_service_that_its_unit_needs_is_refused(bptl, build, conf):
    probe_topic(use_probe(conf, build), "Post")
    only_problem(bptl, conf, "topic.ini", 1, "NoService: probe.Post needs a service of type zrc", "services =")


def test_a_topic_with_a_service_of_the_wrong_type_is_refused(bptl, build, conf, zgw):
    probe_topic(use_probe(conf, build).use_zgw(zgw), "Post", services="catalogi, objects")
    only_problem(bptl, conf, "topic.ini", 3, "NoService: probe.Post needs a service of type zrc", "services =")


def test_a_unit_that_needs_an_object_api_under_a_name_gets_it_by_that_name_alone(bptl, build, conf, zgw):
    probe_topic(use_probe(conf, build).use_zgw(zgw), "NeedsZac", services="objects")
    only_problem(bptl, conf, "topic.ini", 3, "NoService: probe.NeedsZac needs a service of type orc under the name zac")
    probe_topic(conf, "NeedsZac", services="zac=objects")
    assert run(bptl, "check", "--conf", conf.write()).returncode == 0


def test_a_unit_that_calls_the_engine_cannot_be_bound_to_the_embedded_one(bptl, build, conf):
    probe_topic(use_probe(conf, build), "EngineVersion")
    only_problem(bptl, conf, "topic.ini", 3, "calls the engine's REST interface", "type camunda")


def test_an_unknown_key_of_a_topic_is_refused_at_its_own_line(bptl, build, conf):
    probe_topic(use_probe(conf, build), "Echo", paralel=3)
    only_problem(bptl, conf, "topic.ini", 3, "unknown key paralel", "did you mean parallel?")


def test_a_missing_option_of_a_unit_is_refused(bptl, build, conf):
    probe_topic(use_probe(conf, build), "Option")
    only_problem(bptl, conf, "topic.ini", 1, "the key size is missing: probe.Option needs it (a size)")


def test_a_topic_of_a_plugin_without_section_is_refused(bptl, build, conf):
    conf.section("topic echo", unit="probe.Echo")
    only_problem(bptl, conf, "topic.ini", 2, "there is no [plugin probe]", "add the section")


def test_good_options_of_plugin_and_unit_are_taken(bptl, build, conf):
    probe_topic(use_probe(conf, build, mood="good"), "Option", size="large", colour="blue")
    done = run(bptl, "check", "--conf", conf.write())
    assert done.returncode == 0 and done.stdout == (
        "configuration is good: 1 engines, 0 services, 0 apps, 1 plugins, 1 topics\n"), done
