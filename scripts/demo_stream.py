#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""demo_stream.py PROGRAM: sends lines of text over TCP to network_wordcount, shows five of its batches, and
stops it."""

import random
import signal
import socket
import subprocess
import sys
import threading
import time

BATCHES = 5
SECONDS_MAX = 30
LINES = ["rain on the hills", "the wadi fills", "the river runs to the sea", "the hills", "rain"]
NEXT = """\
That was {program}: the source is examples/network_wordcount.c, 26 lines of C.
Try next:
  python3 scripts/send_lines.py 9999      and in another terminal
  {program} localhost 9999
  scripts/test                            builds with gcc and clang, runs all suites
  bench/run wc-16m                        words per second on this machine, next to hand-written C
  docs/guide/                             the programming guide
"""


def stop_when_late(process):
    """A demonstration that hangs ends too."""
    timer = threading.Timer(SECONDS_MAX, process.kill)
    timer.daemon = True
    timer.start()


def send_lines(listener):
    """Some twenty lines a second, until the reader goes."""
    try:
        connection, _ = listener.accept()
        while True:
            connection.sendall(random.choice(LINES).encode() + b"\n")
            time.sleep(random.uniform(0.01, 0.1))
    except OSError:
        pass


def batches_of(lines):
    """Each printed batch, as its lines; an empty line ends it."""
    batch = []
    for line in lines:
        batch.append(line)
        if line == "\n":
            yield batch
            batch = []


def main():
    program = sys.argv[1]
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    print(f"$ {program} 127.0.0.1 {port}\n", flush=True)
    process = subprocess.Popen([program, "127.0.0.1", str(port)], stdout=subprocess.PIPE, text=True)
    stop_when_late(process)
    threading.Thread(target=send_lines, args=(listener,), daemon=True).start()

    header_lines, shown = 3, 0
    for batch in batches_of(process.stdout):
        has_counts = len(batch) > header_lines + 1
        if not has_counts and shown == 0:
            continue  # before the connection
        print("".join(batch), end="", flush=True)
        shown += has_counts
        if shown == BATCHES:
            break
    process.send_signal(signal.SIGINT)
    process.stdout.read()
    status = process.wait()
    if shown < BATCHES or status != 0:
        print(f"The demonstration ended early: {shown} batches, exit status {status}.", file=sys.stderr)
        return 1
    print(NEXT.format(program=program), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
