/* SPDX-License-Identifier: Apache-2.0 */
/* sort_key.c: words of keys, and sorting entries by them. */
#include "exec/sort_key.h"

#include "data/value.h"

#include <wadi/str.h>

#include <math.h>
#include <string.h>

enum {
    FEW = 12,        /* so many entries are sorted by comparing keys */
    MERGED = 192,    /* so many by merging words, more by radix */
    DIGIT_BITS = 11, /* of a radix pass */
    PIECES_MAX = 12, /* of a word that are put together; more are sorted as they stand */
    DEPTH_MAX = 100, /* words into a key; then keys are compared */
    STR_BYTES = 7,   /* of a string in a word; the last byte says how many are left, 8: more */
    STR_GOES_ON = 8,
};

/* ---- Parts ---- */

static bool add_parts(wadi__sort_key *key, const wadi__type *type, uint32_t offset) {
    type = wadi__type_plain(type);
    if (type->pub.kind != WADI_KIND_RECORD) {
        if (key->part_count == WADI__SORT_PARTS_MAX - 1) return false;
        bool is_plain = type->pub.kind <= WADI_KIND_STR;
        key->parts[key->part_count++] =
            (wadi__sort_part){offset, is_plain ? type->pub.kind : WADI_KIND_RECORD, type->pub.size};
        return is_plain;
    }
    for (uint32_t i = 0; i < type->pub.field_count; i++) {
        const wadi_field *field = &type->pub.fields[i];
        for (uint32_t n = 0; n < field->count; n++)
            if (!add_parts(key, wadi__type_inner(field->type),
                           offset + field->offset + n * field->type->size))
                return false;
    }
    return true;
}
void wadi__sort_key_init(wadi__sort_key *key, const wadi__type *record, const wadi_field *field,
                         bool is_descending) {
    *key = (wadi__sort_key){.type = record, .count = 1, .is_descending = is_descending};
    if (field != NULL) {
        key->type = wadi__type_inner(field->type);
        key->offset = field->offset;
        key->count = field->count;
    }
    bool is_plain = true;
    for (uint32_t n = 0; is_plain && n < key->count; n++)
        is_plain = add_parts(key, key->type, key->offset + n * key->type->pub.size);
    bool is_whole = key->part_count > 0 && key->parts[key->part_count - 1].kind == WADI_KIND_RECORD;
    if (!is_plain && !is_whole)
        key->parts[key->part_count++] = (wadi__sort_part){key->offset, WADI_KIND_RECORD, 0};
}
int wadi__sort_key_compare(const wadi__sort_key *key, const char *a, const char *b) {
    for (uint32_t n = 0; n < key->count; n++) {
        size_t at = key->offset + n * key->type->pub.size;
        int c = wadi__value_compare(key->type, a + at, b + at);
        if (c != 0) return key->is_descending ? -c : c;
    }
    return 0;
}

/* ---- Words ---- */

