"""What could be changed by somebody else is not trusted: the configuration, the libraries of plugins, secrets and the state folder,
each with the folders above it and behind symbolic links. The message names the file and the remedy."""
import os
import shutil

import pytest
from canary import canary
from probe import probe_topic, run, use_probe

STRANGER = 4711

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


@pytest.fixture
def good(bptl, conf, build, tmp_path, zgw):
    """A configuration that is good: a plugin of its own folder, a service with a secret."""
    (tmp_path / "plugins").mkdir()
    library = shutil.copy(build / "tests/plugins/probe.so", tmp_path / "plugins")
    use_probe(conf, build).section("plugin probe", library=library)
    conf.section("service zaken", type="zrc", root=zgw.zaken, auth="zgw", client_id="bptl",
                 secret_file=conf.secret("zgw", canary("zgw")))
    probe_topic(conf, "Get", services="zaken")
    conf.write()
    assert run(bptl, "check", "--conf", conf.folder).returncode == 0
    return conf


def refused(bptl, conf, *words, path=None):
    """`bptl check` and `bptl run` refuse it, and say so."""
    for command in "check", "run":
        done = run(bptl, command, "--conf", path or conf.folder)
        assert done.returncode == 78, done
        for word in words:
            assert str(word) in done.stderr, done.stderr


def test_a_configuration_that_others_can_write_is_refused(bptl, good):
    for file in sorted(good.folder.glob("*.ini")):
        file.chmod(0o646)
        refused(bptl, good, file, "can be written by other users: anybody could change what this service does; chmod go-w")
        file.chmod(0o644)
    good.folder.chmod(0o777)
    refused(bptl, good, good.folder, "can be written by other users", "chmod go-w")
    good.folder.chmod(0o1777)  # as /tmp: nobody can replace what is not his
    assert run(bptl, "check", "--conf", good.folder).returncode == 0


def test_a_configuration_on_a_read_only_mount_is_good_whatever_its_mode(bptl, build, good):
    """As Kubernetes mounts a ConfigMap."""
    good.folder.chmod(0o777)
    for file in good.folder.glob("*.ini"):
        file.chmod(0o666)
    options = os.environ.get("ASAN_OPTIONS", "")
    env = {**os.environ, "LD_PRELOAD": str(build / "tests/security/mounts.so"),
           "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0".lstrip(":")}
    assert run(bptl, "check", "--conf", good.folder, env=env).returncode == 78
    done = run(bptl, "check", "--conf", good.folder, env={**env, "READ_ONLY": str(good.folder)})
    assert done.returncode == 0, done


def test_a_folder_above_that_others_can_write_is_refused(bptl, good, tmp_path):
    tmp_path.chmod(0o777)
    refused(bptl, good, f"{tmp_path} can be written by other users")
    tmp_path.chmod(0o755)


def test_a_symbolic_link_is_followed_to_where_the_file_is(bptl, good, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (good.folder / "service.ini").rename(elsewhere / "service.ini")
    (good.folder / "service.ini").symlink_to(elsewhere / "service.ini")
    assert run(bptl, "check", "--conf", good.folder).returncode == 0
    elsewhere.chmod(0o777)
    refused(bptl, good, f"{elsewhere} can be written by other users")
    link = tmp_path / "link"
    link.symlink_to(good.folder)
    refused(bptl, good, f"{elsewhere} can be written by other users", path=link)


@root_only
def test_a_configuration_of_another_user_or_group_is_refused(bptl, good):
    file = good.folder / "service.ini"
    os.chown(file, STRANGER, -1)
    refused(bptl, good, f"{file} belongs to another user (uid {STRANGER})")
    os.chown(file, 0, STRANGER)
    assert run(bptl, "check", "--conf", good.folder).returncode == 0
    file.chmod(0o664)
    refused(bptl, good, f"{file} can be written by other users")


def test_a_single_file_as_configuration_is_looked_at_as_well(bptl, good, tmp_path):
    one = tmp_path / "one.ini"
    one.write_text("".join(file.read_text() for file in sorted(good.folder.glob("*.ini"))))
    assert run(bptl, "check", "--conf", one).returncode == 0
    one.chmod(0o666)
    refused(bptl, good, f"{one} can be written by other users", path=one)


def test_a_library_is_looked_at_with_the_folders_above_it_and_behind_links(bptl, good, tmp_path):
    plugins = tmp_path / "plugins"
    link = tmp_path / "probe.so"
    link.symlink_to(plugins / "probe.so")
    good.section("plugin probe", library=link).write()
    assert run(bptl, "check", "--conf", good.folder).returncode == 0
    plugins.chmod(0o777)
    refused(bptl, good, f"{plugins} can be written by other users: anybody could put code into this service", "chmod go-w")
    plugins.chmod(0o755)
    (plugins / "probe.so").chmod(0o666)
    refused(bptl, good, f"{plugins}/probe.so can be written by other users")


@root_only
def test_a_library_or_its_folder_of_another_user_is_refused(bptl, good, tmp_path):
    for path in tmp_path / "plugins", tmp_path / "plugins/probe.so":
        os.chown(path, STRANGER, -1)
        refused(bptl, good, f"{path} belongs to another user (uid {STRANGER}): it must belong to root or")
        os.chown(path, 0, -1)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o620, 0o610])
def test_a_secret_that_others_can_read_or_write_is_refused(bptl, good, mode):
    file = good.folder / "zgw.secret"
    file.chmod(mode)
    refused(bptl, good, f"{file} has mode {mode:04o}", "chmod 0600")


@root_only
def test_a_secret_of_another_user_is_refused(bptl, good):
    file = good.folder / "zgw.secret"
    os.chown(file, STRANGER, -1)
    refused(bptl, good, f"{file} belongs to another user (uid {STRANGER})", "chown")


@root_only
def test_a_state_folder_of_another_user_is_refused(bptl, good):
    state = good.folder / "state"
    state.mkdir(mode=0o700)
    os.chown(state, STRANGER, -1)
    done = run(bptl, "run", "--conf", good.folder)
    assert done.returncode == 73 and f"{state} belongs to another user (uid {STRANGER})" in done.stderr, done
