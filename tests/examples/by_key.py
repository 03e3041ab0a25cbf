#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""by_key.py PROGRAM: scores of three rounds in CSV files, combined, aggregated, grouped and cogrouped."""

import sandbox
from cases import expect_equal, run
from peers import put_files_together
from program import Program
from words import grouped, program_of

ROUNDS = {
    "/scores/1/a.csv": "ann,10\nbob,4\nann,20\nthe whole team,1\n",
    "/scores/2/a.csv": "ann,3\nbob,7\nbob,2.5\ndan,-5\n",
    "/scores/3/a.csv": "ann,8\nthe whole team,5\n",
}
EXPECTED = [
    ["(ann,15.0)", "(bob,4.0)", "(the whole team,1.0)"],
    ["(ann,3.0)", "(bob,7.0)", "(dan,-5.0)"],  # a first score counts, also below the zero that was given
    ["(ann,4.0)", "(ann,4.0)", "(the whole team,2.5)", "(the whole team,2.5)"],
    ["(ann,[(ann,10.0), (ann,20.0)])", "(bob,[(bob,4.0)])", "(the whole team,[(the whole team,1.0)])"],
    ["ann"],
]


def scores_of_three_rounds_in_one_batch():
    with Program([program_of()]) as program:
        program.wait_for_batches(lambda batches: len(batches) >= 5, "the first batch is printed")
        put_files_together(ROUNDS)

        def full():
            return [outputs for _, outputs in grouped(program.batches, 5) if any(outputs)]

        program.wait_for_batches(lambda batches: full(), "the scores are printed")
        expect_equal([sorted(lines) for lines in full()[0]], EXPECTED)
        program.stop()
        expect_equal(len(full()), 1, "batches with scores")
        expect_equal(program.stderr, "", "stderr")


def who_missed_a_round_did_not_play_all():
    with Program([program_of()]) as program:
        program.wait_for_batches(lambda batches: len(batches) >= 5, "the first batch is printed")
        put_files_together({"/scores/1/b.csv": "ann,1\nbob,2\n", "/scores/2/b.csv": "ann,1\nbob,2\n"})

        def full():
            return [outputs for _, outputs in grouped(program.batches, 5) if any(outputs)]

        program.wait_for_batches(lambda batches: full(), "the scores are printed")
        program.stop()
        expect_equal([sorted(lines) for lines in full()[0]], [["(ann,1.0)", "(bob,2.0)"], ["(ann,1.0)", "(bob,2.0)"], [],
                                                              ["(ann,[(ann,1.0)])", "(bob,[(bob,2.0)])"], []])


sandbox.enter("/scores/1", "/scores/2", "/scores/3")
run(scores_of_three_rounds_in_one_batch, who_missed_a_round_did_not_play_all)
