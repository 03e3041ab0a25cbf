#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""files_test.py COPIER: a running program whose disks fail: full, read-only, gone, shorter than they were."""

import glob
import os
import resource
import shutil
import sys

import sandbox
from cases import expect_equal, expect_in, run, wait_until
from peers import put_file, put_files_together
from program import Program

GOES_ON = {"wadi.batch.on_failure": "continue"}


def copier(out, us_per_line=0, settings=None):
    for folder in ("/in", "/copies"):
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    return Program([sys.argv[1], "/in", out, str(us_per_line)], settings)


def copied(out="/copies/of"):
    """The lines of all whole folders, sorted."""
    lines = []
    for folder in glob.glob(out + "-*"):
        expect_equal(os.path.exists(folder + "/_SUCCESS"), True, f"{folder} is whole")
        for part in glob.glob(folder + "/part-*"):
            with open(part, encoding="utf-8") as text:
                lines += text.read().splitlines()
    return sorted(lines)


def copy_one(program, out="/copies/of"):
    """A first file, once the program runs: what was there before is not new."""
    wait_until(lambda: glob.glob(out + "-*"), "the first batch is saved")
    put_file("/in", "first", "one\n")
    program.wait_for_output("one")
    wait_until(lambda: copied(out) == ["one"], "the first is copied")


def a_read_only_disk_ends_the_program_with_its_name():
    sandbox.mount_small("/locked", 65536)
    sandbox.make_read_only("/locked")
    with copier("/locked/of") as program:
        wait_until(lambda: program.process.poll() is not None, "it ends")
        expect_equal(program.process.returncode, 1, "exit status")
        expect_in("cannot make directory /locked/.of-", program.stderr)
        expect_in("Read-only file system", program.stderr)


def a_file_in_the_place_of_the_folder_ends_the_program():
    path = os.path.abspath("no-folder")
    with open(path, "w", encoding="utf-8"):
        pass
    with copier(path + "/of") as program:
        wait_until(lambda: program.process.poll() is not None, "it ends")
        expect_equal(program.process.returncode, 1, "exit status")
        expect_in(path, program.stderr)
        expect_in("Not a directory", program.stderr)


def a_full_disk_fails_its_batch_and_leaves_no_half():
    sandbox.mount_small("/small", 1 << 20)
    with copier("/small/of", settings=GOES_ON) as program:
        copy_one(program, "/small/of")
        put_file("/in", "large", ("x" * 1000 + "\n") * 2000)
        program.wait_for_message("No space left on device")
        expect_in("cannot write /small/", program.stderr)
        wait_until(lambda: glob.glob("/small/.of-*") == [], "what was written of it is taken away")
        put_file("/in", "second", "two\n")
        wait_until(lambda: copied("/small/of") == ["one", "two"], "the program goes on")
        program.stop()


def without_descriptors_it_waits_for_some_and_loses_nothing():
    with copier("/copies/of", settings=GOES_ON) as program:
        copy_one(program)
        _, most = resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE, (3, most))
        program.wait_for_message("Too many open files")
        put_file("/in", "second", "two\n")
        resource.prlimit(program.process.pid, resource.RLIMIT_NOFILE, (most, most))
        wait_until(lambda: copied() == ["one", "two"], "the second is found when there are some")
        program.stop()


def a_folder_that_vanishes_is_watched_when_it_is_back():
    with copier("/copies/of") as program:
        copy_one(program)
        shutil.rmtree("/in")
        program.wait_for_message("there is no such directory; batches are empty until that is mended")
        os.makedirs("/in")
        put_file("/in", "second", "two\n")
        wait_until(lambda: copied() == ["one", "two"], "the second is copied")
        expect_equal(program.stderr.count("there is no such directory"), 1, "it is told once")
        program.stop()


def a_file_that_shrinks_fails_its_batch_with_its_name():
    with copier("/copies/of", us_per_line=100000, settings={**GOES_ON, "spark.task.maxFailures": "1"}) as program:
        wait_until(lambda: glob.glob("/copies/of-*"), "the first batch is saved")
        put_files_together({"/in/a": "slow\n" * 20, "/in/b": "never seen\n" * 100000}, ahead_s=1)
        program.wait_for_output("slow")
        os.truncate("/in/b", 1000)
        program.wait_for_message("/in/b")
        put_file("/in", "next", "next\n")
        wait_until(lambda: "next" in copied(), "the program goes on")
        program.stop()


sandbox.enter("/in", "/copies")
run(a_read_only_disk_ends_the_program_with_its_name, a_file_in_the_place_of_the_folder_ends_the_program,
    a_full_disk_fails_its_batch_and_leaves_no_half, without_descriptors_it_waits_for_some_and_loses_nothing,
    a_folder_that_vanishes_is_watched_when_it_is_back, a_file_that_shrinks_fails_its_batch_with_its_name)
