# SPDX-License-Identifier: Apache-2.0
"""building.py: Wadi's programs, with -O2, and the limit programs, with -O3 -march=native, in one folder."""

import os
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.environ.get("WADI_BENCH_DIR", os.path.join(ROOT, "build-bench"))


def build(caller):
    """Builds what has changed and returns the folder; without success it ends the program."""
    reconfigure = ["--reconfigure"] if os.path.exists(f"{BUILD}/build.ninja") else []
    for command in (
        ["meson", "setup", *reconfigure, "-Dbuildtype=debugoptimized", "-Dbench=true", "-Dtests=disabled", BUILD],
        ["ninja", "-C", BUILD],
    ):
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode != 0:
            print(done.stdout, file=sys.stderr)
            sys.exit(f"bench/{caller}: the programs could not be built; `scripts/install_deps bench` installs what "
                     "they need")
    return BUILD