static inline uint64_t load(const void *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}
static uint64_t number_word(const wadi__sort_part *part, const char *row) {
    const char *value = row + part->offset;
    uint64_t word = 0;
    memcpy(&word, value, part->size);
    if (part->kind == WADI_KIND_INT) {
        unsigned shift = 64 - 8 * part->size;
        return (uint64_t)((int64_t)(word << shift) >> shift) ^ (uint64_t)1 << 63;
    }
    if (part->kind != WADI_KIND_FLOAT) return word;
    double number;
    if (part->size == sizeof(float)) {
        float narrow;
        memcpy(&narrow, value, sizeof narrow);
        number = (double)narrow;
    } else {
        memcpy(&number, value, sizeof number);
    }
    if (isnan(number)) return UINT64_MAX; /* after all others */
    number += 0.0;                        /* no sign of zero */
    word = load(&number);
    return word >> 63 != 0 ? ~word : word | (uint64_t)1 << 63;
}
/* The bytes of a string from `offset` on, the first one on top, and how many there are. */
static uint64_t str_word(const wadi_str *s, size_t offset) {
    if (offset >= s->len) return 0;
    size_t left = s->len - offset;
    uint64_t bytes;
    if (s->len <= WADI_STR_IN_PLACE_MAX) {
        const uint64_t head = load(s) >> 32, tail = load(&s->rest);
        bytes =
            offset >= 4 ? tail >> 8 * (offset - 4) : head >> 8 * offset | tail << (32 - 8 * offset);
    } else if (left >= 8) {
        bytes = load(s->rest.data + offset);
    } else {
        bytes = load(s->rest.data + s->len - 8) >> 8 * (8 - left);
    }
    uint64_t count = left > STR_BYTES ? STR_GOES_ON : left;
    return (__builtin_bswap64(bytes) & ~(uint64_t)0xff) | count;
}
static size_t common_bytes(const wadi_str *a, const wadi_str *b, size_t from, size_t until) {
    const char *x = wadi_str_data(a), *y = wadi_str_data(b);
    if (until > b->len) until = b->len;
    size_t at = from;
    for (; at + 8 <= until; at += 8) {
        uint64_t differs = load(x + at) ^ load(y + at);
        if (differs != 0) return at + (size_t)__builtin_ctzll(differs) / 8;
    }
    while (at < until && x[at] == y[at]) at++;
    return at > until ? until : at;
}
/* How far the strings of all entries are the same, which they are up to `from`. */
static size_t common_start(const wadi__sort_part *part, const wadi__sort_entry *entries,
                           size_t count, size_t from) {
    const wadi_str *first = (const wadi_str *)(const void *)(entries[0].row + part->offset);
    size_t until = first->len;
    for (size_t i = 1; i < count && until > from; i++)
        until = common_bytes(first, (const wadi_str *)(const void *)(entries[i].row + part->offset),
                             from, until);
    return until > from ? until : from;
}

/* ---- Sorting by word ---- */

static void insert(const wadi__sort_key *key, wadi__sort_entry *entries, size_t count) {
    for (size_t i = 1; i < count; i++) {
        wadi__sort_entry moving = entries[i];
        size_t to = i;
        for (; to > 0 && wadi__sort_key_compare(key, entries[to - 1].row, moving.row) > 0; to--)
            entries[to] = entries[to - 1];
        entries[to] = moving;
    }
}
/* Merges runs of `width`; key NULL: by word. Returns where the result is. */
static wadi__sort_entry *merge_runs(const wadi__sort_key *key, wadi__sort_entry *from,
                                    wadi__sort_entry *to, size_t count, size_t width) {
    for (; width < count; width *= 2) {
        for (size_t begin = 0; begin < count; begin += 2 * width) {
            size_t middle = begin + width < count ? begin + width : count;
            size_t end = begin + 2 * width < count ? begin + 2 * width : count;
            size_t a = begin, b = middle;
            for (size_t i = begin; i < end; i++) {
                bool takes_b =
                    b < end &&
                    (a == middle ||
                     (key == NULL ? from[b].word < from[a].word
                                  : wadi__sort_key_compare(key, from[a].row, from[b].row) > 0));
                to[i] = takes_b ? from[b++] : from[a++];
            }
        }
        wadi__sort_entry *swap = from;
        from = to, to = swap;
    }
    return from;
}
static void merge(const wadi__sort_key *key, wadi__sort_entry *entries, wadi__sort_entry *room,
                  size_t count) {
    const wadi__sort_entry *sorted = merge_runs(key, entries, room, count, 1);
    if (sorted != entries) memcpy(entries, sorted, count * sizeof *entries);
}
/* Bits of words that are put side by side. */
typedef struct piece {
    uint64_t mask;
    unsigned shift; /* down */
} piece;
typedef struct packing {
    piece pieces[PIECES_MAX];
    unsigned count;
} packing;

