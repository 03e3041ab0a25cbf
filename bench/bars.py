# SPDX-License-Identifier: Apache-2.0
"""bars.py: the bars of bench/run: what is measured, against what, and what is wanted."""

import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from dataclasses import dataclass

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[:0] = [os.path.join(ROOT, "tests", "support"), os.path.join(ROOT, "tests", "ui")]
import browser as chromium  # noqa: E402
import cases  # noqa: E402

RUNS = 5
MIB = 1 << 20


class Failed(Exception):
    """A program did not give a figure."""


@dataclass
class Result:
    """A row of the table."""
    name: str
    wadi: float
    limit: float | None
    unit: str
    ratio: float | None
    wanted: str
    is_met: bool

    def cells(self):
        number = lambda x: "-" if x is None else f"{x:.3g}" if x < 100 else f"{x:.0f}"
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        return [self.name, number(self.wadi), number(self.limit), self.unit, ratio, self.wanted,
                "met" if self.is_met else "short"]


class Measuring:
    """Runs programs and reads their lines."""

    def __init__(self, build, seconds):
        self.build, self.seconds = build, seconds

    def command(self, program, *args, one_core=False, core=0):
        pinned = ["taskset", "-c", str(core)] if one_core and shutil.which("taskset") else []
        return [*pinned, os.path.join(self.build, "bench", program), *map(str, args)]

    def line(self, command, timeout=100):
        """The fields of the last line that a program prints."""
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
        except subprocess.TimeoutExpired as late:
            raise Failed(f"{' '.join(command)}: not done after {timeout} s") from late
        if done.returncode != 0 or not done.stdout.strip():
            words = done.stderr.strip().splitlines()
            raise Failed(f"{' '.join(command)}: exit status {done.returncode}: {words[-1] if words else 'no words'}")
        return done.stdout.strip().splitlines()[-1].split("\t")

    def rate(self, command, per):
        """Millions of records, or of bytes, a second."""
        seconds, records, size = map(float, self.line(command))
        return (records if per == "records" else size) / seconds / 1e6

    def fields(self, command, timeout=100):
        """name=value fields, as numbers."""
        return {name: float(value) for name, value in (field.split("=") for field in self.line(command, timeout))}

    def wadi_wc_16m(self):
        """What the first bar reaches, in words a second, for bars that are a share of it."""
        command = self.command("word_count", 16 * MIB, 1, self.seconds, one_core=True)
        return statistics.median(self.rate(command, "records") for _ in range(RUNS))


@dataclass
class Rate:
    """A rate of Wadi's as a share of a limit's, the two run in turn."""
    name: str
    what: str
    wadi: list
    limit: list
    per: str      # records or bytes
    unit: str
    wanted: float
    one_core: bool = True

    @property
    def wanted_text(self):
        return f">= {self.wanted:.2f}"

    def measure(self, measuring):
        wadi_rates, limit_rates = [], []
        wadi = measuring.command(*self.wadi, measuring.seconds, one_core=self.one_core)
        limit = measuring.command(*self.limit, measuring.seconds)
        for _ in range(RUNS):
            limit_rates.append(measuring.rate(limit, self.per))
            wadi_rates.append(measuring.rate(wadi, self.per))
        wadi_rate, limit_rate = statistics.median(wadi_rates), statistics.median(limit_rates)
        ratio = wadi_rate / limit_rate
        return [Result(self.name, wadi_rate, limit_rate, self.unit, ratio, self.wanted_text, ratio >= self.wanted)]


def at_most(name, value, unit, most):
    """A row for what must not be more."""
    return Result(name, value, None, unit, None, f"<= {most:g}", value <= most)


@dataclass
class Once:
    """A bar of its own kind: a function that makes its rows."""
    name: str
    what: str
    unit: str
    wanted_text: str
    function: object

    def measure(self, measuring):
        return self.function(self, measuring)


