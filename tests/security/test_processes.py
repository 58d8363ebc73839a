"""What a process of the host has, and what it leaves: a runner has the secrets of its own services in its memory and no others,
and none of the core's files; no process that holds secrets can be looked into by its own user or leaves a core file."""
import os
import pathlib
import pwd
import re
import resource
import shutil
import signal
import subprocess
import tempfile

import pytest
from canary import canary
from probe import Desk, alive, children, eventually, probe_topic, runner_of, use_probe
from programs import HOST_READY, Program

LARGEST = 256 * 1024 * 1024  # bytes: a larger region is the shadow memory of a sanitizer
WITHOUT_ASAN = "BPTL_BUILD_THREAD"


def memory(pid):
    """Every readable region of a process, one after the other."""
    with open(f"/proc/{pid}/maps", encoding="ascii", errors="replace") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            start, end, mode = re.match(r"([0-9a-f]+)-([0-9a-f]+) (\S+)", line).groups()
            size = int(end, 16) - int(start, 16)
            if mode[0] == "r" and size <= LARGEST and "[v" not in line:
                try:
                    mem.seek(int(start, 16))
                    yield mem.read(size)
                except (OSError, ValueError, OverflowError):
                    continue


def holds(pid, secrets):
    """The names of the secrets that stand in the memory of a process."""
    found = set()
    for region in memory(pid):
        found |= {name for name, secret in secrets.items() if secret.encode() in region}
    return found


def test_a_runner_has_the_secrets_of_its_own_services_in_its_memory_and_no_others(conf, build, engine, host, zgw, smtp, tmp_path):
    secrets = {name: canary(name) for name in ("zaken", "zac", "engine", "mail", "app-zaken", "app-zac", "unused", "environment")}
    files = {name: conf.secret(name, text) for name, text in secrets.items()}
    engine.auth = "Bearer " + secrets["engine"]
    conf.use_engine(engine.url, long_poll="2s", auth="bearer", token_file=files["engine"])
    conf.section("service zaken", type="zrc", root=zgw.zaken, auth="zgw", client_id="bptl", secret_file=files["zaken"])
    conf.section("service catalogi", type="ztc", root=zgw.catalogi, auth="zgw", client_id="bptl", secret_env="BPTL_CANARY")
    conf.section("service zac", type="orc", root=zgw.zac, auth="api_key", header="X-Key", value_file=files["zac"])
    conf.section("service unused", type="orc", root=zgw.objects, auth="api_key", header="X-Key", value_file=files["unused"])
    conf.section("service post", {"from": "a@example.nl"}, type="smtp", root=f"smtp://127.0.0.1:{smtp.port}", starttls="off",
                 user="bptl", password_file=files["mail"])
    conf.section("app demo", {"id": "https://apps.example.nl/1", "zaken.client_id": "app", "zaken.secret_file": files["app-zaken"],
                              "zac.header": "X-Key", "zac.value_file": files["app-zac"]})
    probe_topic(use_probe(conf, build), "Get", services="zaken")
    conf.section("plugin zgw").topic("relaties", "zgw.FetchZaakObjects", services="zaken")
    conf.section("plugin zac").topic("details", "zac.UserDetailsTask", services="zac")
    conf.section("plugin mail").topic("brief", "mail.SendEmailTask", services="post")
    conf.section("plugin camunda_api")  # no topic of it: it calls nothing
    running = host(env={"BPTL_CANARY": secrets["environment"]})
    desk = Desk(engine)
    desk.perform("get", {"url": "zaken", "bptlAppId": "https://apps.example.nl/1"})  # so that secrets were used, too
    own = {"probe": {"zaken", "app-zaken"}, "zgw": {"zaken", "app-zaken"}, "zac": {"zac", "app-zac"}, "mail": {"mail"},
           "camunda_api": set()}
    assert {name: holds(runner_of(running, name), secrets) for name in own} == own
    assert holds(running.pid, secrets) >= set(secrets)  # the core has them all, so this way of looking finds them


