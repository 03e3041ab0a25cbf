#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""stateful_network_wordcount.py PROGRAM: running counts, in every batch, with two words to begin with."""

import sandbox
from cases import expect, expect_equal, run
from peers import LineServer
from program import Program
from words import COUNTS, TEXT, grouped, program_of


def counts_run_on():
    with LineServer() as server, Program([program_of(), "127.0.0.1", str(server.port)]) as program:
        with server.accept() as connection:
            for round_number in range(1, 4):
                connection.sendall("\n".join(TEXT).encode() + b"\nhello\n")
                expected = {word: count * round_number for word, count in COUNTS.items()}
                expected["hello"] = 1 + round_number
                expected["world"] = 1
                shown = {f"({word},{count})" for word, count in expected.items()}
                program.wait_for_batches(
                    lambda batches: any(is_part(batch.lines, shown) for batch in batches), f"{expected} is printed")
            program.stop()
        batches = grouped(program.batches, 2)
        for number, (_, (states, _)) in enumerate(batches):
            expect({line.split(",")[0] for line in states} >= {"(hello", "(world"} or len(states) == 11,
                   f"the words to begin with are in batch {number}: {states}")
        # A window of ten batches has the states of each of them.
        sizes = [int(lines[0]) for _, (_, lines) in batches]
        expect(all(a <= b for a, b in zip(sizes[:10], sizes[1:10])), f"windows grow at first: {sizes}")
        expect_equal(program.stderr, "", "stderr")


def is_part(lines, shown):
    """print() shows ten of the eleven states."""
    return len(lines) == 11 and lines[10] == "..." and set(lines[:10]) <= shown


sandbox.enter()
run(counts_run_on)
