#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""connection_pool.py PROGRAM: records pushed out over pooled connections, twice (two output operations), to a real
server that keeps them. The pool is examples/support/connections.c."""

import collections

import sandbox
from cases import expect, expect_equal, expect_in, run, wait_until
from peers import LineServer, LineStore
from program import Program
from words import program_of

LINES = [f"line {i} of those that are sent" for i in range(1000)]
TWICE = collections.Counter(LINES + LINES)


def each_record_arrives_over_few_connections():
    store = LineStore(9100)
    with LineServer(9999) as server, Program([program_of()]) as program:
        with server.accept() as connection:
            for start in range(0, 1000, 250):  # over several batches
                connection.sendall("".join(line + "\n" for line in LINES[start:start + 250]).encode())
                wait_until(lambda: len(store.lines) == 2 * (start + 250), lambda: f"{2 * (start + 250)} lines, but {len(store.lines)}")
            program.stop()
    expect_equal(collections.Counter(store.lines), TWICE, "what the server has")
    # Each batch has tasks on two slots and two outputs; the connections of the first serve the later ones.
    expect(1 <= store.connections <= 4, f"{store.connections} connections")
    expect_equal(program.stderr, "", "stderr")


def a_server_that_is_not_there_fails_the_batch():
    with LineServer(9999) as server, Program([program_of()], env={"CONNECTION_SERVER": "localhost:9101"}) as program:
        with server.accept() as connection:
            connection.sendall(b"nobody listens\n")
            expect_equal(program.wait(), 1, "exit status")
    expect_in("send failed in partition 0", program.stderr)


sandbox.enter()
run(each_record_arrives_over_few_connections, a_server_that_is_not_there_fails_the_batch)
