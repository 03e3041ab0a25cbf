#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""smoke.py PROGRAM CORPUS SECONDS: runs a libFuzzer target over its corpus and a little further. What it
finds stays in a folder of its own; an input that breaks it is printed."""

import glob
import os
import subprocess
import sys
import tempfile


def main():
    program, corpus, seconds = sys.argv[1:]
    with tempfile.TemporaryDirectory() as found:
        done = subprocess.run([program, f"-max_total_time={seconds}", "-seed=1", "-timeout=10", "-rss_limit_mb=2048",
                               f"-artifact_prefix={found}/broken-", found, corpus])
        for path in glob.glob(f"{found}/broken-*"):
            with open(path, "rb") as file:
                print(f"{os.path.basename(path)}: {file.read(4096)!r}")
    return 1 if done.returncode else 0


sys.exit(main())
