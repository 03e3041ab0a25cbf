/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_placement.h: on which executors receivers may run. Source: Spark 3
 * ReceiverSchedulingPolicy. Names and numbers only. */
#ifndef WADI_CLUSTER_RECEIVER_PLACEMENT_H
#define WADI_CLUSTER_RECEIVER_PLACEMENT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct wadi__placed_receiver {
    const char *preferred_host; /* NULL: none */
    size_t candidate_count;     /* out, with .. */
    uint32_t *candidates;       /* .. room for all executors: their numbers */
    bool is_elsewhere;          /* out: its host has no executor yet, and it waits for one */
} wadi__placed_receiver;

/* All receivers at the start: spread evenly, those with a preferred host first; executors that are
 * left over become further candidates. executors: "host" or "host:port". `loads` has room for a
 * number for each executor. */
void wadi__receivers_place(wadi__placed_receiver *receivers, size_t receiver_count,
                           const char *const *executors, size_t executor_count, uint32_t *loads);

/* One receiver again. loads[i]: of executor i, 1 for each receiver that runs there, and a share for
 * each that may: 1 / its candidates. Those without load, or if there are none those with the least,
 * and the preferred host's. */
void wadi__receiver_place_again(wadi__placed_receiver *receiver, const char *const *executors,
                                const double *loads, size_t executor_count);
#endif
