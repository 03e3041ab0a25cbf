#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""overload_test.py OVERLOAD: ten times as many lines as can be processed, then half as many. With back-pressure
delays settle; without it batches are as large as memory allows. Nothing is lost either way."""

import sys

from cases import expect, expect_equal, run
from overload import Run

PROGRAM = sys.argv[1]
HIGH_S, LOW_S = 12, 3


def with_back_pressure_delays_settle():
    got = Run(PROGRAM, True, [(HIGH_S, 10), (LOW_S, 0.5)])
    expect_equal(got.counted, got.sent)
    settled = got.settled_after(0, HIGH_S)
    print(f"    {got.sent} lines; below two intervals after {settled} batches", flush=True)
    expect(settled is not None and settled <= 20, [batch.total_ms for batch in got.batches])
    low = sum(batch.lines for batch in got.between(HIGH_S + 1, HIGH_S + LOW_S)) / (LOW_S - 1)
    expect(low > 20000, f"{low} lines a second are received when 25000 are sent")


def without_it_memory_bounds_them():
    got = Run(PROGRAM, False, [(6, 10)])
    expect_equal(got.counted, got.sent)
    most = max(batch.total_ms for batch in got.batches)
    print(f"    {got.sent} lines; the longest delay is {most / 1000:.1f} s", flush=True)
    expect(most > 2000, "there is no overload")
    expect(max(batch.lines for batch in got.batches) < 600000, "a batch of more than the bound of memory")


run(with_back_pressure_delays_settle, without_it_memory_bounds_them)
