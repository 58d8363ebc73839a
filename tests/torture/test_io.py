"""Files and descriptors that fail, at every place of the host that uses them: the journal, what runners leave for the next host, the
frames between core and runner, and what it takes to start a process. Whatever happens: nothing is lost, nothing is sent twice, and what
the host cannot go on with it says."""
import errno
import os
import pathlib

import pytest
from scenes import SCENES, check_sent, finish, play
from shim import spread

SEED = 7
LEAKS = pathlib.Path(__file__).with_name("leaks.supp")
SHORT = 0  # a read or write that does less than it was asked to
# 71: no signals; 73: the state folder cannot be used; 74: the journal cannot be read or written
STATUSES = (0, 71, 73, 74)

# who, on what, which calls, with which errors; None: of any kind
CALLS = [
    ("core", "journal", "open", (errno.EMFILE, errno.EIO, errno.ENOSPC, errno.EROFS)),
    ("core", "journal", "pread,read", (errno.EIO, errno.EINTR, SHORT)),
    ("core", "journal", "pwrite,write,ftruncate", (errno.ENOSPC, errno.EIO, errno.EINTR, SHORT)),
    ("core", "journal", "fsync", (errno.EIO, errno.ENOSPC)),
    ("core", "journal", "setlk", (errno.EIO, errno.EINTR, errno.ENOLCK)),
    ("core", "lock", "open,mkdir,flock", (errno.EMFILE, errno.EIO, errno.EINTR, errno.EROFS)),
    ("core", "late", "open,read,unlink", (errno.EMFILE, errno.EIO, SHORT)),
    ("core", "frame", "read,recv,send", (errno.EINTR, errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM, SHORT)),
    ("core", "note", "read", (errno.EINTR, errno.EIO)),
    ("core", None, "socketpair,pipe,dup,spawn", (errno.EMFILE, errno.EAGAIN)),
    ("core", None, "signalfd", (errno.EMFILE,)),
    ("core", None, "poll", (errno.EINTR, errno.ENOMEM)),
    ("core", None, "socket", (errno.EMFILE, errno.ENFILE)),
    ("core", "net", "recv,send", (errno.EINTR, errno.ECONNRESET, SHORT)),
    ("runner", "frame", "read,recv,send", (errno.EINTR, errno.ENOBUFS, errno.ENOMEM, SHORT)),
    ("runner", "late", "open,write,fsync", (errno.ENOSPC, errno.EIO, errno.EINTR, errno.EMFILE, SHORT)),
    ("runner", None, "poll,thread,socket,socketpair", (errno.EINTR, errno.EMFILE, errno.EAGAIN)),
    ("runner", "net", "recv,send", (errno.EINTR, errno.ECONNRESET, SHORT)),
]
# Played together, so that the stages have something to do.
GROUPS = {
    "the journal": [case for case in CALLS if case[1] in ("journal", "lock", "late") and case[0] == "core"],
    "the core": [case for case in CALLS if case[1] not in ("journal", "lock", "late") and case[0] == "core"],
    "a runner": [case for case in CALLS if case[0] == "runner"],
}


def torture(life, plan):
    """One life in which the n-th fails."""
    scene, role, on, calls, nth, error, mode = plan
    more = {"class": on} if on else {}
    if mode == "from":
        life.flag.touch()
        more["until"] = life.flag
    env = life.shim.plan(role, calls, nth, mode=mode, error=error, **more)
    env["LSAN_OPTIONS"] = f"suppressions={LEAKS}:print_suppressions=0"
    play(scene, life, env)
    status = finish(life, STATUSES if role == "core" else (0,))
    if status:
        assert "level=error" in life.text(), life.words()
    check_sent(life)
    return {"seen": life.shim.seen, "failed": life.shim.failed, "status": status, "granted": len(life.granted)}


def sample(theatre, scenes, mode, long, short, figure):
    """Of (scene, case) pairs: all places, or some, each with every error."""
    wholes = theatre.play(torture, [(scene, *case[:3], 0, 0, "once") for scene, case in scenes])
    plans = []
    for (scene, case), whole in zip(scenes, wholes):
        assert whole["status"] == 0 and whole["seen"], f"{case}: {whole}"
        all_plans = [(scene, *case[:3], nth, error, mode) for error in case[3] for nth in range(1, whole["seen"] + 1)]
        count = int(os.environ.get("TORTURE_COUNT", 0)) or (len(all_plans) if long else short)
        plans += [all_plans[at - 1] for at in spread(len(all_plans), count, SEED)]
    results = theatre.play(torture, plans)
    failed = sum(one["failed"] for one in results)
    assert failed > len(plans) / 2, "hardly anything failed"
    figure(f"{failed} failures in {len(plans)} runs, of {sum(one['seen'] for one in wholes)} calls (seed {SEED}): "
           f"{sum(one['status'] != 0 for one in results)} hosts ended with a message, 0 crashes, 0 tasks lost, 0 mutations doubled, "
           f"{sum(one['granted'] for one in results)} reported as unknown")


@pytest.mark.timeout(12 * 3600)
@pytest.mark.parametrize("group", GROUPS, ids=lambda name: name.replace(" ", "-"))
def test_a_call_that_fails_once_costs_nothing_and_nothing_is_done_twice(theatre, group, long, figure):
    scenes = []
    for case in GROUPS[group]:
        late = {"core": "resume", "runner": "orphan"}[case[0]]
        scenes += [(late if case[1] == "late" else "day", case)]
        scenes += [("resume", case)] if long and case[1] != "late" else []
    sample(theatre, scenes, "once", long, 2, figure)


DISK = ("core", "journal", "open,pwrite,write,ftruncate,fsync,mkdir", (errno.ENOSPC, errno.EROFS, errno.EIO))


@pytest.mark.timeout(4 * 3600)
def test_a_disk_that_fails_for_a_while_is_waited_for_or_said_at_the_start(theatre, long, figure):
    sample(theatre, [(scene, DISK) for scene in SCENES], "from", long, 6, figure)
