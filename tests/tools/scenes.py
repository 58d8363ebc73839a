"""What a host goes through when it is tortured (tests/torture), and what must have come of it in the end."""
import os
import signal

from probe import eventually
from workbench import PLACE


def day(life, env):
    """A day of a host: every way in which a task can end, a retry, a callback, pages, a mail; then it is stopped while one runs."""
    bench = life.bench
    bench.fault(path=PLACE + "/opnieuw", status=503, skip=1)
    life.post("gewoon", 2, callbackUrl=bench.zgw.url + "/terug/1")
    life.post("opnieuw", 2)
    life.add("lezen", "Get", {"url": "lijst", "pages": True})
    life.add("mail", "Mail", {"to": "iemand@example.nl", "text": "inhoud"})
    life.add("nee", "Fail", {"text": "voorgoed"}, ("incident",))
    life.add("anders", "BpmnError", None, ("error",))
    life.start(env)
    life.wait(life.over)
    if not life.ended():
        life.add("dutje", "Nap", {"ms": 300})
        life.wait(lambda: life.state("dutje") != "open")
        if not life.ended():
            life.hosts[-1].process.send_signal(signal.SIGTERM)


def resume(life, env, first=None):
    """A host that finds tasks under way in its journal, and answers that were heard after its predecessor was killed."""
    life.bench.fault(path=PLACE + "/traag", status=201, body={}, delay=0.4)
    life.post("midden", 3, ms=150)
    life.post("traag", 2)
    life.start(first)
    life.wait(lambda: len(life.numbers("midden")) >= 2 and life.numbers("traag"))
    os.kill(life.hosts[-1].pid, signal.SIGKILL)
    life.hosts[-1].process.wait()
    life.start(env)
    life.wait(life.over)
    if not life.ended():
        life.hosts[-1].process.send_signal(signal.SIGTERM)


def orphan(life, env):
    """The same; what is tortured is the first host, and so the process of a plugin that it leaves behind."""
    resume(life, None, env)


SCENES = {"day": day, "resume": resume}  # and orphan, which is for few
POSTS = {"gewoon": [0, 1], "opnieuw": [0, 1, 1], "midden": [0, 1, 2], "traag": [0, 1]}


def finish(life, statuses):
    """The first host ends; a fresh one brings to its end what is left. The first one's status."""
    life.wait(life.ended)
    status = life.hosts[-1].process.returncode
    assert status in statuses, f"status {status}\n{life.words()}"
    life.flag.unlink(missing_ok=True)
    if not life.over():
        life.start()
        eventually(life.over, 60, life.words)
        assert life.hosts[-1].stop() == 0, life.words()
    return status


def play(scene, life, env):
    """Plays a scene; `env` is that of the host that is tortured."""
    {**SCENES, "orphan": orphan}[scene](life, env)


def check_sent(life):
    """What was sent was sent once; more often only after a person was told, and let it be sent."""
    life.check()
    for name in POSTS.keys() & life.tasks.keys():
        numbers = life.numbers(name)
        assert numbers == POSTS[name] or (name in life.granted and set(numbers) == set(POSTS[name])), f"{numbers}\n{life.words()}"
    if "mail" in life.tasks:
        assert len(life.stage.smtp.mails) == 1 or "mail" in life.granted, life.words()
