/* SPDX-License-Identifier: Apache-2.0 */
/* test_random.h: random record types and values for property tests, from a seed that a failing test
 * prints. */
#ifndef WADI_DATA_TEST_RANDOM_H
#define WADI_DATA_TEST_RANDOM_H
#include "base/arena.h"
#include "data/type.h"

#include <wadi/str.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct test_random {
    uint64_t state;
    wadi__arena arena; /* of types and values */
} test_random;

static inline uint32_t test_random_below(test_random *random, uint32_t n) {
    random->state = random->state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)((random->state >> 33) % n);
}
static inline uint64_t test_random_bits(test_random *random) {
    uint64_t high = test_random_below(random, 1u << 30), low = test_random_below(random, 1u << 30);
    return (high << 34) ^ (low << 4) ^ test_random_below(random, 16);
}
/* WADI_SEED=n in the environment repeats one run. */
static inline uint64_t test_random_seed(uint64_t otherwise) {
    const char *text = getenv("WADI_SEED");
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}
static inline const wadi_type *test_random_scalar(test_random *random) {
    static const wadi_type *const scalars[] = {
        &wadi_type_of_bool,     &wadi_type_of_int8_t,   &wadi_type_of_int16_t,
        &wadi_type_of_int32_t,  &wadi_type_of_int64_t,  &wadi_type_of_uint8_t,
        &wadi_type_of_uint16_t, &wadi_type_of_uint32_t, &wadi_type_of_uint64_t,
        &wadi_type_of_float,    &wadi_type_of_double,   &wadi_type_of_wadi_str,
        &wadi_type_of_wadi_str, &wadi_type_of_int64_t,
    };
    return scalars[test_random_below(random, sizeof scalars / sizeof scalars[0])];
}
static inline const wadi_type *test_random_type(test_random *random, int depth);

static inline const wadi_type *test_random_record(test_random *random, int depth) {
    uint32_t count = 1 + test_random_below(random, 5), end = 0;
    wadi_field *fields = wadi__arena_zalloc(&random->arena, count * sizeof *fields);
    wadi_type *type = wadi__arena_zalloc(&random->arena, sizeof *type);
    *type = (wadi_type){NULL, WADI_KIND_RECORD, 0, 1, count, fields, NULL};
    for (uint32_t i = 0; i < count; i++) {
        char *name = wadi__arena_alloc(&random->arena, 16);
        snprintf(name, 16, "f%u", i);
        const wadi_type *inner = test_random_type(random, depth - 1);
        end = (end + inner->align - 1) & ~(inner->align - 1);
        fields[i] = (wadi_field){name, inner, end, test_random_below(random, 5) == 0 ? 3 : 1};
        end += fields[i].count * inner->size;
        if (inner->align > type->align) type->align = inner->align;
    }
    type->size = (end + type->align - 1) & ~(type->align - 1);
    if (test_random_below(random, 3) > 0) {
        char *name = wadi__arena_alloc(&random->arena, 32);
        snprintf(name, 32, "r%u_%u", test_random_below(random, 1000), type->size);
        type->name = name;
    }
    return type;
}
static inline const wadi_type *test_random_type(test_random *random, int depth) {
    uint32_t kind = depth > 0 ? test_random_below(random, 6) : 5;
    wadi_type *type = wadi__arena_zalloc(&random->arena, sizeof *type);
    switch (kind) {
    case 0: return test_random_record(random, depth);
    case 1:
        *type = (wadi_type){NULL,
                            WADI_KIND_SEQ,
                            sizeof(wadi_str_list),
                            8,
                            0,
                            NULL,
                            test_random_type(random, depth - 1)};
        return type;
    case 2: {
        const wadi_type *element = test_random_type(random, depth - 1);
        uint32_t size = (element->size + element->align) & ~(element->align - 1);
        *type = (wadi_type){NULL, WADI_KIND_OPTION, size, element->align, 0, NULL, element};
        return type;
    }
    case 3: {
        const wadi_type *element = test_random_scalar(random);
        *type = (wadi_type){"an_alias", WADI_KIND_ALIAS, element->size, element->align, 0,
                            NULL,       element};
        return type;
    }
    default: return test_random_scalar(random);
    }
}
/* Numbers are often narrow, strings often short, floats often odd. */
static inline void test_random_value(test_random *random, const wadi_type *type, void *value) {
    char *at = value;
    memset(value, 0, type->size);
    switch (type->kind) {
    case WADI_KIND_BOOL: at[0] = (char)test_random_below(random, 2); return;
    case WADI_KIND_FLOAT: {
        static const double odd[] = {0.0,
                                     -0.0,
                                     1.0,
                                     -1.5,
                                     1e300,
                                     1e-300,
                                     (double)__builtin_inff(),
                                     (double)__builtin_nanf("")};
        double v = test_random_below(random, 2) == 0
                       ? odd[test_random_below(random, 8)]
                       : (double)(int64_t)test_random_bits(random) / 1024.0;
        float f = (float)v;
        memcpy(value, type->size == 4 ? (const void *)&f : (const void *)&v, type->size);
        return;
    }
    case WADI_KIND_STR: {
        uint32_t len = test_random_below(random, 4) == 0 ? test_random_below(random, 300)
                                                         : test_random_below(random, 14);
        char *bytes = wadi__arena_alloc(&random->arena, len + 1u);
        for (uint32_t i = 0; i < len; i++)
            bytes[i] = (char)test_random_below(random, 4) == 0
                           ? (char)test_random_below(random, 256)
                           : 'a';
        wadi_str s = wadi_str_view(bytes, len);
        memcpy(value, &s, sizeof s);
        return;
    }
    case WADI_KIND_SEQ: {
        size_t count = test_random_below(random, 3) == 0 ? 0 : test_random_below(random, 6);
        char *items = wadi__arena_alloc(&random->arena, count * type->element->size);
        for (size_t i = 0; i < count; i++)
            test_random_value(random, type->element, items + i * type->element->size);
        wadi_str_list seq = {count > 0 ? (const wadi_str *)(const void *)items : NULL, count};
        memcpy(value, &seq, sizeof seq);
        return;
    }
    case WADI_KIND_OPTION:
        if (test_random_below(random, 2) == 0) return;
        test_random_value(random, type->element, value);
        at[type->element->size] = 1;
        return;
    case WADI_KIND_ALIAS: test_random_value(random, type->element, value); return;
    case WADI_KIND_RECORD:
        for (uint32_t i = 0; i < type->field_count; i++)
            for (uint32_t k = 0; k < type->fields[i].count; k++)
                test_random_value(random, type->fields[i].type,
                                  at + type->fields[i].offset + k * type->fields[i].type->size);
        return;
    default: {
        uint64_t v = test_random_bits(random) >> (8 * test_random_below(random, 8));
        if (test_random_below(random, 2) == 0) v = 0 - v;
        memcpy(value, &v, type->size);
    }
    }
}
#endif
