# SPDX-License-Identifier: Apache-2.0
"""of_files.py: crashing.c is killed while files come in. Each record counts exactly once, in every state, in the window
and in what was saved, and so does each number of its own input."""

import os
import random
import threading
import time

from cases import Failed
from crash import (BATCH_MS, Program, compare, expect_every_batch, kill_often, saved, shown, wait_for,
                   wait_for_more_batches)

KEYS = 97
STATES = ("files", "counter", "tracked", "lines")


class Feeder(threading.Thread):
    """Moves files of numbers into a folder, until it is told to end."""

    def __init__(self, chance):
        super().__init__(daemon=True)
        self.chance = chance
        self.numbers = []
        self.ends = threading.Event()

    def run(self):
        while not self.ends.wait(self.chance.uniform(0, 0.3)):
            count = self.chance.choice([0, 1, 3, 20, 300])
            new = [len(self.numbers) + i for i in range(count)]
            name = f"{len(self.numbers):09}-{time.monotonic_ns()}"
            with open(f"draft-{name}", "w", encoding="ascii") as file:
                file.write("".join(f"{number}\n" for number in new))
            self.numbers += new
            os.rename(f"draft-{name}", f"in/{name}")


def expected_of(numbers):
    tallies = {}
    for number in numbers:
        count, total = tallies.get(number % KEYS, (0, 0))
        tallies[number % KEYS] = (count + 1, total + number)
    return tallies


def tallies_of(name):
    return {key: (count, total) for key, count, total in shown(name)[1]}


def counted(name):
    return sum(count for count, _ in tallies_of(name).values())


def wait_until_all_is_counted(program, numbers):
    def holds():
        now = counted("files")
        if now > len(numbers):
            raise Failed(f"{now} records are counted of {len(numbers)}")
        return now == len(numbers)
    wait_for(holds, lambda: f"{len(numbers)} records are counted, but {counted('files')}", program, STATES)
    wait_for_more_batches(program, STATES)


def check_states(numbers):
    expected = expected_of(numbers)
    compare("the state of files", tallies_of("files"), expected)
    compare("what mapWithState tracks", tallies_of("tracked"), expected)
    compare("the state of the counter", tallies_of("counter"), expected_of(range(counted("counter"))))
    lines = shown("lines")[1][0][1]
    if lines != len(numbers):
        raise Failed(f"the accumulator says {lines} of {len(numbers)} lines")


def check_saved(numbers):
    """After the end: each batch is there, and each record once; the window is that of its batches."""
    records = saved("records")
    expect_every_batch(records)
    if sorted(int(line) for lines in records.values() for line in lines) != numbers:
        raise Failed("records that were saved are not those that came, once each")
    of_batches = sum(1 + at // BATCH_MS * 7919 % 37 for at in records)
    if of_batches != counted("counter"):
        raise Failed(f"the counter is at {counted('counter')}, its batches say {of_batches}")
    for at, lines in saved("window").items():
        expected = sum(len(records.get(at - i * BATCH_MS, [])) for i in range(10))
        if sum(int(line) for line in lines) != expected:
            raise Failed(f"the window of {at} counts {lines} records, its batches have {expected}")


def run(command, kills, seed):
    os.makedirs("in")
    feeder = Feeder(random.Random(seed + 1))
    program = Program([command], ["spark.streaming.stopGracefullyOnShutdown=true", "spark.streaming.gracefulStopTimeout=60s"])
    try:
        feeder.start()
        kill_often(program, kills, random.Random(seed))
        feeder.ends.set()
        feeder.join()
        for _ in range(2):  # once more after all has come: nothing counts again
            program.start()
            wait_until_all_is_counted(program, feeder.numbers)
            check_states(feeder.numbers)
            program.kill()
        program.start()
        wait_until_all_is_counted(program, feeder.numbers)
        program.end()
        check_states(feeder.numbers)
        check_saved(feeder.numbers)
        return f"{len(feeder.numbers)} records of files"
    finally:
        feeder.ends.set()
        program.close()
