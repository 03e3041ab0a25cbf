#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""partitions.py PROGRAM: events in CSV files, by partitions: sums, sizes, a partitioner of the program's own."""

import sandbox
from cases import expect, expect_equal, run
from peers import put_files_together
from program import Program
from words import grouped, program_of

# Region r has ten events of r + 0.5 each; 9 shares its partition, of 8, with 1.
REGIONS = [0, 1, 2, 3, 9]
EVENTS = [f"{region},{region + 0.5}" for _ in range(10) for region in REGIONS]
SUMS = {region: 10 * (region + 0.5) for region in REGIONS}
SUM_OF_PARTITION = [5.0, 15.0 + 95.0, 25.0, 35.0, 0.0, 0.0, 0.0, 0.0]
NOTHING = [["0.0"] * 8, ["0"] * 10 + ["..."], []]  # partitions are there without events, too


def events_go_to_the_partition_of_their_region():
    with Program([program_of()]) as program:
        program.wait_for_batches(lambda batches: len(batches) >= 3, "the first batch is printed")
        expect_equal(grouped(program.batches, 3)[0][1], NOTHING, "a batch without events")
        half = len(EVENTS) // 2
        put_files_together({"/events/a.csv": "\n".join(EVENTS[:half]) + "\n", "/events/b.csv": "\n".join(EVENTS[half:])})

        def full():
            return [outputs for _, outputs in grouped(program.batches, 3) if outputs != NOTHING]

        program.wait_for_batches(lambda batches: full(), "the events are printed")
        program.stop()
        sums, sizes, regions = full()[0]
        expect_equal([float(line) for line in sums], SUM_OF_PARTITION, "sums of partitions, in their order")
        expect_equal((len(sizes), sizes[10]), (11, "..."), "ten of sixteen partitions")
        expect(all(2 <= int(size) <= 5 for size in sizes[:10]), f"50 events are spread over 16 partitions: {sizes}")
        expect_equal(sorted(regions), sorted(f"({region},{total})" for region, total in SUMS.items()), "sums of regions")
        of_partition = [int(line[1:].split(",")[0]) % 8 for line in regions]
        expect_equal(of_partition, sorted(of_partition), "partitions in their order")
        expect_equal(len(full()), 1, "batches with events")
        expect_equal(program.stderr, "", "stderr")


sandbox.enter("/events")
run(events_go_to_the_partition_of_their_region)
