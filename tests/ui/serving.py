#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""serving.py PROGRAM: the word count of the guide, and what it tells by HTTP while it runs."""

import os
import socket
import subprocess
import sys

import sandbox
from cases import PATIENCE_S, expect, expect_equal, expect_in, run, wait_until
from http_client import Site
from peers import LineServer
from program import Program

ON = {"spark.ui.enabled": "true"}
STREAM = "streaming/"


class Running:
    """The word count with its pages and a connected sender."""

    def __init__(self, settings=None, env=None):
        self.server = LineServer()
        self.program = Program([sys.argv[1], "127.0.0.1", str(self.server.port)], settings={**ON, **(settings or {})},
                               env=env)
        self.connection = None

    def __enter__(self):
        self.program.__enter__()
        self.connection = self.server.accept()
        return self

    def __exit__(self, *problem):
        self.connection.close()
        self.program.__exit__(*problem)
        self.server.close()


def batches_and_statistics_agree_with_what_is_printed():
    with Running() as running:
        site = Site().wait_until_served()
        running.connection.sendall(b"a b\nb\n" * 10)
        running.program.wait_for_batches(lambda batches: sum(len(b.lines) for b in batches) > 0, "the words are counted")
        printed = next(batch for batch in running.program.batches if batch.lines)
        running.program.wait_for(lambda: site.of_app(STREAM + "batches?status=COMPLETED")[0]["batchId"] >= printed.time_ms,
                                 "the batch is among those that are told")
        batch = site.of_app(f"{STREAM}batches/{printed.time_ms}")
        expect_equal((batch["inputSize"], batch["status"], batch["batchDuration"], batch["numCompletedOutputOps"]),
                     (20, "COMPLETED", 1000, 1))
        expect_equal(batch["totalDelay"], batch["schedulingDelay"] + batch["processingTime"])
        operations = site.of_app(f"{STREAM}batches/{printed.time_ms}/operations")
        expect_equal([each["outputOpId"] for each in operations], [0])
        expect_in("print at network_wordcount.c:", operations[0]["name"])
        statistics = site.of_app(STREAM + "statistics")
        expect_equal((statistics["batchDuration"], statistics["numReceivers"], statistics["numActiveReceivers"],
                      statistics["numReceivedRecords"], statistics["numProcessedRecords"]), (1000, 1, 1, 20, 20))
        [receiver] = site.of_app(STREAM + "receivers")
        expect_equal((receiver["isActive"], receiver["executorHost"]), (True, "127.0.0.1"))
        expect(sum(rate for _, rate in receiver["eventRates"]) == 20, f"20 records were received: {receiver}")
        expect_equal(site.status("/readyz"), 200)
        expect_equal(site.status("/"), site.status("/"))
        running.program.stop()


def a_second_program_takes_the_next_port():
    with Running() as first:
        Site(4040).wait_until_served()
        with Running() as second:
            Site(4041).wait_until_served()
            second.program.stop()
        first.program.stop()


def only_loopback_listens():
    with Running() as running:
        Site().wait_until_served()
        with open("/proc/net/tcp", encoding="utf-8") as lines:
            listening = [line.split()[1] for line in lines if line.split()[3] == "0A"]
        expect_in("0100007F:0FC8", " ".join(listening))
        expect("00000000:0FC8" not in listening, "other addresses are served too")
        running.program.stop()


def exchange(*parts, wait_s=0):
    """What comes back for bytes on a connection of one's own, until it ends."""
    with socket.create_connection(("127.0.0.1", 4040), timeout=PATIENCE_S) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        try:
            while True:
                part = connection.recv(65536)
                if not part:
                    return answer
                answer += part
        except ConnectionResetError:
            return answer


