"""Fuzzing: every target of this folder replays its corpus in the build that all tests use, and then libFuzzer makes up inputs
for it, 60 seconds each; in the long form 900, or what BPTL_FUZZ_SECONDS says. docs/contributing.md says how to add one."""
import base64
import concurrent.futures
import os
import pathlib
import re
import subprocess

import pytest
from testbed import ROOT, build_folder

HERE = pathlib.Path(__file__).resolve().parent
CORPUS = HERE / "corpus"
TARGETS = sorted(path.stem for path in HERE.glob("*.c") if "LLVMFuzzerTestOneInput(const uint8_t" in path.read_text("utf-8"))
LONG = os.environ.get("BPTL_LONG") == "yes"
SECONDS = int(os.environ.get("BPTL_FUZZ_SECONDS", 900 if LONG else 60))
# Twice as many as there are processors in the short form: what counts there is that each ran, not how fast.
AT_ONCE = (os.cpu_count() or 1) * (1 if LONG else 2)
LONGEST = {"ini": 2048, "units": 8192, "variables": 8192}  # bytes of an input, where it is not 4096
PATIENCE = 300  # seconds for the build, and for what is slow to end
OPTIONS = {
    "ASAN_OPTIONS": "detect_leaks=1:quarantine_size_mb=64",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}


def environment(folder):
    return {**os.environ, **OPTIONS, "TMPDIR": str(folder)}


def test_every_target_has_a_corpus_and_a_program():
    assert len(TARGETS) >= 9
    assert TARGETS == sorted(path.name for path in CORPUS.iterdir())
    assert {path.name for path in (HERE / "dict").iterdir()} <= set(TARGETS) | {"json"}
    for target in TARGETS:
        assert os.access(build_folder() / "fuzz" / target, os.X_OK), f"{target} is not among the targets of CMakeLists.txt"


def test_the_corpora_stay_small():
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert len(files) < 400
    assert sum(path.stat().st_size for path in files) < 1 << 20


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_promised_holds_for_the_corpus(target, tmp_path):
    done = subprocess.run([build_folder() / "fuzz" / target, CORPUS / target], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, errors="replace", timeout=100, env=environment(tmp_path))
    count = len(list((CORPUS / target).iterdir()))
    if done.returncode or done.stdout != f"replayed {count}\n":
        pytest.fail(f"status {done.returncode}, {done.stdout}{done.stderr[-6000:]}", pytrace=False)
    assert list(tmp_path.iterdir()) == []


class Fuzzers:
    """Runs targets with libFuzzer, some of them at once."""

    def __init__(self, folder, targets):
        self.folder = folder
        self.processes = []
        done = subprocess.run([ROOT / "tests/tools/build", "build-fuzz", "-DBPTL_FUZZ=ON"], env={**os.environ, "CC": "clang"},
                              capture_output=True, text=True, timeout=PATIENCE)
        assert done.returncode == 0, done.stderr
        self.pool = concurrent.futures.ThreadPoolExecutor(AT_ONCE)
        self.runs = {target: self.pool.submit(self.run, target) for target in targets}

    def program(self, target):
        return ROOT / "build-fuzz/fuzz" / target

    def run(self, target):
        """Makes up inputs for the time that is given: the status and what was printed. What is new stays in our own folder."""
        folder = self.folder / target
        (folder / "new").mkdir(parents=True)
        words = HERE / "dict" / target
        # a child of this thread, which waits for it: should the test run die, so does the fuzzer
        argv = ["setpriv", "--pdeathsig", "KILL", self.program(target), folder / "new", CORPUS / target,
                f"-dict={words if words.exists() else HERE / 'dict/json'}", f"-max_total_time={SECONDS}", f"-max_len={LONGEST.get(target, 4096)}",
                "-timeout=30", "-print_final_stats=1", f"-artifact_prefix={folder}/found-"]
        with open(folder / "log", "wb") as log:
            self.processes.append(subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(folder)))
            process = self.processes[-1]
            return process.wait(SECONDS + PATIENCE), (folder / "log").read_text("utf-8", "replace")

    def found(self, target):
        """The inputs that broke a promise or took too long."""
        return [path for path in sorted((self.folder / target).glob("found-*")) if not path.name.startswith("found-slow")]

    def stop(self):
        self.pool.shutdown(wait=False, cancel_futures=True)
        for process in self.processes:
            if process.poll() is None:
                process.kill()
        self.pool.shutdown()


@pytest.fixture(scope="module")
def fuzzers(request, tmp_path_factory):
    """All targets that this run has tests of, started when the first is asked for."""
    names = [item.callspec.params["target"] for item in request.session.items
             if getattr(item, "originalname", "") == "test_inputs_that_are_made_up_break_no_promise"]
    fuzzers = Fuzzers(tmp_path_factory.mktemp("fuzz"), names)
    yield fuzzers
    fuzzers.stop()


def finding(fuzzers, target, log):
    """What to tell of a run that ended badly."""
    lines = [f"{target} found something; the end of what it printed:", log[-5000:]]
    for path in fuzzers.found(target):
        content = path.read_bytes()
        lines += [f"{path.name}, {len(content)} bytes, as base64:", base64.b64encode(content).decode(),
                  f"To see it again: base64 -d >input <<<'...'; {fuzzers.program(target).relative_to(ROOT)} input",
                  f"Mend its cause, and put the input into {(CORPUS / target).relative_to(ROOT)} under a name that tells."]
    return "\n".join(lines)


@pytest.mark.timeout(-(-len(TARGETS) // AT_ONCE) * (SECONDS + PATIENCE) + PATIENCE)
@pytest.mark.parametrize("target", TARGETS)
def test_inputs_that_are_made_up_break_no_promise(target, fuzzers, figure):
    status, log = fuzzers.runs[target].result()
    if status:
        pytest.fail(finding(fuzzers, target, log), pytrace=False)
    executions = int(re.search(r"^stat::number_of_executed_units: (\d+)$", log, re.MULTILINE)[1])
    edges, features = re.findall(r"\bcov: (\d+) ft: (\d+)", log)[-1]
    figure(f"{executions} executions in {SECONDS} s, {edges} edges, {features} features")
    assert executions >= 20 * SECONDS, "it hardly ran: the target has become slow"
