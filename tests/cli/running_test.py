#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""running_test.py WADI TALLIES: what `wadi` does with a program that runs: status, top, log-level, stop."""

import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile

import cases
from cases import expect, expect_equal, expect_in, wait_until
from program import Program

WADI, TALLIES = map(os.path.abspath, sys.argv[1:3])
WORK = tempfile.mkdtemp(prefix="wadi-cli-")
os.environ["XDG_RUNTIME_DIR"] = WORK
os.environ.pop("WADI_RUNTIME_DIR", None)


def wadi(*words, **environment):
    done = subprocess.run([WADI, *words], capture_output=True, text=True, cwd=WORK, check=False,
                          env=dict(os.environ, **environment), stdin=subprocess.DEVNULL)
    return done.returncode, done.stdout, done.stderr


def expect_told(result, status, *parts):
    expect_equal(result[0], status, result[2])
    for part in ("wadi: ", *parts):
        expect_in(part, result[2])


def started(name, **environment):
    program = Program([WADI, "run", "--master", "local[2]", "--name", name, TALLIES, os.path.join(WORK, "saved-" + name)],
                      env=environment)
    program.wait_for_batches(lambda batches: len(batches) >= 2, "two batches")
    return program


def status_of(name):
    status, text, told = wadi("status", name, "--json")
    expect_equal(status, 0, told)
    return json.loads(text)


def no_program_is_told():
    expect_told(wadi("status"), 1, "no program runs")
    expect_told(wadi("stop"), 1, "no such program runs")
    expect_told(wadi("top", "nobody"), 1, "nobody")


def status_tells_how_it_is():
    with started("tells") as program:
        found = status_of("tells")
        expect_equal((found["name"], found["state"], found["interval"], found["master"]), ("tells", "active", 100, "local[2]"))
        expect_equal(found["process"], program.process.pid)
        expect(found["completed"] >= 2 and found["records"] > 0, found)
        expect_equal([one["name"] for one in found["receivers"]], ["words"])
        expect(all(one["state"] == "completed" for one in found["batches"]), found)
        [tally] = found["states"]
        expect(tally["keys"] > 0 and tally["bytes"] > 0 and "tallies.c:" in tally["name"], found)
        text = wadi("status", str(program.process.pid), "-n", "1")[1]
        expect_equal(len([line for line in text.splitlines() if line.startswith("batch ")]), 1)
        expect_in("checkpoint ", text)
        program.stop()
    expect_told(wadi("status", "tells"), 1, "no such program runs")
    with started("12") as program:
        expect_equal(status_of("12")["name"], "12")
        program.stop()


def others_may_not_connect():
    with started("own") as program:
        path = os.path.join(WORK, "wadi", f"{program.process.pid}.sock")
        expect_equal(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        expect_equal(stat.S_IMODE(os.stat(os.path.dirname(path)).st_mode), 0o700)
        if os.geteuid() == 0:  # another user, to whom the file's mode would not matter
            os.chmod(path, 0o666)
            os.chmod(os.path.dirname(path), 0o755)
            os.chmod(WORK, 0o755)
            code = (f"import os, socket; os.setuid(65534); s = socket.socket(socket.AF_UNIX); s.connect({path!r}); "
                    "s.settimeout(20); s.sendall(b'status\\n'); print(s.recv(100))")
            done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
            expect("ok" not in done.stdout, done.stdout)
            os.chmod(os.path.dirname(path), 0o700)
        expect_equal(status_of("own")["state"], "active")
        program.stop()


def top_draws_it():
    with started("drawn") as program:
        status, text, told = wadi("top", "drawn")
        expect_equal((status, told), (0, ""))
        for part in ("drawn, process ", "RECEIVER", "words", "LAST SNAPSHOT", "tallies.c:", "PROCESSING, OF THE INTERVAL"):
            expect_in(part, text)
        expect_equal(wadi("top", "-n", "2", "-d", "0.05")[1].count("drawn, process "), 2)
        expect_told(wadi("top", "-d", "x"), 2, "--delay")
        program.stop()


def top_asks_pages_too():
    with started("pages", WADI_CONF="spark.ui.enabled=true\nspark.ui.port=0") as program:
        pages = status_of("pages").get("pages")
        if pages:  # else its module is not built
            status, text, told = wadi("top", pages)
            expect_equal((status, told), (0, ""))
            for part in ("pages, process ", "words", "LAST SNAPSHOT", "tallies.c:", "batches of 100 ms"):
                expect_in(part, text)
            expect(any(line.startswith("20") for line in text.splitlines()), text)
            expect_told(wadi("top", pages.replace("http:", "https:")), 3, "does not speak TLS")
        program.stop()
    expect_told(wadi("top", "http://127.0.0.1:1"), 3, "cannot be asked", "refused")
    expect_told(wadi("top", "http://127.0.0.1:x"), 2, "http://HOST:PORT")


def top_speaks_tls_and_says_who_asks():
    made = subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                           "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", f"{WORK}/key.pem",
                           "-out", f"{WORK}/cert.pem"], capture_output=True, check=False)
    expect_equal(made.returncode, 0, made.stderr)
    for name, text in (("token", "abc\n"), ("wrong", "abd\n"), ("password", "p w"), ("empty", "")):
        with open(f"{WORK}/{name}", "w", encoding="utf-8") as file:
            file.write(text)
    # What looks for leaks in a build with sanitizers crashes on its way through GnuTLS.
    quiet = {"ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0"}
    conf = "\n".join(("spark.ui.enabled=true", "spark.ui.port=0", f"wadi.ui.tls_certificate={WORK}/cert.pem", f"wadi.ui.tls_key={WORK}/key.pem",
                      "wadi.ui.token=abc", "wadi.ui.password=p w", "wadi.ui.user=me"))

    def top(*words, **environment):
        return wadi("top", *words, **quiet, **environment)

    with started("secure", WADI_CONF=conf, **quiet) as program:
        pages = status_of("secure").get("pages")
        if pages:  # else its module is not built
            expect_in("https://", pages)
            ca = ("--ca", "cert.pem")
            expect_told(top(pages), 3, "certificate is not trusted", "--ca FILE")
            expect_told(top(pages, *ca), 3, "wants a password or a token", "--token-file FILE")
            for words, environment in (((*ca, "--token-file", "token"), {}), (ca, {"WADI_UI_TOKEN": "abc"}),
                                       (("--insecure", "--user", "me", "--password-file", "password"), {}),
                                       (("--insecure", "-u", "me"), {"WADI_UI_PASSWORD": "p w"})):
                status, text, told = top(pages, *words, **environment)
                expect_equal((status, told), (0, ""), f"{words} {environment}")
                expect_in("LAST SNAPSHOT", text)
            own = pages.replace("https://", "https://me:p%20w@")
            expect_equal(top(own, *ca)[0], 0)
            for words in ((pages, *ca, "--token-file", "wrong"), (pages.replace("://", "://me:guess-me@"), *ca)):
                refused = top(*words)
                expect_told(refused, 3, "is not the one that it wants", "wadi.ui.token")
                expect("guess-me" not in refused[2], refused[2])
            expect_told(top(pages.replace("https:", "http:")), 3, "cannot be asked")
            expect_told(top(pages, "--ca", "nowhere.pem"), 3, "nowhere.pem")
            expect_told(top(pages, "--ca", "key.pem"), 3, "key.pem")
            expect_told(top(pages.replace("127.0.0.1", "localhost"), *ca, "--token-file", "token"), 3, "not trusted")
            expect_told(top(pages, *ca, "--token-file", "empty"), 3, "it is empty", "where: empty")
            expect_told(top(pages, *ca, "--password-file", "nowhere"), 3, "No such file")
        program.stop()
    expect_told(wadi("top", "secure", "--insecure"), 2, "are for a URL")
    expect_told(wadi("top", "http://127.0.0.1:1", "--insecure"), 2, "for https://")
    expect_told(wadi("top", "http://a:guess-me@127.0.0.1:x"), 2, "http://127.0.0.1:x")


