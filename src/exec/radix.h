/* SPDX-License-Identifier: Apache-2.0 */
/* radix.h: the records of an input distributed by bits of their keys' hashes, so that a table of
 * one part stays in the second-level cache (Boncz, Manegold, Kersten, VLDB 1999). */
#ifndef WADI_EXEC_RADIX_H
#define WADI_EXEC_RADIX_H
#include "exec/input.h"

enum { WADI__RADIX_BITS_MAX = 10 };

/* Records with their hashes, part after part. An entry is the hash and the record. */
typedef struct wadi__radix {
    char *entries;
    size_t entry_size, size_bytes; /* of one, of all memory */
    size_t *begins;                /* of the parts, in entries; one more is the end of the last */
} wadi__radix;

/* The part of a hash. Other bits than those that choose a partition, and a table's slot. */
static inline size_t wadi__radix_part(uint64_t hash, unsigned bits) {
    return (size_t)(hash >> (32 - WADI__RADIX_BITS_MAX)) & (((size_t)1 << bits) - 1);
}
static inline size_t wadi__radix_entry_size(size_t row_size) {
    return (sizeof(uint64_t) + row_size + 7) & ~(size_t)7;
}
/* Copies what the input holds, whose runs have hashes, into 2^bits parts, each in the order of the
 * input. False: no memory. */
bool wadi__radix_init(wadi__radix *self, const wadi__held_input *input, unsigned bits);
void wadi__radix_fini(wadi__radix *self);

static inline uint64_t wadi__radix_hash(const wadi__radix *self, size_t i) {
    return *(const uint64_t *)(const void *)(self->entries + i * self->entry_size);
}
static inline const char *wadi__radix_row(const wadi__radix *self, size_t i) {
    return self->entries + i * self->entry_size + sizeof(uint64_t);
}
#endif
