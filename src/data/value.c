/* SPDX-License-Identifier: Apache-2.0 */
/* value.c: hash, equality, order and deep copy by descriptor. */
#include "data/value.h"

#include <wadi/str.h>

#include <math.h>
#include <string.h>
#include <xxhash.h>

uint64_t wadi__hash_seed[2] = {0xA0761D6478BD642Full, 0xE7037ED1A0B428DBull};

uint64_t wadi__hash_bytes(const void *bytes, size_t size) {
    return XXH3_64bits_withSeed(bytes, size, wadi__hash_seed[0]);
}

/* ---- Hash ---- */

static inline uint64_t hash_str(const wadi_str *s) {
    if (__builtin_expect(s->len <= WADI_STR_IN_PLACE_MAX, 1)) {
        uint64_t words[2];
        memcpy(words, s, sizeof words);
        return wadi__hash_str_words(words[0], words[1]);
    }
    return wadi__hash_bytes(s->rest.data, s->len);
}
static inline uint64_t hash_8(const void *value) {
    uint64_t v;
    memcpy(&v, value, sizeof v);
    return wadi__hash_8(v);
}
static inline uint64_t hash_4(const void *value) {
    uint32_t v;
    memcpy(&v, value, sizeof v);
    return wadi__hash_8(v);
}
static uint64_t hash_float(const wadi__type *type, const void *value) {
    double v = wadi__type_to_double(type, value);
    if (v == 0) v = 0; /* no sign */
    if (isnan(v)) v = NAN;
    return hash_8(&v);
}
static uint64_t hash_generic(const wadi__type *type, const void *value) {
    const char *at = value;
    switch (type->pub.kind) {
    case WADI_KIND_STR: return hash_str(value);
    case WADI_KIND_FLOAT: return hash_float(type, value);
    case WADI_KIND_ALIAS: return hash_generic(wadi__type_inner(type->pub.element), value);
    case WADI_KIND_SEQ: {
        const wadi_str_list *seq = value; /* all sequences have this layout */
        const wadi__type *element = wadi__type_inner(type->pub.element);
        uint64_t h = wadi__hash_8(seq->count);
        for (size_t i = 0; i < seq->count; i++)
            h = wadi__mix(h ^ hash_generic(element, (const char *)seq->items + i * element->pub.size),
                          wadi__hash_seed[1]);
        return h;
    }
    case WADI_KIND_OPTION: {
        const wadi__type *element = wadi__type_inner(type->pub.element);
        bool is_set = at[element->pub.size] != 0;
        return is_set ? hash_generic(element, value) + 1 : wadi__hash_8(0x6e6f6e65);
    }
    case WADI_KIND_RECORD: {
        uint64_t h = wadi__hash_seed[0];
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const wadi_field *field = &type->pub.fields[i];
            for (uint32_t k = 0; k < field->count; k++)
                h = wadi__mix(h ^ hash_generic(wadi__type_inner(field->type),
                                               at + field->offset + (size_t)k * field->type->size),
                              wadi__hash_seed[1]);
        }
        return h;
    }
    default: {
        uint64_t v = 0;
        memcpy(&v, value, type->pub.size);
        return wadi__hash_8(v);
    }
    }
}
uint64_t wadi__value_hash(const wadi__type *type, const void *value) {
    uint64_t h;
    wadi__value_hash_rows(type, value, type->pub.size, NULL, 1, &h);
    return h;
}

#define HASH_LOOP(hash)                                                                            \
    if (selected == NULL)                                                                          \
        for (size_t i = 0; i < count; i++, at += stride) hashes[i] = (hash) | 1;                   \
    else                                                                                           \
        for (size_t i = 0; i < count; i++) {                                                       \
            at = (const char *)rows + selected[i] * stride;                                        \
            hashes[i] = (hash) | 1;                                                                \
        }
void wadi__value_hash_rows(const wadi__type *type, const void *rows, size_t stride,
                           const uint32_t *selected, size_t count, uint64_t *hashes) {
    const char *at = rows;
    switch (type->form) {
    case WADI__FORM_STR: HASH_LOOP(hash_str((const wadi_str *)(const void *)at)) return;
    case WADI__FORM_8: HASH_LOOP(hash_8(at)) return;
    case WADI__FORM_4: HASH_LOOP(hash_4(at)) return;
    case WADI__FORM_GENERIC: break;
    }
    HASH_LOOP(hash_generic(type, at))
}

/* ---- Equality and order ---- */

