#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""file_streams.py PROGRAM: text files with a suffix, also older ones; CSV from folders by a pattern; records of
eight bytes. hdfs:// is a folder, and so is the S3 bucket, in whose place an hdfs:// path was written."""

import os
import struct

import sandbox
from cases import expect, expect_equal, run
from peers import put_file, put_files_together
from program import Program
from words import grouped, program_of


def put_bytes(path, data):
    with open("/tmp/draft", "wb") as file:
        file.write(data)
    os.rename("/tmp/draft", path)


def each_stream_has_its_files():
    os.makedirs("/hdfs/logs/in")
    os.makedirs("/hdfs/sales/north")
    os.makedirs("/hdfs/sales/south")
    put_file("/hdfs/logs/in", "before.log", "one\ntwo\n")
    put_file("/hdfs/sales/north", "before", "oasis,1000\n")
    with Program([program_of()], settings={"wadi.fs.hdfs.root": "/hdfs"}) as program:
        program.wait_for_batches(lambda batches: len(batches) >= 3, "the first batch is printed")
        expect_equal([batch.lines for batch in program.batches[:3]], [["2"], [], []], "the first batch: older logs alone")
        put_bytes("/var/sensors/1", struct.pack("<IfIf", 1, 20.5, 2, -3.0))
        put_files_together({"/hdfs/logs/in/a.log": "three\n", "/hdfs/logs/in/a.txt": "no\nno\n",
                            "/hdfs/sales/north/1": "oasis,1.5\ndunes,2\n", "/hdfs/sales/south/1": "oasis,3\n"}, 1)
        program.wait_for_batches(lambda batches: total(batches, 1, "(oasis,4.5)") and total(batches, 2, "(2,-3.0)"),
                                 "files are read")
        program.stop()
    logs, sales, readings = zip(*[lines for _, lines in grouped(program.batches, 3)])
    expect_equal(sum(int(lines[0]) for lines in logs), 3, "lines of logs")
    expect_equal(sorted(sum(sales, [])), ["(dunes,2.0)", "(oasis,4.5)"], "sales")
    expect_equal(sum(readings, []), ["(1,20.5)", "(2,-3.0)"], "readings")
    expect(program.stderr == "", f"stderr: {program.stderr}")


def total(batches, output, line):
    return any(line in lines[output] for _, lines in grouped(batches, 3))


sandbox.enter("/hdfs", "/var/sensors")
run(each_stream_has_its_files)
