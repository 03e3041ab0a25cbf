#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""soak.py SOAKING MINUTES [SEED]: soaking.c counts words for so long at about half of what it can, and is killed every
minute (of a short run five times in all). Everything is looked at from outside:

  right  every batch is there, and one that is made again has the same lines; its states and windows are what the lines
         of all batches say; at the end none that was acknowledged is missing, and those that count again were sent again
  flat   resident memory, descriptors, the bytes of the checkpoint directory, the delay of batches and the share of a
         core: in each life of the program the median without its begin; of these the median in the last third of the run
         must not be above that in the first third by more than ALLOWED. The first tenth does not count: there the rate is found.

Prints the figures; the exit status is 1 when something is wrong, or has grown."""

import os
import random
import shutil
import sys
import tempfile
import time

from cases import PATIENCE_S, Failed
from crash import Program
from soak_figures import BATCH_MS, Figures
from soak_sender import TextSender, weights_of, words_of

NAMES = ("groups", "updated", "tracked", "inverse", "window")
WINDOW_BATCHES, REMEMBERED = 10, 400
LIFE_S, IDLE_LIVES_MAX = 60, 3
BATCHES_AT_ONCE, GROUP_LINES = 4, 1000  # a batch has no more than so many usual ones
SETTINGS = ["spark.streaming.stopGracefullyOnShutdown=true", "spark.streaming.gracefulStopTimeout=60s",
            "spark.streaming.receiver.writeAheadLog.enable=true", "spark.streaming.receiverRestartDelay=50ms",
            "spark.streaming.receiver.writeAheadLog.rollingIntervalSecs=5"]


class Batches:
    """What the program has put into ./out, batch by batch; the files are taken away."""

    def __init__(self, figures):
        self.figures = figures
        self.texts = {}  # by time, of the last ones
        self.weights = []  # (count, weight) of each of the last batches
        self.all = (0, 0)
        self.counted = {}  # lines of each group
        self.last_ms = None

    def take(self):
        """Whole batches that are there now."""
        found = {}
        for entry in os.scandir("out"):
            time_ms, _, name = entry.name.partition(".")
            if time_ms.isdigit():
                found.setdefault(int(time_ms), set()).add(name)
        for time_ms in sorted(found):
            if len(found[time_ms]) == len(NAMES):
                self._take_one(time_ms)

    def _take_one(self, time_ms):
        paths = [f"out/{time_ms}.{name}" for name in NAMES]
        done_s = max(os.stat(path).st_mtime for path in paths)
        texts = []
        for path in paths:
            with open(path, encoding="ascii") as file:
                texts.append(sorted(file.read().splitlines()))
            os.remove(path)
        if time_ms in self.texts:
            if texts != self.texts[time_ms]:
                raise Failed(f"batch {time_ms} was made again, and is another: {self.texts[time_ms]} {texts}")
            return
        if self.last_ms is not None and time_ms != self.last_ms + BATCH_MS:
            raise Failed(f"behind batch {self.last_ms} comes {time_ms}")
        self.last_ms = time_ms
        self.texts[time_ms] = texts
        self.texts.pop(time_ms - REMEMBERED * BATCH_MS, None)
        self._check(time_ms, *texts)
        self.figures.add_delay(time_ms, done_s)

    def _check(self, time_ms, groups, *totals):
        count = weight = 0
        for row in groups:
            group, lines = map(int, row.split())
            self.counted[group] = self.counted.get(group, 0) + lines
            of_group = weights_of(group)
            if lines % of_group.lines != 0:
                raise Failed(f"batch {time_ms} has {lines} lines of group {group}, which has {of_group.lines}")
            count += lines // of_group.lines * of_group.count
            weight += lines // of_group.lines * of_group.weight
        self.all = (self.all[0] + count, self.all[1] + weight)
        self.weights = [*self.weights[-WINDOW_BATCHES + 1:], (count, weight)]
        window = tuple(map(sum, zip(*self.weights)))
        for name, total, expected in zip(NAMES[1:], totals, (self.all, self.all, window, window)):
            actual = tuple(map(int, total[0].split())) if total else (0, 0)
            if actual != expected:
                raise Failed(f"batch {time_ms}: '{name}' is {actual}, the lines of its batches say {expected}")

    def count_of(self, group):
        return self.counted.get(group, 0) // weights_of(group).lines


def watch(seconds, program, batches, figures):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        program.expect_running()
        batches.take()
        figures.sample(program.process.pid)
        time.sleep(0.1)


def wait(holds, words, program, batches):
    """Until it holds. Fails when no batch comes for long."""
    last_ms, deadline = batches.last_ms, time.monotonic() + PATIENCE_S
    while not holds():
        if batches.last_ms != last_ms:
            last_ms, deadline = batches.last_ms, time.monotonic() + PATIENCE_S
        if time.monotonic() > deadline:
            raise Failed(f"still not: {words}; the last batch is {last_ms}")
        program.expect_running(f"; waited for: {words}")
        batches.take()
        time.sleep(0.05)


def shown_words():
    """(batch time, counts) of ./out/words."""
    try:
        with open("out/words", encoding="ascii") as file:
            rows = file.read().splitlines()
    except FileNotFoundError:
        return 0, {}
    return int(rows[0]), {word: int(count) for word, count in map(str.split, rows[1:])}


def expect_all_is_counted(sender, batches):
    for group in range(sender.acknowledged):
        if not 1 <= batches.count_of(group) <= sender.times_sent[group]:
            raise Failed(f"group {group} counts {batches.count_of(group)} times; it was sent {sender.times_sent[group]} times")
    expected, actual = words_of(batches), shown_words()[1]
    wrong = [word for word in set(expected) | set(actual) if expected.get(word, 0) != actual.get(word, 0)]
    if wrong:
        raise Failed(f"{len(wrong)} words are counted wrongly, as '{wrong[0]}': {actual.get(wrong[0])}, expected {expected.get(wrong[0])}")


def soak(command, minutes, seed):
    sender, seconds = TextSender(random.Random(seed)), minutes * 60
    figures = Figures(sender, seconds)
    batches = Batches(figures)
    program = Program([command, str(sender.port), str(BATCH_MS)], SETTINGS)
    try:
        sender.start()
        begun, life_s, last_ms, idle = time.monotonic(), min(LIFE_S, seconds / 6), None, 0
        while time.monotonic() < begun + seconds - life_s / 2:
            bound = max(1, int(BATCHES_AT_ONCE * sender.rate * BATCH_MS / 1000)) * GROUP_LINES
            program.set(SETTINGS + [f"wadi.batch.max_records={bound}"])
            program.start()
            figures.begin_life()
            watch(life_s, program, batches, figures)
            if life_s < LIFE_S:  # a slow build may need longer for a batch
                wait(lambda: batches.last_ms != last_ms, "a batch in this life", program, batches)
            program.kill()
            idle = 0 if batches.last_ms != last_ms else idle + 1
            if idle == IDLE_LIVES_MAX:
                raise Failed(f"no batch was done in {idle} lives; the last one is {last_ms}")
            last_ms = batches.last_ms
        sender.is_to_end = True
        program.start()
        wait(lambda: sender.has_ended, "all is acknowledged", program, batches)
        wait(lambda: all(map(batches.count_of, range(sender.acknowledged))), "all is counted", program, batches)
        since = batches.last_ms
        wait(lambda: shown_words()[0] > since, "the words of a later batch", program, batches)
        expect_all_is_counted(sender, batches)
        program.end()
        batches.take()
    finally:
        program.close()
        sender.listener.close()
    figures.print(batches)
    return figures.has_grown()


def main():
    command, minutes = os.path.abspath(sys.argv[1]), float(sys.argv[2])
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**9)
    folder = tempfile.mkdtemp(prefix="soak-")
    os.chdir(folder)
    os.mkdir("out")
    try:
        has_grown = soak(command, minutes, seed)
    except Failed as problem:
        print(f"FAILED  seed {seed}: {problem}\n  its files are in {folder}")
        with open("log", encoding="utf-8", errors="replace") as log:
            print("  its log ends with:\n" + "".join("    " + line for line in log.readlines()[-15:]))
        sys.exit(1)
    os.chdir("/")
    shutil.rmtree(folder)
    sys.exit(1 if has_grown else 0)


main()
