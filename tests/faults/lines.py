# SPDX-License-Identifier: Apache-2.0
"""lines.py: the program lines.c, and what it must have counted."""

import os
import re

from program import Program

TOLD = re.compile(r"^lines (\d+) bytes (\d+) sum (\d+)$")
NOTHING = (0, 0, 0)


def of(*lines):
    """(lines, bytes, sum of the bytes) of these lines."""
    return (len(lines), sum(map(len, lines)), sum(map(sum, lines)))


class Lines(Program):
    """lines.c, running. Further arguments as Program has them."""

    def __init__(self, path, port, host="127.0.0.1", batch_ms=50, us_per_line=0, settings=None, **more):
        command = [path, host, str(port), str(batch_ms), str(us_per_line)]
        super().__init__(command, {"spark.streaming.receiverRestartDelay": "10", **(settings or {})}, **more)

    @property
    def totals(self):
        """What it told last."""
        told = [found for found in map(TOLD.match, self.stdout.split("\n")[:-1]) if found]
        return tuple(map(int, told[-1].groups())) if told else NOTHING

    def wait_for_totals(self, expected, words):
        self.wait_for(lambda: self.totals == expected, lambda: f"{words}: {self.totals}, wanted {expected}", 120)

    def open_files(self):
        """What its descriptors are: paths, "socket:[INODE]", .."""
        folder, found = f"/proc/{self.process.pid}/fd", []
        for name in os.listdir(folder):
            try:
                found.append(os.readlink(f"{folder}/{name}"))
            except FileNotFoundError:
                pass  # it was closed meanwhile
        return found

    def is_connecting(self, port):
        """Whether one of its sockets has asked this port and waits for an answer."""
        own = self.open_files()
        with open(f"/proc/{self.process.pid}/net/tcp", encoding="ascii") as table:
            rows = [line.split() for line in table]
        return any(row[2].endswith(f":{port:04X}") and row[3] == "02" and f"socket:[{row[9]}]" in own for row in rows[1:])

    def resident_bytes(self, what="VmRSS"):
        """Now, or with VmHWM the most there ever were."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith(what))
