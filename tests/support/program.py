# SPDX-License-Identifier: Apache-2.0
"""program.py: a program under test: a real process, whose output is read while it runs.

    with Program([path, "localhost", "9999"]) as program:
        program.wait_for_batches(lambda batches: total_of(batches) == expected, "all words are counted")
        program.stop()

stop() sends SIGTERM and expects the exit status 0. A program that is left running is killed."""

import os
import re
import signal
import subprocess
import threading
import tty

from cases import Failed, PATIENCE_S, expect_equal, wait_until

RULE = "-" * 43
TIME = re.compile(r"^Time: (\d+) ms$")


class Batch:
    """What one print() wrote in one batch: its time, and its lines."""

    def __init__(self, time_ms):
        self.time_ms = time_ms
        self.lines = []

    def __repr__(self):
        return f"{self.time_ms}: {self.lines}"


def parse_batches(text):
    """The printed batches, whole ones only, and nothing else: the layout is exact."""
    batches, lines = [], text.split("\n")
    at = 0
    while at + 3 < len(lines):
        found = TIME.match(lines[at + 1])
        if lines[at] != RULE or lines[at + 2] != RULE or not found:
            raise Failed(f"this is not the head of a batch: {lines[at:at + 3]!r}")
        batch = Batch(int(found[1]))
        at += 3
        while at < len(lines) and lines[at] != "":
            batch.lines.append(lines[at])
            at += 1
        if at + 1 >= len(lines):  # its empty line is not there yet
            break
        batches.append(batch)
        at += 1
    return batches


class Program:
    def __init__(self, command, settings=None, env=None, terminal=False, **more):
        """settings: of WADI_CONF; env: more variables; the rest goes to Popen. terminal: stdout is one, so that lines come
        as they are printed where the program itself does not flush them."""
        environment = dict(os.environ, **(env or {}))
        if settings:
            environment["WADI_CONF"] = "\n".join(f"{name}={value}" for name, value in settings.items())
        self.name = os.path.basename(command[0])
        self._text = {"stdout": b"", "stderr": b""}
        self._lock = threading.Lock()
        sources = {}
        if terminal:
            sources["stdout"], more["stdout"] = os.openpty()
            tty.setraw(more["stdout"])
        more.setdefault("stdout", subprocess.PIPE)
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, env=environment, **more)
        if terminal:
            os.close(more["stdout"])
        for name in self._text:
            if getattr(self.process, name) is not None:
                sources[name] = getattr(self.process, name).fileno()
        self._readers = [threading.Thread(target=self._read, args=source, daemon=True) for source in sources.items()]
        for reader in self._readers:
            reader.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, problem, trace):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self._readers:
            reader.join(PATIENCE_S)
        if kind is not None:
            print(f"---- what {self.name} wrote, exit status {self.process.returncode}\n{self.stdout[-4000:]}"
                  f"\n---- and to stderr\n{self.stderr[-4000:]}\n----")

    def _read(self, name, source):
        while True:
            try:
                part = os.read(source, 65536)
            except OSError:  # a terminal has no other end
                part = b""
            if not part:
                return
            with self._lock:
                self._text[name] += part

    def _so_far(self, name):
        with self._lock:
            return self._text[name].decode(errors="replace")

    @property
    def stdout(self):
        return self._so_far("stdout")

    @property
    def stderr(self):
        return self._so_far("stderr")

    @property
    def batches(self):
        return parse_batches(self.stdout)

    def wait_for(self, holds, words, seconds=PATIENCE_S):
        """Until it holds, or the program ends without it."""
        def result():
            is_over = self.process.poll() is not None
            if is_over:
                for reader in self._readers:
                    reader.join(PATIENCE_S)
            found = holds()
            if is_over and not found:
                raise Failed(f"{self.name} ended (status {self.process.returncode}) before: {words}")
            return found
        return wait_until(result, words, seconds)

    def wait_for_batches(self, holds, words, seconds=PATIENCE_S):
        return self.wait_for(lambda: holds(self.batches), words, seconds)

    def wait_for_output(self, part, seconds=PATIENCE_S):
        return self.wait_for(lambda: part in self.stdout, f"stdout has {part!r}", seconds)

    def wait_for_message(self, part, seconds=PATIENCE_S):
        return self.wait_for(lambda: part in self.stderr, f"stderr has {part!r}", seconds)

    def wait(self, seconds=PATIENCE_S):
        """The exit status, once it ends by itself; all output is there then."""
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} still runs after {seconds:.0f} s") from None
        for reader in self._readers:
            reader.join(PATIENCE_S)
        return status

    def send_signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, status=0):
        self.send_signal(number)
        expect_equal(self.wait(), status, f"exit status of {self.name} after {signal.Signals(number).name}")


def run(command, settings=None, env=None, seconds=PATIENCE_S, **more):
    """Runs a program to its end; returns it, with its output and exit status."""
    with Program(command, settings, env, **more) as program:
        program.wait(seconds)
        return program
