/* SPDX-License-Identifier: Apache-2.0 */
/* state_store.h: the states of the keys of one partition: dense columns, and an index over them.
 *
 * Records of states lie side by side in chunks of memory, each with columns of their keys' hashes
 * and of when they were last touched. A row's number stays the same until its key is removed; then
 * the row is free for another key. The index is a table of 8 bytes an entry, part of the hash and
 * the row's number, by open addressing (docs/decisions/tables.md).
 *
 * A store goes from batch to batch in steps. In a step every row that is changed is first written
 * to an undo log. So a step that fails is undone at the cost of what it touched, and the states of
 * an earlier batch are read through the logs of the later ones. What states point at is copied into
 * memory of the store, which is never overwritten: readers hold it by its keep. When most of it is
 * garbage, states move to a new keep, a few with each step.
 *
 * Whoever changes a store has it alone; many may read it at once. */
#ifndef WADI_STREAM_STATE_STORE_H
#define WADI_STREAM_STATE_STORE_H
#include "data/capture.h"
#include "data/type.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef uint32_t wadi__state_row; /* chunk number and number in the chunk */
#define WADI__STATE_NO_ROW UINT32_MAX

typedef struct wadi__state_chunk {
    char *piece; /* of the pool: all columns */
    size_t piece_bytes;
    uint32_t capacity; /* rows */
    uint32_t count;    /* rows that were ever used: [0, count) */
    uint64_t *hashes;  /* of the keys */
    int64_t *times_ms; /* of the last touch; NULL: not kept */
    char *rows;
    uint64_t *is_live;   /* bits: the row has a key */
    uint64_t *is_logged; /* bits: its record is in the log of this step */
    uint64_t *is_seen;   /* bits for the caller, all clear when a step begins */
    uint64_t *is_dirty;  /* bits: it has changed since the last capture, or since it came */
    uint64_t *is_saved;  /* bits: a capture has had the key */
} wadi__state_chunk;

typedef struct wadi__state_was { /* what rows were before they got another record or time: columns */
    struct wadi__state_was *before;
    uint32_t count, room;
    wadi__state_row *rows;
    int64_t *times_ms; /* NULL: not kept */
    char *records;
} wadi__state_was;
typedef struct wadi__state_undo { /* a key came or went */
    wadi__state_row row;
    bool was_saved; /* it went: a capture has had the key */
    struct wadi__state_image *image; /* NULL: it came */
} wadi__state_undo;
typedef struct wadi__state_image { /* of a row whose key went */
    uint64_t hash;
    int64_t time_ms;
    _Alignas(16) char record[];
} wadi__state_image;

/* Of one step. A row that changed is in `was` once, as it was when the step began: before its key
 * went, if it did, and not if its key came in this step. */
typedef struct wadi__state_log {
    int64_t batch_ms;
    wadi__state_was *was;             /* newest first; NULL: none */
    WADI__VEC(wadi__state_undo) undo; /* oldest first */
    wadi__arena arena;                /* of all that is above */
    wadi__keep *keep, *older;         /* that records may point into; NULL: none */
} wadi__state_log;

typedef struct wadi__state_store {
    const wadi__type *type, *key; /* of states, of their first field */
    bool keeps_times;
    bool has_outside;    /* states may point at something besides their keys */
    uint32_t slot_bits;  /* of a row's number: which in its chunk */
    uint32_t chunk_rows; /* of a whole chunk; the first one grows up to it */
    WADI__VEC(wadi__state_chunk) chunks;
    size_t count;             /* keys */
    wadi__state_row free;     /* the first free row, in which stands the next one, and so on */
    uint64_t *index;          /* entries; 0: none */
    size_t index_capacity;    /* a power of two; 0: none yet */
    uint64_t turn;            /* how often a key has come or gone */
    size_t outside_bytes;     /* that states point at */
    wadi__keep *keep, *older; /* where that lies: what is new, and what is being left; or NULL */
    size_t moved_chunk;       /* leaving: the next row to be moved */
    uint32_t moved_slot;
    char *scratch;                     /* room for a record */
    wadi__state_log *open;             /* of this step; while it runs */
    size_t changes;                    /* of rows in the step before: as many are expected */
    WADI__VEC(wadi__state_log *) logs; /* of earlier steps, oldest first */
    bool is_captured;        /* what changes is noted, to be captured */
    bool has_lost;           /* keys that went are not noted any more: only a capture of all will do */
    wadi__block *removed;    /* keys that captures have had and that are gone since; NULL: none */
    uint64_t removed_before; /* of them, those of before the step */
} wadi__state_store;

/* Of records of `type`, whose first field is their key. Nothing is allocated yet. */
void wadi__state_store_init(wadi__state_store *store, const wadi__type *type, bool keeps_times);
void wadi__state_store_fini(wadi__state_store *store);

/* ---- A step. All but find need one. False: no memory, and nothing has changed. ---- */

bool wadi__state_store_begin(wadi__state_store *store);
/* What was done counts, as batch_ms. */
void wadi__state_store_commit(wadi__state_store *store, int64_t batch_ms);
/* Nothing was done. Needs no memory. */
void wadi__state_store_undo(wadi__state_store *store);

/* The rows of keys, which begin the records at rows + i * stride. NO_ROW: the key is not there. */
void wadi__state_store_find(const wadi__state_store *store, const void *rows, size_t stride,
                            const uint64_t *hashes, size_t count, wadi__state_row *found);

/* The same in three steps, for who works on other keys between them, while memory is fetched. */

