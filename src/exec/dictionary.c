/* SPDX-License-Identifier: Apache-2.0 */
/* dictionary.c: one loop of two passes over a batch of rows, compiled for the forms of keys: the
 * first finds each row's entry in the index and fetches the key it leads to, the second compares.
 */
#include "exec/dictionary.h"

#include "base/pool.h"
#include "exec/same_key.h"

#include <string.h>

enum { PREFETCH_AHEAD = 32, WASTE_MIN = 64 << 10 };
#define NONE UINT32_MAX
#define INLINE static inline __attribute__((always_inline))

/* ---- Columns ---- */

bool wadi__dictionary_init(wadi__dictionary *self, const wadi__type *key) {
    *self = (wadi__dictionary){.key = key};
    if (!key->has_outside) return true;
    self->strings = wadi__keep_new();
    return self->strings != NULL;
}
static size_t key_size(const wadi__dictionary *self) { return self->key->pub.size; }
static void put_columns(const wadi__dictionary *self) {
    wadi__pool_put(self->keys, self->room * key_size(self));
    wadi__pool_put(self->hashes, self->room * sizeof *self->hashes);
    wadi__pool_put(self->freed, self->room * sizeof *self->freed);
}
void wadi__dictionary_fini(wadi__dictionary *self) {
    if (self->room > 0) put_columns(self);
    wadi__pool_put(self->index, self->capacity * sizeof *self->index);
    wadi__keep_unref(self->strings);
    *self = (wadi__dictionary){.key = self->key};
}
static bool grow_columns(wadi__dictionary *self) {
    if (self->room > UINT32_MAX / 4) return false;
    wadi__dictionary larger = *self;
    larger.room = self->room == 0 ? WADI__DICTIONARY_BATCH : self->room * 2;
    larger.keys = wadi__pool_get(larger.room * key_size(self));
    larger.hashes = wadi__pool_get(larger.room * sizeof *larger.hashes);
    larger.freed = wadi__pool_get(larger.room * sizeof *larger.freed);
    if (larger.keys == NULL || larger.hashes == NULL || larger.freed == NULL) {
        put_columns(&larger);
        return false;
    }
    if (self->room > 0) {
        memcpy(larger.keys, self->keys, self->end * key_size(self));
        memcpy(larger.hashes, self->hashes, self->end * sizeof *self->hashes);
        memcpy(larger.freed, self->freed, self->freed_count * sizeof *self->freed);
        put_columns(self);
    }
    *self = larger;
    return true;
}

/* ---- The index ---- */

INLINE size_t place(uint64_t hash, size_t mask) { return (size_t)(hash >> 4) & mask; }
INLINE uint64_t entry_of(uint64_t hash, uint32_t number) {
    return (hash & ~(uint64_t)UINT32_MAX) | (number + 1);
}
INLINE uint32_t number_of(uint64_t entry) { return (uint32_t)entry - 1; }

static void enter(uint64_t *index, size_t mask, uint64_t hash, uint32_t number) {
    size_t at = place(hash, mask);
    while (index[at] != 0) at = (at + 1) & mask;
    index[at] = entry_of(hash, number);
}
static bool grow_index(wadi__dictionary *self) {
    size_t capacity = self->capacity == 0 ? 1 : self->capacity * 2;
    while (capacity < ((size_t)self->count + WADI__DICTIONARY_BATCH) * 2) capacity *= 2;
    uint64_t *index = wadi__pool_get(capacity * sizeof *index);
    if (index == NULL) return false;
    memset(index, 0, capacity * sizeof *index);
    for (uint32_t number = 0; number < self->end; number++)
        if (self->hashes[number] != 0) enter(index, capacity - 1, self->hashes[number], number);
    wadi__pool_put(self->index, self->capacity * sizeof *index);
    self->index = index;
    self->capacity = capacity;
    return true;
}
/* Whether an entry between `from` and `at` would be missed, were it not looked for before `at`. */
INLINE bool belongs_before(size_t home, size_t from, size_t at) {
    return from <= at ? home <= from || home > at : home <= from && home > at;
}
/* Takes an entry out and moves those behind it up, so that no gap ends a search too soon. */
static void leave(wadi__dictionary *self, uint64_t hash, uint32_t number) {
    const size_t mask = self->capacity - 1;
    size_t gap = place(hash, mask);
    while (number_of(self->index[gap]) != number) gap = (gap + 1) & mask;
    for (size_t at = (gap + 1) & mask; self->index[at] != 0; at = (at + 1) & mask) {
        size_t home = place(self->hashes[number_of(self->index[at])], mask);
        if (!belongs_before(home, gap, at)) continue;
        self->index[gap] = self->index[at];
        gap = at;
    }
    self->index[gap] = 0;
}

/* ---- Numbering ---- */

