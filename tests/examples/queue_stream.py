#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""queue_stream.py PROGRAM: thirty RDDs through a queue, one a second; it ends by itself."""

import sandbox
from cases import expect, expect_equal, run
from program import run as run_to_end
from words import expect_on_grid, program_of

# Of 1..999 each digit ends a hundred numbers, but 0.
FULL = sorted(f"({digit},{99 if digit == 0 else 100})" for digit in range(10))


def each_rdd_of_the_queue_is_a_batch():
    program = run_to_end([program_of()], seconds=120)
    expect_equal((program.process.returncode, program.stderr), (0, ""), "exit status and stderr")
    batches = program.batches
    expect_on_grid(batches, 1000)
    full = 0
    for batch in batches:
        expect(batch.lines == [] or sorted(batch.lines) == FULL, f"batch {batch}")
        full += batch.lines != []
    # The program sleeps a second after each push and stops hard, so that the last may wait for ever; a
    # machine that is slow for a moment makes it one more.
    expect(28 <= full <= 30, f"{full} of 30 RDDs were counted")


sandbox.enter()
run(each_rdd_of_the_queue_is_a_batch)
