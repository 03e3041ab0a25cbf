#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pressure_test.py LINES [sanitized]: a sender that is faster than the program. The program stops reading, so that TCP holds
the sender; its memory stays within wadi.memory.max_bytes, and each line arrives once."""

import select
import sys
import time

from cases import expect, run
from lines import Lines
from peers import LineServer

PATH = sys.argv[1]
BOUND = 64 << 20
IS_SANITIZED = "sanitized" in sys.argv[2:]  # they keep what is freed, and more
OTHER = (2 << 30) if IS_SANITIZED else (48 << 20)  # code, stacks, and what is not records
LINE = b"%09d " + b"x" * 989 + b"\n"
COUNT = 120000 if IS_SANITIZED else 240000  # 240 MB, nearly four times the bound


def parts():
    """The lines, a thousand at once."""
    for first in range(0, COUNT, 1000):
        yield b"".join(LINE % number for number in range(first, first + 1000))


def send_all(peer):
    """Returns for how long the peer could not send, at the longest; and the sum of the bytes without line ends."""
    peer.setblocking(False)
    longest, total = 0.0, 0
    for part in parts():
        total += sum(part) - 1000 * ord("\n")
        left = memoryview(part)
        while left:
            begin = time.monotonic()
            select.select([], [peer], [], 60)
            longest = max(longest, time.monotonic() - begin)
            left = left[peer.send(left):]
    return longest, total


def a_sender_that_is_faster_is_held_and_memory_stays_bounded():
    settings = {"wadi.memory.max_bytes": str(BOUND)}
    with LineServer() as server, Lines(PATH, server.port, batch_ms=200, us_per_line=20, settings=settings) as program:
        with server.accept() as peer:
            longest, total = send_all(peer)
        program.wait_for_totals((COUNT, COUNT * (len(LINE % 0) - 1), total), "each line is counted once")
        most = program.resident_bytes("VmHWM")
        print(f"    sender held for {longest:.2f} s at the longest; at most {most >> 20} MiB resident", flush=True)
        expect(longest > 0.1, "the sender never had to wait")
        expect(most < BOUND + OTHER, f"{most} bytes were resident, and {BOUND} is the bound for records")
        program.stop()


run(a_sender_that_is_faster_is_held_and_memory_stays_bounded)