static uint32_t add(wadi__dictionary *self, const char *key, uint64_t hash) {
    uint32_t number = self->freed_count > 0 ? self->freed[self->freed_count - 1] : self->end;
    char *own = self->keys + number * key_size(self);
    memcpy(own, key, key_size(self));
    if (self->strings != NULL) {
        if (!wadi__value_own(self->key, own, &self->strings->arena)) return NONE;
        self->long_bytes += wadi__value_outside_bytes(self->key, own);
    }
    if (self->freed_count > 0)
        self->freed_count--;
    else
        self->end++;
    self->hashes[number] = hash;
    self->count++;
    return number;
}
INLINE const char *row_at(const wadi__dictionary_rows *rows, size_t i) {
    return rows->rows + (rows->selected != NULL ? rows->selected[i] : i) * rows->row_size;
}
/* The number of a key, given now if need be; NONE: no memory. */
INLINE uint32_t look_up(wadi__dictionary *self, const char *row, uint64_t hash, wadi__form form,
                        bool *is_new) {
    const size_t mask = self->capacity - 1;
    const uint64_t tag = entry_of(hash, NONE);
    *is_new = false;
    for (size_t at = place(hash, mask);; at = (at + 1) & mask) {
        uint64_t entry = self->index[at];
        if (entry == 0) {
            uint32_t number = add(self, row, hash);
            if (number == NONE) return NONE;
            self->index[at] = entry_of(hash, number);
            *is_new = true;
            return number;
        }
        if ((entry ^ tag) >> 32 != 0) continue;
        uint32_t number = number_of(entry);
        if (wadi__same_key(form, self->key, wadi__dictionary_key(self, number), row)) return number;
    }
}
/* Numbers that probably are those of the keys, which are fetched meanwhile. */
INLINE void guess(const wadi__dictionary *self, const wadi__dictionary_rows *rows,
                  uint32_t *numbers) {
    const size_t mask = self->capacity - 1, last = rows->count + rows->ahead;
    for (size_t i = 0; i < rows->count; i++) {
        if (i + PREFETCH_AHEAD < last)
            __builtin_prefetch(self->index + place(rows->hashes[i + PREFETCH_AHEAD], mask));
        const uint64_t hash = rows->hashes[i];
        size_t at = place(hash, mask);
        while (self->index[at] != 0 && (self->index[at] ^ hash) >> 32 != 0) at = (at + 1) & mask;
        numbers[i] = number_of(self->index[at]);
        if (numbers[i] != NONE) __builtin_prefetch(wadi__dictionary_key(self, numbers[i]));
    }
}
INLINE bool run(wadi__dictionary *self, const wadi__dictionary_rows *rows, uint32_t *numbers,
                bool *is_new, wadi__form form) {
    guess(self, rows, numbers);
    for (size_t i = 0; i < rows->count; i++) {
        const char *row = row_at(rows, i);
        is_new[i] = false;
        if (__builtin_expect(numbers[i] != NONE, 1) &&
            wadi__same_key(form, self->key, wadi__dictionary_key(self, numbers[i]), row))
            continue;
        numbers[i] = look_up(self, row, rows->hashes[i], form, &is_new[i]);
        if (numbers[i] != NONE) continue;
        while (i-- > 0)
            if (is_new[i]) wadi__dictionary_remove(self, numbers[i]);
        return false;
    }
    return true;
}
bool wadi__dictionary_number(wadi__dictionary *self, const wadi__dictionary_rows *rows,
                             uint32_t *numbers, bool *is_new) {
    if (self->room - self->end < rows->count && !grow_columns(self)) return false;
    if (((size_t)self->count + rows->count) * 2 > self->capacity && !grow_index(self)) return false;
    switch (self->key->form) {
    case WADI__FORM_STR: return run(self, rows, numbers, is_new, WADI__FORM_STR);
    case WADI__FORM_8: return run(self, rows, numbers, is_new, WADI__FORM_8);
    case WADI__FORM_4: return run(self, rows, numbers, is_new, WADI__FORM_4);
    case WADI__FORM_GENERIC: break;
    }
    return run(self, rows, numbers, is_new, WADI__FORM_GENERIC);
}

/* ---- Freeing ---- */

void wadi__dictionary_remove(wadi__dictionary *self, uint32_t number) {
    leave(self, self->hashes[number], number);
    if (self->strings != NULL) {
        size_t bytes = wadi__value_outside_bytes(self->key, wadi__dictionary_key(self, number));
        self->long_bytes -= bytes;
        self->dead_bytes += bytes;
    }
    self->hashes[number] = 0;
    self->freed[self->freed_count++] = number;
    self->count--;
}
bool wadi__dictionary_is_wasteful(const wadi__dictionary *self) {
    return self->dead_bytes > self->long_bytes + WASTE_MIN;
}
bool wadi__dictionary_compact(wadi__dictionary *self) {
    size_t bytes = self->room * key_size(self);
    char *keys = wadi__pool_get(bytes);
    wadi__keep *strings = wadi__keep_new();
    bool copied = keys != NULL && strings != NULL;
    for (uint32_t number = 0; copied && number < self->end; number++) {
        if (self->hashes[number] == 0) continue;
        char *key = keys + number * key_size(self);
        memcpy(key, wadi__dictionary_key(self, number), key_size(self));
        copied = wadi__value_own(self->key, key, &strings->arena);
    }
    if (copied) {
        wadi__pool_put(self->keys, bytes);
        wadi__keep_unref(self->strings);
        self->keys = keys;
        self->strings = strings;
        self->dead_bytes = 0;
        return true;
    }
    wadi__pool_put(keys, bytes);
    wadi__keep_unref(strings);
    return false;
}
