#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""stream_joins.py PROGRAM: views and clicks from files, joined in every way, and windows of both."""

import os

import sandbox
from cases import expect_equal, run
from peers import put_files_together
from program import Program
from words import grouped, program_of

OUTPUTS = 8
VIEWS = "1,start\n2,a page of a longer name\n1,shop\n"
CLICKS = "1,ann\n3,bob\n"
JOINED = ["(1,shop,ann)", "(1,start,ann)"]


def all_joins():
    os.makedirs("/hdfs/views")
    os.makedirs("/hdfs/clicks")
    with Program([program_of()], settings={"wadi.fs.hdfs.root": "/hdfs"}) as program:
        program.wait_for_batches(lambda batches: len(batches) >= OUTPUTS, "the first batch is printed")
        put_files_together({"/hdfs/views/a.csv": VIEWS, "/hdfs/clicks/a.csv": CLICKS})

        def batches_with(output, lines):
            return [[sorted(each) for each in outputs] for _, outputs in grouped(program.batches, OUTPUTS)
                    if sorted(outputs[output]) == lines]

        program.wait_for_batches(lambda batches: batches_with(0, JOINED), "the join is printed")
        got = batches_with(0, JOINED)[0]
        some = ["(1,Some(shop),Some(ann))", "(1,Some(start),Some(ann))"]
        no_click, no_view = "(2,Some(a page of a longer name),None)", "(3,None,Some(bob))"
        expect_equal(got[1], JOINED, "without a function")
        expect_equal(got[2], some + [no_click], "left")
        expect_equal(got[3], some + [no_view], "right")
        expect_equal(got[4], some + [no_click, no_view], "full")
        expect_equal(got[5], ["(1,0.5)", "(2,0.0)"], "rates")
        expect_equal(got[6][0], "(1,[(1,start), (1,shop)],[(1,ann)])", "activity")
        expect_equal(got[7], JOINED, "windows")
        # A click of now meets the views of the last 20 seconds; clicks stay for a minute.
        put_files_together({"/hdfs/clicks/b.csv": "2,cay\n"})
        program.wait_for_batches(lambda batches: batches_with(7, JOINED + ["(2,a page of a longer name,cay)"]),
                                 "the late click meets its view")
        program.wait_for_batches(lambda batches: [each for each in batches_with(7, []) if each[0] == []][-1:] and
                                 sorted(grouped(batches, OUTPUTS)[-1][1][7]) == [], "the views have left")
        program.stop()
        expect_equal(program.stderr, "", "stderr")


sandbox.enter("/hdfs")
run(all_joins)
