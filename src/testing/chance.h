/* SPDX-License-Identifier: Apache-2.0 */
/* chance.h: numbers from a seed, the same in every run. Steele, Lea, Flood: "Fast splittable
 * pseudorandom number generators" (SplitMix64). Not for secrets; one thread at a time. */
#ifndef WADI_TESTING_CHANCE_H
#define WADI_TESTING_CHANCE_H
#include <stdbool.h>
#include <stdint.h>

typedef struct wadi__chance {
    uint64_t at; /* the seed at first; any number is a good one */
} wadi__chance;

static inline uint64_t wadi__chance_next(wadi__chance *chance) {
    uint64_t z = (chance->at += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}
/* From 0 to below - 1; 0 for 0. */
static inline uint64_t wadi__chance_below(wadi__chance *chance, uint64_t below) {
    uint64_t next = wadi__chance_next(chance);
    return below != 0 ? next % below : 0;
}
/* True in `part` of `whole` cases. */
static inline bool wadi__chance_is(wadi__chance *chance, uint64_t part, uint64_t whole) {
    return wadi__chance_below(chance, whole) < part;
}
#endif
