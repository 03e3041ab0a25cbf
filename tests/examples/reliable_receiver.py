#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""reliable_receiver.py PROGRAM: acknowledges what is logged; killed, it has it again."""

import os
import signal
import socket
import struct

import sandbox
from cases import PATIENCE_S, expect_equal, run
from peers import receive
from program import Program
from words import program_of

SETTINGS = {"wadi.fs.hdfs.root": "/cluster"}


def send(connection, ids):
    connection.sendall(struct.pack("=I", len(ids)) + b"".join(struct.pack("=qd", each, each / 2) for each in ids))


def acknowledged(connection):
    data = receive(connection, 8)
    return struct.unpack("=q", data)[0] if len(data) == 8 else None


def lines(batches):
    return [line for batch in batches for line in batch.lines]


def what_was_acknowledged_is_there_after_a_kill():
    os.makedirs("/cluster")
    with socket.create_server(("127.0.0.1", 7000)) as listener:
        listener.settimeout(PATIENCE_S)
        with Program([program_of()], SETTINGS) as program:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(PATIENCE_S)
                send(connection, [1, 2, 3])
                expect_equal(acknowledged(connection), 3, "the last id")
                program.send_signal(signal.SIGKILL)
            program.wait()
            before = lines(program.batches)
        with Program([program_of()], SETTINGS) as program:
            connection, _ = listener.accept()
            with connection:
                connection.settimeout(PATIENCE_S)
                send(connection, [4])
                expect_equal(acknowledged(connection), 4, "the last id")
                wanted = ["(4,2.0)"] if before else ["(1,0.5)", "(2,1.0)", "(3,1.5)", "(4,2.0)"]
                program.wait_for_batches(lambda batches: lines(batches)[-len(wanted):] == wanted, "all is printed")
            program.stop()


def an_impossible_count_ends_the_receiver():
    with socket.create_server(("127.0.0.1", 7000)) as listener:
        listener.settimeout(PATIENCE_S)
        with Program([program_of()], SETTINGS) as program:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(struct.pack("=I", 1000))
                program.wait_for_message("a batch of 1000 messages; 1 to 256 expected")
            program.stop()


sandbox.enter()
sandbox.name_hosts("broker")
run(what_was_acknowledged_is_there_after_a_kill, an_impossible_count_ends_the_receiver)