/* How to leave out the bits that are the same in all words. False: it is not worth it. */
static bool pack(packing *packed, uint64_t differing) {
    unsigned to = 0;
    packed->count = 0;
    for (uint64_t rest = differing; rest != 0;) {
        if (packed->count == PIECES_MAX) return false;
        unsigned from = (unsigned)__builtin_ctzll(rest);
        uint64_t above = ~(rest >> from);
        unsigned bits = above == 0 ? 64 - from : (unsigned)__builtin_ctzll(above);
        uint64_t mask = (bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1) << from;
        packed->pieces[packed->count++] = (piece){mask, from - to};
        to += bits;
        rest &= ~mask;
    }
    unsigned before =
        64 - (unsigned)__builtin_clzll(differing) - (unsigned)__builtin_ctzll(differing);
    return (to + DIGIT_BITS - 1) / DIGIT_BITS < (before + DIGIT_BITS - 1) / DIGIT_BITS;
}
static void apply(const packing *packed, wadi__sort_entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t word = entries[i].word, out = 0;
        for (unsigned p = 0; p < packed->count; p++)
            out |= (word & packed->pieces[p].mask) >> packed->pieces[p].shift;
        entries[i].word = out;
    }
}
/* Least significant digit first. Returns where the result is. */
static wadi__sort_entry *radix(wadi__sort_entry *from, wadi__sort_entry *to, size_t count,
                               uint64_t differing) {
    size_t ends[1 << DIGIT_BITS];
    unsigned shift = (unsigned)__builtin_ctzll(differing);
    for (; shift < 64 && differing >> shift != 0; shift += DIGIT_BITS) {
        const uint64_t mask = (1 << DIGIT_BITS) - 1;
        if ((differing >> shift & mask) == 0) continue;
        memset(ends, 0, sizeof ends);
        for (size_t i = 0; i < count; i++) ends[from[i].word >> shift & mask]++;
        for (size_t d = 0, begin = 0; d <= mask; d++) {
            size_t next = begin + ends[d];
            ends[d] = begin;
            begin = next;
        }
        for (size_t i = 0; i < count; i++) to[ends[from[i].word >> shift & mask]++] = from[i];
        wadi__sort_entry *swap = from;
        from = to, to = swap;
    }
    return from;
}
/* Sorts by word. Words may lose bits that are the same in all; returns where the bit of `flag` is
 * then, or 0 when it is the same in all. */
static uint64_t sort_words(wadi__sort_entry *entries, wadi__sort_entry *room, size_t count,
                           uint64_t flag) {
    uint64_t all = UINT64_MAX, any = 0;
    for (size_t i = 0; i < count; i++) {
        all &= entries[i].word;
        any |= entries[i].word;
    }
    uint64_t differing = all ^ any;
    if (differing == 0) return 0;
    if (count <= MERGED) {
        merge(NULL, entries, room, count);
        return flag & differing;
    }
    packing packed;
    if (pack(&packed, differing)) {
        apply(&packed, entries, count);
        flag = (flag & differing) == 0
                   ? 0
                   : (uint64_t)1 << __builtin_popcountll(differing & (flag - 1));
        int bits = __builtin_popcountll(differing);
        differing = bits == 64 ? UINT64_MAX : ((uint64_t)1 << bits) - 1;
    }
    const wadi__sort_entry *sorted = radix(entries, room, count, differing);
    if (sorted != entries) memcpy(entries, sorted, count * sizeof *entries);
    return flag & differing;
}

/* ---- Part by part ---- */

static void sort_from(const wadi__sort_key *key, wadi__sort_entry *entries, wadi__sort_entry *room,
                      size_t count, uint32_t part_index, size_t offset, int depth);

/* Sorts entries of one word, which are side by side, by what comes next. */
static void sort_equal(const wadi__sort_key *key, wadi__sort_entry *entries, wadi__sort_entry *room,
                       size_t count, uint32_t part_index, size_t offset, bool goes_on, int depth) {
    if (goes_on)
        sort_from(key, entries, room, count, part_index, offset + STR_BYTES, depth + 1);
    else
        sort_from(key, entries, room, count, part_index + 1, 0, depth + 1);
}
/* The entries are equal in the parts before part_index, and in `offset` bytes of that. */
static void sort_from(const wadi__sort_key *key, wadi__sort_entry *entries, wadi__sort_entry *room,
                      size_t count, uint32_t part_index, size_t offset, int depth) {
    if (count < 2 || part_index == key->part_count) return;
    const wadi__sort_part *part = &key->parts[part_index];
    if (count <= FEW) {
        insert(key, entries, count);
        return;
    }
    if (part->kind == WADI_KIND_RECORD || depth == DEPTH_MAX) {
        merge(key, entries, room, count);
        return;
    }
    const bool is_str = part->kind == WADI_KIND_STR;
    const uint64_t turn = key->is_descending ? UINT64_MAX : 0;
    if (is_str) {
        offset = common_start(part, entries, count, offset);
        for (size_t i = 0; i < count; i++)
            entries[i].word =
                str_word((const wadi_str *)(const void *)(entries[i].row + part->offset), offset) ^
                turn;
    } else {
        for (size_t i = 0; i < count; i++)
            entries[i].word = number_word(part, entries[i].row) ^ turn;
    }
    const bool goes_on =
        is_str && ((entries[0].word ^ turn) & STR_GOES_ON) != 0; /* where that is the same in all */
    const uint64_t flag = sort_words(entries, room, count, is_str ? STR_GOES_ON : 0);
    if (!is_str && part_index + 1 == key->part_count) return;
    for (size_t begin = 0, end = 1; begin < count; begin = end++) {
        while (end < count && entries[end].word == entries[begin].word) end++;
        if (end - begin < 2) continue;
        bool more = flag != 0 ? ((entries[begin].word ^ turn) & flag) != 0 : goes_on;
        sort_equal(key, entries + begin, room + begin, end - begin, part_index, offset, more,
                   depth);
    }
}
void wadi__sort_entries(const wadi__sort_key *key, wadi__sort_entry *entries,
                        wadi__sort_entry *room, size_t count) {
    sort_from(key, entries, room, count, 0, 0, 0);
}

