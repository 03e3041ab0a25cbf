#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""two_streams.py PROGRAM: readings in CSV files, those of known sensors only, once there is a list of these."""

import sandbox
from cases import expect, expect_equal, run
from peers import put_files_together
from program import Program
from words import grouped, program_of

READINGS = "cellar,4.5\nattic,31\ncellar,5\nthe shed in the garden,12.25\n"
ALL = ["attic", "cellar", "the shed in the garden"]


def readings_of_known_sensors():
    with Program([program_of()]) as program:
        program.wait_for_batches(lambda batches: len(batches) >= 2, "the first batch is printed")

        def readings():
            return [sorted(outputs[0]) for _, outputs in grouped(program.batches, 2) if outputs[0]]

        put_files_together({"/readings/a.csv": READINGS})
        program.wait_for_batches(lambda batches: readings(), "the readings are printed")
        expect_equal(readings(), [["(attic,31.0)", "(cellar,4.5)", "(cellar,5.0)", "(the shed in the garden,12.25)"]],
                     "no sensors are known yet: all readings")
        put_files_together({"/sensors/a.csv": "cellar,true\nnowhere,false\n", "/readings/b.csv": READINGS})
        program.wait_for_batches(lambda batches: len(readings()) == 2, "the second readings are printed")
        expect_equal(readings()[1], ["(cellar,4.5)", "(cellar,5.0)"], "the known one's readings, in the same batch")
        put_files_together({"/readings/c.csv": "the shed in the garden,1\nnowhere,2\n"})
        program.wait_for_batches(lambda batches: len(readings()) == 3, "the third readings are printed")
        program.stop()
        expect_equal(readings()[2], ["(nowhere,2.0)"], "sensors stay known for ten minutes")
        # Each batch names the sensors of the last minute once, also those whose readings are left out.
        names = [(sorted(outputs[1]), len(outputs[0])) for _, outputs in grouped(program.batches, 2)]
        expect_equal([each for each, _ in names if each][0], ALL, "sensors of the first readings")
        new = [each for each, readings_count in names if readings_count == 1]
        expect("nowhere" in new[0] and len(new[0]) == len(set(new[0])), f"sensors of the last minute: {new[0]}")
        expect_equal(program.stderr, "", "stderr")


sandbox.enter("/readings", "/sensors")
run(readings_of_known_sensors)
