# SPDX-License-Identifier: Apache-2.0
"""crash.py: a program that is killed and started again, and what it shows: files in ./out whose first line is the time
of the batch that put them there."""

import os
import signal
import subprocess
import time

from cases import PATIENCE_S, Failed

BATCH_MS = 250


class Program:
    def __init__(self, command, settings):
        self.command = command
        self.set(settings)
        self.log = open("log", "ab")
        self.process = None

    def set(self, settings):
        """From the next start on."""
        self.env = dict(os.environ, WADI_CONF="\n".join(settings))

    def start(self):
        self.process = subprocess.Popen(self.command, env=self.env, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def expect_running(self, words=""):
        if self.process.poll() is not None:
            raise Failed(f"the program ended by itself with status {self.process.returncode}{words}")

    def kill(self):
        self.expect_running()
        self.process.kill()
        self.process.wait()

    def end(self):
        """Gracefully."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            raise Failed("the program does not end") from None
        if status != 0:
            raise Failed(f"the program ended with status {status}")

    def close(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()


def kill_often(program, kills, chance):
    """At any moment: while it starts, recovers, works."""
    for _ in range(kills):
        program.start()
        time.sleep(chance.choice([chance.uniform(0, 0.1), chance.uniform(0, 1), chance.uniform(0, 3)]))
        program.kill()
        if chance.random() < 0.2:
            time.sleep(chance.uniform(0, 1.5))


def shown(name):
    """(batch time, rows of numbers) of what the program has put in place last; (None, []): nothing yet."""
    try:
        with open(f"out/{name}", encoding="ascii") as file:
            rows = [[int(field) for field in line.split()] for line in file]
    except FileNotFoundError:
        return None, []
    return rows[0][0], rows[1:]


def wait_for(holds, words, program, names):
    """Until it holds. Fails when none of the files of these names has changed for long."""
    before, deadline = None, 0
    while not holds():
        program.expect_running(f"; waited for: {words()}")
        now = [shown(name)[0] for name in names]
        if now != before:
            before, deadline = now, time.monotonic() + PATIENCE_S
        if time.monotonic() > deadline:
            raise Failed(f"still not: {words()}")
        time.sleep(0.01)


def wait_for_more_batches(program, names, count=3):
    before = shown(names[0])[0]
    wait_for(lambda: all(shown(name)[0] >= before + count * BATCH_MS for name in names),
             lambda: f"{count} more batches", program, names)


def compare(what, actual, expected):
    if actual != expected:
        keys = [key for key in set(actual) | set(expected) if actual.get(key) != expected.get(key)]
        raise Failed(f"{what}: of {len(expected)} keys {len(keys)} differ, as {keys[0]}: "
                    f"{actual.get(keys[0])}, expected {expected.get(keys[0])}")


def saved(prefix):
    """{batch time: lines} of the folders with this prefix."""
    batches = {}
    for name in os.listdir("out"):
        if not name.startswith(prefix + "-"):
            continue
        if not os.path.exists(f"out/{name}/_SUCCESS"):
            raise Failed(f"out/{name} is not whole")
        lines = batches[int(name[len(prefix) + 1:])] = []
        for part in sorted(os.listdir(f"out/{name}")):
            if part.startswith("part-"):
                with open(f"out/{name}/{part}", encoding="ascii") as file:
                    lines += file.read().splitlines()
    return batches


def expect_every_batch(times):
    if sorted(times) != list(range(min(times), max(times) + 1, BATCH_MS)):
        raise Failed("batches are missing")
