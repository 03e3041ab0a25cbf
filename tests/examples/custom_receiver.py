#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""custom_receiver.py PROGRAM: the Custom Receiver Guide's program, with a server that goes and comes back."""

import sandbox
from cases import expect_in, run
from peers import LineServer
from program import Program
from words import COUNTS, TEXT, expect_on_grid, program_of, totals


def it_reconnects_when_the_server_closes():
    with LineServer() as server, Program([program_of(), "localhost", str(server.port)]) as program:
        for round_number in range(1, 3):
            with server.accept() as connection:
                connection.sendall("\n".join(TEXT).encode() + b"\n")
            expected = {word: count * round_number for word, count in COUNTS.items()}
            program.wait_for_batches(lambda batches: totals(batches) == expected, f"{expected} is printed")
        program.stop()
        expect_on_grid(program.batches, 1000)
        expect_in("trying to connect again", program.stderr, "the reason for the restart")


sandbox.enter()
run(it_reconnects_when_the_server_closes)
