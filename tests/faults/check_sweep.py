#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_sweep.py SWEEP LIBRARY: every function that the library offers is called by a scene of the sweep, so that
each of them has been seen without memory. Compares what the scenes' object files ask for with what the library has."""

import glob
import subprocess
import sys

SKIPPED = 77  # Meson's status for a skipped test


def names(options, files):
    out = subprocess.run(["nm", *options, *files], capture_output=True, text=True, check=False).stdout
    found = {line.split()[-1] for line in out.splitlines() if line.strip() and not line.endswith(":")}
    return {name for name in found if name.startswith("wadi_")}


def main():
    sweep, library = sys.argv[1:]
    asked = names(["--undefined-only"], glob.glob(sweep + ".p/*.o"))
    offered = names(["--dynamic", "--defined-only"], [library])
    if not asked or not offered:
        print("SKIPPED: these object files cannot be read by nm (link-time optimisation)")
        sys.exit(SKIPPED)
    missing = sorted(offered - asked)
    for name in missing:
        print(f"{name} is public, and no scene calls it: call it in a scene of tests/faults/sweep_*.c, where each of "
              "its requests for memory is refused in turn")
    print(f"{len(offered) - len(missing)} passed, {len(missing)} failed")
    sys.exit(1 if missing else 0)


main()