def requests_have_limits():
    with Running() as running:
        Site().wait_until_served()
        end = b"Connection: close\r\n\r\n"
        many = b"".join(b"X-%d: 1\r\n" % i for i in range(100))
        expect_in(b"431", exchange(b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + many + end)[:20])
        long_path = exchange(b"GET /" + b"a" * 100000 + b" HTTP/1.1\r\nHost: x\r\n" + end)
        expect(b"200" not in long_path[:20], f"a path of 100,000 bytes gives {long_path[:100]}")
        body = exchange(b"POST /stop HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n" + end)
        expect_in(b"413", body[:20])
        chunked = exchange(b"POST /stop HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n" + end,
                           b"1000\r\n" + b"a" * 4096 + b"\r\n1000\r\n" + b"a" * 4096 + b"\r\n0\r\n\r\n")
        expect(b"200" not in chunked[:20] and b"202" not in chunked[:20], f"a long body gives {chunked[:100]}")
        for path in (b"/../../../../etc/passwd", b"/%2e%2e/%2e%2e/etc/passwd", b"//etc/passwd", b"/static/../../x"):
            expect_in(b"404", exchange(b"GET " + path + b" HTTP/1.1\r\nHost: x\r\n" + end)[:20])
        expect_equal(Site().status("/healthz", "PUT"), 405)
        Site().wait_until_served()
        running.program.stop()


def connections_have_a_limit_and_slow_ones_are_dropped():
    with Running() as running:
        Site().wait_until_served()
        many = [socket.create_connection(("127.0.0.1", 4040), timeout=PATIENCE_S) for _ in range(100)]
        for each in many[:48]:
            each.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        dropped = 0
        for each in many:
            try:
                while each.recv(4096):
                    pass
            except ConnectionResetError:
                pass
            each.close()
            dropped += 1
        expect_equal(dropped, 100)
        Site().wait_until_served()
        running.program.stop()


def events_come_with_batches():
    with Running() as running:
        Site().wait_until_served()
        with socket.create_connection(("127.0.0.1", 4040), timeout=PATIENCE_S) as connection:
            connection.sendall(b"GET /events HTTP/1.1\r\nHost: x\r\n\r\n")
            seen = b""
            while seen.count(b"data: ") < 3:
                part = connection.recv(4096)
                expect(part, f"events ended after {seen}")
                seen += part
            expect_in(b"text/event-stream", seen)
            running.program.stop()  # also with a client that waits


def who_has_the_password_may_read_and_stop():
    settings = {"wadi.ui.password": "pw", "wadi.ui.token": "abc", "wadi.ui.stop_enabled": "true"}
    with Running(settings) as running:
        stranger = Site().wait_until_served()
        expect_equal(stranger.status("/readyz"), 401)
        friend = Site(headers={"Authorization": "Bearer abc"})
        wait_until(lambda: friend.status("/readyz") == 200, "it is ready")
        expect_equal(Site(headers={"Authorization": "Basic d2FkaTpwdw=="}).status("/readyz"), 200)  # wadi:pw
        expect_equal(stranger.status("/stop", "POST", **{"X-Wadi-Request": "1"}), 401)
        expect_equal(friend.status("/stop", "POST"), 403)
        expect_equal(friend.status("/stop", "POST", **{"X-Wadi-Request": "1"}), 202)
        expect_equal(running.program.wait(), 0)


def pages_are_served_over_tls():
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                           "-nodes", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                           "-keyout", "key.pem", "-out", "cert.pem"], capture_output=True, check=False)
    expect_equal(made.returncode, 0, made.stderr)
    here = os.getcwd()
    settings = {"wadi.ui.tls_certificate": f"{here}/cert.pem", "wadi.ui.tls_key": f"{here}/key.pem"}
    # What looks for leaks in a build with sanitizers crashes on its way through GnuTLS.
    with Running(settings, env={"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}) as running:
        site = Site(certificate="cert.pem").wait_until_served()
        wait_until(lambda: site.status("/readyz") == 200, "it is ready")
        expect_equal(site.of_app(STREAM + "statistics")["batchDuration"], 1000)
        expect(b"HTTP/1.1 200" not in exchange(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n"), "it answers in the clear")
        running.program.stop()


sandbox.enter()
run(batches_and_statistics_agree_with_what_is_printed, a_second_program_takes_the_next_port, only_loopback_listens,
    requests_have_limits, connections_have_a_limit_and_slow_ones_are_dropped, events_come_with_batches,
    who_has_the_password_may_read_and_stop, pages_are_served_over_tls)
