#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""transactional_sink.py PROGRAM: exactly-once output into a real database (SQLite; sqlite_database.c), also when
commits fail, and when they succeed but their answer is lost, so that tasks are tried again."""

import os
import sqlite3

import sandbox
from cases import expect, expect_equal, run, wait_until
from peers import LineServer
from program import Program
from words import COUNTS, TEXT, program_of

PATH = "words.db"  # in the working folder, which is the test's own


def rows(query):
    if not os.path.exists(PATH):
        return []
    with sqlite3.connect(PATH, timeout=30) as database:
        try:
            return database.execute(query).fetchall()
        except sqlite3.OperationalError:  # the table is not there yet
            return []


def counts_in_the_database():
    return dict(rows("SELECT word, SUM(count) FROM counts GROUP BY word"))


def send_and_compare(env):
    with LineServer(9999) as server, Program([program_of()], env=dict(env, DATABASE=PATH)) as program:
        with server.accept() as connection:
            for round_number in range(1, 5):
                connection.sendall("\n".join(TEXT).encode() + b"\n")
                expected = {word: count * round_number for word, count in COUNTS.items()}
                wait_until(lambda: counts_in_the_database() == expected, lambda: f"{expected} but {counts_in_the_database()}")
            program.stop()
        expect_equal(counts_in_the_database(), expected, "after the end")
    doubled = rows("SELECT id, word FROM counts GROUP BY id, word HAVING COUNT(*) > 1")
    expect_equal(doubled, [], "words that are there twice under one id")
    os.remove(PATH)
    return program


def each_word_is_counted_once():
    expect_equal(send_and_compare({}).stderr, "", "stderr")


def tries_that_failed_count_nothing():
    faults = "faults"
    send_and_compare({"DATABASE_FAULTS": faults})
    with open(faults, encoding="utf-8") as file:
        told = file.read().split()
    expect("refused" in told and "lost-answer" in told, f"both kinds of faults happened, not only {set(told)}")


sandbox.enter()
run(each_word_is_counted_once, tries_that_failed_count_nothing)
