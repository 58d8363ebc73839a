"""Lets calls of the built tool fail: the shim of tests/torture, loaded before everything else, and its plan; see torture/shim.h."""
import pathlib
import random
import struct


class Shim:
    """One folder with the shim, its plan and its counts: for one process of the tool, or all of one role."""

    def __init__(self, build, folder):
        folder = pathlib.Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "torture.so"
        if not self.file.is_symlink():
            self.file.symlink_to(build / "tests/torture.so")
        self.count = self.beside("count")

    def beside(self, what):
        return self.file.with_name(self.file.name + "." + what)

    def plan(self, role, calls, nth=0, **more):
        """What is to fail from now on, and counts that are 0. Returns the environment for the program."""
        keys = {"role": role, "calls": calls, "nth": nth, "process": 1, "mode": "once", **more}
        self.beside("plan").write_text("".join(f"{name}={value}\n" for name, value in keys.items()))
        self.count.write_bytes(bytes(24))
        self.beside("where").unlink(missing_ok=True)
        # the shim comes before a sanitizer's library; a signal's stack is the host's own
        return {"LD_PRELOAD": str(self.file), "ASAN_OPTIONS": "verify_asan_link_order=0:allocator_may_return_null=1"}

    def counts(self):
        """How many processes had the plan, how many calls it counted, how many of them failed."""
        return struct.unpack("qqq", self.count.read_bytes())

    @property
    def seen(self):
        return self.counts()[1]

    @property
    def failed(self):
        return self.counts()[2]

    def where(self):
        """The stack of the first call that failed."""
        file = self.beside("where")
        return file.read_text(errors="replace") if file.exists() else ""


def spread(total, count, seed):
    """`count` of the numbers 1 to `total`, one from each stretch of equal length; all of them when there are no more."""
    if count >= total:
        return list(range(1, total + 1))
    choice = random.Random(seed)
    edges = [1 + total * i // count for i in range(count + 1)]
    return [choice.randrange(edges[i], edges[i + 1]) for i in range(count)]
