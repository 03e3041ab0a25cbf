/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary.h: numbers keys once, so that what is kept for them lies in columns by number.
 *
 * An index of 8-byte entries, half of a hash and a number, leads to columns of keys and of their
 * hashes. Numbers are given from 0 on; those that were freed are given again first, so columns stay
 * as long as there were keys at once (docs/decisions/tables.md). Long keys are copied; the bytes of
 * freed ones go when as many have gathered as are in use.
 *
 * One thread at a time writes. Who reads keys later, as records on their way do, holds `strings`.
 */
#ifndef WADI_EXEC_DICTIONARY_H
#define WADI_EXEC_DICTIONARY_H
#include "data/keep.h"
#include "data/type.h"

enum { WADI__DICTIONARY_BATCH = 512 }; /* the most rows of one call */

typedef struct wadi__dictionary {
    const wadi__type *key;
    uint64_t *index;  /* the upper half of a hash, and a number + 1; 0: empty */
    size_t capacity;  /* of the index: a power of two, or 0 */
    char *keys;       /* by number */
    uint64_t *hashes; /* by number; 0: the number is free */
    uint32_t *freed;  /* free numbers below `end` .. */
    uint32_t freed_count;
    uint32_t room;                 /* of the columns, in numbers */
    uint32_t end;                  /* every number given so far is less */
    uint32_t count;                /* keys */
    wadi__keep *strings;           /* bytes of long keys; NULL: keys have none */
    size_t long_bytes, dead_bytes; /* of those in use, and of freed ones, in `strings` */
} wadi__dictionary;

/* False: no memory. */
bool wadi__dictionary_init(wadi__dictionary *self, const wadi__type *key);
void wadi__dictionary_fini(wadi__dictionary *self); /* of a zeroed one, too */

typedef struct wadi__dictionary_rows {
    const char *rows; /* that begin with their key */
    size_t row_size;
    const uint32_t *selected; /* row numbers; NULL: 0.. */
    const uint64_t *hashes;   /* of record i, not of row selected[i] */
    size_t count;             /* at most WADI__DICTIONARY_BATCH */
    size_t ahead;             /* how many more hashes follow that may be prefetched */
} wadi__dictionary_rows;
/* numbers[i] is that of the key of record i; is_new[i]: it was given now. False: no memory, and
 * nothing has changed. */
bool wadi__dictionary_number(wadi__dictionary *self, const wadi__dictionary_rows *rows,
                             uint32_t *numbers, bool *is_new);
/* Frees a number that is in use. */
void wadi__dictionary_remove(wadi__dictionary *self, uint32_t number);
/* Whether most bytes of long keys belong to freed ones. */
bool wadi__dictionary_is_wasteful(const wadi__dictionary *self);
/* Copies the long keys in use to new strings; whoever has copies of keys takes them anew. False: no
 * memory, and nothing has changed. */
bool wadi__dictionary_compact(wadi__dictionary *self);

static inline bool wadi__dictionary_has(const wadi__dictionary *self, uint32_t number) {
    return self->hashes[number] != 0;
}
static inline const char *wadi__dictionary_key(const wadi__dictionary *self, uint32_t number) {
    return self->keys + number * (size_t)self->key->pub.size;
}
#endif
