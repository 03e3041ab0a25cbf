# SPDX-License-Identifier: Apache-2.0
"""compiling.py: compiles many small files, each a test case. Used by the suites that look at headers."""

import concurrent.futures
import os
import subprocess
import sys

WARNINGS = "-Wall -Wextra -Wconversion -Wshadow -Wvla -pedantic -Werror".split()
ENGLISH = dict(os.environ, LC_ALL="C")


def compile_one(command):
    """Returns whether it compiled, and what the compiler said."""
    done = subprocess.run(command, env=ENGLISH, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.returncode == 0, done.stdout


def run_cases(cases):
    """Each case is (name, command, judge); judge(compiled, output) returns what is wrong, or None.

    Prints each failure and ends the process as a suite does: a count, and status 1 if any failed."""
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda case: compile_one(case[1]), cases)
        for (name, command, judge), (compiled, output) in zip(cases, results):
            wrong = judge(compiled, output)
            if wrong:
                failed += 1
                print(f"FAILED {name}: {wrong}\n    {' '.join(command)}")
                print("".join(f"    {line}\n" for line in output.splitlines()[:20]), end="")
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
