#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""rdd_actions.py PROGRAM: datasets without streams, and the files that they are saved to."""

import os

import sandbox
from cases import expect, expect_equal, expect_in, run
from program import run as run_to_end
from words import program_of


def actions_print_what_they_should():
    program = run_to_end([program_of()])
    expect_equal((program.process.returncode, program.stderr), (0, ""), "exit status and stderr")
    lines = program.stdout.splitlines()
    expect_equal(lines[:4], ["250", "5", "99", "3 purchases"], "sorted by key; counted")
    # The first of a shuffle's result is any key's.
    expect(lines[4] in ("255", "99"), f"ann's total or bob's, not {lines[4]!r}")
    expect_equal(sorted(lines[5:7]), ["(ann,250,Oslo)", "(ann,5,Oslo)"], "joined")
    expect_equal(lines[7], "bob", "who lives nowhere")
    expect_equal(sorted(lines[8:17]), sorted(f"({a},{b})" for a in range(3) for b in range(3)), "all pairs")
    expect_equal(sorted(lines[17:]), ["0", "1", "2", "3", "4"], "distinct numbers")


def the_joined_rows_are_saved():
    expect_equal(sorted(os.listdir("/tmp/joined")), ["_SUCCESS", "part-00000"])
    with open("/tmp/joined/part-00000", encoding="utf-8") as part:
        expect_equal(sorted(part), ["(ann,250,Oslo)\n", "(ann,5,Oslo)\n"])


def an_output_folder_that_exists_is_an_error():
    program = run_to_end([program_of()])
    expect_equal(program.process.returncode, 1, "exit status")
    expect_in("output directory /tmp/joined exists already", program.stderr)


sandbox.enter()
run(actions_print_what_they_should, the_joined_rows_are_saved, an_output_folder_that_exists_is_an_error)
