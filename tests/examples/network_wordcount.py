#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""network_wordcount.py PROGRAM: the guide's quick example, with a real sender. short_wordcount.c does the same
by ready-made functions alone, and is tested by this as well."""

import sandbox
from cases import expect_equal, run
from peers import LineServer
from program import Program, run as run_to_end
from words import COUNTS, TEXT, expect_on_grid, program_of, totals


def words_of_several_batches_are_counted():
    with LineServer() as server, Program([program_of(), "127.0.0.1", str(server.port)]) as program:
        with server.accept() as connection:
            for round_number in range(1, 4):
                connection.sendall("\n".join(TEXT).encode() + b"\n")
                expected = {word: count * round_number for word, count in COUNTS.items()}
                program.wait_for_batches(lambda batches: totals(batches) == expected, f"{expected} is printed")
            program.stop()
        expect_on_grid(program.batches, 1000)
        expect_equal(program.stderr, "", "stderr")


def a_line_in_two_pieces_is_one():
    with LineServer() as server, Program([program_of(), "localhost", str(server.port)]) as program:
        with server.accept() as connection:
            connection.sendall(b"a b\r\nhalf of a ")
            program.wait_for_batches(lambda batches: totals(batches) == {"a": 1, "b": 1}, "the whole line is counted")
            connection.sendall(b"line\n")
            program.wait_for_batches(lambda batches: totals(batches) == {"a": 2, "b": 1, "half": 1, "of": 1, "line": 1},
                                     "both lines are counted")
            program.stop()


def without_arguments_it_fails():
    expect_equal(run_to_end([program_of()]).process.returncode, 1, "exit status")


sandbox.enter()
run(words_of_several_batches_are_counted, a_line_in_two_pieces_is_one, without_arguments_it_fails)
