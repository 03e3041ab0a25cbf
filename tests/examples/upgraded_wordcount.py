#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""upgraded_wordcount.py PROGRAM VERSION_1: a second version goes on from the checkpoint of the first
(stateful_network_wordcount.c): its states have a new field, its function another name and other code, and a window was
added."""

import sys

import sandbox
from cases import expect, expect_equal, expect_in, run
from peers import LineServer
from program import Program
from words import grouped, program_of


def states(batches, number):
    """What the last whole batch printed of the states."""
    groups = grouped(batches, 2)
    return sorted(groups[-1][1][number]) if groups else []


def the_second_version_goes_on():
    with LineServer(9999) as server:
        with Program([sys.argv[2], "127.0.0.1", "9999"]) as program, server.accept() as connection:
            connection.sendall(b"rain rain\nwadi\n")
            counted = ["(hello,1)", "(rain,2)", "(wadi,1)", "(world,1)"]
            program.wait_for_batches(lambda batches: states(batches, 0) == counted, f"{counted} is printed")
            time_ms = program.batches[-1].time_ms  # the state is saved every 5 s
            program.wait_for_batches(lambda batches: batches[-1].time_ms > time_ms + 7000, "the state is in a checkpoint")
            program.process.kill()
            program.process.wait()
            expect_equal(program.stderr, "", "stderr of version 1")
        with Program([program_of()]) as program, server.accept() as connection:
            # Words that came once go with the first batch of the new function; `longest` is not known of the old.
            kept = ["(rain,2,0)"]
            program.wait_for_batches(lambda batches: states(batches, 1) == kept, f"{kept} is printed")
            connection.sendall(b"rain rain rain sun\n")
            counted = ["(rain,5,3)", "(sun,1,1)"]
            program.wait_for_batches(lambda batches: any(sorted(lines[1]) == counted for _, lines in grouped(batches, 2)),
                                     f"{counted} is printed")
            expect("error" not in program.stderr, program.stderr)
            program.stop()


sandbox.enter()
run(the_second_version_goes_on)
