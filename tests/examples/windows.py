#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""windows.py PROGRAM: every window operation over words from a real sender, until the words have left."""

import sandbox
from cases import expect_equal, run
from peers import LineServer
from program import Program
from words import grouped, program_of

OUTPUTS = 7
NOTHING_IN = [[], [], [], ["0"], [], ["0"], []]


def windows_fill_and_empty():
    with LineServer(9999) as server, Program([program_of()]) as program:
        with server.accept() as connection:
            connection.sendall(b"a b a\nin_a_word_of_many_bytes\n")

            def slides():
                return [[sorted(lines) for lines in outputs] for _, outputs in grouped(program.batches, OUTPUTS)]

            def with_count(count):
                return [outputs for outputs in slides() if outputs[3] == [str(count)]]

            counts = ["(a,2)", "(b,1)", "(in_a_word_of_many_bytes,1)"]
            program.wait_for_batches(lambda batches: with_count(4), "the first words are printed")
            first = with_count(4)[0]
            expect_equal(first[0], counts, "from scratch")
            expect_equal(first[1], counts, "by what entered and left")
            expect_equal(first[2], ["(a,1)", "(a,1)", "(b,1)", "(in_a_word_of_many_bytes,1)"], "the records")
            expect_equal(first[4], counts, "values")
            expect_equal(first[6], ["(a,[(a,1), (a,1)])", "(b,[(b,1)])",
                                    "(in_a_word_of_many_bytes,[(in_a_word_of_many_bytes,1)])"], "the history of each word")
            connection.sendall(b"b\n")
            program.wait_for_batches(lambda batches: with_count(5), "the next word is printed")
            second = with_count(5)[0]
            expect_equal(second[0], ["(a,2)", "(b,2)", "(in_a_word_of_many_bytes,1)"], "with the next one")
            expect_equal(second[1:2] + second[4:5], [second[0]] * 2, "in all forms")
            expect_equal(second[6][1], "(b,[(b,1), (b,1)])", "the history goes on")
            program.wait_for_batches(lambda batches: NOTHING_IN in slides(), "the windows are empty again", 120)
            program.stop()
        times = [time for time, _ in grouped(program.batches, OUTPUTS)]
        expect_equal(times, list(range(times[0], times[-1] + 1, 10000)), "every ten seconds")
        expect_equal(program.stderr, "", "stderr")


sandbox.enter()
run(windows_fill_and_empty)
