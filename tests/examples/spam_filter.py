#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""spam_filter.py PROGRAM WRITE_SPAM: a stream cleaned by a dataset from an object file. WRITE_SPAM makes that file,
where hdfs:///spam-info stands for a local folder."""

import os
import sys

import sandbox
from cases import expect, expect_equal, expect_in, run
from peers import LineServer
from program import Program, run as run_to_end
from words import expect_on_grid, program_of, totals

HDFS = {"wadi.fs.hdfs.root": "/tmp/hdfs"}


def without_its_dataset_it_fails_with_the_name():
    program = run_to_end([program_of()], HDFS)
    expect_equal(program.process.returncode, 1, "exit status")
    expect_in("no such file: hdfs:///spam-info", program.stderr)


def without_a_cluster_it_says_what_to_do():
    program = run_to_end([program_of()])
    expect_equal(program.process.returncode, 1, "exit status")
    expect_in("wadi.fs.hdfs.root names a local folder", program.stderr)


def spam_words_are_left_out():
    os.makedirs("/tmp/hdfs")
    writer = run_to_end([sys.argv[2]], HDFS)
    expect_equal((writer.process.returncode, writer.stderr), (0, ""), "exit status and messages of the writer")
    expect(os.path.exists("/tmp/hdfs/spam-info/_SUCCESS"), "the object file is complete")
    with LineServer(9999) as server, Program([program_of()], HDFS) as program:
        with server.accept() as connection:
            connection.sendall(b"cheap pills for the river\n")
            expected = {"for": 1, "the": 1, "river": 1}
            program.wait_for_batches(lambda batches: totals(batches) == expected, f"{expected} is printed")
            connection.sendall(b"the pills\n")
            expected["the"] = 2
            program.wait_for_batches(lambda batches: totals(batches) == expected, f"{expected} is printed")
            program.stop()
        expect_on_grid(program.batches, 1000)


sandbox.enter()
run(without_its_dataset_it_fails_with_the_name, without_a_cluster_it_says_what_to_do, spam_words_are_left_out)
