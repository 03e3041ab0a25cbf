#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""log_processing.py PROGRAM: requests per host and minute from web server logs; hdfs:// is a folder."""

import glob
import os

import sandbox
from cases import expect_equal, run, wait_until
from peers import put_file
from program import Program
from words import program_of

LOG = """oasis 60000 200 100
oasis 61000 500 50
dunes 59999 200 7
damaged
oasis 120000 404 1
oasis 60001 200
"""
MINUTES = ["((dunes,0),1,0,7)", "((oasis,1),2,1,150)", "((oasis,2),1,0,1)"]
FAILING = ["((oasis,1),2,1,150)"]


def saved():
    """What the newest whole folder holds."""
    folders = sorted(glob.glob("/hdfs/traffic/minutes-*/_SUCCESS"))
    lines = []
    for part in glob.glob(os.path.dirname(folders[-1]) + "/part-*") if folders else []:
        with open(part, encoding="utf-8") as file:
            lines += file.read().splitlines()
    return sorted(lines)


def minutes_are_summed():
    os.makedirs("/hdfs/logs")
    with Program([program_of()], settings={"wadi.fs.hdfs.root": "/hdfs"}) as program:
        program.wait_for_batches(lambda batches: len(batches) > 0, "the first batch is printed")
        put_file("/hdfs/logs", "1", LOG)
        program.wait_for_batches(lambda batches: batches[-1].lines == FAILING, "what fails is printed")
        wait_until(lambda: saved() == MINUTES, lambda: f"all is saved: {saved()}")
        put_file("/hdfs/logs", "2", "dunes 1 503 3\n")
        program.wait_for_batches(lambda batches: sorted(batches[-1].lines) == ["((dunes,0),2,1,10)", *FAILING],
                                 "a later file counts in the window")
        program.stop()
        expect_equal(program.stderr, "", "stderr")


sandbox.enter("/hdfs")
run(minutes_are_summed)
