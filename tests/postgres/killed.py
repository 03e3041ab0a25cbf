#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""killed.py PROGRAM [KILLS [SEED]]: postgres_sink.c is killed at random moments while files come in, and so is the
database once, as in a crash. After each the program is started again from its checkpoint. In the end each word is in
both tables once."""

import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time

import postgres
from cases import Failed, expect, expect_equal, run, wait_until
from peers import put_file
from program import Program

KILLS = int(sys.argv[2]) if len(sys.argv) > 2 else 12
SEED = int(sys.argv[3]) if len(sys.argv) > 3 else random.randrange(10**9)
TABLES = ("CREATE TABLE words (word text NOT NULL, count bigint NOT NULL, batch_ms bigint NOT NULL); "
          "CREATE TABLE done (id text PRIMARY KEY); CREATE TABLE counts (word text, count bigint)")


class Feeder(threading.Thread):
    """Files of words that all differ, until it is told to end."""

    def __init__(self, folder, chance):
        super().__init__(daemon=True)
        self.folder, self.chance, self.words, self.ends = folder, chance, 0, threading.Event()

    def run(self):
        while not self.ends.wait(self.chance.uniform(0, 0.4)):
            new = self.words + self.chance.choice([1, 7, 200])
            put_file(self.folder, f"{self.words:08}", " ".join(f"w{i}" for i in range(self.words, new)) + "\n")
            self.words = new


def summary(server, table):
    """Rows, different words, and the sum of their counts: all are the number of words, or something is lost or doubled."""
    return server.query(f"SELECT count(*), count(DISTINCT word), coalesce(sum(count), 0) FROM {table}")


def kill_often(server, start, chance):
    for kill in range(KILLS):
        with start() as program:
            time.sleep(chance.choice([chance.uniform(0, 0.3), chance.uniform(0, 3)]))
            if kill == KILLS // 2:
                server.stop(signal.SIGQUIT)
                time.sleep(chance.uniform(0, 1))
                server.start()
            else:
                expect(program.process.poll() is None, f"the program ended by itself: {program.stderr[-2000:]}")


def checkpoints(folder):
    return {name for name in os.listdir(f"{folder}/checkpoints") if name.startswith("checkpoint-")}


def nothing_is_lost_or_doubled():
    chance, folder = random.Random(SEED), tempfile.mkdtemp(prefix="wadi-killed-")
    os.makedirs(f"{folder}/in")
    feeder = Feeder(f"{folder}/in", random.Random(SEED + 1))
    with postgres.Server() as server:
        server.query(TABLES)

        def start():
            return Program([sys.argv[1], f"{folder}/in", f"{folder}/checkpoints", server.connection],
                           env={"DATABASE": server.connection})

        feeder.start()
        try:
            kill_often(server, start, chance)
            feeder.ends.set()
            feeder.join()
            expected = "|".join([str(feeder.words)] * 3)
            before = checkpoints(folder)
            with start() as program:
                wait_until(lambda: checkpoints(folder) - before, "it goes on")  # and so takes signals
                for table in ("words", "counts"):
                    wait_until(lambda table=table: int(summary(server, table).split("|")[0]) >= feeder.words,
                               lambda table=table: f"{table}: {summary(server, table)}, not {expected}; {program.stderr[-1000:]}")
                program.stop()
            for table in ("words", "counts"):
                expect_equal(summary(server, table), expected, f"rows, words and counts of {table}, seed {SEED}")
            expect_equal(server.query("SELECT count(*) FROM (SELECT batch_ms FROM words EXCEPT SELECT batch_ms FROM "
                                      "wadi_batches) AS unknown"), "0", "batches of rows that are not noted")
        except Failed as problem:
            raise Failed(f"{problem}\nagain: {sys.argv[0]} {sys.argv[1]} {KILLS} {SEED}") from None
        finally:
            feeder.ends.set()
    shutil.rmtree(folder, ignore_errors=True)


run(nothing_is_lost_or_doubled)
