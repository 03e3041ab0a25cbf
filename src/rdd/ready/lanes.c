/* SPDX-License-Identifier: Apache-2.0 */
/* lanes.c: the loops of lanes.h. */
#include "rdd/ready/lanes.h"

#include "rdd/ready/ready.h"

enum {
    AHEAD = 32,        /* records whose place is fetched meanwhile */
    LINE = 8,          /* numbers in a line of the cache .. */
    LINES_AHEAD = 768, /* .. and how many of them further on one is fetched, where columns are gone
                        * through: processors look no further than the page */
};

static inline void fetch(const uint64_t *at) {
    __builtin_prefetch((const void *)((uintptr_t)at + LINES_AHEAD * sizeof *at));
}

/* `x` and `y` are the numbers, as unsigned ones, and the rest is what they make. */
#define LANES(name, ...)                                                                           \
    static inline uint64_t name##_of(uint64_t x, uint64_t y) { return (__VA_ARGS__); }             \
    static void name##_scatter(uint64_t *to, const uint32_t *numbers, const uint64_t *from,        \
                               size_t count, uint32_t lanes) {                                     \
        if (lanes == 1) {                                                                          \
            size_t i = 0;                                                                          \
            for (; i + AHEAD < count; i++) {                                                       \
                __builtin_prefetch(&to[numbers[i + AHEAD]], 1);                                    \
                to[numbers[i]] = name##_of(to[numbers[i]], from[i]);                               \
            }                                                                                      \
            for (; i < count; i++) to[numbers[i]] = name##_of(to[numbers[i]], from[i]);            \
            return;                                                                                \
        }                                                                                          \
        for (size_t i = 0; i < count; i++, from += lanes) {                                        \
            uint64_t *record = to + numbers[i] * (size_t)lanes;                                    \
            for (uint32_t k = 0; k < lanes; k++) record[k] = name##_of(record[k], from[k]);        \
        }                                                                                          \
    }                                                                                              \
    static void name##_merge(uint64_t *restrict to, const uint64_t *restrict from, size_t count) { \
        size_t i = 0;                                                                              \
        for (; i + LINE <= count; i += LINE) {                                                     \
            fetch(to + i);                                                                         \
            fetch(from + i);                                                                       \
            for (size_t k = i; k < i + LINE; k++) to[k] = name##_of(to[k], from[k]);               \
        }                                                                                          \
        for (; i < count; i++) to[i] = name##_of(to[i], from[i]);                                  \
    }                                                                                              \
    static void name##_mix(uint64_t *restrict to, const uint64_t *a, const uint64_t *b,            \
                           const uint64_t *c, size_t count) {                                      \
        size_t i = 0;                                                                              \
        for (; i + LINE <= count; i += LINE) {                                                     \
            fetch(to + i);                                                                         \
            fetch(a + i);                                                                          \
            fetch(b + i);                                                                          \
            if (c != NULL) fetch(c + i);                                                           \
            for (size_t k = i; k < i + LINE; k++) to[k] = name##_of(a[k], b[k]);                   \
            for (size_t k = i; c != NULL && k < i + LINE; k++) to[k] = name##_of(to[k], c[k]);     \
        }                                                                                          \
        for (; i < count; i++) {                                                                   \
            to[i] = name##_of(a[i], b[i]);                                                         \
            if (c != NULL) to[i] = name##_of(to[i], c[i]);                                         \
        }                                                                                          \
    }

LANES(add, x + y)
LANES(subtract, x - y)
LANES(least, (int64_t)y < (int64_t)x ? y : x)
LANES(largest, (int64_t)y > (int64_t)x ? y : x)
LANES(least_unsigned, y < x ? y : x)
LANES(largest_unsigned, y > x ? y : x)

#define TABLE(name, nothing, commutes, undone_by)                             \
    static const wadi__lanes name = {nothing,        commutes,     undone_by, \
                                     name##_scatter, name##_merge, name##_mix};
TABLE(subtract, 0, false, NULL)
TABLE(add, 0, true, &subtract)
TABLE(least, INT64_MAX, true, NULL)
TABLE(largest, (uint64_t)INT64_MIN, true, NULL)
TABLE(least_unsigned, UINT64_MAX, true, NULL)
TABLE(largest_unsigned, 0, true, NULL)

typedef struct known {
    const wadi_reduce_fn *fn;
    const wadi__lanes *over_signed, *over_unsigned;
} known;
static const known all[] = {{&wadi_add, &add, &add},
                            {&wadi_subtract, &subtract, &subtract},
                            {&wadi_min, &least, &least_unsigned},
                            {&wadi_max, &largest, &largest_unsigned}};

const wadi__lanes *wadi__lanes_of(const wadi__bound_fn *f, size_t at, size_t size) {
    const wadi__ready_fields *fields = f->env;
    size_t i = 0;
    while (i < sizeof all / sizeof all[0] && (f->ready == NULL || f->ready->fn != all[i].fn->fn))
        i++;
    if (i == sizeof all / sizeof all[0] || fields->count * sizeof(uint64_t) != size) return NULL;
    const uint16_t kind = fields->fields[0].kind;
    if (kind != WADI_KIND_INT && kind != WADI_KIND_UINT) return NULL;
    for (uint32_t k = 0; k < fields->count; k++) {
        const wadi__ready_field *field = &fields->fields[k];
        if (field->kind != kind || field->size != sizeof(uint64_t) ||
            field->offset != at + k * sizeof(uint64_t))
            return NULL;
    }
    return kind == WADI_KIND_INT ? all[i].over_signed : all[i].over_unsigned;
}
