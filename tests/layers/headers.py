#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""headers.py [LIBRARY..]: every public header opens with a paragraph, and whatever it declares for users stands under a
doc comment; what the shared libraries lack, and only that, is said to be "Not there yet"; and they have nothing else to be
seen.

A paragraph of a header, between blank lines, that declares something begins with /** .. */, which speaks for all of it.
Names that begin with WADI__ or wadi__ are not for users, but where they are declared, functions are functions."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PUBLIC = os.path.join(ROOT, "include", "wadi")
NO_USER_READS = {"macro.h", "wadi.h"}  # helpers of the preprocessor; includes alone
MISSING = "not there yet"

# What declares something: functions, their macros, types. Each gives the names that it declares.
DECLARING = [
    (re.compile(r"^WADI_API\b[^;(]*?\(?(\w+)\)?\(", re.MULTILINE), ["{0}"]),
    (re.compile(r"^WADI__BOTH(?:_PLAIN|_PAIRED|_ACTION)?\((\w+)", re.MULTILINE), ["wadi_rdd_{0}", "wadi_dstream_{0}"]),
    (re.compile(r"^WADI__(?:STREAM|RDD)_OP\((\w+)", re.MULTILINE), ["wadi_{0}"]),
]
VARIABLES = re.compile(r"^WADI_API const \w+ ([\w, ]+);", re.MULTILINE)
OTHERS = re.compile(r"^(?:#define (?:wadi|WADI)_(?!_)\w+|typedef (?:struct|enum) wadi_(?!_)\w+ \{|struct wadi_\w+ \{|"
                    r"enum \{|static inline )", re.MULTILINE)
GUARD = re.compile(r"^#define WADI_\w+_H$", re.MULTILINE)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)


def paragraphs(text):
    """(line, text) of each; blank lines in comments end none."""
    held = COMMENT.sub(lambda found: found[0].replace("\n\n", "\n \n"), text)
    line = 1
    for part in re.split(r"(\n\n+)", held):
        if part.strip():
            yield line, part.strip("\n")
        line += part.count("\n")


def names_in(paragraph):
    code = COMMENT.sub("", paragraph)
    names = [form.format(found) for pattern, forms in DECLARING for found in pattern.findall(code) for form in forms]
    for found in VARIABLES.findall(code):
        names += [name.strip() for name in found.split(",")]
    return [name for name in names if not name.startswith("WADI_")]


def declares(paragraph):
    code = GUARD.sub("", COMMENT.sub("", paragraph))
    return bool(names_in(paragraph) or OTHERS.search(code))


def check_header(name, text):
    """What is wrong, as (line, words)."""
    if not re.match(r"/\* SPDX-License-Identifier: [^\n]*\n/\* %s: " % re.escape(name), text):
        yield 2, f"it does not open with what {name} is"
    for line, paragraph in paragraphs(text):
        if declares(paragraph) and not re.match(r"(?:/\* ---- .*? ---- \*/\n)?/\*\*[ \n]", paragraph, re.DOTALL):
            first = (names_in(paragraph) or [COMMENT.sub("", paragraph).strip().splitlines()[0]])[0]
            yield line, f"{first}: no /** .. */ says what it does"


def said_missing(text):
    """The names that are said not to be there: under such a comment, or all of a header whose head says so."""
    head = text.split("#ifndef", 1)[0]
    missing, present = set(), set()
    for _, paragraph in paragraphs(text):
        said = " ".join(COMMENT.findall(paragraph)[:1])
        is_missing = MISSING in head.lower() or re.search(rf"\b{MISSING}\.", said, re.IGNORECASE)
        (missing if is_missing else present).update(names_in(paragraph))
    return missing, present


def symbols_of(library):
    """Those that are not the compiler's own, as its sanitizers leave some."""
    listed = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True)
    names = (line.split()[-1] for line in listed.stdout.splitlines())
    return {name for name in names if not name.startswith("__")}


def check_symbols(texts, symbols):
    for name, text in texts.items():
        missing, present = said_missing(text)
        for each in sorted(present - symbols):
            yield name, f"{each} is in no library: its comment has to say 'Not there yet.'"
        for each in sorted(missing & symbols):
            yield name, f"{each} is in a library: its comment says 'Not there yet.'"
        symbols = symbols - present - missing
    for each in sorted(symbols):
        yield "*.h", f"{each} can be seen in a library, and no header declares it"


def main():
    texts = {}
    for name in sorted(os.listdir(PUBLIC)):
        with open(os.path.join(PUBLIC, name), encoding="utf-8") as header:
            if name not in NO_USER_READS:
                texts[name] = header.read()
    wrong = {}
    for name, text in texts.items():
        if MISSING in text.split("#ifndef", 1)[0].lower():
            continue
        for line, words in check_header(name, text):
            wrong.setdefault(name, []).append(f"include/wadi/{name}:{line}: {words}")
    if len(sys.argv) > 1:
        for name, words in check_symbols(texts, set().union(*map(symbols_of, sys.argv[1:]))):
            wrong.setdefault(name, []).append(f"include/wadi/{name}: {words}")
    for lines in wrong.values():
        print("\n".join(lines))
    print(f"{len(texts) - len(wrong)} passed, {len(wrong)} failed")
    return 1 if wrong else 0


sys.exit(main())
