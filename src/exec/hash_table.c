/* SPDX-License-Identifier: Apache-2.0 */
/* hash_table.c: one loop, compiled for the forms of keys and the commonest sizes of records. */
#include "exec/hash_table.h"

#include "base/pool.h"
#include "data/value.h"
#include "exec/same_key.h"

#include <string.h>

enum { PREFETCH_AHEAD = 32, CAPACITY_MIN = 16 };
#define INLINE static inline __attribute__((always_inline))

static size_t capacity_for(size_t expected_keys, uint64_t row_count_max) {
    size_t keys = expected_keys + WADI__HASH_TABLE_BATCH, capacity = CAPACITY_MIN;
    if (keys > row_count_max) keys = (size_t)row_count_max;
    while (capacity < keys * 2) capacity *= 2;
    return capacity;
}
static char *slots_new(size_t capacity, size_t slot_size) {
    if (capacity > SIZE_MAX / 4 / slot_size) return NULL;
    char *slots = wadi__pool_get(capacity * slot_size);
    if (slots != NULL) memset(slots, 0, capacity * slot_size);
    return slots;
}
bool wadi__hash_table_init(wadi__hash_table *table, const wadi__type *key, size_t record_size,
                           size_t expected_keys, uint64_t row_count_max, wadi__arena *keys) {
    size_t slot_size = (sizeof(uint64_t) + record_size + 7) & ~(size_t)7;
    size_t capacity = capacity_for(expected_keys, row_count_max);
    *table = (wadi__hash_table){key, slots_new(capacity, slot_size), slot_size, record_size, capacity, 0, keys};
    return table->slots != NULL;
}
void wadi__hash_table_fini(wadi__hash_table *table) {
    wadi__pool_put(table->slots, table->capacity * table->slot_size);
    table->slots = NULL;
    table->capacity = table->count = 0;
}
INLINE size_t place(uint64_t hash, size_t mask) { return (size_t)(hash >> 4) & mask; }

static bool grow(wadi__hash_table *table) {
    size_t capacity = table->capacity * 2, size = table->slot_size;
    char *slots = slots_new(capacity, size);
    if (slots == NULL) return false;
    for (size_t i = 0; i < table->capacity; i++) {
        uint64_t hash = wadi__hash_table_slot_hash(table, i);
        if (hash == 0) continue;
        size_t to = place(hash, capacity - 1);
        while (*(const uint64_t *)(const void *)(slots + to * size) != 0) to = (to + 1) & (capacity - 1);
        memcpy(slots + to * size, table->slots + i * size, size);
    }
    wadi__pool_put(table->slots, table->capacity * size);
    table->slots = slots;
    table->capacity = capacity;
    return true;
}

/* Gives a new record its own copy of what its key points at. */
INLINE bool own_key(wadi__form form, const wadi__hash_table *table, void *record) {
    if (table->keys == NULL) return true;
    if (form == WADI__FORM_8 || form == WADI__FORM_4) return true;
    if (form == WADI__FORM_STR && ((const wadi_str *)record)->len <= WADI_STR_IN_PLACE_MAX) return true;
    return wadi__value_own(table->key, record, table->keys);
}
/* is_merge: records are the rows themselves, else zeroed but for their key. record_size 0: not known
 * to the compiler. */
