# SPDX-License-Identifier: Apache-2.0
"""soak_figures.py: what a soak measures, and whether it has grown."""

import os
import statistics
import time

BATCH_MS = 500
LOAD = 0.5  # of a batch's interval, from its time until it is done
# More than in the first third: so many times, and so much in any case.
ALLOWED = {"resident memory, MiB": (1.15, 2), "descriptors": (1, 2), "checkpoint directory, MiB": (1.15, 2),
           "delay of a batch, ms": (1.5, 20), "processor, cores": (1.25, 0.05)}
MEMORY, DESCRIPTORS, DISK, DELAY, PROCESSOR = ALLOWED
SHORT_S, SHORT_ALLOWED = 300, 10  # a run too short for medians of many may have so many times more
TICKS = os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def processor_s(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        return sum(map(int, file.read().rpartition(")")[2].split()[11:13])) / TICKS


def folder_mib(path):
    """Of its files, what they take on the disk."""
    size = 0
    for folder, _, names in os.walk(path):
        for name in names:
            try:
                size += os.stat(os.path.join(folder, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return size / 2**20


class Life:
    """Of the program, from a start to a kill."""

    def __init__(self, at_s):
        self.at_s = at_s  # since the begin of the run
        self.started_s = time.time()
        self.first_s = None  # from the start until a batch was put into place
        self.samples = {what: [] for what in ALLOWED}
        self.clocks = []  # (seconds of the clock, of the processor)

    def medians(self):
        return {what: statistics.median(values) for what, values in self.samples.items() if values}

    def note_clocks(self, pid):
        """Of the processor there is what was spent since the first time."""
        self.clocks = [*self.clocks[:1], (time.monotonic(), processor_s(pid))]
        (begun, before), (now, spent) = self.clocks[0], self.clocks[-1]
        if now > begun:
            self.samples[PROCESSOR] = [(spent - before) / (now - begun)]


class Figures:
    def __init__(self, sender, seconds):
        self.sender, self.seconds = sender, seconds
        self.begun = time.monotonic()
        self.settle_s = min(20, seconds / 6 / 2)  # of each life
        self.lives = []
        self.loads = []  # of the batches since the rate was changed
        self.sampled = 0

    @property
    def is_warm(self):
        """The rate stays."""
        return time.monotonic() > self.begun + self.seconds / 10

    def begin_life(self):
        self.lives.append(Life(time.monotonic() - self.begun))

    def _has_settled(self, at_s):
        return at_s > self.lives[-1].started_s + self.settle_s

    def sample(self, pid):
        """At most so often that it takes little."""
        if not self._has_settled(time.time()) or time.monotonic() < self.sampled + 0.5:
            return
        self.sampled, life = time.monotonic(), self.lives[-1]
        life.samples[MEMORY].append(resident_mib(pid))
        life.samples[DESCRIPTORS].append(len(os.listdir(f"/proc/{pid}/fd")))
        life.samples[DISK].append(folder_mib("checkpoints"))
        life.note_clocks(pid)

    def add_delay(self, time_ms, done_s):
        life, delay_ms = self.lives[-1], done_s * 1000 - time_ms
        if life.first_s is None and done_s > life.started_s:
            life.first_s = done_s - life.started_s
        if not self._has_settled(time_ms / 1000):
            return
        life.samples[DELAY].append(delay_ms)
        self.loads.append(delay_ms / BATCH_MS)
        if not self.is_warm and len(self.loads) >= 5:
            self.sender.rate *= min(1.25, max(0.8, LOAD / statistics.median(self.loads)))
            self.loads = []

    def _thirds(self, what):
        """Medians by life, of three parts of the run."""
        medians = [life.medians().get(what) for life in self.lives if life.at_s > self.seconds / 10]
        medians = [each for each in medians if each is not None]
        n = len(medians)
        return [statistics.median(part) for part in (medians[:n // 3], medians[n // 3:n - n // 3], medians[n - n // 3:]) if part]

    def _is_above(self, what):
        thirds, (times, more) = self._thirds(what), ALLOWED[what]
        factor = 1 if self.seconds >= SHORT_S else SHORT_ALLOWED
        return len(thirds) == 3 and thirds[2] > thirds[0] * times * factor + more * factor

    def has_grown(self):
        return any(map(self._is_above, ALLOWED))

    def print(self, batches):
        words = batches.all[0]
        sent, groups = sum(self.sender.times_sent.values()), self.sender.acknowledged
        doubled = sum(batches.count_of(group) - 1 for group in batches.counted)
        firsts = [life.first_s for life in self.lives[1:] if life.first_s is not None]
        print(f"{self.seconds / 60:g} minutes, batches of {BATCH_MS} ms, {len(self.lives)} kills; {self.sender.rate:.0f} groups a second "
              f"once the rate was found")
        print(f"right: {words} words in {groups} groups, {sent - groups} sent again, {doubled} of them counted again")
        print(f"load: a batch is done {statistics.median(self.loads):.2f} of its interval after its time")
        print(f"from a start to the first batch: median {statistics.median(firsts):.2f} s, at most {max(firsts):.2f} s")
        print(f"\n{'medians of the lives in':28} first third  middle third  last third")
        for what in ALLOWED:
            thirds = self._thirds(what)
            cells = "  ".join(f"{each:11.2f}" for each in thirds)
            print(f"{what:28} {cells}  {'GROWN' if self._is_above(what) else 'flat' if len(thirds) == 3 else 'too few'}")
