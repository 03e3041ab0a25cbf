#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""crash_runs.py CRASHING RECEIVING KILLS [SEED]: kills programs at random moments, again and again, while records come in,
and starts them again from their checkpoints. At the end what they counted is compared with what came: of_files.py and
of_receiver.py say how. A seed decides what comes, and when the program is killed; a run that fails tells the command that
runs its seed again."""

import os
import random
import shutil
import sys
import tempfile

import of_files
import of_receiver
from cases import Failed

KILLS_PER_RUN = 10


def main():
    commands, kills = [os.path.abspath(path) for path in sys.argv[1:3]], int(sys.argv[3])
    seed = int(sys.argv[4]) if len(sys.argv) > 4 else random.randrange(10**9)
    done = 0
    while done < kills:
        here, folder = os.getcwd(), tempfile.mkdtemp(prefix="crash-")
        os.chdir(folder)
        os.makedirs("out")
        now, kind = min(KILLS_PER_RUN, kills - done), seed % 2
        try:
            found = (of_files, of_receiver)[kind].run(commands[kind], now, seed)
        except Failed as problem:
            print(f"FAILED  seed {seed}: {problem}\n  its files are in {folder}; again: scripts/crash_runs {now} {seed}")
            with open("log", encoding="utf-8", errors="replace") as log:
                print("  its log ends with:\n" + "".join("    " + line for line in log.readlines()[-15:]))
            sys.exit(1)
        finally:
            os.chdir(here)
        shutil.rmtree(folder)
        done += now
        print(f"ok      seed {seed}: {found}; {done} of {kills} kills", flush=True)
        seed += 1


main()
