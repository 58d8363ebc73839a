"""What a host costs: `idle`, waiting in a long poll with all four plugins loaded; `work`, 2,000 tasks of a unit that does one
request to the stand-in of the ZGW services. Processor time and memory come from /proc, for the core and its runners apart."""
import argparse
import os
import pathlib
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "tools"), str(HERE.parent / "standin")]

from engine import EngineStandIn  # noqa: E402
from programs import HOST_READY, Program  # noqa: E402
from settings import APP, Settings  # noqa: E402
from smtp import SmtpStandIn  # noqa: E402
from zgw import ZgwStandIn  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
IDLE_SECONDS = 60
TASKS = 2000


def family(pid):
    """The core's process and its runners."""
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [pid, *map(int, file.read().split())]


def seconds(pid):
    """Processor time that a process has used."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        words = file.read().rsplit(")", 1)[1].split()
    return (int(words[11]) + int(words[12])) / TICKS


def pss(pid):
    """Its share of memory in KiB: pages that processes share are divided among them."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def used(pids):
    return {pid: seconds(pid) for pid in pids}


class Bench:
    """Stand-ins and a host in a temporary folder."""

    def __init__(self, bptl):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="bptl-bench-"))
        self.zgw = ZgwStandIn()
        self.zgw.start()
        self.smtp = SmtpStandIn(store=self.folder / "mail")
        self.smtp.start()
        self.engine = EngineStandIn()
        self.engine.start()
        conf = Settings(self.folder / "conf").use_zgw(self.zgw).use_mail(self.smtp).use_case().use_engine(self.engine.url)
        conf.section("plugin zac").section("plugin camunda_api").topic("zaak-zoeken", "zgw.LookupZaak", "zaken")
        self.host = Program([bptl, "run", "--conf", conf.section("host", log_level="info").write()], self.folder / "host.log",
                            ready=HOST_READY)
        self.pids = family(self.host.pid)

    def stop(self):
        for one in self.host, self.engine, self.smtp, self.zgw:
            one.stop()

    def idle(self):
        time.sleep(2)
        before = used(self.pids)
        time.sleep(IDLE_SECONDS)
        spent = sum(used(self.pids).values()) - sum(before.values())
        memory = {pid: pss(pid) for pid in self.pids}
        print(f"idle, {IDLE_SECONDS} s on a long poll: {spent:.2f} s of processor time, {100 * spent / IDLE_SECONDS:.3f} % of a core")
        print(f"memory (PSS): core {memory[self.pids[0]] / 1024:.1f} MiB, "
              f"{len(self.pids) - 1} runners {sum(memory[pid] for pid in self.pids[1:]) / 1024:.1f} MiB, "
              f"together {sum(memory.values()) / 1024:.1f} MiB")

    def work(self):
        variables = {"bptlAppId": APP, "identificatie": "NONE", "bronorganisatie": "002564440"}
        typed = {name: {"type": "String", "value": value} for name, value in variables.items()}
        before, start = used(self.pids), time.monotonic()
        self.engine.add({"topic": "zaak-zoeken", "variables": typed, "count": TASKS})
        while self.engine.counts()["requests"].get("complete", 0) < TASKS and time.monotonic() - start < 120:
            time.sleep(0.05)
        wall = time.monotonic() - start
        after = used(self.pids)
        core = after[self.pids[0]] - before[self.pids[0]]
        runners = sum(after[pid] - before[pid] for pid in self.pids[1:])
        print(f"work, {TASKS} tasks of zgw.LookupZaak: {TASKS / wall:.0f} tasks/s; processor time for a task: core "
              f"{1e6 * core / TASKS:.0f} us, runner {1e6 * runners / TASKS:.0f} us, ratio {core / max(runners, 0.01):.2f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bptl", type=pathlib.Path, required=True)
    parser.add_argument("what", nargs="*", choices=["idle", "work", []])
    options = parser.parse_args()
    bench = Bench(options.bptl)
    try:
        for what in options.what or ["idle", "work"]:
            getattr(bench, what)()
    finally:
        bench.stop()


if __name__ == "__main__":
    main()
