#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""hashtags.py PROGRAM: the most frequent hashtags of tweets, as JSON, from a real sender."""

import json

import sandbox
from cases import expect_equal, run
from peers import LineServer
from program import Program
from words import program_of

TWEETS = ["#rain on the #wadi", "#rain again", "nothing to say", "so much #rain"]


def topics(text):
    """The lists that were printed, each with its head."""
    return [[line for line in part.split("\n") if line] for part in text.split("\nPopular topics ")[1:]]


def the_most_frequent_come_first():
    # Its printf() goes to a pipe here, and would wait there until it is full.
    with LineServer(9999) as server, Program(["stdbuf", "-oL", program_of()]) as program:
        with server.accept() as connection:
            for text in TWEETS:
                connection.sendall(json.dumps({"text": text, "user": "somebody"}).encode() + b"\n")
            program.wait_for_output("#rain (3 tweets)")
            connection.sendall(b'{"text": "#wadi #wadi #wadi"}\n')
            program.wait_for_output("#wadi (4 tweets)")
            program.stop()
        last = [each for each in topics(program.stdout) if "#wadi (4 tweets)" in each][0]
        expect_equal(last, ["in the last 60 seconds (2 in all):", "#wadi (4 tweets)", "#rain (3 tweets)"])
        expect_equal(program.stderr, "", "stderr")


sandbox.enter()
run(the_most_frequent_come_first)