/* ---- Bounds ---- */

static uint64_t bound_word(const wadi__sort_bounds *bounds, const char *row) {
    const wadi__sort_part *part = &bounds->key->parts[0];
    uint64_t word =
        part->kind == WADI_KIND_STR
            ? str_word((const wadi_str *)(const void *)(row + part->offset), bounds->common)
            : number_word(part, row);
    return bounds->key->is_descending ? ~word : word;
}
void wadi__sort_bounds_init(wadi__sort_bounds *bounds, const wadi__sort_key *key, const char *rows,
                            size_t row_size, uint32_t count, uint64_t *words, bool are_made) {
    const wadi__sort_part *part = &key->parts[0];
    *bounds = (wadi__sort_bounds){.key = key, .rows = rows, .row_size = row_size, .count = count};
    bounds->word_is_all = key->part_count == 1 && part->kind != WADI_KIND_STR;
    if (part->kind == WADI_KIND_RECORD || count == 0) return;
    if (part->kind == WADI_KIND_STR) { /* in order, so the first and the last tell of all */
        const char *first = rows + part->offset, *last = first + (count - 1) * row_size;
        const wadi_str *s = (const wadi_str *)(const void *)first;
        bounds->common = common_bytes(s, (const wadi_str *)(const void *)last, 0, s->len);
    }
    bounds->words = words;
    for (uint32_t i = 0; !are_made && i < count; i++)
        words[i] = bound_word(bounds, rows + i * row_size);
}
/* How many of bounds from..until are below, those before it being so, those after not. */
static uint32_t below_by_key(const wadi__sort_bounds *bounds, const char *row, uint32_t from,
                             uint32_t until) {
    while (from < until) {
        uint32_t middle = from + (until - from) / 2;
        if (wadi__sort_key_compare(bounds->key, bounds->rows + middle * bounds->row_size, row) < 0)
            from = middle + 1;
        else
            until = middle;
    }
    return from;
}
uint32_t wadi__sort_bounds_below(const wadi__sort_bounds *bounds, const char *row) {
    const wadi__sort_part *part = &bounds->key->parts[0];
    if (bounds->words == NULL) return below_by_key(bounds, row, 0, bounds->count);
    if (bounds->common > 0) {
        const wadi_str *s = (const wadi_str *)(const void *)(row + part->offset);
        const wadi_str *first = (const wadi_str *)(const void *)(bounds->rows + part->offset);
        if (common_bytes(first, s, 0, bounds->common) < bounds->common)
            return below_by_key(bounds, row, 0, bounds->count);
    }
    const uint64_t word = bound_word(bounds, row), *words = bounds->words;
    uint32_t from = 0;
    for (uint32_t left = bounds->count; left > 0;) { /* no branch that could be mispredicted */
        uint32_t half = left / 2;
        bool is_below = words[from + half] < word;
        from = is_below ? from + half + 1 : from;
        left = is_below ? left - half - 1 : half;
    }
    if (bounds->word_is_all || from == bounds->count || words[from] != word) return from;
    uint32_t until = from + 1;
    while (until < bounds->count && words[until] == word) until++;
    return below_by_key(bounds, row, from, until);
}
