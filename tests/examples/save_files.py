#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""save_files.py PROGRAM WRITE_COUNTS: the outputs that write files, and a file read back. The program reads
out/objects-1000 when it starts: the first time WRITE_COUNTS made it, the second time it is what the program saved.
(Its line for Hadoop's formats is taken out: they are not there yet.)"""

import os
import re
import shutil
import sys

import sandbox
from cases import expect, expect_equal, expect_in, run, wait_until
from peers import put_file
from program import Program, run as run_to_end
from words import COUNTS, PAIR, TEXT, program_of

FOLDER = re.compile(r"^(counts|objects)-(\d+)(\.txt)?$")


def saved():
    """The folders of batches, whole ones: {time: {kind: name}}."""
    times = {}
    for name in os.listdir("out"):
        found = FOLDER.match(name)
        if found and name != "objects-1000" and os.path.exists(f"out/{name}/_SUCCESS"):
            times.setdefault(int(found[2]), {})[found[1]] = name
    return times


def counts_in(folder):
    parts = sorted(name for name in os.listdir(folder) if name.startswith("part-"))
    expect_equal(parts, [f"part-{i:05}" for i in range(2)], f"parts of {folder}")  # local[2]
    counts = {}
    for part in parts:
        with open(f"{folder}/{part}", encoding="utf-8") as lines:
            for line in lines:
                found = PAIR.match(line.rstrip("\n"))
                expect(found, f"{line!r} is no pair")
                counts[found[1]] = int(found[2])
    return counts


def without_the_file_it_fails_with_its_name():
    program = run_to_end([program_of()])
    expect_equal(program.process.returncode, 1, "exit status")
    expect_in("no such file: out/objects-1000", program.stderr)


def each_batch_has_its_folders():
    writer = run_to_end([sys.argv[2]])
    expect_equal((writer.process.returncode, writer.stderr), (0, ""), "exit status and messages of the writer")
    with Program([program_of()]) as program:
        wait_until(lambda: len(saved()) > 0, "the first batch is saved")
        put_file("/in", "words", "\n".join(TEXT) + "\n")
        full = wait_until(lambda: [time for time, names in saved().items()
                                   if "counts" in names and counts_in("out/" + names["counts"])],
                          "the counts are saved")[0]
        wait_until(lambda: any(time > full and len(names) == 2 for time, names in saved().items()), "a later batch is saved")
        program.stop()
        expect_equal(sorted(program.stdout.splitlines()), ["(before,2)", "(from,1)"], "the file that was there before")
    names = saved()[full]
    expect_equal(names, {"counts": f"counts-{full}.txt", "objects": f"objects-{full}"}, "names of folders")
    expect_equal(counts_in("out/" + names["counts"]), COUNTS, "counts as text")
    whole = [time for time, names in sorted(saved().items()) if len(names) == 2]
    expect_equal(whole, list(range(whole[0], whole[-1] + 1, 1000)), "batches that were saved")
    expect_equal([name for name in os.listdir("out") if name.endswith(".tmp")], [], "what is left over")
    shutil.rmtree("out/objects-1000")
    shutil.copytree("out/" + names["objects"], "out/objects-1000")


def what_was_saved_is_read_back():
    newest = max(saved())
    with Program([program_of()]) as program:
        wait_until(lambda: max(saved()) > newest, "a batch is saved")
        program.stop()
        expect_equal(sorted(program.stdout.splitlines()), sorted(f"({word},{n})" for word, n in COUNTS.items()))


sandbox.enter("/in")
run(without_the_file_it_fails_with_its_name, each_batch_has_its_folders, what_was_saved_is_read_back)
