#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""persistence.py PROGRAM: errors among lines, computed once for two outputs: counted, and saved. hdfs:// is a folder."""

import glob

import sandbox
from cases import expect_equal, run, wait_until
from peers import LineServer
from program import Program
from words import program_of

LINES = ["INFO all is well", "ERROR the wadi is dry", "WARN clouds", "ERROR 2", "no ERROR is no error"]
ERRORS = [line for line in LINES if "ERROR" in line]


def saved():
    lines = []
    for marker in sorted(glob.glob("/hdfs/errors/batch-*.log/_SUCCESS")):
        for part in sorted(glob.glob(marker.replace("_SUCCESS", "part-*"))):
            with open(part, encoding="utf-8") as file:
                lines += file.read().splitlines()
    return lines


def errors_are_counted_and_saved():
    settings = {"wadi.fs.hdfs.root": "/hdfs"}
    with LineServer(9999) as server, Program([program_of()], settings=settings) as program:
        with server.accept() as connection:
            for number in range(1, 4):
                connection.sendall("".join(line + "\n" for line in LINES).encode())
                program.wait_for_batches(lambda batches: sum(int(batch.lines[0]) for batch in batches) == number * len(ERRORS),
                                         "errors are counted")
                wait_until(lambda: sorted(saved()) == sorted(number * ERRORS), lambda: f"errors are saved: {saved()}")
            program.stop()
        expect_equal(sorted(saved()), sorted(3 * ERRORS), "what is saved at the end")
        expect_equal(program.stderr, "", "stderr")


sandbox.enter("/hdfs")
run(errors_are_counted_and_saved)