def measure_network(bar, measuring):
    """A minute of word count from a socket that is always full."""
    got = measuring.fields(measuring.command("network", "words", 2, 200, "264m", 60))
    rate, reference = got["records"] / got["seconds"] / 1e6, measuring.wadi_wc_16m()
    return [
        Result(bar.name, rate, reference, bar.unit, rate / reference, bar.wanted_text, rate >= 0.60 * reference),
        at_most(f"{bar.name}: resident", got["rss_max_mib"], "MiB", 256),
        at_most(f"{bar.name}: growth", got["rss_growth_mib"], "MiB", 4),
        at_most(f"{bar.name}: lost or doubled", abs(got["missing"]), "words", 0),
    ]


def measure_ingest(bar, measuring):
    """Lines from a socket, counted, in turn with the limit."""
    rates, limit_rates, missing, resident = [], [], 0, 0
    wadi = measuring.command("network", "lines", 2, 20, "256m", 2 * measuring.seconds, one_core=True)
    limit = measuring.command("limit/sources", "lines", 128 * MIB, 256 * 1024, measuring.seconds)
    for _ in range(RUNS):
        limit_rates.append(measuring.rate(limit, "bytes"))
        got = measuring.fields(wadi)
        rates.append(got["bytes"] / got["seconds"] / 1e6)
        missing, resident = missing + abs(got["missing"]), max(resident, got["rss_max_mib"])
    rate, limit_rate = statistics.median(rates), statistics.median(limit_rates)
    return [
        Result(bar.name, rate, limit_rate, bar.unit, rate / limit_rate, bar.wanted_text, rate >= 0.50 * limit_rate),
        at_most(f"{bar.name}: lost or doubled", missing, "lines", 0),
    ]


def seconds_each(measuring, command):
    """What one of a limit's records takes, where they are slides or batches."""
    seconds, count, _ = map(float, measuring.line(command))
    return seconds / count


def in_turn(measuring, wadi, limits):
    """Medians over the runs: of the fields of Wadi's program, and of what the limits take, in milliseconds."""
    fields, spent = [], [[] for _ in limits]
    for _ in range(RUNS):
        for times, limit in zip(spent, limits):
            times.append(seconds_each(measuring, measuring.command(*limit, measuring.seconds)) * 1e3)
        fields.append(measuring.fields(measuring.command(*wadi, measuring.seconds, one_core=True)))
    medians = {name: statistics.median(each[name] for each in fields) for name in fields[0]}
    return medians, [statistics.median(times) for times in spent]


def times_the_limit(name, wadi, limit, unit, most):
    """A row for what may take at most so many times what the limit takes."""
    return Result(name, wadi, limit, unit, wadi / limit, f"<= {most:g}", wadi <= most * limit)


def measure_window(bar, measuring):
    """The parts of a slide: applying it without the look-ups, which have a bar of their own; reading the result."""
    got, (upkeep, gather) = in_turn(measuring, ["windowed", "sum"], [["limit/window", "upkeep"], ["limit/window", "gather"]])
    return [
        times_the_limit(bar.name, got["apply_ms"] - got["number_ms"], upkeep, bar.unit, 2),
        times_the_limit(f"{bar.name}: emission", got["read_ms"], gather, bar.unit, 1.5),
    ]


def measure_window_max(bar, measuring):
    """Next to two stacks; and means and worst slides of a long window next to those of a short one."""
    got, (stacks,) = in_turn(measuring, ["windowed", "max"], [["limit/window", "stacks"]])
    rows = [times_the_limit(bar.name, got["apply_ms"] - got["number_ms"], stacks, bar.unit, 3)]
    points = {10: [], 600: []}
    for _ in range(RUNS):
        for slides, found in points.items():
            found.append(list(map(float, measuring.line(measuring.command("curve_windows", "max", slides, one_core=True)))))
    for column, what in ((1, "mean"), (3, "worst")):
        short, long = (statistics.median(point[column] for point in found) for found in points.values())
        rows.append(times_the_limit(f"{bar.name}: {what}, 10 min to 10 s", long / 1e3, short / 1e3, bar.unit, 1.5))
    return rows


