/* SPDX-License-Identifier: Apache-2.0 */
/* sort_key.h: putting records in the order of a field, stably.
 *
 * What is sorted are entries: a record's address and a word of 8 bytes that orders like the first
 * part of its key. Entries of equal words are sorted again by the next part, or by the next bytes
 * of a string; strings skip what they all have in common (after Sinha and Zobel, "Cache-conscious
 * sorting of large sets of strings", 2003). Words are sorted by radix, with those bits only that
 * differ. */
#ifndef WADI_EXEC_SORT_KEY_H
#define WADI_EXEC_SORT_KEY_H
#include "data/type.h"

enum { WADI__SORT_PARTS_MAX = 16 };

typedef struct wadi__sort_part { /* a number or a string in the record */
    uint32_t offset;
    wadi_kind kind; /* WADI_KIND_RECORD: neither; the whole field is compared instead */
    uint32_t size;
} wadi__sort_part;

typedef struct wadi__sort_key {
    const wadi__type *type; /* of the field .. */
    uint32_t offset, count; /* .. which lies here, as many times */
    bool is_descending;
    uint32_t part_count;
    wadi__sort_part parts[WADI__SORT_PARTS_MAX];
} wadi__sort_key;

/* The order of a field of records; NULL: of the whole record. */
void wadi__sort_key_init(wadi__sort_key *key, const wadi__type *record, const wadi_field *field,
                         bool is_descending);
/* < 0, 0, > 0: how two records are ordered. */
int wadi__sort_key_compare(const wadi__sort_key *key, const char *a, const char *b);

typedef struct wadi__sort_entry {
    uint64_t word;
    const char *row;
} wadi__sort_entry;
/* Sorts entries whose rows are set; `room` holds as many. */
void wadi__sort_entries(const wadi__sort_key *key, wadi__sort_entry *entries,
                        wadi__sort_entry *room, size_t count);

/* Where keys belong between ascending bounds: in the order of the number of bounds below them. */
typedef struct wadi__sort_bounds {
    const wadi__sort_key *key;
    const char *rows; /* `count` of them, row_size apart */
    size_t row_size;
    uint32_t count;
    const uint64_t *words; /* of their first part, after what the strings of all have in common */
    size_t common;         /* bytes of that */
    bool word_is_all;      /* equal words mean equal keys */
} wadi__sort_bounds;
/* `words` has room for `count`, and is filled in; or, are_made, has been already. */
void wadi__sort_bounds_init(wadi__sort_bounds *bounds, const wadi__sort_key *key, const char *rows,
                            size_t row_size, uint32_t count, uint64_t *words, bool are_made);
uint32_t wadi__sort_bounds_below(const wadi__sort_bounds *bounds, const char *row);
#endif
