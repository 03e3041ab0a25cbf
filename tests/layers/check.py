#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py: the order of modules, from the include lines: a module uses only those above it. Also what
goes with it: public headers stand alone, the outside is reached through base alone, no file is forgotten."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SRC = os.path.join(ROOT, "src")
PUBLIC = os.path.join(ROOT, "include", "wadi")

# Each line uses only the lines above it; modules on one line do not know each other.
LAYERS = [
    ["base"],
    ["data"],
    ["fs"],
    ["rdd"],
    ["exec"],
    ["stream"],
    ["source", "sink"],
    ["sql", "ml", "graph"],
    ["cluster"],
    ["ui"],
    ["cli"],
    ["testing"],
]
LEVEL = {module: level for level, modules in enumerate(LAYERS) for module in modules}

# Clock, files, sockets and memory come from the env and the memory functions of base.
OUTSIDE_HEADERS = re.compile(
    r"(arpa/|dirent|fcntl|glob|netdb|netinet/|poll|spawn|sys/(epoll|file|mman|random|socket|stat|un)|time|unistd)")
OUTSIDE_ALLOWED = {"base", "cli", "testing"}
OUTSIDE_ALLOWED_FILES = {"ui/http_mhd.c"}  # a module of its own, which brings connections in
ALLOCATION = re.compile(r"(?<![\w>.])(malloc|calloc|realloc|free|strdup|strndup|asprintf|vasprintf)\(")
ALLOCATION_ALLOWED = {"base/mem.c"}

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')


def files_under(top, *endings):
    for folder, _, names in sorted(os.walk(top)):
        for name in sorted(names):
            if name.endswith(endings):
                yield os.path.relpath(os.path.join(folder, name), top)


def includes_of(path):
    with open(path, encoding="utf-8") as text:
        for number, line in enumerate(text, 1):
            found = INCLUDE.match(line)
            if found:
                yield number, found[1] == '"', found[2]


def without_comments(text):
    """Comments and strings become blanks; lines keep their numbers."""
    pattern = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', re.DOTALL)
    return pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def resolve(name, target):
    """The file of src/ that an include line of a file of src/ means, or None."""
    for folder in ("", os.path.dirname(name)):
        path = os.path.normpath(os.path.join(folder, target))
        if os.path.exists(os.path.join(SRC, path)):
            return path
    return None


def files_of_tests():
    """Unit tests, and headers that only they include."""
    includers = {}
    for name in files_under(SRC, ".c", ".h"):
        for _, is_quoted, target in includes_of(os.path.join(SRC, name)):
            if is_quoted:
                includers.setdefault(resolve(name, target), set()).add(name)
    tests = {name for name in files_under(SRC, "_test.c")}
    return tests | {header for header, by in includers.items() if by <= tests}


def check_source(name):
    """What is wrong with a file of src/, as (line, words)."""
    module, is_test = name.split("/")[0], name in TESTS
    if module not in LEVEL:
        yield 0, f"the module {module} is not in the list of layers"
        return
    for number, is_quoted, target in includes_of(os.path.join(SRC, name)):
        if not is_quoted:
            if OUTSIDE_HEADERS.match(target) and module not in OUTSIDE_ALLOWED and not is_test \
                    and name not in OUTSIDE_ALLOWED_FILES:
                yield number, f"<{target}> is for base: reach the outside through wadi__env"
            continue
        path = resolve(name, target)
        if path is None:
            yield number, f'"{target}" is neither beside the file nor in src/'
            continue
        other = path.split("/")[0]
        if other == module or (is_test and other == "testing"):
            continue
        if other not in LEVEL or LEVEL[other] >= LEVEL[module]:
            yield number, f'{module} includes "{target}", but {other} is not above it'
    if name not in ALLOCATION_ALLOWED and not is_test and module != "testing":
        with open(os.path.join(SRC, name), encoding="utf-8") as text:
            for number, line in enumerate(without_comments(text.read()).splitlines(), 1):
                found = ALLOCATION.search(line)
                if found:
                    yield number, f"{found[1]}: use the functions of base/mem.h"


def check_public(name):
    for number, is_quoted, target in includes_of(os.path.join(PUBLIC, name)):
        if is_quoted:
            yield number, f'"{target}": a public header includes <...> only'
        elif target.startswith("wadi/") and not os.path.exists(os.path.join(PUBLIC, target[5:])):
            yield number, f"<{target}> is no public header"


def check_listed(name, build_file, listed_as):
    """The build file names the file, so that it is built and its tests run."""
    with open(build_file, encoding="utf-8") as text:
        if f"'{listed_as}'" not in text.read():
            yield 0, f"'{listed_as}' is not in {os.path.relpath(build_file, ROOT)}"


def check_source_listed(name):
    module, _, rest = name.partition("/")
    listed_as = rest[: -len("_test.c")] if rest.endswith("_test.c") else rest
    build_file = os.path.join(SRC, module, "meson.build")
    if not os.path.exists(build_file):
        return [(0, f"src/{module} has no meson.build")]
    return check_listed(name, build_file, listed_as)


def check_fuzz_listed(name):
    return check_listed(name, os.path.join(ROOT, "tests/fuzz/meson.build"), name[: -len("_fuzz.c")])


TESTS = files_of_tests()
CHECKS = [  # where, which files, what is checked of each
    (SRC, (".c", ".h"), check_source),
    (SRC, (".c",), check_source_listed),
    (PUBLIC, (".h",), check_public),
    (os.path.join(ROOT, "tests/fuzz"), ("_fuzz.c",), check_fuzz_listed),
]


def main():
    passed = failed = 0
    for top, endings, check in CHECKS:
        for name in files_under(top, *endings):
            mistakes = list(check(name))
            for line, words in mistakes:
                print(f"{os.path.relpath(os.path.join(top, name), ROOT)}:{line}: {words}")
            passed, failed = passed + (not mistakes), failed + bool(mistakes)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


sys.exit(main())
