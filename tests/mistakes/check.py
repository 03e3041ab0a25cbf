#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py gcc|clang COMPILER...: what users get wrong does not compile, and the compiler's words, which
messages.tsv lists, point at their line."""

import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
import compiling


def read_messages(compiler_id):
    messages = {}
    with open(os.path.join(HERE, "messages.tsv"), encoding="utf-8") as table:
        for line in table:
            name, of, words = line.rstrip("\n").split("\t")
            if of == compiler_id:
                messages.setdefault(name, []).append(words)
    return messages


def judge_mistake(name, words, compiled, output):
    if compiled:
        return "it compiles"
    if not words:
        return "messages.tsv does not say what the compiler is to say"
    missing = [each for each in words if each not in output]
    if missing:
        return f"the compiler does not say: {missing[0]}"
    if not re.search(rf"{name}\.c:\d+:\d+: error: ", output):
        return "no error points at the user's file"
    return None


def main():
    compiler_id, compiler = sys.argv[1], sys.argv[2:]
    flags = ["-std=gnu17", "-O2", *compiling.WARNINGS, f"-I{HERE}/../../include", "-o", os.devnull, "-c"]
    cases = [("words.h, which is right",
              [*compiler, *flags, "-x", "c", os.path.join(HERE, "words.h")],
              lambda compiled, output: None if compiled else "it does not compile")]
    messages = read_messages(compiler_id)
    for path in sorted(glob.glob(os.path.join(HERE, "*.c"))):
        name = os.path.basename(path)[:-2]
        words = messages.get(name)
        cases.append((name, [*compiler, *flags, path],
                      lambda compiled, output, name=name, words=words: judge_mistake(name, words, compiled, output)))
    compiling.run_cases(cases)


main()
