#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sessions.py PROGRAM: clicks per user, and who is there."""

import sandbox
from cases import expect, run
from peers import LineServer
from program import Program
from words import grouped, program_of


def clicks_are_counted_per_user():
    with LineServer(9999) as server, Program([program_of()]) as program:
        with server.accept() as connection:
            connection.sendall(b"ann,100\nann,200\nbob,300\n")
            program.wait_for_batches(lambda batches: has(batches, "(ann,2,false)") and has(batches, "(bob,1,false)"),
                                     "the first clicks are counted")
            connection.sendall(b"ann,400\n")
            program.wait_for_batches(lambda batches: has(batches, "(ann,3,false)") and has(batches, "(ann,3,100)"),
                                     "a later click finds its session")
            program.stop()
        for _, (events, sessions) in grouped(program.batches, 2):
            expect(len(sessions) <= 2, f"sessions of two users: {sessions}")
            expect(not any("true" in event for event in events), f"nobody is idle for 30 minutes: {events}")
        last = grouped(program.batches, 2)[-1][1][1]
        expect(sorted(last) == ["(ann,3,100)", "(bob,1,300)"], f"who is there at the end: {last}")


def has(batches, line):
    return any(line in batch.lines for batch in batches)


sandbox.enter()
run(clicks_are_counted_per_user)