def measure_update_state(bar, measuring):
    got, (limit,) = in_turn(measuring, ["states", "update", 1000000], [["limit/state", "a2", 1000000]])
    return [times_the_limit(bar.name, got["batch_ms"], limit, bar.unit, 2)]


def measure_map_state(bar, measuring):
    got, (limit,) = in_turn(measuring, ["states", "map", 1000000], [["limit/state", "b3", 1000000]])
    many = measuring.fields(measuring.command("states", "map", 10000000, measuring.seconds, one_core=True))
    return [
        times_the_limit(bar.name, got["batch_ms"], limit, bar.unit, 1.75),
        times_the_limit(f"{bar.name}: 10M to 1M keys", many["batch_ms"], got["batch_ms"], bar.unit, 1.5),
    ]


def measure_state_memory(bar, measuring):
    return [at_most(f"{bar.name}: {kind}", measuring.fields(measuring.command("states", kind, 1000000, 0.1, "saved"))["bytes_per_key"],
                    bar.unit, 80) for kind in ("update", "map")]


LOG_MB_S = 400  # what comes in


def measure_log(bar, measuring):
    """Lines at a rate from a socket, counted, each block logged first, in turn with the limit, on the disk of $TMPDIR."""
    rates, limit_rates, cores, missing = [], [], [], 0
    for _ in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            limit = measuring.command("limit/log", os.path.join(folder, "log"), LOG_MB_S, 2 * measuring.seconds)
            limit_rates.append(measuring.rate(limit, "bytes"))
        with tempfile.TemporaryDirectory() as folder:
            got = measuring.fields(measuring.command("network", "lines", 2, 20, "512m", 2 * measuring.seconds, folder, LOG_MB_S))
        rates.append(got["bytes"] / got["seconds"] / 1e6)
        cores.append(got["log_cores"])
        missing += abs(got["missing"])
    rate, limit_rate = statistics.median(rates), statistics.median(limit_rates)
    return [
        Result(bar.name, rate, limit_rate, bar.unit, rate / limit_rate, bar.wanted_text, rate >= 0.80 * limit_rate),
        at_most(f"{bar.name}: its thread", statistics.median(cores), "cores", 0.25),
        at_most(f"{bar.name}: lost or doubled", missing, "lines", 0),
    ]


def measure_short_batches(bar, measuring):
    got = measuring.fields(measuring.command("short_batches", 60))
    return [
        at_most(f"{bar.name}: p50", got["p50_us"], "us", 1000),
        at_most(f"{bar.name}: p99", got["p99_us"], "us", 5000),
        at_most(f"{bar.name}: left out", got["left_out"], "batches", 0),
        at_most(f"{bar.name}: cores", got["cores"], "cores", 0.30),
    ]


def measure_short_batches_saved(bar, measuring):
    """The same with a checkpoint directory: the disk of $TMPDIR takes its time."""
    with tempfile.TemporaryDirectory() as folder:
        got = measuring.fields(measuring.command("short_batches", 20, folder))
    return [
        at_most(f"{bar.name}: p50", got["p50_us"], "us", 5000),
        at_most(f"{bar.name}: left out", got["left_out"], "batches", 0),
    ]


def measure_many_batches(bar, measuring):
    got = measuring.fields(measuring.command("many_batches", 200000), timeout=120)
    return [
        at_most(f"{bar.name}: memory", got["rss_growth_mib"], "MiB more", 1),
        at_most(f"{bar.name}: files", got["files_growth"], "files more", 0),
    ]


def measure_spill(bar, measuring):
    """Batches of four times the memory, in turn with the same in memory. The programs check their results."""
    rows, bound, size = [], 128, 512 * MIB
    for job in ["reduce", "join", "sort", "group"]:
        rates, memory_rates, resident = [], [], 0
        for _ in range(3):
            for memory, into in [("8g", memory_rates), (f"{bound}m", rates)]:
                got = measuring.fields(measuring.command("spill", job, size, memory, 1, 0.1, one_core=True), timeout=300)
                into.append(got["records"] / got["seconds"] / 1e6)
                resident = max(resident, got["rss_max_mib"]) if into is rates else resident
        rate, memory_rate = statistics.median(rates), statistics.median(memory_rates)
        rows.append(Result(f"{bar.name}: {job}", rate, memory_rate, bar.unit, rate / memory_rate, bar.wanted_text,
                           rate >= 0.25 * memory_rate))
        rows.append(at_most(f"{bar.name}: {job}, resident", resident, "MiB", bound * 1.2))
    return rows


