#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""listener.py PROGRAM: delays of batches, and errors of a receiver, as a listener hears of them."""

import re

import sandbox
from cases import expect_equal, run
from peers import LineServer
from program import Program
from words import program_of

BATCH = re.compile(r"^(\d+) ms: (\d+) records, waited \d+ ms, took \d+ ms$", re.M)


def batches(program):
    return {int(time): int(records) for time, records in BATCH.findall(program.stderr)}


def a_listener_hears_of_batches_and_receivers():
    with LineServer(9999) as server, Program([program_of()]) as program:
        with server.accept() as connection:
            connection.sendall(b"one\ntwo\nthree\n")
            program.wait_for_batches(lambda _: sum(batches(program).values()) == 3, "three records are told of")
        program.wait_for_message("socket_text_stream on localhost: ")
        program.stop()
        times = sorted(batches(program))
        expect_equal(times, list(range(times[0], times[0] + 1000 * len(times), 1000)), "batch times")


sandbox.enter()
run(a_listener_hears_of_batches_and_receivers)
