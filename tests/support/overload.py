# SPDX-License-Identifier: Apache-2.0
"""overload.py: a run of tests/faults/overload.c, batch by batch."""

import subprocess
from collections import namedtuple

INTERVAL_MS = 500
Batch = namedtuple("Batch", "seconds wanted lines scheduling_ms processing_ms total_ms")


class Run:
    """paces: (seconds, times as many lines as can be processed)."""

    def __init__(self, program, is_on, paces):
        command = [program, "on" if is_on else "off", *(f"{seconds}x{times}" for seconds, times in paces)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        *rows, last = done.stdout.splitlines()
        self.batches = [Batch(*map(float, row.split("\t"))) for row in rows]
        _, sent, _, counted = last.split()
        self.sent, self.counted = int(sent), int(counted)

    def between(self, begin, end):
        return [batch for batch in self.batches if begin <= batch.seconds < end]

    def settled_after(self, begin, end):
        """How many batches there are in that time until each one after is done within two intervals; None: never."""
        batches = self.between(begin, end)
        late = [i for i, batch in enumerate(batches) if batch.total_ms >= 2 * INTERVAL_MS]
        return None if late and late[-1] == len(batches) - 1 else late[-1] + 1 if late else 0