def start_word_count(measuring):
    """Starts network_wordcount. Returns the process and the seconds until it connected, which is after its
    context has started."""
    program = os.path.join(measuring.build, "examples", "network_wordcount")
    with socket.create_server(("127.0.0.1", 0)) as listener, open(os.devnull, "w", encoding="utf-8") as nowhere:
        listener.settimeout(10)
        begun = time.perf_counter()
        process = subprocess.Popen([program, "127.0.0.1", str(listener.getsockname()[1])], stdout=nowhere)
        connection, _ = listener.accept()
        return process, connection, time.perf_counter() - begun


def stop(process):
    process.send_signal(signal.SIGINT)
    process.wait(10)


def measure_start(bar, measuring):
    times = []
    for _ in range(9):
        process, connection, seconds = start_word_count(measuring)
        times.append(seconds * 1e3)
        stop(process)
        connection.close()
    return [at_most(bar.name, statistics.median(times), bar.unit, 10)]


def measure_idle(bar, measuring):
    process, connection, _ = start_word_count(measuring)
    time.sleep(3)
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as status:
        kib = next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))
    stop(process)
    connection.close()
    return [at_most(bar.name, kib / 1024, bar.unit, 12)]


def measure_size(bar, measuring):
    with tempfile.TemporaryDirectory() as folder:
        stripped = os.path.join(folder, "libwadi.so")
        subprocess.run(["strip", "-o", stripped, os.path.join(measuring.build, "src", "libwadi.so")], check=True)
        return [at_most(bar.name, os.path.getsize(stripped) / MIB, bar.unit, 2)]


# From the browser's own entries: when the page was painted first, and when its script had drawn the charts.
PAINT = """
const [paint] = performance.getEntriesByName("first-contentful-paint"), [page] = performance.getEntriesByType("navigation");
if (!paint || !page.loadEventEnd) return null;
const data = document.getElementById("charts");
return {painted: paint.startTime, drawn: Math.max(paint.startTime, page.domContentLoadedEventEnd),
        charts: document.querySelectorAll(".chart canvas").length,
        batches: data ? JSON.parse(data.textContent).times.length : 0};
"""


def pages_environment(folder, **more):
    """Pages at any port, an event log, and the line of the log that says where."""
    settings = {"spark.ui.enabled": "true", "spark.ui.port": "0", "spark.eventLog.enabled": "true",
                "spark.eventLog.dir": folder, **more}
    return {**os.environ, "WADI_LOG": "info", "WADI_CONF": "\n".join(f"{name}={value}" for name, value in settings.items())}


