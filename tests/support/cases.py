# SPDX-License-Identifier: Apache-2.0
"""cases.py: test cases in Python. A case is a function; its name says what it shows:

    def the_words_are_counted():
        expect_equal(counts, {"a": 2})

    cases.run(the_words_are_counted, ...)

prints a line for each, in the end `N passed, N failed`, and ends the process."""

import os
import sys
import time
import traceback

# Real processes on a machine that does other things too: long, and only ever waited for in vain.
PATIENCE_S = 60 * float(os.environ.get("WADI_TEST_PATIENCE", "1"))


class Failed(Exception):
    """A case failed; the text says why."""


def expect(holds, words):
    if not holds:
        raise Failed(words)


def expect_equal(actual, expected, words=""):
    if actual != expected:
        raise Failed(f"{words}\n  expected {expected!r}\n  actual   {actual!r}")


def expect_in(part, text, words=""):
    if part not in text:
        raise Failed(f"{words}\n  expected to find {part!r}\n  in {text!r}")


def wait_until(holds, words, seconds=PATIENCE_S):
    """Polls until `holds()` is true, and returns what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        result = holds()
        if result:
            return result
        if time.monotonic() > deadline:
            raise Failed(f"after {seconds:.0f} s still not: {words() if callable(words) else words}")
        time.sleep(0.02)


def run(*functions):
    failed = 0
    for function in functions:
        name, start = function.__name__.replace("_", " "), time.monotonic()
        try:
            function()
            print(f"ok      {name} ({time.monotonic() - start:.1f} s)", flush=True)
        except Exception as problem:  # pylint: disable=broad-except
            failed += 1
            print(f"FAILED  {name}")
            if not isinstance(problem, Failed):
                traceback.print_exc(file=sys.stdout)
            print("    " + str(problem).replace("\n", "\n    "), flush=True)
    print(f"{len(functions) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
