/* SPDX-License-Identifier: Apache-2.0 */
/* value.h: kernels over values of any type: hash, equality, order, deep copy. They walk the
 * descriptor; the common forms have loops of their own.
 *
 * Equal values have equal hashes: 0.0 and -0.0 are equal, so are all NaN, which order after every
 * other number; strings compare byte by byte; none is before some. */
#ifndef WADI_DATA_VALUE_H
#define WADI_DATA_VALUE_H
#include "base/arena.h"
#include "data/type.h"

/* Chosen at random once per process, or restored, before anything is hashed; so nobody can choose keys
 * that collide. */
extern uint64_t wadi__hash_seed[2];

/* Multiplies to 128 bits and folds: the mixing step of all hashes. */
static inline uint64_t wadi__mix(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 wide;
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}
uint64_t wadi__hash_bytes(const void *bytes, size_t size);
static inline uint64_t wadi__hash_8(uint64_t value) {
    return wadi__mix(value ^ wadi__hash_seed[0], wadi__hash_seed[1]);
}
/* Of a string in place: its two words. */
static inline uint64_t wadi__hash_str_words(uint64_t word0, uint64_t word1) {
    return wadi__mix(word0 ^ wadi__hash_seed[0], word1 ^ wadi__hash_seed[1]);
}

/* Hashes are never 0: that marks an empty slot. */
uint64_t wadi__value_hash(const wadi__type *type, const void *value);
/* hashes[i] = hash of the value at rows + i * stride, or at rows + selected[i] * stride. */
void wadi__value_hash_rows(const wadi__type *type, const void *rows, size_t stride,
                           const uint32_t *selected, size_t count, uint64_t *hashes);

bool wadi__value_equal(const wadi__type *type, const void *a, const void *b);
/* < 0, 0, > 0 */
int wadi__value_compare(const wadi__type *type, const void *a, const void *b);

/* Moves what a value refers to outside itself into the arena. False: no memory, and the value keeps
 * referring to the old bytes wherever it did not get that far. */
bool wadi__value_own(const wadi__type *type, void *value, wadi__arena *arena);
/* Bytes outside the value itself. */
size_t wadi__value_outside_bytes(const wadi__type *type, const void *value);
#endif