class Served:
    """A program of the benchmarks with its pages, scraped each second, and somebody who waits for events."""

    def __init__(self, measuring, command, is_served=True):
        self.folder = tempfile.TemporaryDirectory()
        environment = pages_environment(self.folder.name) if is_served else {**os.environ, "WADI_UI": "off"}
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.port, self.events = None, None
        while is_served and self.port is None:
            line = self.process.stderr.readline()
            if not line:
                raise Failed(f"{command[0]}: no pages")
            found = re.search(r"pages at http://127\.0\.0\.1:(\d+)", line)
            self.port = int(found[1]) if found else None
        threading.Thread(target=self.process.stderr.read, daemon=True).start()
        if is_served:
            self.events = socket.create_connection(("127.0.0.1", self.port))
            self.events.sendall(b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            threading.Thread(target=self._look, daemon=True).start()

    def _look(self):
        try:
            while self.process.poll() is None:
                for path in ("/metrics/prometheus", "/streaming/"):
                    with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as answer:
                        answer.read()
                time.sleep(1)
        except OSError:
            pass

    def cpu(self):
        """CPU time of the threads that there are: those for pages and listeners, and all."""
        own = whole = 0
        for task in os.listdir(f"/proc/{self.process.pid}/task"):
            with open(f"/proc/{self.process.pid}/task/{task}/comm", encoding="utf-8") as comm:
                name = comm.read().strip()
            with open(f"/proc/{self.process.pid}/task/{task}/schedstat", encoding="utf-8") as stat:
                spent = int(stat.read().split()[0])  # ns
            whole += spent
            own += spent if name in ("wadi-http", "wadi-listener") else 0
        return own, whole

    def resident_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:")) / 1024

    def fields(self):
        out, _ = self.process.stdout.read(), self.process.wait(60)
        return {name: float(value) for name, value in (field.split("=") for field in out.strip().splitlines()[-1].split("\t"))}

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        if self.events is not None:
            self.events.close()
        self.folder.cleanup()


def measure_pages(bar, measuring):
    """What pages, metrics and the event log cost a program that works all the time."""
    seconds = max(10, 2 * measuring.seconds)
    served = Served(measuring, measuring.command("network", "words", 2, 200, "264m", seconds))
    try:
        time.sleep(seconds - 2)
        own, whole = served.cpu()
    finally:
        served.end()
    return [at_most(bar.name, 100 * own / whole, bar.unit, 3)]


def measure_pages_short(bar, measuring):
    """Batches of 1 ms with and without, in turn; and the memory that it takes."""
    p99, resident = {True: [], False: []}, {True: [], False: []}
    seconds = max(4, measuring.seconds)
    for _ in range(9):
        for is_served in (False, True):
            served = Served(measuring, measuring.command("short_batches", seconds), is_served)
            try:
                time.sleep(seconds - 1)
                resident[is_served].append(served.resident_mib())
                p99[is_served].append(served.fields()["p99_us"])
            finally:
                served.end()
    more = lambda runs: statistics.median(runs[True]) - statistics.median(runs[False])
    return [at_most(bar.name, more(p99), bar.unit, 500), at_most(f"{bar.name}: memory", more(resident), "MiB more", 8)]


def measure_rest(bar, measuring):
    """Statistics over 1,000 batches, by a program on one core that goes on making batches of 1 ms meanwhile; who asks
    has another one."""
    served = Served(measuring, measuring.command("short_batches", 60, one_core=True))
    other = max(os.sched_getaffinity(0))
    try:
        time.sleep(3)
        with urllib.request.urlopen(f"http://127.0.0.1:{served.port}/api/v1/applications", timeout=10) as answer:
            app = json.load(answer)[0]["id"]
        path = f"/api/v1/applications/{app}/streaming/statistics"
        got = measuring.fields(measuring.command("rest_load", served.port, path, max(2, measuring.seconds), one_core=True,
                                                 core=other))
    finally:
        served.end()
    return [
        Result(bar.name, got["rate"], None, bar.unit, None, bar.wanted_text, got["rate"] >= 5000),
        at_most(f"{bar.name}: p99", got["p99_us"] / 1e3, "ms", 5),
    ]


def measure_pages_paint(bar, measuring):
    """The streaming page of a program with 1,000 completed batches, in a headless Chromium."""
    if not chromium.is_there():
        print(f"# {bar.name}: skipped: no chromium with its chromedriver here (scripts/install_deps test)", flush=True)
        return []
    served = Served(measuring, measuring.command("short_batches", 120))
    try:
        time.sleep(3)
        with chromium.Browser() as browser:
            painted, drawn, charts = [], [], 0
            for _ in range(1 + 9):  # the first one warms the browser up
                browser.open(f"http://127.0.0.1:{served.port}/streaming/")
                times = browser.wait(PAINT, "the page is painted")
                painted.append(times["painted"])
                drawn.append(times["drawn"])
                charts = times["charts"]
                if times["batches"] < 1000:
                    raise Failed(f"the page has {times['batches']} batches")
    except cases.Failed as failure:
        raise Failed(str(failure)) from failure
    finally:
        served.end()
    print(f"# {bar.name}: {charts} charts" + ("" if charts else " (scripts/get_charts, and build anew)"), flush=True)
    return [
        at_most(bar.name, statistics.median(painted[1:]), bar.unit, 200),
        at_most(f"{bar.name}: with its charts", statistics.median(drawn[1:]), bar.unit, 200),
    ]


def measure_state_saved(bar, measuring):
    """Batches that are saved each second, in turn with some that hardly are: as many as can be, and when due."""
    runs = {(mode, interval): [] for mode in ("rate", "delays") for interval in (1000, 3600000)}
    for _ in range(3):
        for (mode, interval), done in runs.items():
            with tempfile.TemporaryDirectory() as folder:
                done.append(measuring.fields(
                    measuring.command("state", mode, folder, interval, measuring.seconds, one_core=True)))
    middle = lambda mode, interval, field: statistics.median(run[field] for run in runs[mode, interval])
    saved, usual = middle("rate", 1000, "rate"), middle("rate", 3600000, "rate")
    later = middle("delays", 1000, "max_us") - middle("delays", 3600000, "max_us")
    return [
        Result(bar.name, saved, usual, bar.unit, saved / usual, bar.wanted_text, saved >= 0.90 * usual),
        at_most(f"{bar.name}: latest batch", later / 1e3, "ms later", 10),
    ]


def run_state(measuring, folder, is_enough):
    """Runs the program until is_enough(lines), and kills it. Returns its lines, and the seconds to the first."""
    begun, first, lines = time.perf_counter(), None, []
    process = subprocess.Popen(measuring.command("state", "total", folder), stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        first = first or time.perf_counter() - begun
        lines.append(tuple(map(int, line.split())))
        if is_enough(lines):
            break
    process.kill()
    process.wait(10)
    if not lines:
        raise Failed("state total: it ended without a batch")
    return lines, first


def measure_state_recovery(bar, measuring):
    """kill -9, and the first batch after the restart: its sum of all states must be that of its time."""
    times, wrong = [], 0
    for kills in range(RUNS):
        with tempfile.TemporaryDirectory() as folder:
            before, _ = run_state(measuring, folder, lambda lines: len(lines) >= 35 + 3 * kills)
            after, seconds = run_state(measuring, folder, lambda lines: len(lines) >= 3)
        times.append(seconds)
        for at, total in after:
            wrong += total - before[0][1] != (at - before[0][0]) // 100 * 10000
    return [
        at_most(bar.name, statistics.median(times), bar.unit, 0.6),
        at_most(f"{bar.name}: wrong", wrong, "batches", 0),
    ]


ALL = [
    Rate("wc-16m", "word count of 16 MiB batches, next to the hand-fused pass (wc d3)",
         ["word_count", 16 * MIB, 1], ["limit/wc", "d3", 16 * MIB, 1], "records", "M words/s", 0.60),
    Rate("wc-16m-2-cores", "the same on two cores, next to d3 on two threads",
         ["word_count", 16 * MIB, 2], ["limit/wc", "d3", 16 * MIB, 2], "records", "M words/s", 0.55, one_core=False),
    Rate("wc-64k", "word count of 64 KiB batches, next to d3",
         ["word_count", MIB // 16, 1], ["limit/wc", "d3", MIB // 16, 1], "records", "M words/s", 0.50),
    Rate("filter-ready", "lines with a rare word by wadi_containing, next to the vector scan (grep d2)",
         ["filter", "ready", 128 * MIB], ["limit/grep", "d2", 128 * MIB], "bytes", "MB/s", 0.50),
    Rate("filter-user", "the same by a user's memmem, next to a row at a time (grep g1)",
         ["filter", "user", 128 * MIB], ["limit/grep", "g1", 128 * MIB], "bytes", "MB/s", 0.80),
    Rate("shuffle", "1M pairs into 8 partitions and read, next to shuffle v, which only partitions",
         ["shuffle", 8], ["limit/shuffle", "v", 8], "records", "M pairs/s", 0.65),
    Rate("join", "two batches of 1M pairs joined and read, next to the radix join (join r)",
         ["join"], ["limit/join", "r"], "records", "M pairs/s", 0.60),
    Rate("sort", "sortByKey of 1M pairs, collected, next to qsort(3)",
         ["sort"], ["limit/sort", "q"], "records", "M pairs/s", 3.00),
    Once("network", "word count from a full socket, local[2], 200 ms batches, 60 s, next to wc-16m",
         "M words/s", ">= 0.60", measure_network),
    Once("ingest", "lines from a full socket counted, 20 ms batches, next to reading and splitting (sources lines)",
         "MB/s", ">= 0.50", measure_ingest),
    Rate("window-numbers", "keys of 100k records hashed and numbered, 1M keys, next to the dictionary of window",
         ["windowed", "numbers"], ["limit/window", "numbers"], "records", "M keys/s", 0.50),
    Once("window", "count by key, window 30 s, slide 1 s, 1M keys and records/s, by what came and left: a slide without "
         "its look-ups, and its result as records, next to arrays by number (window upkeep, gather)", "ms", "<= 2", measure_window),
    Once("window-max", "the same with max, next to two stacks of arrays (window stacks); 10k keys, 50k records/s: "
         "a window of 10 minutes next to one of 10 s", "ms", "<= 3", measure_window_max),
    Once("state-update", "updateStateByKey, 1M keys, 10k touched, next to the walk in place (state a2)", "ms", "<= 2",
         measure_update_state),
    Once("state-map", "mapWithState, 1M keys, 10k touched, next to hash, shuffle and touched keys only (state b3)", "ms",
         "<= 1.75", measure_map_state),
    Once("state-memory", "memory of a key's state: 12 bytes of key, an int64_t", "bytes", "<= 80", measure_state_memory),
    Once("log", f"lines from a socket at {LOG_MB_S} MB/s counted, received blocks logged, next to a group commit by hand (log)",
         "MB/s", ">= 0.80", measure_log),
    Once("batches-1ms", "batches of 1 ms, 100 records each through a receiver, word count, 60 s",
         "us", "<= 1000", measure_short_batches),
    Once("batches-1ms-saved", "the same with a checkpoint directory, 20 s", "us", "<= 5000", measure_short_batches_saved),
    Once("batches-200k", "200,000 batches of 10 ms on a fast clock: memory and files stay",
         "MiB more", "<= 1", measure_many_batches),
    Once("spill", "batches of 512 MiB of pairs by reduceByKey, join, sortByKey and groupByKey with 128 MiB of memory, "
         "next to the same in memory", "M records/s", ">= 0.25", measure_spill),
    Once("state-saved", "1M states, 10,000 touched a batch, saved each second, next to not being saved",
         "batches/s", ">= 0.90", measure_state_saved),
    Once("state-recovery", "from the start after kill -9 to the first batch of 100 ms, 1M states", "s", "<= 0.6",
         measure_state_recovery),
    Once("pages", "CPU time of the threads for pages, metrics scraped each second, and the event log, of a word count from "
         "a full socket", "% of all", "<= 3", measure_pages),
    Once("pages-1ms", "p99 of batches of 1 ms with them, less that without; medians of 9", "us", "<= 500", measure_pages_short),
    Once("pages-paint", "the streaming page of 1,000 batches, while batches of 1 ms go on, painted in a headless Chromium",
         "ms", "<= 200", measure_pages_paint),
    Once("rest", "REST statistics over 1,000 batches, on one core, while batches of 1 ms go on", "requests/s", ">= 5000", measure_rest),
    Once("start", "network_wordcount from exec to connected", "ms", "<= 10", measure_start),
    Once("idle", "resident memory of network_wordcount that has nothing to do", "MiB", "<= 12", measure_idle),
    Once("size", "libwadi.so, stripped", "MiB", "<= 2", measure_size),
]
