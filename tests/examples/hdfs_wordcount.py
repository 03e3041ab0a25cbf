#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hdfs_wordcount.py PROGRAM: counts words in files that are moved into a local folder."""

import gzip
import os

import sandbox
from cases import run
from peers import put_file
from program import Program
from words import COUNTS, TEXT, expect_on_grid, program_of, totals


def files_that_appear_are_counted_once():
    os.makedirs("/in")
    put_file("/in", "from-before", "this was here before the program started\n")
    os.utime("/in/from-before", (1e9, 1e9))
    with Program([program_of(), "/in"]) as program:
        program.wait_for_batches(lambda batches: len(batches) > 0, "the first batch is printed")
        put_file("/in", "first", "\n".join(TEXT))
        program.wait_for_batches(lambda batches: totals(batches) == COUNTS, f"{COUNTS} is printed")
        with gzip.open("/tmp/draft", "wt") as packed:
            packed.write("\n".join(TEXT))
        os.rename("/tmp/draft", "/in/second.gz")
        put_file("/in", ".hidden", "hidden\n")
        twice = {word: 2 * count for word, count in COUNTS.items()}
        program.wait_for_batches(lambda batches: totals(batches) == twice, f"{twice} is printed")
        empty_ones = sum(batch.lines == [] for batch in program.batches)
        program.wait_for_batches(lambda batches: sum(batch.lines == [] for batch in batches) > empty_ones,
                                 "a batch without new files is printed")
        program.stop()
        expect_on_grid(program.batches, 2000)


sandbox.enter()
run(files_that_appear_are_counted_once)
