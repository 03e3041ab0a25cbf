#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""stopping_test.py PROGRAM: how a program ends that is told to by a signal, while a peer sends. PROGRAM is stopping.c,
which answers each line once it is stored, and prints it once it is processed."""

import signal
import sys
import threading
import time

from cases import expect, expect_equal, run, wait_until
from peers import LineServer
from program import Program

GRACEFULLY = {"spark.streaming.stopGracefullyOnShutdown": "true"}


class Sender:
    """Sends numbered lines, a few ahead of the answers, until the connection ends."""

    def __init__(self, connection):
        self.connection = connection
        self.sent = 0
        self.answered = []
        self.has_ended = threading.Event()
        threading.Thread(target=self._read, daemon=True).start()
        threading.Thread(target=self._write, daemon=True).start()

    def _write(self):
        while not self.has_ended.is_set():
            if self.sent - len(self.answered) > 20:
                time.sleep(0.001)
                continue
            try:
                self.connection.sendall(f"line {self.sent}\n".encode())
            except OSError:
                return
            self.sent += 1

    def _read(self):
        try:
            with self.connection.makefile("rb") as lines:
                for line in lines:
                    self.answered.append(line.decode().rstrip("\n"))
        except OSError:
            pass
        self.has_ended.set()


def started(server, pause_ms, settings):
    return Program([sys.argv[1], "127.0.0.1", str(server.port), str(pause_ms)], settings=settings)


def printed(program):
    return [line for line in program.stdout.splitlines() if line.startswith("line ")]


def ends_with_all_that_was_received(number):
    settings = dict(GRACEFULLY, **{"spark.streaming.gracefulStopTimeout": "60s"})
    with LineServer() as server, started(server, 250, settings) as program:
        sender = Sender(server.accept())
        wait_until(lambda: len(printed(program)) > 0, "lines are printed")
        wait_until(lambda: len(sender.answered) > 4 * len(printed(program)), "batches wait")
        program.send_signal(number)
        wait_until(sender.has_ended.is_set, "the receiver stops")
        at_its_end = len(printed(program))
        expect_equal(program.wait(), 0, "exit status")
        lines = printed(program)
        expect(len(lines) > at_its_end, "what waited was processed after the receiver had stopped")
        # An answer that was on its way may be lost; nothing else may differ.
        expect_equal(lines[:len(sender.answered)], sender.answered, "what was answered is processed, once and in order")
        expect(len(lines) - len(sender.answered) <= 1, f"{len(lines)} are printed, {len(sender.answered)} were answered")
        expect_equal(program.stderr, "", "stderr")


def what_was_received_is_processed_after_sigterm():
    ends_with_all_that_was_received(signal.SIGTERM)


def what_was_received_is_processed_after_sigint():
    ends_with_all_that_was_received(signal.SIGINT)


def without_the_setting_it_ends_at_once():
    with LineServer() as server, started(server, 250, None) as program:
        sender = Sender(server.accept())
        wait_until(lambda: len(sender.answered) > 100 and len(printed(program)) > 0, "lines are answered and printed")
        program.send_signal(signal.SIGTERM)
        expect_equal(program.wait(), 0, "exit status")
        lines = printed(program)
        expect_equal(lines, [f"line {i}" for i in range(len(lines))], "what was printed is whole and in order")
        expect(len(lines) < len(sender.answered), "batches that waited were left")


def the_timeout_ends_the_waiting():
    settings = dict(GRACEFULLY, **{"spark.streaming.gracefulStopTimeout": "500ms"})
    with LineServer() as server, started(server, 3000000, settings) as program:
        Sender(server.accept())
        program.wait_for_output("begins ")
        begin = time.monotonic()
        program.send_signal(signal.SIGTERM)
        program.wait()
        expect(time.monotonic() - begin >= 0.5, "it waited for the batches first")
        expect("not all batches were processed before the graceful stop timed out" in program.stderr,
               f"the log says so, not: {program.stderr}")
        expect("an output operation did not return" in program.stderr, "and which part hangs")


def a_second_signal_ends_it_at_once():
    settings = dict(GRACEFULLY, **{"spark.streaming.gracefulStopTimeout": "1h"})
    with LineServer() as server, started(server, 3000000, settings) as program:
        sender = Sender(server.accept())
        program.wait_for_output("begins ")
        program.send_signal(signal.SIGTERM)
        wait_until(sender.has_ended.is_set, "the receiver stops")
        expect_equal(program.process.poll(), None, "the program waits for its batches")
        program.send_signal(signal.SIGTERM)
        expect_equal(program.wait(), 128 + signal.SIGTERM, "exit status")


run(what_was_received_is_processed_after_sigterm, what_was_received_is_processed_after_sigint,
    without_the_setting_it_ends_at_once, the_timeout_ends_the_waiting, a_second_signal_ends_it_at_once)
