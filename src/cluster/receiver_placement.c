/* SPDX-License-Identifier: Apache-2.0 */
/* receiver_placement.c: on which executors receivers may run. */
#include "cluster/receiver_placement.h"

#include <string.h>

static bool is_on_host(const char *executor, const char *host) {
    size_t len = strlen(host);
    return strncmp(executor, host, len) == 0 && (executor[len] == ':' || executor[len] == 0);
}
/* The executor with the fewest receivers, of those on a host; NULL: of all. -1: there is none. */
static ptrdiff_t least_loaded(const char *const *executors, const uint32_t *loads, size_t count,
                              const char *host) {
    ptrdiff_t least = -1;
    for (size_t i = 0; i < count; i++)
        if ((host == NULL || is_on_host(executors[i], host)) &&
            (least < 0 || loads[i] < loads[least]))
            least = (ptrdiff_t)i;
    return least;
}
static void add(wadi__placed_receiver *receiver, size_t executor) {
    receiver->candidates[receiver->candidate_count++] = (uint32_t)executor;
}
static wadi__placed_receiver *with_fewest(wadi__placed_receiver *receivers, size_t count) {
    wadi__placed_receiver *fewest = &receivers[0];
    for (size_t i = 1; i < count; i++)
        if (receivers[i].candidate_count < fewest->candidate_count) fewest = &receivers[i];
    return fewest;
}
void wadi__receivers_place(wadi__placed_receiver *receivers, size_t receiver_count,
                           const char *const *executors, size_t executor_count, uint32_t *loads) {
    for (size_t i = 0; i < executor_count; i++) loads[i] = 0;
    for (size_t i = 0; i < receiver_count; i++) {
        receivers[i].candidate_count = 0;
        receivers[i].is_elsewhere = false;
    }
    if (executor_count == 0) return;
    for (int with_host = 1; with_host >= 0; with_host--)
        for (size_t i = 0; i < receiver_count; i++) {
            const char *host = receivers[i].preferred_host;
            if ((host != NULL) != (with_host != 0)) continue;
            ptrdiff_t at = least_loaded(executors, loads, executor_count, host);
            receivers[i].is_elsewhere = at < 0;
            if (at < 0) continue;
            add(&receivers[i], (size_t)at);
            loads[at]++;
        }
    for (size_t i = 0; i < executor_count && receiver_count > 0; i++)
        if (loads[i] == 0) add(with_fewest(receivers, receiver_count), i);
}
void wadi__receiver_place_again(wadi__placed_receiver *receiver, const char *const *executors,
                                const double *loads, size_t executor_count) {
    receiver->candidate_count = 0;
    receiver->is_elsewhere = receiver->preferred_host != NULL && executor_count > 0;
    double least = executor_count > 0 ? loads[0] : 0;
    for (size_t i = 1; i < executor_count; i++) least = loads[i] < least ? loads[i] : least;
    for (size_t i = 0; i < executor_count; i++) {
        bool is_preferred =
            receiver->preferred_host != NULL && is_on_host(executors[i], receiver->preferred_host);
        if (is_preferred) receiver->is_elsewhere = false;
        if (is_preferred || loads[i] == least) add(receiver, i);
    }
}