def test_a_runner_has_no_file_of_the_core(conf, build, engine, host):
    conf.use_engine(engine.url, long_poll="2s")
    probe_topic(use_probe(conf, build), "Echo")
    running = host()
    assert Desk(engine).perform("echo", {"text": "x"})["state"] == "completed"

    def links(pid):
        return {int(one.name): os.readlink(one) for one in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    core, runner = links(running.pid), links(runner_of(running, "probe"))
    assert any("journal.db" in link for link in core.values())
    state = str(conf.sections["host"]["state"])
    # of the state folder only the lock that says that it lives
    assert {link for link in runner.values() if link.startswith(state)} <= {f"{state}/runners.lock"}, runner
    shared = {link for link in core.values() if link.startswith("socket:")} & set(runner.values())
    assert not shared and runner[0] == "/dev/null" and runner[1] == runner[2], (core, runner)


# ---- without the address sanitizer, whose leak check has to trace the process ----

@pytest.fixture
def place(request):
    """A folder that user `nobody` can read, with the tool and the plugin in it, and a configuration of his. So it can be seen
    from outside whether a process is dumpable: what is not belongs to root in /proc."""
    other = os.environ.get(WITHOUT_ASAN)
    assert other, f"{WITHOUT_ASAN} must name a build without ASan: tests/run sets it"
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bptl-"))
    request.addfinalizer(lambda: shutil.rmtree(folder))
    folder.chmod(0o755)
    for file in pathlib.Path(other) / "bptl", pathlib.Path(other) / "tests/plugins/probe.so":
        shutil.copy(file, folder)
    return folder


def as_nobody():
    """Words that make a program run as nobody, when we are root; else nothing, since we are no root already."""
    user = pwd.getpwnam("nobody")
    return ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"] if os.geteuid() == 0 else []


def configure(folder, conf, engine):
    """Writes the configuration into the folder, for nobody."""
    conf.use_engine(engine.url, long_poll="2s", auth="bearer", token_file=folder / "engine.secret")
    engine.auth = "Bearer " + canary("engine")
    conf.section("host", state=folder / "state", drain="1s").section("plugin probe", library=folder / "probe.so")
    for unit in "Echo", "Nap":
        probe_topic(conf, unit)
    with open(os.open(folder / "engine.secret", os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as file:
        file.write(engine.auth.removeprefix("Bearer "))
    (folder / "state").mkdir(mode=0o700)
    shutil.copytree(conf.write(), folder / "conf")
    if os.geteuid() == 0:
        user = pwd.getpwnam("nobody")
        for path in folder / "engine.secret", folder / "state":
            os.chown(path, user.pw_uid, user.pw_gid)


def unlimited():
    """Before exec: core files of any size."""
    hard = resource.getrlimit(resource.RLIMIT_CORE)[1]
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def owner(pid):
    return os.stat(f"/proc/{pid}/environ").st_uid


def test_no_process_with_secrets_can_be_looked_into_or_leaves_a_core_file(place, conf, engine, tmp_path):
    configure(place, conf, engine)
    cores = place / "cores"
    cores.mkdir(mode=0o777)
    cores.chmod(0o777)
    # a program of the same user that is as others are: so it is seen that the two ways of looking see something
    usual = subprocess.Popen([*as_nobody(), "sleep", "60"], cwd=cores, preexec_fn=unlimited)
    eventually(lambda: b"sleep" in pathlib.Path(f"/proc/{usual.pid}/cmdline").read_bytes().split(b"\0")[0])
    assert owner(usual.pid) != 0 or os.geteuid() != 0
    usual.send_signal(signal.SIGQUIT)
    usual.wait()
    written = any(cores.iterdir())
    for file in cores.iterdir():
        file.unlink()
    options = os.environ.get("TSAN_OPTIONS", "")
    code = f"cd {cores} && ulimit -c unlimited && exec \"$@\""
    words = ["sh", "-c", code, "sh", *as_nobody(), place / "bptl", "run", "--conf", place / "conf"]
    program = Program(words, tmp_path / "host.log", ready=HOST_READY,
                      env={"TSAN_OPTIONS": f"{options}:disable_coredump=0".lstrip(":")})
    try:
        [runner] = children(program.pid)
        desk = Desk(engine)
        assert desk.perform("echo", {"text": "x"})["state"] == "completed"
        assert owner(program.pid) == 0 and owner(runner) == 0
        limits = pathlib.Path(f"/proc/{runner}/limits").read_text()
        assert re.search(r"Max core file size\s+unlimited", limits), limits  # so it is not a limit that keeps the files away
        os.kill(runner, signal.SIGQUIT)
        eventually(lambda: not alive(runner))
        eventually(lambda: children(program.pid))
        program.process.send_signal(signal.SIGQUIT)
        program.process.wait(60)
        assert program.process.returncode == -signal.SIGQUIT
        assert list(cores.iterdir()) == []
    finally:
        program.kill()
    assert written or not pathlib.Path("/proc/sys/kernel/core_pattern").read_text().startswith("core")


def test_a_process_of_the_same_user_cannot_read_the_memory_of_the_host(place, conf, engine, tmp_path):
    configure(place, conf, engine)
    program = Program([*as_nobody(), place / "bptl", "run", "--conf", place / "conf"], tmp_path / "host.log", ready=HOST_READY)
    try:
        for pid in program.pid, *children(program.pid):
            done = subprocess.run([*as_nobody(), "cat", f"/proc/{pid}/environ", f"/proc/{pid}/maps", f"/proc/{pid}/mem"],
                                  capture_output=True, text=True, timeout=20)
            assert done.stdout == "" and done.stderr.count("Permission denied") == 3, done
    finally:
        assert program.stop() == 0
