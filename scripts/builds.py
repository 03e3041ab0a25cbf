#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""builds.py NAME...: builds the project in the ways named here, each in build-test/NAME, and runs its suites.
Shows what failed; the last line counts the test cases of all of them.

WADI_BUILD_DIR in the environment puts the builds elsewhere."""

import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILDS_DIR = os.environ.get("WADI_BUILD_DIR", os.path.join(ROOT, "build-test"))
CORES = len(os.sched_getaffinity(0))
COVERAGE_MIN_PERCENT = 90
LOG_LINES_MAX = 60  # of a failed test or build

SANITIZED = ["-Dbuildtype=debug", "-Db_lundef=false"]
# Threads that are still running, as of functions that never return, have memory that is possibly lost.
VALGRIND = ("valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect "
            "--errors-for-leak-kinds=definite,indirect")

# How each is compiled, and which suites it runs; none named: all but those in "not".
BUILDS = {
    "gcc-release": {"cc": "gcc"},
    "gcc-debug": {"cc": "gcc", "options": ["-Dbuildtype=debug"]},
    "gcc-lto": {"cc": "gcc", "options": ["-Db_lto=true"], "suites": ["unit", "install", "registry"]},
    "clang-release": {"cc": "clang"},
    "clang-sanitize": {"cc": "clang", "options": [*SANITIZED, "-Db_sanitize=address,undefined", "-Dfuzz=true"],
                       "slower": 5},
    "clang-thread": {"cc": "clang", "options": [*SANITIZED, "-Db_sanitize=thread", "-Doptimization=1"],
                     "suites": ["unit", "scenario"], "slower": 10},
    # Strings are cut without looking past their ends, which valgrind would report.
    "valgrind": {"cc": "gcc", "options": ["-Dc_args=-DWADI__CAREFUL=1", "-Dcpp_args=-DWADI__CAREFUL=1"],
                 "suites": ["unit"], "slower": 30, "test_args": ["--wrapper", VALGRIND]},
    "coverage": {"cc": "gcc", "options": ["-Dbuildtype=debug", "-Db_coverage=true"], "slower": 2,
                 "not": ["install", "registry", "mistakes", "layers"]},
    "tidy": {"cc": "clang", "suites": []},
}
CXX = {"gcc": "g++", "clang": "clang++"}

ENVIRONMENT = dict(
    os.environ,
    LC_ALL="C.UTF-8",
    ASAN_OPTIONS="detect_leaks=1:detect_stack_use_after_return=1",
    UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1",
    TSAN_OPTIONS="halt_on_error=1:second_deadlock_stack=1",
)


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, passed, failed):
        self.passed += passed
        self.failed += failed


def show(title, text):
    """A failure, under a line that can be searched for."""
    lines = text.splitlines()
    print(f"\n---- FAILED {title} ----")
    if len(lines) > LOG_LINES_MAX:
        print(f"(the last {LOG_LINES_MAX} of {len(lines)} lines)")
    print("\n".join(lines[-LOG_LINES_MAX:]), flush=True)


def run(command, **more):
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, text=True, errors="replace",
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)


def at_fixed_addresses():
    """Sanitizers of some versions do not get on with all of the kernel's random address layouts."""
    prefix = ["setarch", "-R"]
    allowed = shutil.which(prefix[0]) and run([*prefix, "true"]).returncode == 0
    return prefix if allowed else []


def compile_build(name, build):
    """True when build-test/NAME is up to date."""
    folder = os.path.join(BUILDS_DIR, name)
    options = ["-Dwerror=true", "-Dtests=enabled", *build.get("options", [])]
    compilers = {"CC": build["cc"], "CXX": CXX[build["cc"]]}
    is_configured = os.path.exists(os.path.join(folder, "build.ninja"))
    setup = ["env", *(f"{key}={value}" for key, value in compilers.items()),
             "meson", "setup", *(["--reconfigure"] if is_configured else []), *options, folder]
    done = run(setup)
    if done.returncode != 0 and is_configured:
        shutil.rmtree(folder)
        done = run([each for each in setup if each != "--reconfigure"])
    if done.returncode == 0:
        done = run(["ninja", "-C", folder, f"-j{CORES}"])
    if done.returncode != 0:
        show(f"build {name}", done.stdout)
    return done.returncode == 0


