#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pages.py: what the pages of the tree point at is there: the files that they link to, and the functions, types
and settings that they name."""

import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PAGES = ["*.md", "docs/**/*.md", "src/**/*.md", "tests/**/README.md"]
SOURCES = ["include/**/*.h", "src/**/meson.build", "src/**/*.[ch]", "src/**/*.cpp", "examples/**/*.c", "tests/conformance/*.md"]

BLOCK = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]*)(#[^)\s]*)?\)")
NAME = re.compile(r"\b(?:wadi|WADI)_\w*\w\b|\b(?:wadi|spark)\.[a-zA-Z]+(?:\.[a-zA-Z_]+)+\b")
HEADING = re.compile(r"^#+\s+(.*)$", re.MULTILINE)
PLACEHOLDERS = re.compile(r"NAME|IDENTIFIER|_$")  # as in `wadi__rdd_NAME_ops`


def files_of(patterns):
    return sorted({path for pattern in patterns for path in glob.glob(os.path.join(ROOT, pattern), recursive=True)})


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def blank(text):
    """Blocks become empty lines, so that lines keep their numbers."""
    return BLOCK.sub(lambda found: "\n" * found[0].count("\n"), text)


def anchor_of(heading):
    return "#" + re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def wrong_links(path, prose):
    for found in LINK.finditer(CODE.sub(lambda code: " " * len(code[0]), prose)):
        target, anchor = found[1], found[2]
        if re.match(r"\w+:", target):
            continue
        whole = os.path.normpath(os.path.join(os.path.dirname(path), target)) if target else path
        if not os.path.exists(whole):
            yield found.start(), f"there is no {target}"
        elif anchor and anchor not in map(anchor_of, HEADING.findall(blank(read(whole)))):
            yield found.start(), f"{target} has no heading {anchor}"


def wrong_names(prose, known):
    for code in CODE.finditer(prose):
        for name in NAME.finditer(code[1]):
            if name[0] not in known and not PLACEHOLDERS.search(name[0]):
                yield code.start(), f"nothing is called {name[0]}"


def main():
    sources = [path for path in files_of(SOURCES) if not path.endswith("_test.c")]  # they have wrong names on purpose
    known = {name for path in sources for name in NAME.findall(read(path))}
    known |= {f"wadi__rdd_{name}_ops" for name in re.findall(r"WADI__OP\(\w+, (\w+)\)", read(f"{ROOT}/src/rdd/ops_list.h"))}
    known |= {form.replace("@", name) for name in re.findall(r"WADI__BOTH\w*\((\w+)", read(f"{ROOT}/include/wadi/operators.h"))
              for form in ("wadi_rdd_@", "wadi_dstream_@")}
    failed, pages = 0, files_of(PAGES)
    for path in pages:
        prose = blank(read(path))
        mistakes = [*wrong_links(path, prose), *wrong_names(prose, known)]
        for at, words in sorted(mistakes):
            print(f"{os.path.relpath(path, ROOT)}:{prose.count(chr(10), 0, at) + 1}: {words}")
        failed += bool(mistakes)
    print(f"{len(pages) - failed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
