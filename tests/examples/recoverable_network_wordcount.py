#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""recoverable_network_wordcount.py PROGRAM: survives its driver: after kill -9 it goes on from its checkpoint, with its
broadcast made again and its accumulator as it was."""

import re

import sandbox
from cases import expect, expect_equal, run
from peers import LineServer, wait_until_read
from program import Program
from words import program_of

PAIR = re.compile(r" \(([^,]*),(\d+)\)")


class Reader:
    """What the program has printed so far: {time: {word: count}} and the sum of dropped words after each batch."""

    def __init__(self, text):
        self.batches, self.dropped = {}, []
        lines = text.split("\n")[:-1]
        for head, tail in zip(lines[0::2], lines[1::2]):
            found = re.match(r"Counts at time (\d+) ms:(.*)$", head)
            total = re.match(r"Dropped (\d+) word\(s\) totally$", tail)
            expect(found and total, f"{head!r} and {tail!r} are what a batch prints")
            self.batches[int(found[1])] = {word: int(count) for word, count in PAIR.findall(found[2])}
            self.dropped.append(int(total[1]))

    def totals(self):
        sums = {}
        for counts in self.batches.values():
            for word, count in counts.items():
                sums[word] = sums.get(word, 0) + count
        return sums


def started(server):
    return Program([program_of(), "127.0.0.1", str(server.port), "checkpoints"], terminal=True)


def wait_for(program, holds, words):
    program.wait_for(lambda: bool(Reader(program.stdout).batches) and holds(Reader(program.stdout)), words)


def it_goes_on_after_a_kill():
    with LineServer() as server:
        with started(server) as program, server.accept() as connection:
            connection.sendall(b"a wadi fills\nb c a\n")
            wait_for(program, lambda out: out.totals() == {"wadi": 1, "fills": 1} and out.dropped[-1] == 4,
                     "words are counted, four are dropped")
            newest = max(Reader(program.stdout).batches)
            # A later batch is printed once the one before is completed, with what it dropped.
            wait_for(program, lambda out: max(out.batches) > newest + 2000, "two more batches")
            newest = max(Reader(program.stdout).batches)
            program.process.kill()
            program.process.wait()
            expect_equal(program.stderr, "", "stderr of the first run")
        with started(server) as program, server.accept() as connection:
            connection.sendall(b"a dune\nb\n")
            wait_for(program, lambda out: out.totals() == {"dune": 1} and out.dropped[-1] == 6,
                     "the second run drops more, from where the first one was")
            times = sorted(Reader(program.stdout).batches)
            expect(times[0] <= newest + 1000, f"the batches of between are made up: {times}, after {newest}")
            expect_equal(times, list(range(times[0], times[-1] + 1, 1000)), "no batch is left out")
            expect_equal(Reader(program.stdout).dropped[0], 4, "the accumulator is as it was")
            program.stop()


sandbox.enter()
run(it_goes_on_after_a_kill)
