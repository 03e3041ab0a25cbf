# SPDX-License-Identifier: Apache-2.0
"""words.py: what the tests of word counts share."""

import re
import sys

import cases

PAIR = re.compile(r"^\((.*),(-?\d+)\)$")
# Nine words: print() shows ten pairs of a batch.
TEXT = ["the wadi fills", "the river runs to the sea", "rain on the wadi", "rain"]
COUNTS = {"the": 4, "wadi": 2, "fills": 1, "river": 1, "runs": 1, "to": 1, "sea": 1, "rain": 2, "on": 1}


def program_of(argv=None):
    """The program under test is the script's argument."""
    return (argv or sys.argv)[1]


def totals(batches):
    """The counts of all batches, word by word."""
    sums = {}
    for batch in batches:
        for line in batch.lines:
            found = PAIR.match(line)
            if not found:
                raise cases.Failed(f"{line!r} is no pair (word,count)")
            sums[found[1]] = sums.get(found[1], 0) + int(found[2])
    return sums


def expect_on_grid(batches, interval_ms):
    """Batch times are multiples of the interval, and none is left out or doubled."""
    times = [batch.time_ms for batch in batches]
    cases.expect(times[0] % interval_ms == 0, f"{times[0]} is no multiple of {interval_ms}")
    cases.expect_equal(times, list(range(times[0], times[-1] + 1, interval_ms)), "batch times")


def grouped(batches, outputs):
    """What each of several print()s of a program wrote, batch by batch: [(time, [lines, ..]), ..]. Whole batches."""
    groups = []
    for at in range(0, len(batches) - outputs + 1, outputs):
        group = batches[at:at + outputs]
        cases.expect_equal({batch.time_ms for batch in group}, {group[0].time_ms}, "times of one batch's outputs")
        groups.append((group[0].time_ms, [batch.lines for batch in group]))
    return groups
