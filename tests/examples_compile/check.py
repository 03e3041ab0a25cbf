#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check.py COMPILER... -- CXX_COMPILER...: every example compiles without a warning, as strict and as GNU
C17, with and without optimisation; the C++ ones as C++17, and as C++20 with options by position.
Without a C++ compiler nothing follows the --."""

import glob
import itertools
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.dirname(HERE))
import compiling

C_STANDARDS = [["-std=c17"], ["-std=gnu17"]]
CXX_STANDARDS = [["-std=c++17"], ["-std=c++20", "-DWADI_BY_POSITION"]]
LEVELS = ["-O0", "-O2"]


def cases_of(compiler, standards, files):
    for path, standard, level in itertools.product(files, standards, LEVELS):
        yield (f"{os.path.basename(path)} {' '.join(standard)} {level}",
               [*compiler, *standard, level, *compiling.WARNINGS, f"-I{ROOT}/include", "-c", path, "-o", os.devnull],
               lambda compiled, output: None if compiled else "it does not compile without a warning")


def main():
    split = sys.argv.index("--")
    c_compiler, cxx_compiler = sys.argv[1:split], sys.argv[split + 1:]
    examples = sorted(glob.glob(f"{ROOT}/examples/*.c"))
    cases = list(cases_of(c_compiler, C_STANDARDS, [*examples, f"{HERE}/unused.c"]))
    if cxx_compiler:
        files = [*sorted(glob.glob(f"{ROOT}/examples/*.cpp")), f"{HERE}/kinds.cpp", f"{HERE}/unused.cpp"]
        cases += cases_of(cxx_compiler, CXX_STANDARDS, files)
    compiling.run_cases(cases)


main()
