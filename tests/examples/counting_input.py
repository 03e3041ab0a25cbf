#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""counting_input.py PROGRAM: an own input knows after a restart how far it was: killed again and again, it counts on
without a gap, and prints a batch that it makes again as it was."""

import sandbox
from cases import expect, expect_equal, run
from program import Program
from words import program_of


def it_counts_on_after_kills():
    seen = {}
    for kills in range(4):
        with Program([program_of()]) as program:
            newest = max(seen, default=0)
            program.wait_for_batches(lambda batches: len(batches) > 2 and batches[-1].time_ms > newest, "batches are printed")
            if kills == 3:
                program.stop()
            else:
                program.process.kill()
                program.process.wait()
            for batch in program.batches:
                first = int(batch.lines[0])
                expect_equal(batch.lines, [str(first + i) for i in range(10)], "a batch's numbers")
                expect_equal(seen.setdefault(batch.time_ms, first), first, "a batch that was made again")
            expect_equal(program.stderr, "", "stderr")
    times = sorted(seen)
    expect(len(times) >= 8, f"batches of four runs: {times}")
    expect_equal([seen[at] for at in times], [10 * i for i in range(len(times))], "the numbers go on")
    expect_equal(times, list(range(times[0], times[-1] + 1, 1000)), "no batch is left out")


sandbox.enter()
run(it_counts_on_after_kills)