def count_cases(test):
    """(passed, failed) of one test program: of its own count, of cmocka's lines, or as one case."""
    text = test["stdout"] + test.get("stderr", "")
    is_bad = test["result"] not in ("OK", "SKIP", "EXPECTEDFAIL")
    counts = re.findall(r"^(\d+) passed, (\d+) failed", text, re.MULTILINE)
    if counts:
        passed, failed = map(int, counts[-1])
    else:
        passed = text.count("[       OK ]")
        failed = sum(int(n) for n in re.findall(r"^\[  FAILED  \] .*: (\d+) test\(s\), listed below", text, re.MULTILINE))
        if passed + failed == 0 and test["result"] == "OK":
            passed = 1
    return passed, max(failed, 1) if is_bad else failed


def run_suites(name, build, tally):
    folder = os.path.join(BUILDS_DIR, name)
    logs = os.path.join(folder, "meson-logs", "testlog*.json")  # a wrapper's name is part of it
    for log in glob.glob(logs):
        os.remove(log)
    suites = [part for suite in build.get("suites", []) for part in ("--suite", suite)]
    suites += [part for suite in build.get("not", []) for part in ("--no-suite", suite)]
    # One more than there are cores: many tests mostly wait, for batches to begin.
    done = run([*at_fixed_addresses(), "meson", "test", "-C", folder, "--no-rebuild", f"--num-processes={CORES + 1}",
                f"--timeout-multiplier={build.get('slower', 1)}", *suites, *build.get("test_args", [])])
    tests = []
    for log in glob.glob(logs):
        with open(log, encoding="utf-8") as lines:
            tests += map(json.loads, lines)
    if not tests:
        show(f"{name}: meson test ran nothing", done.stdout)
        tally.add(0, 1)
    for test in tests:
        passed, failed = count_cases(test)
        tally.add(passed, failed)
        if test["result"] == "SKIP":
            tally.skipped += 1
            print(f"   skipped: {test['name']}: {test['stdout'].strip()}")
        if failed:
            show(f"{name}: {test['name']} ({test['result']}, {test['duration']:.1f} s)",
                 test["stdout"] + test.get("stderr", ""))


def run_tidy(name, tally):
    folder = os.path.join(BUILDS_DIR, name)
    with open(os.path.join(folder, "compile_commands.json"), encoding="utf-8") as commands:
        paths = {os.path.normpath(os.path.join(each["directory"], each["file"])) for each in json.load(commands)}
    sources = sorted(path for path in paths
                     if path.startswith(os.path.join(ROOT, "src")) and not path.endswith("_test.c"))

    def tidy(path):
        return path, run(["clang-tidy", "--quiet", "-p", folder, path])

    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        for path, done in pool.map(tidy, sources):
            tally.add(int(done.returncode == 0), int(done.returncode != 0))
            if done.returncode != 0:
                show(f"clang-tidy {os.path.relpath(path, ROOT)}", done.stdout)


def report_coverage(name, tally):
    done = run(["gcovr", "--root", ".", "--object-directory", os.path.join(BUILDS_DIR, name), "--filter", "src/",
                "--exclude", r".*_test\.c", "--fail-under-line", str(COVERAGE_MIN_PERCENT)])
    print(done.stdout)
    if done.returncode != 0:
        show("coverage", f"fewer than {COVERAGE_MIN_PERCENT} % of the lines of src/ are run by the tests")
    tally.add(int(done.returncode == 0), int(done.returncode != 0))


def main():
    tally = Tally()
    for name in sys.argv[1:]:
        build, start, before = BUILDS[name], time.monotonic(), (tally.passed, tally.failed, tally.skipped)
        print(f"== {name}", flush=True)
        if not compile_build(name, build):
            tally.add(0, 1)
            continue
        if name == "tidy":
            run_tidy(name, tally)
        else:
            run_suites(name, build, tally)
        if name == "coverage":
            report_coverage(name, tally)
        print(f"   {tally.passed - before[0]} passed, {tally.failed - before[1]} failed, "
              f"{tally.skipped - before[2]} skipped, {time.monotonic() - start:.0f} s", flush=True)
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or tally.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
