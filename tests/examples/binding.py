#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""binding.py PROGRAM: functions made at run time."""

import sandbox
from cases import expect_equal, run
from program import run as run_to_end
from words import program_of


def numbers_are_scaled_by_two_three_and_five():
    program = run_to_end([program_of()])
    expect_equal((program.process.returncode, program.stdout, program.stderr), (0, "30.0\n60.0\n90.0\n", ""))


sandbox.enter()
run(numbers_are_scaled_by_two_three_and_five)
