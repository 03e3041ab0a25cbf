#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""stream_dataset_join.py PROGRAM WRITE_USERS: events of a window with the users of the moment. hdfs:// is a folder."""

import os
import sys

import sandbox
from cases import expect, expect_equal, run
from peers import put_file
from program import Program, run as run_to_end
from words import program_of

USERS = "/hdfs/users"


def set_users(name, *users):
    """Another dataset takes the place of the current one at once."""
    writer = run_to_end([sys.argv[2], f"{USERS}/{name}", *users])
    expect_equal((writer.process.returncode, writer.stderr), (0, ""), "the writer of users")
    os.symlink(name, f"{USERS}/new")
    os.rename(f"{USERS}/new", f"{USERS}/current")


def each_batch_sees_the_users_of_then():
    os.makedirs(USERS)
    os.makedirs("/hdfs/events")
    set_users("1", "ann=Oman", "bob=Chad")
    with Program([program_of()], settings={"wadi.fs.hdfs.root": "/hdfs"}) as program:
        program.wait_for_batches(lambda batches: len(batches) > 0, "the first batch is printed")
        put_file("/hdfs/events", "1", '{"user":"ann","amount":1.5}\n{"user":"eve","amount":2}\n')
        program.wait_for_batches(lambda batches: batches[-1].lines == ["(ann,1.5,Oman)"], "ann is located")
        set_users("2", "ann=Mali", "eve=Chad")
        put_file("/hdfs/events", "2", '{"user":"bob","amount":4}\n')
        both = ["(ann,1.5,Mali)", "(eve,2.0,Chad)"]
        program.wait_for_batches(lambda batches: sorted(batches[-1].lines) == both, "users have changed, events stay")
        program.wait_for_batches(lambda batches: batches[-1].lines == [], "the window ends")
        program.stop()
    rows = [sorted(batch.lines) for batch in program.batches if batch.lines]
    expect(all(lines in (["(ann,1.5,Oman)"], both) for lines in rows), f"nothing else is printed: {rows}")
    expect_equal(len(rows), 20, "the batches whose window has the events")
    expect_equal(program.stderr, "", "stderr")


sandbox.enter("/hdfs")
run(each_batch_sees_the_users_of_then)
