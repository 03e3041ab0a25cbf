#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""parallel_receiving.py PROGRAM: five receivers on five ports, one stream."""

import sandbox
from cases import expect_equal, run
from peers import LineServer
from program import Program
from words import expect_on_grid, program_of

PORTS = range(9000, 9005)


def lines_of_five_connections_are_counted_together():
    servers = [LineServer(port) for port in PORTS]
    with Program([program_of()]) as program:
        connections = [server.accept() for server in servers]
        for i, connection in enumerate(connections):
            connection.sendall(b"a line\n" * (100 * (i + 1)))
        program.wait_for_batches(lambda batches: sum(int(batch.lines[0]) for batch in batches) == 1500,
                                 "1500 lines are counted")
        program.stop()
        for batch in program.batches:
            expect_equal(len(batch.lines), 1, "lines of a batch")
        expect_on_grid(program.batches, 2000)


sandbox.enter()
run(lines_of_five_connections_are_counted_together)