INLINE size_t run(wadi__hash_table *table, wadi__hash_batch *batch, wadi__form form, size_t record_size,
                  bool is_merge) {
    const size_t size = record_size != 0 ? record_size : table->record_size;
    const size_t slot_size = record_size != 0 ? 8 + record_size : table->slot_size;
    const size_t row_size = is_merge ? size : batch->row_size, key_size = table->key->pub.size;
    const size_t mask = table->capacity - 1, count = batch->count;
    const size_t last = count + batch->ahead;
    char *const slots = table->slots;
    size_t merged = 0, made = 0;
    for (size_t i = 0; i < count; i++) {
        if (i + PREFETCH_AHEAD < last)
            __builtin_prefetch(slots + place(batch->hashes[i + PREFETCH_AHEAD], mask) * slot_size, 1);
        const size_t row_number = batch->selected != NULL ? batch->selected[i] : i;
        const char *row = batch->rows + row_number * row_size;
        const uint64_t hash = batch->hashes[i];
        char *slot;
        bool is_new = false;
        for (size_t at = place(hash, mask);; at = (at + 1) & mask) {
            slot = slots + at * slot_size;
            uint64_t found = *(const uint64_t *)(const void *)slot;
            if (found == hash && __builtin_expect(wadi__same_key(form, table->key, slot + 8, row), 1)) break;
            if (found != 0) continue;
            memcpy(slot + 8, row, is_merge ? size : key_size);
            if (!own_key(form, table, slot + 8)) {
                table->count += made;
                return (size_t)-1;
            }
            *(uint64_t *)(void *)slot = hash;
            made++;
            is_new = true;
            break;
        }
        if (is_merge) {
            batch->accs[merged] = slot + 8;
            batch->merged[merged] = (uint32_t)row_number;
            merged += !is_new;
        } else {
            batch->accs[i] = slot + 8;
            batch->is_new[i] = is_new;
        }
    }
    table->count += made;
    return merged;
}
#define SIZES(form)                                                                                \
    switch (table->record_size) {                                                                  \
    case 8: return run(table, batch, form, 8, true);                                               \
    case 16: return run(table, batch, form, 16, true);                                             \
    case 24: return run(table, batch, form, 24, true);                                             \
    case 32: return run(table, batch, form, 32, true);                                             \
    default: return run(table, batch, form, 0, true);                                              \
    }
size_t wadi__hash_table_merge(wadi__hash_table *table, wadi__hash_batch *batch) {
    if ((table->count + batch->count) * 2 > table->capacity && !grow(table)) return (size_t)-1;
    switch (table->key->form) {
    case WADI__FORM_STR: SIZES(WADI__FORM_STR)
    case WADI__FORM_8: SIZES(WADI__FORM_8)
    case WADI__FORM_4: return run(table, batch, WADI__FORM_4, 0, true);
    case WADI__FORM_GENERIC: break;
    }
    return run(table, batch, WADI__FORM_GENERIC, 0, true);
}
bool wadi__hash_table_find(wadi__hash_table *table, wadi__hash_batch *batch) {
    if ((table->count + batch->count) * 2 > table->capacity && !grow(table)) return false;
    switch (table->key->form) {
    case WADI__FORM_STR: return run(table, batch, WADI__FORM_STR, 0, false) != (size_t)-1;
    case WADI__FORM_8: return run(table, batch, WADI__FORM_8, 0, false) != (size_t)-1;
    case WADI__FORM_4: return run(table, batch, WADI__FORM_4, 0, false) != (size_t)-1;
    case WADI__FORM_GENERIC: break;
    }
    return run(table, batch, WADI__FORM_GENERIC, 0, false) != (size_t)-1;
}
/* As run(), but makes nothing. */
INLINE void seek(const wadi__hash_table *table, wadi__hash_batch *batch, wadi__form form) {
    const size_t slot_size = table->slot_size, row_size = batch->row_size, mask = table->capacity - 1;
    const size_t count = batch->count, last = count + batch->ahead;
    for (size_t i = 0; i < count; i++) {
        if (i + PREFETCH_AHEAD < last)
            __builtin_prefetch(table->slots + place(batch->hashes[i + PREFETCH_AHEAD], mask) * slot_size);
        const char *row = batch->rows + (batch->selected != NULL ? batch->selected[i] : i) * row_size;
        const uint64_t hash = batch->hashes[i];
        batch->accs[i] = NULL;
        for (size_t at = place(hash, mask);; at = (at + 1) & mask) {
            char *slot = table->slots + at * slot_size;
            uint64_t found = *(const uint64_t *)(const void *)slot;
            if (found == 0) break;
            if (found != hash || !wadi__same_key(form, table->key, slot + 8, row)) continue;
            batch->accs[i] = slot + 8;
            break;
        }
    }
}
void wadi__hash_table_seek(const wadi__hash_table *table, wadi__hash_batch *batch) {
    switch (table->key->form) {
    case WADI__FORM_STR: seek(table, batch, WADI__FORM_STR); return;
    case WADI__FORM_8: seek(table, batch, WADI__FORM_8); return;
    case WADI__FORM_4: seek(table, batch, WADI__FORM_4); return;
    case WADI__FORM_GENERIC: seek(table, batch, WADI__FORM_GENERIC); return;
    }
}
