#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""behaviours.py: every behaviour of behaviours.json is a test that has its name, test_NAME in a file NAME_test.c, or
waits: then it is a row of behaviours_waiting.tsv, which says for what. A row for a test that is there is a mistake,
save for one whose part is still missing."""

import json
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
SRC = os.path.join(os.path.dirname(os.path.dirname(HERE)), "src")


def behaviours():
    with open(f"{HERE}/behaviours.json", encoding="utf-8") as file:
        return [(each["area"], each["name"]) for each in json.load(file)["behaviours"]]


def waiting():
    """{(area, name): "all" or "part"}"""
    rows = {}
    with open(f"{HERE}/behaviours_waiting.tsv", encoding="utf-8") as file:
        for line in file:
            if line.startswith("#"):
                continue
            area, name, how_much, reason = line.rstrip("\n").split("\t")
            if (area, name) in rows or how_much not in ("all", "part") or not reason:
                sys.exit(f"behaviours_waiting.tsv: this row makes no sense: {line!r}")
            rows[area, name] = how_much
    return rows


def tests():
    """The names of tests that are defined, and used in the same file: so they run."""
    names = set()
    for folder, _, files in os.walk(SRC):
        for file in files:
            if not file.endswith("_test.c"):
                continue
            with open(f"{folder}/{file}", encoding="utf-8") as source:
                text = source.read()
            for name in re.findall(r"^static void test_(\w+)\(void \*\*state\) \{", text, re.MULTILINE):
                if len(re.findall(rf"\btest_{name}\b", text)) > 1:
                    names.add(name)
    return names


def main():
    wanted, rows, there = behaviours(), waiting(), tests()
    mistakes = [f"{area}/{name}: neither a test test_{name} nor a row of behaviours_waiting.tsv"
                for area, name in wanted if name not in there and rows.get((area, name)) != "all"]
    mistakes += [f"{area}/{name}: its row of behaviours_waiting.tsv says that it waits, but test_{name} is there"
                 for area, name in wanted if name in there and rows.get((area, name)) == "all"]
    mistakes += [f"{area}/{name}: a row of behaviours_waiting.tsv for a behaviour that there is not"
                 for area, name in rows if (area, name) not in wanted]
    for mistake in mistakes:
        print(mistake)
    tested = sum(name in there for _, name in wanted)
    print(f"{len(wanted)} behaviours: {tested} tested, {len(wanted) - tested} wait")
    return 1 if mistakes else 0


sys.exit(main())