/* Asks for what guess needs. */
void wadi__state_store_fetch(const wadi__state_store *store, const uint64_t *hashes, size_t count);
/* Rows that keys of these hashes probably have, as long as no key comes or goes. Asks for what
 * take, and a change of the row, need. */
void wadi__state_store_guess(const wadi__state_store *store, const uint64_t *hashes, size_t count,
                             wadi__state_row *rows);
typedef struct wadi__state_keys {
    const char *rows; /* the keys begin the records at rows + i * stride */
    size_t stride;
    const uint64_t *hashes;
    size_t count;
} wadi__state_keys;
/* Makes guessed rows right, and copies their records side by side. */
void wadi__state_store_take(const wadi__state_store *store, const wadi__state_keys *keys,
                            wadi__state_row *rows, void *copies);
/* Fetches what looking for keys of these hashes, and changing their rows, will need. */
void wadi__state_store_prefetch(const wadi__state_store *store, const uint64_t *hashes,
                                size_t count);
/* The row of a key, made now if there is none: zeroed but for the key, of which the store has its
 * own copy. NO_ROW: no memory. */
wadi__state_row wadi__state_store_insert(wadi__state_store *store, const void *key, uint64_t hash,
                                         bool *is_new);
/* Gives a row a record, of which the store takes its own copy, but for the key, and a time. */
bool wadi__state_store_set(wadi__state_store *store, wadi__state_row row, const void *record,
                           int64_t time_ms);
/* The same for some rows, whose records lie side by side. False: some may have got theirs. */
bool wadi__state_store_set_some(wadi__state_store *store, const wadi__state_row *rows,
                                const void *records, size_t count, int64_t time_ms);
bool wadi__state_store_touch(wadi__state_store *store, wadi__state_row row, int64_t time_ms);
bool wadi__state_store_remove(wadi__state_store *store, wadi__state_row row);

/* ---- Rows ---- */

static inline wadi__state_chunk *wadi__state_chunk_of(const wadi__state_store *store,
                                                      wadi__state_row row) {
    return &store->chunks.items[row >> store->slot_bits];
}
static inline uint32_t wadi__state_slot_of(const wadi__state_store *store, wadi__state_row row) {
    return row & ((1u << store->slot_bits) - 1);
}
static inline wadi__state_row wadi__state_row_at(const wadi__state_store *store, size_t chunk,
                                                 uint32_t slot) {
    return (wadi__state_row)chunk << store->slot_bits | slot;
}
static inline char *wadi__state_record(const wadi__state_store *store, wadi__state_row row) {
    return wadi__state_chunk_of(store, row)->rows +
           (size_t)wadi__state_slot_of(store, row) * store->type->pub.size;
}
static inline bool wadi__state_bit(const uint64_t *bits, uint32_t slot) {
    return bits[slot / 64] >> slot % 64 & 1;
}
static inline void wadi__state_bit_set(uint64_t *bits, uint32_t slot) {
    bits[slot / 64] |= (uint64_t)1 << slot % 64;
}
static inline void wadi__state_bit_clear(uint64_t *bits, uint32_t slot) {
    bits[slot / 64] &= ~((uint64_t)1 << slot % 64);
}
/* Whether two records have the same bytes; without a call for those of a few words. */
static inline bool wadi__state_same_bytes(const char *a, const char *b, size_t size) {
    for (; size >= sizeof(uint64_t); a += sizeof(uint64_t), b += sizeof(uint64_t)) {
        uint64_t x, y;
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        if (x != y) return false;
        size -= sizeof x;
    }
    return size == 0 || memcmp(a, b, size) == 0;
}
/* Clears the caller's bits of all rows. */
void wadi__state_store_clear_seen(wadi__state_store *store);
/* Bytes of all that it holds. */
size_t wadi__state_store_bytes(const wadi__state_store *store);

/* ---- Captures: what has changed since the last one, for files (state_capture.c) ---- */

/* From now on changes are noted. Of an empty store, between steps. */
static inline void wadi__state_store_note(wadi__state_store *store) { store->is_captured = true; }
/* Adds what has changed since the last capture, or all rows, to `capture`; from then on they count
 * as captured. Costs what it takes, and a look at a bit for each row. Between steps. False: no
 * memory, and nothing has changed. */
bool wadi__state_store_capture(wadi__state_store *store, bool all, wadi__capture *capture);

typedef struct wadi__state_rows { /* records that were captured once */
    const char *rows;
    const uint32_t *selected; /* row numbers; NULL: 0.. */
    const uint64_t *hashes;   /* of their keys, of row selected[i] */
    const int64_t *times_ms;  /* of row selected[i]; NULL: none are known */
    size_t count;
} wadi__state_rows;
/* Puts them in place of what the store has of their keys. It has its own copy of what they point
 * at; they count as captured. Between steps, and while no earlier batch is to be read. False: no
 * memory; some may be in. */
bool wadi__state_store_load(wadi__state_store *store, const wadi__state_rows *rows);
/* Room for so many more keys. False: no memory. */
bool wadi__state_store_expect(wadi__state_store *store, size_t count);
/* Takes a key out, if it is there. As load. */
void wadi__state_store_unload(wadi__state_store *store, const void *key, uint64_t hash);

/* ---- Earlier batches ---- */

/* Drops the logs of batches up to this one: then no batch before it can be read. */
void wadi__state_store_forget(wadi__state_store *store, int64_t batch_ms);
void wadi__state_log_free(wadi__state_log *log);
/* How many rows are in its `was`. */
size_t wadi__state_log_changes(const wadi__state_log *log);
#endif
