#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""crash_test.py CRASHES: what a program says that crashes."""

import re
import signal
import sys

import cases
from cases import expect, expect_equal, expect_in
from program import run

CRASHES = sys.argv[1]


def crashed(kind):
    """(exit status, stderr)"""
    done = run([CRASHES, kind], env={"WADI_LOG": "info", "WADI_CONF": "wadi.control.enabled=false"})
    return done.process.returncode, done.stderr


def a_null_pointer_in_a_task():
    status, text = crashed("null")
    expect_equal(status, -signal.SIGSEGV)
    for part in ("wadi: the program crashed", "signal: SIGSEGV", "at address 0x0\n", "thread: wadi-", "task: ", "stack:\n",
                 "operator: map at ", "crashes.c:", "function crash_in_task", "last lines of the log:\n"):
        expect_in(part, text)
    expect(re.search(r"batch: \d{13} ms\n", text), text)
    expect(re.search(r"    \d{4}-.* info  stream: batch \d+ ms completed", text), text)
    expect_equal(text.count("the program crashed"), 1)


def an_abort_in_a_task():
    status, text = crashed("abort")
    expect_equal(status, -signal.SIGABRT)
    expect_in("signal: SIGABRT, abort()", text)
    expect_in("function crash_in_task", text)


def a_division_on_the_driver():
    status, text = crashed("driver")
    expect_equal(status, -signal.SIGFPE)
    expect_in("signal: SIGFPE", text)
    expect(re.search(r"batch: \d{13} ms\n", text), text)
    expect("operator:" not in text, text)


def a_stack_that_overflows():
    for kind, thread in (("deep task", "wadi-"), ("deep driver", "wadi-job"), ("deep receiver", "wadi-recv")):
        status, text = crashed(kind)
        expect_equal(status, -signal.SIGSEGV)
        for part in ("signal: SIGSEGV", f"thread: {thread}", "stack:\n", "last lines of the log:\n"):
            expect_in(part, text)
        expect_equal(text.count("the program crashed"), 1)


def the_handler_of_before_is_put_back():
    status, text = crashed("handled")
    expect_equal(status, -signal.SIGSEGV)
    expect(text.index("the program crashed") < text.index("the program's own handler"), text)


cases.run(a_null_pointer_in_a_task, an_abort_in_a_task, a_division_on_the_driver, a_stack_that_overflows, the_handler_of_before_is_put_back)
