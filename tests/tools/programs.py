"""Programs that tests and the demo start: each is known to be ready by a line that it prints, and none outlives its starter."""
import os
import re
import signal
import subprocess
import time

HOST_READY = r"\bready: \d+ topics"  # what `bptl run` logs when it begins to fetch


class ProgramError(Exception):
    """A program did not become ready; the text holds the end of what it printed."""


class Program:
    """A child process whose output goes to a file."""

    def __init__(self, argv, log, ready=None, wait=30, env=None, output=None):
        """`ready` is a pattern for the output's line that says so; its match is kept. `output`: a file for stdout alone."""
        self.argv = [str(word) for word in argv]
        self.log = log
        self.output = output or log
        with open(log, "ab") as stderr, open(self.output, "ab") as stdout:
            # A session of its own: Ctrl-C is for whoever started it, who then stops it in order.
            self.process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "TERM", *self.argv], stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                env={**os.environ, **(env or {})}, start_new_session=True)
        self.match = None
        if ready:
            try:
                self.match = self.wait_for(ready, wait)
            except BaseException:
                self.kill()
                raise

    @property
    def pid(self):
        return self.process.pid

    def text(self):
        """What it has printed so far."""
        texts = []
        for name in dict.fromkeys([self.output, self.log]):
            with open(name, encoding="utf-8", errors="replace") as file:
                texts.append(file.read())
        return "".join(texts)

    def wait_for(self, pattern, wait=30):
        """Waits until the output matches, and returns the match."""
        until = time.monotonic() + wait
        while True:
            ended = self.process.poll() is not None
            match = re.search(pattern, self.text(), re.MULTILINE)
            if match:
                return match
            if ended or time.monotonic() > until:
                why = f"ended with status {self.process.returncode}" if ended else f"not seen within {wait} s"
                raise ProgramError(f"{' '.join(self.argv)}: {pattern!r}: {why}\n{self.text()[-4000:]}")
            time.sleep(0.02)

    def stop(self, wait=30):
        """Asks it to end and returns its status; kills it when it does not."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(wait)
            except subprocess.TimeoutExpired:
                self.kill()
                raise ProgramError(f"{' '.join(self.argv)}: still running {wait} s after SIGTERM\n{self.text()[-4000:]}") from None
        return self.process.returncode

    def kill(self):
        """Ends it and what it started at once, as a crash would."""
        if self.process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        return self.process.wait()
