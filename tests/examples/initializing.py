#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""initializing.py PROGRAM: two stream programs one after the other on one engine context: files for a minute, then
lines from a socket every 100 ms. Its settings come from its code, a file and the environment."""

import os

import sandbox
from cases import expect_equal, expect_in, run
from peers import LineServer, put_file
from program import Program, run as run_to_end
from words import expect_on_grid, program_of

FOLDER = "/tmp/hdfs/logs/2017/01"
HDFS = {"wadi.fs.hdfs.root": "/tmp/hdfs"}


def without_its_settings_file_it_fails():
    program = run_to_end([program_of(), "local[3]"], HDFS)
    expect_equal(program.process.returncode, 1, "exit status")
    expect_in("wadi.conf", program.stderr)


def of_socket(batches):
    """The batches of the second program that are its for certain."""
    first = next((i for i, batch in enumerate(batches) if "from a socket" in batch.lines), len(batches))
    return batches[first:]


def two_programs_run_one_after_the_other():
    with open("wadi.conf", "w", encoding="utf-8") as conf:
        conf.write("# settings of a deployment\nspark.default.parallelism  3\nwadi.batch.on_failure=continue\n")
    os.makedirs(FOLDER)
    with LineServer(9999, patience_s=120) as server, Program([program_of(), "local[3]"], HDFS) as program:
        program.wait_for_batches(lambda batches: len(batches) > 0, "the first batch is printed")
        put_file(FOLDER, "log", "".join(f"entry {i}\n" for i in range(25)))
        first = program.wait_for_batches(lambda batches: [each for each in batches if each.lines], "lines of the file are printed")
        expect_equal(first[0].lines, [f"entry {i}" for i in range(20)] + ["..."], "the first twenty lines")
        with server.accept() as connection:  # a minute later
            connection.sendall(b"from a socket\n")
            program.wait_for_output("from a socket", seconds=120)
            program.wait_for_batches(lambda batches: len(of_socket(batches)) > 5, "batches of the second program")
            program.stop()
        expect_on_grid(program.batches[:59], 1000)
        expect_on_grid(of_socket(program.batches), 100)


sandbox.enter()
run(without_its_settings_file_it_fails, two_programs_run_one_after_the_other)
