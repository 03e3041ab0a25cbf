#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""peers_test.py LINES [sanitized]: real TCP peers of all manners: what they send, and how they end or never begin."""

import resource
import socket
import sys

from cases import expect, expect_equal, expect_in, run, wait_until
from lines import Lines, of
from peers import LineServer, reset

PATH = sys.argv[1]
GROWTH_MAX = (1 << 30) if "sanitized" in sys.argv[2:] else (8 << 20)  # sanitizers keep what is freed
SLOWLY = {"spark.streaming.receiverRestartDelay": "300ms"}


def lines_of_all_kinds_arrive_as_they_are():
    sent = [b"plain", b"", b"nul \0 inside", b"\xff\xfe no utf-8 \x80", b"a \r inside", b"crlf", b"last, without an end"]
    with LineServer() as server, Lines(PATH, server.port) as program:
        with server.accept() as peer:
            peer.sendall(b"\n".join(sent[:5]) + b"\ncrlf\r\n" + sent[6])
        program.wait_for_totals(of(*sent), "each line is counted, without its end")
        program.stop()


def a_line_that_is_too_long_is_skipped():
    settings = {"wadi.source.line_max_bytes": "1000"}
    with LineServer() as server, Lines(PATH, server.port, settings=settings) as program:
        with server.accept() as peer:
            peer.sendall(b"before\n" + b"x" * 1001 + b"\n" + b"y" * 1000 + b"\nafter\n")
            program.wait_for_totals(of(b"before", b"y" * 1000, b"after"), "the others are counted")
            program.wait_for_message(f"a line of more than 1000 bytes (wadi.source.line_max_bytes) from 127.0.0.1:{server.port} "
                                     "is skipped; it begins with: " + "x" * 80)
            program.stop()


def a_peer_that_closes_is_connected_to_again():
    with LineServer() as server, Lines(PATH, server.port) as program:
        for number in range(1, 4):
            with server.accept() as peer:
                peer.sendall(b"line\n")
            program.wait_for_totals(of(*[b"line"] * number), f"the line of connection {number} is counted")
        expect_in(f"restarts in 10 ms: 127.0.0.1:{server.port} closed the connection", program.stderr)
        expect_equal(program.stderr.count("closed the connection"), 1, "the same is told once")
        program.stop()


def a_peer_that_resets_is_connected_to_again():
    with LineServer() as server, Lines(PATH, server.port) as program:
        peer = server.accept()
        peer.sendall(b"before\n")
        program.wait_for_totals(of(b"before"), "what came before is counted")
        reset(peer)
        with server.accept() as peer:
            peer.sendall(b"after\n")
            program.wait_for_totals(of(b"before", b"after"), "what came after is counted")
            expect_in(f"reading from 127.0.0.1:{server.port} failed: Connection reset by peer", program.stderr)
            program.stop()


def a_peer_that_stalls_is_waited_for_and_does_not_keep_a_stop():
    with LineServer() as server, Lines(PATH, server.port) as program:
        with server.accept() as peer:
            peer.sendall(b"whole\nhalf")
            program.wait_for_totals(of(b"whole"), "the whole line is counted")
            program.stop()
            expect_equal(program.stderr, "", "stderr")


def a_peer_that_is_not_there_is_tried_again():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with Lines(PATH, port, settings=SLOWLY) as program:
        program.wait_for_message(f"cannot connect to 127.0.0.1:{port}: Connection refused (is the server running there?); "
                                 "the next try is in 300 ms")
        with LineServer(port) as server, server.accept() as peer:
            peer.sendall(b"here\n")
            program.wait_for_totals(of(b"here"), "it is found in the end")
            program.stop()


def a_peer_that_never_accepts_does_not_keep_a_stop():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port, fillers = listener.getsockname()[1], []
        for _ in range(16):  # its queue is full then, and nothing answers
            filler = socket.socket()
            filler.settimeout(0.05)
            fillers.append(filler)
            if filler.connect_ex(("127.0.0.1", port)) != 0:
                break
        with Lines(PATH, port) as program:
            wait_until(lambda: program.is_connecting(port), "it is connecting")
            program.stop()
            expect_equal(program.stderr, "", "stderr")
        for filler in fillers:
            filler.close()


def a_host_that_is_not_known_is_told():
    with Lines(PATH, 7000, host="no-such-host.invalid", settings=SLOWLY) as program:
        program.wait_for_message("cannot connect to no-such-host.invalid:7000: ")
        expect("is known" in program.stderr or "name service" in program.stderr, program.stderr)
        program.stop()


def without_descriptors_it_waits_for_some():
    with LineServer() as server, Lines(PATH, server.port) as program:
        peer = server.accept()
        _, most = resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE, (3, most))
        peer.close()
        program.wait_for_message("Too many open files (the limit, ulimit -n, is too low, or files stay open)")
        resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE, (most, most))
        with server.accept() as peer:
            peer.sendall(b"back\n")
            program.wait_for_totals(of(b"back"), "it goes on when there are some")
            program.stop()


def ten_thousand_restarts_leave_nothing_behind():
    settings = {"spark.streaming.receiverRestartDelay": "0"}
    with LineServer() as server, Lines(PATH, server.port, settings=settings) as program:
        early = None
        for number in range(10000):
            peer = server.accept()
            if number % 10 == 0:
                peer.sendall(b"a line\n")
                peer.close()
            else:
                reset(peer)
            if number == 2000:
                early = program.resident_bytes()
        program.wait_for_totals(of(*[b"a line"] * 1000), "the lines of all that sent one are counted")
        expect(len(program.open_files()) < 30, f"open are {program.open_files()}")
        late = program.resident_bytes()
        expect(late < early + GROWTH_MAX, f"{early} bytes were resident after 2,000 restarts, {late} after 10,000")
        expect(len(program.stderr) < 100000, f"the log has {len(program.stderr)} bytes")
        program.stop()


run(lines_of_all_kinds_arrive_as_they_are, a_line_that_is_too_long_is_skipped, a_peer_that_closes_is_connected_to_again,
    a_peer_that_resets_is_connected_to_again, a_peer_that_stalls_is_waited_for_and_does_not_keep_a_stop,
    a_peer_that_is_not_there_is_tried_again, a_peer_that_never_accepts_does_not_keep_a_stop,
    a_host_that_is_not_known_is_told, without_descriptors_it_waits_for_some, ten_thousand_restarts_leave_nothing_behind)
