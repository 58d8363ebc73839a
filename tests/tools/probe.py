"""The plugin `probe` of tests/plugins in a configuration, and what tests of the whole tool do again and again."""
import json
import pathlib
import subprocess
import time

from sanitizers import check_sanitizers


def use_probe(conf, build, **settings):
    """The tests' own plugin."""
    return conf.section("plugin probe", settings, library=build / "tests/plugins/probe.so")


def probe_topic(conf, unit, services=None, topic=None, **keys):
    """A topic named like the unit in lower case, which fails for good at its first failure unless `retries` is given."""
    keys = {"retries": 0, **({"services": services} if services else {}), **keys}
    return conf.section(f"topic {topic or unit.lower()}", keys, unit=f"probe.{unit}")


def run(bptl, *words, input=None, env=None, timeout=40, cwd=None):
    """Runs the tool to its end."""
    done = subprocess.run([str(word) for word in (bptl, *words)], input=input, env=env, cwd=cwd, capture_output=True,
                          text=True, timeout=timeout, **({} if input is not None else {"stdin": subprocess.DEVNULL}))
    check_sanitizers(done.stderr)
    return done


def eventually(check, wait=10.0, what=None):
    """Calls check() until it gives something that is true, and returns that."""
    until = time.monotonic() + wait
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < until, what() if what else f"not within {wait} s: {check}"
        time.sleep(0.02)


class Desk:
    """The tasks of an EngineStandIn, one by one."""

    def __init__(self, engine):
        self.engine = engine
        self.instances = {}  # task: its instance; the engine forgets tasks that are over

    def add(self, topic, variables=None, **more):
        """Puts a task on a topic; plain values become variables. Its id."""
        typed = {name: value if isinstance(value, dict) and "type" in value else plain(value)
                 for name, value in (variables or {}).items()}
        added = self.engine.add({"topic": topic, "variables": typed, **more})
        self.instances[added["tasks"][0]] = added["instances"][0]
        return added["tasks"][0]

    def report(self, task_id):
        instance = self.engine.state.instances[self.instances[task_id]]
        return self.engine.call(lambda: instance.tasks[0].report())

    def variables(self, task_id):
        """{name: value} of the process."""
        instance = self.engine.state.instances[self.instances[task_id]]
        return self.engine.call(lambda: {name: one["value"] for name, one in instance.variables.items()})

    def happened(self, task_id, what):
        """How often something happened to the task: fetched, completed, failed, extended, unlocked ..."""
        return [one["what"] for one in self.report(task_id)["history"]].count(what)

    def wait(self, task_id, *states, wait=10.0):
        """Waits until the task has one of these states (completed, incident, error), and returns its report."""
        def there():
            report = self.report(task_id)
            return report if report["state"] in states else None
        return eventually(there, wait, lambda: f"still no {states}: {self.report(task_id)}")

    def perform(self, topic, variables=None, states=("completed", "incident"), wait=10.0, **more):
        return self.wait(self.add(topic, variables, **more), *states, wait=wait)


def plain(value):
    """A plain value in the engine's own form."""
    if isinstance(value, (dict, list)):
        return {"type": "Json", "value": json.dumps(value)}
    kind = {str: "String", bool: "Boolean", int: "Integer", float: "Double", type(None): "Null"}[type(value)]
    return {"type": kind, "value": value}


def children(pid):
    """{pid: its command line} of the processes that this one has started and that still run."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) == pid and fields[0] != "Z":
                found[int(stat.parent.name)] = (stat.parent / "cmdline").read_bytes().decode().replace("\0", " ").strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def runner_of(host, plugin):
    """The pid of the newest process with this plugin."""
    return max(pid for pid, line in children(host.pid).items() if line == f"bptl runner {plugin}")


def alive(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