static int compare_floats(double a, double b) {
    if (isnan(a) || isnan(b)) return isnan(a) - isnan(b);
    return (a > b) - (a < b);
}
static int compare_ints(const wadi__type *type, const void *a, const void *b) {
    int64_t x = 0, y = 0;
    uint64_t u = 0, v = 0;
    size_t size = type->pub.size;
    memcpy(&u, a, size);
    memcpy(&v, b, size);
    if (type->pub.kind != WADI_KIND_INT) return (u > v) - (u < v);
    unsigned shift = (unsigned)(64 - 8 * size);
    x = (int64_t)(u << shift);
    y = (int64_t)(v << shift);
    return (x > y) - (x < y);
}
static int compare_seqs(const wadi__type *element, const wadi_str_list *a, const wadi_str_list *b) {
    size_t both = a->count < b->count ? a->count : b->count, size = element->pub.size;
    for (size_t i = 0; i < both; i++) {
        int c = wadi__value_compare(element, (const char *)a->items + i * size,
                                    (const char *)b->items + i * size);
        if (c != 0) return c;
    }
    return (a->count > b->count) - (a->count < b->count);
}
int wadi__value_compare(const wadi__type *type, const void *a, const void *b) {
    const char *x = a, *y = b;
    switch (type->pub.kind) {
    case WADI_KIND_STR: return wadi_str_compare(*(const wadi_str *)a, *(const wadi_str *)b);
    case WADI_KIND_FLOAT: return compare_floats(wadi__type_to_double(type, a), wadi__type_to_double(type, b));
    case WADI_KIND_ALIAS: return wadi__value_compare(wadi__type_inner(type->pub.element), a, b);
    case WADI_KIND_SEQ: return compare_seqs(wadi__type_inner(type->pub.element), a, b);
    case WADI_KIND_OPTION: {
        const wadi__type *element = wadi__type_inner(type->pub.element);
        bool p = x[element->pub.size] != 0, q = y[element->pub.size] != 0;
        return p && q ? wadi__value_compare(element, a, b) : (int)p - (int)q;
    }
    case WADI_KIND_RECORD:
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const wadi_field *field = &type->pub.fields[i];
            for (uint32_t k = 0; k < field->count; k++) {
                size_t offset = field->offset + (size_t)k * field->type->size;
                int c = wadi__value_compare(wadi__type_inner(field->type), x + offset, y + offset);
                if (c != 0) return c;
            }
        }
        return 0;
    default: return compare_ints(type, a, b);
    }
}
bool wadi__value_equal(const wadi__type *type, const void *a, const void *b) {
    if (type->is_bytes) return memcmp(a, b, type->pub.size) == 0;
    if (type->form == WADI__FORM_STR) return wadi_str_equal(*(const wadi_str *)a, *(const wadi_str *)b);
    return wadi__value_compare(type, a, b) == 0;
}

/* ---- Bytes outside ---- */

bool wadi__value_own(const wadi__type *type, void *value, wadi__arena *arena) {
    if (!type->has_outside) return true;
    char *at = value;
    switch (type->pub.kind) {
    case WADI_KIND_STR: {
        wadi_str *s = value;
        if (s->len <= WADI_STR_IN_PLACE_MAX) return true;
        char *copy = wadi__arena_alloc(arena, s->len);
        if (copy == NULL) return false;
        memcpy(copy, s->rest.data, s->len);
        s->rest.data = copy;
        return true;
    }
    case WADI_KIND_SEQ: {
        wadi_str_list *seq = value;
        const wadi__type *element = wadi__type_inner(type->pub.element);
        size_t bytes = seq->count * element->pub.size;
        if (bytes == 0) {
            seq->items = NULL;
            return true;
        }
        char *copy = wadi__arena_alloc(arena, bytes);
        if (copy == NULL) return false;
        memcpy(copy, seq->items, bytes);
        for (size_t i = 0; element->has_outside && i < seq->count; i++)
            if (!wadi__value_own(element, copy + i * element->pub.size, arena)) return false;
        seq->items = (const wadi_str *)(void *)copy;
        return true;
    }
    case WADI_KIND_OPTION: {
        const wadi__type *element = wadi__type_inner(type->pub.element);
        return at[element->pub.size] == 0 || wadi__value_own(element, value, arena);
    }
    case WADI_KIND_ALIAS: return wadi__value_own(wadi__type_inner(type->pub.element), value, arena);
    case WADI_KIND_RECORD:
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const wadi_field *field = &type->pub.fields[i];
            for (uint32_t k = 0; k < field->count; k++)
                if (!wadi__value_own(wadi__type_inner(field->type),
                                     at + field->offset + (size_t)k * field->type->size, arena))
                    return false;
        }
        return true;
    default: return true;
    }
}
size_t wadi__value_outside_bytes(const wadi__type *type, const void *value) {
    if (!type->has_outside) return 0;
    const char *at = value;
    size_t bytes = 0;
    switch (type->pub.kind) {
    case WADI_KIND_STR: {
        const wadi_str *s = value;
        return s->len <= WADI_STR_IN_PLACE_MAX ? 0 : s->len;
    }
    case WADI_KIND_SEQ: {
        const wadi_str_list *seq = value;
        const wadi__type *element = wadi__type_inner(type->pub.element);
        bytes = seq->count * element->pub.size;
        for (size_t i = 0; element->has_outside && i < seq->count; i++)
            bytes += wadi__value_outside_bytes(element, (const char *)seq->items + i * element->pub.size);
        return bytes;
    }
    case WADI_KIND_OPTION: {
        const wadi__type *element = wadi__type_inner(type->pub.element);
        return at[element->pub.size] == 0 ? 0 : wadi__value_outside_bytes(element, value);
    }
    case WADI_KIND_ALIAS: return wadi__value_outside_bytes(wadi__type_inner(type->pub.element), value);
    case WADI_KIND_RECORD:
        for (uint32_t i = 0; i < type->pub.field_count; i++) {
            const wadi_field *field = &type->pub.fields[i];
            for (uint32_t k = 0; k < field->count; k++)
                bytes += wadi__value_outside_bytes(wadi__type_inner(field->type),
                                                   at + field->offset + (size_t)k * field->type->size);
        }
        return bytes;
    default: return 0;
    }
}
