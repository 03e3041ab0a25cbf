#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""progress_test.py WADI SLOW_STAGES: the bar of stages that run: on a terminal, and there alone."""

import os
import pty
import re
import subprocess
import sys

import cases
from cases import expect, expect_equal, expect_in

WADI, SLOW = map(os.path.abspath, sys.argv[1:3])


def on_terminal(*command):
    """What a terminal gets of stdout and stderr, both."""
    pid, master = pty.fork()
    if pid == 0:
        os.environ["COLUMNS"] = "80"
        os.execv(command[0], command)
    text = b""
    while True:
        try:
            got = os.read(master, 4096)
        except OSError:
            break
        if not got:
            break
        text += got
    expect_equal(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0, text)
    return text.decode()


def as_seen(text):
    """The lines that are left on a terminal's screen."""
    lines = []
    for line in text.split("\r\n"):
        lines.append(line.split("\r\x1b[K")[-1])
    return lines


def a_bar_is_drawn_and_taken_away():
    text = on_terminal(WADI, "run", SLOW)
    expect(re.search(r"\[Stage \d:=+> +\(\d \+ \d\) / \d\]", text), repr(text))
    expect_equal([line for line in as_seen(text) if line], ["0", "1", "2", "3", "4", "5"])


def it_is_off_when_it_is_set_so():
    expect("[Stage" not in on_terminal(WADI, "run", "-c", "spark.ui.showConsoleProgress=false", SLOW), "a bar is drawn")
    expect("[Stage" not in on_terminal(SLOW), "a bar is drawn that nobody asked for")


def there_is_none_without_a_terminal():
    done = subprocess.run([WADI, "run", "-c", "spark.ui.showConsoleProgress=true", SLOW], capture_output=True, text=True,
                          check=True, stdin=subprocess.DEVNULL)
    expect_equal((done.stdout, done.stderr), ("0\n1\n2\n3\n4\n5\n", ""))


cases.run(a_bar_is_drawn_and_taken_away, it_is_off_when_it_is_set_so, there_is_none_without_a_terminal)
