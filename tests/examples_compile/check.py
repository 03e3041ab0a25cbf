#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py FOLDER COMPILER... -- CXX_COMPILER...: every example compiles without a warning, as strict and as GNU
C17, with and without optimisation; the C++ ones as C++17, and as C++20 with options by position.
Without a C++ compiler nothing follows the --. As GNU C17 they are only parsed: what the optimizer then sees, and
warns of, is the same.

All of that twice: with the headers as they are, which compilers take for system headers, and without that
pragma, so that what macros put into users' files is looked at as if users had written it. Those are copied into
FOLDER, where they stay, and output goes there, so that a compiler's cache knows what it did the last time."""

import glob
import itertools
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))
import compiling

# Translated to assembly, which no assembler need read.
C_WAYS = [["-std=c17", "-O0", "-S"], ["-std=c17", "-O2", "-S"], ["-std=gnu17", "-O2", "-fsyntax-only"]]
CXX_STANDARDS = [["-std=c++17"], ["-std=c++20", "-DWADI_BY_POSITION"]]
CXX_WAYS = [[*standard, level, "-S"] for standard in CXX_STANDARDS for level in ("-O0", "-O2")]
PRAGMA = "#pragma GCC system_header\n"
# Options that are left out are zero; C++ has no way to say so that g++ would not warn of.
BARE_CXX = ["-Wno-missing-field-initializers"]


def cases_of(compiler, ways, files, include, more=()):
    for path, way in itertools.product(files, ways):
        to = f"{sys.argv[1]}/{os.path.basename(path)}{''.join(way)}.{os.path.basename(include)}.s"
        yield (f"{os.path.basename(path)} {' '.join(way)} {include}",
               [*compiler, *way, *compiling.WARNINGS, *more, f"-I{include}", path, "-o", to],
               lambda compiled, output: None if compiled else "it does not compile without a warning")


def headers_alone(compiler):
    """Each header compiles by itself in C++; that they do in C, the suite install shows."""
    for path, standard in itertools.product(sorted(glob.glob(f"{ROOT}/include/wadi/*.h")), CXX_STANDARDS):
        yield (f"{os.path.basename(path)} {' '.join(standard)}",
               [*compiler, *standard, *compiling.WARNINGS, f"-I{ROOT}/include", "-include", path, "-x", "c++",
                "-fsyntax-only", os.devnull],
               lambda compiled, output: None if compiled else "it does not compile by itself")


def copy_bare(to):
    """The headers without the pragma; which all of them have."""
    shutil.rmtree(to, ignore_errors=True)
    os.makedirs(f"{to}/wadi")
    for path in glob.glob(f"{ROOT}/include/wadi/*.h"):
        with open(path, encoding="utf-8") as header:
            text = header.read()
        if PRAGMA not in text and os.path.basename(path) != "wadi.h":
            sys.exit(f"{path} is no system header")
        with open(f"{to}/wadi/{os.path.basename(path)}", "w", encoding="utf-8") as header:
            header.write(text.replace(PRAGMA, ""))
    return to


def main():
    split = sys.argv.index("--")
    c_compiler, cxx_compiler = sys.argv[2:split], sys.argv[split + 1:]
    c_files = [*sorted(glob.glob(f"{ROOT}/examples/*.c")), f"{HERE}/unused.c", f"{HERE}/names.c"]
    cxx_files = [*sorted(glob.glob(f"{ROOT}/examples/*.cpp")), f"{HERE}/kinds.cpp", f"{HERE}/unused.cpp"]
    bare, cases = copy_bare(f"{sys.argv[1]}/bare_headers"), []
    cases += cases_of(c_compiler, C_WAYS, [f"{HERE}/body_names.c"], f"{ROOT}/include")
    for include, more in ((f"{ROOT}/include", []), (bare, BARE_CXX)):
        cases += cases_of(c_compiler, C_WAYS, c_files, include)
        if cxx_compiler:
            cases += cases_of(cxx_compiler, CXX_WAYS, cxx_files, include, more)
    if cxx_compiler:
        cases += headers_alone(cxx_compiler)
    compiling.run_cases(cases)


main()