def log_levels_change():
    with started("logs") as program:
        expect("completed:" not in program.stderr, "batches are told")
        expect_equal(wadi("log-level", "logs", "stream=info")[0], 0)
        program.wait_for_message("completed:")
        expect_equal(status_of("logs")["log-level"], "warn,stream=info")
        expect_told(wadi("log-level", "logs", "loud"), 3, "'loud' is no level")
        program.stop()


def stop_ends_it():
    with started("ends") as program:
        expect_equal(wadi("stop", "ends", "--graceful"), (0, "", ""))
        program.wait()
        expect_in("asked to stop gracefully by wadi", program.stderr)
    with started("one") as one, started("two") as two:
        expect_told(wadi("stop"), 1, "several programs run")
        expect_equal(wadi("stop", str(one.process.pid))[0], 0)
        one.wait()
        expect_equal(wadi("stop")[0], 0)
        two.wait()


def a_socket_that_is_left_over_does_no_harm():
    with started("killed") as program:
        program.process.kill()
        program.process.wait()
    expect_told(wadi("status", "killed"), 1)
    os.unlink(os.path.join(WORK, "wadi", f"{program.process.pid}.sock"))


def a_program_that_hangs_is_told():
    with started("hangs") as hangs, started("fine") as fine:
        hangs.process.send_signal(signal.SIGSTOP)
        try:
            status, text, told = wadi("status")
            expect_equal(status, 3)
            expect_in("name            fine", text)
            expect_in(f"kill -CONT {hangs.process.pid}", told)
            expect_told(wadi("stop", str(hangs.process.pid)), 3, "does not answer")
            expect_equal(wadi("status", str(fine.process.pid))[0], 0)
        finally:
            hangs.process.send_signal(signal.SIGCONT)
        fine.stop()
        hangs.stop()


def a_directory_of_others_is_not_used():
    other = os.path.join(WORK, "other")
    os.mkdir(other, 0o700)
    os.chmod(other, 0o777)
    expect_told(wadi("status", WADI_RUNTIME_DIR=other), 3, "somebody else's")
    with started("alone", WADI_RUNTIME_DIR=other) as program:
        expect_equal(os.listdir(other), [])
        program.stop()


def a_service_manager_is_told():
    path = os.path.join(WORK, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(path)
        manager.settimeout(cases.PATIENCE_S)
        with started("service", NOTIFY_SOCKET=path, WATCHDOG_USEC="100000") as program:
            expect_in(b"READY=1", manager.recv(1000))
            wait_until(lambda: b"WATCHDOG=1" in manager.recv(1000), "the watchdog is told")
            program.stop()
            wait_until(lambda: b"STOPPING=1" in manager.recv(1000), "its end is told")


try:
    cases.run(no_program_is_told, status_tells_how_it_is, others_may_not_connect, top_draws_it, top_asks_pages_too, top_speaks_tls_and_says_who_asks, log_levels_change, stop_ends_it,
              a_socket_that_is_left_over_does_no_harm, a_program_that_hangs_is_told,
              a_directory_of_others_is_not_used, a_service_manager_is_told)
finally:
    shutil.rmtree(WORK)
