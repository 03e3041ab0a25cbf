#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py [--only TEXT] [--keep] LIBRARY_DIR SANITIZERS COMPILER...: compiles and runs every block of C in
README.md and docs/, and compares what it prints with the block of text that follows it.

--only TEXT: only blocks whose place contains TEXT ("streams.md:12"). --keep: leaves the programs and says where."""

import concurrent.futures
import glob
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "support"))
sys.path.insert(0, os.path.dirname(HERE))
sys.path.insert(0, HERE)
import blocks
import compiling
import fragments
import postgres

RUN_SECONDS_MAX = 60
AT_ONCE = 6  # most of the time they wait for the next batch
LOGGED = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:.*\n", re.MULTILINE)
BATCH_TIME = re.compile(r"batch \d{10,} ms")
HEADER = re.compile(r"^-{43}\nTime: \d+ ms\n-{43}\n", re.MULTILINE)


class Wrong(Exception):
    pass


# ---- What a block is, as a program ----


def is_program(text):
    return re.search(r"^int main\(", text, re.MULTILINE) is not None


def fill(template, values):
    with open(os.path.join(HERE, template), encoding="utf-8") as file:
        text = file.read()
    for name, value in values.items():
        text = text.replace(f"@{name}@", value)
    return text


def as_literal(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def lines_of(batch):
    return "".join(line + "\n" for line in batch.split(" / ")) if batch else ""


class Page:
    """The blocks of a page in order: a piece sees what was declared before it."""

    def __init__(self):
        self.declared, self.labelled, self.programs = {}, {}, {}

    def source_of(self, block):
        """Also sets block.before: the (block, source) that runs before it in its folder; None."""
        block.before = self.programs[block.one("upgrades")] if block.one("upgrades") else None
        if block.one("runs"):
            return self.programs[block.one("runs")][1]
        source = self.compiled_of(block)
        if is_program(block.text) and block.one("label"):
            self.programs[block.one("label")] = (block, source)
        return source

    def compiled_of(self, block):
        source, port = self.program_of(block), block.one("port")
        return source.replace(port, 'atoi(getenv("WADI_DOCS_PORT"))') if port else source

    def program_of(self, block):
        if is_program(block.text):
            declared, _ = fragments.split(block.text, block.one("name", "program"))
            declared.pop("main", None)
            self.declared.update(declared)
            return block.text
        harness = block.words[1] if len(block.words) > 1 else None
        if harness not in ("rdd", "stream"):
            raise Wrong("a block without main() is marked `c rdd` or `c stream`")
        declared, statements = fragments.split(block.text, block.one("name", "program"))
        self.declared.update(declared)
        if block.one("label"):
            self.labelled[block.one("label")] = statements
        before = "".join(self.labelled[name] for name in block.all("after"))
        batches = "".join(as_literal(lines_of(text)) + ", " for text in block.all("batch"))
        return fill(f"{harness}.c.in", {
            "DECLARATIONS": "\n".join(chunk for name, chunk in self.declared.items() if name not in
                                      ("<wadi/wadi.h>", "<stdio.h>", "<stdlib.h>")),
            "STATEMENTS": before + statements,
            "BATCHES": batches,
            "UNTIL_STOPPED": "true" if block.one("port") else "false",
            "INTERVAL": block.one("interval", "1000"),
        })


# ---- What it prints ----


def prints_of(text, drops_empty):
    """Cuts the output of print() into batches, each without its time, and what is left."""
    parts = HEADER.split(text)
    batches = [part.rstrip("\n") for part in parts[1:]]
    return parts[0], [batch for batch in batches if batch or not drops_empty]


def in_order(text, is_ordered):
    return text if is_ordered else "\n".join(sorted(text.splitlines()))


def difference(expected, actual, is_ordered, drops_empty, has_others):
    """None: the output is as the page says, or goes on after that. has_others: there may be other batches between those
    that the page shows."""
    if not expected.strip() and actual.strip():
        return "the page shows nothing of what it prints"
    head, wanted = prints_of(expected, drops_empty)
    actual_head, got = prints_of(actual, drops_empty)
    if in_order(head.strip("\n"), is_ordered) != in_order(actual_head.strip("\n"), is_ordered):
        return "it prints something else"
    if has_others:
        left = iter(in_order(batch, is_ordered) for batch in got)
        missing = [batch for batch in wanted if in_order(batch, is_ordered) not in left]
        return f"a batch is not printed:\n{missing[0]}" if missing else None
    if len(got) < len(wanted):
        return f"it prints {len(got)} batches of {len(wanted)}"
    for number, (one, other) in enumerate(zip(wanted, got)):
        if in_order(one, is_ordered) != in_order(other, is_ordered):
            return f"batch {number + 1} is another"
    return None


# ---- Running it ----


class Sender:
    """A server that sends the same lines to whoever connects, and then waits."""

    def __init__(self, lines):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.bytes = "".join(line + "\n" for line in lines).encode()
        self.connections = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                connection = self.listener.accept()[0]
                self.connections.append(connection)
                connection.sendall(self.bytes)
            except OSError:
                return

    def close(self):
        for one in [self.listener, *self.connections]:
            one.close()


def expected_of(block, what):
    """(text, is_ordered) of the block of text that tells `what`; None: the page does not say."""
    for after in block.after:
        if after.words[1:2] == [what]:
            return after.text, "ordered" in after.words
    return None


def runs_until_stopped(block):
    """Others end by themselves: after their batches, or because something is wrong."""
    has_wadi_run = block.one("runs") or is_program(block.text) and "wadi_run(" in block.text
    return (has_wadi_run or block.one("port") is not None) and expected_of(block, "output") is not None


class Run:
    def __init__(self, block, program, folder, more_environment):
        self.block, self.folder = block, folder
        self.out, self.err = os.path.join(folder, "stdout"), os.path.join(folder, "stderr")
        self.sender = Sender(block.all("send"))
        arguments = block.one("args", "").replace("$PORT", str(self.sender.port)).split()
        environment = dict(os.environ, WADI_CHECK="1", LC_ALL="C", WADI_DOCS_PORT=str(self.sender.port),
                           **more_environment)
        for setting in block.all("env"):
            name, _, value = setting.partition("=")
            environment[name] = value.replace("$PORT", str(self.sender.port))
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen([program, *arguments], cwd=folder, env=environment, stdout=out,
                                            stderr=err, stdin=subprocess.DEVNULL)
        self.was_told_to_stop, self.right_at = False, None

    def said(self, what, path):
        """Of errors, only what is not in the log; batches of any time are alike."""
        text = self.read(path)
        return BATCH_TIME.sub("batch T ms", LOGGED.sub("", text)) if what == "errors" else text

    def read(self, path):
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def look(self):
        """What is still wrong; None: all is as the page says."""
        drops_empty = runs_until_stopped(self.block)
        for what, path in (("output", self.out), ("errors", self.err)):
            expected = expected_of(self.block, what)
            if expected is None:
                continue
            wanted = BATCH_TIME.sub("batch T ms", expected[0])
            wrong = difference(wanted, self.said(what, path), expected[1], drops_empty, self.block.before is not None)
            if wrong:
                return wrong
        return None

    def has_gone_on(self):
        """Whether it has printed as many batches more as it is to, since that was so."""
        count = len(HEADER.findall(self.read(self.out)))
        self.right_at = self.right_at or count
        return count >= self.right_at + int(self.block.one("more", "0"))

    def stop(self):
        if not self.was_told_to_stop and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL if self.block.one("ends") == "kill" else signal.SIGTERM)
        self.was_told_to_stop = True

    def wait(self):
        deadline = time.monotonic() + RUN_SECONDS_MAX
        while self.process.poll() is None:
            if time.monotonic() > deadline:
                self.process.kill()
                self.process.wait()
                raise Wrong(f"it did not end in {RUN_SECONDS_MAX} s: {self.look() or 'though its output was right'}")
            if runs_until_stopped(self.block) and self.look() is None and self.has_gone_on():
                self.stop()
            time.sleep(0.02)
        wrong = self.look()
        if wrong:
            raise Wrong(wrong)
        status = -signal.SIGKILL if self.block.one("ends") == "kill" else int(self.block.one("status", "0"))
        if self.process.returncode != status:
            raise Wrong(f"exit status {self.process.returncode}, not {status}")

    def close(self):
        self.sender.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def make_files(block, folder):
    for told in block.all("file"):
        path, _, text = told.partition(" ")
        whole = os.path.join(folder, path)
        os.makedirs(os.path.dirname(whole), exist_ok=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write(text + "\n")


class Tools:
    def __init__(self, library_dir, sanitizers, compiler):
        self.compile = [*compiler, "-std=gnu17", "-g", *compiling.WARNINGS, "-Wno-unused-function",
                        "-Wno-unused-variable", f"-I{ROOT}/include"]
        if sanitizers != "none":
            self.compile.append(f"-fsanitize={sanitizers}")
        self.link = [f"-L{library_dir}", f"-Wl,-rpath,{library_dir}", "-Wl,--as-needed", "-lwadi-testing",
                     "-lwadi", "-lpthread"]

    def build(self, block, source, folder):
        name = block.one("name", "program")
        with open(os.path.join(folder, name + ".c"), "w", encoding="utf-8") as file:
            file.write(source)
        others = [os.path.join(ROOT, path) for path in block.all("with")]
        command = [*self.compile, name + ".c", *others, "-o", name, *self.link]
        done = subprocess.run(command, cwd=folder, env=compiling.ENGLISH, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            raise Wrong("it does not compile without a warning\n" + done.stdout)
        return os.path.join(folder, name)


def run_block(tools, block, source, folder):
    program = tools.build(block, source, folder)
    make_files(block, folder)
    if not block.one("postgres"):
        run_program(block, program, folder, {})
    elif postgres.is_here():
        with postgres.Server() as server:
            server.query("CREATE DATABASE shop")
            server.database = "shop"
            server.query(block.one("postgres"))
            run_program(block, program, folder, server.environment)
            found, expected = server.query(block.one("finds")), expected_of(block, "rows")[0].strip("\n")
            if found != expected:
                raise Wrong(f"the database has\n{found}")


def run_program(block, program, folder, more_environment):
    run = Run(block, program, folder, more_environment)
    try:
        run.wait()
    except Wrong as wrong:
        raise Wrong(f"{wrong}\nstdout:\n{run.read(run.out)}\nstderr:\n{run.read(run.err)}") from None
    finally:
        run.close()


# ---- All of them ----


def cases_of(path):
    """(block, source or Wrong) of each block of C."""
    page = Page()
    for block in blocks.of_page(path, ROOT):
        if block.words[:1] != ["c"] and not block.one("runs"):
            continue
        try:
            yield block, page.source_of(block)
        except (Wrong, KeyError) as wrong:
            yield block, wrong


def check(tools, block, source, folder):
    """None, or what is wrong."""
    if isinstance(source, Exception):
        return str(source)
    os.makedirs(folder)
    try:
        if block.before:
            run_block(tools, *block.before, folder)
        run_block(tools, block, source, folder)
    except Wrong as wrong:
        return str(wrong)
    return None


def main():
    arguments, only, keeps = sys.argv[1:], "", False
    while arguments and arguments[0].startswith("--"):
        if arguments[0] == "--only":
            only = arguments[1]
            arguments = arguments[1:]
        keeps = keeps or arguments[0] == "--keep"
        arguments = arguments[1:]
    tools = Tools(os.path.abspath(arguments[0]), arguments[1], arguments[2:])
    pages = [os.path.join(ROOT, "README.md"), *sorted(glob.glob(f"{ROOT}/docs/**/*.md", recursive=True))]
    cases = [case for page in pages for case in cases_of(page) if only in case[0].place]
    work, failed = tempfile.mkdtemp(prefix="wadi-docs-"), 0
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        folders = [os.path.join(work, str(number)) for number in range(len(cases))]
        results = pool.map(lambda case, folder: check(tools, case[0], case[1], folder), cases, folders)
        for (block, _), folder, wrong in zip(cases, folders, results):
            if wrong:
                failed += 1
                indented = "\n".join("    " + line for line in wrong.splitlines()[:60])
                print(f"FAILED {block.place}:\n{indented}", flush=True)
            elif only:
                print(f"ok     {block.place} {folder if keeps else ''}", flush=True)
    if not keeps:
        shutil.rmtree(work)
    print(f"{len(cases) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
