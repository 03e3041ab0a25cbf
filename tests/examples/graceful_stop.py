#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""graceful_stop.py PROGRAM: ends when a marker file appears, with all that it had received."""

import sandbox
from cases import expect_equal, run
from peers import LineServer, wait_until_read
from program import Program
from words import program_of


def counted(batches):
    return sum(int(batch.lines[0]) for batch in batches)


def what_was_received_is_counted_before_the_end():
    with LineServer(9999) as server, Program([program_of()]) as program:
        with server.accept() as connection:
            connection.sendall(b"a line\n" * 1000)
            program.wait_for_batches(lambda batches: counted(batches) == 1000, "the first lines are counted")
            connection.sendall(b"another line\n" * 5000)
            wait_until_read(connection)
            with open("/tmp/stop-wordcount", "w", encoding="utf-8"):
                pass
            expect_equal(program.wait(), 0, "exit status")
        expect_equal(counted(program.batches), 6000, "lines that were counted")
        expect_equal(program.stderr, "", "stderr")


sandbox.enter()
run(what_was_received_is_counted_before_the_end)
