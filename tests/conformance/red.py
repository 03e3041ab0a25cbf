#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""red.py DRIVER FILE.json ...: whether wrong expectations are told. Each case of the files is run again and again
with one of its expectations made wrong; the driver must report every one of them as failed, with a line for it.
Cases that pass need not be looked at here: the suite itself runs them."""

import copy
import json
import os
import subprocess
import sys
import tempfile


def change(value):
    """The value with its first number or string another one, or None: there is none in it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, (int, float)):
        return value + 1
    if isinstance(value, str):
        return value + "~"
    if isinstance(value, list):
        is_tagged = value and isinstance(value[0], str) and value[0] in ("pair", "list", "bag", "set", "some", "none")
        for i in range(1 if is_tagged else 0, len(value)):
            changed = change(value[i])
            if changed is not None:
                return value[:i] + [changed] + value[i + 1:]
        if value == ["none"]:
            return ["some", 1]
    return None


def as_parts(value):
    """What the value's order is told by."""
    return json.dumps(value)


def wrong_pipelines(case):
    """(what is wrong, the case) for a case of a pipeline."""
    def but(what, edit):
        wrong = copy.deepcopy(case)
        return what, wrong if edit(wrong) is not False else None

    def set_item(name, i, make):
        def edit(wrong):
            made = make(wrong[name][i])
            if made is None:
                return False
            wrong[name][i] = made
        return edit

    for i, batch in enumerate(case.get("expect", [])):
        yield but(f"an element of output {i + 1}", set_item("expect", i, change))
        yield but(f"one more in output {i + 1}", set_item("expect", i, lambda batch: batch + ["one more"]))
        if batch:
            yield but(f"one less in output {i + 1}", set_item("expect", i, lambda batch: batch[1:]))
        if not case["unordered"] and len({as_parts(value) for value in batch}) > 1:
            yield but(f"the order of output {i + 1}", set_item("expect", i, lambda batch: batch[::-1]
                      if batch[::-1] != batch else batch[1:] + batch[:1]))
    if "expect" in case:
        def longer(wrong):
            wrong["expect"].append([])
            for name in ("expect_times_ms", "expect_partitions", "expect_snapshots"):
                if name in wrong:
                    wrong[name].append([] if name == "expect_snapshots" else 1)
        yield but("one more output", longer)

        def shorter(wrong):
            for name in ("expect", "expect_times_ms", "expect_partitions", "expect_snapshots"):
                if name in wrong:
                    wrong[name] = wrong[name][:-1]
        if case["expect"]:
            yield but("one output less", shorter)
    for name in ("expect_times_ms", "expect_partitions"):
        for i in range(len(case.get(name, []))):
            yield but(f"{name}[{i}]", set_item(name, i, change))
    for i in range(len(case.get("expect_snapshots", []))):
        yield but(f"a pair of snapshot {i + 1}", set_item("expect_snapshots", i, change))
        yield but(f"one more in snapshot {i + 1}",
                  set_item("expect_snapshots", i, lambda pairs: pairs + [["pair", "one", "more"]]))
    for i in range(len(case.get("slice_queries", []))):
        def edit(wrong, i=i):
            wrong["slice_queries"][i]["expect"].append("one more")
        yield but(f"slice {i + 1}", edit)
    if "expect_error" in case:
        def another(wrong):
            about = wrong["expect_error"]["about"]
            wrong["expect_error"]["about"] = ("different slide durations" if about != "different slide durations"
                                              else "transform returned null")
        yield but("the reason of the failure", another)
        yield but("no failure expected", lambda wrong: (wrong.pop("expect_error"), wrong.setdefault("expect", [])))
        if case["expect_error"]["phase"] == "run":
            for name in ("batch", "at_ms"):
                yield but(f"the {name} of the failure",
                          lambda wrong, name=name: wrong["expect_error"].update({name: wrong["expect_error"][name] + 1}))
    else:
        yield but("a failure while building", lambda wrong: wrong.update(
            expect_error={"phase": "define", "about": "different slide durations"}) if "slice_queries" not in wrong
            else False)
        yield but("a failure in batch 1", lambda wrong: wrong.update(
            expect_error={"phase": "run", "about": "a parent produced no RDD", "batch": 1, "at_ms": wrong["batch_ms"]})
            if "slice_queries" not in wrong else False)


def wrong_tables(case):
    for i, row in enumerate(case.get("rows", [])):
        for name in row:
            if name.startswith("expect"):
                wrong = copy.deepcopy(case)
                changed = change(row[name])
                wrong["rows"][i][name] = changed if changed is not None else [1]
                yield f"row {i + 1}", wrong
    for name, expected in case.items():
        if not name.startswith("expect"):
            continue
        wrong = copy.deepcopy(case)
        if isinstance(expected, dict):
            first = next(iter(expected))
            wrong[name][first] = change(expected[first])
        else:
            wrong[name] = change(expected)
        if wrong[name] is not None:
            yield name, wrong


def wrong_cases(file):
    for case in file["cases"]:
        for what, wrong in (wrong_tables if "kind" in case else wrong_pipelines)(case):
            if wrong is not None:
                wrong["name"] = f"{case['name']}: {what}"
                yield wrong


def main():
    driver, paths = sys.argv[1], sys.argv[2:]
    red = green = 0
    with tempfile.TemporaryDirectory() as folder:
        for path in paths:
            with open(path, encoding="utf-8") as text:
                file = json.load(text)
            wrong = list(wrong_cases(file))
            written = os.path.join(folder, os.path.basename(path))
            with open(written, "w", encoding="utf-8") as out:
                json.dump({"format": file["format"], "cases": wrong}, out)
            done = subprocess.run([driver, written], text=True, stdout=subprocess.PIPE)
            passed, failed, skipped = (int(word) for word in done.stdout.split("\n")[-2].split(" ")[0:5:2])
            if failed > 0 and done.returncode != 1:
                print(f"{path}: exit status {done.returncode}, not 1")
                green += 1
            told = set(line.split(written + " ", 1)[1] for line in done.stdout.split("\n") if line.startswith("FAILED "))
            for case in wrong:
                if not any(line.startswith(case["name"] + ":") for line in told) and passed:
                    print(f"{path}: not told: {case['name']}")
            red, green = red + failed, green + passed
            if passed + failed + skipped != len(wrong):
                print(f"{path}: {passed} + {failed} + {skipped} cases of {len(wrong)}")
                green += 1
    print(f"{red} passed, {green} failed")
    return 1 if green or not red else 0


sys.exit(main())
